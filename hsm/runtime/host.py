"""The host: the one door to asyncio, for tasks, futures, the clock, and errors that nobody awaits.

In: the running event loop. Out: `Host`, one per loop, and the Protocols by which the rest of the run time asks.
Nothing else in the run time imports asyncio; it could run on another event loop, or on none.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import sys
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeAlias

import attrs

_logger = logging.getLogger("hsm")


class Cancellable(Protocol):
    """A call that has been asked for, and can be called off."""

    def cancel(self) -> None:
        """Call it off; without effect when it was made already."""


class Clock(Protocol):
    """Where a machine gets its time (rule A7): the loop's own clock, or one of the user's."""

    def time(self) -> float:
        """Seconds since some fixed moment, never going back."""
        ...

    def wall(self) -> float:
        """Seconds since 1970 by this clock; `at` counts by it."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Cancellable:
        """Call *callback* on the machine's loop once `time` has reached *when*: later, and never within this call."""
        ...


class LoopClock:
    """The clock of an event loop: its ``time`` and ``call_at``, and the system's wall clock."""

    __slots__ = ("_loop",)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def time(self) -> float:
        """The loop's time, in seconds."""
        return self._loop.time()

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Cancellable:
        """Call *callback* once `time` has reached *when*."""
        # in a context of its own: that of a step would keep its machine for as long as the call is waited for
        return self._loop.call_at(when, callback, *args, context=contextvars.Context())

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()


Task: TypeAlias = asyncio.Task[Any]
"""What `Host.spawn` makes."""
CancelledError = asyncio.CancelledError
"""What a cancelled ``await`` raises."""
running_loop: Callable[[], object] = asyncio._get_running_loop
"""The `Host.mark` of the loop that runs in this thread, by the fastest way there is."""

if sys.version_info < (3, 12):
    # asking asyncio takes a system call there; the mark of the last host that was made on the thread is as good

    class _ThreadLocal(threading.local):
        """What a thread knows."""

        mark: Callable[[], asyncio.AbstractEventLoop | None] = staticmethod(lambda: None)
        """The mark of its last host."""

    _thread_local = _ThreadLocal()

    def running_loop() -> object:
        """The mark of the last host of this thread, if its loop is running."""
        mark = _thread_local.mark
        loop = mark()
        return mark if loop is not None and loop.is_running() else None


@attrs.define(eq=False)
class Host:
    """An event loop, as machines see it; `host_of_loop` gives the one of a loop.

    Attributes:
        loop: The loop.
        thread: The thread that it runs on.
        mark: What `running_loop` returns on that thread while the loop runs: the fast way to see that a sender is in
            the right place (rule Q7).
        clock: Where time comes from, for machines that were given no clock.
        heap: The timers on that clock, once there are any; `timer_heap` knows what it is.
        heaps: The timers on other clocks, by the identity of the clock.
        future, call_soon, call_soon_threadsafe: The loop's own methods.
        depth: How many machines are in a step on the stack, each called from a behaviour of the one before (rule Q9);
            not counted are generated steps that are marked.
        at_end: What is called when the loop is being shut down.
        step_tasks: The tasks in which steps are suspended; each with what its step waits for, if that is expected of a
            machine (rule Q10). They are cancelled when the loop is being shut down.
    """

    loop: asyncio.AbstractEventLoop
    thread: int = attrs.field(factory=threading.get_ident)
    heap: object = None
    heaps: weakref.WeakValueDictionary[int, object] = attrs.field(factory=weakref.WeakValueDictionary[int, object])
    depth: int = 0
    at_end: set[Callable[[], object]] = attrs.field(factory=set[Callable[[], object]])
    step_tasks: dict[Task, Any] = attrs.field(factory=dict["Task", Any])
    _end: AsyncGenerator[None, None] | None = None
    _has_ended: list[None] = attrs.field(factory=list[None])  # anything, once it has: the generator must not know this
    mark: object = attrs.field(init=False)
    clock: Clock = attrs.field(init=False)
    future: Callable[[], asyncio.Future[Any]] = attrs.field(init=False)
    call_soon: Callable[..., object] = attrs.field(init=False)
    call_soon_threadsafe: Callable[..., object] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        loop = self.mark = self.loop
        if sys.version_info < (3, 12):
            self.mark = _thread_local.mark = weakref.ref(loop)  # not the loop, which would be kept by its thread
        self.clock = getattr(loop, "clock", None) or LoopClock(loop)
        self.future, self.call_soon = loop.create_future, loop.call_soon
        self.call_soon_threadsafe = loop.call_soon_threadsafe

    def spawn(self, work: Coroutine[Any, Any, None], context: contextvars.Context, *, is_eager: bool) -> Task:
        """A task for *work*, run in *context*; an eager one begins before this returns, where Python can."""
        if is_eager and sys.version_info >= (3, 12) and self.loop.is_running():
            return asyncio.Task(work, loop=self.loop, context=context, eager_start=True)
        return self.loop.create_task(work, context=context)

    def call_later(self, seconds: float, callback: Callable[..., object], *args: Any) -> Cancellable:
        """Call *callback* in *seconds* of the loop's time."""
        # in a context of its own: asyncio keeps that of a cancelled call, and a step's would keep its machine
        return self.loop.call_later(seconds, callback, *args, context=contextvars.Context())

    async def cancel_and_wait(self, tasks: list[Task], grace: float) -> None:
        """Cancel *tasks* and wait until all are done, at most *grace* seconds.

        A cancellation of the caller ends the wait; the tasks have been asked to end all the same.
        """
        for task in tasks:
            task.cancel()
        await self.next_iteration()  # most need no more than that
        late = [task for task in tasks if not task.done()]
        if late:
            await asyncio.wait(late, timeout=grace)

    def add_at_end(self, callback: Callable[[], object]) -> bool:
        """Add *callback* to what is called when the loop is being shut down; whether that is still to come."""
        if self.is_shutting_down:
            return False
        self._watch_end()
        self.at_end.add(callback)
        return True

    def add_step_task(self, task: Task) -> None:
        """A step is suspended in *task*, which is cancelled when the loop is being shut down."""
        if self._end is None:
            self._watch_end()
        self.step_tasks.setdefault(task, None)
        if self._has_ended or self._end is None:
            task.cancel()

    def _watch_end(self) -> None:
        """Have the loop tell of its end: asynchronous generators that have begun are what it closes then."""
        if self._end is None and not self.is_shutting_down:
            self._end = _wait_for_end(self.at_end, self.step_tasks, self._has_ended)
            _step(self._end.__anext__())

    @property
    def is_shutting_down(self) -> bool:
        """Whether the loop has shut its asynchronous generators down: then it will soon be closed."""
        is_called: bool = getattr(self.loop, "_asyncgens_shutdown_called", False)
        return is_called

    def __del__(self) -> None:
        if self._end is not None:
            self.at_end.clear()
            self.step_tasks.clear()
            _step(self._end.aclose())  # otherwise the loop would make a task for that

    async def next_iteration(self) -> None:
        """Wait until the next iteration of the loop."""
        await asyncio.sleep(0)

    def report(self, message: str, error: BaseException) -> None:
        """Give *error*, which nobody awaits, to the loop's exception handler; once it is closed, to the ``hsm`` logger.

        To one of them alone: both print by default (rule E4a). Whatever a handler does, nothing is raised from here,
        where a step may be under way (rule E1a).
        """
        try:
            if self.loop.is_closed():
                _logger.error("%s", message, exc_info=error)
            else:
                self.loop.call_exception_handler({"message": message, "exception": error})
        except Exception:
            # the loop itself guards against its handler, so this is a handler of logging
            sys.excepthook(type(error), error, error.__traceback__)

    def is_elsewhere(self) -> bool:
        """Whether another loop is running in this thread."""
        running = asyncio._get_running_loop()
        return running is not None and running is not self.loop

    def current_task(self) -> asyncio.Task[Any] | None:
        """The task that is running, or ``None`` outside of any."""
        return asyncio.current_task(self.loop)


async def _wait_for_end(
    callbacks: set[Callable[[], object]], tasks: dict[Task, Any], has_ended: list[None]
) -> AsyncGenerator[None, None]:
    """Call *callbacks*, cancel *tasks*, and note that in *has_ended*, when the loop closes this generator."""
    try:
        yield
    finally:
        has_ended.append(None)
        while callbacks:
            callbacks.pop()()
        for task in [*tasks]:
            task.cancel()


def _step(awaitable: Awaitable[None]) -> None:
    """Await *awaitable*, which does not suspend, without a task."""
    with contextlib.suppress(StopIteration):
        awaitable.__await__().send(None)


_last: weakref.ref[Host] | None = None
"""The host that was asked for last."""
_hosts: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[Host]] = weakref.WeakKeyDictionary()
"""The host of each loop, for as long as a machine holds it: a host holds its loop, so this must not hold the host."""


def host_of_loop() -> Host:
    """The host of the running loop.

    Raises:
        RuntimeError: No loop is running in this thread.
    """
    global _last
    loop = asyncio.get_running_loop()
    host = _last() if _last is not None else None
    if host is not None and host.loop is loop:
        return host
    known = _hosts.get(loop)
    host = known() if known is not None else None
    if host is None:
        host = Host(loop)
        _hosts[loop] = weakref.ref(host)
    _last = weakref.ref(host)
    return host
