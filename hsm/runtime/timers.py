"""The timers of one machine: rules A2 to A6.

In: timers of the Program, a clock. Out: expiries that are still valid, in the order in which they are due.
Never imports asyncio: the clock calls back. No task, no thread, no polling.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import attrs

from hsm.errors import DurationError
from hsm.events import TIME, Event, Tick
from hsm.program import NONE, Program, Timer, TimerKind
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.loop import Cancellable, Clock


@attrs.define(eq=False)
class Armed:
    """A timer that runs, for one activation of its vertex (rule A3).

    Attributes:
        timer: Its index in the Program.
        vertex: The vertex that armed it.
        due: When it fires next, in seconds on the machine's clock.
        period: Seconds between ticks of `every`; 0 for the others.
        since: When it was armed; tick n is due at ``since + n * period`` (rule A5).
        number: How many ticks were due so far.
        is_valid: Whether its vertex has been active without a break since it was armed.
        call: The clock's call, to be called off.
    """

    timer: int
    transition: int
    vertex: int
    due: float
    period: float
    since: float
    number: int = 0
    is_valid: bool = True
    call: Cancellable | None = None


class Timers:
    """Arms, disarms and fires the timers of one machine."""

    __slots__ = ("_actions", "_armed", "_clock", "_expired", "_program")

    def __init__(
        self, program: Program, actions: Actions, clock: Clock, expired: Callable[[list[Armed]], object]
    ) -> None:
        self._program = program
        self._actions = actions
        self._clock = clock
        self._expired = expired
        self._armed: dict[int, list[Armed]] = {}

    def arm(self, vertex: int, event: Event[Any]) -> Steps[None]:
        """Arm the timers of *vertex*, which *event* led to; a failing duration function leaves its timer unarmed."""
        for index in self._program.vertices[vertex].timers:
            timer = self._program.timers[index]
            try:
                span = yield from self._span(timer, event)
            except Exception as error:  # of the function: a literal time span was checked by the compiler
                self._actions.fail(error, self._program.behaviors[timer.function], event)
                continue
            except GeneratorExit:
                raise
            except BaseException as interruption:
                self._actions.interruptions.append(interruption)
                continue
            if span == math.inf:
                continue
            now = self._clock.time()
            period = span if timer.kind is TimerKind.EVERY else 0.0
            armed = Armed(index, timer.transition, vertex, now + max(span, 0.0), period, now)
            self._armed.setdefault(vertex, []).append(armed)
            self._call(armed)

    def disarm(self, vertex: int) -> None:
        """*vertex* is left: nothing of what it armed fires any more, not even what is queued (rule A3)."""
        for armed in self._armed.pop(vertex, ()):
            armed.is_valid = False
            if armed.call is not None:
                armed.call.cancel()

    def disarm_all(self) -> None:
        """No timer of this machine fires any more."""
        for vertex in list(self._armed):
            self.disarm(vertex)

    def take(self, armed: Armed) -> Event[Tick] | None:
        """The event of an expiry whose turn has come, or ``None`` when it is void; `every` is armed for its next."""
        if not armed.is_valid:
            return None
        due, missed = armed.due, 0
        armed.number += 1
        if armed.period:
            # the tolerance keeps a tick that is due now from being lost to the rounding of the division
            passed = math.floor((self._clock.time() - armed.since) / armed.period + 1e-9)
            missed = max(0, passed - armed.number)
            armed.number += missed
            due = armed.since + armed.number * armed.period
            armed.due = due + armed.period
            self._call(armed)
        return Event(TIME, Tick(due, armed.number, missed))

    def _call(self, armed: Armed) -> None:
        armed.call = self._clock.call_at(armed.due, self._fire, armed)

    def _fire(self, armed: Armed) -> None:
        """*armed* is due, and so is whatever was due before it or with it: by time, then by declaration (rule A6)."""
        if armed.call is None:
            return
        due = [
            other
            for several in self._armed.values()
            for other in several
            if other.call is not None and other.due <= armed.due
        ]
        due.sort(key=lambda other: (other.due, other.timer))
        for other in due:
            if other.call is not None and other is not armed:
                other.call.cancel()
            other.call = None
        self._expired(due)

    def _span(self, timer: Timer, event: Event[Any]) -> Steps[float]:
        """Seconds from now until *timer* is due.

        Raises:
            DurationError: Its function gave something else than a time span, or one that no timer can have.
        """
        given: object = timer.moment if timer.moment is not None else timer.seconds
        name = ""
        if timer.function != NONE:
            behavior = self._program.behaviors[timer.function]
            name = behavior.name
            given = yield from self._actions.value(behavior, event, self._actions.context)
        if timer.kind is TimerKind.AT:
            if not isinstance(given, datetime):
                raise DurationError(f"'{name}' gave {given!r}: a function for 'at' gives a datetime")
            return _timestamp(given) - self._clock.wall()
        return _seconds(given, name, timer.kind)


def _timestamp(moment: datetime) -> float:
    """*moment* in seconds since 1970; before all time, or never, where that cannot be said."""
    try:
        return moment.timestamp()
    except (OverflowError, OSError, ValueError):
        return -math.inf if moment.year < 1970 else math.inf


def _seconds(given: object, name: str, kind: TimerKind) -> float:
    """*given* in seconds.

    Raises:
        DurationError: It is no time span, or one that no timer can have (rule A4).
    """
    word = kind.name.lower()
    if isinstance(given, timedelta):
        seconds = given.total_seconds()
    elif isinstance(given, int | float) and not isinstance(given, bool):
        seconds = float(given)
    else:
        raise DurationError(f"'{name}' gave {given!r}: a function for '{word}' gives a timedelta or seconds")
    if seconds < 0 or not math.isfinite(seconds) or (seconds == 0 and kind is TimerKind.EVERY):
        least = "more than 0" if kind is TimerKind.EVERY else "0 or more"
        raise DurationError(f"'{name}' gave {given!r}: '{word}' takes a finite time span of {least}")
    return seconds
