"""Random machines without end: `python tests/laws/long.py --sequences 100000`.

Each seed makes a machine and events; the library is held against the reference, and async against plain behaviours.
A mismatch is printed with its seed and the smallest machine that still shows it. With `--busy` the machines have
timers, activities, calls and behaviours that take their time as well, and both engines play them. What is passed over
is counted by the reason: where no rule says what comes of something, and where the library is known to do otherwise
than the rules say, which `--strict` does not pass over.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the library beside these tests, whatever is installed
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from laws.background import busy_operations, with_background
from laws.classes import build_classes, build_classes_by_reference
from laws.description import ASYNC, MIXED, SYNC, build_functional
from laws.models import describe, is_valid, operations
from laws.reference import Endless, Unspecified
from laws.shrinking import Ways, report

SPELLINGS = {
    "functions": build_functional,
    "classes": build_classes,
    "references": build_classes_by_reference,
}
"""How machines can be spelled: the last one names states by their classes."""


def main() -> int:
    """Run; the exit code says whether anything differed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--modes", default=f"{SYNC},{ASYNC},{MIXED}")
    parser.add_argument("--spelling", choices=SPELLINGS, default="functions")
    parser.add_argument("--busy", action="store_true", help="with timers, activities and calls, by both engines")
    parser.add_argument("--strict", action="store_true", help="also where the library is known to do otherwise")
    parser.add_argument("--keep-going", type=int, default=1, help="how many mismatches to show")
    options = parser.parse_args()
    logging.disable()
    engines = ("kernel", "generated") if options.busy else ("generated",)
    ways = Ways(tuple(options.modes.split(",")), SPELLINGS[options.spelling], engines, options.strict)
    played = shown = 0
    passed_over: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + 100 * options.sequences):
        source = random.Random(seed)
        description, sequence = describe(source), operations(source)
        if not is_valid(description):
            passed_over["it is not valid"] += 1
            continue
        if options.busy:
            description, sequence = with_background(source, description), busy_operations(source)
        try:
            found = report(description, sequence, ways)
        except Endless:
            passed_over["it feeds itself for ever"] += 1
            continue
        except Unspecified as reason:
            passed_over[str(reason)] += 1
            continue
        played += 1
        if found is not None:
            print(f"--- seed {seed}\n{found}", flush=True)
            shown += 1
        if played >= options.sequences or shown >= options.keep_going:
            break
    print(f"{played} sequences played, {shown} differ; {passed_over.total()} passed over")
    for reason, count in passed_over.most_common():
        print(f"{count:7}: {reason}")
    return bool(shown)


if __name__ == "__main__":
    sys.exit(main())
