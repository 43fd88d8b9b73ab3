"""statesman: asyncio, flat; an event has one target."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pydantic
from statesman import Action, Event, State, StateMachine

from bench.subject import Contender, Life, Subject


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
        lambda: machine.trigger_event(next(turns)), (), lambda: machine.state.name, lambda: machine._count - before
    )


class Statesman(Contender):
    """statesman."""

    key = "statesman"
    title = "statesman"
    distribution = "statesman"
    has_hierarchy = False
    gaps = {
        "nested": "is flat",
        "deep": "is flat",
        "timed": "has no timers",
        "unhandled": "raises on an event that the state does not know",
        "shared": "has one target for an event, so that senders would have to know the state",
    }
    notes = dict.fromkeys(
        ("flat", "ring", "actions", "async-actions"),
        "An event has one target, so each state has an event of its own; they are sent in turn.",
    ) | {"life": "There is no stop: a machine is made and its first state entered."}

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

    async def act(self, name: str) -> Subject:
        """A ring of two with the method *name* three times."""
        states, events = ring(2)
        machine = Counting(states=states, events=events)
        action = getattr(machine, name)
        for state in machine.states:
            state.add_action(action, Action.Types.entry)
            state.add_action(action, Action.Types.exit)
        for event in machine.events:
            event.add_action(machine.below, Action.Types.guard)
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
