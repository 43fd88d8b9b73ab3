"""Choices that lead to each other."""

import hsm

hsm.define(
    "Maze",
    hsm.state("entrance", hsm.transition(hsm.on("walk"), hsm.target("left"))),
    hsm.choice("left", hsm.transition(hsm.target("right"))),
    hsm.choice("right", hsm.transition(hsm.target("ahead"))),
    hsm.junction("ahead", hsm.transition(hsm.target("left"))),
    hsm.choice("self", hsm.transition(hsm.target("."))),
)
