"""Triggers that name no event."""

import hsm

hsm.define(
    "Shop",
    hsm.state(
        "open",
        hsm.defer(None),
        hsm.transition(hsm.on("order*")),
        hsm.transition(hsm.on("*.paid", "")),
        hsm.transition(hsm.on(3)),
        hsm.transition(hsm.on(["buy", "sell"])),
        hsm.transition(hsm.on_call("")),
    ),
)
