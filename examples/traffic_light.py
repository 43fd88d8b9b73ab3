"""A traffic light: timers, a composite state, and a transition of it that applies in all its substates.

``python examples/traffic_light.py`` runs two minutes in virtual time, without waiting.
"""

from __future__ import annotations

import asyncio

import hsm
from hsm.testing import run


class Light(hsm.Instance):
    """Shows one colour at a time."""

    @staticmethod
    def show(ctx: hsm.Context, self: Light, event: hsm.Event) -> None:
        print(f"{asyncio.get_running_loop().time():5.1f} s  {self.state()}")

    model = hsm.define(
        "Light",
        hsm.state(
            "working",
            hsm.state(
                "red",
                hsm.entry(show),
                hsm.transition(hsm.after(30), hsm.target("green")),
            ),
            hsm.state(
                "green",
                hsm.entry(show),
                hsm.transition(hsm.after(25), hsm.target("yellow")),
            ),
            hsm.state(
                "yellow",
                hsm.entry(show),
                hsm.transition(hsm.after(3.5), hsm.target("red")),
            ),
            hsm.transition(hsm.on("fail"), hsm.target("blinking")),
        ),
        hsm.state(
            "blinking",
            hsm.entry(show),
            hsm.transition(hsm.every(1), hsm.effect(show)),
            hsm.transition(hsm.on("repair"), hsm.target("working")),
        ),
    )


async def main() -> None:
    """Let two minutes pass."""
    async with hsm.start(None, Light(), Light.model, observe=hsm.trace.log()) as machine:
        await asyncio.sleep(110)
        await machine.dispatch("fail")
        await asyncio.sleep(2.5)
        await machine.dispatch("repair")


if __name__ == "__main__":
    run(main())
