"""Observation: what a machine does, told to its observers (rules O1 to O3).

In: operations of the rules as the kernel has executed them, and what comes in and ends. Out: records of `hsm.trace`, in
the order in which things happen. A machine that nobody observes has none of this; one that is observed has every step
taken by the kernel, whose operations these are.
"""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable
from typing import Any

from hsm import trace
from hsm.configuration import Leaves, active_inside
from hsm.events import BUILT_IN, Event, name_of
from hsm.outcome import Outcome, Status
from hsm.program import NONE, OUTSIDE, Behavior, Program, Timer, TimerKind
from hsm.rules import operations as op

_logger = logging.getLogger("hsm")
Observer = Callable[[trace.Record], object]
Now = Callable[[], float]


class Observation:
    """The observers of one machine, and what it takes to tell them what happens.

    Args:
        program: What runs.
        now: Seconds on the machine's clock.
        leaves: What is active.
        forget: Is called when the last observer is gone.
        interrupt: Takes what an observer raises that is no `Exception`, such as a ``KeyboardInterrupt`` (rule E7).
    """

    __slots__ = (
        "_activities", "_cause", "_cause_of_step", "_forget", "_interrupt", "_is_in_step", "_leaves", "_now",
        "_observers", "_program", "_step", "_timers",
    )  # fmt: skip

    def __init__(
        self,
        program: Program,
        now: Now,
        leaves: Leaves,
        forget: Callable[[], None],
        interrupt: Callable[[BaseException], None],
    ) -> None:
        self._program = program
        self._now = now
        self._leaves = leaves
        self._forget = forget
        self._interrupt = interrupt
        self._is_in_step = False
        self._step = 0
        self._cause = self._cause_of_step = ""
        self._timers: dict[int, float] = {}
        self._activities: dict[int, None] = {}
        self._observers: list[list[Observer]] = []

    def add(self, observer: Observer) -> Callable[[], None]:
        """Tell *observer* as well; returns what ends that, any number of times."""
        entry = [observer]  # an object of its own: one observer may have been added twice
        self._observers.append(entry)
        return functools.partial(self._remove, entry)

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers, in the order in which they came."""
        return tuple([entry[0] for entry in self._observers])

    def _remove(self, entry: list[Observer]) -> None:
        self._observers = [each for each in self._observers if each is not entry]
        if not self._observers:
            self._forget()

    # --- what happens around steps ---------------------------------------------------------------------------

    def received(self, event: Event[Any], what: str = "event") -> None:
        """*event* came in; *what* it is, as causes say it."""
        self._tell(trace.Received, f"{what} '{name_of(event)}'", event=event)

    def began(self, event: Event[Any], cause: str, leaves: Leaves, transition: int = NONE) -> None:
        """A step begins on *event*; because of a timer of *transition*, if there is one."""
        self._is_in_step = True
        self._step += 1
        self._leaves = leaves
        fired = None if transition == NONE else self._fired(transition)
        self._cause = self._cause_of_step = cause if fired is None else f"{self._name(fired)} of {self._source(fired)}"
        if fired is not None:
            self._tell(trace.TimerFired, vertex=self._source(fired), timer=self._name(fired))
        self._tell(trace.StepBegan, event=event, states=self._states(leaves))

    def _fired(self, transition: int) -> Timer:
        """The timer of *transition* that has fired: of several, the one that was due first."""
        timers = [timer for timer in self._program.timers if timer.transition == transition]
        fired = min(timers, key=lambda timer: self._timers.get(timer.index, math.inf))
        if fired.kind is not TimerKind.EVERY:
            self._timers.pop(fired.index, None)
        return fired

    def ended(self, event: Event[Any], outcome: Outcome, leaves: Leaves) -> None:
        """The step is over."""
        self._cause = self._cause_of_step  # and not that of the last thing that followed from it
        if outcome is Outcome.IGNORED and name_of(event) not in BUILT_IN:
            self._tell(trace.Dropped, event=event, reason="ignored")
        self._tell(trace.StepEnded, event=event, outcome=outcome, states=self._states(leaves))
        self._is_in_step = False

    def deferred(self, event: Event[Any]) -> None:
        """*event* is kept."""
        self._tell(trace.Deferred, event=event)

    def recalled(self, events: list[Event[Any]]) -> None:
        """*events* come back."""
        for event in events:
            self._tell(trace.Recalled, event=event)

    def several_dropped(self, events: list[Event[Any]], reason: str) -> None:
        """*events* will not be processed."""
        for event in events:
            self._tell(trace.Dropped, event=event, reason=reason)

    def activity_ended(self, behavior: Behavior, error: BaseException | None) -> None:
        """An activity came to its end by itself."""
        # by identity: behaviours of one name and place are equal
        for index in self._activities:
            if self._program.behaviors[index] is behavior:
                del self._activities[index]
                self._activity_ended(index, error, "end of an activity")
                break

    def started(self, leaves: Leaves) -> None:
        """The machine runs."""
        self._tell(trace.Started, states=self._states(leaves))

    def over(self, status: Status) -> None:
        """The machine has ended."""
        self._tell(trace.Ended, status=status)

    # --- what happens in a step ------------------------------------------------------------------------------

    def ran(self, behavior: Behavior) -> None:
        """An action has returned."""
        if self._is_in_step:  # and not one that was under way when it was observed first
            self._tell(trace.Ran, role=behavior.role, **self._words(behavior))

    def failed(self, behavior: Behavior, error: BaseException) -> None:
        """A behaviour has raised *error*."""
        if self._is_in_step:
            self._tell(trace.Failed, role=behavior.role, error=error, **self._words(behavior))

    def object_failed(self, vertex: int, error: BaseException) -> None:
        """The object of *vertex* could not be made."""
        path = self._program.vertices[vertex].path
        self._tell(trace.Failed, behavior="", role="object", vertex=path, place="", error=error)

    def saw(self, operation: Any, answer: Any, armed: Callable[[Timer], float | None]) -> None:
        """The kernel has executed *operation*; *armed* says when a timer is due."""
        match operation:
            case op.Ask(behavior):
                self._asked(self._program.behaviors[behavior], answer)
            case op.Move(leaves):
                self._moved(leaves)
            case op.Next(vertex):
                self._cause = "change" if vertex == NONE else f"completion of {self._program.vertices[vertex].path}"
            case op.TakeError() if answer:
                self._cause = "error"
            case op.Arm(vertex):
                for index in self._program.vertices[vertex].timers:
                    due = armed(self._program.timers[index])
                    if due is not None:
                        self._timers[index] = due
                        timer = self._program.timers[index]
                        self._tell(trace.TimerArmed, vertex=self._source(timer), timer=self._name(timer), due=due)
            case op.Disarm(vertex):
                self._disarmed(self._program.vertices[vertex].timers)
            case op.StartActivities(vertex):
                for index in self._program.vertices[vertex].activities:
                    self._activities[index] = None
                    words = self._words(self._program.behaviors[index])
                    self._tell(trace.ActivityBegan, vertex=words["vertex"], activity=words["behavior"])
            case op.EndActivities(vertex):
                self._cancelled(self._program.vertices[vertex].activities)
            case op.EndAll():
                self._disarmed(tuple(self._timers))
                self._cancelled(tuple(self._activities))
            case _:
                pass

    def _asked(self, behavior: Behavior, answer: bool | None) -> None:
        words = self._words(behavior)
        vertex, place = words["vertex"], words["place"]
        self._tell(trace.GuardAsked, guard=words["behavior"], vertex=vertex, place=place, answer=answer)

    def _moved(self, leaves: Leaves) -> None:
        """One vertex was exited, or entered: what is in one configuration and not in the other."""
        vertices = self._program.vertices
        before = set(active_inside(vertices, self._leaves, OUTSIDE))
        after = set(active_inside(vertices, leaves, OUTSIDE))
        self._leaves = leaves
        for vertex in sorted(before - after, reverse=True):
            self._tell(trace.Exited, vertex=vertices[vertex].path)
        for vertex in sorted(after - before):
            self._tell(trace.Entered, vertex=vertices[vertex].path)

    def _disarmed(self, timers: tuple[int, ...]) -> None:
        for index in timers:
            if index in self._timers:
                del self._timers[index]
                timer = self._program.timers[index]
                self._tell(trace.TimerDisarmed, vertex=self._source(timer), timer=self._name(timer))

    def _cancelled(self, activities: tuple[int, ...]) -> None:
        for index in activities:
            if index in self._activities:
                del self._activities[index]
                self._activity_ended(index, None)

    def _activity_ended(self, behavior: int, error: BaseException | None, cause: str = "") -> None:
        """An activity has ended, by itself if that has a *cause* of its own."""
        words = self._words(self._program.behaviors[behavior])
        self._tell(
            trace.ActivityEnded,
            cause,
            vertex=words["vertex"],
            activity=words["behavior"],
            is_cancelled=not cause,
            error=error,
        )

    # --- words -----------------------------------------------------------------------------------------------

    def _states(self, leaves: Leaves) -> tuple[str, ...]:
        return tuple([self._program.vertices[leaf].path for leaf in leaves])

    def _words(self, behavior: Behavior) -> dict[str, str]:
        place = "" if behavior.where is None else str(behavior.where.place())
        vertex = self._program.vertices[behavior.vertex].path
        return {"behavior": behavior.name, "vertex": vertex, "place": place}

    def _source(self, timer: Timer) -> str:
        return self._program.vertices[self._program.transitions[timer.transition].source].path

    def _name(self, timer: Timer) -> str:
        return timer.kind.name.lower()

    def _tell(self, kind: type[trace.Record], cause: str = "", **fields: Any) -> None:
        """Make a record of *kind*, and give it to all; *cause* is that of the step unless another one is given."""
        cause = cause or self._cause
        record = kind(machine=self._program.name, time=self._now(), step=self._step, cause=cause, **fields)
        for entry in self._observers:
            try:
                entry[0](record)
            except BaseException as error:
                self._remove(entry)
                _logger.exception("an observer of machine '%s' raised, and is removed", self._program.name)
                if not isinstance(error, Exception):
                    self._interrupt(error)
