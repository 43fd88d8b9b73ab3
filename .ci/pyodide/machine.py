"""A machine on the browser's own loop, before the tests take that away: the program of a user of Pyodide."""

import asyncio
import sys

sys.path[:0] = ["/checkout", "/packages"]

import hsm  # noqa: E402 - the folder is known only now


async def blink(ctx: hsm.Context, lamp: hsm.Instance, event: hsm.Event) -> None:
    """An effect that suspends."""
    await asyncio.sleep(0.01)


model = hsm.define(
    "Lamp",
    hsm.state("on", hsm.transition(hsm.after(0.02), hsm.target("../off"))),
    hsm.state("off", hsm.transition(hsm.on("switch"), hsm.target("../on"), hsm.effect(blink))),
)


async def main() -> None:
    """A timer fires, and an event is dispatched."""
    async with hsm.start(None, hsm.Instance(), model) as machine:
        await asyncio.sleep(0.1)
        assert machine.state() == "/Lamp/off"
        assert await machine.dispatch("switch") is hsm.Outcome.TAKEN
        assert machine.state() == "/Lamp/on"


await main()  # noqa: F704 - as Pyodide allows
