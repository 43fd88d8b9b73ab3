"""Substates and regions in one state."""

import hsm

hsm.define(
    "Car",
    hsm.region("speed", hsm.state("slow")),
    hsm.region("radio", hsm.state("quiet")),
    hsm.state("parked"),
    hsm.final("scrapped"),
)
