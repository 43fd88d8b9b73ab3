"""Parts that name nothing."""

import hsm

hsm.define(
    "Lamp",
    hsm.state(
        "off",
        hsm.entry(),
        hsm.exit(),
        hsm.activity(),
        hsm.defer(),
        hsm.transition(hsm.on(), hsm.target()),
        hsm.transition(hsm.on("flash"), hsm.effect()),
    ),
)
