"""What is done already: awaitables that give their value at once.

In: a value. Out: an awaitable of it, shared by all that are told the same. Never imports asyncio.
"""

from __future__ import annotations

from collections.abc import Generator
from inspect import isawaitable
from typing import Any, Generic, TypeVar

from hsm.answer import Answer
from hsm.outcome import Outcome

T = TypeVar("T")


class Done(Answer[T], Generic[T]):
    """An awaitable that gives *value* at once, any number of times: it is never used up, and may be shared."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, Any, T]:
        return self.value
        yield  # a generator, with nothing to wait for: what Python awaits fastest

    def send(self, value: Any, /) -> Any:
        """End with the value, as a coroutine's first step."""
        raise StopIteration(self.value)

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        """Raise, as a coroutine that was thrown into before its first step."""
        raise typ if val is None else val

    def close(self) -> None:
        """Nothing has begun, so nothing has to end."""


def is_done(result: object) -> bool:
    """Whether *result*, which a behaviour gave, is a `Done`: what `dispatch` gave to it is told as it is."""
    return type(result) is Done


def awaits(result: object) -> bool:
    """Whether *result*, which a behaviour gave, has to be awaited; what is done already has not."""
    return isawaitable(result) and type(result) is not Done


OUTCOMES: dict[Outcome, Done[Outcome]] = {outcome: Done(outcome) for outcome in Outcome}
"""One finished awaitable for each outcome."""
TAKEN = OUTCOMES[Outcome.TAKEN]
STARTED: Done[None] = Done(None)
"""The finished awaitable of a start where nothing suspended."""
STOPPED: Done[None] = Done(None)
"""The finished awaitable of a machine that is not running any more, or will stop after the current step."""
