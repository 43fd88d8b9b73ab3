"""More steps up than there are."""

import hsm

hsm.define(
    "Player",
    hsm.state("playing", hsm.transition(hsm.on("pause"), hsm.target("../../paused"))),
    hsm.state("paused", hsm.transition(hsm.on("play"), hsm.target("../../../playing"))),
    hsm.transition(hsm.on("reset"), hsm.target("/Player/..")),
)
