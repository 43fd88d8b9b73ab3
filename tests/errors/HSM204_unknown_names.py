"""Names that the model does not have: of vertices, timers, change triggers and activities; with those that are close."""

import hsm
from hsm.testing import run


async def glow(ctx, lamp, event):
    pass


model = hsm.define(
    "Lamp",
    hsm.state(
        "on",
        hsm.activity(glow, name="glow"),
        hsm.transition(hsm.after(5, name="timeout"), hsm.effect(lambda ctx, lamp, event: None)),
        hsm.transition(hsm.when(lambda ctx, lamp, event: True, name="dark"), hsm.effect(lambda ctx, lamp, event: None)),
    ),
)
snapshot = hsm.Snapshot(
    "Lamp",
    "",
    0.0,
    "running",
    ("/Lamp/on",),
    {},
    history={"/Lamp/onn": ("/Lamp/on",)},
    completed=("/Lamp/a thing that nobody knows",),
    conditions={"/Lamp/on#when.0": True},
    timers=(hsm.SnapshotTimer("/Lamp/on#after.0", "after", 5.0),),
    activities=(hsm.SnapshotActivity("/Lamp/on#activity.glew", hsm.SnapshotEvent("event", "hsm_initial")),),
    queue=(hsm.SnapshotEvent("return", "/Lamp/no"), hsm.SnapshotEvent("timer", "/Lamp/on#after.time")),
)


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
