"""Automat: flat, without asyncio; events are the methods of a protocol."""

from __future__ import annotations

from typing import Any, Protocol

from automat import TypeMachineBuilder

from bench.subject import Contender, Life, Subject, User


class Inputs(Protocol):
    """The events; the second one tells where the machine is."""

    def go(self) -> None:
        """To the next state."""

    def where(self) -> str:
        """The name of the active state."""


def ring(size: int) -> Any:
    """A function that makes machines of *size* states."""
    builder = TypeMachineBuilder(Inputs, User)
    states = [builder.state(f"s{at}") for at in range(size)]
    for at, state in enumerate(states):
        state.upon(Inputs.where).loop().returns(f"s{at}")
        state.upon(Inputs.go).to(states[(at + 1) % size]).returns(None)
    return builder.build()


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
        "nested": "is flat",
        "deep": "is flat",
        "acting": "has neither guards nor entry and exit actions",
        "acting_async": "has no await",
        "unhandled": "raises on an event that the state does not know",
    }
    notes = {"life": "There is no stop: a machine is made."}

    def define(self, size: int) -> Any:
        """The builder, built."""
        return ring(size)

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A machine of it."""
        if event != "go":
            raise self.cannot("unhandled")
        return started(definition)

    async def life(self) -> Life:
        """Made."""
        definition = self.define(2)
        return Life(lambda: definition(User()), lambda machine: machine.where())


CONTENDERS = (Automat,)
