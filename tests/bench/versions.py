"""Compare two checkouts of this library: each scenario in both, interleaved in one process.

    python tests/bench/versions.py --against PATH [--scenario KEY ...] [--rounds N] [--engine kernel|generated]

PATH is the old version, the checkout that this file is in is the new one; the scenarios are this checkout's. A row has

- the nanoseconds of one event, or life, in both: the least of many rounds; and their ratio, below 1 if the new one is
  faster;
- ``noise``: the same ratio for two halves of one version's own rounds, the worse of both versions. A ratio that is no
  further from 1 says nothing;
- ``paired``: the median of the ratios within a round, and between which two figures it lies with a confidence of 99 %.
  On a busy machine this is the one to look at. ``slower`` and ``faster`` are said of 2 % and more.

Times are those of the processor, so that other programs disturb as little as they can.

With ``--instructions`` it counts instructions instead, under valgrind, in a process for each version: slow, and the
same every time. An argument ``@FILE`` reads further arguments from a file, one a line.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
PACKAGES = ("hsm", "hsm_classdsl", "bench")
"""What each version has of its own; the scenarios too, as the interpreter adapts a loop to what the loop calls."""
CONTENDERS = {"hsm": "hsm_functional", "hsm-classes": "hsm_classes"}
ENGINES = ("generated", "kernel")
WARMING = 3
"""Laps before the first round."""
CONFIDENCE = 2.576
"""Standard deviations of a confidence of 99 %."""
MARGIN = 0.02
"""What the same code may differ by, only because it lies elsewhere in memory."""
FEWEST = 8
"""Rounds, however long they take."""
ENOUGH = 200, 0.1
"""After so many events, or seconds, it is time to find out how many events a lap is: first uses are over."""
COUNTING = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
"""Instructions alone, which is half as slow as callgrind."""


class Version:
    """A checkout of the library, and the scenarios on it, as modules of its own.

    Inside of `entered`, ``import`` finds these modules and no others of their names.

    Args:
        root: The checkout.

    Raises:
        ImportError: There is no package ``hsm`` in *root*.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.modules: dict[str, ModuleType] = {}
        with self.entered():
            found = importlib.import_module("hsm").__file__ or ""
            if not Path(found).resolve().is_relative_to(self.root):
                raise ImportError(f"no package hsm in {root}: what was imported is {found}")
            self.scenarios = {each.key: each for each in importlib.import_module("bench.scenarios").SCENARIOS}
            self.measure = importlib.import_module("bench.measure")
            self.loads = importlib.import_module("bench.loads")
            self.modules_of = {
                key: importlib.import_module(f"bench.contenders.{module}") for key, module in CONTENDERS.items()
            }

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Put the modules of this version in place, and take them out again."""
        paths = [str(self.root), str(TESTS)]
        outside = taken(sys.modules)
        sys.modules.update(self.modules)
        sys.path[:0] = paths
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for path in paths:
                sys.path.remove(path)
            self.modules = taken(sys.modules)
            sys.modules.update(outside)

    def contender(self, key: str, engine: str) -> Any:
        """The front end *key*, whose steps *engine* takes."""
        [kind] = self.modules_of[key].CONTENDERS
        return kind(engine)

    async def prepare(self, scenario: str, key: str, engine: str) -> Any:
        """A load of *scenario*."""
        with self.entered():
            return await self.scenarios[scenario].prepare(self.contender(key, engine))

    async def lap(self, load: Any, times: int, timer: Callable[[], float]) -> float:
        """Seconds of a lap of *load*, without garbage collection."""
        with self.entered():
            gc.disable()
            try:
                seconds: float = await load.lap(times, timer)
            finally:
                gc.enable()
            await self.measure.settle(load)
        return seconds

    async def end(self, *loads: Any) -> None:
        """Close *loads*."""
        with self.entered():
            await self.loads.end(*loads)


def taken(modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
    """What *modules* has of `PACKAGES`, which it has no longer."""
    names = [name for name in modules if name.partition(".")[0] in PACKAGES]
    return {name: modules.pop(name) for name in names}


@dataclass
class Comparison:
    """What a scenario takes in both versions.

    Attributes:
        scenario: Its key.
        contender: The front end.
        engine: What took the steps.
        times: How many times a lap did the work.
        old: Seconds of one event, or life, for each round.
        new: The same of the new version.
    """

    scenario: str
    contender: str
    engine: str
    times: int
    old: list[float]
    new: list[float]

    @property
    def ratio(self) -> float:
        """The least of the new rounds over the least of the old."""
        return min(self.new) / min(self.old)

    @property
    def noise(self) -> float:
        """What `ratio` is, as 1 or more, for two halves of the rounds of one version; the worse of both."""
        return max(between_halves(self.old), between_halves(self.new))

    @property
    def paired(self) -> float:
        """The median of new over old within a round."""
        return statistics.median(new / old for old, new in zip(self.old, self.new, strict=True))

    @property
    def interval(self) -> tuple[float, float]:
        """Between which two of the ratios within a round their median lies, with a confidence of 99 %.

        By the ranks of the ratios alone, whatever their distribution is; of all of them when there are few.
        """
        ratios = sorted(new / old for old, new in zip(self.old, self.new, strict=True))
        middle, width = len(ratios) / 2, CONFIDENCE * math.sqrt(len(ratios)) / 2
        return ratios[max(0, math.floor(middle - width))], ratios[min(len(ratios) - 1, math.ceil(middle + width))]

    @property
    def verdict(self) -> str:
        """``slower`` or ``faster``, where that is beyond doubt and by more than `MARGIN`; else nothing."""
        low, high = self.interval
        return "slower" if low > 1 + MARGIN else "faster" if high < 1 - MARGIN else ""

    def __str__(self) -> str:
        return (
            f"{self.scenario:<14} {self.contender:<12} {self.engine:<10} {min(self.old) * 1e9:>12,.1f} "
            f"{min(self.new) * 1e9:>12,.1f} {self.ratio:>7.3f} {self.noise:>7.3f} {self.paired:>7.3f} "
            f"{self.interval[0]:>7.3f} {self.interval[1]:>7.3f}  {self.verdict}"
        ).rstrip()


HEAD = f"{'scenario':<14} {'contender':<12} {'engine':<10} {'old':>12} {'new':>12} {'ratio':>7}"
HEAD_OF_TIMES = HEAD + f" {'noise':>7} {'paired':>7} {'from':>7} {'to':>7}"


def between_halves(rounds: Sequence[float]) -> float:
    """The ratio of the least of two halves of *rounds*, the greater over the smaller; 1 for fewer than three.

    A half has pairs of rounds, as the versions change places in every other one.
    """
    halves = [[each for at, each in enumerate(rounds) if at // 2 % 2 == half] for half in (0, 1)]
    least = [min(half) for half in halves if half]
    return max(least) / min(least)


async def compare(
    old: Version,
    new: Version,
    scenario: str,
    contender: str,
    engine: str,
    *,
    rounds: int,
    lap_seconds: float,
    seconds_at_most: float = math.inf,
    timer: Callable[[], float] = time.process_time,
) -> Comparison:
    """*rounds* of *scenario* in both versions; they change places in who begins.

    After *seconds_at_most* there are no more rounds, unless there were fewer than `FEWEST`.

    Raises:
        Exception: One of the versions cannot prepare the scenario, or does something else than it says.
    """
    versions = (old, new)
    given = new.scenarios[scenario]
    times = given.times
    if not times:
        fits = [await fitting(each, scenario, contender, engine, lap_seconds, timer) for each in versions]
        times = max(given.least, min(fits))
    # made after that, so that both have done exactly the same when the first round begins
    loads = [await each.prepare(scenario, contender, engine) for each in versions]
    seconds: tuple[list[float], list[float]] = ([], [])
    try:
        for _ in range(WARMING):
            for each, load in zip(versions, loads, strict=True):
                await each.lap(load, times, timer)
        gc.collect()
        gc.freeze()
        begun = time.monotonic()
        for number in range(rounds):
            if number >= FEWEST and time.monotonic() - begun > seconds_at_most:
                break
            for at in (0, 1) if number % 2 == 0 else (1, 0):
                took = await versions[at].lap(loads[at], times, timer)
                seconds[at].append(took / (times * given.each))
    finally:
        gc.unfreeze()
        for each, load in zip(versions, loads, strict=True):
            await each.end(load)
    return Comparison(scenario, contender, engine, times, *seconds)


async def fitting(
    version: Version, scenario: str, contender: str, engine: str, lap_seconds: float, timer: Callable[[], float]
) -> int:
    """How many times *version* does the work in *lap_seconds*."""
    load = await version.prepare(scenario, contender, engine)
    try:
        done, spent = 0, 0.0
        while done < ENOUGH[0] and spent < ENOUGH[1]:
            spent += await version.lap(load, 5, timer)
            done += 5
        with version.entered():
            return int(await version.measure.fitting(load, lap_seconds, timer))
    finally:
        await version.end(load)


async def count(root: Path, scenario: str, contender: str, engine: str, times: int, more: int) -> None:
    """What a process does whose instructions are counted: laps that warm up, then one of *times* + *more* events."""
    version = Version(root)
    load = await version.prepare(scenario, contender, engine)
    for lap in [times] * WARMING + [times + more]:
        await version.lap(load, lap, time.perf_counter)
    await version.end(load)


def instructions(root: Path, scenario: str, contender: str, engine: str, times: int, more: int) -> int:
    """Instructions of a whole process that does `count`.

    Raises:
        RuntimeError: valgrind printed no number.
    """
    arguments = [str(root), scenario, contender, engine, str(times), str(more)]
    command = [*COUNTING, sys.executable, str(Path(__file__).resolve()), "--count", *arguments]
    # a fixed hash seed, so that every dictionary and set comes out the same
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"I\s+refs:\s+([\d,]+)", ended.stderr)
    if ended.returncode or found is None:
        raise RuntimeError(ended.stderr)
    return int(found[1].replace(",", ""))


def instructions_each(root: Path, scenario: Any, contender: str, engine: str, times: int) -> float:
    """Instructions of one event: by what a process takes more that does *times* more of them."""
    longer, shorter = (instructions(root, scenario.key, contender, engine, times, more) for more in (times, 0))
    return (longer - shorter) / (times * scenario.each)


def options(arguments: Sequence[str] | None, keys: Iterable[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, fromfile_prefix_chars="@"
    )
    parser.add_argument("--against", required=True, type=Path, metavar="PATH", help="a checkout of the old version")
    parser.add_argument(
        "--scenario", nargs="+", action="extend", choices=list(keys), metavar="KEY", help=f"of {', '.join(keys)}"
    )
    parser.add_argument("--contender", choices=CONTENDERS, help="one front end; both by default")
    parser.add_argument("--engine", choices=ENGINES, help="one engine; both by default")
    parser.add_argument("--rounds", type=int, default=800, metavar="N", help="laps of each version (800)")
    parser.add_argument("--lap", type=float, default=1.0, metavar="MS", help="milliseconds of a lap (1)")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="of the rounds of one row (10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all rounds go")
    parser.add_argument("--instructions", action="store_true", help="count instructions under valgrind instead")
    chosen = parser.parse_args(arguments)
    chosen.scenario = chosen.scenario or list(keys)
    return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code, which is 1 when a version could not do a scenario."""
    if sys.argv[1:2] == ["--count"]:
        root, scenario, contender, engine, times, more = sys.argv[2:]
        asyncio.run(count(Path(root), scenario, contender, engine, int(times), int(more)))
        return 0
    new = Version(TESTS.parent)
    chosen = options(arguments, new.scenarios)
    old = Version(chosen.against)
    rows: list[dict[str, Any]] = []
    failures = 0
    print(
        f"{'Instructions' if chosen.instructions else 'Nanoseconds'} of one event, or life\n{HEAD if chosen.instructions else HEAD_OF_TIMES}"
    )
    for scenario in chosen.scenario:
        for engine in [chosen.engine] if chosen.engine else ENGINES:
            for contender in [chosen.contender] if chosen.contender else CONTENDERS:
                try:
                    row = measured(old, new, scenario, contender, engine, chosen)
                except Exception as problem:  # an older version may lack something; the rest is worth having
                    failures += 1
                    print(
                        f"{scenario:<14} {contender:<12} {engine:<10} {type(problem).__name__}: {problem}", flush=True
                    )
                else:
                    rows.append(row)
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": rows}, indent=1), encoding="utf-8")
    return 1 if failures else 0


def measured(
    old: Version, new: Version, scenario: str, contender: str, engine: str, chosen: argparse.Namespace
) -> dict[str, Any]:
    """A row for the file; what is to be read is printed."""
    if not chosen.instructions:
        limits = {"rounds": chosen.rounds, "lap_seconds": chosen.lap / 1e3, "seconds_at_most": chosen.seconds}
        found = asyncio.run(compare(old, new, scenario, contender, engine, **limits))
        print(found, flush=True)
        names = ("ratio", "noise", "paired", "interval", "verdict")
        return {"unit": "seconds", **{name: getattr(found, name) for name in names}, **asdict(found)}
    given = new.scenarios[scenario]
    if given.times:
        raise ValueError("its laps also import modules, whose instructions cannot be told from the others")
    fits = asyncio.run(fitting(old, scenario, contender, engine, 0.004, time.process_time))
    times = max(given.least, 1 << fits.bit_length() - 1)
    before, after = (instructions_each(each.root, given, contender, engine, times) for each in (old, new))
    print(
        f"{scenario:<14} {contender:<12} {engine:<10} {before:>12,.1f} {after:>12,.1f} {after / before:>7.4f}",
        flush=True,
    )
    return {
        "unit": "instructions",
        "scenario": scenario,
        "contender": contender,
        "engine": engine,
        "times": times,
        "old": before,
        "new": after,
    }


if __name__ == "__main__":
    sys.exit(main())
