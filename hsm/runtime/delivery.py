"""What `dispatch` gives back: awaitables that can be dropped, awaited once, awaited by many, or timed out.

In: an event on its way, later its outcome. Out: the outcome, or the error that no transition took, for whoever
awaits. Never imports asyncio: waiting is done on futures of the host.

Cancelling whoever awaits one ends that wait and nothing else (rule Q4).
"""

from __future__ import annotations

import abc
import contextlib
import contextvars
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from hsm.answer import Answer
from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.actions import Steps
from hsm.runtime.done import OUTCOMES, Done
from hsm.runtime.loop import Host

T = TypeVar("T")


class Drivable(Answer[T], Generic[T]):
    """An awaitable that is a coroutine as well, for those that drive coroutines themselves, such as tasks.

    Several tasks may drive the same one: each has a wait of its own. Cancelling or closing it ends the wait, and
    nothing else (rule Q4).
    """

    __slots__ = ("_host", "_waits")

    _host: Host
    _waits: dict[object, Generator[Any, Any, T]] | None

    @abc.abstractmethod
    def __await__(self) -> Generator[Any, Any, T]: ...

    def _step(self, advance: Callable[[Generator[Any, Any, T]], Any]) -> Any:
        """One step of the wait of the current task; one that ends makes room for another."""
        if self._waits is None:
            self._waits = {}
        driver = self._host.current_task()
        wait = self._waits.setdefault(driver, self.__await__())
        try:
            return advance(wait)
        except BaseException:
            del self._waits[driver]
            raise

    def send(self, value: Any, /) -> Any:
        """One step of the wait."""
        return self._step(lambda wait: wait.send(value))

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """Raise where the wait stands."""
        return self._step(lambda wait: wait.throw(typ if val is None else val))

    def close(self) -> None:
        """End every wait."""
        waits, self._waits = self._waits or {}, None
        for wait in waits.values():
            wait.close()


class Pending(Generic[T]):
    """A result that comes later; `Promise` is what users await.

    Attributes:
        is_done: Whether there is a result or an error.
        is_inside: Whether it was asked for from inside a behaviour of the machine: nobody waits for it there.
    """

    __slots__ = ("_is_told", "_promises", "_report", "_value", "_waiters", "error", "host", "is_done", "is_inside")

    def __init__(self, host: Host, report: Callable[[list[BaseException]], object], *, is_inside: bool = False) -> None:
        self.host = host
        self._report = report
        self._value: T | None = None
        self._is_told = False
        self._promises: int | None = None
        self._waiters: list[Any] = []
        self.error: BaseException | None = None
        self.is_done = False
        self.is_inside = is_inside

    def wait(self) -> Generator[Any, Any, T]:
        """Wait for the result, and give it or raise the error; any number of times."""
        if not self.is_done:
            waiter = self.host.future()
            self._waiters.append(waiter)
            try:
                yield from waiter
            finally:
                self._waiters.remove(waiter)
        if self.error is not None:
            raise self.error
        return self._value  # type: ignore[return-value]  # set together with is_done

    def finish(self, value: T | None, errors: list[BaseException], *, is_quiet: bool = False) -> None:
        """Give *value*, or raise *errors*, to all that wait and to all that will (rule E4).

        Errors that nobody can come for any more are reported, unless *is_quiet*.
        """
        self._value = value
        self.error = together(errors)
        self.is_done = True
        if is_quiet:
            self._report = _nothing
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._report_if_nobody_comes()

    def promise(self) -> None:
        """Somebody may ask."""
        self._promises = (self._promises or 0) + 1

    def told(self) -> None:
        """Somebody who asked has the result, or the error."""
        self._is_told = True

    def give_up(self) -> None:
        """One who might have asked will not any more; where it was the last, an error, now or later, is reported."""
        assert self._promises is not None  # there was one
        self._promises -= 1
        self._report_if_nobody_comes()

    def _report_if_nobody_comes(self) -> None:
        if self._promises == 0 and self.is_done and self.error is not None and not self._is_told:
            self._is_told = True
            self._report([self.error])

    def answer(self) -> Answer[T]:
        """What a user awaits: when all is done and well, what gives the value at once."""
        if not self.is_done or self.error is not None:
            return Promise(self)
        if isinstance(self._value, Outcome):
            return OUTCOMES[self._value]  # type: ignore[return-value]  # T is Outcome here
        return Done(self._value)  # type: ignore[arg-type]  # set together with is_done


class Restarting(Pending[None]):
    """A restart that is under way.

    Attributes:
        is_called_off: Whether the machine was told to stop meanwhile: then it does not start again.
    """

    __slots__ = ("is_called_off",)

    def __init__(self, host: Host, report: Callable[[list[BaseException]], object]) -> None:
        super().__init__(host, report)
        self.is_called_off = False


class Promise(Drivable[T]):
    """What a user awaits, or drops: then an error of what it stands for is reported, now or when it comes (rule E4).

    Nothing inside refers to it, so that it goes as soon as the user lets it go.
    """

    __slots__ = ("_pending",)

    def __init__(self, pending: Pending[T]) -> None:
        self._host = pending.host
        self._waits = None
        self._pending = pending
        pending.promise()

    def __await__(self) -> Generator[Any, Any, T]:
        return self._wait()

    def _wait(self) -> Generator[Any, Any, T]:
        try:
            return (yield from self._pending.wait())
        finally:
            if self._pending.is_done:
                self._pending.told()

    def __del__(self) -> None:
        self._pending.give_up()


class Work(Pending[T]):
    """Something for a machine to do when its turn comes, and what comes of it.

    Attributes:
        steps: What there is to do.
        event: The event that was dispatched, for what is one.
        variables: The ``contextvars`` to do it in; ``None``: those that are current when it begins (rule Q6).
        is_fed: Whether the machine sent it to itself from within a step (rule Q8).
        is_recalled: Whether it was held back once: then it is nothing new from outside.
        is_call: Whether it is the call of an operation.
    """

    __slots__ = ("event", "is_call", "is_fed", "is_recalled", "steps", "variables")

    def __init__(
        self,
        host: Host,
        report: Callable[[list[BaseException]], object],
        steps: Steps[T],
        event: Event[Any] | None = None,
        variables: contextvars.Context | None = None,
        *,
        is_inside: bool = False,
        is_fed: bool = False,
        is_call: bool = False,
    ) -> None:
        super().__init__(host, report, is_inside=is_inside)
        self.steps = steps
        self.event = event
        self.variables = variables
        self.is_fed = is_fed
        self.is_recalled = False
        self.is_call = is_call


def together(errors: list[BaseException]) -> BaseException | None:
    """*errors* as one: itself, unchanged, when it is one; a group when there are several (rule E4)."""
    if len(errors) < 2:
        return errors[0] if errors else None
    return BaseExceptionGroup(f"{len(errors)} errors that no transition took", errors)


def drive(steps: Steps[None], host: Host) -> None:
    """Take *steps* here, up to the first thing that has to be awaited; the rest in a task, which nobody awaits."""
    try:
        awaitable = next(steps)
    except StopIteration:
        return
    task = host.spawn(_drive(steps, awaitable), contextvars.copy_context(), is_eager=True)
    task.add_done_callback(lambda _: steps.close())  # it may have been cancelled before its first turn


async def _drive(steps: Steps[None], awaitable: Any) -> None:
    with contextlib.suppress(StopIteration):
        while True:
            try:
                value = await awaitable
            except BaseException as error:
                awaitable = steps.throw(error)
            else:
                awaitable = steps.send(value)


def _nothing(errors: list[BaseException]) -> None:
    """Errors that need no report."""
