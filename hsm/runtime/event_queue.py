"""The event queue: what waits to be processed, and in which order (rules Q5, C2, E3 and D2).

In: occurrences. Out: the next one. A plain data structure: it knows neither tasks nor the machine; how and when
occurrences are processed is decided in `run_to_completion`.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import attrs

from hsm.events import Event
from hsm.runtime.awaitables import Pending, Work
from hsm.runtime.host import Task


@attrs.define(eq=False)
class Occurrence:
    """Something to process when its turn comes: mostly an event, with what belongs to it.

    Attributes:
        process: Makes the work, of the record and this, when its turn has come.
        event: The event that was dispatched, if it is one.
        pending: The result, for whoever awaits it from outside; ``None`` when nobody can: it was sent from inside a
            step, or by a timer or an activity, or its sender has the answer already.
        sender: The ``contextvars`` to process it in; ``None`` for those that are current then (rule Q6).
        is_fed: Whether the machine sent it to itself in a step (rule Q8).
        is_new: Whether it lets the machine feed itself anew (rule Q8): not if it was deferred before, nor a question.
        is_call: Whether it is the call of an operation.
        rest: The work, where it has begun already: what is left of a generated step.
    """

    process: Callable[[Any, Occurrence], Work[Any]]
    event: Event[Any] | None = None
    pending: Pending[Any] | None = None
    sender: contextvars.Context | None = None
    is_fed: bool = False
    is_new: bool = True
    is_call: bool = False
    rest: Work[Any] | None = None


def events_of(occurrences: Iterable[Occurrence]) -> list[Event[Any]]:
    """The events of *occurrences*; some are of something else."""
    return [occurrence.event for occurrence in occurrences if occurrence.event is not None]


class Suspended(Protocol):
    """The rest of a step that is done in a task."""

    task: Task | None
    """The task, once it has begun."""

    @property
    def event(self) -> Event[Any] | None:
        """What the step is on, if it is an event."""
        ...

    def cut_off(self) -> None:
        """Cancel what is being awaited, and do not go on."""

    def abandoned(self) -> None:
        """The step will not go on."""


@attrs.define(eq=False)
class EventQueue:
    """The queue of one machine, and what is being processed.

    Attributes:
        current: The rest of a step that is under way; it comes before everything that waits.
        stopping: The stop that was asked for; it comes next.
        urgent: The ends of activities; they come before events (rules C2 and E3).
        recalled: Events that were deferred and came back; they come before new ones (rule D2).
        waiting: Events in the order in which they came in (rule Q5).
        deferred: Events that were deferred, in that order (rule D1).
        has_moved: Whether the configuration has changed since deferred events were last decided on.
        is_draining: Whether occurrences are being processed by a caller on the stack.
        drive: What does the rest of a step in a task.
        is_woken: Whether processing begins on the next iteration of the loop.
        is_asking: Whether what is being processed is a question, and no step (rule L3a).
        saved: What the last snapshot has of the occurrences.
    """

    current: Occurrence | None = None
    stopping: Occurrence | None = None
    urgent: list[Occurrence] = attrs.field(factory=list[Occurrence])
    recalled: list[Occurrence] = attrs.field(factory=list[Occurrence])
    waiting: deque[Occurrence] = attrs.field(factory=deque[Occurrence])
    deferred: list[Occurrence] = attrs.field(factory=list[Occurrence])
    has_moved: bool = False
    is_draining: bool = False
    drive: Suspended | None = None
    is_woken: bool = False
    is_asking: bool = False
    saved: tuple[Occurrence, ...] = ()

    @property
    def is_working(self) -> bool:
        """Whether something is being processed, on the stack or in a task."""
        return self.is_draining or self.drive is not None

    @property
    def has_waiting(self) -> bool:
        """Whether anything waits but a stop."""
        return bool(self.urgent or self.recalled or self.waiting)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is being processed and nothing waits, not even for a change of the configuration."""
        waits = self.current or self.has_waiting or self.deferred or self.stopping
        return not (waits or self.is_working or self.is_woken)

    def take(self) -> Occurrence:
        """The first that waits: the end of an activity, then a recalled event, then the queue."""
        few = self.urgent or self.recalled  # lists: there are hardly ever more than one or two
        return few.pop(0) if few else self.waiting.popleft()

    def recall(self) -> None:
        """If the configuration has changed, the deferred events come back before those that wait (rule D2)."""
        if self.has_moved:
            self.has_moved = False  # until something moves again, deciding anew would decide the same
            self.recalled[:0] = self.deferred
            self.deferred.clear()

    def drop_fed(self) -> list[Occurrence]:
        """Drop what the machine sent to itself and has not processed (rule Q8); returns that."""
        # what is urgent stays: without the end of its activity a state would never complete (rule C1)
        dropped = [occurrence for occurrence in (*self.recalled, *self.waiting) if occurrence.is_fed]
        self.recalled = [occurrence for occurrence in self.recalled if not occurrence.is_fed]
        self.waiting = deque([occurrence for occurrence in self.waiting if not occurrence.is_fed])
        return dropped

    def forget_saved(self) -> None:
        """Drop what the last snapshot has, and nobody awaits (rule S5)."""
        saved = {id(occurrence) for occurrence in self.saved if occurrence.pending is None}
        self.recalled = [each for each in self.recalled if id(each) not in saved]
        self.waiting = deque([each for each in self.waiting if id(each) not in saved])
        self.deferred = [each for each in self.deferred if id(each) not in saved]

    def clear(self) -> tuple[list[Occurrence], list[Occurrence]]:
        """Empty the queue; returns what waited, and what was deferred."""
        waiting, deferred = [*self.urgent, *self.recalled, *self.waiting], [*self.deferred]
        for several in (self.urgent, self.recalled, self.waiting, self.deferred):
            several.clear()
        return waiting, deferred
