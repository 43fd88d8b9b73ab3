"""Turns: what a machine has to do, one thing after the other, and the doing of it (rules T1, Q3 to Q6, D2).

In: work, from wherever. Out: work that is done. A step that nothing suspends is done where it was brought; the rest
of one that must be waited for is done in a task, and what comes after it follows there.
Never imports asyncio: the host is asked for tasks.
"""

from __future__ import annotations

import contextvars
import functools
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from hsm.errors import MachineStopped
from hsm.events import Event
from hsm.outcome import Outcome, Status
from hsm.runtime.actions import through
from hsm.runtime.delivery import Work
from hsm.runtime.kernel import Kernel
from hsm.runtime.loop import CancelledError, Host, Task
from hsm.runtime.record import BUSY, BY_TURNS, WANTED, Record, inside
from hsm.runtime.timers import disarm_all

_logger = logging.getLogger("hsm")


class Turns:
    """The work of one machine.

    Attributes:
        stopping: The stop that was asked for: it comes before everything else that waits.
    """

    __slots__ = (
        "__weakref__",
        "_background",
        "_current",
        "_deferred",
        "_ended",
        "_host",
        "_is_draining",
        "_is_suspended",
        "_is_woken",
        "_is_working",
        "_kernel",
        "_machine",
        "_queue",
        "_recalled",
        "_rest",
        "_task",
        "_urgent",
        "stopping",
    )

    def __init__(
        self,
        machine: Record,
        host: Host,
        kernel: Kernel,
        rest: Callable[[], object],
        ended: Callable[[Status], object],
        background: Callable[[list[BaseException]], object],
    ) -> None:
        self._machine = machine
        self._host = host
        self._kernel = kernel
        self._rest = rest
        self._ended = ended
        self._background = background
        self._is_draining = False
        self._is_suspended = False
        self._is_woken = False
        self._is_working = False
        self._current: Work[Any] | None = None
        self._task: object = None
        self._queue: deque[Work[Any]] = deque()
        self._urgent: list[Work[Any]] = []
        self._recalled: list[Work[Any]] = []
        self._deferred: list[Work[Any]] = []
        self.stopping: Work[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being done, here or in a task, or by a generated step."""
        return self._is_working or self._machine.steps is BUSY or self._machine.steps is WANTED

    @property
    def is_on_stack(self) -> bool:
        """Whether what runs now was called by a step of this machine, whatever context it runs in."""
        steps = self._machine.steps
        return steps is BUSY or steps is WANTED or self._is_draining or self._is_in_task

    @property
    def _is_in_task(self) -> bool:
        """Whether what runs now is the task that goes on with a step."""
        return self._is_suspended and self._task is not None and self._host.current_task() is self._task

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is being done or waits, not even for a change of the configuration."""
        return not (
            self._is_working
            or self._is_woken
            or self._urgent
            or self._recalled
            or self._queue
            or self._deferred
            or (self.stopping is not None and not self.stopping.is_done)
        )

    # --- what comes in ---------------------------------------------------------------------------------------

    def do(self, work: Work[Any]) -> None:
        """Put *work* at the end of the queue, and begin at once unless something is being done."""
        if work.variables is None and (self._urgent or self._recalled or self._queue):
            work.variables = contextvars.copy_context()
        self._queue.append(work)
        self._begin_unless_busy()

    def do_first(self, work: Work[Any]) -> None:
        """Put *work* before the queue: what activities ended with (rules C2 and E3)."""
        self._urgent.append(work)
        self._begin_unless_busy()

    def _begin_unless_busy(self) -> None:
        if self._machine.steps is BUSY:
            self._machine.steps = WANTED
        elif not self.is_busy:
            self.drain()

    def do_later(self, work: Work[Any], chain: tuple[object, ...]) -> None:
        """Put *work* at the end of the queue for a sender that must not be torn by it (rules Q2 and Q5).

        Args:
            work: From inside a behaviour, or while something is being done.
            chain: What `senders` gave.
        """
        work.variables = contextvars.copy_context()
        if self.is_on_stack or self._machine in chain:
            work.is_inside = True
            # what runs beside the step, a task of a behaviour's or an activity, is not the machine feeding itself
            work.is_fed = self.is_busy and (not self._is_suspended or self._is_in_task)
        self._queue.append(work)
        self.wake()

    def wake(self) -> None:
        """Begin on the next turn of the loop, unless something is being done or about to be."""
        if self._machine.steps is BUSY:
            self._machine.steps = WANTED
        elif not self.is_busy and not self._is_woken:
            self._machine.steps = BY_TURNS
            self._is_woken = True
            self._host.call_soon(self._woken)

    def _woken(self) -> None:
        self._is_woken = False
        self.drain()

    def go_on(self, work: Work[Any]) -> None:
        """Do *work* now: it is the rest of a generated step."""
        self._current = work
        self.drain()

    def hold(self, event: Event[Any]) -> None:
        """Hold *event* back, and go on (rule D1)."""
        self._hold_back(event, is_fed=False)
        self.drain()

    # --- one after the other ---------------------------------------------------------------------------------

    def drain(self) -> None:
        """Do one thing after the other, until nothing is left or until a step has to be waited for."""
        if self._is_draining or self._is_suspended:
            return
        self._machine.steps = BY_TURNS
        self._is_working = self._is_draining = True
        try:
            while not self._is_suspended and (work := self._next()) is not None:
                if work.variables is None:
                    self._begin(work)
                else:
                    work.variables.run(self._begin, work)
        finally:
            self._is_draining = False
            self._is_working = self._is_suspended
            if self._urgent or self._recalled or self._queue:  # no ordinary exception ended the loop above
                self.wake()
            elif not self._is_working:
                self._kernel.refresh()
                self._rest()

    def _next(self) -> Work[Any] | None:
        """What is to be done next: stop, then what activities ended with, then recalled events, then the queue.

        Before all of them comes the rest of a step.
        """
        if self._current is not None:
            work, self._current = self._current, None
            return work
        if self.stopping is not None and not self.stopping.is_done:
            return self.stopping
        while self._urgent or self._recalled or self._queue:
            few = self._urgent or self._recalled
            first = few.pop(0) if few else self._queue.popleft()
            if self._is_affordable(first):
                return first
            self._background(self._kernel.take_unhandled())
        return None

    def next_of_start(self) -> Work[Any] | None:
        """The next event that the default entry caused, or ``None`` (rule L1)."""
        self._recall()
        self._drop_if_spent()
        if self.stopping is not None or not (self._recalled or (self._queue and self._queue[0].is_inside)):
            return None
        work = self._recalled.pop(0) if self._recalled else self._queue.popleft()
        return work if self._is_affordable(work) else None

    def _is_affordable(self, work: Work[Any]) -> bool:
        """Whether *work* is to be done; not when the machine has been feeding itself for too long (rule Q8)."""
        if not work.is_fed or work.event is None:
            if not work.is_recalled:  # that came from outside long ago
                self._kernel.refresh()
            return True
        is_spent = self._kernel.spend(work.event.name)
        self._drop_if_spent()
        return not is_spent

    def _drop_if_spent(self) -> None:
        """Where the budget is spent, what the machine sent to itself and was to be done now is not done (rule Q8)."""
        if self._kernel.is_spent:
            self._kernel.is_spent = False
            self._recalled = [work for work in self._recalled if not work.is_fed]
            self._queue = deque(work for work in self._queue if not work.is_fed)

    def _begin(self, work: Work[Any]) -> None:
        """Do *work* up to its end, or up to the first thing that has to be awaited: that needs a task (rule Q3)."""
        chain = inside.get()
        token = inside.set(chain if self._machine in chain else (*chain, self._machine))
        try:
            awaitable = next(work.steps)
        except StopIteration as end:
            self._finish(work, end.value)
        except Exception as error:
            self._finish(work, None, error)
        else:
            self._is_suspended = True
            task = self._host.spawn(self._continue(work, awaitable), contextvars.copy_context(), is_eager=True)
            if self._is_suspended and self._task is None:  # it has not begun
                task.add_done_callback(functools.partial(self._never_began, work, awaitable))
        finally:
            inside.reset(token)

    def _never_began(self, work: Work[Any], awaitable: Any, task: Task) -> None:
        """Abandon the machine if *task*, which was to do the rest of *work*, was cancelled before its first turn."""
        if task.cancelled() and self._is_suspended and self._task is None:
            if isinstance(awaitable, Coroutine):
                awaitable.close()
            work.steps.close()
            self._abandon(work)

    async def _continue(self, work: Work[Any], awaitable: Any) -> None:
        """Do the rest of *work*, and then whatever else waits.

        Nobody but the loop, as it is taken down, can cancel this: then the machine is abandoned as it stands.
        """
        self._task = self._host.current_task()
        try:
            while True:
                try:
                    value = await awaitable
                except CancelledError as error:
                    if self._host.is_being_cancelled():
                        work.steps.close()
                        self._abandon(work)
                        raise
                    awaitable = work.steps.throw(error)
                except GeneratorExit as error:
                    if self._host.current_task() is not self._task:
                        work.steps.close()  # this coroutine is being closed: its loop is gone
                        raise
                    awaitable = work.steps.throw(through(error))
                except BaseException as error:
                    awaitable = work.steps.throw(error)
                else:
                    awaitable = work.steps.send(value)
        except StopIteration as end:
            self._end_of_task(work, end.value, None)
        except Exception as error:
            self._end_of_task(work, None, error)

    def _end_of_task(self, work: Work[Any], value: Any, failure: Exception | None) -> None:
        """*work* is done: go on with whatever else waits, also when something is raised through here."""
        self._is_suspended = False
        self._task = None
        try:
            self._finish(work, value, failure)
        except BaseException:
            self._is_working = self._is_draining
            self.wake()
            raise
        self.drain()

    # --- what is done ----------------------------------------------------------------------------------------

    def _finish(self, work: Work[Any], value: Any, failure: Exception | None = None) -> None:
        """*work* is done, with all that followed from it: tell who waits, recall what is deferred (rules D2, E4)."""
        errors = self._kernel.take_unhandled()
        self._background(self._kernel.take_nobodys())
        if failure is not None:
            errors.insert(0, failure)
        self.hold_back_if_deferred(work, value)
        self._recall()
        self._drop_if_spent()
        if self._kernel.traversal.ended is not None:
            self._ended(self._kernel.traversal.ended)
        fatal = [error for error in errors if not isinstance(error, Exception | CancelledError)]
        errors = [error for error in errors if error not in fatal]
        work.finish(value, [] if work.is_inside else errors)
        if work.is_inside:
            self._background(errors)
        if fatal:
            raise fatal[0]

    def hold_back_if_deferred(self, work: Work[Any], value: Any) -> None:
        """Keep a deferred event until no state defers it any more; its sender has had the answer (rule D4)."""
        if value is Outcome.DEFERRED and work.event is not None:
            # one that comes back at once, as the step has moved on in its own wake, is the machine feeding itself
            self._hold_back(work.event, is_fed=work.is_fed or self._kernel.traversal.has_moved)

    def _hold_back(self, event: Event[Any], *, is_fed: bool) -> None:
        variables = contextvars.copy_context()
        variables.run(inside.set, tuple(machine for machine in inside.get() if machine is not self._machine))
        steps = self._kernel.handle(event)
        held = Work(self._host, self._background, steps, event, variables, is_inside=True, is_fed=is_fed)
        held.is_recalled = True
        self._deferred.append(held)

    def _recall(self) -> None:
        """After a change of the configuration, what is held back comes back before the queue (rule D2)."""
        if self._kernel.traversal.has_moved:
            self._kernel.traversal.has_moved = False
            self._recalled[:0] = self._deferred
            self._deferred.clear()

    def close(self, status: Status) -> None:
        """Nothing is done any more; whoever waits is told (rules C3 and L4)."""
        waiting = [work for several in (self._urgent, self._recalled, self._queue) for work in several]
        dropped = [work.event for work in waiting + self._deferred if work.is_inside and work.event is not None]
        for several in (self._urgent, self._recalled, self._queue, self._deferred):
            several.clear()
        for work in waiting:
            if (status is Status.STOPPED or work.is_call) and not work.is_inside:
                work.finish(None, [_stopped_before(work.event)], is_quiet=True)
            else:
                work.finish(Outcome.IGNORED, [])
        if dropped and status is Status.STOPPED:
            names = ", ".join(f"'{event.name}'" for event in dropped)
            _logger.warning("machine '%s' was stopped before it processed %s", self._machine.program.name, names)

    def _abandon(self, work: Work[Any]) -> None:
        """The loop is being taken down in the middle of a step: end without another behaviour."""
        self._is_suspended = self._is_working = False
        disarm_all(self._machine)
        self._kernel.traversal.activities.abandon()
        self._machine.leaves = ()
        self._ended(Status.STOPPED)
        errors: list[BaseException] = [] if work is self.stopping else [_stopped_before(work.event)]
        work.finish(None, errors, is_quiet=True)
        if self.stopping is not None and not self.stopping.is_done:
            self.stopping.finish(None, [])  # stopped is what it is


def _stopped_before(event: Event[Any] | None) -> MachineStopped:
    """What the sender of *event* is told when it was not processed."""
    what = f"'{event.name}' was processed" if event is not None else "this was done"
    return MachineStopped(f"the machine came to its end before {what}")
