"""Rules of single elements: what may stand where, names, callables, events, durations.

In: the tree. Out: diagnostics. Each function is one rule, or one family of rules with a code of its own.
Runs before `expand`, which passes over what is wrong here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs

from hsm.behaviors import Scoped, describe, fits, is_behavior, unwrap
from hsm.compiler.report import Report
from hsm.elements.grammar import is_allowed, owners_of
from hsm.elements.nodes import (
    Activity,
    After,
    AllOf,
    AnyOf,
    At,
    Defer,
    Effect,
    Element,
    Entry,
    Every,
    Exit,
    Final,
    Guard,
    Initial,
    Junk,
    Model,
    Not,
    On,
    OnCall,
    SourcePath,
    Submachine,
    Target,
    Terminate,
    Transition,
    When,
)
from hsm.elements.walk import is_a, name_of, parts_of
from hsm.events import pattern
from hsm.names import either, is_name


@attrs.frozen
class Spot:
    """An element, what it stands in, and the names around it."""

    element: Any
    owner: Any
    path: tuple[str, ...]

    @property
    def within(self) -> str:
        """The place for a message."""
        if self.owner is None:
            return ""
        path = "/" + "/".join(self.path)
        return f"{self.owner.word} of {path}" if name_of(self.owner) is None or is_a(self.owner, Initial) else path


def check_parts(model: Model[Any], report: Report) -> None:
    """Every rule of this module, over every element of *model*; a model put into it was checked when it was defined."""
    for spot in _spots(model, None, ()):
        for rule in _RULES:
            rule(spot, report)


def _spots(element: Element, owner: Element | None, path: tuple[str, ...]) -> Iterator[Spot]:
    yield Spot(element, owner, path)
    inside = path
    if (name := name_of(element)) is not None and not is_a(element, Initial):
        inside = (*path, str(name))
    for part in (*parts_of(element), *_conditions(element)):
        yield from _spots(part, element, inside)


def _conditions(element: Any) -> tuple[Element, ...]:
    """What stands in a condition, or under a change trigger."""
    if is_a(element, AllOf | AnyOf):
        found: tuple[Element, ...] = element.conditions
        return found
    if is_a(element, Not | When):
        return (element.condition,)
    return ()


def _misplaced(spot: Spot, report: Report) -> None:
    """HSM001: a part that may not stand here. HSM012 and HSM016 say more of two that are common."""
    owner, part = spot.owner, spot.element
    if owner is None or is_a(part, Junk) or is_a(owner, AllOf | AnyOf | Not | When):
        return
    if is_allowed(owner, part):
        return
    if is_a(owner, Final | Terminate):
        report.error(
            "HSM016",
            f"a {owner.word} state has no parts, so no '{part.word}'"
            if is_a(owner, Final)
            else f"a '{owner.word}' has no parts, so no '{part.word}'",
            part.where,
            within=spot.within,
            help="put the behaviour on the transition that leads here",
        )
    elif is_a(owner, Initial) and not is_a(part, Effect):
        report.error(
            "HSM012",
            f"an 'initial' has no '{part.word}': it takes a target and effects",
            part.where,
            within=spot.within,
            help="to choose where to start, let it lead to a 'choice'",
        )
    else:
        places = owners_of(part)
        report.error(
            "HSM001",
            f"'{part.word}' may not stand in '{owner.word}'",
            part.where,
            within=spot.within,
            help=f"it may stand in {either(places)}" if places else "nothing takes it as a part",
        )


def _junk(spot: Spot, report: Report) -> None:
    """HSM002: an argument that is no part of a model at all."""
    if not is_a(spot.element, Junk) or spot.owner is None:
        return
    value = spot.element.value
    if callable(value):
        word = "effect" if is_a(spot.owner, Transition) else "entry"
        help_ = f"say what it is for, such as hsm.{word}({describe(value)})"
    elif isinstance(value, str):
        help_ = f"say what it is for, such as hsm.{'on' if is_a(spot.owner, Transition) else 'state'}({value!r})"
    else:
        help_ = "every argument is made by a function of hsm, such as hsm.transition(...)"
    report.error(
        "HSM002",
        f"{_shown(value)} is no part of a '{spot.owner.word}'",
        spot.element.where,
        within=spot.within,
        help=help_,
    )


def _name(spot: Spot, report: Report) -> None:
    """HSM003: a name that names nothing (rule N1)."""
    element = spot.element
    if not hasattr(element, "name") or (is_a(element, Initial) and element.name is None):
        return
    if not is_name(element.name):
        report.error(
            "HSM003",
            f"{element.name!r} is no name",
            element.where,
            within=spot.within,
            help="a name is a non-empty string without '/' that is not '.' or '..'",
        )


def _duplicates(spot: Spot, report: Report) -> None:
    """HSM004: two siblings with one name (rule N1)."""
    first: dict[str, Element] = {}
    parts = parts_of(spot.element)
    for part in parts:
        name = getattr(part, "name", None)
        if not isinstance(name, str) or is_a(part, Initial) or not is_allowed(spot.element, part):
            continue
        if name in first:
            where = first[name].where
            help_ = (
                f"the first one stands at {where.place()}" if where is not None else "one of them needs another name"
            )
            report.error("HSM004", f"two vertices are called '{name}'", part.where, within=_path(spot), help=help_)
        first.setdefault(name, part)


def _callables(spot: Spot, report: Report) -> None:
    """HSM005: a behaviour that cannot be called. HSM006: one that does not take ``(ctx, instance, event)``."""
    element = spot.element
    behaviors: tuple[Any, ...] = ()
    if is_a(element, Entry | Exit | Effect | Activity):
        behaviors = element.actions
        if not behaviors:
            report.error("HSM008", f"'{element.word}' names no behaviour", element.where, within=spot.within)
    elif is_a(element, Guard):
        behaviors = (element.predicate,)
    elif is_a(element, After | Every):
        behaviors = (element.duration,) if is_behavior(element.duration) else ()
    elif is_a(element, At):
        behaviors = (element.moment,) if is_behavior(element.moment) else ()
    for behavior in behaviors:
        if is_a(behavior, Element):
            help_ = f"'{behavior.word}' is no function; name the functions one after the other"
            report.error(
                "HSM005",
                f"'{element.word}' takes a function, not '{behavior.word}'",
                element.where,
                within=spot.within,
                help=help_,
            )
        elif not is_behavior(behavior):
            report.error(
                "HSM005",
                f"'{element.word}' takes a function, and {_shown(behavior)} cannot be called",
                element.where,
                within=spot.within,
                help="name a function of (ctx, instance, event), without calling it",
            )
        elif not fits(behavior):
            report.error(
                "HSM006",
                f"'{describe(behavior)}' cannot be called with {_arguments(behavior)}",
                element.where,
                within=spot.within,
                help=_signature_help(behavior),
            )


def _arguments(behavior: Any) -> str:
    return " or ".join(behavior.forms.values()) if is_a(behavior, Scoped) else "(ctx, instance, event)"


def _signature_help(behavior: Any) -> str:
    inner = unwrap(behavior)
    if is_a(behavior, Scoped):
        return "leave out what it does not need, from the left: it always gets 'self'"
    if isinstance(behavior, type):
        return f"'{behavior.__name__}' is a class: give a function, or an object whose __call__ takes the three"
    name = getattr(inner, "__name__", "behaviour")
    return f"every behaviour takes three arguments: def {name}(ctx, instance, event)"


def _events(spot: Spot, report: Report) -> None:
    """HSM007: a trigger that names no event. HSM008: a part that names nothing."""
    element = spot.element
    events: tuple[object, ...] = ()
    if is_a(element, On | Defer):
        events = element.events
        if not events:
            report.error("HSM008", f"'{element.word}' names no event", element.where, within=spot.within)
    elif is_a(element, OnCall) and not (isinstance(element.operation, str) and element.operation):
        report.error("HSM007", f"{_shown(element.operation)} names no operation", element.where, within=spot.within)
    for event in events:
        if not isinstance(event, str):
            help_ = "give a name, an hsm.Event, or a class made from hsm.Signal"
        elif pattern(event) is None:
            help_ = "a pattern is 'name', 'prefix.*' or '*'"
        else:
            continue
        report.error("HSM007", f"{_shown(event)} names no event", element.where, within=spot.within, help=help_)


def _paths(spot: Spot, report: Report) -> None:
    """HSM008 and HSM009: a path that is none."""
    element = spot.element
    paths: tuple[object, ...] = ()
    if is_a(element, Target):
        paths = element.paths
        if not paths:
            report.error("HSM008", "'target' names no path", element.where, within=spot.within)
    elif is_a(element, SourcePath) or element.word == "in_state":
        paths = (element.path,)
    for path in paths:
        if (
            not isinstance(path, str)
            or not path
            or (path != "/" and "" in path.removeprefix("/").split("/"))
            or path == "/"
        ):
            report.error(
                "HSM009",
                f"{_shown(path)} is no path",
                element.where,
                within=spot.within,
                help="a path is names with '/' between them, such as 'idle', '../idle' or '/Model/idle'",
            )


def _durations(spot: Spot, report: Report) -> None:
    """HSM017: a time span that no timer can have (rule A4). HSM018: something that is no time at all."""
    element = spot.element
    if is_a(element, At):
        if not isinstance(element.moment, datetime) and not is_behavior(element.moment):
            _no_time(spot, element.moment, "a datetime, or a function that gives one", report)
        return
    if not is_a(element, After | Every) or is_behavior(element.duration):
        return
    duration = element.duration
    if isinstance(duration, bool) or not isinstance(duration, int | float | timedelta):
        _no_time(spot, duration, "seconds, a timedelta, or a function that gives either", report)
        return
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if not math.isfinite(seconds):
        problem = "never ends"
    elif seconds < 0:
        problem = "is negative"
    elif seconds == 0 and is_a(element, Every):
        problem = "would fire without end"
    else:
        return
    report.error("HSM017", f"'{element.word}' of {duration!r} {problem}", element.where, within=spot.within)


def _no_time(spot: Spot, value: object, wanted: str, report: Report) -> None:
    element = spot.element
    report.error("HSM018", f"'{element.word}' takes {wanted}, not {_shown(value)}", element.where, within=spot.within)


def _submodel(spot: Spot, report: Report) -> None:
    """HSM050: something put in as a submachine that is no model."""
    element = spot.element
    if is_a(element, Submachine) and not isinstance(element.model, Model):
        report.error(
            "HSM050",
            f"{_shown(element.model)} is no model",
            element.where,
            within=spot.within,
            help="give what hsm.define returned, or the 'model' of a machine class",
        )


def _counts(spot: Spot, report: Report) -> None:
    """HSM010, HSM014 and HSM015: a part that may stand here once. HSM013: an `initial` without a target."""
    element = spot.element
    for kind, code in ((Initial, "HSM010"), (Target, "HSM014"), (SourcePath, "HSM015")):
        found = [part for part in parts_of(element) if is_a(part, kind)]
        for extra in found[1:] if found and is_allowed(element, found[0]) else ():
            help_ = (
                "name several paths in one target(...): one in each of several regions"
                if kind is Target
                else "keep one of them"
            )
            report.error(
                code, f"a second '{kind.word}' in one '{element.word}'", extra.where, within=_path(spot), help=help_
            )
    if is_a(element, Initial) and not any(is_a(part, Target) for part in element.parts):
        report.error(
            "HSM013", "an 'initial' without a target", element.where, within=spot.within, help="add hsm.target(...)"
        )


def _path(spot: Spot) -> str:
    """The place of the element of *spot* itself."""
    name = getattr(spot.element, "name", None)
    if name is None or is_a(spot.element, Initial):
        return f"{spot.element.word} of /{'/'.join(spot.path)}"
    return "/" + "/".join((*spot.path, str(name)))


def _shown(value: object) -> str:
    """*value* as a user would recognise it, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_RULES = (_misplaced, _junk, _name, _duplicates, _callables, _events, _paths, _durations, _submodel, _counts)
