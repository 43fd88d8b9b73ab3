"""stateforward.hsm: asyncio, hierarchical; behaviours other than activities are plain functions."""

from __future__ import annotations

import datetime
from typing import Any

from bench.contenders.fetching import imported, version
from bench.subject import HOUR, Contender, Life, Subject

sf = imported()
VERSION = version()


class User(sf.Instance):
    """What the machines work on."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0


def act(ctx: Any, self: User, event: Any) -> None:
    """The action."""
    self.count += 1


def below(ctx: Any, self: User, event: Any) -> bool:
    """The guard."""
    return self.count >= 0


def go(target: str, *parts: Any) -> Any:
    """A transition on ``go``."""
    return sf.Transition(sf.On("go"), sf.Target(target), *parts)


def leaf(user: User) -> str:
    """The last name of the active state."""
    return user.state().rpartition("/")[2]


async def started(model: Any, event: str = "go") -> Subject:
    """A machine of *model*, whose first entry does not count."""
    user = await sf.Started(None, User(), model)
    before, made, context = user.count, sf.Event(name=event), user.context()

    async def close() -> None:
        await sf.Stop(user)

    return Subject(
        lambda each: user.dispatch(context, each), (made,), lambda: leaf(user), lambda: user.count - before, close
    )


class Stateforward(Contender):
    """stateforward.hsm."""

    key = "stateforward"
    title = "stateforward.hsm"
    distribution = "stateforward.hsm"
    gaps = {"acting_async": "takes plain functions alone for guard, entry, exit and effect"}

    def define(self, size: int) -> Any:
        """The model."""
        states = [sf.State(f"s{at}", go(f"../s{(at + 1) % size}")) for at in range(size)]
        return sf.Define("Ring", sf.Initial(sf.Target("s0")), *states)

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of it."""
        return await started(definition, event)

    async def nested(self) -> Subject:
        """Two branches."""
        return await started(
            sf.Define(
                "Nested",
                sf.Initial(sf.Target("a/b/c")),
                sf.State("a", sf.State("b", sf.State("c", go("/Nested/x/y/z")))),
                sf.State("x", sf.State("y", sf.State("z", go("/Nested/a/b/c")))),
            )
        )

    async def acting(self) -> Subject:
        """Plain actions."""

        def state(name: str, other: str) -> Any:
            return sf.State(name, sf.Entry(act), sf.Exit(act), go(f"../{other}", sf.Guard(below), sf.Effect(act)))

        return await started(sf.Define("Acting", sf.Initial(sf.Target("s0")), state("s0", "s1"), state("s1", "s0")))

    async def deep(self) -> Subject:
        """Nine levels."""
        inner = sf.State("d8")
        for level in range(7, 0, -1):
            inner = sf.State(f"d{level}", inner)
        outer = sf.State("d0", inner, sf.Transition(sf.On("go"), sf.Effect(act)))
        return await started(
            sf.Define("Deep", sf.Initial(sf.Target("/Deep/" + "/".join(f"d{n}" for n in range(9)))), outer)
        )

    async def timed(self) -> Subject:
        """Two timers."""

        def hour(ctx: Any, user: User, event: Any) -> datetime.timedelta:
            return datetime.timedelta(seconds=HOUR)

        def state(name: str, other: str) -> Any:
            return sf.State(name, go(f"../{other}"), sf.Transition(sf.After(hour), sf.Target(f"../{other}")))

        return await started(sf.Define("Timed", sf.Initial(sf.Target("s0")), state("s0", "s1"), state("s1", "s0")))

    async def life(self) -> Life:
        """Made, started and stopped."""
        model = self.define(2)

        async def begin() -> User:
            return await sf.Started(None, User(), model)

        return Life(begin, leaf, sf.Stop)


CONTENDERS = (Stateforward,)
