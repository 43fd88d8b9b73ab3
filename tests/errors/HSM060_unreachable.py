"""States that nothing leads to."""

import hsm

hsm.define(
    "Player",
    hsm.state("stopped", hsm.transition(hsm.on("play"), hsm.target("playing"))),
    hsm.state("playing", hsm.transition(hsm.on("stop"), hsm.target("stopped"))),
    hsm.state("paused", hsm.state("short"), hsm.state("long"), hsm.transition(hsm.on("play"), hsm.target("playing"))),
    hsm.final("broken"),
)
