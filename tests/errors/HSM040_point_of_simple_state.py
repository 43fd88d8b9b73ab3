"""Doors of states with nothing behind them."""

import hsm

hsm.define(
    "House",
    hsm.state("street", hsm.transition(hsm.on("enter"), hsm.target("hall/front"))),
    hsm.state(
        "hall",
        hsm.entry_point("front"),
        hsm.exit_point("back", hsm.transition(hsm.target("street"))),
    ),
)
