"""A virtual clock: time that jumps to the next deadline when all is idle.

In: a coroutine. Out: its result, without a second of waiting. Everything on the loop lives in virtual time: the
timers of machines, ``asyncio.sleep``, time-outs.
The clock is the selector of an event loop of its own: the loop asks it to wait, and it moves time instead.
"""

from __future__ import annotations

import functools
import math
import selectors
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, TypeVar, overload

from typing_extensions import ParamSpec

from hsm.names import shown
from hsm.runtime.host import Cancellable
from hsm.testing.loop import EventLoop, LoopOnClock, clock_of_running_loop, run_on, sleep

P = ParamSpec("P")
R = TypeVar("R")


class VirtualClock(selectors.BaseSelector):
    """Time for tests: starts at 0, stands still while anything runs, and jumps when everything waits.

    Args:
        wall: What the wall clock says at time 0 (naive: local time); by default the real time when the clock is made,
            so that ``datetime.now()`` in a program is not far from it. Pass it where a test depends on the date.
        patience: How many iterations of the loop may follow each other before a program that never comes to rest, so
            that time cannot go on, gets a `RuntimeError`.

    Raises:
        ValueError: *patience* is not positive.
        TypeError: *wall* is not a ``datetime``.

    While the loop watches sockets, or something runs in an executor, time passes at its ordinary pace, as the other
    side lives in real time. A program that waits for nothing at all gets a `RuntimeError` instead of waiting forever.
    """

    def __init__(self, wall: datetime | None = None, *, patience: int = 1_000_000) -> None:
        if patience < 1:
            raise ValueError(f"patience is 1 or more iterations, not {shown(patience)}")
        if wall is not None and not isinstance(wall, datetime):
            raise TypeError(f"the wall of a clock is a datetime, not {shown(wall)}")
        self._patience = patience
        self._iterations = 0
        self._now = 0.0
        self._wall = time.time() if wall is None else wall.timestamp()
        self._selector = selectors.DefaultSelector()
        self._loop: LoopOnClock | None = None
        self._threads = 0
        self._foreign: frozenset[threading.Thread] = frozenset()
        self._idle: list[Any] = []
        self._until_next: float | None = None

    def run(self, main: Awaitable[R]) -> R:
        """Run *main* on a new loop in this clock's time, and give its result."""
        result: R = run_on(self.new_loop, main)
        return result

    def new_loop(self) -> EventLoop:
        """A new event loop in this clock's time, which goes on where the loop before it was closed.

        Raises:
            RuntimeError: The loop before it is not closed.
        """
        if self._loop is not None:
            raise RuntimeError("a virtual clock has one loop at a time, and the one that it has is not closed yet")
        self._loop = LoopOnClock(self)
        return self._loop

    async def advance(self, seconds: float) -> None:
        """Let *seconds* pass: everything that falls due on the way happens, in its order, and all that follows from it.

        May be cancelled at any time; time stays where it is then.
        """
        await sleep(seconds)
        await self.settle()

    async def settle(self) -> None:
        """Let everything happen that can happen without time passing.

        May be cancelled at any time.
        """
        idle = self._running_loop().create_future()
        self._idle.append(idle)
        await idle

    async def until_next(self) -> float | None:
        """In how many seconds the loop has something to do again, once everything has happened that can happen now.

        At most a day, as loops wait no longer at a time; ``None`` if nothing is due. May be cancelled at any time.
        """
        await self.settle()
        return self._until_next

    # --- a clock for machines --------------------------------------------------------------------------------

    def time(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def wall(self) -> float:
        """Seconds since 1970 by this clock."""
        return self._wall + self._now

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Cancellable:
        """Call *callback* once `time` has reached *when*."""
        return self._running_loop().call_at(when, callback, *args)

    # --- a selector for the loop -----------------------------------------------------------------------------

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; when nothing is and the loop would wait, time jumps by *timeout* instead."""
        # sockets are real, even here: what is ready on them is looked for, but never waited for while time is virtual
        ready = self._selector.select(0)
        is_alone = not self._has_connections() and not self._threads and not _is_anyio_at_work(self._loop)
        if ready or timeout == 0:
            if is_alone:
                self._iterate()
            return ready
        # the loop would wait: everything rests. Whoever waits in `settle` for that is woken before time moves on, and
        # can look at what has happened up to now
        self._iterations = 0
        if self._idle:
            self._until_next = timeout
            idle, self._idle = self._idle, []
            for waiting in idle:
                if not waiting.done():  # `settle` may have been cancelled
                    waiting.set_result(None)
            return ready
        if is_alone:
            if timeout is not None:
                self._jump(timeout)
                return ready
            # a thread may have woken the loop and ended since: so look again
            if not _others() - self._foreign and not self._selector.select(0):
                raise RuntimeError("everything waits, and nothing is left that could happen: a deadlock")
        # the other side lives in real time, and so does this wait; virtual time passes by as much
        before = time.monotonic()
        ready = self._selector.select(timeout)
        self._now += time.monotonic() - before
        return ready

    def thread_began(self) -> None:
        """Something begins in an executor: time passes at its ordinary pace until it ends."""
        self._threads += 1

    def thread_ended(self, future: object) -> None:
        """Something in an executor has ended."""
        self._threads -= 1

    def _iterate(self) -> None:
        """The loop goes round once more without coming to rest."""
        self._iterations += 1
        if self._iterations > self._patience:
            self._iterations = 0
            raise RuntimeError(
                f"time stands still at {self._now:g} s: for {self._patience:,} iterations of the loop something was "
                "always about to run. An activity that ends at once and whose state enters itself again does that, and "
                "a task that only ever does 'await asyncio.sleep(0)'. If the program needs so many iterations: "
                "'VirtualClock(patience=...)'"
            )

    def _jump(self, seconds: float) -> None:
        self._now += seconds
        # a loop takes what is due within a nanosecond, which is less than the next number when time is far advanced
        if math.ulp(self._now) > 1e-9:
            self._now = math.nextafter(self._now, math.inf)

    def _has_connections(self) -> bool:
        """Whether the loop watches anything besides its own wake-up channel."""
        return len(self._selector.get_map()) > 1

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch *fileobj*."""
        return self._selector.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Watch *fileobj* no longer."""
        return self._selector.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is watched."""
        return self._selector.get_map()

    def close(self) -> None:
        """The loop is closed: the clock can run another one."""
        self._selector.close()
        self._selector = selectors.DefaultSelector()
        self._loop = None

    def _running_loop(self) -> LoopOnClock:
        if self._loop is None:
            raise RuntimeError(
                "a virtual clock works inside of its own run(...), or on a loop that its new_loop() has made"
            )
        return self._loop


def lonely_clock(wall: datetime) -> VirtualClock:
    """A clock for a program of the library's own: no thread that there is now wakes its loop.

    Elsewhere such a thread, of a test run's workers say, counts as one that may: a program that waits for nothing at
    all would wait for it forever.
    """
    clock = VirtualClock(wall)
    clock._foreign = frozenset(threading.enumerate())  # pyright: ignore[reportPrivateUsage]  # of this module
    return clock


def _others() -> set[threading.Thread]:
    """The threads that may still wake the loop: all but this one, and workers that wait for work.

    Those are asyncio's and anyio's; and those of drawings and of QuickJS, for which no loop ever waits, and which
    live on after the first picture.
    """
    mine = threading.current_thread()
    idle = ("asyncio_", _ANYIO, "hsm-draw", "quickjs-worker")
    return {each for each in threading.enumerate() if each is not mine and not each.name.startswith(idle)}


_ANYIO = "AnyIO worker thread"
"""The name of the threads of ``anyio.to_thread``, in which FastAPI runs functions that are not async."""


def _is_anyio_at_work(loop: object) -> bool:
    """Whether a thread of anyio's works for *loop*; it bypasses `LoopOnClock.run_in_executor`, which would count it.

    Those of other loops, and those that were told to stop, may live on for a while: they wake this loop no more.
    """
    if threading.active_count() == 1:
        return False
    workers: list[Any] = [each for each in threading.enumerate() if each.name == _ANYIO]
    return any(each.loop is loop and not each.stopping and each not in each.idle_workers for each in workers)


def loop_factory(clock: VirtualClock | None = None) -> Callable[[], EventLoop]:
    """What makes event loops in virtual time, for whatever takes a ``loop_factory``.

    ``asyncio.Runner`` takes one, ``asyncio.run`` from Python 3.12 on, and so do the plug-ins of pytest. Machines on
    such a loop, and everything else on it, live in the time of its clock.

    Args:
        clock: The clock of the loops, which then follow each other in its time; by default each loop gets a new one.
            `running_clock` gives it.

    Returns:
        A callable without arguments. It raises a `RuntimeError` while another loop of *clock* is not closed.
    """
    return _LoopFactory(clock)


class _LoopFactory:
    """A callable that is no function: as the attribute of a class it stays what it is."""

    def __init__(self, clock: VirtualClock | None) -> None:
        self._clock = clock

    def __call__(self) -> EventLoop:
        """A new loop."""
        return (VirtualClock() if self._clock is None else self._clock).new_loop()


def running_clock() -> VirtualClock:
    """The virtual clock of the running loop.

    Raises:
        RuntimeError: No loop is running, or it is not in virtual time.
    """
    clock = clock_of_running_loop()
    if not isinstance(clock, VirtualClock):
        raise RuntimeError("no loop is running in virtual time here; 'hsm.testing.loop_factory()' makes such loops")
    return clock


def run(main: Awaitable[R], *, wall: datetime | None = None) -> R:
    """Run *main* in virtual time, and return its result: ``asyncio.run`` for tests.

    Args:
        main: What to run.
        wall: What the wall clock says at the beginning, as for `VirtualClock`; by default the real time.
    """
    return VirtualClock(wall).run(main)


@overload
def virtual_time(test: Callable[P, Coroutine[Any, Any, R]], /) -> Callable[P, R]: ...
@overload
def virtual_time(*, wall: datetime) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, R]]: ...
def virtual_time(test: Any = None, /, *, wall: datetime | None = None) -> Any:
    """Make a plain function of the async *test*, which runs in virtual time each time it is called.

    With ``@virtual_time(wall=...)`` each run begins at that moment of the wall clock, as for `run`.
    """
    if test is None:
        return functools.partial(_in_virtual_time, wall=wall)
    return _in_virtual_time(test, wall=wall)


def _in_virtual_time(test: Callable[P, Coroutine[Any, Any, R]], *, wall: datetime | None) -> Callable[P, R]:
    @functools.wraps(test)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        return run(test(*args, **kwargs), wall=wall)

    return wrapped
