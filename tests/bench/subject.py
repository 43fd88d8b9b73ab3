"""What a contender gives the scenarios: something to send events to, and something to start and stop.

Never imports a library under test: each contender does that itself, when it is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

HOUR = 3600.0
"""Seconds of the timers that the scenarios arm: long enough for none to fire."""
VISITED = 25
"""How many states of a large model a machine goes through; they are spread evenly over the file."""
AMOUNT = 3
"""What an event with data carries; its effect adds it to the count."""
OURS_ALONE = {
    "signal": "knows an event by its name alone, not by its class",
    "module": "takes no part: this is about what hsm works out at a first visit",
}
"""The gaps that every other library has."""


class CannotExpressError(Exception):
    """The library has no way to say this; the message is the footnote."""


@dataclass(slots=True)
class Subject:
    """A started machine.

    Attributes:
        send: Processes one event; a coroutine function, or a plain one for a library that has no other.
        arguments: What *send* is called with: the event, made once; a name; a name and data; or nothing where a method
            is the event.
        leaf: The last name of the active state; of a machine with regions a ``0`` or ``1`` for each.
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

    def add(self) -> None:
        """What an effect calls."""
        self.count += 1


def count(user: Any) -> None:
    """What actions call."""
    user.count += 1


def is_below(user: Any) -> bool:
    """What a guard calls."""
    return bool(user.count >= 0)


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

    async def once(self) -> Life:
        """Rings of two, each defined, started and sent one event; always awaited."""
        first = await self.start(self.define(2))

        async def begin() -> Subject:
            subject = await self.start(self.define(2))
            sent = subject.send(*subject.arguments)
            if self.is_async:
                await sent
            return subject

        async def close(subject: Subject) -> None:
            if subject.close is not None:
                await subject.close()

        await close(first)
        return Life(begin, lambda subject: subject.leaf(), None if first.close is None else close)

    async def named(self) -> Subject:
        """A ring of two without actions, sent the name of the event."""
        raise self.cannot("named")

    async def named_data(self) -> Subject:
        """A ring of two, sent a name and `AMOUNT`, which the effect adds to the count."""
        raise self.cannot("named_data")

    async def signal(self) -> Subject:
        """A ring of two, sent an object of an ``attrs.frozen`` class, whose `AMOUNT` the effect adds to the count."""
        raise self.cannot("signal")

    async def method(self) -> Subject:
        """A ring of two with an effect that calls a method of the user's object, which counts."""
        raise self.cannot("method")

    async def calling(self) -> Subject:
        """`acting`, with four behaviours that each call a function."""
        raise self.cannot("calling")

    async def awaiting(self) -> Subject:
        """A ring of two with an effect that awaits ``asyncio.sleep(0)`` and counts."""
        raise self.cannot("awaiting")

    async def guards(self, number: int) -> Subject:
        """A state with *number* transitions on ``go``, of whose guards the last one holds; its effect counts."""
        raise self.cannot("guards")

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """*number* regions of two states each, that lead to each other on ``e`` and the region's number.

        Returns:
            The machine, and for each region what to send it.
        """
        raise self.cannot("regions")

    def module(self, name: str, size: int) -> str:
        """A module's text: a ring of *size* states, written in one piece, with the behaviours of `acting` in each.

        ``go`` leads *size* / `VISITED` states on, ``next`` to the next one. The definition is called *name*.
        """
        raise self.cannot("module")

    async def start_module(self, module: Any, name: str) -> Subject:
        """A machine of the definition in *module*, which was made from what `module` returned."""
        raise self.cannot("module")

    def cannot(self, method: str) -> CannotExpressError:
        """Why there is no such method."""
        return CannotExpressError(self.gaps[method])
