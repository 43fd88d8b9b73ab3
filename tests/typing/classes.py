"""Machines as classes: what the checkers know about handlers, guards, states and the machine."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any, reveal_type

import attrs

import hsm
from hsm_classdsl import (
    Choice,
    DeepHistory,
    EntryPoint,
    ExitPoint,
    Final,
    Fork,
    Join,
    Junction,
    Machine,
    Region,
    ShallowHistory,
    State,
    Submachine,
    Terminate,
    activity,
    after,
    at,
    defer,
    effect,
    entry,
    every,
    exit,
    guard,
    initial,
    on,
    on_call,
    transition,
    when,
)


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@dataclasses.dataclass(frozen=True)
class Moved(hsm.Signal):
    x: int


class Refunded(Paid):
    pass


class Door(Machine):
    opened: int = 0

    class Closed(State["Door"], initial=True):
        tries: int = 0

        @guard
        def unlocked(self) -> bool:
            return self.machine.opened < 3

        @guard
        async def unlocked_later(self, event: hsm.Event[Any]) -> bool:
            return self.unlocked()

        @guard
        def unlocked_with_all(self, ctx: hsm.Context, event: hsm.Event[Any]) -> bool:
            return bool(event.data)

        @guard
        def unlocked_by(self, event: Paid) -> bool:
            return event.amount > 2

        @guard  # E
        def not_bool(self) -> str:
            return ""

        @guard  # E
        def four(self, ctx: hsm.Context, event: hsm.Event[Any], more: int) -> bool:
            return True

        @on("open", target="Opened", guard=unlocked)
        def count(self, event: hsm.Event[Any]) -> None:
            reveal_type(self.machine)  # R: Door
            reveal_type(self.machine.opened)  # R: int
            self.machine.opened += 1
            self.machine.opend += 1  # E
            self.tries += 1
            self.trys += 1  # E
            self.machine.opened = "3"  # E
            reveal_type(self.unlocked())  # R: bool

        @on(Paid, target="Opened", guard=unlocked & ~unlocked_later | unlocked_with_all)
        def pay(self, event: Paid) -> None:
            reveal_type(event.amount)  # R: int
            event.amnt  # E

        @on(Paid)  # E
        def wrong_event(self, event: Moved) -> None:
            pass

        @on(Paid)  # E
        def wrong_event_of_three(self, ctx: hsm.Context, event: Moved) -> None:
            pass

        @on(Paid)
        def wider_event(self, event: hsm.Event[Any]) -> None:
            pass

        @on(Paid)  # E
        def narrower_event(self, event: Refunded) -> None:
            pass

        @on(Paid, Moved)
        def two_events(self, event: Paid | Moved) -> None:
            pass

        @on(Paid, Moved)  # E
        def one_of_two(self, event: Paid) -> None:
            pass

        @on("open")
        def none(self) -> None:
            pass

        @on("open")
        async def three(self, ctx: hsm.Context, event: hsm.Event[Any]) -> None:
            pass

        @on("open")
        def typed_data(self, event: hsm.Event[int]) -> None:
            reveal_type(event.data)  # R: int

        @on("open")  # E
        def too_many(self, ctx: hsm.Context, event: hsm.Event[Any], more: int) -> None:
            pass

        @on("open")
        def not_an_event(self, event: int) -> None:
            pass

        @on(Paid)  # E
        def not_an_event_of_a_signal(self, event: int) -> None:
            pass

        @on("first")
        @on(Paid)
        def stacked(self, event: Paid) -> None:
            pass

        @on("first")
        @on(Paid)  # E
        def stacked_wrong(self, event: Moved) -> None:
            pass

        @on(3)  # E
        def number(self) -> None:
            pass

        @on("open", guard="unlocked")  # E
        def guard_by_name(self) -> None:
            pass

        @on("open", guard=unlokced)  # E
        def guard_misspelt(self) -> None:
            pass

        @on("open", taget="Opened")  # E
        def keyword_misspelt(self) -> None:
            pass

        @on("open", target=3)  # E
        def target_number(self) -> None:
            pass

        combined = on("x", guard=unlocked & 3)  # E
        single = on("x", guard=~unlocked)

    class Opened(State["Door"]):
        @entry
        async def announce(self) -> None:
            reveal_type(self.machine)  # R: Door
            await self.machine.dispatch("x")
            await self.machine.dispatch(3)  # E

        @exit
        def leave(self, event: hsm.Event[Any]) -> None:
            self.machine.nothing  # E

        @activity
        async def watch(self, ctx: hsm.Context, event: hsm.Event[Any]) -> None:
            pass

        @effect
        def act(self) -> None:
            pass

        shut = after(seconds=5, target="Closed")
        shut_too = after(5, target="Closed")
        shut_at_last = after(timedelta(seconds=5), target="Closed")
        tick = every(minutes=1)
        alarm = at(datetime(2030, 1, 1))
        held = defer("open", Paid)
        changed = when(lambda: True)
        text = after("5s", target="Closed")  # E
        text_too = after(seconds="5", target="Closed")  # E
        moment = at(5)  # E
        held_number = defer(3)  # E
        plain = hsm.transition(hsm.on("x"), hsm.target("."))

        def span(self) -> timedelta:
            return timedelta(seconds=self.machine.opened)

        @after(span, target="Closed")
        def timed(self, event: hsm.Event[hsm.Tick]) -> None:
            reveal_type(event.data.missed)  # R: int

        @on_call("read")
        def read(self) -> int:
            return self.machine.opened

        @on_call(3)  # E
        def read_number(self) -> int:
            return 3

        class Inner(State["Door"], initial=True):
            @entry
            def deeper(self) -> None:
                reveal_type(self.machine)  # R: Door

        class History(ShallowHistory["Door"], target="Inner"):
            @effect
            def fresh(self) -> None:
                reveal_type(self.machine)  # R: Door

        class Deep(DeepHistory["Door"]):
            pass

        class Way(Choice["Door"]):
            @guard
            def many(self) -> bool:
                return self.machine.opened > 2

            first = transition(target="../Closed", guard=many)

            @transition(target="Inner")
            def otherwise(self) -> None:
                reveal_type(self.machine)  # R: Door
                self.machine.nothing  # E

        class In(EntryPoint["Door"]):
            way = transition(target="Inner")

        class Out(ExitPoint["Door"]):
            way = transition(target="../Closed")

    class Both(State["Door"]):
        class Left(Region):
            class A(State["Door"]):
                pass

        class Right(Region):
            class B(State["Door"]):
                pass

    class Split(Fork["Door"]):
        ways = transition(target=("Both/Left/A", "Both/Right/B"))

    class Meet(Join["Door"]):
        way = transition(target="Closed")

    class Road(Junction["Door"]):
        way = transition(target="Closed")

    class Ended(Final):
        pass

    class Killed(Terminate):
        pass

    begin = initial("Closed")

    @on("reset", source=Opened, target=Closed)
    def reset(self) -> None:
        reveal_type(self)  # R: Door
        self.opened = 0
        self.opend += 1  # E

    @on("reset", source=Opened, target=(Closed, "Opened"))
    def reset_several(self) -> None:
        pass

    @on("reset", source=Opend, target=Closed)  # E
    def reset_misspelt(self) -> None:
        pass

    @on(Paid, source=Closed)
    def paid(self, event: Paid) -> None:
        reveal_type(event.amount)  # R: int

    @on(Paid, source=Closed)  # E
    def paid_wrong(self, event: Moved) -> None:
        pass

    @entry
    def begun(self) -> None:
        self.opened = 0

    @staticmethod
    def functional(ctx: hsm.Context, self: Door, event: hsm.Event[Any]) -> None:
        self.opened += 1

    functional_part = hsm.transition(hsm.on("y"), hsm.effect(functional))


class Nameless(Machine):
    """Any number of methods called `_`, and marks without a name; two methods of another name are an error."""

    class A(State["Nameless"]):
        @on("x")
        def _(self) -> None:
            reveal_type(self.machine)  # R: Nameless

        @on(Paid, target="B")
        def _(self, event: Paid) -> None:
            reveal_type(event.amount)  # R: int
            event.amnt  # E

        @on(Paid)  # E
        def _(self, event: Moved) -> None:
            pass

        on("y", target="B")
        on(Paid, target="B", guard=hsm.in_state("A"))
        [on(f"z{number}", target="B") for number in range(3)]
        hsm.transition(hsm.on("x"), hsm.target("."))
        after(days=1, target="B")
        every(days=1, hours=2)
        after(days="1", target="B")  # E
        after(day=1, target="B")  # E
        on("x", tarjet="B")  # E
        transition(to="B")  # E

        @on("once")
        def once(self) -> None:  # E pyright
            pass

        @on("twice")  # E mypy
        def once(self) -> None:
            pass

    class B(State["Nameless"]):
        pass

    @on("m")
    def _(self) -> None:
        reveal_type(self)  # R: Nameless

    @on("n", source=A, target=B)
    def _(self) -> None:
        self.nothing  # E


class Unfinished(Machine, abstract=True):
    class A(State["Unfinished"], initial=True):
        on("go", target="B")

    class B(State["Unfinished"], abstract=True):  # E
        pass


class Finished(Unfinished):
    class B(Unfinished.B, initial=True):
        pass


for vertex in Nameless:
    reveal_type(vertex)  # R: type
reveal_type(str(Nameless.A))  # R: str
reveal_type(Door.model)  # R: Model[Door]
reveal_type(Door().model)  # R: Model[Door]
reveal_type(Door.Closed.unlocked)  # R: Guard[Closed, bool]


class Engine(Machine):
    speed: int = 0

    class Off(State["Engine"]):
        pass


class Car(Machine):
    left = Submachine(Engine)
    right = Submachine(Engine, hsm.transition(hsm.on("x")), hsm.exit_point("out"), initial=True)
    not_a_machine = Submachine(int)  # E
    an_instance = Submachine(Engine())  # E
    a_state = Submachine(Engine.Off)  # E
    a_wrong_part = Submachine(Engine, hsm.state("a"))  # E
    a_wrong_keyword = Submachine(Engine, inital=True)  # E


class Sliding(Door):
    rail: int = 0

    class Closed(Door.Closed):
        def count(self, event: hsm.Event[Any]) -> None:
            reveal_type(self.machine)  # R: Door
            reveal_type(self.tries)  # R: int

        @guard
        def unlocked(self) -> bool:
            return False

        @entry
        def more(self) -> None:
            self.machine.rail  # E

    class Opened(Door.Opned):  # E
        pass


reveal_type(Sliding.model)  # R: Model[Sliding]


class Plain(hsm.Instance):
    pass


class NotAMachine(Machine):
    class A(State["Plain"]):
        pass

    class B(State["Unknown"]):  # E
        pass

    class C(State[int]):  # E
        pass

    class D(State["NotAMachine"], initial="yes"):  # E
        pass

    class E(State["NotAMachine"], inital=True):  # E
        pass

    class F(ShallowHistory["NotAMachine"], target=3):  # E
        pass


async def running() -> None:
    async with Door() as door:
        reveal_type(door)  # R: Door
        reveal_type(door.opened)  # R: int
        reveal_type(await door.dispatch("open"))  # R: Outcome
        reveal_type(door.state())  # R: str
        reveal_type(door.is_in(Door.Closed))  # R: bool
        reveal_type(door.is_in("/Door/Closed"))  # R: bool
        door.is_in(3)  # E
        await door.until(Door.Opened)
        await door.until(lambda door: door.is_in(Door.Closed))
        await door.until(Door.Opned)  # E
        await door.until(lambda door: door.is_inn(Door.Closed))  # E
        reveal_type(await door.can("open"))  # R: Outcome
        hsm.machine_of(door).is_in(Door.Opened.Inner)
        hsm.machine_of(door).is_in(Door.Opned)  # E
        await door.dispatch(3)  # E
        door.opend  # E
    async with Sliding() as sliding:
        reveal_type(sliding.rail)  # R: int
    machine = await hsm.start(None, Door(), Door.model)
    reveal_type(machine)  # R: Machine[Door]
    reveal_type(machine.instance.opened)  # R: int
    await hsm.start(None, Sliding(), Door.model)
    await hsm.start(None, Door(), Sliding.model)  # E
    await hsm.start(None, Plain(), Door.model)  # E
    await hsm.start(None, Engine(), Door.model)  # E
    Door(3)  # E
    async with Door as klass:  # E
        pass
