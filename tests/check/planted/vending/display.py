"""The display: classes."""

from __future__ import annotations

import attrs

import hsm
from hsm_classdsl import Machine, Region, State, after, guard, on


@attrs.frozen
class Show(hsm.Signal):
    """Show a text."""

    text: str


class Display(Machine):
    """What the customer sees."""

    class Off(State["Display"], initial=True):
        wake = on("wake", target="On")

    class On(State["Display"]):
        @guard
        def is_bright(self) -> bool:
            return True

        sleep = on("sleep", target="Off")
        shown = on(Show)  # planted: HSM108
        timer = after(seconds=60, target="Off")

        class Idle(State["Display"]):
            text = on(Show, target="Text")

        class Text(State["Display"]):
            text = on(Show, target=".")
            fall_back = after(seconds=10, target="Idle")
            late = after(seconds=90, target="Idle")  # planted: HSM106

    class Testing(State["Display"]):  # planted: HSM060
        back = on("sleep", target="Off")


class Panel(Machine):
    """Lamp and heater, beside each other."""

    class Lamp(Region):
        class Dark(State["Panel"]):
            up = on("up", target="Bright")

        class Bright(State["Panel"]):
            @guard
            def may_dim(self) -> bool:
                return True

            dim = on("down", target="Dark", guard=may_dim)
            again = on("down", target=".", guard=may_dim)  # planted: HSM109

    class Heater(Region):
        class Cold(State["Panel"]):
            warm = on("up", target="Warm", guard=hsm.in_state("/Panel/Heater/Warm"))  # planted: HSM112

        class Warm(State["Panel"]):
            cool = on("down", target="Cold", guard=hsm.in_state("/Panel/Lamp/Dark"))


async def show(display: Display, panel: Panel) -> None:
    """Shows something."""
    display.dispatch("wake")
    display.dispatch(Show("hello"))
    await display.dispatch("sleep")
    panel.dispatch("up" if display.is_in("On") else "down")
