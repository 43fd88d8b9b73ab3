"""Rules of transitions: where one may start and end (K, N, R1 and T4).

They look at a resolved outline; paths that could not be resolved have been reported, and are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence

from hsm.compiler.outline import HISTORIES, Outline, TransitionDraft
from hsm.compiler.report import Report
from hsm.elements.nodes import Target
from hsm.elements.walk import a, parts_of
from hsm.program import NONE, OUTSIDE, Kind

_INWARD = HISTORIES | {Kind.ENTRY_POINT}
"""Kinds with rules of their own for where they lead: into their owner."""


def check_transitions(outline: Outline, report: Report) -> None:
    """Every rule of this module, over every transition."""
    for transition in outline.transitions:
        source = transition.source
        if source is None:
            continue
        if transition.is_default:
            _default_target(outline, transition, source, report)
        elif not outline.may_leave(transition, source):
            _source(outline, transition, source, report)
            continue  # where it may lead depends on what it leaves
        _target(outline, transition, source, report)
        _homes(outline, transition, source, report)
        kind = outline.vertices[source].kind
        if kind is not Kind.FORK:  # all transitions of a fork together have such targets: HSM036
            _several_targets(outline, transition, report)
        if not transition.is_default and kind not in _INWARD:
            _between_regions(outline, transition, source, report)


def _default_target(outline: Outline, transition: TransitionDraft, source: int, report: Report) -> None:
    """HSM011: the target of an `initial` is strictly inside its owner (rule R1)."""
    for reference, target in transition.found:
        if not outline.contains(source, target):
            report.error(
                "HSM011",
                f"the target of an 'initial' must be inside its owner, but '{reference.path}' is not",
                reference.where,
                label=f"resolves to {outline.vertices[target].path}",
                within=outline.location(transition),
                help=f"name a vertex inside {outline.vertices[source].path}",
            )


def _source(outline: Outline, transition: TransitionDraft, source: int, report: Report) -> None:
    """HSM025: a source that no transition can leave."""
    vertex = outline.vertices[source]
    where = transition.from_path.where if transition.from_path is not None else transition.where
    if vertex.kind is Kind.REGION:
        help_ = "say which state of the region it leaves: hsm.source(...)"
    elif vertex.kind is Kind.FINAL:
        help_ = "a final state has no outgoing transitions: put the transition on the state around it"
    else:
        help_ = "start the transition at a state"
    report.error(
        "HSM025",
        f"a transition cannot leave {vertex.path}, which is {a(vertex.element.word)}",
        where,
        within=outline.location(transition),
        help=help_,
    )


def _target(outline: Outline, transition: TransitionDraft, source: int, report: Report) -> None:
    """HSM024: a region is never entered on its own. HSM042: an exit point is reached from inside."""
    for reference, found in transition.found:
        target = outline.vertices[found]
        if target.kind is Kind.REGION:
            report.error(
                "HSM024",
                f"target '{reference.path}' is a region, which cannot be entered on its own",
                reference.where,
                within=outline.location(transition),
                help=f"name the state {outline.vertices[target.parent].path}, or a vertex inside the region",
            )
        elif target.kind is Kind.EXIT_POINT and not outline.encloses(target.parent, source):
            report.error(
                "HSM042",
                f"exit point '{reference.path}' can only be reached from inside {outline.vertices[target.parent].path}",
                reference.where,
                within=outline.location(transition),
                help="to enter the state, use an entry point, or name the state itself",
            )


def _homes(outline: Outline, transition: TransitionDraft, source: int, report: Report) -> None:
    """HSM026: a guard that is a method of a state that may be inactive while the source is active."""
    for reference in transition.homes.values():
        if reference.vertex is not None and not outline.encloses(reference.vertex, source):
            leaves = outline.vertices[source].path
            report.error(
                "HSM026",
                f"the guard is a method of {outline.vertices[reference.vertex].path}, which may not be active here",
                transition.where,
                label=f"this transition leaves {leaves}",
                within=outline.location(transition),
                help=(
                    f"use a guard of {leaves}, of a state around it, or of the machine"
                    if source
                    else "add a 'source' to say which state it leaves, or use a guard of the machine"
                ),
            )


def _several_targets(outline: Outline, transition: TransitionDraft, report: Report) -> None:
    """HSM047: several targets are in different regions of one state (rule R6)."""
    if len(transition.targets) < 2 or len(transition.reached) < len(transition.targets):
        return
    # of two `target` parts, HSM014 says what is wrong
    count = sum(isinstance(part, Target) for part in parts_of(transition.element))
    if count == 1 and not in_different_regions(outline, transition.reached):
        report.error(
            "HSM047",
            "several targets must be in different regions of one state",
            transition.targets[0].where,
            within=outline.location(transition),
            help="to choose between targets, use a 'choice'",
        )


def in_different_regions(outline: Outline, vertices: Sequence[int]) -> bool:
    """Whether *vertices* are in pairwise different regions of one orthogonal vertex."""
    owner = outline.container(*vertices)
    if owner == OUTSIDE or not outline.vertices[owner].regions:
        return False
    # ``NONE`` for a pseudostate next to the regions, which is in none of them
    regions = [outline.region_between(owner, vertex) for vertex in vertices]
    return NONE not in regions and len(set(regions)) == len(regions)


def _between_regions(outline: Outline, transition: TransitionDraft, source: int, report: Report) -> None:
    """HSM046: no transition goes from one region of a state to another (UML 2.5.1, 14.2.3.9)."""
    for reference, target in transition.found:
        if outline.vertices[target].kind in (Kind.JOIN, Kind.EXIT_POINT, Kind.REGION):
            continue  # these may be reached from other regions, or HSM024 has reported it
        if in_different_regions(outline, (source, target)):
            owner = outline.container(source, target)
            theirs = outline.region_between(owner, target)
            report.error(
                "HSM046",
                f"a transition cannot go from one region of {outline.vertices[owner].path} to another",
                reference.where,
                label=f"this is in {outline.vertices[theirs].path}",
                within=outline.location(transition),
                help="let each region react to the event itself, or target several regions from outside",
            )
