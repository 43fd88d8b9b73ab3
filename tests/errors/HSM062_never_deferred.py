"""A deferral of an event that the same state takes."""

import hsm

hsm.define(
    "Printer",
    hsm.state(
        "busy",
        hsm.defer("job", "cancel"),
        hsm.transition(hsm.on("job"), hsm.target(".")),
    ),
)
