"""The limits that the library promises to keep, and whether a run kept them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from bench.results import Results
from bench.scenarios import Scenario
from bench.subject import Contender

EACH = 1.3
"""No scenario takes longer than this many times the hand-written version."""
MEAN = 1.15
"""Nor do all of them in the arithmetic mean."""
ASYNC_HIERARCHICAL = 50.0
"""At least so many times faster than the fastest other asyncio library with hierarchy."""
TRANSITIONS = 200.0
"""At least so many times faster than the asyncio machines of transitions."""


def judge(results: Results, scenarios: Sequence[Scenario], contenders: Sequence[Contender], ours: str) -> bool:
    """Print a row for each of *scenarios* and a verdict for each limit; whether all of them hold.

    The limits apply to the scenarios for which they were set.

    Beside each factor to another library stands, in parentheses, the one of the hand-written version: nothing that
    does the same work as a coroutine can be much faster than that.
    """
    others = [each for each in contenders if each.is_async and each.has_hierarchy and each.distribution != "hsm-dsl"]
    machines = [each for each in contenders if each.distribution == "transitions"]
    ratios: dict[str, float] = {}
    factors: dict[str, float] = {}
    machine_factors: dict[str, float] = {}
    print(f"{ours}: {'scenario':<28}{'ns':>9}{'by hand':>9}{'ratio':>7}   fastest asyncio library with hierarchy")
    for scenario in scenarios:
        ratio, took = results.ratio(scenario.key, ours), results.median(scenario.key, ours)
        if ratio is None or took is None:
            continue
        line = f"{'':<{len(ours) + 2}}{scenario.title:<28}{took * 1e9:>9.0f}{took / ratio * 1e9:>9.0f}{ratio:>7.2f}"
        if scenario.is_judged:
            ratios[scenario.key] = ratio
        if found := fastest_of(results, scenario.key, ours, others):
            name, factor, by_hand = found
            line += f"   {name} {factor:.3g}x ({by_hand:.3g}x)"
            if scenario.is_judged:
                factors[scenario.key] = factor
        if found := fastest_of(results, scenario.key, ours, machines):
            name, factor, by_hand = found
            line += f", {name} {factor:.3g}x ({by_hand:.3g}x)"
            if scenario.is_judged:
                machine_factors[scenario.key] = factor
        print(line)
    verdicts = [
        limit(f"at most {EACH} times by hand", {k: v <= EACH for k, v in ratios.items()}),
        limit(f"at least {ASYNC_HIERARCHICAL:.0f} times faster than any other asyncio library with hierarchy",
              {k: v >= ASYNC_HIERARCHICAL for k, v in factors.items()}),
        limit(f"at least {TRANSITIONS:.0f} times faster than transitions' asyncio machines",
              {k: v >= TRANSITIONS for k, v in machine_factors.items()}),
    ]  # fmt: skip
    if ratios:
        mean = statistics.mean(ratios.values())
        verdicts.append(limit(f"at most {MEAN} times by hand in the mean: {mean:.2f}", {"mean": mean <= MEAN}))
    return all(verdicts)


def fastest_of(
    results: Results, scenario: str, ours: str, others: Iterable[Contender]
) -> tuple[str, float, float] | None:
    """The fastest of *others*: its name, how many times faster *ours* is, and how many times the hand-written is."""
    found = []
    for other in others:
        factor, by_hand = results.ratio(scenario, other.key, ours), results.ratio(scenario, other.key)
        if factor is not None and by_hand is not None:
            found.append((other.key, factor, by_hand))
    return min(found, key=lambda each: each[1], default=None)


def limit(text: str, kept: dict[str, bool]) -> bool:
    """Print whether a limit is kept, and where not; whether it is, which it is not without a figure."""
    broken = [scenario for scenario, is_kept in kept.items() if not is_kept]
    state = "holds" if kept and not broken else "not measured" if not kept else f"does not hold: {', '.join(broken)}"
    print(f"  {text}: {state}")
    return bool(kept) and not broken
