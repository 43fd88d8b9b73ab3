"""Traversal: what a transition exits, runs and enters (rules K, R and C1).

In: a step and a decision. Out: operations, and a step that has moved on. Decides nothing but which branch of a choice
is taken: which transitions fire is decided in `selection`.
"""

from __future__ import annotations

from hsm.configuration import Leaves, activated, active_inside, child_towards, deactivated, is_finished
from hsm.outcome import Status
from hsm.program import NONE, OUTSIDE, Kind
from hsm.rules import operations as op
from hsm.rules.operations import Rule
from hsm.rules.selection import NO_ROUTE, Decision, Route, choose_branch
from hsm.rules.step import Parked, Step

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
            value = yield from _follow(step, chosen.transition, chosen.route)
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


def _follow(step: Step, index: int, route: Route) -> Rule[object]:
    """Exit, run the effects, enter (rule K4); returns what the last effect returned."""
    segment = step.transitions[index]
    for outer in segment.exits:
        yield from exit_inside(step, outer)
    value = (yield op.Run(segment.effects)) if segment.effects else None
    if segment.joining_region != NONE:
        yield from _join(step, segment.joining_region, segment.targets[0], route)
    elif segment.targets:
        yield from _enter_inside(step, segment.domain, segment.targets, route)
    return value


def _join(step: Step, region: int, join: int, route: Route) -> Rule[None]:
    """The region waits at the join; the last of those it waits for continues (rule R6)."""
    step.parked[region] = Parked(join, tuple([leaf for leaf in step.before if step.is_inside(region, leaf)]))
    yield op.Park(region)
    parked = step.parked
    if all(each in parked and parked[each].join == join for each in step.program.joins[join]):
        yield from _reach(step, join, route)


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
        if vertex.exit:
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


def enter(step: Step, index: int, goals: tuple[int, ...], route: Route = NO_ROUTE) -> Rule[None]:
    """Enter the vertex *index* on the way to *goals*: itself, or vertices inside it (rules K4 and K5)."""
    vertex = step.vertices[index]
    if vertex.kind > Kind.FINAL:
        yield from _reach(step, index, route)
        return
    yield from _activate(step, index)
    if vertex.kind is Kind.FINAL:
        yield from _finish(step, vertex.parent)
        return
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
        yield from _enter_inside(step, index, inner, route)
    elif vertex.completion_transitions:
        yield from complete_if_done(step, index)


def _activate(step: Step, index: int) -> Rule[None]:
    """The vertex *index* becomes active, without a state object from an earlier activation."""
    step.leaves = activated(step.vertices, step.leaves, index)
    yield op.Move(step.leaves)
    if step.vertices[index].state_object and (index in step.left or index in step.program.lending_vertices):
        yield op.DropObjects((index,))


def _enter_inside(step: Step, outer: int, goals: tuple[int, ...], route: Route) -> Rule[None]:
    """From the active *outer* on to *goals* inside it; without any, its default entry (rules R1 to R3)."""
    if outer == OUTSIDE:
        yield from enter(step, 0, goals, route)
        return
    vertex = step.vertices[outer]
    if vertex.kind is Kind.REGION:
        step.parked.pop(outer, None)
    if not goals and vertex.default != NONE:
        yield from _follow(step, vertex.default, route)
    elif vertex.regions:
        yield from _enter_regions(step, outer, goals, route)
    elif goals:
        yield from enter(step, child_towards(step.vertices, outer, goals[0]), goals, route)
    else:  # the only substate of a simple state is a history, which led to that state as it is
        yield from complete_if_done(step, outer)


def _enter_regions(step: Step, outer: int, goals: tuple[int, ...], route: Route) -> Rule[None]:
    """Enter the regions of *outer*: those with a goal towards it, those not active yet by default (rule R3)."""
    vertices = step.vertices
    # a pseudostate beside the regions decides for all of them
    for goal in goals:
        if vertices[goal].parent == outer and vertices[goal].kind is not Kind.REGION:
            yield from _reach(step, goal, route)
            return
    mark = len(step.left)
    for region in vertices[outer].regions:
        inner = tuple([goal for goal in goals if region < goal <= vertices[region].last])
        is_new = not step.is_active(region)
        if is_new:
            yield from _activate(step, region)
        if is_new or inner:
            yield from _enter_inside(step, region, inner, route)
        # a choice may have led out again: then the rest is not entered
        if step.ended is not None or outer in step.left[mark:]:
            return


# --- pseudostates --------------------------------------------------------------------------------------------


def _reach(step: Step, index: int, route: Route) -> Rule[None]:
    """Go on from the pseudostate *index*; the state that contains it is active (rules R4 to R8)."""
    step.left.append(index)  # never active: its state object is dropped with those of what was exited
    kind = step.vertices[index].kind
    if kind in (Kind.CHOICE, Kind.JUNCTION, Kind.EXIT_POINT, Kind.JOIN):
        yield from _branch(step, index, route)
    elif kind is Kind.FORK:
        yield from _fork(step, index)
    elif kind is Kind.ENTRY_POINT:
        yield from _pass_entry_point(step, index)
    elif kind is Kind.TERMINATE:
        step.ended = Status.TERMINATED
    else:
        yield from _restore(step, index, is_deep=kind is Kind.DEEP_HISTORY)


def _branch(step: Step, index: int, route: Route) -> Rule[None]:
    """Take the branch that was found open beforehand, or else the first that is open now (rule R4)."""
    if index in route:
        yield from _follow(step, route[index], route)
        return
    outgoing = step.vertices[index].outgoing
    if not outgoing:  # an exit point of the model itself, which has nothing outside
        step.ended = Status.COMPLETED
    # a choice always has an open branch, as its last one has no guard; a junction that is reached without having been
    # looked ahead for, behind a fork or an entry point, may have none, and then the state around it stays as it is
    for branch in outgoing:
        chosen = yield from choose_branch(step, branch)
        if chosen is not None:
            yield from _follow(step, chosen.transition, chosen.route)
            return


def _fork(step: Step, index: int) -> Rule[None]:
    """Run the effects of all branches, then enter all their targets together (rule R6)."""
    branches = [step.transitions[branch] for branch in step.vertices[index].outgoing]
    # numbers grow inwards, so the smallest domain is the outermost: the one that contains all targets
    outer = min(branch.domain for branch in branches)
    yield from exit_inside(step, outer)
    for branch in branches:
        if branch.effects:
            yield op.Run(branch.effects)
    goals = tuple(sorted([target for branch in branches for target in branch.targets]))
    yield from _enter_inside(step, outer, goals, NO_ROUTE)


def _pass_entry_point(step: Step, index: int) -> Rule[None]:
    """Take the routes behind an entry point; without one, or with one to the owner, its default entry (rule R7)."""
    vertex = step.vertices[index]
    branches = [step.transitions[branch] for branch in vertex.outgoing]
    goals = tuple(sorted([target for branch in branches for target in branch.targets]))
    if vertex.parent in goals:
        # the owner is active already, so that a route to it means its default entry; the effects still follow
        yield from _enter_inside(step, vertex.parent, (), NO_ROUTE)
        goals = ()
    for branch in branches:
        if branch.effects:
            yield op.Run(branch.effects)
    if goals or not branches:
        yield from _enter_inside(step, vertex.parent, goals, NO_ROUTE)


def _restore(step: Step, index: int, *, is_deep: bool) -> Rule[None]:
    """Enter what was last active in the owner of a history, or its default (rule R5)."""
    vertex = step.vertices[index]
    memory = yield op.AskHistory(index, vertex.parent)
    if memory:
        goals = memory if is_deep else (child_towards(step.vertices, vertex.parent, memory[0]),)
        yield from _enter_inside(step, vertex.parent, goals, NO_ROUTE)
        return
    default = step.transitions[vertex.outgoing[0]]
    if default.targets:
        yield from _follow(step, vertex.outgoing[0], NO_ROUTE)
    else:
        if default.effects:
            yield op.Run(default.effects)
        yield from _enter_inside(step, vertex.parent, (), NO_ROUTE)


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
