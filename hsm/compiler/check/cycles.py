"""Cycles: routes that a machine would follow without end, through default entries and pseudostates."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.compiler.outline import HISTORIES, PSEUDOSTATES, Outline, TransitionDraft
from hsm.compiler.report import Report
from hsm.program import Kind

_ENTRIES = HISTORIES | {Kind.ENTRY_POINT}
"""Kinds that lead to the default entry of their owner, unless they have a target."""


def check_cycles(outline: Outline, report: Report) -> None:
    """HSM034: default entries and pseudostates that form a cycle, which a machine would follow without end."""
    done: set[int] = set()
    for vertex in outline.vertices:
        leads_on = vertex.kind in PSEUDOSTATES or vertex.defaults or vertex.regions
        if leads_on and vertex.index not in done:
            _follow(outline, vertex.index, done, report)


def _follow(outline: Outline, start: int, done: set[int], report: Report) -> None:
    """Follow every route from *start* up to where a machine rests; *done* are the vertices followed before.

    A depth-first search without recursion, as a chain of pseudostates may be longer than Python's stack is deep. A
    target that is already on the path closes a cycle; one that is done cannot, as all routes from it were followed.
    """
    path: dict[int, None] = {start: None}  # a set that keeps its order: the vertices of the current route
    pending = [_onward(outline, start)]
    while pending:
        step = next(pending[-1], None)
        if step is None:
            done.add(path.popitem()[0])
            pending.pop()
            continue
        transition, target = step
        if target in path:
            # not followed further: the rest of the cycle is on the path, and is gone through from there
            around = list(path)
            names = [outline.vertices[vertex].path for vertex in (*around[around.index(target) :], target)]
            if len(names) > 5:
                names[3:-1] = ["..."]
            report.error(
                "HSM034",
                "default entries and pseudostates form a cycle",
                transition.where,
                label=" -> ".join(names),
                within=outline.location(transition),
                help="break the cycle with a state in which the machine can rest",
            )
        elif target not in done:
            path[target] = None
            pending.append(_onward(outline, target))


def _onward(outline: Outline, index: int) -> Iterator[tuple[TransitionDraft, int]]:
    """The vertices that a machine goes on to when it reaches *index*, each with the transition that leads there."""
    vertex = outline.vertices[index]
    transitions = vertex.outgoing if vertex.kind in PSEUDOSTATES else vertex.defaults
    # a pseudostate leads on by its outgoing transitions, a state or region by its default entry: what leads out of a
    # state needs an event or completion, at which the machine has rested
    owner = vertex.parent if vertex.kind in _ENTRIES else index
    is_inward = vertex.kind in _ENTRIES or vertex.kind not in PSEUDOSTATES
    for transition in transitions:
        for target in transition.reached:
            if not is_inward or outline.contains(owner, target):  # else HSM011, HSM041 or HSM057 has reported it
                yield transition, target
    if vertex.kind in _ENTRIES and not any(transition.reached for transition in transitions):
        for transition in outline.vertices[vertex.parent].defaults:
            yield transition, vertex.parent
    for region in vertex.regions if not vertex.defaults else ():
        for transition in outline.vertices[region].defaults:
            yield transition, region
