"""Data that would not come back as it was: without annotations, with wrong ones, or that no process can save."""

import decimal
import math
import socket
import threading
from collections.abc import Callable
from typing import Literal

import attrs

import hsm
from hsm.testing import run


@attrs.define
class Bulb:
    watts: decimal.Decimal
    colour: Literal["red", "green"] = "red"


class Lamp(hsm.Instance):
    brightness: int | float | bool
    plug: socket.socket
    ring: Callable[[], None]
    bulbs: list[Bulb]
    size: tuple[int, int]
    names: dict[str, int]
    spare: Bulb | None

    def __init__(self):
        self.brightness = 1.0
        self.plug = None
        self.ring = print
        self.bulbs = [Bulb(decimal.Decimal(3)), Bulb(40, "blue")]
        self.size = (1, 2, 3)
        self.names = {"a": "b"}
        self.spare = "none"
        self.price = decimal.Decimal(3)
        self.lock = threading.Lock()
        self.load = math.nan
        self.rooms = {1: "hall"}
        self.history = [1, {"seen": {2}}]


class Pressed(hsm.Signal):
    def __init__(self, by):
        super().__init__()
        self.by = by


model = hsm.define("Lamp", hsm.state("on", hsm.defer(Pressed, "dim", "read")))


async def main():
    machine = await hsm.start(None, Lamp(), model)
    await machine.dispatch(Pressed(object()))
    await machine.dispatch("dim", {"by": 2j})
    machine.call("read", 1, unit=b"lx")
    machine.snapshot()


run(main())
