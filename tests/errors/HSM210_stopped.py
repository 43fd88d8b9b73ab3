"""A machine that was stopped before it was saved."""

import hsm
from hsm.testing import run

model = hsm.define("Lamp", hsm.state("on"))


async def main():
    machine = await hsm.start(None, hsm.Instance(), model)
    await machine.stop()
    hsm.restore(None, hsm.Instance(), model, machine.snapshot())


run(main())
