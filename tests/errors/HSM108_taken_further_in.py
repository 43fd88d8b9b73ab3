import hsm

hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.state("bright", hsm.transition(hsm.on("press"), hsm.target("dark"))),
        hsm.state("dark", hsm.transition(hsm.on("press"), hsm.target("off"))),
        hsm.transition(hsm.on("press"), hsm.target("off")),
    ),
)
