"""Arguments that are not parts."""

import hsm

hsm.define(
    "Door",
    hsm.state("closed", "locked", hsm.transition("open", hsm.target("opened"))),
    hsm.state("opened", None, 5, ...),
    [hsm.state("ajar")],
)
