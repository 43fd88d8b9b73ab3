"""What a contender gives the scenarios: something to send events to, and something to start and stop.

Never imports a library under test: each contender does that itself, when it is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

HOUR = 3600.0
"""Seconds of the timers that the scenarios arm: long enough for none to fire."""


class CannotExpressError(Exception):
    """The library has no way to say this; the message is the footnote."""


@dataclass(slots=True)
class Subject:
    """A started machine.

    Attributes:
        send: Processes one event; a coroutine function, or a plain one for a library that has no other.
        arguments: What *send* is called with: the event, made once, or nothing where a method is the event.
        leaf: The last name of the active state.
        count: How many actions have run.
        close: Ends the machine, where it has to be ended.
    """

    send: Callable[..., Any]
    arguments: tuple[Any, ...]
    leaf: Callable[[], str]
    count: Callable[[], int]
    close: Callable[[], Awaitable[object]] | None = None


@dataclass(slots=True)
class Life:
    """How machines come up and go.

    Attributes:
        begin: Makes and starts one, and gives it; a coroutine function, or a plain one.
        leaf: The last name of the active state of what *begin* gave; empty when it is stopped.
        end: Stops it; ``None`` where the library has no such thing.
    """

    begin: Callable[[], Any]
    leaf: Callable[[Any], str]
    end: Callable[[Any], Any] | None = None


class User:
    """The user's own object, whose memory is not the library's."""

    def __init__(self) -> None:
        self.count = 0


class Contender:
    """One way to write the machines of the scenarios.

    Every state of a ring is called ``s`` and a number, and ``go`` leads to the next one. A method that is not
    overridden is explained in `gaps`.
    """

    key: ClassVar[str]
    """What the command line calls it."""
    title: ClassVar[str]
    """What tables call it."""
    distribution: ClassVar[str]
    """What the registry calls it, for its version."""
    is_async: ClassVar[bool] = True
    """Whether sending is awaited."""
    has_hierarchy: ClassVar[bool] = True
    """Whether states have substates."""
    gaps: ClassVar[Mapping[str, str]] = {}
    """Why a method below is missing."""
    notes: ClassVar[Mapping[str, str]] = {}
    """What a reader of the result of a scenario has to know."""

    def define(self, size: int) -> Any:
        """What is made once for a ring of *size* states, before any machine is started."""
        raise self.cannot("define")

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of what `define` gave, that gets *event*: one which is not ``go`` is known to no state."""
        raise self.cannot("start")

    async def nested(self) -> Subject:
        """Two branches ``a/b/c`` and ``x/y/z``, whose leaves lead to each other on ``go``."""
        raise self.cannot("nested")

    async def acting(self) -> Subject:
        """A ring of two with a guard that holds, and with an entry, an exit and an effect that count."""
        raise self.cannot("acting")

    async def acting_async(self) -> Subject:
        """The same with coroutine functions."""
        raise self.cannot("acting_async")

    async def shared(self) -> Subject:
        """`acting`, for many senders at once."""
        return await self.acting()

    async def deep(self) -> Subject:
        """States ``d0`` to ``d8`` in each other; the outermost counts on ``go`` without leaving anything."""
        raise self.cannot("deep")

    async def timed(self) -> Subject:
        """A ring of two whose states have a timer of an `HOUR` that leads to the other one as well."""
        raise self.cannot("timed")

    async def life(self) -> Life:
        """Machines of a ring of two without actions, on user objects like `User`."""
        raise self.cannot("life")

    def cannot(self, method: str) -> CannotExpressError:
        """Why there is no such method."""
        return CannotExpressError(self.gaps[method])
