"""The machines in the functional front end."""

from __future__ import annotations

from typing import Any

import hsm
from bench.subject import HOUR, Contender, Life, Subject


class User(hsm.Instance):
    """What the machines work on."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0


def act(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """A plain action."""
    self.count += 1


async def act_async(ctx: hsm.Context, self: User, event: hsm.Event) -> None:
    """An async action."""
    self.count += 1


def below(ctx: hsm.Context, self: User, event: hsm.Event) -> bool:
    """The guard."""
    return self.count >= 0


def go(target: str, *parts: Any) -> Any:
    """A transition on ``go``."""
    return hsm.transition(hsm.on("go"), hsm.target(target), *parts)


def acting(action: Any) -> Any:
    """A ring of two with *action* three times."""
    return hsm.define(
        "Acting",
        hsm.state("s0", hsm.entry(action), hsm.exit(action), go("s1", hsm.guard(below), hsm.effect(action))),
        hsm.state("s1", hsm.entry(action), hsm.exit(action), go("s0", hsm.guard(below), hsm.effect(action))),
    )


async def started(model: Any, event: str = "go", kind: type[Any] = User) -> Subject:
    """A machine of *model* on a new *kind*; its first entry does not count."""
    machine = await hsm.start(None, kind(), model)
    before = machine.instance.count
    return Subject(
        machine.dispatch,
        (hsm.Event(event),),
        lambda: machine.state().rpartition("/")[2],
        lambda: machine.instance.count - before,
        machine.stop,
    )


class Functional(Contender):
    """The functional front end."""

    key = "hsm"
    title = "hsm"
    distribution = "hsm-dsl"

    def define(self, size: int) -> Any:
        """The model, compiled."""
        return hsm.define("Ring", *(hsm.state(f"s{at}", go(f"s{(at + 1) % size}")) for at in range(size)))

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of it."""
        return await started(definition, event)

    async def nested(self) -> Subject:
        """Two branches."""
        return await started(
            hsm.define(
                "Nested",
                hsm.state("a", hsm.state("b", hsm.state("c", go("/Nested/x/y/z")))),
                hsm.state("x", hsm.state("y", hsm.state("z", go("/Nested/a/b/c")))),
            )
        )

    async def acting(self) -> Subject:
        """Plain actions."""
        return await started(acting(act))

    async def acting_async(self) -> Subject:
        """Async actions."""
        return await started(acting(act_async))

    async def deep(self) -> Subject:
        """Nine levels."""
        inner = hsm.state("d8")
        for level in range(7, 0, -1):
            inner = hsm.state(f"d{level}", inner)
        return await started(hsm.define("Deep", hsm.state("d0", inner, hsm.transition(hsm.on("go"), hsm.effect(act)))))

    async def timed(self) -> Subject:
        """Two timers."""
        return await started(
            hsm.define(
                "Timed",
                hsm.state("s0", go("s1"), hsm.transition(hsm.after(HOUR), hsm.target("s1"))),
                hsm.state("s1", go("s0"), hsm.transition(hsm.after(HOUR), hsm.target("s0"))),
            )
        )

    async def life(self) -> Life:
        """Made, started and stopped."""
        model = self.define(2)

        async def begin() -> Any:
            return await hsm.start(None, User(), model)

        return Life(begin, lambda machine: machine.state().rpartition("/")[2], hsm.stop)


CONTENDERS = (Functional,)
