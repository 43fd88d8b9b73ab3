"""Every figure of a run, as a pyperf suite: what is written, drawn and judged is read from it, and from its file.

A benchmark is called ``scenario/contender``. Its values are rounds, in the order in which they ran.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.contenders import REFERENCE

if TYPE_CHECKING:
    import pyperf  # the tests of the scenarios do without it

MACHINE = ("cpu_model_name", "cpu_count", "platform", "python_implementation", "python_version", "perf_version")
"""What is kept of the metadata that pyperf collects: nothing that names a host, a user or a folder."""


class Results:
    """The figures of a run.

    Args:
        machine: Where they were made, in pyperf's words.
        benchmarks: The figures by ``scenario/contender``.
    """

    def __init__(self, machine: dict[str, Any], benchmarks: dict[str, pyperf.Benchmark]) -> None:
        self.machine = machine
        self.benchmarks = benchmarks

    @classmethod
    def of_this_machine(cls) -> Results:
        """No figures yet."""
        import pyperf

        collected = pyperf.Run([1.0], collect_metadata=True).get_metadata()
        return cls({name: collected[name] for name in MACHINE if name in collected}, {})

    @classmethod
    def load(cls, path: str) -> Results:
        """The figures in the file at *path*."""
        import pyperf

        benchmarks = {each.get_name(): each for each in pyperf.BenchmarkSuite.load(path)}
        return cls(next(iter(benchmarks.values())).get_metadata(), benchmarks)

    def save(self, path: str) -> None:
        """Write the file at *path*, over what was there."""
        import pyperf

        pyperf.BenchmarkSuite(list(self.benchmarks.values())).dump(path, replace=True)

    def add(
        self, scenario: str, contender: str, values: Sequence[float], *, version: str = "", unit: str = "second"
    ) -> None:
        """The *values* of *contender* in *scenario*."""
        import pyperf

        name = f"{scenario}/{contender}"
        metadata = {**self.machine, "name": name, "unit": unit, "library_version": version or "-"}
        run = pyperf.Run(list(values), metadata=metadata, collect_metadata=False)
        self.benchmarks[name] = pyperf.Benchmark([run])

    def median(self, scenario: str, contender: str) -> float | None:
        """The median of the rounds; ``None`` if there were none."""
        benchmark = self.benchmarks.get(f"{scenario}/{contender}")
        return None if benchmark is None else float(benchmark.median())

    def ratio(self, scenario: str, contender: str, to: str = REFERENCE) -> float | None:
        """The median over the rounds of the ratio to what *to* did in the same round."""
        ours, theirs = (self.benchmarks.get(f"{scenario}/{each}") for each in (contender, to))
        if ours is None or theirs is None:
            return None
        pairs = zip(ours.get_values(), theirs.get_values(), strict=True)
        return statistics.median(a / b for a, b in pairs)

    def version(self, contender: str) -> str | None:
        """The version of the contender's library; ``None`` if it took no part."""
        for name, benchmark in self.benchmarks.items():
            if name.partition("/")[2] == contender:
                return str(benchmark.get_metadata()["library_version"])
        return None
