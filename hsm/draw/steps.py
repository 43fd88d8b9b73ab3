"""What a machine did, step by step: which vertices were active after each step, and which transitions it took.

In: a Chart, and the records of `hsm.trace`. Out: `Step`s, which the page plays and a picture marks the last of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from hsm import trace
from hsm.charts import Chart


@attrs.frozen
class Step:
    """One step.

    Attributes:
        number: Its number in the machine.
        time: When it began, in seconds on the machine's clock.
        cause: What it was on: ``event 'open'``, ``after of /Door/open``.
        outcome: ``taken``, ``deferred``, ``ignored``; empty for a step that the trace has no end of.
        active: The paths of the active vertices after it, leaves and what is around them, in the order of the chart.
        taken: The identifiers of its transitions, each once, in the order in which it took them.
        did: The names of the actions that ran, in order; one that raised has ``!`` behind it.
    """

    number: int
    time: float
    cause: str
    outcome: str
    active: tuple[str, ...]
    taken: tuple[str, ...]
    did: tuple[str, ...]


def around(paths: Iterable[str]) -> frozenset[str]:
    """*paths*, and those of everything around them."""
    return frozenset(
        "/".join(steps[:length]) for path in paths for steps in [path.split("/")] for length in range(2, len(steps) + 1)
    )


def steps(chart: Chart, records: Iterable[trace.Record]) -> tuple[Step, ...]:
    """The steps that *records* are about, in order; one whose beginning is missing is left out."""
    return tuple(_Reader(chart).read(records))


class _Reader:
    """Reads the records of one machine."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._known = {vertex.path for vertex in chart.vertices}
        self._began: trace.StepBegan | None = None
        self._active: set[str] = set()
        self._did: list[str] = []

    def read(self, records: Iterable[trace.Record]) -> Iterator[Step]:
        """The steps.

        Raises:
            ValueError: A record is about a vertex that the chart does not have.
        """
        for record in records:
            self._check(record)
            if isinstance(record, trace.StepBegan):
                self._began, self._active, self._did = record, set(around(record.states)), []
            elif self._began is not None and isinstance(record, trace.StepEnded):
                self._active = set(around(record.states))
                yield self._step(self._began, record.outcome.value, record.transitions)
                self._began = None
            else:
                self._note(record)
        if self._began is not None:
            yield self._step(self._began, "", ())

    def _check(self, record: trace.Record) -> None:
        paths = {*getattr(record, "states", ()), *([vertex] if (vertex := getattr(record, "vertex", None)) else [])}
        if not paths <= self._known:
            unknown = min(paths - self._known)
            raise ValueError(f"the trace is of another model: the chart of '{self._chart.name}' has no {unknown!r}")

    def _note(self, record: trace.Record) -> None:
        """Keep what *record* says of the step under way."""
        match record:
            case trace.Entered(vertex=vertex):
                self._active.add(vertex)
            case trace.Exited(vertex=vertex):
                self._active.discard(vertex)
            case trace.Ran(behavior=behavior):
                self._did.append(behavior)
            case trace.Failed(behavior=behavior):
                self._did.append(f"{behavior}!")
            case _:
                pass

    def _step(self, began: trace.StepBegan, outcome: str, transitions: tuple[str, ...]) -> Step:
        active = [vertex.path for vertex in self._chart.vertices if vertex.path in self._active]
        taken = tuple(dict.fromkeys(transitions))
        return Step(began.step, began.time, began.cause, outcome, tuple(active), taken, tuple(self._did))
