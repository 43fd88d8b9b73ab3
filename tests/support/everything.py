"""A machine that has everything that a snapshot can have; its golden files name its vertices, so none of them changes."""

from __future__ import annotations

import asyncio
import datetime
import enum
from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict
from uuid import UUID

import attrs

import hsm
from hsm_classdsl import (
    DeepHistory,
    Final,
    Join,
    Machine,
    Region,
    State,
    activity,
    after,
    at,
    defer,
    entry,
    every,
    guard,
    on,
    on_call,
    transition,
    when,
)


class Colour(enum.Enum):
    RED = "red"
    GREEN = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Size(NamedTuple):
    width: int
    height: float


class Address(TypedDict):
    street: str
    number: int


@attrs.frozen
class Line:
    item: str
    price: Decimal
    tags: frozenset[str] = frozenset()


@dataclass
class Node:
    name: str
    inner: list[Node]


@attrs.frozen
class Paid(hsm.Signal):
    amount: Decimal


class Everything(Machine):
    """Its attributes are of many types; what is in its states is of every kind that waits for something."""

    number: int
    ratio: float
    price: Decimal
    key: UUID
    raw: bytes
    path: Path
    moment: datetime.datetime
    day: datetime.date
    hour: datetime.time
    span: datetime.timedelta
    colours: list[Colour]
    access: Access
    mode: Literal["fast", 3]
    size: Size
    address: Address
    lines: list[Line]
    tree: Node
    counts: dict[int, str]
    ids: set[int]
    pair: tuple[int, str]
    recent: deque[float]
    either: int | str | None
    log: list[str]

    def __init__(self) -> None:
        self.log = []
        self.anything = None
        self.is_open = False

    def fill(self) -> None:
        """Give it values: a fresh one has none of them."""
        self.number, self.ratio, self.price, self.key = 1 << 70, float("inf"), Decimal("9.90"), UUID(int=3)
        self.raw, self.path, self.moment = (
            b"\0\xff",
            Path("a/b"),
            datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC),
        )
        self.day, self.hour, self.span = (
            datetime.date(2024, 2, 29),
            datetime.time(7),
            datetime.timedelta(days=1, seconds=1),
        )
        self.colours, self.access, self.mode = [Colour.RED, Colour.GREEN], Access.READ | Access.WRITE, 3
        self.size, self.address = Size(3, 0.5), {"street": "Mill Lane", "number": 3}
        self.lines = [Line("tea", Decimal("2.5"), frozenset({"hot", "green"})), Line("milk", Decimal(1))]
        self.tree = Node("root", [Node("leaf", [])])
        self.counts, self.ids, self.pair, self.recent = {1: "one", -2: "two"}, {3, 1, 2}, (1, "a"), deque([0.5, 1])
        self.either = "text"
        self.anything = {"n": [1, None, True, "\u00e9"]}

    class Idle(State["Everything"]):
        on("work", target="Work")

    class Work(State["Everything"]):
        defer("later", "ask", Paid)

        @guard
        def is_open(self) -> bool:
            return self.machine.is_open

        on("pause", target="Paused")
        when(is_open, name="opened", target="Done")
        after(seconds=60, name="limit", target="Done")

        @entry
        def _(self, event: hsm.Event) -> None:
            self.begun_on = event.name
            self.turns = [Colour.GREEN.name]

        @activity(name="watch")
        async def _(self) -> None:
            self.machine.log.append("watch")
            await asyncio.Event().wait()

        class Left(Region):
            class Waiting(State["Everything"]):
                transition(target="Meet")

        class Right(Region):
            class Busy(State["Everything"]):
                ended: bool = False

                @on("hsm_error")
                def _(self, event: hsm.Event[Exception]) -> None:
                    self.machine.log.append(str(event.data))

                @activity(name="short")
                async def _(self) -> None:
                    self.ended = True

                @activity(name="broken")
                async def _(self) -> None:
                    raise ValueError("no paper")

                @every(seconds=5, name="tick")
                def _(self, event: hsm.Event[hsm.Tick]) -> None:
                    self.machine.log.append(f"tick {event.data.number}")

                @at(datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC), name="noon")
                def _(self) -> None:
                    self.machine.log.append("noon")

                on("meet", target="Ready")

            class Ready(State["Everything"]):
                transition(target="Meet")

        class Meet(Join["Everything"]):
            transition(target="Done")

    class Paused(State["Everything"]):
        @guard
        def is_wanted(self) -> bool:
            return self.machine.is_open

        transition(target="Idle", guard=is_wanted)

        @activity(name="save")
        async def _(self) -> None:
            self.machine.log.append("saved")

        class Inner(State["Everything"]):
            on("deeper", target="Other")
            on("end", target="End")

        class End(Final):
            pass

        class Other(State["Everything"]):
            pass

        class Last(DeepHistory["Everything"], target="Inner"):
            pass

        on("back", target="Idle")

    class Done(State["Everything"]):
        on("resume", target="Paused/Last")

        @on("later", "hsm_error")
        def _(self, event: hsm.Event) -> None:
            self.machine.log.append(f"{event.name}: {event.data}")

        @on(Paid)
        def _(self, event: Paid) -> None:
            self.machine.log.append(f"paid {event.amount}")

        @on_call("ask")
        def _(self, event: hsm.Event[hsm.Arguments]) -> None:
            self.machine.log.append(f"asked {event.data}")
