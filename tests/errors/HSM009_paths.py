"""Paths that are none."""

import hsm

hsm.define(
    "Radio",
    hsm.state(
        "off",
        hsm.transition(hsm.on("power"), hsm.target(None)),
        hsm.transition(hsm.on("tune"), hsm.target(98.5)),
        hsm.transition(hsm.source(None), hsm.on("scan")),
        hsm.transition(hsm.on("mute"), hsm.in_state(0)),
    ),
)
