"""Paths that name nothing, of every kind."""

import hsm

hsm.define(
    "Robot",
    hsm.initial(hsm.target("standing/still")),
    hsm.state("arm", hsm.state("raised"), hsm.state("lowered")),
    hsm.state(
        "standing",
        hsm.transition(hsm.on("walk"), hsm.target("walking")),
        hsm.transition(hsm.on("wave"), hsm.target("/Robot/arms/raised")),
        hsm.transition(hsm.on("lift"), hsm.target("raised")),
        hsm.transition(hsm.on("drop"), hsm.target("arm/lowred"), hsm.in_state("arm/rised")),
        hsm.transition(hsm.on("sit"), hsm.target("./chair")),
    ),
    hsm.transition(hsm.source("sitting"), hsm.on("rise"), hsm.target("/Robot/standing")),
    hsm.transition(hsm.on("panic"), hsm.target("Robot/standing")),
)
