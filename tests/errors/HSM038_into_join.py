"""A join waits for completion, not for events."""

import hsm


def is_slow(ctx, self, event):
    return self.speed < 5


hsm.define(
    "Car",
    hsm.state(
        "driving",
        hsm.region("speed", hsm.state("fast", hsm.transition(hsm.on("brake"), hsm.target("/Car/arrived")))),
        hsm.region("radio", hsm.state("loud", hsm.transition(hsm.guard(is_slow), hsm.target("/Car/arrived")))),
    ),
    hsm.join("arrived", hsm.transition(hsm.target("parked"))),
    hsm.state("parked"),
)
