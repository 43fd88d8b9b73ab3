"""Automat: flat, without asyncio; events are the methods of a protocol."""

from __future__ import annotations

from typing import Any, Protocol

from automat import TypeMachineBuilder

from bench.subject import OURS_ALONE, Contender, Life, Subject, User


class Inputs(Protocol):
    """The events; the second one tells where the machine is."""

    def go(self) -> None:
        """To the next state."""

    def where(self) -> str:
        """The name of the active state."""


def ring(size: int, effect: Any = None) -> Any:
    """A function that makes machines of *size* states, whose transitions have an *effect* or none."""
    builder = TypeMachineBuilder(Inputs, User)
    states = [builder.state(f"s{at}") for at in range(size)]
    for at, state in enumerate(states):
        state.upon(Inputs.where).loop().returns(f"s{at}")
        move = state.upon(Inputs.go).to(states[(at + 1) % size])
        if effect is None:
            move.returns(None)
        else:
            move(effect)
    return builder.build()


def act_by_method(machine: Inputs, user: User) -> None:
    """An effect that calls a method."""
    user.add()


def started(definition: Any) -> Subject:
    """A machine of *definition*."""
    user = User()
    machine = definition(user)
    return Subject(machine.go, (), machine.where, lambda: user.count)


class Automat(Contender):
    """Automat."""

    key = "automat"
    title = "Automat"
    distribution = "Automat"
    is_async = False
    has_hierarchy = False
    gaps = {
        **OURS_ALONE,
        "nested": "is flat",
        "deep": "is flat",
        "acting": "has neither guards nor entry and exit actions",
        "acting_async": "has no await",
        "calling": "has neither guards nor entry and exit actions",
        "guards": "has neither guards nor entry and exit actions",
        "named": "knows no names: an event is a method",
        "named_data": "knows no names: an event is a method",
        "regions": "is flat",
        "unhandled": "raises on an event that the state does not know",
    }
    notes = dict.fromkeys(("life", "once"), "There is no stop: a machine is made.")

    def define(self, size: int) -> Any:
        """The builder, built."""
        return ring(size)

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of it."""
        if event != "go":
            raise self.cannot("unhandled")
        return started(definition)

    async def method(self) -> Subject:
        """A method in an effect."""
        return started(ring(2, act_by_method))

    async def life(self) -> Life:
        """Made."""
        definition = self.define(2)
        return Life(lambda: definition(User()), lambda machine: machine.where())


CONTENDERS = (Automat,)
