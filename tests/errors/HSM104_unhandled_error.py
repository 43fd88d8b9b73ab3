import hsm


def light_up(ctx, lamp, event):
    if event.data > 230:
        raise ValueError("too many volts")


hsm.define(
    "Lamp",
    hsm.state("off", hsm.transition(hsm.on("press"), hsm.target("on"), hsm.effect(light_up))),
    hsm.state("on", hsm.transition(hsm.on("press"), hsm.target("off"))),
)
