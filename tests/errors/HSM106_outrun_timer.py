import hsm

hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.transition(hsm.after(60), hsm.target("off")),
        hsm.transition(hsm.after(300), hsm.target("dimmed")),
        hsm.transition(hsm.on("dim"), hsm.target("dimmed")),
    ),
    hsm.state("dimmed", hsm.transition(hsm.on("press"), hsm.target("off"))),
)
