"""Several targets that cannot be entered together."""

import hsm

hsm.define(
    "Coin",
    hsm.state("air", hsm.transition(hsm.on("land"), hsm.target("heads", "tails"))),
    hsm.state("heads"),
    hsm.state("tails"),
)
