"""The activities of one machine: rule A1.

In: behaviours of the Program. Out: tasks, and word of those that returned or raised.
Never imports asyncio: the host makes the tasks and waits for them.
"""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import attrs

from hsm.context import Context
from hsm.events import Event
from hsm.program import Behavior, Program, describe_behavior
from hsm.runtime.awaitables import Work, awaits, is_coroutine
from hsm.runtime.failures import Failures, annotate
from hsm.runtime.host import CancelledError, Host, Task


@attrs.define(eq=False)
class Activity:
    """An activity that was started, for one activation of its vertex.

    Attributes:
        index: Its behaviour, as vertices name it.
        task: What it runs in; ``None`` for one that had ended when its machine was saved.
        has_returned: Whether it returned, without an exception.
        is_cancelled: Whether its vertex is being exited, or its machine ends.
        is_reported: Whether its error has been passed on.
    """

    index: int
    behavior: Behavior
    vertex: int
    event: Event[Any]
    context: Context
    ended: Ended
    task: Task | None = attrs.field(init=False, default=None)
    has_returned: bool = False
    is_cancelled: bool = False
    is_reported: bool = False

    def is_running(self) -> bool:
        """Whether it has not ended, in whatever way."""
        return self.task is not None and not self.task.done()

    def error(self) -> BaseException | None:
        """What it raised; a cancellation only where nobody had asked for one. ``None`` while it runs."""
        task = self.task
        if task is None or not task.done():
            return None
        if not task.cancelled():
            return task.exception()
        return None if task.cancelling() else CancelledError("an activity cancelled itself")


Ended: TypeAlias = Callable[[Activity, BaseException | None], object]
"""Takes an activity that nobody cancelled and that has ended, with what it raised."""
Call: TypeAlias = Callable[[Activity], Any]
"""Calls an activity, and returns what it returns."""


class Activities:
    """Starts, watches and ends the activities of one machine.

    Args:
        program: What the activities are behaviours of.
        host: Makes their tasks.
        grace: Seconds that a cancelled one has to end.
        failures: Takes errors of those that raised before they could be cancelled.
    """

    __slots__ = ("_failures", "_grace", "_host", "_program", "_running")

    def __init__(self, program: Program, host: Host, grace: float, failures: Failures) -> None:
        self._program = program
        self._host = host
        self._grace = grace
        self._failures = failures
        self._running: dict[int, list[Activity]] = {}

    def begin(self, vertex: int, event: Event[Any], context: Context, call: Call, ended: Ended) -> None:
        """Start the activities of *vertex*, which *event* led to; they begin on the next iteration of the loop.

        Args:
            vertex: What was entered.
            event: What the activities are given.
            context: What their own contexts are children of.
            call: Calls one, in its own task.
            ended: Is called for each that ends by itself.
        """
        self._running[vertex] = []
        for index in self._program.vertices[vertex].activities:
            self.add(vertex, index, event, context, ended, call)

    def add(
        self, vertex: int, index: int, event: Event[Any], context: Context, ended: Ended, call: Call | None
    ) -> Activity:
        """Start the activity *index* of *vertex*, as `begin` does; without a *call* it is one that has ended."""
        activity = Activity(index, self._program.behaviors[index], vertex, event, context.child(), ended)
        self._running.setdefault(vertex, []).append(activity)
        if call is None:
            return activity
        task = self._host.spawn(self._perform(activity, call), contextvars.copy_context(), is_eager=False)
        activity.task = task
        task.add_done_callback(functools.partial(self._done, activity))
        return activity

    def started(self) -> Iterator[Activity]:
        """Those that were started and whose vertices are active; also those that have ended meanwhile."""
        for running in self._running.values():
            yield from running

    def are_over(self) -> bool:
        """Whether none runs."""
        return not any(activity.is_running() for activity in self.started())

    def have_returned(self, vertex: int) -> bool:
        """Whether all activities of *vertex* have returned, none of them by an exception (rule C1)."""
        return all(activity.has_returned for activity in self._running.get(vertex, ()))

    def end(self, vertex: int) -> Work[None]:
        """Cancel the activities of *vertex* and wait for them, at most the time of grace (rule K5).

        One that has raised already, in this very iteration of the loop, was not cancelled: its error counts (rule E2).
        """
        yield from self._end(self._running.pop(vertex, []))

    def end_all(self) -> Work[None]:
        """Cancel every activity, and wait for all of them together, at most the time of grace."""
        running = [activity for several in self._running.values() for activity in several]
        self._running.clear()
        yield from self._end(running)

    def abandon(self) -> None:
        """Cancel every activity without waiting: the loop itself is being closed."""
        for running in self._running.values():
            for activity in running:
                activity.is_cancelled = True
                activity.context.cancel()
                if activity.task is not None:
                    activity.task.cancel()
        self._running.clear()

    def _end(self, running: list[Activity]) -> Work[None]:
        for activity in running:
            self._cast_off(activity)
        tasks = [activity.task for activity in running if activity.task is not None and activity.is_running()]
        if not tasks:
            return
        yield self._host.cancel_and_wait(tasks, self._grace)
        for activity in running:
            if activity.is_running():
                place = describe_behavior(self._program, activity.behavior)
                refusal = TimeoutError(f"{place} did not end within {self._grace:g} s of being cancelled: abandoned")
                self._host.report(str(refusal), refusal)

    def _cast_off(self, activity: Activity) -> None:
        """Nobody needs *activity* any more."""
        activity.is_cancelled = True
        activity.context.cancel()
        error = activity.error()
        if isinstance(error, Exception) and not activity.is_reported:
            activity.is_reported = True
            annotate(error, self._program, activity.behavior, activity.event)
            self._failures.keep_from_activity(error)

    async def _perform(self, activity: Activity, call: Call) -> None:
        behavior = activity.behavior
        result = call(activity)
        if (behavior.makes_coroutine or not behavior.ends_at_once) and awaits(result):
            result = await result
        while is_coroutine(result):  # as for every other behaviour
            result = await result

    def _done(self, activity: Activity, task: Task) -> None:
        error = activity.error()
        if activity.is_reported:
            return
        if error is not None:
            annotate(error, self._program, activity.behavior, activity.event)
        if activity.is_cancelled:
            if error is not None and not isinstance(error, CancelledError):
                place = describe_behavior(self._program, activity.behavior)
                self._host.report(f"{place} raised while it was being cancelled", error)
        elif error is not None:
            activity.is_reported = True
            activity.ended(activity, error)
        elif not task.cancelled():
            activity.has_returned = True
            activity.ended(activity, None)
