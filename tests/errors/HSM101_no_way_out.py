import hsm

hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.transition(hsm.on("press"), hsm.target("off")),
        hsm.transition(hsm.on("drop"), hsm.target("broken")),
    ),
    hsm.state("broken"),
)
