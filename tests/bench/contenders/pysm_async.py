"""pysm: its asyncio machine; hierarchical, no timers, and the machine is its own definition."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from pysm import Event, State, StateMachine
from pysm.aio import AsyncQueuedStateMachine

from bench.subject import AMOUNT, OURS_ALONE, Contender, Life, Subject, User, count, is_below


def act(state: Any, event: Any) -> None:
    """A plain action."""
    event.state_machine.user.count += 1


async def act_async(state: Any, event: Any) -> None:
    """An async action."""
    event.state_machine.user.count += 1


async def act_later(state: Any, event: Any) -> None:
    """An action that suspends."""
    await asyncio.sleep(0)
    event.state_machine.user.count += 1


def act_by_method(state: Any, event: Any) -> None:
    """An action that calls a method."""
    event.state_machine.user.add()


def act_by_function(state: Any, event: Any) -> None:
    """An action that calls a function."""
    count(event.state_machine.user)


def add_data(state: Any, event: Any) -> None:
    """An action that reads the event's data."""
    event.state_machine.user.count += event.cargo["amount"]


def below_by_function(state: Any, event: Any) -> bool:
    """A guard that calls a function."""
    return is_below(event.state_machine.user)


def is_wanted(number: int) -> Any:
    """A guard that holds when the user wants *number*."""
    return lambda state, event: event.state_machine.user.wanted == number


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
    gaps = {**OURS_ALONE, "timed": "has no timers", "regions": "has no regions"}
    notes = dict.fromkeys(
        ("life", "once"),
        "There is no stop, and no definition apart from the machine: each one is built from its states.",
    )

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

    async def named(self) -> Subject:
        """An event is made of the name."""
        return self.by_name(await started(self.define(2)), "go")

    async def named_data(self) -> Subject:
        """An event is made of the name and the data."""
        return self.by_name(await self.pair(add_data), "go", AMOUNT)

    def by_name(self, subject: Subject, *arguments: Any) -> Subject:
        """*subject*, sent a name."""
        send = subject.send
        subject.send = lambda name, data=None: send(Event(name, amount=data))
        subject.arguments = arguments
        return subject

    async def method(self) -> Subject:
        """A method in an action."""
        return await self.pair(act_by_method)

    async def calling(self) -> Subject:
        """Functions in behaviours."""
        return await self.act(act_by_function, below_by_function)

    async def awaiting(self) -> Subject:
        """An action that suspends."""
        return await self.pair(act_later)

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        state = State("s0")
        machine = root([state])
        machine.user.wanted = number - 1
        for at in range(number):
            machine.add_transition(state, None, events=["go"], condition=is_wanted(at), action=act)
        return await started(machine)

    async def pair(self, action: Any) -> Subject:
        """A ring of two with *action* in each transition."""
        states = [State("s0"), State("s1")]
        machine = root(states)
        for state, other in zip(states, reversed(states), strict=True):
            machine.add_transition(state, other, events=["go"], action=action)
        return await started(machine)

    async def act(self, action: Any, guard: Any = below) -> Subject:
        """A ring of two with *action* three times."""
        states = [State("s0"), State("s1")]
        machine = root(states)
        for state, other in zip(states, reversed(states), strict=True):
            state.handlers = {"enter": action, "exit": action}
            machine.add_transition(state, other, events=["go"], condition=guard, action=action)
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
