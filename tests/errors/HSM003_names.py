"""Names that cannot be steps of a path."""

import hsm

hsm.define(
    "Lift",
    hsm.state(""),
    hsm.state(".."),
    hsm.state("up/down"),
    hsm.state(None),
    hsm.final(2),
    hsm.initial("", hsm.target("floor")),
    hsm.state("floor"),
)
