"""Rules of what snapshots refer to: given names, policies, and what was renamed (rules S1, S3 and S4)."""

from __future__ import annotations

from typing import Any

from hsm.compiler.check.sites import Site, shown
from hsm.compiler.outline import Outline, renamed_paths
from hsm.compiler.report import Report
from hsm.elements.nodes import After, At, Every, Renamed, When
from hsm.elements.parts import Element
from hsm.elements.shapes import ActionList
from hsm.names import closest, either, is_absolute, is_name, is_path, is_text, plain, segments

POLICIES = ["restart", "fail", "forget"]
"""What may become of an activity that was running when its machine was saved."""


def given_name(site: Site, report: Report) -> None:
    """HSM003: an invalid name of a timer, a change trigger or an activity."""
    element = site.element
    name = element.given_name
    if name is None:
        return
    message, help_ = "", "a name is a non-empty string without '/' and '#', and not a number"
    if not is_name(name) or "#" in name or plain(name).isdecimal():
        message = f"{shown(name)} is not a valid name"
    elif isinstance(element, ActionList) and len(element.actions) > 1:
        message = f"the name {shown(name)} is given to {len(element.actions)} activities"
        help_ = "give each of them an hsm.activity(...) of its own"
    if message:
        report.error("HSM003", message, element.where, within=site.within, help=help_)


def policy(site: Site, report: Report) -> None:
    """HSM067: an activity whose policy is none (rule S3)."""
    element = site.element
    if element.on_restore is not None and element.on_restore not in POLICIES:
        report.error(
            "HSM067",
            f"'on_restore' cannot be {shown(element.on_restore)}",
            element.where,
            within=site.within,
            help=f"it is {either(POLICIES)}",
        )


def check_kept(outline: Outline, report: Report) -> None:
    """The rules that need the whole outline."""
    for draft in outline.vertices:
        timed = [each for transition in draft.outgoing for each in transition.in_order]
        _shared([each for each in timed if isinstance(each, After | Every | At | When)], draft.path, report)
        _shared(draft.activities, draft.path, report)
    for part, root in outline.renamed:
        _renamed(outline, part, root, report)


def _shared(elements: Any, path: str, report: Report) -> None:
    """HSM004: two timers, change triggers or activities of one state with the same name."""
    first: dict[tuple[str, str], Element] = {}
    for element in elements:
        if not is_text(element.given_name):
            continue
        key = (element.word, plain(element.given_name))
        if key in first:
            where = first[key].where
            help_ = "rename one of them" + (f"; the first is at {where.place()}" if where is not None else "")
            message = f"two '{element.word}' here are called '{key[1]}'"
            report.error("HSM004", message, element.where, within=path, help=help_)
        first.setdefault(key, element)


def _renamed(outline: Outline, part: Renamed[Any], root: int, report: Report) -> None:
    """HSM068: a renaming that no snapshot can need, or that leads nowhere (rule S4)."""
    help_ = "it takes absolute paths, such as hsm.renamed('/Door/shut', '/Door/closed')"
    wrong = [path for path in (part.old, part.new) if not _is_old_path(path)]
    if wrong:
        message = f"{shown(wrong[0])} is not an absolute path"
    else:
        paths = {draft.path for draft in outline.vertices}
        old, new = renamed_paths(outline, part, root)
        first = segments(plain(part.new).partition("#")[0])[0]
        if first != (outline.name if root == 0 else _embedded(outline, root)) or new.partition("#")[0] not in paths:
            message = f"{shown(part.new)} does not name a vertex"
            known = closest(new.partition("#")[0], paths)
            help_ = f"did you mean {either(known)}?" if known and root == 0 else "the new path is one of this model"
        elif old in paths:
            message, help_ = f"{shown(part.old)} is a vertex of this model still", "the old path is one that is gone"
        elif ("#" in old) != ("#" in new):
            message, help_ = "a path cannot become the name of a timer", "give two paths, or two names"
        else:
            return
    report.error("HSM068", message, part.where, within=outline.vertices[root].path, help=help_)


def _embedded(outline: Outline, root: int) -> str:
    """The name of the model that the submachine at *root* embeds."""
    element: Any = outline.vertices[root].element
    return plain(element.model.name)


def _is_old_path(path: object) -> bool:
    """Whether *path* is absolute; what follows a ``#`` is the name of something in a vertex."""
    if not is_text(path):
        return False
    vertex, _, _ = plain(path).partition("#")
    return is_path(vertex) and is_absolute(vertex)
