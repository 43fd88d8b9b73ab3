"""Pass 4, plan: what every transition exits, and from where it enters (rules K1 to K4, R6 and R7).

Sets ``exits``, ``domain`` and ``joining_region`` of every transition of a resolved outline without errors. A route
through pseudostates is a chain of transitions, each with a plan of its own.
"""

from __future__ import annotations

from hsm.compiler.outline import HISTORIES, PSEUDOSTATES, Outline, TransitionDraft
from hsm.program import NONE, Kind

_BOUNDARIES = {Kind.JOIN, Kind.EXIT_POINT}
"""Kinds that divide a route into two parts: one ends there, another goes on from there."""


def plan(outline: Outline) -> None:
    """Work out what every transition of *outline* exits and enters."""
    for transition in outline.transitions:
        source, targets = transition.source, transition.reached
        if source is None or not targets:
            continue
        kind = outline.vertices[source].kind
        if transition.is_default or kind in HISTORIES:
            # these exit nothing: the vertex they lead into is only just being entered
            transition.domain = source if transition.is_default else outline.vertices[source].parent
        # asked before the kind of the source: a segment from a pseudostate to a boundary ends there, too
        elif len(targets) == 1 and outline.vertices[targets[0]].kind in _BOUNDARIES:
            _to_a_boundary(outline, transition, source, targets[0])
        elif kind in PSEUDOSTATES:
            _from_a_pseudostate(outline, transition, source, targets)
        else:
            _from_a_state(outline, transition, source, targets)


def _from_a_state(outline: Outline, transition: TransitionDraft, source: int, targets: tuple[int, ...]) -> None:
    """Rules K2 to K4: a self-transition, a local one, or an external one."""
    if transition.is_external or not outline.contains(source, *targets):
        transition.domain = outline.container(source, *targets)
        transition.exits = (transition.domain,)
        return
    # a local transition (rule K3): the source stays active, and is what entering starts from
    transition.domain = source
    regions = [outline.region_between(source, target) for target in targets]
    # only the targeted regions are exited, later ones first; a pseudostate next to the regions concerns all of them
    transition.exits = (source,) if NONE in regions else tuple(sorted(regions, reverse=True))


def _to_a_boundary(outline: Outline, transition: TransitionDraft, source: int, target: int) -> None:
    """Up to the boundary, not across it: the transition that goes on from there exits the rest (rule R7).

    In an orthogonal state, only the region of the source is exited; at a join, and at an exit point to which several
    regions lead, that region then waits for the others.
    """
    owner = outline.vertices[target].parent
    if target in outline.joins:
        regions = outline.joins[target]
        waiting = next((region for region in regions if outline.encloses(region, source)), NONE)
        transition.joining_region = waiting
        if waiting != NONE:
            transition.exits = (waiting,)
        elif source != owner:
            transition.exits = (owner,)  # from a pseudostate next to the regions, which concerns all of them
        transition.domain = owner
        return
    # a plain exit point: what is inside its state is exited here, the state itself by the transition that goes on
    transition.domain = outline.container(source, target) if source != owner else owner
    if source == owner:
        return
    region = outline.region_between(owner, source)
    transition.exits = (region if region != NONE else transition.domain,)


def _from_a_pseudostate(outline: Outline, transition: TransitionDraft, source: int, targets: tuple[int, ...]) -> None:
    """A segment of a longer route: whatever is active between the pseudostate and the target is exited."""
    vertex = outline.vertices[source]
    if vertex.kind is Kind.ENTRY_POINT:
        transition.domain = vertex.parent  # the state was exited, if it was active, on the way to the entry point
        return
    start = source
    # from an exit point or a join, the whole state is exited, wherever in the model the pseudostate itself is
    if vertex.kind is Kind.EXIT_POINT:
        start = vertex.parent
    elif vertex.kind is Kind.JOIN and source in outline.joins:
        start = outline.vertices[outline.joins[source][0]].parent
    transition.domain = outline.container(start, *targets)
    transition.exits = (transition.domain,)
