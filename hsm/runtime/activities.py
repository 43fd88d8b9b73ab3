"""The activities of one machine: rule A1.

In: behaviours of the Program. Out: tasks, and word of those that returned or raised.
Never imports asyncio: the host makes the tasks and waits for them.
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from typing import Any

import attrs

from hsm.context import Context
from hsm.events import Event
from hsm.program import Behavior, Program, describe
from hsm.runtime.actions import Actions, Steps
from hsm.runtime.done import awaits
from hsm.runtime.loop import CancelledError, Host, Task


@attrs.define(eq=False)
class Running:
    """An activity that was started, for one activation of its vertex."""

    behavior: Behavior
    vertex: int
    event: Event[Any]
    context: Context
    task: Task = attrs.field(init=False)
    has_returned: bool = False
    is_unwanted: bool = False
    """Whether its vertex is being left, or its machine ends."""
    is_told: bool = False
    """Whether its error has been passed on."""

    def error(self) -> BaseException | None:
        """What it raised; a cancellation only where nobody had asked for one. ``None`` while it runs."""
        if not self.task.done():
            return None
        if not self.task.cancelled():
            return self.task.exception()
        return None if self.task.cancelling() else CancelledError("an activity cancelled itself")


class Activities:
    """Starts, watches and ends the activities of one machine."""

    __slots__ = ("_actions", "_ended", "_grace", "_host", "_program", "_running")

    def __init__(
        self,
        program: Program,
        actions: Actions,
        host: Host,
        grace: float,
        ended: Callable[[Running, BaseException | None], object],
    ) -> None:
        self._program = program
        self._actions = actions
        self._host = host
        self._grace = grace
        self._ended = ended
        self._running: dict[int, list[Running]] = {}

    def start(self, vertex: int, event: Event[Any]) -> None:
        """Start the activities of *vertex*, which *event* led to; they begin on the next turn of the loop."""
        running = self._running[vertex] = []
        for index in self._program.vertices[vertex].activities:
            each = Running(self._program.behaviors[index], vertex, event, self._actions.context.child())
            running.append(each)
            each.task = self._host.spawn(self._perform(each), contextvars.copy_context(), is_eager=False)
            each.task.add_done_callback(functools.partial(self._done, each))

    def have_returned(self, vertex: int) -> bool:
        """Whether all activities of *vertex* have returned, none of them by an exception (rule C1)."""
        return all(each.has_returned for each in self._running.get(vertex, ()))

    def end(self, vertex: int) -> Steps[None]:
        """Cancel the activities of *vertex* and wait for them, at most the time of grace (rule K5).

        One that has raised already, on this very turn of the loop, was not cancelled: its error counts (rule E2).
        """
        running = self._running.pop(vertex, [])
        for each in running:
            self._cast_off(each)
        yield from self._wait(running)

    def end_all(self) -> Steps[None]:
        """Cancel every activity, and wait for all of them together, at most the time of grace."""
        running = [each for several in self._running.values() for each in several]
        self._running.clear()
        for each in running:
            self._cast_off(each)
        yield from self._wait(running)

    def _cast_off(self, each: Running) -> None:
        """Nobody wants *each* any more."""
        each.is_unwanted = True
        each.context.cancel()
        error = each.error()
        if isinstance(error, Exception) and not each.is_told:
            each.is_told = True
            self._actions.fail(error, each.behavior, each.event)
            self._actions.from_activities.append(error)

    def _wait(self, running: list[Running]) -> Steps[None]:
        tasks = [each.task for each in running if not each.task.done()]
        if not tasks:
            return
        yield self._host.cancel_and_wait(tasks, self._grace)
        for each in running:
            if not each.task.done():
                place = describe(self._program, each.behavior)
                refusal = TimeoutError(f"{place} did not end within {self._grace:g} s of being cancelled: abandoned")
                self._host.report(str(refusal), refusal)

    def abandon(self) -> None:
        """Cancel every activity without waiting: the loop itself is being taken down."""
        for running in self._running.values():
            for each in running:
                each.is_unwanted = True
                each.context.cancel()
                each.task.cancel()
        self._running.clear()

    async def _perform(self, each: Running) -> None:
        result = each.behavior.call(each.context, self._actions.instance, each.event)
        if awaits(result):
            await result

    def _done(self, each: Running, task: Task) -> None:
        error = each.error()
        if each.is_told:
            return
        if error is not None:
            self._actions.annotate(error, each.behavior, each.event)
        if each.is_unwanted:
            if isinstance(error, Exception):
                place = describe(self._program, each.behavior)
                self._host.report(f"{place} raised while it was being cancelled", error)
        elif error is not None:
            each.is_told = True
            self._ended(each, error)
        elif not task.cancelled():
            each.has_returned = True
            self._ended(each, None)
