"""Driving: some work, done here up to the first thing that has to be awaited, and in a task from there on (rule Q3).

In: work, which yields what has to be awaited. Out: calls of what is to happen when it is done. Steps and restarts are
driven by this, and by nothing else. Never imports asyncio: the host makes the task.
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from hsm.runtime.awaitables import Work, original, through
from hsm.runtime.host import CancelledError, Host, Task


class Drive:
    """Some work on its way: done here up to the first thing that has to be awaited, the rest in a task (rule Q3).

    Nobody awaits the task. Whoever cancels it, be it a behaviour that runs in it or somebody who cancels all tasks,
    cancels what the work is awaiting, and not the work (rule E7). `ended` is called once, unless the loop is closed in
    the middle of the work, which is closed as well then.

    Attributes:
        task: The task, while it does the rest.
        cancellation: What came into the work last because somebody had cancelled the task.
    """

    __slots__ = ("_has_begun", "_host", "_work", "cancellation", "task")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._has_begun = False
        self.task: object = None
        self.cancellation: BaseException | None = None

    def suspended(self) -> None:
        """The rest of the work goes into a task."""

    def ended(self, value: Any, error: BaseException | None) -> None:
        """The work has returned *value*, or raised *error*."""

    def start(self, work: Work[Any]) -> None:
        """Do *work*."""
        self._work = work
        self._advance(work.send, None)

    def _advance(self, advance: Callable[[Any], Any], argument: Any) -> None:
        """Go on with the work here, and in a task from the next thing on that has to be awaited."""
        try:
            awaitable = advance(argument)
        except StopIteration as end:
            self.ended(end.value, None)
        except BaseException as error:
            self.ended(None, original(error))
        else:
            self.suspended()
            task = self._host.spawn(self._go_on(awaitable), contextvars.copy_context(), is_eager=True)
            if not self._has_begun:
                task.add_done_callback(functools.partial(self._never_began, awaitable))
        finally:
            del argument  # an error, which keeps this frame

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
                if self._host.is_being_cancelled():
                    await self._host.next_iteration()  # where it arrives, unless what was awaited has swallowed it
                advance = work.send
            except CancelledError as error:
                argument = error
                if self._host.is_being_cancelled():
                    self.cancellation = error
            except GeneratorExit as error:
                if self._host.current_task() is not self.task:
                    work.close()  # this coroutine is being closed: its loop is gone
                    raise
                argument = through(error)
            except BaseException as error:
                argument = error
            self._host.forget_cancellation()
            try:
                awaitable = advance(argument)
            except StopIteration as end:
                self.task = None  # an error that is raised from here keeps this frame, and must not keep its own task
                self.ended(end.value, None)
                return
            except BaseException as error:
                self.task = None
                self.ended(None, original(error))
                return
            finally:
                del argument  # an error, which keeps this frame

    def _never_began(self, awaitable: Any, task: Task) -> None:
        """If *task* was cancelled before its first step: nothing was awaited, and the work goes on with that."""
        if task.cancelled() and not self._has_begun:
            if isinstance(awaitable, Coroutine):
                awaitable.close()
            self.cancellation = CancelledError()
            self._advance(self._work.throw, self.cancellation)
