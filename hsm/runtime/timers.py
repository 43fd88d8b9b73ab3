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
from hsm.names import shown
from hsm.program import NONE, SHORTEST_PERIOD, Timer, TimerKind
from hsm.runtime.awaitables import Work
from hsm.runtime.invocation import fail, interrupt, value_of
from hsm.runtime.record import Record
from hsm.runtime.timer_heap import Armed, ArmedEvery

SPARE = 8
"""Timers that a machine keeps in its chain, armed or not, before it lets go of those that are not: arming one again is
cheaper than making one, but finding one takes a walk along the chain.
"""


def arm_all(record: Record, vertex: int, event: Event[Any]) -> Work[None]:
    """Arm the timers of *vertex*, which *event* led to; one whose function raises is not armed (rule E2)."""
    for index in record.program.vertices[vertex].timers:
        timer = record.program.timers[index]
        if timer.function == NONE:
            arm(record, timer)
        else:
            yield from arm_by_function(record, timer, event)


def arm_by_function(record: Record, timer: Timer, event: Event[Any]) -> Work[None]:
    """Arm *timer* as its function says, which is given *event*."""
    try:
        span = yield from _span(record, timer, event)
    except Exception as error:
        fail(record, error, record.program.behaviors[timer.function], event)
    except GeneratorExit:
        raise  # as for an action
    except BaseException as interruption:
        interrupt(record, interruption)
    else:
        _arm(record, timer, span)


def disarm_vertex(record: Record, vertex: int) -> None:
    """*vertex* is exited: nothing that it armed fires any more."""
    for index in record.program.vertices[vertex].timers:
        disarm(record, record.program.timers[index])


def arm(record: Record, timer: Timer) -> None:
    """Arm *timer*, whose time span or moment is written in the model, for a vertex that was entered."""
    span = timer.seconds if timer.moment is None else _timestamp(timer.moment) - _wall(record)
    _arm(record, timer, span)


def _arm(record: Record, timer: Timer, span: float) -> None:
    """Arm *timer* for *span* seconds from now; a past moment is now, and "never" is not armed (rule A4)."""
    if span == math.inf:
        return
    heap = record.heap
    now = heap.now()
    armed = record.timers
    while armed is not None and armed.timer is not timer:  # here and in `disarm`: a call takes longer than the walk
        armed = armed.next
    if armed is None:
        _let_go(record)
        kind = ArmedEvery if timer.kind is TimerKind.EVERY else Armed
        armed = record.timers = kind(record, timer, record.timers)
    if isinstance(armed, ArmedEvery):
        armed.since = now
        armed.number = 0
        armed.period = span
    heap.arm(armed, now + max(span, 0.0))  # a sum is a number of its own, also where nothing is added


def disarm(record: Record, timer: Timer) -> None:
    """The vertex of *timer* is exited: nothing that it armed fires any more, not even what is queued (rule A3)."""
    armed = record.timers
    while armed is not None and armed.timer is not timer:
        armed = armed.next
    if armed is not None:
        record.heap.disarm(armed)


def due_of(record: Record, timer: Timer) -> float | None:
    """When *timer* fires next, in seconds on the clock; ``None`` when it is not armed."""
    armed = record.timers
    while armed is not None and armed.timer is not timer:
        armed = armed.next
    return None if armed is None else armed.due


def disarm_all(record: Record) -> None:
    """No timer of *record* fires any more, and none of those that still lie in the heap keeps it."""
    armed, record.timers = record.timers, None
    while armed is not None:
        record.heap.disarm(armed)
        armed.owner = None
        armed = armed.next


def _let_go(record: Record) -> None:
    """Forget the timers that are not armed when there are many: finding one must not take longer and longer."""
    count = 0
    armed = record.timers
    while armed is not None:
        count += 1
        armed = armed.next
    if count < SPARE:
        return
    # the chain is turned round by this; its order means nothing
    armed, record.timers = record.timers, None
    while armed is not None:
        following = armed.next
        if armed.due is None:
            armed.owner = armed.next = None  # the heap may have it still
        else:
            armed.next = record.timers
            record.timers = armed
        armed = following


def take(armed: Armed, due: float, now: float | None = None) -> Event[Tick] | None:
    """The event of an expiry whose turn has come, or ``None`` when it is void; `every` is armed for its next.

    Args:
        armed: The timer.
        due: The expiry: when it was due.
        now: What time it is for this, in seconds on the clock; ``None`` for what the clock says.
    """
    owner = armed.owner
    if owner is None or armed.due is not due:  # the very number: another arming may be due at an equal one
        return None
    if owner.observation is not None:
        owner.observation.expired(armed.timer)
    clock = owner.heap.clock
    time = clock.time()
    shift = clock.wall() - time
    if not isinstance(armed, ArmedEvery):
        armed.due = None
        return Event(TIME, Tick(float(due), wall=due + shift))
    armed.number += 1
    heap = owner.heap
    # the tolerance keeps a tick that is due now from being lost to the rounding of the division
    passed = math.floor(((time if now is None else now) - armed.since) / armed.period + 1e-9)
    missed = max(0, passed - armed.number)
    armed.number += missed
    # from the beginning, and not from the last tick: rounding and late calls do not add up (rule A5)
    tick = armed.since + armed.number * armed.period
    heap.put(armed, tick + armed.period)
    return Event(TIME, Tick(tick, armed.number, missed, tick + shift))


def _span(record: Record, timer: Timer, event: Event[Any]) -> Work[float]:
    """Seconds from now until *timer* is due, as its function returns them.

    Raises:
        DurationError: It returned something else than a time span, or one that no timer can have.
    """
    behavior = record.program.behaviors[timer.function]
    given = yield from value_of(record, behavior, event)
    if timer.kind is TimerKind.AT:
        if not isinstance(given, datetime):
            raise DurationError(
                f"'{behavior.name}' returned {shown(given)}; a function for 'at' must return a datetime"
            )
        # worked out once, at entry: when the wall clock is set later, the timer stays where it is
        return _timestamp(given) - _wall(record)
    return _seconds(given, behavior.name, timer.kind)


def _wall(record: Record) -> float:
    """Seconds since 1970 by the clock of the machine."""
    return record.heap.clock.wall()


def _timestamp(moment: datetime) -> float:
    """*moment* in seconds since 1970; minus infinity, or infinity, for one too early or too late to be expressed."""
    try:
        return moment.timestamp()
    except (OverflowError, OSError, ValueError):
        return -math.inf if moment.year < 1970 else math.inf


def _seconds(given: object, name: str, kind: TimerKind) -> float:
    """*given* in seconds.

    Raises:
        DurationError: It is not a time span, or one that no timer can have (rule A4).
    """
    word = kind.name.lower()
    if isinstance(given, timedelta):
        seconds = given.total_seconds()
    elif isinstance(given, int | float) and not isinstance(given, bool):
        try:
            seconds = float(given)
        except OverflowError:  # of an int that is too large for a float
            seconds = math.inf if given > 0 else -math.inf
    else:
        raise DurationError(
            f"'{name}' returned {shown(given)}; a function for '{word}' must return a timedelta or seconds"
        )
    if seconds < (SHORTEST_PERIOD if kind is TimerKind.EVERY else 0) or not math.isfinite(seconds):
        least = "more than 0" if kind is TimerKind.EVERY else "0 or more"
        if 0 < seconds < SHORTEST_PERIOD:
            least = f"{SHORTEST_PERIOD:g} s or more"
        raise DurationError(f"'{name}' returned {shown(given)}; '{word}' takes a finite time span of {least}")
    return seconds
