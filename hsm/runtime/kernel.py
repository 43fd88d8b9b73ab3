"""Run to completion: what one event does to one machine, and what follows from it (rules C2, E, Q8 and T6).

In: a Program and an event. Out: steps, a generator that yields what must be awaited and returns the outcome.
Never imports asyncio, and knows neither queues nor callers: `turns` decides when a step runs, and in what.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hsm.errors import CallError, LoopBudgetError
from hsm.events import CHANGE, ERROR, FINAL, INITIAL, Event
from hsm.outcome import Outcome
from hsm.program import Program
from hsm.runtime.actions import Steps
from hsm.runtime.heap import Armed
from hsm.runtime.record import COMPLETED
from hsm.runtime.selection import Decision
from hsm.runtime.timers import take
from hsm.runtime.traversal import Traversal


class Kernel:
    """The run-to-completion steps of one machine.

    Attributes:
        traversal: What is active, and how that changes.
        nobodys: Errors of activities that no transition took.
        unhandled: Errors of the event that is being handled which no transition took (rule E4).
        is_spent: Whether the budget was spent: what the machine has sent to itself is still to be dropped (rule Q8).
    """

    __slots__ = (
        "_actions",
        "_budget",
        "_changes",
        "_program",
        "_recent",
        "_selection",
        "_spent",
        "is_spent",
        "nobodys",
        "traversal",
        "unhandled",
    )

    def __init__(self, program: Program, traversal: Traversal, budget: int) -> None:
        self._program = program
        self._actions = traversal.actions
        self._selection = traversal.selection
        self.traversal = traversal
        self._changes: list[int] = []
        self._budget = budget
        self._spent = 0
        self._recent: list[str] = []
        self.is_spent = False
        self.nobodys: list[BaseException] = []
        self.unhandled: list[BaseException] = []

    # --- events ----------------------------------------------------------------------------------------------

    def start(self) -> Steps[None]:
        """Enter the model by its default entry, and do everything that follows from that alone (rule L1)."""
        event: Event[Any] = Event(INITIAL)
        yield from self.traversal.start(event)
        yield from self._settle(event)

    def handle(self, event: Event[Any]) -> Steps[Outcome]:
        """Offer *event*, and then do what follows from it: errors, completions, changes (rules E3, C2 and T6)."""
        decision = yield from self._selection.by_name(event, event.name)
        yield from self.traversal.fire(decision, event)
        yield from self._settle(event)
        return outcome_of(decision)

    def go_on(self, resumed: Steps[Outcome], event: Event[Any]) -> Steps[Outcome]:
        """Do the rest of a generated step, and then what follows from it."""
        outcome = yield from resumed
        yield from self._settle(event)
        return outcome

    def expire(self, armed: Armed, due: float) -> Steps[Outcome]:
        """Handle the expiry of a timer; a void one does nothing (rule A3)."""
        event = take(armed, due)
        if event is None:
            return Outcome.IGNORED
        decision = yield from self._selection.of((armed.timer.transition,), event)
        yield from self.traversal.fire(decision, event)
        yield from self._settle(event)
        return outcome_of(decision)

    def call(self, event: Event[Any]) -> Steps[object]:
        """Handle a call of the operation that *event* is named after, and give what the last effect gave.

        Raises:
            CallError: No transition takes the call.
        """
        decision = yield from self._selection.by_call(event, event.name)
        value = yield from self.traversal.fire(decision, event)
        yield from self._settle(event)
        if not decision.chosen:
            places = ", ".join(self._program.vertices[leaf].path for leaf in self.traversal.configuration.leaves)
            raise CallError(f"no transition takes the call of '{event.name}' in {places}")
        return value

    def activity_failed(self, error: Exception) -> Steps[Outcome]:
        """Handle what an activity raised (rule E2)."""
        self.keep(error)
        yield from self._settle(Event(ERROR, error))
        return Outcome.TAKEN

    def keep(self, error: Exception) -> None:
        """An activity raised *error* while a step is under way: it is handled as soon as that comes to errors."""
        self._actions.errors.append(error)
        self._actions.from_activities.append(error)

    def activity_returned(self, vertex: int) -> Steps[Outcome]:
        """Handle the end of an activity of *vertex*: it may be complete now (rule C1)."""
        self.traversal.complete_if_it_is(vertex)
        yield from self._settle(COMPLETED)
        return Outcome.TAKEN

    def stop(self, resumed: Steps[Outcome] | None = None) -> Steps[None]:
        """Leave everything, innermost first, with exit actions; what they raise is unhandled (rules L4 and E5).

        With *resumed*, the rest of a generated step, that does the leaving.
        """
        yield from resumed if resumed is not None else self.traversal.leave_all(Event(FINAL))
        self._surrender()
        self.traversal.forget()

    def _give_up(self, error: Exception) -> None:
        """No transition took *error*: it is the sender's, or nobody's when an activity raised it (rule E4)."""
        mine = [known for known in self._actions.from_activities if known is not error]
        is_nobodys = len(mine) < len(self._actions.from_activities)
        self._actions.from_activities = mine
        (self.nobodys if is_nobodys else self.unhandled).append(error)

    def take_nobodys(self) -> list[BaseException]:
        """The errors of activities that no transition took since this was last asked."""
        errors, self.nobodys = self.nobodys, []
        return errors

    def take_unhandled(self) -> list[BaseException]:
        """The errors that no transition took since this was last asked."""
        errors, self.unhandled = self.unhandled, []
        return errors

    def _settle(self, event: Event[Any]) -> Steps[None]:
        """Errors first, then completions, then changes, until nothing is left to do (rule Q5)."""
        yield from self._ask_changes(event)
        while self.traversal.ended is None:
            if self._actions.errors:
                name = ERROR
                yield from self._error(self._actions.errors.pop(0))
            elif self.traversal.completions:
                completed = self.traversal.completions.pop(0)
                name = self._completion_of(completed)
                yield from self._completion(completed)
            elif self._changes:
                name = CHANGE
                yield from self._change(self._changes.pop(0))
            else:
                break
            if self.spend(name):
                break
        if self.traversal.ended is not None:
            yield from self.traversal.end_all()
        self._surrender()
        self.traversal.forget()

    def _surrender(self) -> None:
        """What is left over of errors and interruptions is nobody's but the caller's (rules E4, E5 and E7)."""
        for error in self._actions.errors:
            self._give_up(error)
        self.unhandled += self._actions.interruptions
        self._actions.errors.clear()
        self._actions.interruptions.clear()

    def _error(self, error: Exception) -> Steps[None]:
        """Offer *error* as ``hsm_error``; not taken, or failing again, it is unhandled (rules E3 to E5)."""
        event = Event(ERROR, error)
        waiting, self._actions.errors = self._actions.errors, []
        decision = yield from self._selection.by_name(event, ERROR)
        yield from self.traversal.fire(decision, event)
        if not decision.chosen:
            self._give_up(error)
        self.unhandled += self._actions.errors
        self._actions.errors = waiting
        yield from self._ask_changes(event)

    def _completion(self, vertex: int) -> Steps[None]:
        decision = yield from self._selection.of(self._program.vertices[vertex].completion_transitions, COMPLETED)
        yield from self.traversal.fire(decision, COMPLETED)
        yield from self._ask_changes(COMPLETED)

    def _change(self, transition: int) -> Steps[None]:
        if not self.traversal.configuration.is_active(self._program.transitions[transition].source):
            return
        event: Event[Any] = Event(CHANGE)
        decision = yield from self._selection.of((transition,), event)
        yield from self.traversal.fire(decision, event)
        yield from self._ask_changes(event)

    def _ask_changes(self, event: Event[Any]) -> Steps[None]:
        """Ask the change triggers of what is active, from the leaves outwards; note which became true (rule T6)."""
        if not self._program.has_changes or self.traversal.ended is not None:
            return
        for vertex in self.traversal.configuration.active_outwards():
            for transition in self._program.vertices[vertex].change_transitions:
                holds = False
                for condition in self._program.transitions[transition].change_conditions:
                    holds = holds or (yield from self._actions.holds(condition, event))
                if holds and not self.traversal.truths.get(transition, False):
                    self._changes.append(transition)
                self.traversal.truths[transition] = holds

    # --- the budget ------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Something came from outside: the machine is not feeding itself (rule Q8)."""
        self._spent = 0
        self._recent.clear()

    def count(self, completed: tuple[int, ...]) -> None:
        """The completions of these states were handled elsewhere (rule Q8)."""
        for vertex in completed:
            self._note(self._completion_of(vertex))

    def _completion_of(self, vertex: int) -> str:
        return f"completion of {self._program.vertices[vertex].path}"

    def _note(self, name: str) -> None:
        """An internal step; the last ones before the budget is spent are kept for its message."""
        self._spent += 1
        if self._spent + 20 > self._budget:
            self._recent.append(name)

    def spend(self, name: str) -> bool:
        """Count an internal step; whether the budget is spent now, which is an unhandled error (rule Q8)."""
        self._note(name)
        if self._spent <= self._budget:
            return False
        names = ", ".join(f"'{name}' ({count}x)" for name, count in Counter(self._recent).most_common(5))
        self.is_spent = True
        self.traversal.completions.clear()
        self._changes.clear()
        self.unhandled.append(
            LoopBudgetError(
                f"{self._budget} internal steps without an event from outside; going round: {names}. "
                "What it sent to itself and has not processed is dropped"
            )
        )
        self.refresh()
        return True


def outcome_of(decision: Decision) -> Outcome:
    """What `dispatch` tells of *decision*."""
    if decision.chosen:
        return Outcome.TAKEN
    return Outcome.DEFERRED if decision.is_deferred else Outcome.IGNORED
