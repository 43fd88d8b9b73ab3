"""The life of a machine: start, stop, restart, and the block around it (rules L1 to L7, E6 and E8).

In: a record, and what its owner wants. Out: a machine that runs, or one that has ended. What the end itself does, also
where a machine reaches it on its own, is `closing.close`. Never imports asyncio.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from hsm.answer import Answer
from hsm.context import Context
from hsm.errors import LifecycleError, MachineStopped
from hsm.events import FINAL, INITIAL, Event
from hsm.instance import Runner, attach, check_free
from hsm.outcome import Outcome, Status
from hsm.rules import settling as rules
from hsm.runtime.awaitables import STARTED, STOPPED, TAKEN, Pending, Promise, Work, is_done
from hsm.runtime.closing import close
from hsm.runtime.drive import Drive
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.generated import expired, find, resume_left
from hsm.runtime.host import running_loop
from hsm.runtime.inside import is_in_activity, is_inside, leave
from hsm.runtime.kernel import end_all, enter_model, exit_model
from hsm.runtime.record import AWAITED, CREATED, ENDED, QUEUED, RUNNING, Record, Restart, parts_of
from hsm.runtime.run_to_completion import (
    drain,
    keep_deferred,
    next_of_start,
    process_now,
    wake,
)
from hsm.runtime.step_cache import StepCache, StepFunction, StepKind
from hsm.runtime.threads import BY_COROUTINE, check_sender
from hsm.runtime.timer_heap import heap_of
from hsm.runtime.until import look

_logger = logging.getLogger("hsm")
M = TypeVar("M", bound=Runner)
"""The type of a machine."""
_INITIAL: Event[Any] = Event(INITIAL)
_FINAL: Event[Any] = Event(FINAL)
_CALLED_OFF = "the machine was stopped while it was being restarted"

# --- start ---------------------------------------------------------------------------------------------------


def begin(record: Record, on_background_error: Callable[[BaseException], object] | None = None) -> Answer[None]:
    """Enter the default entry and process everything that it causes (rules L1 and E8).

    Args:
        record: A machine that has not been started.
        on_background_error: Takes errors that nobody awaits; without it they are reported to the loop.

    Raises:
        LifecycleError: It runs already, or its instance is run by another machine, or its context is done.
        Exception: From the await: what start raised and no transition took; nothing is active then.
    """
    prepare(record, on_background_error)
    cache = record.cache
    step = (
        _start_by_kernel
        if cache is None or record.observation is not None
        else cache.start or _start_step(record, cache)
    )
    try:
        answer = step(record, _INITIAL)
    except BaseException:
        tear_down(record)
        raise
    if answer is not TAKEN:
        try:
            return answer
        finally:
            del answer  # the frames of an error keep this one, and this one must not keep what only users may
    if record.steps is AWAITED:  # a generated start leaves this as it is: something that it caused waits
        return _finish_start(record, _nothing())
    record.status = RUNNING
    record.rest()
    return STARTED


def prepare(record: Record, on_background_error: Callable[[BaseException], object] | None) -> None:
    """Tie *record* to its instance, and give it what its behaviours are given; raises as `begin` does."""
    if running_loop() is not record.mark:  # what `check_sender` asks first; a call takes longer than the answer
        check_sender(record, BY_COROUTINE)
    # CREATED, and yet not at its beginning: it is being started, and suspended
    if record.status is not CREATED or record.steps is not QUEUED or (record.parts is not None and record.is_busy):
        how = "being started" if record.status is CREATED else record.status.value
        raise LifecycleError(f"this machine is {how} already")
    if record.parent is not None:
        _check_context(record.parent)
    attach(record)
    # cancelling what the behaviours are given is their own affair; what is above it ends the machine (rule L7)
    if record.parent is not None:
        record.request = Context(record.parent)
        record.request.on_cancel(lambda: _context_cancelled(record))
    record.context = Context(record.request)
    if record.program.has_background:
        record.variables = contextvars.copy_context()
        record.heap = heap_of(record.host, record.options.clock, expired)
    record.on_background_error = on_background_error


def _check_context(parent: Context) -> None:
    """Whether a machine may start below *parent*.

    Raises:
        LifecycleError: It is cancelled.
    """
    if parent.done:
        raise LifecycleError("the context given to start is cancelled already")


def _start_step(record: Record, cache: StepCache) -> StepFunction:
    options = record.options
    return cache.find((), None, START, after=options.generate_after, limit=options.step_memory)


def _start_by_kernel(record: Record, event: Event[Any]) -> Answer[None]:
    return _finish_start(record)


def _finish_start(record: Record, entering: Work[Any] | None = None) -> Answer[None]:
    """Start, or go on with the start whose *entering* has begun."""
    result: Pending[None] = Pending(record)
    rest = None if entering is None else _start_work(record, entering)
    process_now(record, Occurrence(_process_start, pending=result, rest=rest))
    return result.answer()


def _process_start(record: Record, occurrence: Occurrence) -> Work[None]:
    return _start_work(record, enter_model(record))


def _start_work(record: Record, entering: Work[Any]) -> Work[None]:
    """Enter the model by *entering*, then process everything that it caused; undo it if that fails."""
    parts = parts_of(record)
    try:
        yield from entering
    except BaseException:
        tear_down(record)
        raise
    failures, step = parts.failures, parts.step
    while not failures.unhandled and step.ended is None:
        if record.waiting is not None:
            look(record)
        if (occurrence := next_of_start(record)) is None:
            break
        if (yield from occurrence.process(record, occurrence)) is Outcome.DEFERRED:
            keep_deferred(record, occurrence)
    if not failures.unhandled and step.ended is None:
        record.status = RUNNING
        if record.observation is None:
            return
        record.observation.started(record.leaves)
        failures.release()  # an observer that was interrupted just now fails the start as well
    if failures.unhandled:
        yield from end_all(record)
        yield from exit_model(record)
        close(record, Status.STOPPED)


def tear_down(record: Record) -> None:
    """Something that is no behaviour failed, such as a clock: there is no half-started machine (rule E8)."""
    if record.status is CREATED:
        record.leaves = ()
        parts_of(record).activities.abandon()
        close(record, Status.STOPPED)


# --- stop ----------------------------------------------------------------------------------------------------


def stop(record: Record, timeout: float | None = None, *, for_restart: bool = False) -> Answer[None]:
    """Exit every active state, running exit actions, and end (rule L4); once ended, nothing happens.

    A restart that is under way is called off, unless this is *for_restart*.

    Args:
        record: The machine.
        timeout: Seconds after which a behaviour that still runs is cancelled, and the machine abandoned; ``None`` for
            those of its options.
        for_restart: Whether it starts again.

    Raises:
        LifecycleError: From another thread.
        Exception: From the await: what an exit action raised.
    """
    if running_loop() is not record.mark:
        check_sender(record, "stop it with 'loop.call_soon_threadsafe(machine.stop)'")
    if record.restart is not None and not for_restart:
        record.restart.is_called_off = True
    # an activity would be waiting for itself: it is cancelled by the stop, at the next thing that it awaits
    is_by_activity = record.parts is not None and is_in_activity(record)
    step = _stop_by_kernel if is_by_activity else record.steps.get(None) or find(record, None, STOP)
    answer = step(record, _FINAL)
    if answer is not TAKEN:
        _limit_stop(record, timeout)
        try:
            return answer
        finally:
            del answer  # as in `begin`
    close(record, Status.STOPPED)
    return STOPPED


def _limit_stop(record: Record, timeout: float | None) -> None:
    """Give the stop that was asked for *timeout* seconds, if it is not over already."""
    seconds = record.options.stop_timeout if timeout is None else timeout
    if seconds is not None and record.status not in ENDED and (record.is_busy or parts_of(record).queue.is_woken):
        limit = record.host.call_later(seconds, _force_stop, record, seconds)
        parts_of(record).watchdog.limits.append(limit)


def _force_stop(record: Record, seconds: float) -> None:
    """The time of a stop is up: cancel what still runs, and abandon what is left of the machine (rule L4)."""
    parts = parts_of(record)
    drive = parts.queue.drive
    assert drive is not None  # otherwise the stop, which was asked for first, would be over
    name, place = record.program.name, parts.watchdog.place()
    _logger.warning("machine '%s' was stopped although %s had not ended after %g s", name, place, seconds)
    drive.cut_off()
    drive.abandoned()


def _stop_by_kernel(record: Record, event: Event[Any]) -> Answer[None]:
    return end_after_step(record, _process_stop)


def end_after_step(record: Record, process: Callable[[Record, Occurrence], Work[None]]) -> Answer[None]:
    """End by *process* as soon as the step under way is done, unless it is to end otherwise already."""
    resume_left(record)
    if record.status in ENDED or (record.status is CREATED and not record.is_busy):
        return STOPPED
    stopping = _request_stop(record, process)
    if is_inside(record) or is_in_activity(record):
        wake(record)
        return STOPPED
    if stopping.pending is None:
        # only now: of a stop that nobody outside awaits, errors are reported
        stopping.pending = Pending(record)
    result = stopping.pending
    if not record.is_busy:
        drain(record)
    return result.answer()


def _request_stop(record: Record, process: Callable[[Record, Occurrence], Work[None]]) -> Occurrence:
    """The end that is asked for, which comes before everything that waits."""
    queue = parts_of(record).queue
    if queue.stopping is None:
        queue.stopping = Occurrence(process, sender=contextvars.copy_context())
    return queue.stopping


def _context_cancelled(record: Record) -> None:
    """The context given to start was cancelled: stop, after the current step (rule L7)."""
    if record.status not in ENDED and parts_of(record).queue.stopping is None:
        _request_stop(record, _process_stop)
        wake(record)
        _limit_stop(record, None)


def _process_stop(record: Record, occurrence: Occurrence) -> Work[None]:
    return _stop_work(record, exit_model(record))


def _stop_work(record: Record, exiting: Work[Any]) -> Work[None]:
    if record.status not in ENDED:
        yield from exiting
        close(record, Status.STOPPED)


# --- generated starts and stops ------------------------------------------------------------------------------


def _resume_start(record: Record, rest: Work[Outcome], event: Event[Any]) -> Answer[None]:
    return _finish_start(record, rest)


def _resume_stop(record: Record, rest: Work[Outcome], event: Event[Any]) -> Answer[None]:
    result: Pending[None] = Pending(record)
    stopping = Occurrence(_process_stop, pending=result, rest=_stop_work(record, rest))
    parts_of(record).queue.stopping = stopping
    process_now(record, stopping)
    return result.answer()


START = StepKind(lambda key: rules.start, lambda key: _start_by_kernel, resume=_resume_start, rests=False)
STOP = StepKind(lambda key: rules.stop, lambda key: _stop_by_kernel, resume=_resume_stop, rests=False)

# --- restart -------------------------------------------------------------------------------------------------


async def restart(record: Record) -> None:
    """Stop, and start again on the same instance: history, deferred and queued events are gone (rule L6).

    Two at the same time are one. May be cancelled at any time: the restart goes on. A stop that is asked for
    meanwhile, also by the end of a block, calls it off.

    Raises:
        LifecycleError: From another thread, or from inside a behaviour of this machine; or the machine cannot start
            again, as for `begin`.
        MachineStopped: It was called off.
        Exception: What exit actions, or start, raised.
    """
    check_sender(record, BY_COROUTINE)
    if is_inside(record):
        raise LifecycleError("a behaviour cannot restart its own machine: it would wait for itself")
    under_way = record.restart
    if under_way is None:
        under_way = record.restart = Restart(record)
        variables = contextvars.copy_context()
        variables.run(leave, record)
        variables.run(_Restarting(record, under_way).start, _restart_work(record, under_way))
    await Promise(under_way)


def _restart_work(record: Record, under_way: Restart) -> Work[None]:
    stopping = stop(record, for_restart=True)
    if not is_done(stopping):
        yield stopping
    if under_way.is_called_off:
        raise MachineStopped(_CALLED_OFF)
    # checked before anything is reset: the machine stays stopped, instead of being neither stopped nor started
    check_free(record)
    if record.parent is not None:
        _check_context(record.parent)
    record.reset()
    begun = begin(record, record.on_background_error)
    if not is_done(begun):
        yield begun
    if under_way.is_called_off:
        raise MachineStopped(_CALLED_OFF)


class _Restarting(Drive):
    """The doing of a restart; that the machine is busy meanwhile its stop and its start know themselves."""

    __slots__ = ("_record", "_under_way")

    def __init__(self, record: Record, under_way: Restart) -> None:
        super().__init__(record.host)
        self._record = record
        self._under_way = under_way

    def ended(self, value: Any, error: BaseException | None) -> None:
        self._record.restart = None
        errors = [] if error is None else [error]
        # whoever called it off, or cancelled its task, knows; nobody needs a report
        is_quiet = isinstance(error, MachineStopped) or error is self.cancellation
        self._under_way.finish(None, errors, is_quiet=is_quiet)

    def abandoned(self) -> None:
        self.ended(None, MachineStopped(_CALLED_OFF))


def _nothing() -> Work[None]:
    """Work that is done already."""
    yield from ()
