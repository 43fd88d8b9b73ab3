"""Traversal: what a transition exits, runs and enters (rules K, R and C1).

In: a step and a decision. Out: operations, and a step that has moved on. Decides nothing but which branch of a choice
is taken: which transitions fire is decided in `selection`.

A function whose last act is to go on with another returns that one as an `Onward`, and `_travel` goes on with it: a
route may have more pseudostates than Python's stack has frames.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

from hsm.configuration import Leaves, activated, active_inside, child_towards, deactivated, is_finished
from hsm.outcome import Status
from hsm.program import NONE, OUTSIDE, Kind
from hsm.rules import operations as op
from hsm.rules.operations import Rule
from hsm.rules.selection import NO_ROUTE, Decision, Route, choose_branch, only_waits
from hsm.rules.step import Parked, Step

Onward: TypeAlias = "Generator[Any, Any, Onward] | None"
"""What a rule goes on with when it is done; ``None`` at the end of the route."""

# --- firing --------------------------------------------------------------------------------------------------


def fire(step: Step, decision: Decision) -> Rule[object]:
    """Fire the chosen transitions, in order; one whose source an earlier one has exited no longer fires (rule T4).

    Returns what the last effect of the last transition returned.
    """
    value = None
    step.left.clear()
    for chosen in decision.chosen:
        step.before = _active_before(step)
        if step.ended is None and step.transitions[chosen.transition].source not in step.left:
            value, onward = yield from _follow(step, chosen.transition, chosen.route)
            yield from _travel(onward)
    if step.program.has_state_objects:
        yield from drop_objects(step)
    return value


def drop_objects(step: Step) -> Rule[None]:
    """Drop the state objects of what is not active, or was only passed through."""
    known = dict.fromkeys((*step.left, *step.considered, *step.program.lending_vertices))
    step.considered.clear()
    gone = tuple([each for each in known if step.vertices[each].state_object and not step.is_active(each)])
    if gone:
        yield op.DropObjects(gone)


def _travel(onward: Onward) -> Rule[None]:
    """Go on with *onward*, and with whatever that goes on with, to the end of the route."""
    while onward is not None:
        onward = yield from onward


def _follow(step: Step, index: int, route: Route) -> Rule[tuple[object, Onward]]:
    """Exit, run the effects, enter (rule K4); returns what the last effect returned, and where to go on."""
    segment = step.transitions[index]
    step.taken.append(index)
    region = segment.joining_region
    # before anything is exited: what is exited waits no more
    is_last = region != NONE and not only_waits(step, index, segment.targets[0])
    for outer in segment.last_exits if is_last else segment.exits:
        yield from exit_inside(step, outer)
    value = (yield op.Run(segment.effects)) if segment.effects else None
    if region != NONE:
        if step.is_active(region):
            yield _park(step, region, segment.targets[0])
        return value, _reach(step, segment.targets[0], route) if is_last else None
    return value, _enter_inside(step, segment.domain, segment.targets, route) if segment.targets else None


def _along(step: Step, index: int, route: Route) -> Rule[Onward]:
    """Follow the transition *index*, which leads on from a vertex that was reached."""
    _, onward = yield from _follow(step, index, route)
    return onward


def _park(step: Step, region: int, join: int) -> op.Park:
    """The *region* waits at the *join* for the others (rule R6)."""
    step.parked[region] = Parked(join, tuple([leaf for leaf in step.before if step.is_inside(region, leaf)]))
    return op.Park(region)


def _active_before(step: Step) -> Leaves:
    """The active leaves; for a region that waits at a join, those from which it went there (rule R5)."""
    if not step.parked:
        return step.leaves
    found: list[int] = []
    for leaf in step.leaves:
        found += step.parked[leaf].leaves if leaf in step.parked else (leaf,)
    return tuple(found)


# --- exiting -------------------------------------------------------------------------------------------------


def exit_inside(step: Step, outer: int) -> Rule[None]:
    """Exit everything that is active strictly inside *outer* (rules K4 and K5)."""
    exiting = active_inside(step.vertices, step.leaves, outer)
    if step.program.has_history:
        yield from _remember(step, outer, exiting)
    for index in exiting:
        vertex = step.vertices[index]
        if vertex.timers:
            yield op.Disarm(index)
        if vertex.activities:
            yield op.EndActivities(index)
        if vertex.exit and (index or step.ended is not Status.COMPLETED):  # else they have run (rule C3)
            yield op.Run(vertex.exit)
        # only now: an exit action still sees its own state as active (rule L2)
        step.leaves = deactivated(step.vertices, step.leaves, index)
        step.left.append(index)
        step.parked.pop(index, None)
        if vertex.completion_transitions:
            yield _reopen(step, index)
        # right behind `Reopen`: the writer leaves out a `Move` from which nothing else separates the next one
        yield op.Move(step.leaves)
        if vertex.change_transitions:
            yield op.Unwatch(index)
    if exiting and outer != OUTSIDE:
        owner = _owner(step, outer)
        if step.vertices[owner].completion_transitions:
            yield _reopen(step, owner)


def _owner(step: Step, outer: int) -> int:
    """The state that *outer* is, or is a region of."""
    return step.vertices[outer].parent if step.vertices[outer].kind is Kind.REGION else outer


def _remember(step: Step, outer: int, exiting: list[int]) -> Rule[None]:
    """Keep what was active in everything with a history that is being exited, or whose inside is (rule R5).

    What counts is the configuration from before the whole compound transition, not what is left of it by now; a state
    that was only passed through on the way keeps the memory that it had.
    """
    remembering = [*exiting, outer] if exiting and outer != OUTSIDE else exiting
    for index in remembering:
        if not step.vertices[index].has_history:
            continue
        leaves = tuple([leaf for leaf in step.before if step.is_inside(index, leaf)])
        if leaves:
            yield op.Remember(index, () if _are_final(step, index, leaves) else leaves)


def _are_final(step: Step, index: int, leaves: Leaves) -> bool:
    """Whether *leaves* are the final states of *index*, or of each of its regions."""
    vertices = step.vertices
    owners = {index, *vertices[index].regions}
    return all(vertices[leaf].kind is Kind.FINAL and vertices[leaf].parent in owners for leaf in leaves)


# --- entering ------------------------------------------------------------------------------------------------


def enter_model(step: Step) -> Rule[None]:
    """Enter the model by its default entry (rule L1)."""
    yield from _travel(_enter(step, 0, (0,), NO_ROUTE))


def _enter(step: Step, index: int, goals: tuple[int, ...], route: Route) -> Rule[Onward]:
    """Enter the vertex *index* on the way to *goals*: itself, or vertices inside it (rules K4 and K5)."""
    vertex = step.vertices[index]
    if vertex.kind > Kind.FINAL:
        return _reach(step, index, route)
    yield from _activate(step, index)
    if vertex.kind is Kind.FINAL:
        yield from _finish(step, vertex.parent)
        return None
    # without its state object the entry actions, methods of that object, cannot run (rule E1)
    has_object = vertex.state_object is None or (yield op.MakeObject(index))
    if vertex.entry and has_object:
        yield op.Run(vertex.entry)
    if vertex.activities:
        yield op.StartActivities(index)
    if vertex.timers:
        yield op.Arm(index)
    inner = () if goals == (index,) else goals
    if inner or vertex.is_composite:
        return _enter_inside(step, index, inner, route)
    if vertex.completion_transitions:
        yield from complete_if_done(step, index)
    return None


def _activate(step: Step, index: int) -> Rule[None]:
    """The vertex *index* becomes active, without a state object from an earlier activation."""
    step.leaves = activated(step.vertices, step.leaves, index)
    yield op.Move(step.leaves)
    if step.vertices[index].state_object and (index in step.left or index in step.program.lending_vertices):
        yield op.DropObjects((index,))


def _enter_inside(step: Step, outer: int, goals: tuple[int, ...], route: Route) -> Onward:
    """From the active *outer* on to *goals* inside it; without any, its default entry (rules R1 to R3)."""
    if outer == OUTSIDE:
        return _enter(step, 0, goals, route)
    vertex = step.vertices[outer]
    if vertex.kind is Kind.REGION:
        step.parked.pop(outer, None)
    if not goals and vertex.default != NONE:
        return _along(step, vertex.default, route)
    if vertex.regions:
        return _enter_regions(step, outer, goals, route)
    if goals:
        return _enter(step, child_towards(step.vertices, outer, goals[0]), goals, route)
    # the only substate of a simple state is a history, which led to that state as it is
    return complete_if_done(step, outer)


def _enter_regions(step: Step, outer: int, goals: tuple[int, ...], route: Route) -> Rule[Onward]:
    """Enter the regions of *outer*: those with a goal towards it, those not active yet by default (rule R3)."""
    vertices = step.vertices
    # a pseudostate beside the regions decides for all of them
    for goal in goals:
        if vertices[goal].parent == outer and vertices[goal].kind is not Kind.REGION:
            return _reach(step, goal, route)
    mark = len(step.left)
    for region in vertices[outer].regions:
        inner = tuple([goal for goal in goals if region < goal <= vertices[region].last])
        is_new = not step.is_active(region)
        if is_new:
            yield from _activate(step, region)
        if is_new or inner:
            yield from _travel(_enter_inside(step, region, inner, route))
        # a choice may have led out again: then the rest is not entered
        if step.ended is not None or outer in step.left[mark:]:
            return None
    return None


# --- pseudostates --------------------------------------------------------------------------------------------


def _reach(step: Step, index: int, route: Route) -> Onward:
    """Go on from the pseudostate *index*; the state that contains it is active (rules R4 to R8)."""
    step.left.append(index)  # never active: its state object is dropped with those of what was exited
    kind = step.vertices[index].kind
    if kind in (Kind.CHOICE, Kind.JUNCTION, Kind.EXIT_POINT, Kind.JOIN):
        return _branch(step, index, route)
    if kind is Kind.FORK:
        return _fork(step, index)
    if kind is Kind.ENTRY_POINT:
        return _pass_entry_point(step, index)
    if kind is Kind.TERMINATE:
        step.ended = Status.TERMINATED
        return None
    return _restore(step, index, is_deep=kind is Kind.DEEP_HISTORY)


def _branch(step: Step, index: int, route: Route) -> Rule[Onward]:
    """Take the branch that was found open beforehand, or else the first that is open now (rule R4)."""
    if index in route:
        return _along(step, route[index], route)
    outgoing = step.vertices[index].outgoing
    if not outgoing:  # an exit point of the model itself, which has nothing outside
        step.ended = Status.COMPLETED
        return None
    # a choice always has an open branch, as its last one has no guard; a junction that is reached without having been
    # looked ahead for, behind a fork or an entry point, may have none, and then the state around it stays as it is
    chosen = yield from choose_branch(step, outgoing)
    return None if chosen is None else _along(step, chosen.transition, chosen.route)


def _fork(step: Step, index: int) -> Rule[Onward]:
    """Run the effects of all branches, then enter all their targets together (rule R6)."""
    branches = [step.transitions[branch] for branch in step.vertices[index].outgoing]
    # numbers grow inwards, so the smallest domain is the outermost: the one that contains all targets
    outer = min(branch.domain for branch in branches)
    step.taken += step.vertices[index].outgoing
    yield from exit_inside(step, outer)
    for branch in branches:
        if branch.effects:
            yield op.Run(branch.effects)
    goals = tuple(sorted([target for branch in branches for target in branch.targets]))
    return _enter_inside(step, outer, goals, NO_ROUTE)


def _pass_entry_point(step: Step, index: int) -> Rule[Onward]:
    """Take the routes behind an entry point; without one, or with one to the owner, its default entry (rule R7)."""
    vertex = step.vertices[index]
    branches = [step.transitions[branch] for branch in vertex.outgoing]
    goals = tuple(sorted([target for branch in branches for target in branch.targets]))
    if vertex.parent in goals:
        # the owner is active already, so that a route to it means its default entry; the effects still follow
        yield from _travel(_enter_inside(step, vertex.parent, (), NO_ROUTE))
        goals = ()
    step.taken += vertex.outgoing
    for branch in branches:
        if branch.effects:
            yield op.Run(branch.effects)
    return _enter_inside(step, vertex.parent, goals, NO_ROUTE) if goals or not branches else None


def _restore(step: Step, index: int, *, is_deep: bool) -> Rule[Onward]:
    """Enter what was last active in the owner of a history, or its default (rule R5)."""
    vertex = step.vertices[index]
    memory = yield op.AskHistory(index, vertex.parent)
    if memory:
        goals = memory if is_deep else (child_towards(step.vertices, vertex.parent, memory[0]),)
        return _enter_inside(step, vertex.parent, goals, NO_ROUTE)
    default = step.transitions[vertex.outgoing[0]]
    if default.targets:
        return _along(step, vertex.outgoing[0], NO_ROUTE)
    if default.effects:
        step.taken.append(vertex.outgoing[0])
        yield op.Run(default.effects)
    return _enter_inside(step, vertex.parent, (), NO_ROUTE)


# --- completion ----------------------------------------------------------------------------------------------


def _finish(step: Step, outer: int) -> Rule[None]:
    """A final state directly inside *outer* was entered (rules C1 and C3)."""
    owner = _owner(step, outer)
    if owner == 0 and is_finished(step.vertices, step.leaves, 0):
        step.ended = Status.COMPLETED
    else:
        yield from complete_if_done(step, owner)


def complete_if_done(step: Step, index: int) -> Rule[None]:
    """Queue the completion of the state *index*, once, when everything it depends on is done (rule C1)."""
    vertex = step.vertices[index]
    if not vertex.completion_transitions or not step.is_active(index):
        return
    if vertex.is_composite and not is_finished(step.vertices, step.leaves, index):
        return
    # asked only where the answer can be no: most have just been entered, and nothing of theirs has completed yet
    if (vertex.activities or (vertex.has_history and not vertex.is_composite)) and not (yield op.MayComplete(index)):
        return
    step.completions.append(index)
    yield op.Complete(index)


def _reopen(step: Step, index: int) -> op.Reopen:
    """The state *index*, or something in it, was exited: a completion that is not handled yet is void (rule C1)."""
    if index in step.completions:
        step.completions.remove(index)
    return op.Reopen(index)
