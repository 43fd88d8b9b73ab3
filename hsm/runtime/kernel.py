"""Run to completion: what one event does to one machine (rules K, R, C, D and E).

In: a Program and an event. Out: steps, a generator that yields what must be awaited and returns the outcome.
Never imports asyncio, and knows neither queues nor callers: `machine` decides when a step runs, and in what.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

from hsm.errors import CallError, LoopBudgetError
from hsm.events import CHANGE, COMPLETION, ERROR, FINAL, INITIAL, Event
from hsm.outcome import Outcome, Status
from hsm.program import NONE, OUTSIDE, Kind, Program
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.activities import Activities
from hsm.runtime.configuration import Configuration
from hsm.runtime.selection import Decision, Selection, Way
from hsm.runtime.timers import Armed, Timers

_NO_WAY: Way = {}


class Kernel:
    """The run-to-completion steps of one machine.

    Attributes:
        configuration: What is active.
        ended: How the machine came to its end by itself, once it did.
        unhandled: Errors of the event that is being handled which no transition took (rule E4).
        has_moved: Whether anything was left or entered since this was last set to false (rule D2).
        locals: Whatever behaviours keep for a vertex while it is active, by vertex.
    """

    __slots__ = (
        "_budget",
        "_changes",
        "_complete",
        "_completions",
        "_departures",
        "_history",
        "_parked",
        "_recent",
        "_spent",
        "_truths",
        "actions",
        "activities",
        "configuration",
        "ended",
        "has_moved",
        "locals",
        "program",
        "selection",
        "timers",
        "unhandled",
    )

    def __init__(
        self,
        program: Program,
        configuration: Configuration,
        actions: Actions,
        timers: Timers,
        activities: Activities,
        budget: int,
    ) -> None:
        self.program = program
        self.configuration = configuration
        self.actions = actions
        self.timers = timers
        self.activities = activities
        self._parked: dict[int, int] = {}
        self.selection = Selection(program, configuration, actions, self._parked)
        self._completions: deque[int] = deque()
        self._complete: set[int] = set()
        self._changes: deque[int] = deque()
        self._truths: dict[int, bool] = {}
        self._history: dict[int, tuple[int, ...]] = {}
        self._departures: list[int] = []
        self._budget = budget
        self._spent = 0
        self._recent: list[str] = []
        self.unhandled: list[BaseException] = []
        self.ended: Status | None = None
        self.has_moved = False
        self.locals: dict[int, object] = {}

    # --- events ----------------------------------------------------------------------------------------------

    def start(self) -> Steps[None]:
        """Enter the model by its default entry, and do everything that follows from that alone (rule L1)."""
        event: Event[Any] = Event(INITIAL)
        yield from self._enter(0, (0,), event, _NO_WAY)
        yield from self._settle(event)

    def handle(self, event: Event[Any]) -> Steps[Outcome]:
        """Offer *event*, and then do what follows from it: errors, completions, changes (rules E3, C2 and T6)."""
        decision = yield from self.selection.by_name(event, event.name)
        yield from self._fire(decision, event)
        yield from self._settle(event)
        return outcome_of(decision)

    def expire(self, armed: Armed) -> Steps[Outcome]:
        """Handle the expiry of a timer; a void one does nothing (rule A3)."""
        event = self.timers.take(armed)
        if event is None:
            return Outcome.IGNORED
        decision = yield from self.selection.of((armed.transition,), event)
        yield from self._fire(decision, event)
        yield from self._settle(event)
        return outcome_of(decision)

    def call(self, event: Event[Any]) -> Steps[object]:
        """Handle a call of the operation that *event* is named after, and give what the last effect gave.

        Raises:
            CallError: No transition takes the call.
        """
        decision = yield from self.selection.by_call(event, event.name)
        value = yield from self._fire(decision, event)
        yield from self._settle(event)
        if not decision.chosen:
            places = ", ".join(self.program.vertices[leaf].path for leaf in self.configuration.leaves)
            raise CallError(f"no transition takes the call of '{event.name}' in {places}")
        return value

    def activity_failed(self, error: Exception) -> Steps[Outcome]:
        """Handle what an activity raised (rule E2)."""
        self.actions.errors.append(error)
        yield from self._settle(Event(ERROR, error))
        return Outcome.TAKEN

    def activity_returned(self, vertex: int) -> Steps[Outcome]:
        """Handle the end of an activity of *vertex*: it may be complete now (rule C1)."""
        self._complete_if_it_is(vertex)
        yield from self._settle(Event(COMPLETION))
        return Outcome.TAKEN

    def stop(self) -> Steps[None]:
        """Leave everything, innermost first, with exit actions; what they raise is unhandled (rules L4 and E5)."""
        yield from self._leave_inside(OUTSIDE, Event(FINAL))
        self._surrender()
        self._forget_locals()

    def take_unhandled(self) -> list[BaseException]:
        """The errors that no transition took since this was last asked."""
        errors, self.unhandled = self.unhandled, []
        return errors

    def _settle(self, event: Event[Any]) -> Steps[None]:
        """Errors first, then completions, then changes, until nothing is left to do (rule Q5)."""
        yield from self._ask_changes(event)
        while self.ended is None:
            if self.actions.errors:
                name = ERROR
                yield from self._error(self.actions.errors.popleft())
            elif self._completions:
                completed = self._completions.popleft()
                name = f"completion of {self.program.vertices[completed].path}"
                yield from self._completion(completed)
            elif self._changes:
                name = CHANGE
                yield from self._change(self._changes.popleft())
            else:
                break
            if self.spend(name):
                break
        if self.ended is not None:
            self.timers.disarm_all()
            yield from self.activities.end_all()
        self._surrender()
        self._forget_locals()
        self._departures.clear()

    def _surrender(self) -> None:
        """What is left over of errors and interruptions is nobody's but the caller's (rules E4, E5 and E7)."""
        self.unhandled += self.actions.errors
        self.unhandled += self.actions.interruptions
        self.actions.errors.clear()
        self.actions.interruptions.clear()

    def _error(self, error: Exception) -> Steps[None]:
        """Offer *error* as ``hsm_error``; not taken, or failing again, it is unhandled (rules E3 to E5)."""
        event = Event(ERROR, error)
        waiting, self.actions.errors = self.actions.errors, deque()
        decision = yield from self.selection.by_name(event, ERROR)
        yield from self._fire(decision, event)
        if not decision.chosen:
            self.unhandled.append(error)
        self.unhandled += self.actions.errors
        self.actions.errors = waiting
        yield from self._ask_changes(event)

    def _completion(self, vertex: int) -> Steps[None]:
        event: Event[Any] = Event(COMPLETION)
        decision = yield from self.selection.of(self.program.vertices[vertex].completions, event)
        yield from self._fire(decision, event)
        yield from self._ask_changes(event)

    def _change(self, transition: int) -> Steps[None]:
        if not self.configuration.is_active(self.program.transitions[transition].source):
            return
        event: Event[Any] = Event(CHANGE)
        decision = yield from self.selection.of((transition,), event)
        yield from self._fire(decision, event)
        yield from self._ask_changes(event)

    def _ask_changes(self, event: Event[Any]) -> Steps[None]:
        """Ask every change trigger of what is active, innermost first, and note those that became true (rule T6)."""
        if not self.program.has_changes or self.ended is not None:
            return
        for vertex in self.configuration.active_inside(OUTSIDE):
            for transition in self.program.vertices[vertex].changes:
                holds = False
                for condition in self.program.transitions[transition].changes:
                    holds = holds or (yield from self.actions.holds(condition, event))
                if holds and not self._truths.get(transition, False):
                    self._changes.append(transition)
                self._truths[transition] = holds

    # --- the budget ------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Something came from outside: the machine is not feeding itself (rule Q8)."""
        self._spent = 0
        self._recent.clear()

    def spend(self, name: str) -> bool:
        """Count an internal step; whether the budget is spent now, which is an unhandled error (rule Q8)."""
        self._spent += 1
        if self._spent + 20 > self._budget:
            self._recent.append(name)
        if self._spent <= self._budget:
            return False
        names = ", ".join(f"'{name}' ({count}x)" for name, count in Counter(self._recent).most_common(5))
        self._completions.clear()
        self._changes.clear()
        self.unhandled.append(
            LoopBudgetError(
                f"{self._budget} internal steps without an event from outside; going round: {names}. "
                "What it sent to itself and has not processed is dropped"
            )
        )
        self.refresh()
        return True

    # --- firing ----------------------------------------------------------------------------------------------

    def _fire(self, decision: Decision, event: Event[Any]) -> Steps[object]:
        """Fire what was chosen, in order; what an earlier one has left can no longer fire (rule T4).

        Gives what the last effect of the last transition gave.
        """
        value = None
        for chosen in decision.chosen:
            source = self.program.transitions[chosen.transition].source
            if self.ended is None and self.configuration.is_active(source):
                value = yield from self._transition(chosen.transition, event, chosen.way)
        return value

    def _transition(self, index: int, event: Event[Any], way: Way) -> Steps[object]:
        """Leave, run the effects, enter (rule K4); gives what the last effect gave."""
        segment = self.program.transitions[index]
        for vertex in segment.leaves:
            yield from self._leave_inside(vertex, event)
        self.actions.returned = None
        yield from self.actions.run(segment.effects, event)
        returned = self.actions.returned
        if segment.waits != NONE:
            self._parked[segment.waits] = segment.targets[0]
            regions = self.program.joins[segment.targets[0]]
            if any(self._parked.get(region) != segment.targets[0] for region in regions):
                return returned
        if segment.waits != NONE or self._is_passing(segment.targets):
            yield from self._reach(segment.targets[0], event, way)
        elif segment.targets:
            yield from self._inside(segment.within, segment.targets, event, way)
        return returned

    def _is_passing(self, targets: tuple[int, ...]) -> bool:
        """Whether the only target is an exit point, whose owner is active and is only about to be left."""
        return len(targets) == 1 and self.program.vertices[targets[0]].kind is Kind.EXIT_POINT

    # --- leaving ---------------------------------------------------------------------------------------------

    def _leave_inside(self, outer: int, event: Event[Any]) -> Steps[None]:
        """Leave everything that is active strictly inside *outer* (rules K4 and K5)."""
        leaving = self.configuration.active_inside(outer)
        self._remember(outer, leaving)
        for index in leaving:
            vertex = self.program.vertices[index]
            if vertex.timers:
                self.timers.disarm(index)
            if vertex.activities:
                yield from self.activities.end(index)
            if vertex.exit:
                yield from self.actions.run(vertex.exit, event)
            self.configuration.deactivate(index)
            self._departures.append(index)
            self._parked.pop(index, None)
            if index in self._complete:
                self._complete.remove(index)
                if index in self._completions:
                    self._completions.remove(index)
            for transition in vertex.changes:
                self._truths.pop(transition, None)
        self.has_moved = self.has_moved or bool(leaving)

    def _remember(self, outer: int, leaving: list[int]) -> None:
        """Keep the leaves of everything with a history that is being left, or whose inside is (rule R5)."""
        for index in (*leaving, *((outer,) if outer != OUTSIDE and leaving else ())):
            if not self.program.vertices[index].has_history:
                continue
            if self.configuration.has_ended(index):
                self._history.pop(index, None)
            else:
                self._history[index] = tuple(self.configuration.leaves_inside(index))

    # --- entering --------------------------------------------------------------------------------------------

    def _enter(self, index: int, goals: tuple[int, ...], event: Event[Any], way: Way) -> Steps[None]:
        """Enter the vertex *index* on the way to *goals*: itself, or vertices inside it (rules K4 and K5)."""
        vertex = self.program.vertices[index]
        if vertex.kind > Kind.FINAL:
            yield from self._reach(index, event, way)
            return
        self.configuration.activate(index)
        self.has_moved = True
        self.locals.pop(index, None)
        if vertex.kind is Kind.FINAL:
            self._finish(vertex.parent)
            return
        if vertex.entry:
            yield from self.actions.run(vertex.entry, event)
        if vertex.activities:
            self.activities.start(index, event)
        if vertex.timers:
            yield from self.timers.arm(index, event)
        inner = () if goals == (index,) else goals
        if inner or vertex.is_composite:
            yield from self._inside(index, inner, event, way)
        else:
            self._complete_if_it_is(index)

    def _inside(self, outer: int, goals: tuple[int, ...], event: Event[Any], way: Way) -> Steps[None]:
        """From the active *outer* on to *goals* inside it; without any, its default entry (rules R1 to R3)."""
        if outer == OUTSIDE:
            yield from self._enter(0, goals, event, way)
            return
        vertex = self.program.vertices[outer]
        if not goals and vertex.default != NONE:
            yield from self._transition(vertex.default, event, way)
        elif vertex.regions:
            yield from self._into_regions(outer, goals, event, way)
        elif goals:
            yield from self._enter(self.configuration.child_towards(outer, goals[0]), goals, event, way)

    def _into_regions(self, outer: int, goals: tuple[int, ...], event: Event[Any], way: Way) -> Steps[None]:
        """Enter the regions of *outer*: those with a goal towards it, those not active yet by default (rule R3)."""
        vertices = self.program.vertices
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
            if is_new or inner:
                yield from self._inside(region, inner, event, way)
            # a choice may have led out again: then the rest is not entered
            if self.ended is not None or outer in self._departures[mark:]:
                return

    # --- pseudostates ----------------------------------------------------------------------------------------

    def _reach(self, index: int, event: Event[Any], way: Way) -> Steps[None]:
        """Go on from the pseudostate *index*; what it stands in is active (rules R4 to R8)."""
        kind = self.program.vertices[index].kind
        if kind in (Kind.CHOICE, Kind.JUNCTION, Kind.EXIT_POINT, Kind.JOIN):
            yield from self._branch(index, event, way)
        elif kind is Kind.FORK:
            yield from self._fork(index, event)
        elif kind is Kind.ENTRY_POINT:
            yield from self._entry_point(index, event)
        elif kind is Kind.TERMINATE:
            self.ended = Status.TERMINATED
        else:
            yield from self._restore(index, event, is_deep=kind is Kind.DEEP_HISTORY)

    def _branch(self, index: int, event: Event[Any], way: Way) -> Steps[None]:
        """Take the branch that was found open before, or else the first that is open now (rule R4)."""
        outgoing = self.program.vertices[index].outgoing
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
        branches = [self.program.transitions[branch] for branch in self.program.vertices[index].outgoing]
        outer = min(branch.within for branch in branches)
        yield from self._leave_inside(outer, event)
        for branch in branches:
            yield from self.actions.run(branch.effects, event)
        goals = tuple(sorted(target for branch in branches for target in branch.targets))
        yield from self._inside(outer, goals, event, _NO_WAY)

    def _entry_point(self, index: int, event: Event[Any]) -> Steps[None]:
        """Take the routes behind a door; without one, or with one to the owner itself, its default entry (rule R7)."""
        vertex = self.program.vertices[index]
        branches = [self.program.transitions[branch] for branch in vertex.outgoing]
        goals = tuple(sorted(target for branch in branches for target in branch.targets))
        if vertex.parent in goals:
            yield from self._inside(vertex.parent, (), event, _NO_WAY)
            goals = ()
        for branch in branches:
            yield from self.actions.run(branch.effects, event)
        if goals or not branches:
            yield from self._inside(vertex.parent, goals, event, _NO_WAY)

    def _restore(self, index: int, event: Event[Any], *, is_deep: bool) -> Steps[None]:
        """Enter what was last active in the owner of a history, or its default (rule R5)."""
        vertex = self.program.vertices[index]
        memory = self._history.get(vertex.parent, ())
        if memory:
            goals = memory if is_deep else (self.configuration.child_towards(vertex.parent, memory[0]),)
            yield from self._inside(vertex.parent, goals, event, _NO_WAY)
            return
        default = self.program.transitions[vertex.outgoing[0]]
        if default.targets:
            yield from self._transition(vertex.outgoing[0], event, _NO_WAY)
        else:
            yield from self.actions.run(default.effects, event)
            yield from self._inside(vertex.parent, (), event, _NO_WAY)

    # --- completion ------------------------------------------------------------------------------------------

    def _finish(self, outer: int) -> None:
        """A final state directly inside *outer* was entered (rules C1 and C3)."""
        owner = outer
        if self.program.vertices[outer].kind is Kind.REGION:
            owner = self.program.vertices[outer].parent
        if owner == 0 and self.configuration.has_ended(0):
            self.ended = Status.COMPLETED
        else:
            self._complete_if_it_is(owner)

    def _complete_if_it_is(self, index: int) -> None:
        """Queue the completion of the state *index*, once, when everything it waits for has come (rule C1)."""
        vertex = self.program.vertices[index]
        if not self.configuration.is_active(index):
            return
        if index in self._complete or not self.activities.have_returned(index):
            return
        if vertex.is_composite and not self.configuration.has_ended(index):
            return
        self._complete.add(index)
        if vertex.completions:
            self._completions.append(index)

    def _forget_locals(self) -> None:
        """Drop what behaviours kept for vertices that are no longer active."""
        for vertex in [vertex for vertex in self.locals if not self.configuration.is_active(vertex)]:
            del self.locals[vertex]


def outcome_of(decision: Decision) -> Outcome:
    """What `dispatch` tells of *decision*."""
    if decision.chosen:
        return Outcome.TAKEN
    return Outcome.DEFERRED if decision.is_deferred else Outcome.IGNORED
