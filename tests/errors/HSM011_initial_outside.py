"""A default entry that leads out of its owner."""

import hsm

hsm.define(
    "Heater",
    hsm.initial(hsm.target("running")),
    hsm.state("running", hsm.initial(hsm.target("cold")), hsm.state("low"), hsm.state("high")),
    hsm.state("cold"),
    hsm.transition(hsm.on("off"), hsm.target("cold")),
)
