"""stateforward.hsm: asyncio, hierarchical; behaviours other than activities are plain functions."""

from __future__ import annotations

import datetime
from typing import Any

from bench.contenders.fetching import imported, version
from bench.subject import AMOUNT, HOUR, OURS_ALONE, Contender, Life, Subject, count, is_below

sf = imported()
VERSION = version()


class User(sf.Instance):
    """What the machines work on."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def add(self) -> None:
        """What an effect calls."""
        self.count += 1


def act(ctx: Any, self: User, event: Any) -> None:
    """The action."""
    self.count += 1


def below(ctx: Any, self: User, event: Any) -> bool:
    """The guard."""
    return self.count >= 0


def act_by_method(ctx: Any, self: User, event: Any) -> None:
    """An action that calls a method."""
    self.add()


def act_by_function(ctx: Any, self: User, event: Any) -> None:
    """An action that calls a function."""
    count(self)


def add_data(ctx: Any, self: User, event: Any) -> None:
    """An action that reads the event's data."""
    self.count += event.data


def below_by_function(ctx: Any, self: User, event: Any) -> bool:
    """A guard that calls a function."""
    return is_below(self)


def is_wanted(number: int) -> Any:
    """A guard that holds when the user wants *number*."""
    return lambda ctx, self, event: self.wanted == number


def go(target: str, *parts: Any) -> Any:
    """A transition on ``go``."""
    return sf.Transition(sf.On("go"), sf.Target(target), *parts)


def leaf(user: User) -> str:
    """The last name of the active state."""
    return user.state().rpartition("/")[2]


def pair(*parts: Any) -> Any:
    """A ring of two, with *parts* in each transition."""
    return sf.Define(
        "Pair",
        sf.Initial(sf.Target("s0")),
        sf.State("s0", go("../s1", *parts)),
        sf.State("s1", go("../s0", *parts)),
    )


async def started(model: Any, event: str = "go", user: User | None = None) -> Subject:
    """A machine of *model*, whose first entry does not count."""
    user = await sf.Started(None, user or User(), model)
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
    gaps = {
        **OURS_ALONE,
        "acting_async": "takes plain functions alone for guard, entry, exit and effect",
        "awaiting": "takes plain functions alone for guard, entry, exit and effect",
        "regions": "has no regions",
    }

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
        return await self.act(act, below)

    async def act(self, action: Any, guard: Any) -> Subject:
        """A ring of two with *action* three times."""

        def state(name: str, other: str) -> Any:
            move = go(f"../{other}", sf.Guard(guard), sf.Effect(action))
            return sf.State(name, sf.Entry(action), sf.Exit(action), move)

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

    async def named(self) -> Subject:
        """An event is made of the name."""
        return self.by_name(await started(pair()), "go")

    async def named_data(self) -> Subject:
        """An event is made of the name and the data."""
        return self.by_name(await started(pair(sf.Effect(add_data))), "go", AMOUNT)

    def by_name(self, subject: Subject, *arguments: Any) -> Subject:
        """*subject*, sent a name."""
        send = subject.send
        subject.send = lambda name, data=None: send(sf.Event(name=name, data=data))
        subject.arguments = arguments
        return subject

    async def method(self) -> Subject:
        """A method in an effect."""
        return await started(pair(sf.Effect(act_by_method)))

    async def calling(self) -> Subject:
        """Functions in behaviours."""
        return await self.act(act_by_function, below_by_function)

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        user = User()
        user.wanted = number - 1
        moves = [sf.Transition(sf.On("go"), sf.Guard(is_wanted(at)), sf.Effect(act)) for at in range(number)]
        return await started(sf.Define("Guards", sf.Initial(sf.Target("s0")), sf.State("s0", *moves)), "go", user)

    async def life(self) -> Life:
        """Made, started and stopped."""
        model = self.define(2)

        async def begin() -> User:
            return await sf.Started(None, User(), model)

        return Life(begin, leaf, sf.Stop)


CONTENDERS = (Stateforward,)
