"""Run to completion: one occurrence after the other, each to its end (rules T1, Q3 to Q6, D2 and E4).

In: occurrences, from wherever. Out: results. Work that nothing suspends is done where it was brought; the rest of work
that has to await something is done in a task, and what comes after it follows there.
Never imports asyncio: the host is asked for tasks.
"""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Callable
from sys import getrecursionlimit
from typing import Any

from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.closing import abandon, close
from hsm.runtime.drive import Drive
from hsm.runtime.event_queue import EventQueue, Occurrence, events_of
from hsm.runtime.inside import is_in_task, joined, mark, senders, unmark
from hsm.runtime.record import (
    AWAITED,
    BUSY,
    QUEUED,
    Parts,
    Record,
    parts_of,
)
from hsm.runtime.until import look

DEEPEST = 50
"""Machines whose steps may be on the stack, each called by a behaviour of the one before (rule Q9)."""
FRAMES, FRAMES_PER_LEVEL = 100, 3
"""Frames that a step may need, without those of behaviours, and those for each level of the model."""

CALL_DEFERRED = object()
"""What the processing of a call returns that was deferred; its value, which may be anything, comes later (rule D4)."""

_has_frames: Callable[[int], object] = getattr(sys, "_getframemodulename", bool)
"""Whether there are as many frames on the stack; the fastest way to learn that. Every module of ours has a name."""

if sys.version_info < (3, 12):

    def _has_frames(frames: int, /) -> object:
        """Whether there are as many frames on the stack."""
        try:
            sys._getframe(frames)  # pyright: ignore[reportPrivateUsage]
        except ValueError:
            return False
        return True


# --- what comes in -------------------------------------------------------------------------------------------


def put(record: Record, occurrence: Occurrence) -> None:
    """Put *occurrence* at the end of the queue, and process it at once unless something is under way."""
    queue, is_busy = parts_of(record).queue, record.is_busy
    if occurrence.sender is None and (is_busy or queue.has_waiting):
        occurrence.sender = contextvars.copy_context()
    queue.waiting.append(occurrence)
    _process(record, is_busy=is_busy)


def put_first(record: Record, occurrence: Occurrence) -> None:
    """Put *occurrence*, the end of an activity, before all events (rules C2 and E3)."""
    parts_of(record).queue.urgent.append(occurrence)
    _process(record, is_busy=record.is_busy)


def put_from_inside(record: Record, occurrence: Occurrence) -> None:
    """Put *occurrence* at the end of the queue for a sender inside of a step, which goes on first (rules Q2 and Q5)."""
    queue = parts_of(record).queue
    occurrence.sender = contextvars.copy_context()
    # what runs beside the step, a task of a behaviour's or an activity, is not the machine feeding itself (rule Q8)
    occurrence.is_fed = record.is_busy and (queue.drive is None or is_in_task(record, queue))
    queue.waiting.append(occurrence)
    wake(record)


def process_now(record: Record, occurrence: Occurrence) -> None:
    """Process *occurrence* before everything that waits: it is the rest of a step, or the start.

    Nothing is being processed: generated steps are taken, and machines begin, only then.
    """
    parts_of(record).queue.current = occurrence
    drain(record)


def wake(record: Record) -> None:
    """Begin on the next iteration of the loop, unless something is under way or about to be."""
    if record.steps is BUSY:
        record.steps = AWAITED
    elif not record.is_busy and not (queue := parts_of(record).queue).is_woken:
        record.steps = QUEUED
        queue.is_woken = True
        record.host.call_soon(_woken, record, queue)


def defer(record: Record, occurrence: Occurrence, *, is_fed: bool) -> None:
    """Keep the event of *occurrence* until no state defers it any more (rule D1).

    Its sender has its answer; the caller of a call waits for one, and so its recall is nobody's feeding (rule D4).

    Args:
        record: The machine.
        occurrence: What was deferred.
        is_fed: Whether its recall is the machine feeding itself.
    """
    variables = contextvars.copy_context()
    recalled = Occurrence(occurrence.process, occurrence.event, sender=variables, is_fed=is_fed, is_new=False)
    if occurrence.is_call:
        recalled.pending, recalled.is_call, recalled.is_fed = occurrence.pending, True, False
    parts_of(record).queue.deferred.append(recalled)
    if record.observation is not None and occurrence.event is not None:
        record.observation.deferred(occurrence.event)
        parts_of(record).failures.release()


def _process(record: Record, *, is_busy: bool) -> None:
    """Process what was put into the queue, now or when the step under way is over."""
    if record.steps is BUSY:
        record.steps = AWAITED
    elif not is_busy:
        drain(record)


def _woken(record: Record, queue: EventQueue) -> None:
    queue.is_woken = False
    if parts_of(record).queue is queue:  # the machine has not been restarted meanwhile
        drain(record, is_fresh=True)


# --- one after the other -------------------------------------------------------------------------------------


def drain(record: Record, *, is_fresh: bool = False) -> None:
    """Process one occurrence after the other, until none is left or until one has to be awaited.

    On the next iteration of the loop if the stack is deep, unless it *is_fresh* (rule Q9).
    """
    parts = parts_of(record)
    queue, host = parts.queue, record.host
    if queue.is_draining or queue.drive is not None:
        return
    if not is_fresh and (host.depth >= DEEPEST or len(senders()) >= DEEPEST or not has_room(record)):
        record.steps = QUEUED  # the step of a generated function that hands over here is `current`
        wake(record)
        return
    record.steps = QUEUED
    queue.is_draining = True
    host.depth += 1
    is_over = False
    try:
        while queue.drive is None and not is_over:
            occurrence = _next(record, parts)
            if occurrence is None:
                is_over = True
            elif occurrence.sender is None:
                _begin(record, parts, occurrence)
            else:
                occurrence.sender.run(_begin, record, parts, occurrence)
    finally:
        queue.is_draining = False
        host.depth -= 1
        # something that is no ordinary exception ended the loop above, or a task goes on
        if not is_over and (queue.has_waiting or queue.stopping is not None or queue.current is not None):
            wake(record)
        elif queue.drive is None:
            parts.budget.refresh()
            record.rest()


def has_room(record: Record) -> bool:
    """Whether the stack has room for a step: rules that follow each other down the levels of the model, and more."""
    return not _has_frames(getrecursionlimit() - FRAMES - FRAMES_PER_LEVEL * record.program.levels)


def _next(record: Record, parts: Parts) -> Occurrence | None:
    """What is processed next: the rest of a step, then a stop, then what the queue has."""
    queue = parts.queue
    if queue.current is not None:
        occurrence, queue.current = queue.current, None
        return occurrence
    if record.waiting is not None:
        look(record)
    if queue.stopping is not None:
        return queue.stopping
    while queue.has_waiting:
        occurrence = queue.take()
        if _admit(record, parts, occurrence):
            return occurrence
        record.report(parts.failures.take_unhandled())
    return None


def next_of_start(record: Record) -> Occurrence | None:
    """The next event that the default entry caused, or ``None``; events from outside wait for the start (rule L1).

    One that nobody awaits was caused by it; so was an expiry. The ends of activities are processed after the start.
    """
    parts = parts_of(record)
    queue = parts.queue
    if queue.has_moved:
        _recall(record, queue)
    if queue.stopping is not None or not (queue.recalled or (queue.waiting and queue.waiting[0].pending is None)):
        return None
    occurrence = queue.recalled.pop(0) if queue.recalled else queue.waiting.popleft()
    return occurrence if _admit(record, parts, occurrence) else None


def _admit(record: Record, parts: Parts, occurrence: Occurrence) -> bool:
    """Count *occurrence* against the budget; whether it is to be processed all the same (rule Q8)."""
    if not occurrence.is_fed or occurrence.event is None:
        if occurrence.is_new:
            parts.budget.refresh()
        return True
    error = parts.budget.spend(occurrence.event.name)
    if error is None:
        return True
    parts.failures.unhandled.append(error)
    _drop_spent(record, parts)
    return False


def _recall(record: Record, queue: EventQueue) -> None:
    """The configuration has changed: the deferred events come back (rule D2)."""
    if record.observation is not None:
        record.observation.recalled(events_of(queue.deferred))
        parts_of(record).failures.release()
    queue.recall()


def _drop_spent(record: Record, parts: Parts) -> None:
    """The budget is spent: drop what the machine sent to itself and was going to process (rule Q8).

    Only here, and not where it is spent: the kernel spends it in the middle of a step, which may send more.
    """
    parts.budget.is_spent = False
    dropped = parts.queue.drop_fed()
    if record.observation is not None:
        record.observation.several_dropped(events_of(dropped), "budget")
        parts.failures.release()


# --- one occurrence ------------------------------------------------------------------------------------------


def _begin(record: Record, parts: Parts, occurrence: Occurrence) -> None:
    """Process *occurrence* up to its end, or up to the first thing that has to be awaited (rule Q3)."""
    # the tasks that a generated step has started before it handed over here are inside of the same step
    mine = record.step_mark
    if occurrence.rest is None or mine is None:
        mine = record.step_mark = (record, None)
    chain = senders()
    token = mark(joined(chain, mine) if chain else (mine,))
    try:
        work = occurrence.rest if occurrence.rest is not None else occurrence.process(record, occurrence)
        _Processing(record, parts, occurrence).start(work)
    finally:
        unmark(token)


class _Processing(Drive):
    """The processing of one occurrence."""

    __slots__ = ("_occurrence", "_parts", "_record")

    def __init__(self, record: Record, parts: Parts, occurrence: Occurrence) -> None:
        super().__init__(record.host)
        self._record = record
        self._parts = parts
        self._occurrence = occurrence

    @property
    def event(self) -> Event[Any] | None:
        """What is being processed, if it is an event."""
        return self._occurrence.event

    def suspended(self) -> None:
        self._parts.queue.drive = self

    def ended(self, value: Any, error: BaseException | None) -> None:
        """Finish the occurrence; after a task, go on with whatever else waits."""
        record, parts = self._record, self._parts
        queue = parts.queue
        if queue.drive is not self:  # it never suspended: `drain` is on the stack, and goes on by itself
            _finish(record, parts, self._occurrence, value, error, self.cancellation)
            return
        # an eager task may have come to its end within `drain`, which then goes on by itself
        is_draining = queue.is_draining
        # busy until the end of `_finish`: contexts and exception handlers that it calls may dispatch, and must queue
        queue.drive, queue.is_draining = None, True
        try:
            _finish(record, parts, self._occurrence, value, error, self.cancellation)
        except BaseException:
            queue.is_draining = is_draining
            wake(record)
            raise
        queue.is_draining = is_draining
        drain(record, is_fresh=True)  # called by the task of the step, and by nobody else

    def abandoned(self) -> None:
        abandon(self._record, self._occurrence)


# --- what is done --------------------------------------------------------------------------------------------


def _finish(
    record: Record,
    parts: Parts,
    occurrence: Occurrence,
    value: Any,
    failure: BaseException | None,
    cancellation: BaseException | None,
) -> None:
    """*occurrence* has been processed, with all that followed from it (rules D2, E4 and E7).

    The order matters: deferring comes before recalling, as an event that moved on in its own step comes back at once;
    recalling before closing, which empties the queue; `stopping` is over only after closing, so that a callback that
    stops the machine finds the stop under way; errors are taken when observers have had every record, as an observer
    may have been interrupted; those that wait come last.

    A *cancellation*, which came into a behaviour because somebody cancelled the task of the step, needs no report if
    nobody awaits the occurrence: whoever cancelled the task knows.
    """
    queue, failures = parts.queue, parts.failures
    if failures.unclaimed:
        record.report(failures.take_unclaimed())
    # of a call an error is the answer; without one it waits. Its value is the effect's, and may be `DEFERRED` as well
    waits = value is CALL_DEFERRED and failure is None and not failures.unhandled
    if waits or (value is Outcome.DEFERRED and occurrence.event is not None and not occurrence.is_call):
        keep_deferred(record, occurrence)
    if queue.has_moved:
        _recall(record, queue)
    if parts.budget.is_spent:
        _drop_spent(record, parts)
    if (ended := parts.step.ended) is not None:
        close(record, ended)
    if occurrence is queue.stopping:
        queue.stopping = None
    if waits:
        return
    errors = failures.take_unhandled() if failures.unhandled else []
    if failure is not None:
        errors.insert(0, failure)
    if occurrence.pending is not None:
        is_quiet = cancellation is not None and all(error is cancellation for error in errors)
        occurrence.pending.finish(value, errors, is_quiet=is_quiet)
        return
    record.report([error for error in errors if error is not cancellation])
    for error in errors:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise error  # as for every callback and every task: nobody awaits it, and the program is to end


def keep_deferred(record: Record, occurrence: Occurrence) -> None:
    """Keep *occurrence*, whose processing found that it is deferred."""
    # one that comes back at once, as the step has moved on in its own wake, is the machine feeding itself
    defer(record, occurrence, is_fed=occurrence.is_fed or parts_of(record).queue.has_moved)
