"""Guards that are put together from nothing."""

import hsm

hsm.define(
    "Lamp",
    hsm.state(
        "off",
        hsm.transition(hsm.on("press"), hsm.all_of(), hsm.target(".")),
        hsm.transition(hsm.on("turn"), hsm.not_(hsm.any_of()), hsm.target(".")),
    ),
)
