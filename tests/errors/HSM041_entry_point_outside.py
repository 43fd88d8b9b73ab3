"""An entry point that leads out again."""

import hsm

hsm.define(
    "House",
    hsm.state("street", hsm.transition(hsm.on("enter"), hsm.target("hall/front"))),
    hsm.state(
        "hall",
        hsm.entry_point("front", hsm.transition(hsm.target("garden"))),
        hsm.state("stairs"),
        hsm.transition(hsm.on("out"), hsm.target("garden")),
    ),
    hsm.state("garden"),
)
