"""A media player: regions, history, an exit point, and one model that is inserted twice.

`transport` plays and pauses. The player contains it as its disc and as its radio; beside them, in a region of its own,
the sound is on or off. Switched on again, the player carries on where it was. ``python examples/media_player.py`` runs
it.
"""

from __future__ import annotations

import asyncio

import hsm


class Player(hsm.Instance):
    """Counts how often it was switched on."""

    starts: int = 0


def count(ctx: hsm.Context, player: Player, event: hsm.Event) -> None:
    """Count that it was switched on."""
    player.starts += 1


transport = hsm.define(
    "Transport",
    hsm.state(
        "Playing",
        hsm.transition(hsm.on("pause"), hsm.target("Paused")),
        hsm.transition(hsm.on("end"), hsm.target("Over")),
    ),
    hsm.state("Paused", hsm.transition(hsm.on("pause"), hsm.target("Playing"))),
    hsm.exit_point("Over"),
)

model = hsm.define(
    "Player",
    hsm.initial(hsm.target("Off")),
    hsm.state("Off", hsm.transition(hsm.on("power"), hsm.target("On/Source/Last"))),
    hsm.state(
        "On",
        hsm.entry(count),
        hsm.transition(hsm.on("power"), hsm.target("Off")),
        hsm.region(
            "Source",
            hsm.deep_history("Last", hsm.target("disc")),
            hsm.submachine(
                "disc",
                transport,
                hsm.exit_point("Over", hsm.transition(hsm.target("radio"))),
                hsm.transition(hsm.on("switch"), hsm.target("radio")),
            ),
            hsm.submachine(
                "radio",
                transport,
                hsm.exit_point("Over", hsm.transition(hsm.target("disc"))),
                hsm.transition(hsm.on("switch"), hsm.target("disc")),
            ),
        ),
        hsm.region(
            "Sound",
            hsm.state("Loud", hsm.transition(hsm.on("mute"), hsm.target("Muted"))),
            hsm.state("Muted", hsm.transition(hsm.on("mute"), hsm.target("Loud"))),
        ),
    ),
)


async def main() -> None:
    """Press one button after the other."""
    async with hsm.start(None, Player(), model, observe=hsm.trace.log()) as machine:
        for event in ("power", "mute", "switch", "pause", "power", "power", "pause", "end"):
            await machine.dispatch(event)
            print(f"{event:7}", *machine.states())
        print("switched on", machine.instance.starts, "times")


if __name__ == "__main__":
    asyncio.run(main())
