import hsm

hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.transition(hsm.on("dim"), hsm.target("dimmed")),
        hsm.transition(hsm.target("off")),
    ),
    hsm.state("dimmed", hsm.transition(hsm.on("press"), hsm.target("off"))),
    hsm.transition(hsm.on("fade"), hsm.target("dimmed")),
)
