"""The heap: every armed timer of an event loop, under one call of the loop's own.

In: timers with the time when they are due. Out: those that are due, in order of time and then of declaration (rule A6).
Disarming marks a timer and leaves it where it is; arming it again for a later time moves it when its old time comes.
So a timer that is armed and disarmed over and over, as most are, touches the heap once.
Never imports asyncio: the clock calls back.
"""

from __future__ import annotations

import contextvars
import heapq
import math
from collections import deque
from typing import TYPE_CHECKING

from hsm.program import Timer
from hsm.runtime.loop import Cancellable, Clock, Host

if TYPE_CHECKING:
    from hsm.runtime.record import Record

SPARE = 64
"""Disarmed timers that may lie in the heap without being cleared away."""


class Armed:
    """A timer of one machine, for as many activations of its vertex as there are (rule A3).

    Attributes:
        machine: Whose it is; ``None`` when the machine has ended, and the timer only lies here still.
        timer: Which one.
        due: When it fires next, in seconds on the clock.
        key: The time under which it lies in the heap, not after `due`; ``None`` when it does not.
        activation: Counts how often it was armed: an expiry belongs to one of them.
        is_valid: Whether its vertex has been active without a break since it was armed.
        since: When `every` was armed: tick n is due at ``since + n * period`` (rule A5).
        number: How many ticks were due so far.
        period: Seconds between ticks of `every`; 0 for the others.
    """

    __slots__ = ("activation", "due", "is_valid", "key", "machine", "number", "period", "since", "timer")

    def __init__(self, machine: Record, timer: Timer) -> None:
        self.machine: Record | None = machine
        self.timer = timer
        self.due = math.inf
        self.key: float | None = None
        self.activation = 0
        self.is_valid = False
        self.since = 0.0
        self.number = 0
        self.period = 0.0

    def __lt__(self, other: Armed) -> bool:
        """Where time and declaration are equal, as for machines of one model, any order will do."""
        return False


class TimerHeap:
    """The timers of all machines on one clock."""

    __slots__ = ("__weakref__", "_call", "_due", "_entries", "_outside", "_void", "_when", "clock", "now")

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.now = clock.time
        self._entries: list[tuple[float, int, Armed]] = []
        self._due: deque[tuple[Armed, int]] = deque()
        self._outside = contextvars.Context()
        self._call: Cancellable | None = None
        self._when = math.inf
        self._void = 0

    def arm(self, armed: Armed, due: float) -> None:
        """*armed* is to fire at *due*."""
        armed.activation += 1
        armed.due = due
        armed.is_valid = True
        if armed.key is not None and armed.key <= due:
            self._void -= 1
        else:
            self._put(armed)  # an entry for a later time is left behind, void as it is

    def again(self, armed: Armed, due: float) -> None:
        """*armed*, which fired, is to fire at *due* as well, for the same activation."""
        armed.due = due
        self._put(armed)

    def disarm(self, armed: Armed) -> None:
        """*armed* fires no more, not even an expiry that is queued (rule A3)."""
        if armed.is_valid:
            armed.is_valid = False
            if armed.key is not None:
                self._void += 1
                if self._void > SPARE and self._void * 2 > len(self._entries):
                    self._clear()

    def _put(self, armed: Armed) -> None:
        armed.key = armed.due
        heapq.heappush(self._entries, (armed.due, armed.timer.index, armed))
        if armed.due < self._when:
            self._ask(armed.due)

    def _ask(self, when: float) -> None:
        """Be called at *when*, and at no other time."""
        if self._call is not None:
            self._call.cancel()
        self._when = when
        # outside of everything: what the loop keeps of the current context would keep a machine
        self._call = self._outside.run(self.clock.call_at, when, self._run, when)

    def _clear(self) -> None:
        """Take what is void out of the heap."""
        kept: list[tuple[float, int, Armed]] = []
        for entry in self._entries:
            key, _, armed = entry
            if armed.key != key:
                continue
            if armed.is_valid:
                kept.append(entry)
            else:
                armed.key = None
        heapq.heapify(kept)
        self._entries = kept
        self._void = 0

    def _run(self, when: float) -> None:
        """What is due by now fires."""
        self._call = None
        self._when = -math.inf  # nothing is asked for until it is known what comes next
        now = max(self.now(), when)
        while self._entries and self._entries[0][0] <= now:
            key, _, armed = heapq.heappop(self._entries)
            if armed.key != key:
                self._void -= 1
                continue
            armed.key = None
            if not armed.is_valid:
                self._void -= 1
            elif armed.due > key:
                self._put(armed)
            else:
                self._due.append((armed, armed.activation))
        self._when = math.inf
        try:
            while self._due:
                armed, activation = self._due.popleft()
                if armed.machine is not None:
                    armed.machine.expired(armed, activation)
        finally:
            if self._due:  # something fatal went through here: the others are due all the same
                self._ask(now)
            elif self._entries and self._entries[0][0] < self._when:
                self._ask(self._entries[0][0])


def heap_of(host: Host, clock: Clock | None) -> TimerHeap:
    """The heap of *clock* on the loop of *host*; the loop's own clock unless one is given."""
    if clock is not None and clock is not host.clock:
        heap = host.heaps.get(id(clock))  # a heap holds its clock, so that no other one has the same identity
        if heap is None:
            heap = host.heaps[id(clock)] = TimerHeap(clock)
        return heap
    if host.heap is None:
        host.heap = TimerHeap(host.clock)
    own: TimerHeap = host.heap
    return own
