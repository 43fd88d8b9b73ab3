"""A machine that is saved by one of its own behaviours."""

import hsm
from hsm.testing import run


def save(ctx, lamp, event):
    hsm.machine_of(lamp).snapshot()


model = hsm.define("Lamp", hsm.state("off", hsm.transition(hsm.on("press"), hsm.effect(save))))


async def main():
    machine = await hsm.start(None, hsm.Instance(), model)
    await machine.dispatch("press")


run(main())
