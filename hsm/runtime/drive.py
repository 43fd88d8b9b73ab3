"""Driving: some work, done here up to the first thing that has to be awaited, and in a task from there on (rule Q3).

In: work, which yields what has to be awaited. Out: calls of what is to happen when it is done. Steps and restarts are
driven by this, and by nothing else. Never imports asyncio: the host makes the task.
"""

from __future__ import annotations

import contextvars
import functools
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from hsm.runtime.awaitables import Work, original, through
from hsm.runtime.host import CancelledError, Host, Task


class Drive:
    """Some work on its way: done here up to the first thing that has to be awaited, the rest in a task (rule Q3).

    Nobody awaits the task. Whoever cancels it, be it a behaviour that runs in it or somebody who cancels all tasks,
    cancels what the work is awaiting, and not the work (rule E7). Either `ended` or, when the loop is shut down in the
    middle of the work, `abandoned` is called once; neither is if the loop is closed without being shut down.

    Attributes:
        task: The task, while it does the rest.
        cancellation: What came into the work last because somebody had cancelled the task.
    """

    __slots__ = ("_has_begun", "_host", "_is_cut_off", "_spawned", "_work", "cancellation", "task")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._has_begun = False
        self._is_cut_off = False
        self.task: Task | None = None
        self.cancellation: BaseException | None = None

    def suspended(self) -> None:
        """The rest of the work goes into a task."""

    def ended(self, value: Any, error: BaseException | None) -> None:
        """The work has returned *value*, or raised *error*."""

    def abandoned(self) -> None:
        """The loop ends in the middle of the work, which has been closed."""

    def start(self, work: Work[Any]) -> None:
        """Do *work*."""
        self._work = work
        try:
            awaitable = next(work)
        except StopIteration as end:
            self.ended(end.value, None)
        except BaseException as error:
            self.ended(None, original(error))
        else:
            self._suspend(awaitable)

    def cut_off(self) -> None:
        """End now: what is being awaited is cancelled, and the work does not go on."""
        self._is_cut_off = True
        self._spawned.cancel()

    def _suspend(self, awaitable: Any) -> None:
        """Go on in a task, when *awaitable* has ended."""
        self.suspended()
        task = self._spawned = self._host.spawn(self._go_on(awaitable), contextvars.copy_context(), is_eager=True)
        if not self._has_begun:
            task.add_done_callback(functools.partial(self._never_began, awaitable))
        if not self._has_begun:
            self._host.add_step_task(task)

    async def _go_on(self, awaitable: Any) -> None:
        """Await, and send what came of it, to the end of the work."""
        self._has_begun = True
        task = self.task = self._host.current_task()
        assert task is not None  # this runs in one
        work = self._work
        self._host.add_step_task(task)
        while True:
            advance: Callable[[Any], Any] = work.throw
            argument: Any
            try:
                argument = await awaitable
                if task.cancelling():
                    await self._host.next_iteration()  # where it arrives, unless what was awaited has swallowed it
                    _forget_cancellation(task)
                advance = work.send
            except CancelledError as error:
                if self._host.is_shutting_down:
                    self._abandon(awaitable)
                    raise
                argument = error
                if task.cancelling():
                    self.cancellation = error
                    _forget_cancellation(task)
            except GeneratorExit as error:
                if self._host.current_task() is not self.task:
                    work.close()  # this coroutine is being closed: its loop is gone
                    raise
                argument = through(error)
            except BaseException as error:
                argument = error
            if self._is_cut_off:
                self._end_cut_off(argument)
                return
            try:
                awaitable = advance(argument)
            except StopIteration as end:
                self._leave_task()
                self.ended(end.value, None)
                return
            except BaseException as error:
                self._leave_task()
                self.ended(None, original(error))
                return
            finally:
                del argument  # an error, which keeps this frame

    def _never_began(self, awaitable: Any, task: Task) -> None:
        """If *task* was cancelled before its first step: nothing was awaited, and the work goes on with that."""
        if self._has_begun or not task.cancelled():
            return
        self._host.step_tasks.pop(task, None)
        _close(awaitable)
        if sys.version_info < (3, 12):  # later on, tasks of a running loop begin at once
            if self._is_cut_off or self._host.is_shutting_down:
                self._work.close()
                if not self._is_cut_off:
                    self.abandoned()
                return
        self.cancellation = CancelledError()
        try:
            awaitable = self._work.throw(self.cancellation)
        except StopIteration as end:
            self.ended(end.value, None)
        except BaseException as error:
            self.ended(None, original(error))
        else:
            self._suspend(awaitable)

    def _abandon(self, awaitable: Any) -> None:
        _close(awaitable)
        self._work.close()
        self.abandoned()

    def _end_cut_off(self, outcome: Any) -> None:
        """What was awaited has ended at last, with *outcome*, which nobody awaits."""
        self._work.close()
        self._leave_task()
        if isinstance(outcome, BaseException) and not isinstance(outcome, CancelledError):
            self._host.report("a behaviour raised after its machine had been stopped", outcome)

    def _leave_task(self) -> None:
        """The work is over: an error that is raised from here keeps this frame, and must not keep its own task."""
        assert self.task is not None  # it runs in one
        self._host.step_tasks.pop(self.task, None)
        self.task = None


def _close(awaitable: Any) -> None:
    """Close *awaitable* if it is a coroutine; without effect where that has ended."""
    if isinstance(awaitable, Coroutine):
        awaitable.close()


def _forget_cancellation(task: Task) -> None:
    """*task* goes on, whoever has asked for it to be cancelled."""
    while task.cancelling():
        task.uncancel()
