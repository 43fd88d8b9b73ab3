"""A default entry that leads nowhere: the string is its name."""

import hsm

hsm.define(
    "Phone",
    hsm.initial("idle"),
    hsm.state("idle", hsm.initial(), hsm.state("locked")),
)
