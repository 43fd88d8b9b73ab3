"""Branches that wait for an event."""

import hsm

hsm.define(
    "Lock",
    hsm.state("locked", hsm.transition(hsm.on("code"), hsm.target("check"))),
    hsm.choice(
        "check",
        hsm.transition(hsm.on("right"), hsm.target("open")),
        hsm.transition(hsm.after(1), hsm.target("locked")),
    ),
    hsm.state("open"),
)
