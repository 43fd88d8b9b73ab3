"""Awaitables: what `dispatch`, `stop`, `wait` and `call` return, to be dropped, awaited, or awaited by many.

In: a result, now or later. Out: awaitables of it. Never imports asyncio: waiting is done on futures of the host.
Cancelling whoever awaits one ends that wait and nothing else (rule Q4).
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Coroutine, Generator, Mapping
from inspect import CO_ITERABLE_COROUTINE, isawaitable
from types import CoroutineType, GeneratorType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from hsm.answer import Answer
from hsm.errors import DeadlockError, MachineStopped
from hsm.events import Event
from hsm.kinds import type_of
from hsm.outcome import Outcome
from hsm.runtime.host import Host, Task

T = TypeVar("T")
Work: TypeAlias = Generator[Any, Any, T]
"""Something to do, in pieces: yields what has to be awaited, is sent the results, and returns its own."""

# --- work ----------------------------------------------------------------------------------------------------


class Stopping(Exception):
    """A behaviour raised a ``StopIteration``, its argument: on its way through work, where that would mean its end."""


class Closing(BaseException):
    """A behaviour raised a ``GeneratorExit``: in the same way, as that would mean that the work is closed."""


def through(error: BaseException) -> BaseException:
    """*error* as it can be raised in work, which is a generator: two exceptions mean something else there."""
    if isinstance(error, StopIteration):
        return Stopping(error)
    return Closing(error) if isinstance(error, GeneratorExit) else error


def original(error: BaseException) -> BaseException:
    """What `through` was given."""
    wrapped: BaseException = error.args[0] if isinstance(error, Stopping | Closing) else error
    return wrapped


# --- known at once -------------------------------------------------------------------------------------------


class Done(Answer[T], Generic[T]):
    """An awaitable that returns *value* at once, any number of times: it is never used up, and may be shared."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, Any, T]:
        return self.value
        yield  # makes this a generator, which Python awaits faster than any other iterator

    def send(self, value: Any, /) -> Any:
        """End with the value, as the first step of a coroutine."""
        raise StopIteration(self.value)

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """Raise, as a coroutine does that is thrown into before its first step."""
        raise typ if val is None else val

    def close(self) -> None:
        """Nothing has begun, so there is nothing to end."""


def is_done(result: object) -> bool:
    """Whether *result* is a `Done`, whose value can be read without awaiting it."""
    return type(result) is Done


def awaits(result: object) -> bool:
    """Whether *result*, which a behaviour returned, has to be awaited; a `Done` has not."""
    return isawaitable(result) and type(result) is not Done


def is_coroutine(result: Any) -> bool:
    """Whether *result* is a coroutine, which nobody runs unless it is awaited; a future or a task goes on by itself."""
    if result is None:
        return False
    kind = type_of(result)
    if kind is CoroutineType:  # as nearly all are: asking an abstract class takes far longer
        return True
    if kind is GeneratorType:  # of a generator function that `types.coroutine` made awaitable
        return bool(result.gi_code.co_flags & CO_ITERABLE_COROUTINE)
    return kind is not Done and issubclass(kind, Coroutine)


OUTCOMES: dict[Outcome, Done[Outcome]] = {outcome: Done(outcome) for outcome in Outcome}
"""One finished awaitable for each outcome."""
TAKEN = OUTCOMES[Outcome.TAKEN]
STARTED: Done[None] = Done(None)
"""The finished awaitable of a start in which nothing suspended."""
STOPPED: Done[None] = Done(None)
"""The finished awaitable of a machine that has stopped, or will after the current step."""

# --- known later ---------------------------------------------------------------------------------------------


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

    def _advance(self, advance: Callable[[Generator[Any, Any, T]], Any]) -> Any:
        """One step of the wait of the current task; a wait that ends makes room for another."""
        if self._waits is None:
            self._waits = {}
        driver = self._host.current_task()
        wait = self._waits.get(driver)
        if wait is None:
            wait = self._waits[driver] = self.__await__()
        try:
            return advance(wait)
        except BaseException:
            del self._waits[driver]
            raise

    def send(self, value: Any, /) -> Any:
        """One step of the wait."""
        return self._advance(lambda wait: wait.send(value))

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """Raise where the wait stands."""
        return self._advance(lambda wait: wait.throw(typ if val is None else val))

    def close(self) -> None:
        """End every wait."""
        waits, self._waits = self._waits or {}, None
        for wait in waits.values():
            wait.close()


WhenDone: TypeAlias = Callable[[T | None, BaseException | None, bool], object]
"""Takes a result, or an error and whether nobody needs a report of that: it was asked for."""


class Owner(Protocol):
    """The machine that a result is expected of."""

    @property
    def host(self) -> Host:
        """Makes the futures to wait on."""
        ...

    @property
    def step_task(self) -> Task | None:
        """The task in which its step is suspended; ``None`` when there is none."""
        ...

    def describe_step(self) -> str:
        """What that step is, for messages."""
        ...

    def report(self, errors: list[BaseException]) -> None:
        """Take errors that nobody awaits (rule E4)."""
        ...

    def report_lost(self, events: list[Event[Any]]) -> None:
        """Name events that were not processed, which nobody awaits (rule L4)."""
        ...


class Pending(Generic[T]):
    """A result that comes later; `Promise` is what users await.

    Args:
        owner: The machine that it is expected of.
        event: The event that it comes of, if there is one.
        comes_after_step: Whether the machine has to end the step that it is in before there is a result.

    Attributes:
        is_done: Whether there is a result or an error.
        error: The error, if there is one.
    """

    __slots__ = (
        "_comes_after_step", "_event", "_is_delivered", "_is_quiet", "_on_done", "_promises", "_value", "_waiters",
        "error", "is_done", "owner",
    )  # fmt: skip

    def __init__(self, owner: Owner, event: Event[Any] | None = None, *, comes_after_step: bool = True) -> None:
        self.owner = owner
        self._event = event
        self._comes_after_step = comes_after_step
        self._is_quiet = False
        self._value: T | None = None
        self._is_delivered = False
        self._promises: int | None = None
        self._waiters: list[Any] = []
        self._on_done: WhenDone[T] | None = None
        self.error: BaseException | None = None
        self.is_done = False

    def wait(self) -> Generator[Any, Any, T]:
        """Wait for the result, and return it or raise the error; any number of times.

        Raises:
            DeadlockError: The result would wait for the caller (rule Q10).
        """
        if not self.is_done:
            host = self.owner.host
            task = host.current_task()
            if task in host.step_tasks and self._comes_after_step:
                yield from self._wait_in_step(host.step_tasks, task)
            else:
                yield from self._wait()
        if self.error is not None:
            raise self.error
        return self._value  # type: ignore[return-value]  # set together with is_done

    def _wait(self) -> Generator[Any, Any, None]:
        waiter = self.owner.host.future()
        self._waiters.append(waiter)
        try:
            yield from waiter
        finally:
            self._waiters.remove(waiter)

    def _wait_in_step(self, tasks: dict[Task, Any], task: Task) -> Generator[Any, Any, None]:
        """Wait in the *task* of a step, which may be waited for in turn."""
        self._check_cycle(tasks, task)
        tasks[task] = self
        try:
            yield from self._wait()
        finally:
            tasks[task] = None

    def _check_cycle(self, tasks: Mapping[Task, Pending[Any] | None], task: Task) -> None:
        """Follow the steps that have to end first: each waits in its task, maybe for the result of another machine."""
        steps: list[str] = []
        pending: Pending[Any] | None = self
        while pending is not None and (busy := pending.owner.step_task) is not None:
            steps.append(pending.owner.describe_step())
            if busy is task:
                raise DeadlockError(f"{steps[-1]} would wait for {', which waits for '.join(steps)}")
            pending = tasks.get(busy)

    def finish(self, value: T | None, errors: list[BaseException], *, is_quiet: bool = False) -> None:
        """Wake all waiters, with *value* or with *errors*, which all later ones get as well (rule E4).

        Errors that nobody can await any more are reported, unless *is_quiet*.
        """
        self._value = value
        self.is_done = True
        self._is_quiet = is_quiet
        if errors:
            self.error = together(errors)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        if self._on_done is not None:
            self._is_delivered = True
            self._on_done(value, self.error, is_quiet)
        if errors:
            self._report_if_abandoned()

    def when_done(self, done: WhenDone[T]) -> None:
        """Call *done* with the result and the error, once there is one of them; one who asks in this way is enough."""
        self._on_done = done
        if self.is_done:
            self.finish(self._value, [] if self.error is None else [self.error], is_quiet=self._is_quiet)

    @property
    def is_given_up(self) -> bool:
        """Whether all who might have asked no longer will."""
        return self._promises == 0 and self._on_done is None

    def promise(self) -> None:
        """Somebody may ask."""
        self._promises = (self._promises or 0) + 1

    def deliver(self) -> None:
        """Somebody who asked has the result, or the error."""
        self._is_delivered = True

    def give_up(self) -> None:
        """One who might have asked no longer will; if it was the last, an error, now or later, is reported."""
        assert self._promises is not None  # there was one
        self._promises -= 1
        self._report_if_abandoned()

    def _report_if_abandoned(self) -> None:
        if self._promises == 0 and self.is_done and self.error is not None and not self._is_delivered:
            self._is_delivered = True
            if not self._is_quiet:
                self.owner.report([self.error])
            elif self._event is not None and isinstance(self.error, MachineStopped):
                self.owner.report_lost([self._event])

    def answer(self) -> Answer[T]:
        """What a user awaits: once all is done and well, an awaitable that returns the value at once."""
        if not self.is_done or self.error is not None:
            return Promise(self)
        if isinstance(self._value, Outcome):
            return OUTCOMES[self._value]  # type: ignore[return-value]  # T is Outcome here
        return Done(self._value)  # type: ignore[arg-type]  # set together with is_done


class Promise(Drivable[T]):
    """What a user awaits, or drops: then an error of what it stands for is reported, now or when it comes (rule E4).

    Nothing inside refers to it, so that it goes as soon as the user lets go of it.
    """

    __slots__ = ("_pending",)

    def __init__(self, pending: Pending[T]) -> None:
        self._host = pending.owner.host
        self._waits = None
        self._pending = pending
        pending.promise()

    def __await__(self) -> Generator[Any, Any, T]:
        return self._wait()

    def _wait(self) -> Generator[Any, Any, T]:
        pending = self._pending
        try:
            value = yield from pending.wait()
        except BaseException as error:
            if error is pending.error:
                pending.deliver()
            raise
        pending.deliver()
        return value

    def when_done(self, done: WhenDone[T]) -> None:
        """Call *done* with the value and the error, once there is one of them."""
        self._pending.when_done(done)

    def __del__(self) -> None:
        self._pending.give_up()


def when_done(answer: Answer[T], done: WhenDone[T]) -> None:
    """Call *done* with the value and the error of *answer*: now, or when there is one of them."""
    if isinstance(answer, Promise):
        answer.when_done(done)
    else:
        assert isinstance(answer, Done)  # there are no others
        done(answer.value, None, False)


def together(errors: list[BaseException]) -> BaseException | None:
    """*errors* as one: itself, unchanged, if there is one; a group if there are several (rule E4)."""
    if len(errors) < 2:
        return errors[0] if errors else None
    return BaseExceptionGroup(f"{len(errors)} errors that no transition took", errors)
