import hsm

hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("warming"))),
    hsm.state(
        "warming",
        hsm.defer("dimm"),
        hsm.transition(hsm.after(1), hsm.target("on")),
    ),
    hsm.state(
        "on",
        hsm.transition(hsm.on("dim")),
        hsm.transition(hsm.on("press"), hsm.target("off")),
    ),
)
