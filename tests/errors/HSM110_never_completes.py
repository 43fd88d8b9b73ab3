import hsm

hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.state("bright", hsm.transition(hsm.after(60), hsm.target("dark"))),
        hsm.state("dark", hsm.transition(hsm.on("press"), hsm.target("bright"))),
        hsm.transition(hsm.target("off")),
        hsm.transition(hsm.on("unplug"), hsm.target("off")),
    ),
)
