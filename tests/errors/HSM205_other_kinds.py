"""Vertices and timers that are still there, and of another kind."""

import hsm
from hsm.testing import run


def nothing(ctx, lamp, event):
    pass


model = hsm.define(
    "Lamp",
    hsm.state(
        "lamp",
        hsm.region("light", hsm.state("on", hsm.transition(hsm.every(5, name="t"), hsm.effect(nothing)))),
        hsm.region("colour", hsm.final("red")),
    ),
)
snapshot = hsm.Snapshot(
    "Lamp",
    "",
    0.0,
    "running",
    ("/Lamp/lamp/light/on", "/Lamp/lamp/colour/red"),
    {},
    timers=(hsm.SnapshotTimer("/Lamp/lamp/light/on#every.t", "after", 5.0),),
    objects={"/Lamp/lamp": {}},
)


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
