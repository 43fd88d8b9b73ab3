"""The machines in the functional front end."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import attrs

import hsm
from bench.subject import AMOUNT, HOUR, VISITED, Contender, Life, Subject, count, is_below


class User(hsm.Instance):
    """What the machines work on."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> None:
        """What an effect calls."""
        self.count += 1


@attrs.frozen
class Go(hsm.Signal):
    """An event of a class of its own."""

    amount: int


def act(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """A plain action."""
    self.count += 1


async def act_async(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """An async action."""
    self.count += 1


async def act_later(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """An action that suspends."""
    await asyncio.sleep(0)
    self.count += 1


def act_by_method(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """An action that calls a method."""
    self.add()


def act_by_function(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """An action that calls a function."""
    count(self)


def add_data(ctx: hsm.Context, self: User, event: hsm.Event[int]) -> None:
    """An action that reads the event's data."""
    self.count += event.data


def add_amount(ctx: hsm.Context, self: User, event: Go) -> None:
    """An action that reads a field of the signal."""
    self.count += event.amount


def below(ctx: hsm.Context, self: User, event: hsm.Event) -> bool:
    """The guard."""
    return self.count >= 0


def below_by_function(ctx: hsm.Context, self: User, event: hsm.Event) -> bool:
    """A guard that calls a function."""
    return is_below(self)


def go(target: str, *parts: Any, on: Any = "go") -> Any:
    """A transition on ``go``."""
    return hsm.transition(hsm.on(on), hsm.target(target), *parts)


def pair(*parts: Any, on: Any = "go") -> Any:
    """A ring of two, with *parts* in each transition."""
    return hsm.define("Pair", hsm.state("s0", go("s1", *parts, on=on)), hsm.state("s1", go("s0", *parts, on=on)))


def acting(action: Any, guard: Any = below) -> Any:
    """A ring of two with *action* three times."""

    def state(name: str, other: str) -> Any:
        return hsm.state(name, hsm.entry(action), hsm.exit(action), go(other, hsm.guard(guard), hsm.effect(action)))

    return hsm.define("Acting", state("s0", "s1"), state("s1", "s0"))


def is_wanted(number: int) -> Callable[..., bool]:
    """A guard that holds when the instance wants *number*."""

    def guard(ctx: hsm.Context, self: Any, event: hsm.Event) -> bool:
        return self.wanted == number

    return guard


async def started(
    model: Any, *arguments: Any, kind: Callable[[], Any] = User, start: Callable[..., Any] = hsm.start
) -> Subject:
    """A machine of *model* on a new *kind*, sent ``go`` or *arguments*; its first entry does not count."""
    machine = await start(None, kind(), model)
    before = machine.instance.count
    return Subject(
        machine.dispatch,
        arguments or (hsm.Event("go"),),
        lambda: machine.state().rpartition("/")[2],
        lambda: machine.instance.count - before,
        machine.stop,
    )


async def started_regions(
    number: int, model: Any, kind: Callable[[], Any] = User, start: Callable[..., Any] = hsm.start
) -> tuple[Subject, list[tuple[Any, ...]]]:
    """A machine of a *model* of *number* regions, and for each region its event."""
    subject = await started(model, kind=kind, start=start)
    machine = subject.send.__self__  # type: ignore[attr-defined]
    subject.leaf = lambda: "".join(str(int(path.endswith("on"))) for path in machine.states())
    return subject, [(hsm.Event(f"e{region}"),) for region in range(number)]


MODULE = """\
import hsm


class User(hsm.Instance):
    def __init__(self):
        self.count = 0


def below(ctx, self, event):
    return self.count >= 0


def act(ctx, self, event):
    self.count += 1


{name} = hsm.define(
    "{name}",
{states})
"""
STATE = """\
    hsm.state(
        "s{at}",
        hsm.entry(act),
        hsm.exit(act),
        hsm.transition(hsm.on("go"), hsm.target("s{far}"), hsm.guard(below), hsm.effect(act)),
        hsm.transition(hsm.on("next"), hsm.target("s{near}")),
    ),
"""


class Functional(Contender):
    """The functional front end.

    Args:
        engine: What takes the steps: ``generated`` or ``kernel``.
    """

    key = "hsm"
    title = "hsm"
    distribution = "hsm-dsl"

    def __init__(self, engine: str = "generated") -> None:
        self.begin = hsm.start if engine == "generated" else functools.partial(hsm.start, engine=engine)

    async def run(self, model: Any, *arguments: Any) -> Subject:
        """A machine of *model*."""
        return await started(model, *arguments, start=self.begin)

    def define(self, size: int) -> Any:
        """The model, compiled."""
        return hsm.define("Ring", *(hsm.state(f"s{at}", go(f"s{(at + 1) % size}")) for at in range(size)))

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of it."""
        return await self.run(definition, hsm.Event(event))

    async def nested(self) -> Subject:
        """Two branches."""
        return await self.run(
            hsm.define(
                "Nested",
                hsm.state("a", hsm.state("b", hsm.state("c", go("/Nested/x/y/z")))),
                hsm.state("x", hsm.state("y", hsm.state("z", go("/Nested/a/b/c")))),
            )
        )

    async def acting(self) -> Subject:
        """Plain actions."""
        return await self.run(acting(act))

    async def acting_async(self) -> Subject:
        """Async actions."""
        return await self.run(acting(act_async))

    async def deep(self) -> Subject:
        """Nine levels."""
        inner = hsm.state("d8")
        for level in range(7, 0, -1):
            inner = hsm.state(f"d{level}", inner)
        return await self.run(hsm.define("Deep", hsm.state("d0", inner, hsm.transition(hsm.on("go"), hsm.effect(act)))))

    async def timed(self) -> Subject:
        """Two timers."""
        return await self.run(
            hsm.define(
                "Timed",
                hsm.state("s0", go("s1"), hsm.transition(hsm.after(HOUR), hsm.target("s1"))),
                hsm.state("s1", go("s0"), hsm.transition(hsm.after(HOUR), hsm.target("s0"))),
            )
        )

    async def life(self) -> Life:
        """Made, started and stopped."""
        model, start = self.define(2), self.begin

        async def begin() -> Any:
            return await start(None, User(), model)

        return Life(begin, lambda machine: machine.state().rpartition("/")[2], hsm.stop)

    async def once(self) -> Life:
        """Defined, started, sent an event and stopped."""
        start, event = self.begin, hsm.Event("go")

        async def begin() -> Any:
            model = hsm.define("Once", hsm.state("s0", go("s1")), hsm.state("s1", go("s0")))
            machine = await start(None, User(), model)
            await machine.dispatch(event)
            return machine

        return Life(begin, lambda machine: machine.state().rpartition("/")[2], hsm.stop)

    async def named(self) -> Subject:
        """A name."""
        return await self.run(pair(), "go")

    async def named_data(self) -> Subject:
        """A name and data."""
        return await self.run(pair(hsm.effect(add_data)), "go", AMOUNT)

    async def signal(self) -> Subject:
        """A signal."""
        return await self.run(pair(hsm.effect(add_amount), on=Go), Go(AMOUNT))

    async def method(self) -> Subject:
        """A method in an effect."""
        return await self.run(pair(hsm.effect(act_by_method)))

    async def calling(self) -> Subject:
        """Functions in behaviours."""
        return await self.run(acting(act_by_function, below_by_function))

    async def awaiting(self) -> Subject:
        """An effect that suspends."""
        return await self.run(pair(hsm.effect(act_later)))

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        moves = (hsm.transition(hsm.on("go"), hsm.guard(is_wanted(at)), hsm.effect(act)) for at in range(number))
        subject = await self.run(hsm.define("Guards", hsm.state("s0", *moves)))
        subject.send.__self__.instance.wanted = number - 1  # type: ignore[attr-defined]
        return subject

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """Regions of the model."""

        def region(at: int) -> Any:
            off, on = (hsm.state(name, go(other, on=f"e{at}")) for name, other in (("off", "on"), ("on", "off")))
            return hsm.region(f"r{at}", off, on)

        model = hsm.define("Regions", *(region(at) for at in range(number)))
        return await started_regions(number, model, start=self.begin)

    def module(self, name: str, size: int) -> str:
        """One call of ``define``."""
        states = (STATE.format(at=at, far=(at + size // VISITED) % size, near=(at + 1) % size) for at in range(size))
        return MODULE.format(name=name, states="".join(states))

    async def start_module(self, module: Any, name: str) -> Subject:
        """A machine of its model."""
        return await started(getattr(module, name), kind=module.User, start=self.begin)


CONTENDERS = (Functional,)
