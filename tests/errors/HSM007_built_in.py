"""The machine's own events: they have triggers of their own, or none."""

import hsm

hsm.define(
    "Lamp",
    hsm.state(
        "lit",
        hsm.defer("hsm_error", "hsm_time"),
        hsm.transition(hsm.on("hsm_completion"), hsm.target("dark")),
        hsm.transition(hsm.on("hsm_time"), hsm.target("dark")),
        hsm.transition(hsm.on("hsm_change"), hsm.target("dark")),
        hsm.transition(hsm.on("off", "hsm_final"), hsm.target("dark")),
        hsm.transition(hsm.on("hsm_error"), hsm.target("dark")),
    ),
    hsm.state("dark"),
)
