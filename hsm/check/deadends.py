"""Dead ends: states that are entered and never left."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.check.finding import Case, Finding
from hsm.check.layout import Layout, is_inside, is_within


def no_way_out(case: Case) -> Iterator[Finding]:
    """HSM101: a state that nothing leaves, in a model whose other states go on, or that has an end of its own.

    A model that just runs into its last state, such as a counter that is full, means it so. What a state does inside of
    itself, on events or in an activity, is no way out.
    """
    layout = case.layout
    for vertex in layout.chart.vertices[1:]:
        if not layout.is_simple(vertex.path) or vertex.place is None:
            continue
        if layout.may_be_left(vertex.path) or not _goes_on(layout, vertex.path):
            continue
        yield Finding(
            "HSM101",
            f"{vertex.path} has no way out",
            vertex.place,
            vertex.place,
            vertex.path,
            vertex.path,
            label="no transition leaves it",
            within=vertex.path,
            help=("add a transition, or make it a final state if this is where the model ends",),
        )


def _goes_on(layout: Layout, path: str) -> bool:
    """Whether what is beside the state at *path* has an end, or is left and reached again."""
    around = next(each for each in layout.around(path) if each == layout.root or layout.vertices[each].kind == "region")
    if any(each.kind in ("final", "terminate") and is_inside(each.path, around) for each in layout.chart.vertices):
        return True
    after = _successors(layout)
    return any(
        path not in (each.source, *each.targets) and any(is_within(at, each.source) for at in _reached(after, target))
        for each in layout.chart.transitions
        if each.role == "transition" and is_within(each.source, around)
        for target in each.targets
        if not is_within(target, each.source)
    )


def _successors(layout: Layout) -> dict[str, set[str]]:
    """What may be active or passed after each vertex: where transitions lead, and what is entered by default."""
    after: dict[str, set[str]] = {}
    for each in layout.chart.transitions:
        after.setdefault(each.source, set()).update(each.targets)
    for vertex in layout.chart.vertices:
        after.setdefault(vertex.path, set()).update(vertex.regions)
        for outer in list(layout.around(vertex.path))[1:]:  # what leaves a state leaves from what is in it, too
            after[vertex.path].update([target for each in layout.transitions_from(outer) for target in each.targets])
    return after


def _reached(after: dict[str, set[str]], start: str) -> set[str]:
    """*start*, and everything after it."""
    found, pending = {start}, [start]
    while pending:
        more = after.get(pending.pop(), set()) - found
        found |= more
        pending += more
    return found
