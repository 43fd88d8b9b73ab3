"""A robot that survives its mistakes: failing activities, an emergency stop, history.

It homes its arm and its gripper at the same time, and a join waits for both. Then it moves parts until one slips: the
error becomes an event, and a choice decides whether to try again. ``python examples/robot.py`` runs a minute of it in
virtual time.
"""

from __future__ import annotations

import asyncio

import hsm
from hsm.testing import run


class Slipped(Exception):
    """The gripper has lost the part."""


class Robot(hsm.Instance):
    """Moves parts; every third one slips."""

    def __init__(self) -> None:
        self.picked = 0
        self.placed = 0
        self.faults = 0


async def home_arm(ctx: hsm.Context, robot: Robot, event: hsm.Event) -> None:
    """Drive the arm to where it begins."""
    await asyncio.sleep(4)


async def open_gripper(ctx: hsm.Context, robot: Robot, event: hsm.Event) -> None:
    """Open the gripper."""
    await asyncio.sleep(1)


async def pick(ctx: hsm.Context, robot: Robot, event: hsm.Event) -> None:
    """Take the next part."""
    await asyncio.sleep(2)
    robot.picked += 1
    if robot.picked % 3 == 0:
        raise Slipped(f"part {robot.picked}")


async def place(ctx: hsm.Context, robot: Robot, event: hsm.Event) -> None:
    """Put the part down."""
    await asyncio.sleep(2)
    robot.placed += 1


def brake(ctx: hsm.Context, robot: Robot, event: hsm.Event) -> None:
    """Stop all motors."""


def note(ctx: hsm.Context, robot: Robot, event: hsm.Event[Exception]) -> None:
    """Count a fault, and say what it was."""
    robot.faults += 1
    print(f"{asyncio.get_running_loop().time():5.1f} s  {type(event.data).__name__}: {event.data}")


def may_go_on(ctx: hsm.Context, robot: Robot, event: hsm.Event) -> bool:
    """Whether it is worth another try."""
    return robot.faults < 3


model = hsm.define(
    "Robot",
    hsm.state("off", hsm.transition(hsm.on("power"), hsm.target("on"))),
    hsm.state(
        "on",
        hsm.transition(hsm.on("power"), hsm.target("off")),
        hsm.transition(hsm.on("stop"), hsm.target("stopped")),
        hsm.transition(hsm.on("hsm_error"), hsm.target("again"), hsm.effect(note)),
        hsm.deep_history("before", hsm.target("homing")),
        hsm.initial(hsm.target("homing")),
        hsm.state(
            "homing",
            hsm.region(
                "arm",
                hsm.state("moving", hsm.activity(home_arm), hsm.transition(hsm.target("/Robot/on/homed"))),
            ),
            hsm.region(
                "gripper",
                hsm.state("opening", hsm.activity(open_gripper), hsm.transition(hsm.target("/Robot/on/homed"))),
            ),
        ),
        hsm.join("homed", hsm.transition(hsm.target("working"))),
        hsm.state(
            "working",
            hsm.state("picking", hsm.activity(pick), hsm.transition(hsm.target("placing"))),
            hsm.state("placing", hsm.activity(place), hsm.transition(hsm.target("picking"))),
        ),
    ),
    hsm.state(
        "stopped",
        hsm.entry(brake),
        hsm.transition(hsm.on("resume"), hsm.target("on/before")),
    ),
    hsm.choice(
        "again",
        hsm.transition(hsm.guard(may_go_on), hsm.target("on")),
        hsm.transition(hsm.target("scrapped")),
    ),
    hsm.terminate("scrapped"),
)


async def main() -> None:
    """Switch it on, stop it once in the middle of the work, and let it run until it gives up."""
    robot = Robot()
    async with hsm.start(None, robot, model, observe=hsm.trace.log()) as machine:
        for seconds, event in ((0, "power"), (7, "stop"), (20, "resume")):
            await asyncio.sleep(seconds)
            await machine.dispatch(event)
            print(f"{asyncio.get_running_loop().time():5.1f} s  {event}:", *machine.states())
        await machine.wait()
        print(f"{asyncio.get_running_loop().time():5.1f} s  {machine.status.value}, {robot.placed} parts in place")


if __name__ == "__main__":
    run(main())
