"""A history that has nothing to remember."""

import hsm

hsm.define(
    "Editor",
    hsm.state("writing", hsm.transition(hsm.on("lock"), hsm.target("locked"))),
    hsm.state("locked", hsm.transition(hsm.on("unlock"), hsm.target("last"))),
    hsm.shallow_history("last", hsm.target("writing")),
)
