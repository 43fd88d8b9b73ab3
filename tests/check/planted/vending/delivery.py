"""The delivery of what was bought; models that are generated, and one that is broken."""

from __future__ import annotations

import hsm


def shelf(name: str) -> hsm.Model:
    """The model of one shelf."""
    return hsm.define(
        name,
        hsm.state(
            "turning",
            hsm.state("slow", hsm.transition(hsm.on("faster"), hsm.target("fast"))),
            hsm.state("fast", hsm.transition(hsm.on("slower"), hsm.target("slow"))),
            hsm.transition(hsm.target("stopped")),  # planted: HSM110
            hsm.transition(hsm.on("stop"), hsm.target("stopped")),
        ),
        hsm.state(
            "stopped",
            hsm.transition(hsm.on("turn"), hsm.target("turning")),
            hsm.transition(hsm.on("turn"), hsm.target("stopped")),  # planted: HSM061
        ),
    )


SHELVES = [shelf("Upper"), shelf("Lower")]

BROKEN = hsm.define(
    "Flap",
    hsm.state("shut", hsm.transition(hsm.on("take"), hsm.target("opn"))),  # planted: HSM021
    hsm.state("open", hsm.transition(hsm.on("leave"), hsm.target("shut"))),
)


def vend(machine: hsm.Machine) -> None:
    """Turn the shelf once."""
    for name in ("faster", "slower", "stop", "turn", "take", "leave"):
        machine.dispatch(name)
