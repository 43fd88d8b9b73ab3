"""A cash machine as a class: three tries, time-outs, choices, and a call that answers.

Whatever ends a session, the exit of the state `Session` gives the card back, unless it was kept.
``python examples/atm.py`` serves Ada and a thief in virtual time.
"""

from __future__ import annotations

import asyncio

import attrs

import hsm
from hsm.testing import run
from hsm_classdsl import Choice, ExitPoint, Machine, State, activity, after, exit, guard, on, on_call, transition


@attrs.frozen
class Card(hsm.Signal):
    """A card is put in."""

    owner: str
    pin: str


@attrs.frozen
class Pin(hsm.Signal):
    """Four digits are typed."""

    digits: str


@attrs.frozen
class Withdraw(hsm.Signal):
    """An amount is chosen."""

    amount: int


class Atm(Machine):
    """Gives money to those who know their PIN."""

    def __init__(self, accounts: dict[str, int]) -> None:
        self.accounts = accounts
        self.card: Card | None = None
        self.tries = 0
        self.amount = 0

    class Idle(State["Atm"], initial=True):
        @on(Card, target="Session")
        def read(self, event: Card) -> None:
            self.machine.card, self.machine.tries = event, 0

    class Session(State["Atm"]):
        cancel = on("cancel", target="Idle")

        @exit
        def eject(self) -> None:
            print("your card, please" if self.machine.card else "the card is kept")
            self.machine.card = None

        class Asking(State["Atm"], initial=True):
            too_slow = after(seconds=30, target="Idle")

            @on(Pin, target="Checking")
            def count(self, event: Pin) -> None:
                self.machine.tries += 1

        class Checking(Choice["Atm"]):
            @guard
            def is_right(self, event: Pin) -> bool:
                return self.machine.card is not None and event.digits == self.machine.card.pin

            @guard
            def was_third(self) -> bool:
                return self.machine.tries == 3

            transition(target="Choosing", guard=is_right)

            @transition(target="Stolen", guard=was_third)
            def keep(self) -> None:
                self.machine.card = None

            transition(target="Asking")

        class Choosing(State["Atm"]):
            too_slow = after(seconds=30, target="Idle")

            @guard
            def is_covered(self, event: Withdraw) -> bool:
                return event.amount <= self.machine.balance()

            @on(Withdraw, target="Paying", guard=is_covered)
            def book(self, event: Withdraw) -> None:
                assert self.machine.card is not None
                self.machine.accounts[self.machine.card.owner] -= event.amount
                self.machine.amount = event.amount

            @on(Withdraw)
            def refuse(self) -> None:
                print("that is more than you have")

            @on_call("balance")
            def tell(self) -> int:
                return self.machine.balance()

        class Paying(State["Atm"]):
            @activity
            async def count_out(self) -> None:
                await asyncio.sleep(5)

            @transition(target="Idle")
            def hand_out(self) -> None:  # after the exit of the session: first the card, then the money
                print("your money:", self.machine.amount)

        class Stolen(ExitPoint["Atm"]):
            @transition(target="Idle")
            def report(self) -> None:
                print("the police are on their way")

    def balance(self) -> int:
        """What the owner of the card has."""
        return self.accounts[self.card.owner] if self.card else 0


async def main() -> None:
    """Serve Ada, then somebody who has found her card, and two who change their minds."""
    atm = Atm({"Ada": 100})
    async with hsm.start(None, atm, Atm.model, observe=hsm.trace.log()) as machine:
        for event in (Card("Ada", "1815"), Pin("1851"), Pin("1815"), Withdraw(500)):
            await machine.dispatch(event)
        print("you have", await machine.call("balance"))
        await machine.dispatch(Withdraw(60))
        await asyncio.sleep(6)
        for event in (Card("Ada", "1815"), Pin("0000"), Pin("1234"), Pin("9999")):
            await machine.dispatch(event)
        await machine.dispatch(Card("Ada", "1815"))
        await machine.dispatch("cancel")
        await machine.dispatch(Card("Ada", "1815"))
        await asyncio.sleep(30)  # nothing is typed
        print(machine.state(), atm.accounts)


if __name__ == "__main__":
    run(main())
