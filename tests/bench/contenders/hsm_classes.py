"""The machines in the class front end."""

from __future__ import annotations

import asyncio
import functools
import types
from typing import Any

import hsm
from bench.contenders.hsm_functional import Go, started, started_regions
from bench.subject import AMOUNT, HOUR, VISITED, Contender, Life, Subject, count, is_below
from hsm_classdsl import Machine, Region, State, after, entry, exit, guard, on


class Counting(Machine):
    """What the machines count in; it has no states of its own."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> None:
        """What an effect calls."""
        self.count += 1


class Nested(Counting):
    class a(State["Nested"]):
        class b(State["Nested"]):
            class c(State["Nested"]):
                go = on("go", target="/Nested/x/y/z")

    class x(State["Nested"]):
        class y(State["Nested"]):
            class z(State["Nested"]):
                go = on("go", target="/Nested/a/b/c")


class Actions(State["Acting"]):
    """What both states of `Acting` do; a mixin of theirs."""

    @guard
    def below(self) -> bool:
        return self.machine.count >= 0

    @entry
    def enter(self) -> None:
        self.machine.count += 1

    @exit
    def leave(self) -> None:
        self.machine.count += 1


class Acting(Counting):
    class s0(Actions):
        @on("go", target="s1", guard=Actions.below)
        def act(self) -> None:
            self.machine.count += 1

    class s1(Actions):
        @on("go", target="s0", guard=Actions.below)
        def act(self) -> None:
            self.machine.count += 1


class AsyncActions(State["ActingAsync"]):
    """What both states of `ActingAsync` do; a mixin of theirs."""

    @guard
    def below(self) -> bool:
        return self.machine.count >= 0

    @entry
    async def enter(self) -> None:
        self.machine.count += 1

    @exit
    async def leave(self) -> None:
        self.machine.count += 1


class ActingAsync(Counting):
    class s0(AsyncActions):
        @on("go", target="s1", guard=AsyncActions.below)
        async def act(self) -> None:
            self.machine.count += 1

    class s1(AsyncActions):
        @on("go", target="s0", guard=AsyncActions.below)
        async def act(self) -> None:
            self.machine.count += 1


class Deep(Counting):
    class d0(State["Deep"]):
        @on("go")
        def act(self) -> None:
            self.machine.count += 1

        class d1(State["Deep"]):
            class d2(State["Deep"]):
                class d3(State["Deep"]):
                    class d4(State["Deep"]):
                        class d5(State["Deep"]):
                            class d6(State["Deep"]):
                                class d7(State["Deep"]):
                                    class d8(State["Deep"]):
                                        pass


class Timed(Counting):
    class s0(State["Timed"]):
        go = on("go", target="s1")
        late = after(HOUR, target="s1")

    class s1(State["Timed"]):
        go = on("go", target="s0")
        late = after(HOUR, target="s0")


class Adding(Counting):
    class s0(State["Adding"]):
        @on("go", target="s1")
        def add(self, event: hsm.Event[int]) -> None:
            self.machine.count += event.data

    class s1(State["Adding"]):
        @on("go", target="s0")
        def add(self, event: hsm.Event[int]) -> None:
            self.machine.count += event.data


class Signalled(Counting):
    class s0(State["Signalled"]):
        @on(Go, target="s1")
        def add(self, event: Go) -> None:
            self.machine.count += event.amount

    class s1(State["Signalled"]):
        @on(Go, target="s0")
        def add(self, event: Go) -> None:
            self.machine.count += event.amount


class CallingMethod(Counting):
    class s0(State["CallingMethod"]):
        @on("go", target="s1")
        def act(self) -> None:
            self.machine.add()

    class s1(State["CallingMethod"]):
        @on("go", target="s0")
        def act(self) -> None:
            self.machine.add()


class CallingActions(State["Calling"]):
    """What both states of `Calling` do; a mixin of theirs."""

    @guard
    def below(self) -> bool:
        return is_below(self.machine)

    @entry
    def enter(self) -> None:
        count(self.machine)

    @exit
    def leave(self) -> None:
        count(self.machine)


class Calling(Counting):
    class s0(CallingActions):
        @on("go", target="s1", guard=CallingActions.below)
        def act(self) -> None:
            count(self.machine)

    class s1(CallingActions):
        @on("go", target="s0", guard=CallingActions.below)
        def act(self) -> None:
            count(self.machine)


class Awaiting(Counting):
    class s0(State["Awaiting"]):
        @on("go", target="s1")
        async def act(self) -> None:
            await asyncio.sleep(0)
            self.machine.count += 1

    class s1(State["Awaiting"]):
        @on("go", target="s0")
        async def act(self) -> None:
            await asyncio.sleep(0)
            self.machine.count += 1


def guarding(number: int) -> type[Any]:
    """A class with *number* guards on one event."""

    def move(at: int) -> dict[str, Any]:
        @guard
        def is_wanted(self: Any) -> bool:
            return self.machine.wanted == at

        @on("go", guard=is_wanted)
        def act(self: Any) -> None:
            self.machine.count += 1

        return {f"is_{at}": is_wanted, f"act_{at}": act}

    def fill(body: dict[str, Any]) -> None:
        for at in range(number):
            body.update(move(at))

    s0 = types.new_class("s0", (State,), {}, fill)
    return types.new_class("Guards", (Counting,), {}, lambda body: body.update(s0=s0))


def parallel(number: int) -> type[Any]:
    """A class with *number* regions."""

    def state(name: str, other: str, at: int) -> type[Any]:
        move = on(f"e{at}", target=other)
        return types.new_class(name, (State,), {}, lambda body: body.update(move=move))

    def region(at: int) -> type[Any]:
        states = {name: state(name, other, at) for name, other in (("off", "on"), ("on", "off"))}
        return types.new_class(f"r{at}", (Region,), {}, lambda body: body.update(states))

    regions = {f"r{at}": region(at) for at in range(number)}
    return types.new_class("Parallel", (Counting,), {}, lambda body: body.update(regions))


MODULE = """\
from hsm_classdsl import Machine, State, entry, exit, guard, on


class {name}(Machine):
    def __init__(self):
        self.count = 0
{states}"""
STATE = """
    class s{at}(State["{name}"]):
        @guard
        def below(self):
            return self.machine.count >= 0

        @entry
        def enter(self):
            self.machine.count += 1

        @exit
        def leave(self):
            self.machine.count += 1

        @on("go", target="s{far}", guard=below)
        def act(self):
            self.machine.count += 1

        next = on("next", target="s{near}")
"""


def ring(size: int) -> type[Any]:
    """A class with *size* states, as its class statement would make it."""

    def state(at: int) -> type[Any]:
        go = on("go", target=f"s{(at + 1) % size}")
        return types.new_class(f"s{at}", (State,), {}, lambda body: body.update(go=go))

    states = {f"s{at}": state(at) for at in range(size)}
    return types.new_class("Ring", (Counting,), {}, lambda body: body.update(states))


class Classes(Contender):
    """The class front end.

    Args:
        engine: What takes the steps: ``generated`` or ``kernel``.
    """

    key = "hsm-classes"
    title = "hsm, classes"
    distribution = "hsm-dsl"

    def __init__(self, engine: str = "generated") -> None:
        self.begin = hsm.start if engine == "generated" else functools.partial(hsm.start, engine=engine)

    async def run(self, kind: type[Any], *arguments: Any) -> Subject:
        """A machine of *kind*."""
        return await started(kind.model, *arguments, kind=kind, start=self.begin)

    def define(self, size: int) -> type[Any]:
        """The class, with its model compiled."""
        return ring(size)

    async def start(self, definition: type[Any], event: str = "go") -> Subject:
        """A machine of it."""
        return await self.run(definition, hsm.Event(event))

    async def nested(self) -> Subject:
        """Two branches."""
        return await self.run(Nested)

    async def acting(self) -> Subject:
        """Plain methods."""
        return await self.run(Acting)

    async def acting_async(self) -> Subject:
        """Async methods."""
        return await self.run(ActingAsync)

    async def deep(self) -> Subject:
        """Nine levels."""
        return await self.run(Deep)

    async def timed(self) -> Subject:
        """Two timers."""
        return await self.run(Timed)

    async def life(self) -> Life:
        """Made, started and stopped."""
        kind, start = self.define(2), self.begin

        async def begin() -> Any:
            return await start(None, kind(), kind.model)

        return Life(begin, lambda machine: machine.state().rpartition("/")[2], hsm.stop)

    async def once(self) -> Life:
        """Defined, started, sent an event and stopped."""
        start, event = self.begin, hsm.Event("go")

        async def begin() -> Any:
            class Once(Counting):
                class s0(State["Once"]):
                    go = on("go", target="s1")

                class s1(State["Once"]):
                    go = on("go", target="s0")

            machine = await start(None, Once(), Once.model)
            await machine.dispatch(event)
            return machine

        return Life(begin, lambda machine: machine.state().rpartition("/")[2], hsm.stop)

    async def named(self) -> Subject:
        """A name."""
        return await self.run(ring(2), "go")

    async def named_data(self) -> Subject:
        """A name and data."""
        return await self.run(Adding, "go", AMOUNT)

    async def signal(self) -> Subject:
        """A signal."""
        return await self.run(Signalled, Go(AMOUNT))

    async def method(self) -> Subject:
        """A method in a method."""
        return await self.run(CallingMethod)

    async def calling(self) -> Subject:
        """Functions in methods."""
        return await self.run(Calling)

    async def awaiting(self) -> Subject:
        """A method that suspends."""
        return await self.run(Awaiting)

    async def guards(self, number: int) -> Subject:
        """One method for each guard."""
        subject = await self.run(guarding(number))
        subject.send.__self__.instance.wanted = number - 1  # type: ignore[attr-defined]
        return subject

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """A class for each region."""
        kind = parallel(number)
        return await started_regions(number, kind.model, kind, self.begin)

    def module(self, name: str, size: int) -> str:
        """One class statement."""
        states = (
            STATE.format(name=name, at=at, far=(at + size // VISITED) % size, near=(at + 1) % size)
            for at in range(size)
        )
        return MODULE.format(name=name, states="".join(states))

    async def start_module(self, module: Any, name: str) -> Subject:
        """A machine of its class."""
        return await self.run(getattr(module, name))


CONTENDERS = (Classes,)
