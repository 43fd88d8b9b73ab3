"""What `dispatch` gives back: awaitables that can be dropped, awaited once, awaited by many, or timed out.

In: an event on its way, later its outcome. Out: the outcome, or the error that no transition took, for whoever
awaits. Never imports asyncio: waiting is done on futures of the host.

Cancelling whoever awaits one ends that wait and nothing else (rule Q4). Each is also a coroutine to
``asyncio.create_task`` and ``asyncio.TaskGroup``, so that those take it as it is.
"""

from __future__ import annotations

import abc
import contextvars
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.actions import Steps
from hsm.runtime.loop import Host

T = TypeVar("T")


class Done(Coroutine[Any, Any, T], Generic[T]):
    """An awaitable that gives *value* at once, any number of times; it holds no state and may be shared."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, Any, T]:
        return _given(self.value)

    def send(self, value: Any, /) -> Any:
        """End with the value, as a coroutine's first step."""
        raise StopIteration(self.value)

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """Raise, as a coroutine that was thrown into before its first step."""
        raise typ if val is None else val

    def close(self) -> None:
        """Nothing has begun, so nothing has to end."""


def _given(value: T) -> Generator[Any, Any, T]:
    """A generator that has nothing to wait for."""
    yield from ()
    return value


class Drivable(Coroutine[Any, Any, T], Generic[T]):
    """An awaitable that is a coroutine as well, for those that drive coroutines themselves.

    Cancelling or closing it ends the wait that it stands for, and nothing else (rule Q4).
    """

    __slots__ = ("_iterator",)

    def __init__(self) -> None:
        self._iterator: Generator[Any, Any, T] | None = None

    @abc.abstractmethod
    def __await__(self) -> Generator[Any, Any, T]: ...

    def _steps(self) -> Generator[Any, Any, T]:
        if self._iterator is None:
            self._iterator = self.__await__()
        return self._iterator

    def send(self, value: Any, /) -> Any:
        """One step of the wait."""
        return self._steps().send(value)

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """Raise where the wait stands."""
        return self._steps().throw(typ if val is None else val)

    def close(self) -> None:
        """End the wait."""
        self._steps().close()


class Pending(Drivable[T]):
    """An awaitable whose result comes later, with an error kept until somebody takes it.

    Attributes:
        is_done: Whether there is a result or an error.
        is_inside: Whether it was asked for from inside a behaviour of the machine: nobody waits for it there.
    """

    __slots__ = ("_error", "_host", "_is_taken", "_value", "_waiters", "is_done", "is_inside")

    def __init__(self, host: Host, *, is_inside: bool = False) -> None:
        super().__init__()
        self._host = host
        self._value: T | None = None
        self._error: BaseException | None = None
        self._is_taken = False
        self._waiters: list[Any] | None = None
        self.is_done = False
        self.is_inside = is_inside

    def __await__(self) -> Generator[Any, Any, T]:
        if not self.is_done:
            waiter = self._host.future()
            if self._waiters is None:
                self._waiters = []
            self._waiters.append(waiter)
            try:
                yield from waiter
            finally:
                self._forget(waiter)
        self._is_taken = True
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set together with is_done

    def _forget(self, waiter: Any) -> None:
        if self._waiters is not None:
            self._waiters.remove(waiter)

    def finish(self, value: T | None, errors: list[BaseException], *, is_quiet: bool = False) -> None:
        """Give *value*, or raise *errors*, to all that wait and to all that will (rule E4).

        Errors that nobody comes for are reported when this object goes, unless *is_quiet*.
        """
        self._value = value
        self._is_taken = is_quiet
        self._error = together(errors)
        self.is_done = True
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def answer(self) -> Coroutine[Any, Any, T]:
        """This, or the shared awaitable of its outcome when all is done and well."""
        if self.is_done and self._error is None and isinstance(self._value, Outcome):
            return OUTCOMES[self._value]  # type: ignore[return-value]  # T is Outcome here
        return self

    def __del__(self) -> None:
        if self._error is not None and not self._is_taken:
            self._host.report("nobody awaited the event that caused this error", self._error)


OUTCOMES: dict[Outcome, Done[Outcome]] = {outcome: Done(outcome) for outcome in Outcome}
"""One finished awaitable for each outcome."""
STOPPED: Done[None] = Done(None)
"""The finished awaitable of a machine that is not running any more, or will stop after the current step."""


class View(Drivable[T]):
    """One wait of several for the same *pending*: each may be driven by a task of its own."""

    __slots__ = ("_pending",)

    def __init__(self, pending: Pending[T]) -> None:
        super().__init__()
        self._pending = pending

    def __await__(self) -> Generator[Any, Any, T]:
        return self._pending.__await__()


class Work(Pending[T]):
    """Something for a machine to do when its turn comes, and the awaitable of what comes of it.

    Attributes:
        steps: What there is to do.
        event: The event that was dispatched, for what is one.
        variables: The ``contextvars`` to do it in; ``None``: those that are current when it begins (rule Q6).
        is_fed: Whether the machine sent it to itself from within a step (rule Q8).
    """

    __slots__ = ("event", "is_fed", "steps", "variables")

    def __init__(
        self,
        host: Host,
        steps: Steps[T],
        event: Event[Any] | None = None,
        variables: contextvars.Context | None = None,
        *,
        is_inside: bool = False,
        is_fed: bool = False,
    ) -> None:
        super().__init__(host, is_inside=is_inside)
        self.steps = steps
        self.event = event
        self.variables = variables
        self.is_fed = is_fed


def together(errors: list[BaseException]) -> BaseException | None:
    """*errors* as one: itself, unchanged, when it is one; a group when there are several (rule E4)."""
    if len(errors) < 2:
        return errors[0] if errors else None
    return BaseExceptionGroup(f"{len(errors)} errors that no transition took", errors)
