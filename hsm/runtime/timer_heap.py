"""The timer heap: every armed timer of an event loop, under one call of the loop's own.

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
from collections.abc import Callable, Iterator
from typing import Protocol

from hsm.program import Timer
from hsm.runtime.host import Cancellable, Clock, Host

SPARE = 64
"""Disarmed timers that may lie in the heap without being cleared away."""


class Watching(Protocol):
    """What hears of expiries."""

    def expired(self, timer: Timer) -> None:
        """*timer* was due, and its activation still lasts."""
        ...


class Owner(Protocol):
    """Whose timer it is: what has a heap, a chain of the timers that it has armed so far, and perhaps observers."""

    heap: TimerHeap
    timers: Armed | None

    @property
    def observation(self) -> Watching | None:
        """Who hears of expiries."""
        ...


class Entry(float):
    """A place in the heap: the time for which a timer lies there. Being a number, it is compared without a call."""

    __slots__ = ("armed",)

    armed: Armed


class Armed:
    """A timer of one machine, for as many activations of its vertex as there are (rule A3).

    Attributes:
        owner: Whose it is; ``None`` when that has ended, and the timer merely still lies here.
        timer: Which one.
        due: When it fires next, in seconds on the clock; ``None`` while its vertex is not active, and when it fires no
            more. Every arming makes a number of its own: an expiry belongs to that very object.
        entry: Where it lies in the heap, for a time not after `due`; ``None`` when it does not.
        next: Another timer of the owner.
    """

    __slots__ = ("due", "entry", "next", "owner", "timer")

    def __init__(self, owner: Owner, timer: Timer, next_: Armed | None) -> None:
        self.owner: Owner | None = owner
        self.timer = timer
        self.due: float | None = None
        self.entry: Entry | None = None
        self.next = next_


class ArmedEvery(Armed):
    """A timer that fires again and again.

    Attributes:
        since: When it was armed: tick n is due at ``since + n * period`` (rule A5).
        number: How many ticks were due so far.
        period: Seconds between ticks.
    """

    __slots__ = ("number", "period", "since")

    since: float
    number: int
    period: float


class TimerHeap:
    """The timers of all machines on one clock.

    Args:
        clock: Where time comes from.
        fire: Is called with a timer and the time when it was due; whether the expiry still counts is not the heap's
            to know.
    """

    __slots__ = ("__weakref__", "_call", "_due", "_entries", "_fire", "_outside", "_void", "_when", "clock", "now")

    def __init__(self, clock: Clock, fire: Callable[[Armed, float], object]) -> None:
        self.clock = clock
        self.now = clock.time
        self._fire = fire
        self._entries: list[Entry] = []
        self._due: deque[tuple[Armed, float]] = deque()
        self._outside = contextvars.Context()
        self._call: Cancellable | None = None
        self._when = math.inf
        self._void = 0

    def arm(self, armed: Armed, due: float) -> None:
        """*armed* is to fire at *due*, a number that nobody else holds."""
        armed.due = due
        entry = armed.entry
        if entry is not None and entry <= due:
            # it lies here still, for an earlier time: what was counted as void when it was disarmed is none any more
            self._void -= 1
        else:
            self.put(armed, due)  # an entry for a later time is left behind, void as it is

    def disarm(self, armed: Armed) -> None:
        """*armed* fires no more, not even an expiry that is queued (rule A3)."""
        if armed.due is not None:
            armed.due = None
            if armed.entry is not None:
                self._void += 1
                if self._void > SPARE and self._void * 2 > len(self._entries):
                    self._clear()

    def take_out(self, armed: Armed) -> None:
        """*armed*, which lies here, fires by other means than this heap; it is due still."""
        armed.entry = None  # left behind, void as it is
        self._void += 1

    def put(self, armed: Armed, due: float) -> None:
        """*armed* is to fire at *due*, and lies nowhere that would do for that."""
        armed.due = armed.entry = entry = Entry(due)
        entry.armed = armed
        heapq.heappush(self._entries, entry)
        if due < self._when:  # a later one waits until the loop has called for what comes before it
            self._ask(due)

    def _ask(self, when: float) -> None:
        """Be called at *when*, and at no other time."""
        if self._call is not None:
            self._call.cancel()
        self._when = when
        # outside of everything: what the loop keeps of the current context would keep a machine
        self._call = self._outside.run(self.clock.call_at, when, self._run, when)

    def _clear(self) -> None:
        """Take what is void out of the heap: it is more than half of it."""
        kept: list[Entry] = []
        for entry in self._entries:
            armed = entry.armed
            if armed.entry is not entry:
                continue
            if armed.due is not None:
                kept.append(entry)
            else:
                armed.entry = None
        heapq.heapify(kept)
        self._entries = kept
        self._void = 0

    def _run(self, when: float) -> None:
        """What is due by now fires."""
        self._call = None
        self._when = -math.inf  # nothing is asked for until it is known what comes next
        # all of them are taken out before the first fires: what that arms anew, for now, comes in the next round
        self._due += sorted(self._expired(max(self.now(), when)), key=_order)
        self._when = math.inf
        try:
            while self._due:
                armed, due = self._due.popleft()
                if armed.owner is not None:
                    self._fire(armed, due)
        finally:
            if self._due:  # something fatal went through here: the others are due all the same
                self._ask(self.now())
            elif self._entries and self._entries[0] < self._when:
                self._ask(float(self._entries[0]))

    def _expired(self, now: float) -> Iterator[tuple[Armed, float]]:
        """The timers that are due by *now*, each with when it is; what is void goes out of the heap on the way."""
        while self._entries and self._entries[0] <= now:
            entry = heapq.heappop(self._entries)
            armed = entry.armed
            if armed.entry is not entry:
                # left behind when its timer was armed for an earlier time, for which it lies in another place
                self._void -= 1
                continue
            armed.entry = None
            if armed.due is None:
                self._void -= 1
            elif armed.due > entry:
                self.put(armed, armed.due)
            else:
                yield armed, armed.due


def _order(expiry: tuple[Armed, float]) -> tuple[float, int]:
    """By time, then by declaration (rule A6); between machines any order will do."""
    armed, due = expiry
    return due, armed.timer.index


def heap_of(host: Host, clock: Clock | None, fire: Callable[[Armed, float], object]) -> TimerHeap:
    """The heap of *clock* on the loop of *host*, made with *fire*; the loop's own clock unless one is given."""
    is_own = clock is None or clock is host.clock
    heap = host.heap if is_own else host.heaps.get(id(clock))  # a heap holds its clock: no other has its identity
    if isinstance(heap, TimerHeap):
        return heap
    made = TimerHeap(clock or host.clock, fire)
    if is_own:
        host.heap = made
    else:
        host.heaps[id(clock)] = made
    return made
