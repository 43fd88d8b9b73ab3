"""Two `target` parts in one transition."""

import hsm

hsm.define(
    "Car",
    hsm.state(
        "parked", hsm.transition(hsm.on("go"), hsm.target("driving/speed/fast"), hsm.target("driving/radio/loud"))
    ),
    hsm.state(
        "driving",
        hsm.region("speed", hsm.state("slow"), hsm.state("fast")),
        hsm.region("radio", hsm.state("quiet"), hsm.state("loud")),
    ),
)
