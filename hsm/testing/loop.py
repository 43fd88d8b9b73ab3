"""The loop of the virtual clock: the second door to asyncio, beside `runtime.host`.

In: a clock that is the loop's selector as well. Out: an event loop that lives in the clock's time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

EventLoop: TypeAlias = asyncio.AbstractEventLoop
"""What a loop factory makes."""


class LoopOnClock(asyncio.SelectorEventLoop):
    """An event loop whose time is that of *clock*; machines on it use *clock* by themselves."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        super().__init__(clock)

    def time(self) -> float:
        """The clock's time, in seconds."""
        now: float = self.clock.time()
        return now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # the stub's variadic type says no more
        """Run *func* in a thread; the clock counts it, as that thread lives in real time."""
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        self.clock.thread_began()
        future.add_done_callback(self.clock.thread_ended)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's
        """Wait for the threads, however long they take: a time-out would pass at once here."""
        await super().shutdown_default_executor()


def run_on(loop_factory: Callable[[], asyncio.AbstractEventLoop], main: Awaitable[Any]) -> Any:
    """Run *main* on a loop that *loop_factory* makes, and give its result."""

    async def awaited() -> Any:
        return await main

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(awaited())


def runner_on(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> asyncio.Runner:
    """What runs one coroutine after the other on one loop, which rests between them; it is to be closed."""
    return asyncio.Runner(loop_factory=loop_factory)


def clock_of_running_loop() -> object:
    """The clock of the loop that is running, or ``None``."""
    return getattr(asyncio._get_running_loop(), "clock", None)


async def sleep(seconds: float) -> None:
    """Wait *seconds* of the running loop's time."""
    await asyncio.sleep(seconds)
