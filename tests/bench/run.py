"""Measure this library, the hand-written version and other libraries at the same work, in one run.

Without options: every scenario and every library that is installed, in about ten minutes; then docs/benchmarks.md,
docs/benchmarks.svg and benchmarks.json are written. The other libraries come with the extra ``bench``; what is not
installed is left out, and said.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:1] = [str(TESTS), str(TESTS.parent)]  # in place of this folder; and this checkout before an installed one

from bench import document, judge, memory, plot, sizes  # noqa: E402
from bench.contenders import MODULES, OURS, REFERENCE, load  # noqa: E402
from bench.measure import measure  # noqa: E402
from bench.results import Results  # noqa: E402
from bench.scenarios import SCENARIOS, Scenario  # noqa: E402
from bench.subject import CannotExpressError, Contender  # noqa: E402
from hsm.testing import VirtualClock  # noqa: E402

DOCS = TESTS.parent / "docs"
EXTRAS = ("memory", "sizes")
"""What is measured besides the scenarios."""


def options() -> argparse.Namespace:
    """What the command line says."""
    keys = [scenario.key for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="few short rounds, no sizes; writes nothing unless told to"
    )
    parser.add_argument("--scenario", action="append", choices=[*keys, *EXTRAS], help="only this one; may be repeated")
    parser.add_argument("--only", metavar="A,B", help=f"only these contenders, of {', '.join(MODULES)}")
    parser.add_argument(
        "--judge",
        action="store_true",
        help="tell whether the limits hold; exit with 1 if one does not or was not measured",
    )
    parser.add_argument("--fetch", action="store_true", help="put stateforward.hsm into the environment first")
    parser.add_argument("--rounds", type=int, help="laps of each contender in a scenario (60; quick: 7)")
    parser.add_argument("--lap", type=float, metavar="MS", help="milliseconds of a lap (20; quick: 5)")
    parser.add_argument(
        "--limit", type=float, default=10, metavar="S", help="seconds that one definition may take (10)"
    )
    parser.add_argument("--json", metavar="FILE", help="where the figures go, for pyperf (benchmarks.json)")
    parser.add_argument("--from", dest="source", metavar="FILE", help="measure nothing: read the figures of a run")
    parser.add_argument("--write", action="store_true", help="write the page and the plot in any case")
    chosen = parser.parse_args()
    if unknown := set(filter(None, (chosen.only or "").split(","))) - set(MODULES):
        parser.error(f"there is no contender {', '.join(sorted(unknown))}: choose from {', '.join(MODULES)}")
    chosen.rounds = chosen.rounds or (7 if chosen.quick else 60)
    chosen.lap = (chosen.lap or (5 if chosen.quick else 20)) / 1e3
    chosen.whole = not (chosen.quick or chosen.scenario or chosen.only or chosen.source)
    chosen.scenario = chosen.scenario or [*keys, "memory", *([] if chosen.quick else ["sizes"])]
    return chosen


def main() -> int:
    """Do what the command line says; the exit code."""
    chosen = options()
    if chosen.fetch:
        from bench.contenders.fetching import fetch

        fetch()
    wanted = chosen.only.split(",") if chosen.only else list(MODULES)
    contenders, missing = load(wanted)
    for key, problem in missing.items():
        print(f"left out: {key}: {problem}")
    scenarios = [scenario for scenario in SCENARIOS if scenario.key in chosen.scenario]
    if chosen.source:
        results = Results.load(chosen.source)
    else:
        results = Results.of_this_machine()
        run(results, scenarios, contenders, chosen)
        if chosen.whole or chosen.json:
            results.save(chosen.json or "benchmarks.json")
    if chosen.whole or chosen.write:
        text = document.page(results, SCENARIOS, contenders, sizes.SIZES)
        (DOCS / "benchmarks.md").write_text(text, encoding="utf-8")
        plot.draw(results, SCENARIOS, contenders, DOCS / "benchmarks.svg")
    if chosen.judge:
        held = [judge.judge(results, scenarios, contenders, ours) for ours in OURS if results.version(ours) is not None]
        return 0 if held and all(held) else 1
    return 0


def run(
    results: Results, scenarios: Sequence[Scenario], contenders: Sequence[Contender], chosen: argparse.Namespace
) -> None:
    """Fill *results*, telling each scenario's figures as they come."""
    import pyperf

    timer = pyperf.perf_counter
    versions = {each.key: version(each) for each in contenders}
    for scenario in scenarios:
        prove(scenario, contenders)
        laps = asyncio.run(measure(scenario, contenders, rounds=chosen.rounds, lap_seconds=chosen.lap, timer=timer))
        for key, each in laps.items():
            results.add(scenario.key, key, each.seconds, version=versions[key])
        tell(results, scenario.key, list(laps))
    if "memory" in chosen.scenario:
        results.add("memory", "user", [memory.bytes_of_user()], unit="byte")
        for contender in contenders:
            try:
                size = asyncio.run(memory.bytes_each(contender))
            except CannotExpressError:
                continue
            results.add("memory", contender.key, [size], version=versions[contender.key], unit="byte")
            print(f"{'memory':<14} {contender.key:<20} {size:>12,.0f} bytes")
    if "sizes" in chosen.scenario:
        defining = [contender for contender in contenders if contender.key != REFERENCE]
        rounds = max(3, chosen.rounds // 6)
        growth = asyncio.run(
            sizes.grow(defining, sizes.SIZES, limit=chosen.limit, rounds=rounds, lap_seconds=chosen.lap, timer=timer)
        )
        for size, each in growth.items():
            for key, seconds in each.definitions.items():
                results.add(f"define-{size}", key, seconds, version=versions[key])
                results.add(f"dispatch-{size}", key, each.laps[key].seconds, version=versions[key])
            tell(results, f"define-{size}", list(each.definitions))
            tell(results, f"dispatch-{size}", list(each.laps))


def prove(scenario: Scenario, contenders: Sequence[Contender]) -> None:
    """Show, where a scenario asks for it, that each contender's machine is the one that is meant."""
    if scenario.prove is not None:
        for contender in contenders:
            if contender.is_async:
                with contextlib.suppress(CannotExpressError):
                    VirtualClock().run(scenario.prove(contender))


def tell(results: Results, scenario: str, keys: Sequence[str]) -> None:
    """Print the medians of a scenario."""
    for key in keys:
        ratio = results.ratio(scenario, key)
        tail = "" if ratio is None else f"{ratio:>10.2f} x by hand"
        print(f"{scenario:<14} {key:<20} {(results.median(scenario, key) or 0) * 1e9:>14,.0f} ns{tail}", flush=True)


def version(contender: Contender) -> str:
    """The version of the contender's library."""
    module = sys.modules[type(contender).__module__]
    return getattr(module, "VERSION", None) or importlib.metadata.version(contender.distribution)


if __name__ == "__main__":
    sys.exit(main())
