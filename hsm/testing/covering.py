"""Covering: how much of their models the machines of a run have gone through.

In: records of `hsm.trace`. Out: counts by identifier, for one model (`ModelCoverage`) and for all of a run
(`Coverage`); as dictionaries, to be stored and merged, as text, and as marks for a drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import attrs

from hsm import trace
from hsm.charting import chart_of
from hsm.charts import Chart, ChartBehavior, ChartGuard
from hsm.defining import program_of
from hsm.draw.marks import Mark as Mark  # one of the names of this room
from hsm.names import one_line
from hsm.position import Place
from hsm.program import Program
from hsm.testing.everywhere import watched
from hsm.testing.following import possible_pairs
from hsm.testing.subjects import Tested, described, states_of, tested, transitions_of

if TYPE_CHECKING:
    from hsm.draw.picture import Theme

FORMAT = 1
"""The version of what `Coverage.to_dict` returns."""


@attrs.define
class ModelCoverage:
    """How often what is in one model was gone through.

    Attributes:
        name: The name of the model.
        states: How often each state was entered, by path.
        transitions: How often each transition was taken, by identifier.
        guards: How often each predicate answered false, and true, by identifier; ``in_state`` is none.
        pairs: How often one transition was the next after another, by both identifiers.
        texts: What transitions and guards are in a message, with their places, by identifier.
        chart: The model as data; ``None`` if all that is known of it are counts.
        firing: The transitions that occur in pairs: those that fire, and not the other segments of a route.
    """

    name: str
    states: dict[str, int]
    transitions: dict[str, int]
    guards: dict[str, list[int]]
    pairs: dict[tuple[str, str], int]
    texts: dict[str, str]
    chart: Chart | None = attrs.field(default=None, eq=False, repr=False)
    firing: frozenset[str] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.firing = frozenset([name for pair in self.pairs for name in pair])

    @property
    def key(self) -> object:
        """What is equal for the same model in another process."""
        return self.name, tuple(self.states), tuple(self.texts.items())

    @property
    def covered(self) -> tuple[int, int]:
        """How many states, transitions and answers of guards were seen, and how many there are; pairs do not count."""
        counts = [
            *self.states.values(),
            *self.transitions.values(),
            *[each for two in self.guards.values() for each in two],
        ]
        return _seen(counts), len(counts)

    @property
    def percent(self) -> float:
        """The same in per cent; 100 where there is nothing."""
        return _percent(*self.covered)

    def marks(self) -> dict[str, Mark]:
        """The mark of each state, by its path, and of each transition, by its identifier: what colours a drawing."""
        found: dict[str, Mark] = {path: "covered" if count else "missed" for path, count in self.states.items()}
        for name, count in self.transitions.items():
            found[name] = "covered" if count else "missed"
        for guard, answers in self.guards.items():
            transition = guard.rpartition(".guard.")[0]
            if found.get(transition) == "covered" and not all(answers):
                found[transition] = "partly"
        return found

    def svg(self, theme: Theme = "auto") -> str:
        """The picture of the model with its `marks`, as `hsm.draw.svg` draws it, with the extra ``draw``.

        Raises:
            DrawError: As `hsm.draw.svg`.
            ValueError: There is no chart: the counts came from somewhere else, and nothing runs that model here.
        """
        from hsm.draw import svg  # imported late: most runs draw nothing

        if self.chart is None:
            raise ValueError(f"there is no chart of model '{self.name}': these are counts that were added")
        return svg(self.chart, theme=theme, marks=self.marks())

    def missing(self) -> Iterator[str]:
        """What was not seen, one line each: states, transitions, answers of guards; pairs are left out."""
        yield from [f"state {path}" for path, count in self.states.items() if not count]
        yield from [f"transition {self.texts[name]}" for name, count in self.transitions.items() if not count]
        for name, answers in self.guards.items():
            words = [word for word, count in zip(("False", "True"), answers, strict=True) if not count]
            if words:
                yield f"guard {self.texts[name]}, was never {' nor '.join(words)}"

    def add(self, other: ModelCoverage) -> None:
        """Add the counts of *other*, which is of the same model."""
        self.chart = self.chart or other.chart
        for mine, others in ((self.states, other.states), (self.transitions, other.transitions)):
            for name, count in others.items():
                mine[name] += count
        for name, answers in other.guards.items():
            self.guards[name] = [one + more for one, more in zip(self.guards[name], answers, strict=True)]
        for pair, count in other.pairs.items():
            self.pairs[pair] += count


class Coverage:
    """How much of their models machines have gone through.

    ``with coverage.watching():`` counts every machine that is started in the block, and
    ``observe=coverage.observer(model)`` of `hsm.start` counts one. With pytest, ``--hsm-coverage=term`` does it for all
    tests.

    Args:
        subjects: Models and machine classes that are counted from the beginning, so that those that never run are seen.

    Attributes:
        models: What was gone through, model by model, in the order in which they came.
    """

    def __init__(self, *subjects: Tested) -> None:
        self.models: list[ModelCoverage] = []
        self._known: dict[object, ModelCoverage] = {}
        # by identity, with the program, so that it keeps its identity: comparing programs takes longer than a test
        self._programs: dict[int, tuple[Program, ModelCoverage]] = {}
        for subject in subjects:
            self._of(program_of(tested(subject, None)[0]))

    def watching(self) -> AbstractContextManager[None]:
        """A block in which every machine that is started is counted, whoever starts it."""
        return watched(self._observer)

    def observer(self, subject: Tested) -> Callable[[trace.Record], object]:
        """An observer for one machine, for ``observe=`` of `hsm.start`.

        Raises:
            TypeError: *subject* is neither a model nor a machine class.
        """
        return self._observer(program_of(tested(subject, None)[0]))

    @property
    def percent(self) -> float:
        """How much of all models was seen, in per cent: states, transitions and answers of guards."""
        seen, all_there_are = zip((0, 0), *[each.covered for each in self.models], strict=True)
        return _percent(sum(seen), sum(all_there_are))

    def to_dict(self) -> dict[str, Any]:
        """All counts as dictionaries, lists, strings and numbers."""
        models = [
            {
                "name": each.name,
                "percent": round(each.percent, 2),
                "states": each.states,
                "transitions": each.transitions,
                "guards": {name: {"false": no, "true": yes} for name, (no, yes) in each.guards.items()},
                "pairs": [{"first": first, "then": then, "count": n} for (first, then), n in each.pairs.items()],
                "texts": each.texts,
                "marks": each.marks(),
            }
            for each in self.models
        ]
        return {"format": FORMAT, "percent": round(self.percent, 2), "models": models}

    def add(self, counts: Mapping[str, Any], charts: Iterable[Chart | None] = ()) -> None:
        """Add what `to_dict` of another one returned, such as that of another process.

        Args:
            counts: What it returned.
            charts: Those of the models in it, in order, so that they can be drawn.

        Raises:
            ValueError: It is of another version.
        """
        if counts.get("format") != FORMAT:
            raise ValueError(f"the format of the counts is {counts.get('format')!r}, not {FORMAT}")
        for each, chart in zip_longest(counts["models"], charts):
            guards = {name: [answers["false"], answers["true"]] for name, answers in each["guards"].items()}
            pairs = {(pair["first"], pair["then"]): pair["count"] for pair in each["pairs"]}
            other = ModelCoverage(
                each["name"], {**each["states"]}, {**each["transitions"]}, guards, pairs, {**each["texts"]}, chart
            )
            known = self._known.get(other.key)
            if known is None:
                self._keep(other)
            else:
                known.add(other)

    def __str__(self) -> str:
        """A table of the models, and below it what was not seen."""
        return "\n".join(_report(self))

    def _observer(self, program: Program) -> Callable[[trace.Record], object]:
        return _Counter(self._of(program))

    def _of(self, program: Program) -> ModelCoverage:
        found = self._programs.get(id(program))
        if found is None:
            made = _nothing_of(chart_of(program))
            found = self._programs[id(program)] = program, self._known.get(made.key) or self._keep(made)
        return found[1]

    def _keep(self, coverage: ModelCoverage) -> ModelCoverage:
        self._known[coverage.key] = coverage
        self.models.append(coverage)
        return coverage


class _Counter:
    """The observer of one machine."""

    def __init__(self, coverage: ModelCoverage) -> None:
        self._coverage = coverage
        self._last: str | None = None

    def __call__(self, record: trace.Record) -> None:
        """Count what *record* tells."""
        coverage = self._coverage
        match record:
            case trace.Entered(vertex=path) if path in coverage.states:
                coverage.states[path] += 1
            case trace.GuardAsked(id=name, answer=answer) if name in coverage.guards:
                coverage.guards[name][bool(answer)] += 1
            case trace.StepEnded(transitions=transitions):
                for name in transitions:
                    self._took(name)
            case trace.StepBegan(cause="start"):
                self._last = None
            case _:
                pass

    def _took(self, name: str) -> None:
        coverage = self._coverage
        if name in coverage.transitions:
            coverage.transitions[name] += 1
        if name in coverage.firing:
            pair = (self._last or "", name)
            if pair in coverage.pairs:
                coverage.pairs[pair] += 1
            self._last = name


def _nothing_of(chart: Chart) -> ModelCoverage:
    """What there is in *chart*, none of it seen."""
    texts: dict[str, str] = {}
    guards: dict[str, list[int]] = {}
    transitions = transitions_of(chart)
    for transition in transitions:
        texts[transition.id] = one_line(f"{described(transition)}{_place(transition.place)}")
        for predicate in _predicates(transition.guard):
            texts[predicate.id] = one_line(f"{predicate.name} of {transition.id}{_place(predicate.place)}")
            guards[predicate.id] = [0, 0]
    return ModelCoverage(
        chart.name,
        {vertex.path: 0 for vertex in states_of(chart)},
        {transition.id: 0 for transition in transitions},
        guards,
        dict.fromkeys(possible_pairs(chart), 0),
        texts,
        chart,
    )


def _predicates(guard: ChartGuard | None) -> Iterator[ChartBehavior]:
    """The predicates in *guard*."""
    if guard is None:
        return
    if guard.behavior is not None:
        yield guard.behavior
    for part in guard.parts:
        yield from _predicates(part)


def _place(place: Place | None) -> str:
    return "" if place is None else f", {place.short}"


# --- text ----------------------------------------------------------------------------------------------------

_HEAD = ("model", "states", "transitions", "guards", "pairs", "seen")


def _report(coverage: Coverage) -> Iterator[str]:
    rows = [_HEAD, *[_row(each) for each in coverage.models]]
    if len(coverage.models) > 1:
        rows.append(("all", "", "", "", "", f"{coverage.percent:.0f}%"))
    widths = [max([len(row[column]) for row in rows]) for column in range(len(_HEAD))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join([row[0].ljust(widths[0]), *cells])
    for each in coverage.models:
        missing = [*each.missing()]
        if missing:
            yield ""
            yield f"{each.name}: not seen"
            yield from [f"  {line}" for line in missing]


def _row(model: ModelCoverage) -> tuple[str, ...]:
    answers = [count for two in model.guards.values() for count in two]
    counts = (model.states.values(), model.transitions.values(), answers, model.pairs.values())
    cells = [f"{_seen(each)}/{len(each)}" if each else "-" for each in counts]
    return one_line(model.name), *cells, f"{model.percent:.0f}%"


def _seen(counts: Iterable[int]) -> int:
    return sum(1 for count in counts if count)


def _percent(seen: int, all_there_are: int) -> float:
    return 100 * seen / all_there_are if all_there_are else 100.0
