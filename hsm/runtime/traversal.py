"""Traversal: what a transition leaves, runs and enters (rules K, R and C1).

In: a decision and an event. Out: steps that change the configuration, and the completions that come of it.
Never imports asyncio, and decides nothing: which transitions fire is `selection`'s.
"""

from __future__ import annotations

from typing import Any

from hsm.configuration import Configuration, Leaves
from hsm.events import Event
from hsm.outcome import Status
from hsm.program import NONE, OUTSIDE, Kind
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.activities import Activities
from hsm.runtime.record import Record
from hsm.runtime.selection import Decision, Selection, Way
from hsm.runtime.timers import Timers

NO_WAY: Way = {}


class Traversal:
    """Moves one machine through its vertices.

    Attributes:
        completions: The states whose completion waits to be handled, in the order in which they completed.
        ended: How the machine came to its end by itself, once it did.
        has_moved: Whether anything was left or entered since this was last set to false (rule D2).
        truths: What the conditions of change triggers were when last asked, by transition (rule T6).
        machine: What is moved.
    """

    __slots__ = (
        "_before",
        "_departures",
        "_parked",
        "_program",
        "_waiting",
        "actions",
        "activities",
        "completions",
        "configuration",
        "ended",
        "has_moved",
        "machine",
        "selection",
        "timers",
        "truths",
    )

    def __init__(
        self,
        machine: Record,
        configuration: Configuration,
        actions: Actions,
        timers: Timers,
        activities: Activities,
    ) -> None:
        self._program = program = machine.program
        self.machine = machine
        self.configuration = configuration
        self.actions = actions
        self.timers = timers
        self.activities = activities
        self._parked: dict[int, int] = {}
        self._waiting: dict[int, tuple[int, ...]] = {}
        self.selection = Selection(program, configuration, actions, self._parked)
        self._before: tuple[int, ...] = ()
        self._departures: list[int] = []
        self.completions: list[int] = []
        self.ended: Status | None = None
        self.has_moved = False
        self.truths: dict[int, bool] = {}

    def start(self, event: Event[Any]) -> Steps[None]:
        """Enter the model by its default entry."""
        yield from self._enter(0, (0,), event, NO_WAY)
        self._drop_objects()

    def leave_all(self, event: Event[Any]) -> Steps[None]:
        """Leave everything, innermost first."""
        yield from self._leave_inside(OUTSIDE, event)

    def end_all(self) -> Steps[None]:
        """Disarm every timer, cancel every activity and wait for it; nothing is left (rules C3 and R8)."""
        self.timers.disarm_all()
        yield from self.activities.end_all()

    def forget(self) -> None:
        """Drop what a step leaves behind: what was kept for vertices that are no longer active."""
        self._departures.clear()
        self._drop_objects()

    def _drop_objects(self) -> None:
        """The objects of what is not active, or was passed through, are over."""
        known = self.machine.locals or ()
        self.machine.drop(tuple(vertex for vertex in known if not self.configuration.is_active(vertex)))

    # --- firing ----------------------------------------------------------------------------------------------

    def fire(self, decision: Decision, event: Event[Any]) -> Steps[object]:
        """Fire what was chosen, in order; what an earlier one has left can no longer fire (rule T4).

        Gives what the last effect of the last transition gave.
        """
        value = None
        self._departures.clear()
        for chosen in decision.chosen:
            source = self._program.transitions[chosen.transition].source
            self._before = self._resting()
            if self.ended is None and source not in self._departures:
                value = yield from self._transition(chosen.transition, event, chosen.way)
        self._drop_objects()
        return value

    def _transition(self, index: int, event: Event[Any], way: Way) -> Steps[object]:
        """Leave, run the effects, enter (rule K4); gives what the last effect gave."""
        segment = self._program.transitions[index]
        for vertex in segment.exits:
            yield from self._leave_inside(vertex, event)
        self.actions.returned = None
        yield from self.actions.run(segment.effects, event)
        returned = self.actions.returned
        if segment.joining_region != NONE:
            self._parked[segment.joining_region] = segment.targets[0]
            self._waiting[segment.joining_region] = tuple(
                leaf for leaf in self._before if self._is_inside(segment.joining_region, leaf)
            )
            regions = self._program.joins[segment.targets[0]]
            if any(self._parked.get(region) != segment.targets[0] for region in regions):
                return returned
            yield from self._reach(segment.targets[0], event, way)
        elif segment.targets:
            yield from self._inside(segment.domain, segment.targets, event, way)
        return returned

    def _is_inside(self, outer: int, inner: int) -> bool:
        return outer < inner <= self._program.vertices[outer].last

    def _resting(self) -> tuple[int, ...]:
        """The active leaves; for a region that waits at a join, those that it came there from (rule R5)."""
        found: list[int] = []
        for leaf in self.configuration.leaves:
            found += self._waiting.get(leaf, (leaf,)) if leaf in self._parked else (leaf,)
        return tuple(found)

    # --- leaving ---------------------------------------------------------------------------------------------

    def _leave_inside(self, outer: int, event: Event[Any]) -> Steps[None]:
        """Leave everything that is active strictly inside *outer* (rules K4 and K5)."""
        leaving = self.configuration.active_inside(outer)
        self._remember(outer, leaving)
        for index in leaving:
            vertex = self._program.vertices[index]
            if vertex.timers:
                self.timers.disarm(index)
            if vertex.activities:
                yield from self.activities.end(index)
            if vertex.exit:
                yield from self.actions.run(vertex.exit, event)
            self.configuration.deactivate(index)
            self._departures.append(index)
            self._parked.pop(index, None)
            self.reopen(index)
            for transition in vertex.change_transitions:
                self.truths.pop(transition, None)
        if leaving:
            self.has_moved = True
            self._is_complete_no_more(outer)

    def _remember(self, outer: int, leaving: list[int]) -> None:
        """Keep what was active in everything with a history that is being left, or whose inside is (rule R5).

        What counts is the configuration from before the whole way of the transition, not what is left of it by now;
        what was only passed through on that way keeps the memory that it had.
        """
        for index in (*leaving, *((outer,) if outer != OUTSIDE and leaving else ())):
            if not self._program.vertices[index].has_history:
                continue
            leaves = tuple(leaf for leaf in self._before if self._is_inside(index, leaf))
            if leaves:
                self.remember(index, () if self._has_ended(index, leaves) else leaves)

    def remember(self, index: int, leaves: Leaves) -> None:
        """From now on *leaves* are what was last active in *index*; none: it has no memory (rule R5)."""
        history = self.machine.history
        assert history is not None  # the Program has a history
        if leaves:
            history[index] = leaves
        else:
            history.pop(index, None)

    def _has_ended(self, index: int, leaves: tuple[int, ...]) -> bool:
        """Whether *leaves* are the final states of *index*, or of each of its regions."""
        vertices = self._program.vertices
        owners = {index, *vertices[index].regions}
        return all(vertices[leaf].kind is Kind.FINAL and vertices[leaf].parent in owners for leaf in leaves)

    def _is_complete_no_more(self, outer: int) -> None:
        """Something inside *outer* was left: it, or what it is a region of, may complete again (rule C1)."""
        is_region = outer != OUTSIDE and self._program.vertices[outer].kind is Kind.REGION
        self.reopen(self._program.vertices[outer].parent if is_region else outer)

    def reopen(self, index: int) -> None:
        """The state *index*, or something in it, was left: it may complete again (rule C1)."""
        complete = self.machine.complete
        if complete and index in complete:
            complete.remove(index)
            if index in self.completions:
                self.completions.remove(index)

    # --- entering --------------------------------------------------------------------------------------------

    def _enter(self, index: int, goals: tuple[int, ...], event: Event[Any], way: Way) -> Steps[None]:
        """Enter the vertex *index* on the way to *goals*: itself, or vertices inside it (rules K4 and K5)."""
        vertex = self._program.vertices[index]
        if vertex.kind > Kind.FINAL:
            yield from self._reach(index, event, way)
            return
        self.configuration.activate(index)
        self.has_moved = True
        self.machine.drop((index,))
        if vertex.kind is Kind.FINAL:
            self._finish(vertex.parent)
            return
        is_made = vertex.state_object is None or self.made_local(index)
        if vertex.entry and is_made:
            yield from self.actions.run(vertex.entry, event)
        if vertex.activities:
            self.activities.start(index, event)
        if vertex.timers:
            yield from self.timers.arm(index, event)
        inner = () if goals == (index,) else goals
        if inner or vertex.is_composite:
            yield from self._inside(index, inner, event, way)
        else:
            self.complete_if_it_is(index)

    def made_local(self, index: int, error: BaseException | None = None) -> bool:
        """Make what behaviours share while *index* is active; an exception ends the list of its entry (rule E1).

        What that raised already, in a generated step, is taken as it is. Gives whether the object is there.
        """
        assert self.machine.locals is not None  # the caller has looked
        try:
            if error is not None:
                raise error
            self.machine.locals.make(index)
        except Exception as raised:
            raised.add_note(f"while the state object of {self._program.vertices[index].path} was made")
            self.actions.errors.append(raised)
        except BaseException as interruption:
            self.actions.interruptions.append(interruption)
        else:
            return True
        return False

    def _inside(self, outer: int, goals: tuple[int, ...], event: Event[Any], way: Way) -> Steps[None]:
        """From the active *outer* on to *goals* inside it; without any, its default entry (rules R1 to R3)."""
        if outer == OUTSIDE:
            yield from self._enter(0, goals, event, way)
            return
        vertex = self._program.vertices[outer]
        if vertex.kind is Kind.REGION:
            self._parked.pop(outer, None)
        if not goals and vertex.default != NONE:
            yield from self._transition(vertex.default, event, way)
        elif vertex.regions:
            yield from self._into_regions(outer, goals, event, way)
        elif goals:
            yield from self._enter(self.configuration.child_towards(outer, goals[0]), goals, event, way)
        else:  # a history alone in its state leads to that state as it is, which is a simple one
            self.complete_if_it_is(outer)

    def _into_regions(self, outer: int, goals: tuple[int, ...], event: Event[Any], way: Way) -> Steps[None]:
        """Enter the regions of *outer*: those with a goal towards it, those not active yet by default (rule R3)."""
        vertices = self._program.vertices
        for goal in goals:
            if vertices[goal].parent == outer and vertices[goal].kind is not Kind.REGION:
                yield from self._reach(goal, event, way)
                return
        mark = len(self._departures)
        for region in vertices[outer].regions:
            inner = tuple(goal for goal in goals if region < goal <= vertices[region].last)
            is_new = not self.configuration.is_active(region)
            if is_new:
                self.configuration.activate(region)
                self.machine.drop((region,))
            if is_new or inner:
                yield from self._inside(region, inner, event, way)
            # a choice may have led out again: then the rest is not entered
            if self.ended is not None or outer in self._departures[mark:]:
                return

    # --- pseudostates ----------------------------------------------------------------------------------------

    def _reach(self, index: int, event: Event[Any], way: Way) -> Steps[None]:
        """Go on from the pseudostate *index*; what it stands in is active (rules R4 to R8)."""
        kind = self._program.vertices[index].kind
        if kind in (Kind.CHOICE, Kind.JUNCTION, Kind.EXIT_POINT, Kind.JOIN):
            yield from self._branch(index, event, way)
        elif kind is Kind.FORK:
            yield from self._fork(index, event)
        elif kind is Kind.ENTRY_POINT:
            yield from self._entry_point(index, event)
        elif kind is Kind.TERMINATE:
            self.ended = Status.TERMINATED
        else:
            yield from self.restore(index, event)

    def _branch(self, index: int, event: Event[Any], way: Way) -> Steps[None]:
        """Take the branch that was found open before, or else the first that is open now (rule R4)."""
        outgoing = self._program.vertices[index].outgoing
        if index in way:
            yield from self._transition(way[index], event, way)
            return
        if not outgoing:  # an exit point of the model itself, which has nothing outside
            self.ended = Status.COMPLETED
        for branch in outgoing:
            chosen = yield from self.selection.enabled(branch, event)
            if chosen is not None:
                yield from self._transition(branch, event, chosen.way)
                return

    def _fork(self, index: int, event: Event[Any]) -> Steps[None]:
        """Run the effects of all branches, then enter all their targets together (rule R6)."""
        branches = [self._program.transitions[branch] for branch in self._program.vertices[index].outgoing]
        outer = min(branch.domain for branch in branches)
        yield from self._leave_inside(outer, event)
        for branch in branches:
            yield from self.actions.run(branch.effects, event)
        goals = tuple(sorted(target for branch in branches for target in branch.targets))
        yield from self._inside(outer, goals, event, NO_WAY)

    def _entry_point(self, index: int, event: Event[Any]) -> Steps[None]:
        """Take the routes behind a door; without one, or with one to the owner itself, its default entry (rule R7)."""
        vertex = self._program.vertices[index]
        branches = [self._program.transitions[branch] for branch in vertex.outgoing]
        goals = tuple(sorted(target for branch in branches for target in branch.targets))
        if vertex.parent in goals:
            yield from self._inside(vertex.parent, (), event, NO_WAY)
            goals = ()
        for branch in branches:
            yield from self.actions.run(branch.effects, event)
        if goals or not branches:
            yield from self._inside(vertex.parent, goals, event, NO_WAY)

    def restore(self, index: int, event: Event[Any]) -> Steps[None]:
        """Enter what was last active in the owner of a history, or its default (rule R5)."""
        vertex = self._program.vertices[index]
        is_deep = vertex.kind is Kind.DEEP_HISTORY
        memory = (self.machine.history or {}).get(vertex.parent, ())
        if memory:
            goals = memory if is_deep else (self.configuration.child_towards(vertex.parent, memory[0]),)
            yield from self._inside(vertex.parent, goals, event, NO_WAY)
            return
        default = self._program.transitions[vertex.outgoing[0]]
        if default.targets:
            yield from self._transition(vertex.outgoing[0], event, NO_WAY)
        else:
            yield from self.actions.run(default.effects, event)
            yield from self._inside(vertex.parent, (), event, NO_WAY)

    # --- completion ------------------------------------------------------------------------------------------

    def _finish(self, outer: int) -> None:
        """A final state directly inside *outer* was entered (rules C1 and C3)."""
        owner = outer
        if self._program.vertices[outer].kind is Kind.REGION:
            owner = self._program.vertices[outer].parent
        if owner == 0 and self.configuration.has_ended(0):
            self.ended = Status.COMPLETED
        else:
            self.complete_if_it_is(owner)

    def complete_if_it_is(self, index: int) -> None:
        """Queue the completion of the state *index*, once, when everything it waits for has come (rule C1)."""
        vertex = self._program.vertices[index]
        if not vertex.completion_transitions or not self.configuration.is_active(index):
            return
        if (self.machine.complete and index in self.machine.complete) or not self.activities.have_returned(index):
            return
        if vertex.is_composite and not self.configuration.has_ended(index):
            return
        self.complete(index)

    def complete(self, index: int) -> None:
        """The state *index* is complete: that waits to be handled (rule C2)."""
        if self.machine.complete is None:
            self.machine.complete = set()
        self.machine.complete.add(index)
        self.completions.append(index)
