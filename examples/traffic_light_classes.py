"""The traffic light of `traffic_light.py` as a class.

``python examples/traffic_light_classes.py`` prints the same, with class names for states.
"""

from __future__ import annotations

import asyncio

import hsm
from hsm.testing import run
from hsm_classdsl import Machine, State, after, entry, every, on


class Colour(State["Light"]):
    """A state that shows itself on entry; the states below derive from it."""

    @entry
    def show(self) -> None:
        print(f"{asyncio.get_running_loop().time():5.1f} s  {self.machine.state()}")


class Light(Machine):
    """Shows one colour at a time."""

    class Working(State["Light"]):
        class Red(Colour):
            go = after(seconds=30, target="Green")

        class Green(Colour):
            slow_down = after(seconds=25, target="Yellow")

        class Yellow(Colour):
            stop = after(seconds=3.5, target="Red")

        fail = on("fail", target="Blinking")

    class Blinking(Colour):
        @every(seconds=1)
        def blink(self) -> None:
            self.show()

        repair = on("repair", target="Working")


async def main() -> None:
    """Let two minutes pass."""
    light = Light()
    async with hsm.start(None, light, Light.model, observe=hsm.trace.log()):
        await asyncio.sleep(110)
        await light.dispatch("fail")
        await asyncio.sleep(2.5)
        await light.dispatch("repair")


if __name__ == "__main__":
    run(main())
