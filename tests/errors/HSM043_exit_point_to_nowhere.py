"""An exit point with nothing behind it."""

import hsm

hsm.define(
    "House",
    hsm.state(
        "hall",
        hsm.exit_point("back"),
        hsm.state("stairs", hsm.transition(hsm.on("leave"), hsm.target("back"))),
    ),
)
