"""A machine that is saved while a step is suspended."""

import asyncio

import hsm
from hsm.testing import run


async def warm_up(ctx, lamp, event):
    await asyncio.sleep(1)


model = hsm.define("Lamp", hsm.state("off", hsm.transition(hsm.on("press"), hsm.effect(warm_up))))


async def main():
    machine = await hsm.start(None, hsm.Instance(), model)
    machine.dispatch("press")
    machine.snapshot()


run(main())
