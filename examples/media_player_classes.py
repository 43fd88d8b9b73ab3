"""The media player of `media_player.py` as classes: the models are equal.

``python examples/media_player_classes.py`` prints the same.
"""

from __future__ import annotations

import asyncio

import hsm
from hsm_classdsl import DeepHistory, ExitPoint, Machine, Region, State, Submachine, entry, on


class Transport(Machine):
    """Plays and pauses; whatever it is inserted into says what follows when it is over."""

    class Playing(State["Transport"]):
        pause = on("pause", target="Paused")
        end = on("end", target="Over")

    class Paused(State["Transport"]):
        resume = on("pause", target="Playing")

    class Over(ExitPoint["Transport"]):
        pass


class Player(Machine):
    """Counts how often it was switched on."""

    starts: int = 0

    class Off(State["Player"], initial=True):
        power = on("power", target="On/Source/Last")

    class On(State["Player"]):
        @entry
        def count(self) -> None:
            self.machine.starts += 1

        power = on("power", target="Off")

        class Source(Region):
            class Last(DeepHistory["Player"], target="disc"):
                pass

            disc = Submachine(
                Transport,
                hsm.exit_point("Over", hsm.transition(hsm.target("radio"))),
                hsm.transition(hsm.on("switch"), hsm.target("radio")),
            )
            radio = Submachine(
                Transport,
                hsm.exit_point("Over", hsm.transition(hsm.target("disc"))),
                hsm.transition(hsm.on("switch"), hsm.target("disc")),
            )

        class Sound(Region):
            class Loud(State["Player"]):
                mute = on("mute", target="Muted")

            class Muted(State["Player"]):
                mute = on("mute", target="Loud")


async def main() -> None:
    """Press one button after the other."""
    player = Player()
    async with hsm.start(None, player, Player.model, observe=hsm.trace.log()):
        for event in ("power", "mute", "switch", "pause", "power", "power", "pause", "end"):
            await player.dispatch(event)
            print(f"{event:7}", *player.states())
        print("switched on", player.starts, "times")


if __name__ == "__main__":
    asyncio.run(main())
