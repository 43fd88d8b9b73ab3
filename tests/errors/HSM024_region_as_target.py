"""A region is entered with its state."""

import hsm

hsm.define(
    "Car",
    hsm.state("parked", hsm.transition(hsm.on("go"), hsm.target("driving/radio"))),
    hsm.state(
        "driving",
        hsm.region("speed", hsm.state("slow")),
        hsm.region("radio", hsm.state("quiet")),
    ),
)
