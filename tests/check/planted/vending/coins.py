"""The coin slot: the functional front end."""

from __future__ import annotations

import hsm


class Jammed(Exception):
    """A coin is stuck."""


class Slot(hsm.Instance):
    """What the slot has taken."""

    total: int = 0


def is_genuine(ctx: hsm.Context, slot: Slot, event: hsm.Event) -> bool:
    return bool(event.data)


def is_full(ctx: hsm.Context, slot: Slot, event: hsm.Event) -> bool:
    return slot.total > 100


def swallow(ctx: hsm.Context, slot: Slot, event: hsm.Event) -> None:
    slot.total += event.data


def shake(ctx: hsm.Context, slot: Slot, event: hsm.Event) -> None:
    """Raises, and catches what it raises."""
    try:
        raise Jammed
    except Jammed:
        slot.total += 0


def empty(ctx: hsm.Context, slot: Slot, event: hsm.Event) -> None:
    if slot.total < 0:
        raise Jammed("nothing comes out")
    slot.total = 0


SLOT = hsm.define(
    "Slot",
    hsm.state(
        "ready",
        hsm.transition(hsm.on("coin"), hsm.target("checking"), hsm.effect(shake)),
        hsm.transition(hsm.on("service"), hsm.target("opened")),
        hsm.transition(
            hsm.on("refund"),  # planted: HSM103
            hsm.target("returning"),
        ),
    ),
    hsm.choice(
        "checking",
        hsm.transition(hsm.guard(is_genuine), hsm.target("taking"), hsm.effect(swallow)),
        hsm.transition(hsm.guard(is_full), hsm.target("returning")),  # planted: HSM105
        hsm.transition(hsm.target("returning")),
    ),
    hsm.state(
        "taking",
        hsm.defer("coin"),
        hsm.transition(hsm.after(1), hsm.target("ready")),
        hsm.transition(hsm.after(seconds := 5), hsm.target("returning")),  # planted: HSM106
    ),
    hsm.state(
        "returning",
        hsm.defer("coin"),
        hsm.defer("tilt"),  # planted: HSM107
        hsm.transition(hsm.target("ready")),
        hsm.transition(hsm.on("service"), hsm.target("opened")),  # planted: HSM111
    ),
    hsm.state(
        "opened",
        hsm.transition(hsm.on("close"), hsm.target("ready")),
        hsm.transition(
            hsm.on("empty"),
            hsm.effect(empty),  # planted: HSM104
        ),
        hsm.transition(hsm.on("seal"), hsm.target("sealed")),
    ),
    hsm.state("sealed"),  # planted: HSM101
)


async def day(slot: Slot) -> None:
    """One coin, and the service."""
    async with hsm.start(None, slot, SLOT) as machine:
        await machine.dispatch("coin", 2)
        await machine.dispatch("coyn", 2)  # planted: HSM102
        for name in ("service", "empty", "seal", "close"):
            await machine.dispatch(name)
