"""An exit point used as a way in."""

import hsm

hsm.define(
    "House",
    hsm.state("street", hsm.transition(hsm.on("enter"), hsm.target("hall/back"))),
    hsm.state(
        "hall",
        hsm.exit_point("back", hsm.transition(hsm.target("street"))),
        hsm.state("stairs", hsm.transition(hsm.on("leave"), hsm.target("back"))),
    ),
    hsm.transition(hsm.on("wake"), hsm.target("hall")),
)
