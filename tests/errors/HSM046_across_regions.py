"""A transition from one region into another."""

import hsm

hsm.define(
    "Car",
    hsm.region("speed", hsm.state("fast", hsm.transition(hsm.on("listen"), hsm.target("/Car/radio/loud")))),
    hsm.region("radio", hsm.state("quiet"), hsm.state("loud")),
)
