"""A pedestrian crossing: a region for the cars, one for the people, and a button.

The people walk when the cars have stopped, which a change trigger notices; the event "crossed" then turns both lights
in one step. A press of the button that cannot be served yet is deferred.
``python examples/pedestrian_crossing.py`` runs two turns in virtual time.
"""

from __future__ import annotations

import asyncio

import hsm
from hsm.testing import run


class Crossing(hsm.Instance):
    """Counts how often the people had their turn."""

    turns: int = 0


def cars_have_stopped(ctx: hsm.Context, crossing: Crossing, event: hsm.Event) -> bool:
    """Whether the cars have a red light."""
    return crossing.is_in("/Crossing/working/cars/red")


def count(ctx: hsm.Context, crossing: Crossing, event: hsm.Event) -> None:
    """Count a turn of the people."""
    crossing.turns += 1


def say_crossed(ctx: hsm.Context, crossing: Crossing, event: hsm.Event) -> None:
    """Send an event to this very machine, which takes it in its next step."""
    crossing.dispatch("crossed")


model = hsm.define(
    "Crossing",
    hsm.state(
        "working",
        hsm.transition(hsm.on("fault"), hsm.target("dark")),
        hsm.region(
            "cars",
            hsm.state(
                "green",
                hsm.defer("button"),  # ten seconds belong to the cars; then the press is recalled
                hsm.transition(hsm.after(10), hsm.target("flowing")),
            ),
            hsm.state("flowing", hsm.transition(hsm.on("button"), hsm.target("amber"))),
            hsm.state("amber", hsm.transition(hsm.after(3), hsm.target("red"))),
            hsm.state(
                "red",
                hsm.defer("button"),
                hsm.transition(hsm.on("crossed"), hsm.target("green")),
            ),
        ),
        hsm.region(
            "people",
            hsm.state("wait", hsm.transition(hsm.when(cars_have_stopped), hsm.target("walk"))),
            hsm.state("walk", hsm.entry(count), hsm.transition(hsm.after(8), hsm.target("hurry"))),
            hsm.state(
                "hurry",
                hsm.transition(hsm.after(4), hsm.effect(say_crossed)),
                hsm.transition(hsm.on("crossed"), hsm.target("wait")),  # in the same step as the cars
            ),
        ),
    ),
    hsm.state("dark", hsm.transition(hsm.on("repaired"), hsm.target("working"))),
)


async def main() -> None:
    """Press the button at once, again while people walk, and then break the lamp."""
    async with hsm.start(None, Crossing(), model, observe=hsm.trace.log()) as machine:
        for seconds, event in ((2, "button"), (16, "button"), (25, "fault"), (60, "repaired")):
            await asyncio.sleep(seconds)
            await machine.dispatch(event)
            print(f"{asyncio.get_running_loop().time():5.1f} s  {event:8}", *machine.states())
        print("people had", machine.instance.turns, "turns")


if __name__ == "__main__":
    run(main())
