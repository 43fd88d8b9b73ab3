"""Regions that nothing can be active in."""

import hsm

hsm.define(
    "Room",
    hsm.region("light", hsm.state("off")),
    hsm.region("heat"),
    hsm.region("sound", hsm.choice("which", hsm.transition(hsm.target("/Room/light/off")))),
)
