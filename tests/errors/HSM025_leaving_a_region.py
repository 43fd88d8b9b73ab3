"""A transition written in a region needs a source in it."""

import hsm

hsm.define(
    "Car",
    hsm.region("speed", hsm.state("slow"), hsm.transition(hsm.on("brake"), hsm.target("slow"))),
    hsm.region("radio", hsm.state("quiet")),
)
