"""Two default entries."""

import hsm

hsm.define(
    "Tape",
    hsm.initial(hsm.target("stopped")),
    hsm.state("stopped", hsm.transition(hsm.on("play"), hsm.target("playing"))),
    hsm.state("playing", hsm.transition(hsm.on("stop"), hsm.target("stopped"))),
    hsm.initial(hsm.target("playing")),
)
