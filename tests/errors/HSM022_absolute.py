"""Absolute paths that start with something else than the model."""

import hsm

hsm.define(
    "Player",
    hsm.state("playing", hsm.transition(hsm.on("pause"), hsm.target("/paused"))),
    hsm.state("paused", hsm.transition(hsm.on("play"), hsm.target("/Other/playing"))),
)
