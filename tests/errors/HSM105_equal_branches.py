import hsm


def is_dark(ctx, lamp, event):
    return True


hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("deciding"))),
    hsm.choice(
        "deciding",
        hsm.transition(hsm.guard(is_dark), hsm.target("on")),
        hsm.transition(hsm.target("on")),
    ),
    hsm.state("on", hsm.transition(hsm.on("press"), hsm.target("off"))),
)
