"""Histories whose default lies elsewhere."""

import hsm

hsm.define(
    "Editor",
    hsm.state(
        "writing",
        hsm.shallow_history("last", hsm.target("locked")),
        hsm.deep_history("deepest", hsm.target("..")),
        hsm.state("text"),
        hsm.state("tables"),
        hsm.transition(hsm.on("lock"), hsm.target("locked")),
    ),
    hsm.state("locked", hsm.transition(hsm.on("unlock"), hsm.target("writing/last"))),
)
