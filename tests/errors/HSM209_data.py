"""Data of which the attributes can make nothing any longer."""

import datetime
import enum
import uuid

import attrs

import hsm
from hsm.testing import run


class Colour(enum.Enum):
    RED = "red"


@attrs.frozen
class Bulb:
    watts: int = attrs.field(validator=attrs.validators.gt(0))


class Lamp(hsm.Instance):
    brightness: int
    since: datetime.datetime
    number: uuid.UUID
    colour: Colour
    bulb: Bulb
    bulbs: list[Bulb]
    size: tuple[int, int]


class Pressed(hsm.Signal):
    by: int


model = hsm.define("Lamp", hsm.state("on", hsm.defer(Pressed)))
snapshot = hsm.Snapshot(
    "Lamp",
    "",
    0.0,
    "running",
    ("/Lamp/on",),
    {
        "brightness": "high",
        "since": "yesterday",
        "number": 3,
        "colour": "green",
        "bulb": {"watts": 0},
        "bulbs": [{"watts": 1}, {"watts": "many"}],
        "size": [1],
    },
    deferred=(hsm.SnapshotEvent("signal", "Pressed", {"by": "me"}),),
)


async def main():
    hsm.restore(None, Lamp(), model, snapshot)


run(main())
