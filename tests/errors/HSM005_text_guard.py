"""A guard that is the name of a function."""

import hsm

hsm.define(
    "Gate",
    hsm.state(
        "shut",
        hsm.transition(hsm.on("push"), hsm.guard("unlocked"), hsm.target(".")),
        hsm.transition(hsm.on("knock"), hsm.guard(True), hsm.target(".")),
    ),
)
