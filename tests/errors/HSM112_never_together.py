import hsm

hsm.define(
    "Lamp",
    hsm.state(
        "off",
        hsm.transition(hsm.on("press"), hsm.guard(hsm.in_state("on")), hsm.target("on")),
        hsm.transition(hsm.on("turn"), hsm.target("on")),
    ),
    hsm.state("on", hsm.transition(hsm.on("press"), hsm.target("off"))),
)
