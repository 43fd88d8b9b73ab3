"""A join that one region leads to, and one that nothing leads to."""

import hsm

hsm.define(
    "Car",
    hsm.state(
        "driving",
        hsm.region("speed", hsm.state("slow", hsm.transition(hsm.target("/Car/arrived")))),
        hsm.region("radio", hsm.state("quiet")),
    ),
    hsm.join("arrived", hsm.transition(hsm.target("parked"))),
    hsm.join("lost", hsm.transition(hsm.target("parked"))),
    hsm.state("parked"),
)
