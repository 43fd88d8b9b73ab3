"""Leaves that no machine has at once: too many of them, too few, twice, or not leaves; and what depends on them."""

import hsm
from hsm.testing import run


def nothing(ctx, lamp, event):
    pass


async def glow(ctx, lamp, event):
    pass


model = hsm.define(
    "Lamp",
    hsm.state(
        "off",
        hsm.activity(glow),
        hsm.transition(hsm.after(5), hsm.effect(nothing)),
        hsm.transition(hsm.when(nothing, name="light"), hsm.effect(nothing)),
    ),
    hsm.state(
        "on",
        hsm.region("light", hsm.state("dim"), hsm.state("bright")),
        hsm.region("colour", hsm.state("red"), hsm.state("green")),
        hsm.transition(hsm.after(5), hsm.effect(nothing)),
        hsm.transition(hsm.when(nothing, name="dark"), hsm.effect(nothing)),
    ),
    hsm.transition(hsm.on("press"), hsm.source("off"), hsm.target("on")),
)
started = hsm.SnapshotEvent("event", "hsm_initial")
snapshot = hsm.Snapshot(
    "Lamp",
    "",
    0.0,
    "running",
    ("/Lamp/on", "/Lamp/on/light/dim", "/Lamp/on/light/dim", "/Lamp/on/light/bright"),
    {},
    history={"/Lamp/off": ("/Lamp/on/light/dim",)},
    completed=("/Lamp/off",),
    parked=(hsm.SnapshotRegion("/Lamp/on/light", "/Lamp/off", ()),),
    conditions={"/Lamp/on#when.dark": True, "/Lamp/off#when.light": False},
    timers=(
        hsm.SnapshotTimer("/Lamp/off#after.0", "after", 5.0),
        hsm.SnapshotTimer("/Lamp/on#after.0", "after", 5.0),
        hsm.SnapshotTimer("/Lamp/on#after.0", "after", 5.0),
    ),
    activities=(hsm.SnapshotActivity("/Lamp/off#activity.0", started),),
    queue=(hsm.SnapshotEvent("timer", "/Lamp/off#after.0"),),
    kinds={"/Lamp/on/light": "region"},
)


async def main():
    hsm.restore(None, hsm.Instance(), model, snapshot)


run(main())
