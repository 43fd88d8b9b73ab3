"""Random machines without end: `python tests/laws/long.py --sequences 100000`.

Each seed makes a machine and events; the library is held against the reference, and async against plain behaviours.
A mismatch is printed with its seed and the smallest machine that still shows it. With `--busy` the machines have
timers, activities and calls as well, which the reference does not know: then the two engines are held against each other.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from laws.background import busy_operations, with_background
from laws.classes import build_classes, build_classes_by_reference
from laws.description import ASYNC, MIXED, SYNC, Description, build_functional
from laws.models import describe, is_valid, operations
from laws.play import by_library
from laws.reference import Endless
from laws.shrinking import report

ENGINES = ("kernel", "generated")
SPELLINGS = {
    "functions": build_functional,
    "classes": build_classes,
    "references": build_classes_by_reference,
}
"""How machines can be spelled: the last one names states by their classes."""


def engines_differ(source: random.Random, description: Description, modes: tuple[str, ...], build) -> str | None:
    """What the kernel and the generated steps do otherwise than each other, with the machine; or nothing."""
    busy, sequence = with_background(source, description), busy_operations(source)
    for mode in modes:
        kernel, generated = (by_library(busy, sequence, mode, build=build, engine=each) for each in ENGINES)
        for wanted, found in zip(kernel, generated, strict=False):
            if wanted != found:
                return f"{mode}\nkernel    {wanted}\ngenerated {found}\nafter {sequence} of\n{busy}"
    return None


def main() -> int:
    """Run; the exit code says whether anything differed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--modes", default=f"{SYNC},{ASYNC},{MIXED}")
    parser.add_argument("--spelling", choices=SPELLINGS, default="functions")
    parser.add_argument("--busy", action="store_true", help="timers, activities and calls, by both engines")
    parser.add_argument("--keep-going", type=int, default=1, help="how many mismatches to show")
    options = parser.parse_args()
    logging.disable()
    modes = tuple(options.modes.split(","))
    played = invalid = endless = shown = 0
    for seed in range(options.seed, options.seed + 100 * options.sequences):
        source = random.Random(seed)
        description, sequence = describe(source), operations(source)
        if not is_valid(description):
            invalid += 1
            continue
        try:
            if options.busy:
                found = engines_differ(source, description, modes, SPELLINGS[options.spelling])
            else:
                found = report(description, sequence, modes, SPELLINGS[options.spelling])
        except Endless:
            endless += 1
            continue
        played += 1
        if found is not None:
            print(f"--- seed {seed}\n{found}", flush=True)
            shown += 1
        if played >= options.sequences or shown >= options.keep_going:
            break
    print(
        f"{played} sequences played, {shown} differ; {invalid} invalid and {endless} endless descriptions passed over"
    )
    return bool(shown)


if __name__ == "__main__":
    sys.exit(main())
