"""Observation: what a machine does, told to its observers (rules O1 to O3).

In: operations of the rules as the kernel has executed them, and what comes in and ends. Out: records of `hsm.trace`, in
the order in which things happen. A machine that nobody observes has none of this. Generated steps of one that is
observed make their records in place, of the same facts, and keep up to date what is public here.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from hsm import trace
from hsm.configuration import Leaves
from hsm.events import Event, name_of
from hsm.facts import FactsOf
from hsm.outcome import Outcome, Status
from hsm.program import NONE, Behavior, Program, Timer, TimerKind
from hsm.recording import Facts, fill
from hsm.rules import operations as op

_logger = logging.getLogger("hsm")
_new = object.__new__
Observer = Callable[[trace.Record], object]
Now = Callable[[], float]
WATCHERS: list[Callable[[Program], Observer]] = []
"""What makes an observer for every machine that is made from now on, of whatever model: for those who watch a whole run
of tests. Empty in all other programs.
"""


SPARES = (
    trace.Dropped, trace.Entered, trace.Exited, trace.GuardAsked, trace.Ran, trace.Received, trace.StepBegan,
    trace.StepEnded,
)  # fmt: skip
"""The kinds of records that generated steps make."""


class Interrupted(Exception):
    """An observer, one of several, has raised what is no `Exception`; all that is to be done about it has been done."""


class Observation:
    """The observers of one machine, and what it takes to tell them what happens.

    Args:
        program: What runs.
        facts: Its facts.
        now: Seconds on the machine's clock.
        leaves: What is active.
        forget: Is called when the last observer is gone.
        interrupt: Takes what an observer raises that is no `Exception`, such as a ``KeyboardInterrupt`` (rule E7).

    Attributes:
        tell: Gives a record to all observers: the observer itself where there is one alone.
        now: Seconds on the machine's clock.
        step: The number of the last step that began.
        cause: What that, or the part of it that is under way, is on.
        cause_of_step: What the whole of it is on.
        leaves: What was active when a move was last told by the kernel.
        is_interrupted: Whether an observer has raised what is no `Exception` since this was last set to ``False``.
        spare_dropped, spare_entered, spare_exited, spare_guardasked, spare_ran, spare_received, spare_stepbegan,
            spare_stepended: A record of each kind that generated steps make: they fill it in anew as long as nobody
            but this object refers to it. A record that an observer has kept, in whatever way, never changes.
    """

    __slots__ = (
        "_activities", "_expired", "_facts", "_forget", "_interrupt", "_later", "_observers", "_program", "_timers",
        "cause", "cause_of_step", "is_interrupted", "leaves", "now", "spare_dropped", "spare_entered", "spare_exited",
        "spare_guardasked", "spare_ran", "spare_received", "spare_stepbegan", "spare_stepended", "step", "tell",
    )  # fmt: skip

    def __init__(
        self,
        program: Program,
        facts: FactsOf,
        now: Now,
        leaves: Leaves,
        forget: Callable[[], None],
        interrupt: Callable[[BaseException], None],
    ) -> None:
        self._program = program
        self._facts = facts
        self._forget = forget
        self._interrupt = interrupt
        self._timers: dict[int, None] = {}
        # by transition, the one that was due last; of what was due before anybody observed, the first has to do
        self._expired = {timer.transition: timer for timer in reversed(program.timers)}
        self._activities: dict[int, None] = {}
        self._observers: list[list[Observer]] = []
        self._later: list[list[Observer]] = []
        self.now = now
        self.leaves = leaves
        self.step = 0
        self.cause = self.cause_of_step = ""
        self.is_interrupted = False
        self.tell: Observer = _nobody
        for kind in SPARES:
            setattr(self, f"spare_{kind.__name__.lower()}", _spare(kind))

    # --- observers -------------------------------------------------------------------------------------------

    def add(self, observer: Observer, *, is_later: bool) -> Callable[[], None]:
        """Tell *observer* as well, if it *is_later* from the next step on; returns what ends that."""
        entry = [observer]  # an object of its own: one observer may have been added twice
        if is_later:
            self._later.append(entry)
        else:
            self._arrange([*self._observers, entry])
        return functools.partial(self._remove, entry)

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers, in the order in which they came."""
        return tuple([entry[0] for entry in (*self._observers, *self._later)])

    def admit(self) -> None:
        """No step is under way, or one begins: whoever came within the last one gets the records from here on."""
        if self._later:
            came, self._later = self._later, []
            self._arrange([*self._observers, *came])

    def _arrange(self, observers: list[list[Observer]]) -> None:
        self._observers = observers  # a new list, as somebody may be going through the old one
        if not observers:
            self.tell = _nobody
        else:
            self.tell = observers[0][0] if len(observers) == 1 else self._tell_several

    def _remove(self, entry: list[Observer]) -> None:
        if not entry:
            return  # it is gone already; this may not be what the machine is observed by any more
        entry.clear()  # so that it is not told of a record that others are being told of
        self._later = [each for each in self._later if each is not entry]
        self._arrange([each for each in self._observers if each is not entry])
        if not self._observers and not self._later:
            self._forget()

    def _tell_several(self, record: trace.Record) -> None:
        """`tell` for generated steps, where there are several; raises `Interrupted` if the kernel has to go on."""
        self.is_interrupted = False
        self._give(record)
        if self.is_interrupted:
            raise Interrupted

    def _give(self, record: trace.Record) -> None:
        """Give *record* to each observer; those that raise are removed."""
        for entry in self._observers:
            if not entry:
                continue  # an observer before it, which had this record first, has removed it
            try:
                entry[0](record)
            except BaseException as error:
                self._drop(entry, error)

    def raised(self, error: BaseException, told: Observer | None = None) -> None:
        """What *told*, which was `tell`, raised in a generated step; called while *error* is handled.

        Within the step it may be left out: nobody can have come since.
        """
        if not isinstance(error, Interrupted):
            # one that has detached itself before it raised is gone already
            mine = [entry for entry in self._observers if told is None or entry[0] is told]
            self._drop(mine[0] if mine else [], error)

    def _drop(self, entry: list[Observer], error: BaseException) -> None:
        self._remove(entry)
        _logger.error("an observer of machine '%s' raised, and is removed", self._program.name, exc_info=error)
        if not isinstance(error, Exception):
            self.is_interrupted = True
            self._interrupt(error)

    # --- what happens around steps ---------------------------------------------------------------------------

    def received(self, event: Event[Any], what: str = "event") -> None:
        """*event* came in; *what* it is, as causes say it."""
        self._tell(trace.Received, (), f"{what} '{name_of(event)}'", event)

    def began(self, event: Event[Any], cause: str, leaves: Leaves, transition: int = NONE) -> None:
        """A step begins on *event*; because of a timer of *transition*, if there is one."""
        self.admit()
        self.step += 1
        self.leaves = leaves
        fired = None if transition == NONE else self._expired[transition]
        self.cause = self.cause_of_step = cause if fired is None else self._facts.cause_of_timer(fired)
        if fired is not None:
            self._tell(trace.TimerFired, self._facts.of_timer(fired))
        self._tell(trace.StepBegan, (self._facts.states(leaves),), event=event)

    def expired(self, timer: Timer) -> None:
        """*timer* was due, and its activation still lasts: a step on its transition comes next, or is queued."""
        if timer.kind is not TimerKind.EVERY:
            self._timers.pop(timer.index, None)
        self._expired[timer.transition] = timer

    def ended(self, event: Event[Any], outcome: Outcome, leaves: Leaves, taken: Iterable[int], told: int = 0) -> None:
        """The step is over, in which the transitions *taken* were; *told* of the records of this have been made."""
        self.cause = self.cause_of_step  # and not that of the last thing that followed from it
        for kind, what in self._facts.of_end(name_of(event), outcome, leaves, taken)[told:]:
            self._tell(kind, what, event=event)

    def deferred(self, event: Event[Any]) -> None:
        """*event* is kept."""
        self._tell(trace.Deferred, (), event=event)

    def recalled(self, events: list[Event[Any]]) -> None:
        """*events* come back."""
        for event in events:
            self._tell(trace.Recalled, (), event=event)

    def several_dropped(self, events: list[Event[Any]], reason: str) -> None:
        """*events* will not be processed."""
        for event in events:
            self._tell(trace.Dropped, (reason,), event=event)

    def activity_ended(self, behavior: Behavior, error: BaseException | None) -> None:
        """An activity came to its end by itself."""
        if behavior.index in self._activities:
            del self._activities[behavior.index]
            self._activity_ended(behavior.index, error, "end of an activity")

    def started(self, leaves: Leaves) -> None:
        """The machine runs."""
        self._tell(trace.Started, (self._facts.states(leaves),))

    def over(self, status: Status) -> None:
        """The machine has ended."""
        self._tell(trace.Ended, (status,))

    # --- what happens in a step ------------------------------------------------------------------------------

    def ran(self, behavior: Behavior) -> None:
        """An action has returned."""
        self._tell(trace.Ran, self._facts.of_behavior(behavior))

    def failed(self, behavior: Behavior, error: BaseException) -> None:
        """A behaviour has raised *error*."""
        self._tell(trace.Failed, (*self._facts.of_behavior(behavior), error))

    def object_failed(self, vertex: int, error: BaseException) -> None:
        """The object of *vertex* could not be made."""
        self._tell(trace.Failed, ("", "", "object", self._program.vertices[vertex].path, "", error))

    def saw(self, operation: Any, answer: Any, armed: Callable[[Timer], float | None]) -> None:
        """The kernel has executed *operation*; *armed* says when a timer is due."""
        match operation:
            case op.Ask(behavior):
                what = self._facts.of_answer(behavior, answer)
                self._tell(trace.GuardAsked, what)
            case op.Move(leaves):
                moved = self._facts.of_move(self.leaves, leaves)
                self.leaves = leaves
                for kind, what in moved:
                    self._tell(kind, what)
            case op.Next(vertex):
                self.cause = self._facts.cause_of_next(vertex)
            case op.TakeError() if answer:
                self.cause = "error"
            case op.Arm(vertex):
                self._armed(self._program.vertices[vertex].timers, armed)
            case op.Disarm(vertex):
                self._disarmed(self._program.vertices[vertex].timers)
            case op.StartActivities(vertex):
                for index in self._program.vertices[vertex].activities:
                    self._activities[index] = None
                    what = self._facts.of_activity(index)
                    self._tell(trace.ActivityBegan, what)
            case op.EndActivities(vertex):
                self._cancelled(self._program.vertices[vertex].activities)
            case op.EndAll():
                self._disarmed(tuple(self._timers))
                self._cancelled(tuple(self._activities))
            case _:
                pass

    def _armed(self, timers: tuple[int, ...], armed: Callable[[Timer], float | None]) -> None:
        for index in timers:
            timer = self._program.timers[index]
            due = armed(timer)
            if due is not None:
                self._timers[index] = None
                self._tell(trace.TimerArmed, (*self._facts.of_timer(timer), due))

    def _disarmed(self, timers: tuple[int, ...]) -> None:
        for index in timers:
            if index in self._timers:
                del self._timers[index]
                self._tell(trace.TimerDisarmed, self._facts.of_timer(self._program.timers[index]))

    def _cancelled(self, activities: tuple[int, ...]) -> None:
        for index in activities:
            if index in self._activities:
                del self._activities[index]
                self._activity_ended(index, None)

    def _activity_ended(self, behavior: int, error: BaseException | None, cause: str = "") -> None:
        """An activity has ended, by itself if that has a *cause* of its own."""
        what = self._facts.of_activity(behavior)
        self._tell(trace.ActivityEnded, (*what, not cause, error), cause)

    def _tell(self, kind: type[trace.Record], what: Facts, cause: str = "", event: Event[Any] | None = None) -> None:
        """Make a record of *kind*, and give it to all; *cause* is that of the step unless another one is given."""
        record = _new(kind)
        fill(record, (self._program.name, self.now(), self.step, cause or self.cause, event), what)
        self._give(record)


def _spare(kind: type[trace.Record]) -> trace.Record:
    spare = _new(kind)
    fill(spare, ("", 0.0, 0, "", None), ())
    return spare


class _Holder:
    __slots__ = ("spare",)

    def __init__(self) -> None:
        self.spare = _spare(trace.Received)


def _alone() -> int:
    """What `getrefcount` says, asked as generated steps do, of a record that only an attribute refers to."""
    observation = _Holder()
    told = observation.spare
    return getrefcount(told)


# only where an object's count is all that there is to know of who refers to it: CPython, one thread at a time
_COUNTS = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
getrefcount: Callable[[object], int] = sys.getrefcount if _COUNTS else lambda record: -1
"""How many references there are, or that nobody knows: then every record is a new one."""
ALONE = _alone() if _COUNTS else 0
"""What it says of a spare record that no observer has kept."""


def _nobody(record: trace.Record) -> None:
    """`Observation.tell` without an observer."""
