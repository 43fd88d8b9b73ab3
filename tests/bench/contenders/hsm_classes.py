"""The machines in the class front end."""

from __future__ import annotations

import types
from typing import Any

import hsm
from bench.contenders.hsm_functional import started
from bench.subject import HOUR, Contender, Life, Subject
from hsm_classdsl import Machine, State, after, entry, exit, guard, on


class Counting(Machine):
    """What the machines count in; it has no states of its own."""

    def __init__(self) -> None:
        self.count = 0


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


def ring(size: int) -> type[Any]:
    """A class with *size* states, as its class statement would make it."""

    def state(at: int) -> type[Any]:
        go = on("go", target=f"s{(at + 1) % size}")
        return types.new_class(f"s{at}", (State,), {}, lambda body: body.update(go=go))

    states = {f"s{at}": state(at) for at in range(size)}
    return types.new_class("Ring", (Counting,), {}, lambda body: body.update(states))


class Classes(Contender):
    """The class front end."""

    key = "hsm-classes"
    title = "hsm, classes"
    distribution = "hsm-dsl"

    def define(self, size: int) -> type[Any]:
        """The class, with its model compiled."""
        return ring(size)

    async def start(self, definition: type[Any], event: str = "go") -> Subject:
        """A machine of it."""
        return await started(definition.model, event, definition)

    async def nested(self) -> Subject:
        """Two branches."""
        return await started(Nested.model, "go", Nested)

    async def acting(self) -> Subject:
        """Plain methods."""
        return await started(Acting.model, "go", Acting)

    async def acting_async(self) -> Subject:
        """Async methods."""
        return await started(ActingAsync.model, "go", ActingAsync)

    async def deep(self) -> Subject:
        """Nine levels."""
        return await started(Deep.model, "go", Deep)

    async def timed(self) -> Subject:
        """Two timers."""
        return await started(Timed.model, "go", Timed)

    async def life(self) -> Life:
        """Made, started and stopped."""
        kind = self.define(2)

        async def begin() -> Any:
            return await hsm.start(None, kind(), kind.model)

        return Life(begin, lambda machine: machine.state().rpartition("/")[2], hsm.stop)


CONTENDERS = (Classes,)
