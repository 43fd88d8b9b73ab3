"""Definition time, and dispatch time, against the size of the model: rings of 10 to 10,000 states.

A library is left out from the size on at which its definition would take longer than a limit; what it would take is
foreseen from the smaller ones, so that no run hangs.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.loads import Sending, end
from bench.measure import Laps, interleave
from bench.subject import CannotExpressError, Contender

SIZES = (10, 100, 1_000, 10_000)
ENOUGH = 0.2
"""Seconds after which a definition is not measured once more."""
WARM = 2.0
"""Seconds for going round the ring once before anything is measured."""


@dataclass
class Growth:
    """What became of one size.

    Attributes:
        definitions: Seconds of each definition, by contender.
        laps: The laps of a machine of that size, by contender.
    """

    definitions: dict[str, list[float]] = field(default_factory=dict)
    laps: dict[str, Laps] = field(default_factory=dict)


async def grow(
    contenders: Sequence[Contender],
    sizes: Sequence[int],
    *,
    limit: float,
    rounds: int,
    lap_seconds: float,
    timer: Callable[[], float],
) -> dict[int, Growth]:
    """What each of *sizes*, in ascending order, costs those of *contenders* that define something.

    Args:
        contenders: Whom to ask.
        sizes: How many states.
        limit: Seconds that a definition may take.
        rounds: How often to dispatch, and how often to define where that is quick.
        lap_seconds: As for `measure`.
        timer: The clock.
    """
    growth: dict[int, Growth] = {}
    history: dict[str, list[float]] = {contender.key: [] for contender in contenders}
    for size in sizes:
        growth[size] = now = Growth()
        loads: dict[str, Sending] = {}
        for contender in contenders:
            past = history[contender.key]
            if len(past) != len(growth) - 1 or foreseen(past) > limit:
                continue
            try:
                seconds, definition = defined(contender, size, rounds, timer)
            except CannotExpressError:
                continue
            now.definitions[contender.key] = seconds
            past.append(statistics.median(seconds))
            subject = await contender.start(definition)
            load = Sending(contender, subject, lambda sent, size=size: (f"s{sent % size}", 0))
            await once_round(load, size, timer)
            loads[contender.key] = load
        now.laps = await interleave(loads, 1, rounds, lap_seconds, timer)
        await end(*loads.values())
    return growth


async def once_round(load: Sending, size: int, timer: Callable[[], float]) -> None:
    """Visit every state of the ring once, for what is done at the first visit alone, or as many as time allows."""
    begun = timer()
    for _ in range(size):
        await load.lap(1, timer)
        if timer() - begun > WARM:
            return


def defined(contender: Contender, size: int, rounds: int, timer: Callable[[], float]) -> tuple[list[float], Any]:
    """Seconds of definitions of *size* states, at most *rounds* and not for long, and the last definition."""
    seconds: list[float] = []
    while True:
        gc.collect()
        begun = timer()
        definition = contender.define(size)
        seconds.append(timer() - begun)
        if len(seconds) >= rounds or sum(seconds) > ENOUGH:
            return seconds, definition


def foreseen(past: Sequence[float]) -> float:
    """Seconds that ten times the size will take, if it goes on as in *past*: no less than ten times the last."""
    if not past:
        return 0.0
    factor = past[-1] / past[-2] if len(past) > 1 else 10.0
    return past[-1] * max(10.0, factor)
