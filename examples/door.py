"""A door as a class: typed events, guards, timers, and a state with data of its own while it is active.

``python examples/door.py`` opens and closes it in virtual time.
"""

from __future__ import annotations

import asyncio

import attrs

import hsm
from hsm.testing import run
from hsm_classdsl import Machine, State, after, entry, exit, guard, on


@attrs.frozen
class Knock(hsm.Signal):
    """Somebody at the door."""

    name_given: str


class Door(Machine):
    """Opens for people it knows, and closes by itself."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self.opened = 0

    class Closed(State["Door"]):
        @guard
        def is_known(self, event: Knock) -> bool:
            return event.name_given in self.machine.known

        @on(Knock, target="Open", guard=is_known)
        def welcome(self, event: Knock) -> None:
            print(f"come in, {event.name_given}")

        @on(Knock)
        def refuse(self, event: Knock) -> None:
            print(f"who is {event.name_given}?")

    class Open(State["Door"]):
        @entry
        def count(self) -> None:
            self.machine.opened += 1
            self.guests = 1  # data of this activation: gone when the door closes

        @on(Knock)
        def let_in(self, event: Knock) -> None:
            self.guests += 1

        close = after(seconds=5, target="Closed")

        @exit
        def tell(self) -> None:
            print(f"closing after {self.guests} guest(s)")


async def main() -> None:
    """Knock four times."""
    door = Door("Ada", "Grace")
    async with hsm.start(None, door, Door.model, observe=hsm.trace.log()):
        await door.dispatch(Knock("Mallory"))
        await door.dispatch(Knock("Ada"))
        await door.dispatch(Knock("Grace"))
        await asyncio.sleep(6)
        await door.dispatch(Knock("Grace"))
        print(door.state(), "opened", door.opened, "times")
        await asyncio.sleep(4)
        print("still", door.state())


if __name__ == "__main__":
    run(main())
