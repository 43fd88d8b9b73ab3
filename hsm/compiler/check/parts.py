"""Rules of parts: what is allowed where, how often, and with what name (rule N1).

Each function is one rule, or a family of rules, about the element of a `Site`.
"""

from __future__ import annotations

from types import FunctionType

from hsm.behaviors import qualified_name
from hsm.compiler.check.sites import Site, shown
from hsm.compiler.report import Report
from hsm.elements import nodes
from hsm.elements.grammar import ALLOWED_PARTS, is_allowed, owners_of
from hsm.elements.mistakes import Mistake
from hsm.elements.parts import Element
from hsm.elements.walk import a, name_of
from hsm.kinds import is_a, special, type_of
from hsm.names import either, is_name, is_text, plain

DEEPEST = 200
"""How many elements may contain one another."""


_TAKES_LITTLE: dict[type[Element], tuple[str, str]] = {
    nodes.Initial: ("HSM012", "a target and effects"),
    nodes.Final: ("HSM016", "no parts"),
    nodes.Terminate: ("HSM016", "no parts"),
}
"""Kinds in which parts are often misplaced, with the code for that, and with what they take."""


def misplaced(site: Site, report: Report) -> None:
    """HSM001, HSM012 and HSM016: a part that is not allowed here; a mistake has a rule of its own."""
    owner: Element = site.element
    for part in site.element.parts:
        if is_allowed(owner, part) or isinstance(part, Mistake):
            continue
        code, message = "HSM001", f"'{part.word}' is not allowed in '{owner.word}'"
        if type(owner) in _TAKES_LITTLE:
            code, taken = _TAKES_LITTLE[type(owner)]
            message = f"{a(owner.word)} cannot have {a(part.word)}: it takes {taken}"
        report.error(code, message, part.where, within=site.itself, help=_cure(part, owner))


def _cure(misplaced: Element, around: Element) -> str:
    """What to do about a *misplaced* part of *around*."""
    part: type[Element] = type(misplaced)
    owner: type[Element] = type(around)
    # from the special to the general: what is wrong for two reasons gets the advice that helps most
    if owner is nodes.Initial:
        return "to choose where to start, target a 'choice'"
    if owner is nodes.Terminate and part is nodes.Transition:
        return "the machine ends there: to go on, target a state instead"
    if owner is nodes.Final and part is nodes.Transition:
        return "it has no outgoing transitions: put the transition on the state around it"
    if owner in (nodes.Final, nodes.Terminate):
        return "put the behaviour on the transition that leads here"
    if part is nodes.Model:
        return "embed it with hsm.submachine(name, model)"
    if owner is nodes.Transition and part in (nodes.Entry, nodes.Exit):
        return "to run actions on a transition, use hsm.effect(...)"
    return f"it belongs in {either(owners_of(misplaced))}"


def not_a_part(site: Site, report: Report) -> None:
    """HSM002: an argument that is not a part at all."""
    value, in_transition = site.element.value, isinstance(site.owner, nodes.Transition)
    kind = type_of(value)
    # a function of hsm is callable as well, and a string has an iterator: each question comes before its wider one
    if kind is FunctionType and value.__module__ == "hsm.dsl":
        help_ = f"call it: hsm.{qualified_name(value)}(...)"
    elif callable(value):
        help_ = f"say what it is for, such as hsm.{'effect' if in_transition else 'entry'}({qualified_name(value)})"
    elif is_text(value):
        help_ = f"say what it is for, such as hsm.{'on' if in_transition else 'state'}({plain(value)!r})"
    elif special(kind, "__iter__") is not None:
        help_ = "to pass its elements as parts, unpack it with *"
    else:
        help_ = "every part is made by a function of hsm, such as hsm.transition(...)"
    report.error(
        "HSM002",
        f"{shown(value)} is not a valid part of '{site.owner.word}'",
        site.element.where,
        within=site.within,
        help=help_,
    )


def named(site: Site, report: Report) -> None:
    """HSM003: an invalid name (rule N1)."""
    element = site.element
    if not is_name(element.name) and not (isinstance(element, nodes.Initial) and element.name is None):
        report.error(
            "HSM003",
            f"{shown(element.name)} is not a valid name",
            element.where,
            within=site.within,
            help="a name is a non-empty string without '/', and not '.' or '..'",
        )


def duplicates(site: Site, report: Report) -> None:
    """HSM004: two siblings with the same name (rule N1)."""
    parts = site.element.parts
    if len(parts) < 2:
        return
    first: dict[str, Element] = {}
    for part in parts:
        name = name_of(part)
        # a part that does not belong here has been reported, and takes no name away from one that does
        if name is None or not is_name(name) or not is_allowed(site.element, part):
            continue
        text = plain(name)
        if text in first:
            where = first[text].where
            help_ = (
                f"rename one of them; the first is at {where.place()}" if where is not None else "rename one of them"
            )
            report.error("HSM004", f"two vertices here are called '{text}'", part.where, within=site.itself, help=help_)
        first.setdefault(text, part)


_ONCE: tuple[tuple[type[Element], str], ...] = (
    (nodes.Initial, "HSM010"),
    (nodes.Target, "HSM014"),
    (nodes.SourcePath, "HSM015"),
)


def counted(site: Site, report: Report) -> None:
    """HSM010, HSM014 and HSM015: a part that is allowed here only once."""
    element = site.element
    if len(element.parts) < 2:
        return
    kinds: list[type[Element]] = [type(part) for part in element.parts]
    for kind, code in _ONCE:
        if kinds.count(kind) < 2 or kind not in ALLOWED_PARTS[type(element)]:
            continue
        help_ = "keep one of them"
        if kind is nodes.Target:
            help_ = "to enter several regions, name several paths in one hsm.target(...)"
        # the first counts, and every further one is a mistake of its own, at its own place
        several: list[Element] = [part for part in element.parts if type(part) is kind]
        for extra in several[1:]:
            report.error(
                code,
                f"only one '{kind.word}' is allowed in '{element.word}'",
                extra.where,
                within=site.itself,
                help=help_,
            )


def targeted(site: Site, report: Report) -> None:
    """HSM013: an `initial` without a target."""
    element = site.element
    if not any(isinstance(part, nodes.Target) for part in element.parts):
        help_ = "add hsm.target(...)"
        if element.name is not None:
            name = plain(element.name)
            help_ = f"{name!r} is taken as its name: write hsm.initial(hsm.target({name!r}))"
        report.error("HSM013", "an 'initial' needs a target", element.where, within=site.itself, help=help_)


def embedded(site: Site, report: Report) -> None:
    """HSM050: a submachine that is not a model."""
    element = site.element
    if isinstance(element, nodes.Submachine) and not is_a(element.model, nodes.Model):
        report.error(
            "HSM050",
            f"{shown(element.model)} is not a model",
            element.where,
            within=site.within,
            help="pass what hsm.define returned, or the 'model' of a machine class",
        )


def too_deep(site: Site, report: Report) -> None:
    """HSM058: a model that is nested deeper than anyone can follow, or Python's recursion limit allows."""
    if site.depth == DEEPEST + 1:  # once, and not for everything further inside
        help_ = "move the inner part into a model of its own, and embed that with hsm.submachine(name, model)"
        if site.is_in_condition:
            help_ = "write the condition as one function"
        report.error("HSM058", f"this is nested more than {DEEPEST} levels deep", site.element.where, help=help_)
