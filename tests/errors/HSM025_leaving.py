"""Transitions that start where none can."""

import hsm

hsm.define(
    "Order",
    hsm.state("open", hsm.shallow_history("last"), hsm.state("new")),
    hsm.final("closed"),
    hsm.transition(hsm.source("closed"), hsm.on("reopen"), hsm.target("/Order/open")),
    hsm.transition(hsm.source("open/last"), hsm.on("ship"), hsm.target("/Order/closed")),
)
