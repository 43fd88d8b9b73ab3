"""What a machine costs over the same work written by hand: ``python tests/bench/handwritten.py``.

Each scenario runs as a machine and as an ``async def dispatch`` with ``if`` and ``elif``, in one process, in rounds
that take turns, so that a machine which slows down slows both. The figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import hsm

Send = Callable[[Any], Awaitable[object]]


class Counter(hsm.Instance):
    """What every scenario works on."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0


def count(ctx: hsm.Context, self: Counter, event: hsm.Event) -> None:
    """A plain action."""
    self.count += 1


async def acount(ctx: hsm.Context, self: Counter, event: hsm.Event) -> None:
    """An async action without an await."""
    self.count += 1


def below(ctx: hsm.Context, self: Counter, event: hsm.Event) -> bool:
    """A guard that holds."""
    return self.count >= 0


def ring(action: Any = None) -> list[Any]:
    """Two states that lead to each other, with or without actions."""
    behaviors = [hsm.entry(action), hsm.exit(action)] if action else []
    effects = [hsm.guard(below), hsm.effect(action)] if action else []
    return [
        hsm.state(name, *behaviors, hsm.transition(hsm.on("go"), hsm.target(f"../{other}"), *effects))
        for name, other in (("a", "b"), ("b", "a"))
    ]


class Flat:
    """The flat ring by hand."""

    def __init__(self) -> None:
        self.state = "a"

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """An event."""
        name = event.name
        if self.state == "a":
            if name == "go":
                self.state = "b"
                return hsm.Outcome.TAKEN
        elif self.state == "b" and name == "go":
            self.state = "a"
            return hsm.Outcome.TAKEN
        return hsm.Outcome.IGNORED


class Nested:
    """The ring across the root by hand: two composite states of two levels."""

    def __init__(self) -> None:
        self.state = "a.b.c"

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """An event."""
        name = event.name
        if self.state == "a.b.c":
            if name == "go":
                self.state = "x.y.z"
                return hsm.Outcome.TAKEN
        elif self.state == "x.y.z" and name == "go":
            self.state = "a.b.c"
            return hsm.Outcome.TAKEN
        return hsm.Outcome.IGNORED


class Acting:
    """The ring with a guard, an exit, an effect and an entry by hand."""

    def __init__(self) -> None:
        self.state = "a"
        self.count = 0

    def below(self, event: hsm.Event) -> bool:
        """The guard."""
        return self.count >= 0

    def act(self, event: hsm.Event) -> None:
        """Exit, effect and entry."""
        self.count += 1

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """An event."""
        name = event.name
        if self.state == "a":
            if name == "go" and self.below(event):
                self.act(event)
                self.act(event)
                self.state = "b"
                self.act(event)
                return hsm.Outcome.TAKEN
        elif self.state == "b" and name == "go" and self.below(event):
            self.act(event)
            self.act(event)
            self.state = "a"
            self.act(event)
            return hsm.Outcome.TAKEN
        return hsm.Outcome.IGNORED


class ActingAsync(Acting):
    """The same with async actions."""

    async def aact(self, event: hsm.Event) -> None:
        """Exit, effect and entry."""
        self.count += 1

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """An event."""
        name = event.name
        if self.state == "a":
            if name == "go" and self.below(event):
                await self.aact(event)
                await self.aact(event)
                self.state = "b"
                await self.aact(event)
                return hsm.Outcome.TAKEN
        elif self.state == "b" and name == "go" and self.below(event):
            await self.aact(event)
            await self.aact(event)
            self.state = "a"
            await self.aact(event)
            return hsm.Outcome.TAKEN
        return hsm.Outcome.IGNORED


def nested() -> list[Any]:
    """Two composite states of two levels, each with a leaf that leads to the other's."""

    def branch(outer: str, middle: str, leaf: str, target: str) -> Any:
        return hsm.state(outer, hsm.state(middle, hsm.state(leaf, hsm.transition(hsm.on("go"), hsm.target(target)))))

    return [branch("a", "b", "c", "/Nested/x/y/z"), branch("x", "y", "z", "/Nested/a/b/c")]


SCENARIOS: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "flat": (lambda: hsm.define("Flat", *ring()), Flat, "go"),
    "nested": (lambda: hsm.define("Nested", *nested()), Nested, "go"),
    "actions": (lambda: hsm.define("Acting", *ring(count)), Acting, "go"),
    "async actions": (lambda: hsm.define("ActingAsync", *ring(acount)), ActingAsync, "go"),
    "unhandled": (lambda: hsm.define("Flat", *ring()), Flat, "nothing"),
}


async def lap(send: Send, event: hsm.Event, events: int) -> float:
    """Seconds for *events* awaited one after the other."""
    begun = time.perf_counter()
    for _ in range(events):
        await send(event)
    return time.perf_counter() - begun


async def measure(name: str, events: int, rounds: int) -> tuple[float, float, float]:
    """Nanoseconds an event as a machine and by hand, and the median ratio of the rounds."""
    model, by_hand, event_name = SCENARIOS[name]
    machine = await hsm.start(None, Counter(), model())
    hand = by_hand()
    event = hsm.Event(event_name)
    laps = [
        (await lap(machine.dispatch, event, events), await lap(hand.dispatch, event, events)) for _ in range(rounds)
    ]
    await hsm.stop(machine)
    ours, theirs = (statistics.median(each) / events * 1e9 for each in zip(*laps, strict=True))
    return ours, theirs, statistics.median(a / b for a, b in laps)


def main() -> None:
    """Print a row for each scenario."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(f"{'scenario':<16}{'machine':>10}{'by hand':>10}{'ratio':>8}   nanoseconds an event")
    for name in SCENARIOS:
        ours, theirs, ratio = asyncio.run(measure(name, options.events, options.rounds))
        print(f"{name:<16}{ours:>10.0f}{theirs:>10.0f}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
