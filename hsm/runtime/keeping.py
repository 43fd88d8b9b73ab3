"""Keeping: what hosts need that save machines and let them sleep (rules S2, S3 and S5).

In: a record, and what was read of a snapshot. Out: a machine that goes on where the saved one was; or one that has
ended without exiting anything. Never imports asyncio.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from hsm.answer import Answer
from hsm.errors import ActivityLost, LifecycleError, MachineStopped
from hsm.events import INITIAL, Event
from hsm.outcome import Status
from hsm.program import NONE, Timer, TimerKind, describe_behavior
from hsm.runtime.awaitables import STARTED, STOPPED, Pending, Work
from hsm.runtime.closing import close
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.generated import resume_left
from hsm.runtime.inside import is_inside
from hsm.runtime.kernel import (
    activity_ended,
    end_all,
    perform,
    process_call,
    process_event,
    process_expiry,
    process_failure,
    process_return,
)
from hsm.runtime.lifecycle import end_after_step, prepare, tear_down
from hsm.runtime.questions import wait_until
from hsm.runtime.record import ENDED, RUNNING, Parts, Record, parts_of
from hsm.runtime.restoring import ActivityPolicy, Restored, TimerPolicy
from hsm.runtime.run_to_completion import drain, put
from hsm.runtime.threads import BY_COROUTINE, check_sender
from hsm.runtime.timer_heap import Armed, ArmedEvery
from hsm.runtime.timers import arm, arm_by_function

# --- restoring -----------------------------------------------------------------------------------------------


def resume(
    record: Record,
    restored: Restored,
    taken: float,
    timers: TimerPolicy,
    activities: ActivityPolicy,
    on_background_error: Callable[[BaseException], object] | None = None,
) -> Answer[None]:
    """Go on where the machine was that was saved: no entry action runs (rule S2).

    What was queued is processed, then the timers that are overdue, in order of their due times.

    Args:
        record: A machine that has not been started.
        restored: What was read of the snapshot for it.
        taken: When that was taken, in seconds since 1970.
        timers: What becomes of timers.
        activities: What becomes of the activities that were running, unless they say so themselves.
        on_background_error: As for `begin`.

    Raises:
        LifecycleError: As for `begin`.
        SnapshotError: The instance refuses its data.
    """
    prepare(record, on_background_error)
    try:
        restored.fill()
        _fill(record, restored)
        overdue, anew = _arm(record, restored, taken, timers)
        _begin_activities(record, restored, activities)
    except BaseException:
        tear_down(record)
        raise
    record.status = RUNNING
    waiting = [*_waiting(record, restored), *overdue]
    has_more = record.parts is not None and record.parts.queue.has_waiting
    if not (waiting or anew or has_more):
        record.rest()
        if record.observation is not None:
            record.observation.started(record.leaves)
        return STARTED
    queue = parts_of(record).queue
    if anew:
        waiting.insert(0, Occurrence(functools.partial(_arm_anew, anew)))
    # the last one is nobody's event: who awaits the restored machine waits until its turn comes
    result = _Resumed(record)
    queue.waiting.extend([*waiting, Occurrence(_nothing, pending=result)])
    if record.observation is not None:  # only here: what an observer sends comes after what was queued
        record.observation.started(record.leaves)
    drain(record)
    return result.answer()


class _Resumed(Pending[None]):
    """The result of a restore: also of one whose overdue timers lead the machine to its end."""

    __slots__ = ()

    def finish(self, value: None, errors: list[BaseException], *, is_quiet: bool = False) -> None:
        """As for any result, but the end of the machine is no error."""
        others = [error for error in errors if not isinstance(error, MachineStopped)]
        super().finish(value, others, is_quiet=is_quiet)


def _fill(record: Record, restored: Restored) -> None:
    """What the record has itself."""
    record.leaves = restored.leaves
    if restored.history:
        record.history = dict(restored.history)
    if restored.completed:
        record.completed = set(restored.completed)
    if restored.objects:
        assert record.state_objects is not None  # there are objects only where the Program has some
        record.state_objects.update(restored.objects)
    if restored.parked or restored.truths:
        parts = parts_of(record)
        parts.step.parked = dict(restored.parked)
        parts.truths.update(restored.truths)
    if restored.deferred:
        queue = parts_of(record).queue
        queue.deferred = [
            Occurrence(_process(kind), event, is_fed=is_fed, is_new=False, is_call=kind == "call")
            for kind, event, is_fed in restored.deferred
        ]


def _process(kind: str) -> Callable[[Record, Occurrence], Work[Any]]:
    return process_call if kind == "call" else process_event


def _arm(record: Record, restored: Restored, taken: float, policy: TimerPolicy) -> tuple[list[Occurrence], list[Timer]]:
    """Arm the timers; returns the expiries of those that are overdue, in order, and those to be armed anew."""
    if not restored.timers:
        return [], []
    clock, heap = record.heap.clock, record.heap
    now, wall = clock.time(), clock.wall()
    expiries: list[tuple[float, int, Armed]] = []
    anew: list[Timer] = []
    queued = {index for kind, index, _ in restored.queue if kind == "timer"}
    # from the last: each new one becomes the first of the chain
    for timer, saved in reversed(restored.timers):
        kind = ArmedEvery if timer.kind is TimerKind.EVERY else Armed
        is_queued = timer.index in queued
        if policy == "restart" and timer.kind is not TimerKind.AT and not is_queued:
            anew.insert(0, timer)
            continue
        # a moment stays one; a time span goes on as if the machine had slept
        later = wall - taken if policy == "remaining" and timer.kind is not TimerKind.AT else 0.0
        shift = now - wall + later
        armed = record.timers = kind(record, timer, record.timers)
        if isinstance(armed, ArmedEvery):
            armed.since, armed.number, armed.period = round(saved.since + shift, 6), saved.number, saved.period
        # seconds since 1970 are exact to microseconds at most: what is left behind those is made up
        armed.due = round(saved.due + shift, 6)
        if is_queued:
            continue
        if armed.due <= now:
            expiries.append((armed.due, timer.index, armed))
        else:
            heap.arm(armed, armed.due)
    return [_expiry(record, armed, due) for due, _, armed in sorted(expiries, key=_first_two)], anew


def _first_two(expiry: tuple[float, int, Armed]) -> tuple[float, int]:
    return expiry[:2]


def _expiry(record: Record, armed: Armed, due: float, now: float | None = None) -> Occurrence:
    """The expiry of *armed*, to be processed as one that the clock called for."""
    process = functools.partial(process_expiry, armed, due, now=now)
    return Occurrence(process, sender=record.variables.copy())


def _begin_activities(record: Record, restored: Restored, policy: ActivityPolicy) -> None:
    """Start the activities that were running again, or say that they are lost, or neither (rule S3)."""
    for vertex, index, event, status in restored.activities:
        behavior = record.program.behaviors[index]
        parts = parts_of(record)
        chosen = (behavior.on_restore or policy) if status == "running" else "forget"
        call = functools.partial(perform, record) if chosen == "restart" else None
        ended = functools.partial(activity_ended, record)
        activity = parts.activities.add(vertex, index, event, record.context, ended, call)
        activity.has_returned = status == "returned"
        if chosen == "fail":
            place = describe_behavior(record.program, behavior)
            lost = ActivityLost(f"{place} was running when the machine was saved, and does not start again")
            process = functools.partial(process_failure, lost)
            parts.queue.urgent.append(Occurrence(process, sender=record.variables.copy()))


def _waiting(record: Record, restored: Restored) -> list[Occurrence]:
    """What waited in the queue; the ends of activities come first, as they did (rule C2)."""
    found: list[Occurrence] = []
    for kind, what, is_fed in restored.queue:
        if kind == "return":
            process = functools.partial(process_return, what)
            parts_of(record).queue.urgent.append(Occurrence(process, sender=record.variables.copy()))
        elif kind == "timer":
            armed = record.timers
            while armed is not None and armed.timer.index != what:
                armed = armed.next
            assert armed is not None  # the reading has seen to that
            assert armed.due is not None
            found.append(_expiry(record, armed, armed.due))
        else:
            found.append(Occurrence(_process(kind), what, is_fed=is_fed, is_call=kind == "call"))
    return found


def _arm_anew(timers: list[Timer], record: Record, occurrence: Occurrence) -> Work[None]:
    """Arm *timers* as if their states were entered now; what their functions are given is the event of a start."""
    for timer in timers:
        if timer.function == NONE:
            arm(record, timer)
        else:
            yield from arm_by_function(record, timer, Event(INITIAL))
    parts_of(record).failures.surrender()


def _nothing(record: Record, occurrence: Occurrence) -> Work[None]:
    """Work that is done already."""
    yield from ()


# --- between two steps ---------------------------------------------------------------------------------------


async def settled(record: Record) -> None:
    """Wait until no step is under way, and nothing waits for one; returns at once if that is so."""
    check_sender(record, BY_COROUTINE)
    resume_left(record)
    if is_inside(record):
        raise LifecycleError("a behaviour cannot wait for the end of its own step: it would wait for itself")
    while not _is_settled(record) and record.status not in ENDED:
        try:
            await wait_until(record, lambda: _has_nothing_to_do(record.parts), "its step was over")
        except MachineStopped:
            return


def _is_settled(record: Record) -> bool:
    parts = record.parts
    return not record.is_busy and (parts is None or (_has_nothing_to_do(parts) and not parts.queue.is_woken))


def _has_nothing_to_do(parts: Parts | None) -> bool:
    return parts is None or not (parts.queue.has_waiting or parts.queue.current or parts.queue.stopping)


def next_due(record: Record) -> float | None:
    """When the next timer fires, in seconds since 1970; ``None`` when none is armed."""
    check_sender(record, BY_COROUTINE)
    due = math.inf
    armed = record.timers
    while armed is not None:
        if armed.due is not None:
            due = min(due, armed.due)
        armed = armed.next
    if due == math.inf:
        return None
    clock = record.heap.clock
    return float(due) + clock.wall() - clock.time()


async def advance(record: Record, now: float | None) -> float | None:
    """Fire the timers that are due by *now*, in seconds since 1970, and process what follows; returns `next_due`."""
    check_sender(record, BY_COROUTINE)
    resume_left(record)
    if is_inside(record):
        raise LifecycleError("a behaviour cannot advance its own machine: it would wait for itself")
    if record.timers is not None:
        heap, clock = record.heap, record.heap.clock
        until = clock.time() if now is None else now - (clock.wall() - clock.time())
        expiries: list[tuple[float, int, Armed]] = []
        armed: Armed | None = record.timers
        while armed is not None:
            # an expiry that waits in the queue already is not in the heap any more
            if armed.due is not None and armed.due <= until and armed.entry is not None:
                heap.take_out(armed)
                expiries.append((armed.due, armed.timer.index, armed))
            armed = armed.next
        for due, _, each in sorted(expiries, key=_first_two):
            put(record, _expiry(record, each, due, until))
    await settled(record)
    return next_due(record)


def detach(record: Record) -> Answer[None]:
    """End without exiting anything, as soon as the step under way is done (rule S5)."""
    check_sender(record, "detach it with 'loop.call_soon_threadsafe(machine.detach)'")
    if record.restart is not None:
        record.restart.is_called_off = True
    elif record.rests and (record.parts is None or record.parts.activities.are_over()):
        # as most machines that are saved: nothing is under way, and nothing has to be awaited
        record.leaves = ()
        close(record, Status.STOPPED)
        return STOPPED
    return end_after_step(record, _process_detach)


def _process_detach(record: Record, occurrence: Occurrence) -> Work[None]:
    if record.status in ENDED:
        return
    parts = parts_of(record)
    yield from end_all(record)
    parts.failures.surrender()
    parts.queue.forget_saved()
    record.leaves = ()
    close(record, Status.STOPPED)
