"""A machine that has completed."""

import hsm
from hsm.testing import run

model = hsm.define(
    "Lamp", hsm.state("on", hsm.transition(hsm.on("break"), hsm.target("../broken"))), hsm.final("broken")
)


async def main():
    machine = await hsm.start(None, hsm.Instance(), model)
    await machine.dispatch("break")
    hsm.restore(None, hsm.Instance(), model, machine.snapshot())


run(main())
