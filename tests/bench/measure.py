"""Interleaved rounds: every contender of a scenario runs one lap, then every one the next, in one process.

What slows the machine down for a while slows a whole round, so the ratio of two laps of one round stays what it is.
The contenders take turns in who begins. A lap is as many events as fill its share of time, found out before.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.loads import Load, end
from bench.scenarios import Scenario
from bench.subject import CannotExpressError, Contender

Timer = Callable[[], float]


@dataclass
class Laps:
    """What one contender did in one scenario.

    Attributes:
        times: How many times a lap does the work.
        seconds: For each round, the seconds for doing it once.
    """

    times: int
    seconds: list[float] = field(default_factory=list)


async def measure(
    scenario: Scenario,
    contenders: Sequence[Contender],
    *,
    rounds: int,
    lap_seconds: float,
    timer: Timer = time.perf_counter,
) -> dict[str, Laps]:
    """The laps of every contender that can express *scenario*, by its key.

    Raises:
        WorkNotDoneError: A contender did something else.
    """
    loads: dict[str, Load] = {}
    for contender in contenders:
        if scenario.only_async and not contender.is_async:
            continue
        try:
            loads[contender.key] = await scenario.prepare(contender)
        except CannotExpressError:
            continue
    try:
        rounds = min(rounds, scenario.rounds or rounds)
        return await interleave(loads, scenario.each, rounds, lap_seconds, timer, scenario.times, scenario.least)
    finally:
        await end(*loads.values())


async def interleave(
    loads: Mapping[str, Load],
    each: int,
    rounds: int,
    lap_seconds: float,
    timer: Timer,
    times: int = 0,
    least: int = 1,
) -> dict[str, Laps]:
    """*rounds* laps of each of *loads*, in turns.

    A lap does the work *times* times, or for *lap_seconds*, but *least* times at least.
    """
    laps = {key: Laps(times or max(least, await fitting(load, lap_seconds, timer))) for key, load in loads.items()}
    order = list(loads)
    gc.collect()
    gc.freeze()  # what one contender built is not to be looked through in the lap of another
    try:
        for _ in range(rounds):
            for key in order:
                times = laps[key].times
                seconds = await loads[key].lap(times, timer)
                laps[key].seconds.append(seconds / (times * each))
                await settle(loads[key])
            order = order[1:] + order[:1]
    finally:
        gc.unfreeze()
    return laps


async def fitting(load: Load, lap_seconds: float, timer: Timer) -> int:
    """How many times *load* does its work in *lap_seconds*: an odd number, so that a ring does not end where it began.

    Runs it for about as long, which warms up what warms up.
    """
    times = 1
    while True:
        seconds = await load.lap(times, timer)
        await settle(load)
        if seconds >= lap_seconds / 4:
            return max(1, int(times * lap_seconds / seconds)) | 1
        times = times * (2 if seconds > lap_seconds / 64 else 4) + 1


async def settle(load: Load) -> None:
    """Let the loop throw away cancelled timers, and prove that the work was done; neither belongs to a lap."""
    await asyncio.sleep(0)
    await load.check()
    gc.collect(0)
