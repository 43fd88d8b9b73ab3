"""What a machine did, step by step: which vertices were active after each step, and which transitions it took.

In: a Chart, and the records of `hsm.trace`. Out: `Step`s, which the page plays and a picture marks the last of. Where
two transitions cannot be told apart by anything in the trace, the one that was written first counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import attrs

from hsm import trace
from hsm.charts import Chart
from hsm.draw.taken import Move, Taken, key
from hsm.events import name_of


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


_Told: TypeAlias = trace.GuardAsked | trace.Exited | trace.Entered | trace.Ran | trace.Failed
"""The records that say what a step did; others, such as of what comes in meanwhile, have causes of their own."""


class _Reader:
    """Reads the records of one machine."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.known = {vertex.path for vertex in chart.vertices}
        self.taken: Taken | None = None
        self.began: trace.StepBegan | None = None
        self.active: set[str] = set()
        self.moves: list[Move] = []
        self.did: list[str] = []

    def read(self, records: Iterable[trace.Record]) -> Iterator[Step]:
        """The steps.

        Raises:
            ValueError: A record is about a vertex that the chart does not have.
        """
        for record in records:
            self._check(record)
            if isinstance(record, trace.StepBegan):
                self._begin(record)
            elif self.began is not None and isinstance(record, trace.StepEnded):
                self.active = set(around(record.states))
                yield self._step(self.began, record.outcome.value)
                self.began = None
            elif self.began is not None and isinstance(record, _Told):
                self._note(record)
        if self.began is not None:
            yield self._step(self.began, "")

    def _check(self, record: trace.Record) -> None:
        paths = {*getattr(record, "states", ()), *([vertex] if (vertex := getattr(record, "vertex", None)) else [])}
        if not paths <= self.known:
            unknown = min(paths - self.known)
            raise ValueError(f"the trace is of another model: the chart of '{self.chart.name}' has no {unknown!r}")

    def _begin(self, record: trace.StepBegan) -> None:
        self.began = record
        self.active = set(around(record.states))
        self.moves = [Move(record.cause, name_of(record.event), frozenset(self.active))]
        self.did = []
        if record.cause == "start" or self.taken is None:
            self.taken = Taken(self.chart, is_whole=record.cause == "start")

    def _note(self, record: _Told) -> None:
        """Keep what *record* says of the step under way."""
        if record.cause != self.moves[-1].cause:
            event = "hsm_error" if record.cause == "error" else ""
            self.moves.append(Move(record.cause, event, frozenset(self.active)))
        move = self.moves[-1]
        if isinstance(record, trace.GuardAsked):
            move.answers.setdefault(key(record.guard, record.vertex, record.place), bool(record.answer))
        elif isinstance(record, trace.Entered):
            self.active.add(record.vertex)
            move.entered.append(record.vertex)
        elif isinstance(record, trace.Exited):
            self.active.discard(record.vertex)
            move.exited.append(record.vertex)
        else:
            self.did.append(f"{record.behavior}!" if isinstance(record, trace.Failed) else record.behavior)
            move.effects |= {key(record.behavior, record.vertex, record.place)} if record.role == "effect" else set()

    def _step(self, began: trace.StepBegan, outcome: str) -> Step:
        assert self.taken is not None  # it came with the first beginning
        found = dict.fromkeys([each for move in self.moves for each in self.taken.by(move)])
        active = [vertex.path for vertex in self.chart.vertices if vertex.path in self.active]
        return Step(began.step, began.time, began.cause, outcome, tuple(active), tuple(found), tuple(self.did))
