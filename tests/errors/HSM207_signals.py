"""Signals that nobody knows, or that two classes of the model are called by."""

import hsm
from hsm.testing import run


def dimmed():
    class Dimmed(hsm.Signal):
        pass

    return Dimmed


model = hsm.define(
    "Lamp",
    hsm.state("on", hsm.defer(dimmed()), hsm.transition(hsm.on(dimmed()), hsm.effect(lambda ctx, lamp, event: None))),
)
snapshot = hsm.Snapshot(
    "Lamp",
    "",
    0.0,
    "running",
    ("/Lamp/on",),
    {},
    queue=(hsm.SnapshotEvent("signal", "Pressed", {"times": 2}),),
    deferred=(hsm.SnapshotEvent("signal", "Dimmed", {}),),
)


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
