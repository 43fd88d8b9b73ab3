"""A branch that leads nowhere; the path starts at the choice."""

import hsm

hsm.define(
    "Gate",
    hsm.state("shut", hsm.transition(hsm.on("push"), hsm.target("which"))),
    hsm.choice("which", hsm.transition(hsm.target("./open"))),
    hsm.state("opened", hsm.transition(hsm.on("pull"), hsm.target("shut"))),
)
