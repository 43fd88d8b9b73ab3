"""The timers of one machine: rules A2 to A6.

In: timers of the Program. Out: what is armed and disarmed in the heap, and the events of expiries that still count.
Never imports asyncio: the clock calls back. No task, no thread, no polling.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from hsm.errors import DurationError
from hsm.events import TIME, Event, Tick
from hsm.program import NONE, Program, Timer, TimerKind
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.heap import Armed, Ticking
from hsm.runtime.record import Record

KEPT = 8
"""Timers that a machine keeps for the next time without counting them; arming one again is cheaper than a new one."""


def arm(machine: Record, timer: Timer) -> None:
    """Arm *timer*, whose time span or moment is written in the model, for a vertex that was entered."""
    span = timer.seconds
    if timer.moment is not None:
        span = _timestamp(timer.moment) - machine.heap.clock.wall()
    _arm(machine, timer, span)


def _arm(machine: Record, timer: Timer, span: float) -> None:
    """Arm *timer* for *span* seconds from now; a past moment is now, and "never" is not armed (rule A4)."""
    if span == math.inf:
        return
    heap = machine.heap
    now = heap.now()
    armed = _known(machine, timer)
    if armed is None:
        _let_go(machine)
        kind = Ticking if timer.kind is TimerKind.EVERY else Armed
        armed = machine.armed = kind(machine, timer, machine.armed)
    if isinstance(armed, Ticking):
        armed.since = now
        armed.number = 0
        armed.period = span
    heap.arm(armed, now + max(span, 0.0))  # a sum is a number of its own, also where nothing is added


def disarm(machine: Record, timer: Timer) -> None:
    """The vertex of *timer* is left: nothing that it armed fires any more, not even what is queued (rule A3)."""
    armed = _known(machine, timer)
    if armed is not None:
        machine.heap.disarm(armed)


def disarm_all(machine: Record) -> None:
    """No timer of *machine* fires any more, and none of those that still lie in the heap keeps it."""
    armed = machine.armed
    machine.armed = None
    while armed is not None:
        machine.heap.disarm(armed)
        armed.machine = None
        armed = armed.next


def _known(machine: Record, timer: Timer) -> Armed | None:
    armed: Armed | None = machine.armed
    while armed is not None and armed.timer is not timer:
        armed = armed.next
    return armed


def _let_go(machine: Record) -> None:
    """Forget the timers that are not armed when there are many: finding one must not take longer and longer."""
    count = 0
    armed: Armed | None = machine.armed
    while armed is not None:
        count += 1
        armed = armed.next
    if count < KEPT:
        return
    armed, machine.armed = machine.armed, None
    while armed is not None:
        following = armed.next
        if armed.due is None:
            armed.machine = armed.next = None  # the heap may have it still
        else:
            armed.next = machine.armed
            machine.armed = armed
        armed = following


def take(armed: Armed, due: float) -> Event[Tick] | None:
    """The event of an expiry whose turn has come, or ``None`` when it is void; `every` is armed for its next."""
    machine = armed.machine
    if machine is None or armed.due is not due:  # the very number: another arming may be due at an equal one
        return None
    if not isinstance(armed, Ticking):
        armed.due = None
        return Event(TIME, Tick(float(due)))
    armed.number += 1
    heap = machine.heap
    # the tolerance keeps a tick that is due now from being lost to the rounding of the division
    passed = math.floor((heap.now() - armed.since) / armed.period + 1e-9)
    missed = max(0, passed - armed.number)
    armed.number += missed
    tick = armed.since + armed.number * armed.period
    heap.put(armed, tick + armed.period)
    return Event(TIME, Tick(tick, armed.number, missed))


class Timers:
    """Arms timers by functions of the user's, for one machine."""

    __slots__ = ("_actions", "_machine", "_program")

    def __init__(self, program: Program, actions: Actions, machine: Record) -> None:
        self._program = program
        self._actions = actions
        self._machine = machine

    def arm(self, vertex: int, event: Event[Any]) -> Steps[None]:
        """Arm the timers of *vertex*, which *event* led to; a failing duration function leaves its timer unarmed."""
        for index in self._program.vertices[vertex].timers:
            timer = self._program.timers[index]
            if timer.function == NONE:
                arm(self._machine, timer)
                continue
            try:
                span = yield from self._span(timer, event)
            except Exception as error:
                self._actions.fail(error, self._program.behaviors[timer.function], event)
            except GeneratorExit:
                raise  # as for an action
            except BaseException as interruption:
                self._actions.interrupt(interruption)
            else:
                _arm(self._machine, timer, span)

    def disarm(self, vertex: int) -> None:
        """*vertex* is left."""
        for index in self._program.vertices[vertex].timers:
            disarm(self._machine, self._program.timers[index])

    def disarm_all(self) -> None:
        """No timer of this machine fires any more."""
        disarm_all(self._machine)

    def _span(self, timer: Timer, event: Event[Any]) -> Steps[float]:
        """Seconds from now until *timer* is due, as its function gives them.

        Raises:
            DurationError: It gave something else than a time span, or one that no timer can have.
        """
        behavior = self._program.behaviors[timer.function]
        given = yield from self._actions.value(behavior, event, self._actions.context)
        if timer.kind is TimerKind.AT:
            if not isinstance(given, datetime):
                raise DurationError(f"'{behavior.name}' gave {given!r}: a function for 'at' gives a datetime")
            seconds: float = _timestamp(given) - self._machine.heap.clock.wall()
            return seconds
        return _seconds(given, behavior.name, timer.kind)


def _timestamp(moment: datetime) -> float:
    """*moment* in seconds since 1970; minus infinity, or infinity, for one too early or too late to be expressed."""
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
