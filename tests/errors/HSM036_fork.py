"""Forks that do not lead into several regions, and one with a guard."""

import hsm


def is_loud(ctx, self, event):
    return self.loud


hsm.define(
    "Car",
    hsm.state(
        "parked",
        hsm.transition(hsm.on("go"), hsm.target("twice")),
        hsm.transition(hsm.on("drive"), hsm.target("once")),
        hsm.transition(hsm.on("party"), hsm.target("guarded")),
    ),
    hsm.fork("twice", hsm.transition(hsm.target("driving/speed/slow", "driving/speed/fast"))),
    hsm.fork("once", hsm.transition(hsm.target("driving/speed/slow"))),
    hsm.fork(
        "guarded",
        hsm.transition(hsm.target("driving/speed/fast")),
        hsm.transition(hsm.guard(is_loud), hsm.target("driving/radio/loud")),
    ),
    hsm.state(
        "driving",
        hsm.region("speed", hsm.state("slow"), hsm.state("fast")),
        hsm.region("radio", hsm.state("quiet"), hsm.state("loud")),
    ),
)
