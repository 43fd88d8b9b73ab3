"""pysm: its asyncio machine; hierarchical, no timers, and the machine is its own definition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pysm import Event, State, StateMachine
from pysm.aio import AsyncQueuedStateMachine

from bench.subject import Contender, Life, Subject, User


def act(state: Any, event: Any) -> None:
    """A plain action."""
    event.state_machine.user.count += 1


async def act_async(state: Any, event: Any) -> None:
    """An async action."""
    event.state_machine.user.count += 1


def below(state: Any, event: Any) -> bool:
    """The guard."""
    return event.state_machine.user.count >= 0


def root(states: Iterable[Any]) -> Any:
    """A machine of *states*, the first of which is initial; its user's object hangs at it."""
    machine = AsyncQueuedStateMachine("root")
    fill(machine, states)
    machine.user = User()
    return machine


def fill(machine: Any, states: Iterable[Any]) -> Any:
    """*machine*, with *states* in it."""
    for at, state in enumerate(states):
        machine.add_state(state, initial=at == 0)
    return machine


async def started(machine: Any, event: str = "go") -> Subject:
    """*machine*, initialized."""
    await machine.async_initialize()
    return Subject(machine.dispatch, (Event(event),), lambda: machine.leaf_state.name, lambda: machine.user.count)


class Pysm(Contender):
    """pysm."""

    key = "pysm"
    title = "pysm AsyncQueuedStateMachine"
    distribution = "pysm"
    gaps = {"timed": "has no timers"}
    notes = {"life": "There is no stop, and no definition apart from the machine: each one is built from its states."}

    def define(self, size: int) -> Any:
        """The machine: there is no definition apart from it."""
        states = [State(f"s{at}") for at in range(size)]
        machine = root(states)
        for at, state in enumerate(states):
            machine.add_transition(state, states[(at + 1) % size], events=["go"])
        return machine

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """It, initialized."""
        return await started(definition, event)

    async def nested(self) -> Subject:
        """Two branches."""

        def branch(outer: str, middle: str, leaf: str) -> tuple[Any, Any, Any]:
            inner = State(leaf)
            between = fill(StateMachine(middle), [inner])
            return fill(StateMachine(outer), [between]), between, inner

        (a, b, c), (x, y, z) = branch("a", "b", "c"), branch("x", "y", "z")
        machine = root([a, x])
        b.add_transition(c, z, events=["go"])
        y.add_transition(z, c, events=["go"])
        return await started(machine)

    async def acting(self) -> Subject:
        """Plain actions."""
        return await self.act(act)

    async def acting_async(self) -> Subject:
        """Async actions."""
        return await self.act(act_async)

    async def act(self, action: Any) -> Subject:
        """A ring of two with *action* three times."""
        states = [State("s0"), State("s1")]
        machine = root(states)
        for state, other in zip(states, reversed(states), strict=True):
            state.handlers = {"enter": action, "exit": action}
            machine.add_transition(state, other, events=["go"], condition=below, action=action)
        return await started(machine)

    async def deep(self) -> Subject:
        """Nine levels."""
        inner: Any = State("d8")
        for level in range(7, -1, -1):
            inner = fill(StateMachine(f"d{level}"), [inner])
        machine = root([inner])
        machine.add_transition(inner, None, events=["go"], action=act)
        return await started(machine)

    async def life(self) -> Life:
        """Built and initialized."""

        async def begin() -> Any:
            machine = self.define(2)
            await machine.async_initialize()
            return machine

        return Life(begin, lambda machine: machine.leaf_state.name)


CONTENDERS = (Pysm,)
