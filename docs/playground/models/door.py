"""A door that opens for people it knows, and closes by itself."""

import attrs

import hsm
from hsm_classdsl import Machine, State, after, entry, exit, guard, on


@attrs.frozen
class Knock(hsm.Signal):
    """Somebody at the door."""

    who: str = "Ada"


class Door(Machine):
    """Knows Ada and Grace."""

    known = ("Ada", "Grace")

    class Closed(State["Door"]):
        @guard
        def is_known(self, event: Knock) -> bool:
            return event.who in self.machine.known

        @on(Knock, target="Open", guard=is_known)
        def welcome(self, event: Knock) -> None:
            print(f"Come in, {event.who}.")

        @on(Knock)
        def refuse(self, event: Knock) -> None:
            print(f"Who is {event.who}?")

    class Open(State["Door"]):
        @entry
        def begin(self) -> None:
            self.guests = 1  # belongs to this activation: gone when the door closes

        @on(Knock)
        def let_in(self, event: Knock) -> None:
            self.guests += 1
            print(f"Join us, {event.who}.")

        close = after(seconds=5, target="Closed")

        @exit
        def count(self) -> None:
            print(f"Closing after {self.guests} guest(s).")
