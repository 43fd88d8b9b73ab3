"""Two `source` parts in one transition."""

import hsm

hsm.define(
    "Game",
    hsm.state("menu", hsm.transition(hsm.on("start"), hsm.target("play"))),
    hsm.state("play"),
    hsm.transition(hsm.source("menu"), hsm.source("play"), hsm.on("quit"), hsm.target("/Game/over")),
    hsm.final("over"),
)
