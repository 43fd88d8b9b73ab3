import hsm


def is_dark(ctx, lamp, event):
    return True


hsm.define(
    "Lamp",
    hsm.state(
        "off",
        hsm.transition(hsm.on("press"), hsm.guard(is_dark), hsm.target("on")),
        hsm.transition(hsm.on("press"), hsm.guard(is_dark), hsm.target("dimmed")),
        hsm.transition(hsm.on("press"), hsm.target("dimmed")),
    ),
    hsm.state("on", hsm.transition(hsm.on("press"), hsm.target("off"))),
    hsm.state("dimmed", hsm.transition(hsm.on("press"), hsm.target("off"))),
)
