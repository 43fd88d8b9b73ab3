"""Selection: which transitions fire on an event (rules T2 to T4, R4, D1 and D3).

In: a step and a name. Out: a `Decision`. Nothing is exited or entered here; guards are evaluated.
The active vertices are asked from the leaves outwards, and each region decides for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

import attrs

from hsm.outcome import Outcome
from hsm.program import CONDITIONAL, OUTSIDE, Connective, Kind, Transition, Vertex, includes, named
from hsm.rules.operations import Ask, Rule, T
from hsm.rules.step import Step

Route: TypeAlias = dict[int, int]
"""For every junction, exit point and join on the route of a compound transition, the branch that was found open."""
NO_ROUTE: Route = {}
"""Nothing was looked ahead for. Shared; nobody writes to it."""


@attrs.define(eq=False)
class Chosen:
    """A transition that is to fire, and the route that was found open behind it."""

    transition: int
    route: Route = NO_ROUTE


@attrs.define(eq=False)
class Decision:
    """What an event does: the transitions that fire, in this order; or nothing, or it is deferred."""

    chosen: tuple[Chosen, ...] = ()
    outcome: Outcome = Outcome.TAKEN


IGNORED = Decision((), Outcome.IGNORED)
DEFERRED = Decision((), Outcome.DEFERRED)
Candidates: TypeAlias = Callable[[Vertex], tuple[int, ...]]
"""The transitions of a vertex that an event may trigger, in order of priority."""


def select_by_name(step: Step, name: str) -> Rule[Decision]:
    """What an event called *name* does in the current configuration."""
    return (yield from select(step, lambda vertex: named(vertex.triggers, name), name))


def select_by_call(step: Step, operation: str) -> Rule[Decision]:
    """What a call of *operation* does; it is deferred as an event of that name is (rule D4)."""
    return (yield from select(step, lambda vertex: vertex.triggers.calls.get(operation, ()), operation))


def select_by_change(step: Step, transitions: tuple[int, ...]) -> Rule[Decision]:
    """What a change event does that may trigger *transitions*: the innermost enabled one takes it (rules T2 and T6)."""
    if len(transitions) == 1:
        return (yield from select_among(step, transitions))

    def changed(vertex: Vertex) -> tuple[int, ...]:
        return tuple([each for each in vertex.change_transitions if each in transitions])

    return (yield from select(step, changed, None))


def select_among(step: Step, transitions: tuple[int, ...]) -> Rule[Decision]:
    """The first of *transitions* that is enabled: for completions and timers, and for a change of one state alone."""
    step.forget_guards()
    return (yield from _first_enabled(step, transitions))


def select(step: Step, candidates: Candidates, name: str | None) -> Rule[Decision]:
    """The decision of the whole configuration; *name* for what may be deferred."""
    step.forget_guards()
    decision = yield from _decide_inside(step, OUTSIDE, list(step.leaves), candidates, name)
    # only now: whether two transitions conflict depends on the routes that were found behind them
    if len(decision.chosen) > 1:
        return Decision(_without_conflicts(step, decision.chosen))
    return decision


def _decide_inside(
    step: Step, outer: int, leaves: list[int], candidates: Candidates, name: str | None
) -> Rule[Decision]:
    """What the vertices from *leaves* outwards, up to but not including *outer*, decide."""
    vertices = step.vertices
    at = leaves[0]
    if len(leaves) > 1:
        # the innermost vertex that contains all leaves: an orthogonal state, whose regions decide first
        while vertices[at].last < leaves[-1]:
            at = vertices[at].parent
        # regions first: a transition of a nested state pre-empts those of all that contains it (rule T4)
        decision = yield from _decide_in_regions(step, vertices[at].regions, leaves, candidates, name)
        if decision.outcome is not Outcome.IGNORED:
            return decision
    while at != outer:
        vertex = vertices[at]
        if transitions := candidates(vertex):
            decision = yield from _first_enabled(step, transitions)
            if decision.outcome is not Outcome.IGNORED:
                return decision
        # after the transitions of the same vertex, before those further out (rule D1)
        if name is not None and includes(vertex.deferrals, name):
            return DEFERRED
        at = vertex.parent
    return IGNORED


def _decide_in_regions(
    step: Step, regions: tuple[int, ...], leaves: list[int], candidates: Candidates, name: str | None
) -> Rule[Decision]:
    """What each of several regions decides; one that defers defers the event for all (rule D3)."""
    chosen: list[Chosen] = []
    for region in regions:
        last = step.vertices[region].last
        inside = [leaf for leaf in leaves if region <= leaf <= last]
        decision = yield from _decide_inside(step, region, inside, candidates, name)
        if decision.outcome is Outcome.DEFERRED:
            return decision
        chosen += decision.chosen
    return Decision(tuple(chosen)) if chosen else IGNORED


# --- one transition ------------------------------------------------------------------------------------------


def _first_enabled(step: Step, transitions: tuple[int, ...]) -> Rule[Decision]:
    for transition in transitions:
        chosen = yield from if_enabled(step, transition)
        if chosen is not None:
            return Decision((chosen,))
    return IGNORED


def choose_branch(step: Step, branches: tuple[int, ...]) -> Rule[Chosen | None]:
    """The first of the *branches* of a pseudostate that is open, with its route; ``None`` when none is (rule R4)."""
    step.forget_guards()  # effects have run since the last decision: guards are asked anew
    for branch in branches:
        chosen = yield from if_enabled(step, branch)
        if chosen is not None:
            return chosen
    return None


def if_enabled(step: Step, transition: int) -> Rule[Chosen | None]:
    """*transition* with the route behind it, or ``None`` when a guard is false or no route is open."""
    segment = step.transitions[transition]
    if segment.guards and not (yield from all_hold(step, segment.guards)):
        return None
    if not segment.needs_lookahead:
        return Chosen(transition)
    route: Route = {}
    return Chosen(transition, route) if (yield from _look_ahead(_find_route(step, transition, route))) else None


def _look_ahead(search: Rule[bool]) -> Rule[bool]:
    """The result of *search*, in which a search that is yielded is done first: its result is the answer.

    A loop and no recursion: a route may have more pseudostates than Python's stack has frames.
    """
    under_way: list[Any] = [search]
    answer: Any = None
    while True:
        try:
            found = under_way[-1].send(answer)
        except StopIteration as end:
            under_way.pop()
            answer = end.value
            if not under_way:
                return bool(answer)
        else:
            is_search = isinstance(found, Generator)
            if is_search:
                under_way.append(found)
            answer = None if is_search else (yield found)


def _find_route(step: Step, transition: int, route: Route) -> Rule[bool]:
    """Whether a route is open behind *transition*, whose own guards hold; *route* is filled in (rule R4)."""
    for target in step.transitions[transition].targets:
        vertex = step.vertices[target]
        if vertex.kind not in CONDITIONAL or only_waits(step, transition, target):
            continue
        if vertex.kind is Kind.EXIT_POINT and not vertex.outgoing:
            continue  # of the model itself, which ends there
        if not (yield _find_branch(step, target, route)):
            return False
    return True


def _find_branch(step: Step, target: int, route: Route) -> Rule[bool]:
    """Whether a branch of the pseudostate *target* is open; the first that is goes into *route*.

    What was found closed, or open, stays so for the whole decision: where routes join again it is looked at once.
    """
    if target in step.closed or target in route:
        return target in route
    # evaluating its guards may make its state object, also if the route turns out to be closed: that is dropped then
    step.considered.append(target)
    for branch in step.vertices[target].outgoing:
        if branch not in step.open_branches:
            step.open_branches[branch] = yield from all_hold(step, step.transitions[branch].guards)
        if step.open_branches[branch] and (yield _find_route(step, branch, route)):
            route[target] = branch
            return True
    step.closed.add(target)
    return False


def only_waits(step: Step, transition: int, target: int) -> bool:
    """Whether *transition* only waits at *target*: other regions have not reached this join yet (rule R6)."""
    regions = step.program.joins.get(target)
    if regions is None:
        return False
    own = step.transitions[transition].joining_region
    parked = step.parked
    return any(region != own and (region not in parked or parked[region].join != target) for region in regions)


# --- guards --------------------------------------------------------------------------------------------------


def all_hold(step: Step, conditions: tuple[int, ...]) -> Rule[bool]:
    """Whether every one of *conditions* holds, evaluated in order up to the first that does not (rule T3)."""
    for condition in conditions:
        if not (yield from holds(step, condition)):
            return False
    return True


def holds(step: Step, index: int) -> Rule[bool | None]:
    """Whether a condition holds; ``None`` if a guard in it raised, which is false also inside `not_` (rule E2)."""
    condition = step.program.conditions[index]
    connective = condition.connective
    if connective is Connective.CALL:
        return (yield Ask(condition.operands[0]))  # type: ignore[no-any-return]  # what Ask is answered
    if connective is Connective.IN:
        return step.is_active(condition.operands[0])
    if connective is Connective.NOT:
        answer = yield from holds(step, condition.operands[0])
        return None if answer is None else not answer
    decisive = connective is Connective.ANY
    for operand in condition.operands:
        answer = yield from holds(step, operand)
        if answer is None or answer is decisive:
            return answer
    return not decisive


def asked_once(rule: Rule[T], answers: dict[int, bool | None]) -> Rule[T]:
    """*rule*, which yields nothing but `Ask`: what is in *answers* is not asked again, what is asked is added."""
    answer = None
    while True:
        try:
            ask: Ask = rule.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what the rule returns
        if ask.behavior not in answers:
            answers[ask.behavior] = yield ask
        answer = answers[ask.behavior]


# --- conflicts -----------------------------------------------------------------------------------------------


def _without_conflicts(step: Step, chosen: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
    """Of two transitions that would exit the same vertices the first, in order of regions (rule T4)."""
    kept: list[Chosen] = []
    exited: set[int] = set()
    for each in chosen:
        exits = {outer for segment in _segments(step, each) for outer in segment.exits}
        if not any(_overlap(step, mine, theirs) for mine in exits for theirs in exited):
            kept.append(each)
            exited |= exits
    return tuple(kept)


def _segments(step: Step, chosen: Chosen) -> list[Transition]:
    """The transition and the branches of its route, and of what was looked at for it nothing else."""
    segments = [step.transitions[chosen.transition]]
    passed: set[int] = set()
    for segment in segments:
        for target in segment.targets:
            if target in chosen.route and target not in passed:
                passed.add(target)
                segments.append(step.transitions[chosen.route[target]])
    return segments


def _overlap(step: Step, one: int, other: int) -> bool:
    """Whether the insides of two vertices have anything in common."""
    if OUTSIDE in (one, other):
        return True
    return one == other or step.is_inside(one, other) or step.is_inside(other, one)
