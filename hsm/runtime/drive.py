"""Driving: some work, done here up to the first thing that has to be awaited, and in a task from there on (rule Q3).

In: work, which yields what has to be awaited. Out: calls of what is to happen when it is done. Steps and restarts are
driven by this, and by nothing else. Never imports asyncio: the host makes the task.
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from hsm.runtime.awaitables import Work, through
from hsm.runtime.host import CancelledError, Host, Task


class Drive:
    """Some work on its way: done here up to the first thing that has to be awaited, the rest in a task (rule Q3).

    Nobody awaits the task, and nobody but the loop, as it is closed, can cancel it. Whatever the work raises, either
    `ended` or `abandoned` is called, once; neither is if the loop is gone when the task's coroutine is closed.

    Attributes:
        task: The task, while it does the rest.
    """

    __slots__ = ("_has_begun", "_host", "_work", "task")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._has_begun = False
        self.task: object = None

    def suspended(self) -> None:
        """The rest of the work goes into a task."""

    def ended(self, value: Any, error: BaseException | None) -> None:
        """The work has returned *value*, or raised *error*."""

    def abandoned(self) -> None:
        """The loop was closed in the middle of the work, which has been closed as well."""

    def start(self, work: Work[Any]) -> None:
        """Do *work*."""
        try:
            awaitable = next(work)
        except StopIteration as end:
            self.ended(end.value, None)
        except BaseException as error:
            self._failed(error)
        else:
            self._work = work
            self.suspended()
            task = self._host.spawn(self._go_on(awaitable), contextvars.copy_context(), is_eager=True)
            if not self._has_begun:
                task.add_done_callback(functools.partial(self._never_began, awaitable))

    async def _go_on(self, awaitable: Any) -> None:
        """Await, and send what came of it, to the end of the work."""
        self._has_begun = True
        self.task = self._host.current_task()
        work = self._work
        while True:
            advance: Callable[[Any], Any] = work.throw
            argument: Any
            try:
                argument = await awaitable
                advance = work.send
            except CancelledError as error:
                if self._host.is_being_cancelled():
                    work.close()
                    self.abandoned()
                    raise
                argument = error
            except GeneratorExit as error:
                if self._host.current_task() is not self.task:
                    work.close()  # this coroutine is being closed: its loop is gone
                    raise
                argument = through(error)
            except BaseException as error:
                argument = error
            try:
                awaitable = advance(argument)
            except StopIteration as end:
                self.task = None  # an error that is raised from here keeps this frame, and must not keep its own task
                self.ended(end.value, None)
                return
            except BaseException as error:
                self.task = None
                self._failed(error)
                return
            finally:
                del argument  # an error, which keeps this frame

    def _failed(self, error: BaseException) -> None:
        """The work raised *error*; what nobody may catch goes on to the caller or the loop as well (rule E7)."""
        self.ended(None, error)
        if not isinstance(error, Exception | CancelledError):
            raise error

    def _never_began(self, awaitable: Any, task: Task) -> None:
        """Abandon the work if *task* was cancelled before its first step."""
        if task.cancelled() and not self._has_begun:
            if isinstance(awaitable, Coroutine):
                awaitable.close()
            self._work.close()
            self.abandoned()
