"""statesman: asyncio, flat; an event has one target."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from typing import Any

import pydantic
from statesman import Action, Event, State, StateMachine

from bench.subject import AMOUNT, OURS_ALONE, Contender, Life, Subject


class Counting(StateMachine):
    """What the machines count in."""

    _count: int = pydantic.PrivateAttr(0)

    def below(self) -> bool:
        """The guard."""
        return self._count >= 0

    def act(self) -> None:
        """A plain action."""
        self._count += 1

    async def act_async(self) -> None:
        """An async action."""
        self._count += 1

    async def act_later(self) -> None:
        """An action that suspends."""
        await asyncio.sleep(0)
        self._count += 1

    def add(self) -> None:
        """What behaviours call."""
        self._count += 1

    def act_by_method(self) -> None:
        """An action that calls a method."""
        self.add()

    def act_by_function(self) -> None:
        """An action that calls a function."""
        count(self)

    def add_data(self, data: int) -> None:
        """An action that reads the event's data."""
        self._count += data

    def below_by_function(self) -> bool:
        """A guard that calls a function."""
        return is_below(self)


def count(machine: Any) -> None:
    """What actions call."""
    machine._count += 1


def is_below(machine: Any) -> bool:
    """What a guard calls."""
    return machine._count >= 0


def ring(size: int) -> tuple[list[Any], list[Any]]:
    """The states and the events of a ring."""
    states = [State(name=f"s{at}") for at in range(size)]
    events = [
        Event(name=f"go{at}", sources=[state], target=states[(at + 1) % size], transition_type=None)
        for at, state in enumerate(states)
    ]
    return states, events


async def started(machine: Any, events: Iterable[str]) -> Subject:
    """*machine*, in its first state, to which *events* are sent in turn."""
    await machine.enter_state("s0")
    before, turns = machine._count, itertools.cycle(events)
    return Subject(
        lambda *data: machine.trigger_event(next(turns), *data),
        (),
        lambda: machine.state.name,
        lambda: machine._count - before,
    )


class Statesman(Contender):
    """statesman."""

    key = "statesman"
    title = "statesman"
    distribution = "statesman"
    has_hierarchy = False
    gaps = {
        **OURS_ALONE,
        "nested": "is flat",
        "deep": "is flat",
        "timed": "has no timers",
        "unhandled": "raises on an event that the state does not know",
        "guards": "has one target for an event, and all of its guards have to hold",
        "regions": "is flat",
        "shared": "has one target for an event, so that senders would have to know the state",
    }
    notes = dict.fromkeys(
        ("flat", "ring", "name", "data", "actions", "async-actions", "calling", "method", "awaiting"),
        "An event has one target, so each state has an event of its own; they are sent in turn.",
    ) | dict.fromkeys(("life", "once"), "There is no stop: a machine is made and its first state entered.")

    def define(self, size: int) -> Any:
        """The states and the events: each machine takes them in."""
        return ring(size)

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of them."""
        if event != "go":
            raise self.cannot("unhandled")
        states, events = definition
        return await started(Counting(states=states, events=events), [each.name for each in events])

    async def acting(self) -> Subject:
        """Plain actions."""
        return await self.act("act")

    async def acting_async(self) -> Subject:
        """Async actions."""
        return await self.act("act_async")

    async def shared(self) -> Subject:
        """Not without knowing the state."""
        raise self.cannot("shared")

    async def named(self) -> Subject:
        """Every event is sent as a name."""
        return await self.start(self.define(2))

    async def named_data(self) -> Subject:
        """A name and data."""
        subject = await self.pair("add_data")
        send = subject.send
        subject.send = lambda: send(AMOUNT)
        return subject

    async def method(self) -> Subject:
        """A method in a method."""
        return await self.pair("act_by_method")

    async def calling(self) -> Subject:
        """Functions in methods."""
        return await self.act("act_by_function", "below_by_function")

    async def awaiting(self) -> Subject:
        """A method that suspends."""
        return await self.pair("act_later")

    async def pair(self, name: str) -> Subject:
        """A ring of two with the method *name* in each event."""
        states, events = ring(2)
        machine = Counting(states=states, events=events)
        for event in machine.events:
            event.add_action(getattr(machine, name), Action.Types.on)
        return await started(machine, ["go0", "go1"])

    async def act(self, name: str, guard: str = "below") -> Subject:
        """A ring of two with the method *name* three times."""
        states, events = ring(2)
        machine = Counting(states=states, events=events)
        action = getattr(machine, name)
        for state in machine.states:
            state.add_action(action, Action.Types.entry)
            state.add_action(action, Action.Types.exit)
        for event in machine.events:
            event.add_action(getattr(machine, guard), Action.Types.guard)
            event.add_action(action, Action.Types.on)
        return await started(machine, ["go0", "go1"])

    async def life(self) -> Life:
        """Made and entered."""
        states, events = self.define(2)

        async def begin() -> Any:
            machine = Counting(states=states, events=events)
            await machine.enter_state("s0")
            return machine

        return Life(begin, lambda machine: machine.state.name)


CONTENDERS = (Statesman,)
