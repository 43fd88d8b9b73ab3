"""Memory of a started machine: what tracemalloc counts for many of them, over their number."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from bench.subject import Contender, User

INSTANCES = 1_000
FIRST = 50
"""How many come before those that count: CPython gives the first objects of a class more room than the later ones."""


async def bytes_each(contender: Contender, instances: int = INSTANCES) -> float:
    """Bytes of one started machine of two states, with the user's own object, which has one ``int`` in it.

    What all machines share, the definition, does not count.

    Raises:
        CannotExpressError: The contender has no machines to start.
    """
    life = await contender.life()

    async def begin() -> Any:
        begun = life.begin()
        return (await begun) if contender.is_async else begun

    first = [await begin() for _ in range(FIRST)]
    kept: list[Any] = [None] * instances
    before = traced()
    for at in range(instances):
        kept[at] = await begin()
    size = (traced() - before) / instances
    tracemalloc.stop()
    if life.end is not None:
        for machine in first + kept:
            await life.end(machine)
    return size


def bytes_of_user(instances: int = INSTANCES) -> float:
    """Bytes of the user's own object alone."""

    class Fresh(User):
        """A class to whose objects nothing has been added yet: what once was still makes room in the next one."""

    first = [Fresh() for _ in range(FIRST)]
    kept: list[Any] = [None] * instances
    before = traced()
    for at in range(instances):
        kept[at] = Fresh()
    size = (traced() - before) / instances
    tracemalloc.stop()
    del first
    return size


def traced() -> int:
    """Bytes in use that were allocated since the first call."""
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
