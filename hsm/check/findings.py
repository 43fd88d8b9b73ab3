"""Findings: the table of rules, and what becomes of what they find.

In: Charts, files, and what the compiler has reported already. Out: diagnostics in source order. Whether a finding is
worth reporting where it stands several times is decided here, for all rules alike.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from hsm.charts import Chart, ChartBehavior
from hsm.check import branches, completions, deadends, deferrals, errors, events, shadows, timers
from hsm.check.dispatched import Dispatched
from hsm.check.finding import Case, Finding
from hsm.check.guards import predicates
from hsm.check.layout import Layout, is_within
from hsm.check.sources import Sources
from hsm.errors import Diagnostic, position_of
from hsm.position import Place, Source

_Rule: TypeAlias = Callable[[Case], Iterator[Finding]]
_Thing: TypeAlias = tuple[Place, str]
"""Something in a model: where it is written, and a name that its copies in other models have as well."""

_RULES: tuple[_Rule, ...] = (
    deadends.no_way_out,
    events.never_dispatched,
    errors.unhandled,
    branches.equal,
    completions.never_completes,
    completions.completes_at_once,
    timers.outrun,
    deferrals.never_recalled,
    shadows.taken_further_in,
    shadows.same_guard,
    shadows.apart,
)
"""The rules about a model; of two that find the same transition dead, the first one reports it."""


def check(
    charts: Sequence[Chart], files: Iterable[str | os.PathLike[str]] = (), *, known: Sequence[Diagnostic] = ()
) -> tuple[Diagnostic, ...]:
    """What is probably a mistake in the models of *charts*, and in the *files* that go with them.

    Args:
        charts: The models: all that the files define, so that events between them are known.
        files: The sources that define the models, and those that send them events; others are not looked at.
        known: What the compiler has reported: what is unreachable, or never fires, is not reported again.

    Returns:
        Warnings by file, and in each in the order of the source; without those that a comment
        ``# hsm: ignore[HSM101]`` on their line takes out.
    """
    sources = Sources(files)
    dispatched = Dispatched(sources, charts)
    found = [*events.unknown(dispatched), *_of_models(charts, sources, dispatched, known)]
    kept = [each for each in _once(found, sources) if not is_ignored(each.code, each.place, sources)]
    return tuple(sorted([_diagnostic(each) for each in kept], key=position_of))


def _once(found: Sequence[Finding], sources: Sources) -> Iterator[Finding]:
    """*found*, without the same again about what is written once, such as a class from which two states derive."""
    seen: set[tuple[str, Place, str]] = set()
    for each in found:
        key = (each.code, each.place, each.detail)
        # a function that builds parts is another matter: what its calls build has nothing in common but that place
        if key not in seen or sources.is_in_function(each.place):
            yield each
        seen.add(key)


def is_ignored(code: str, place: Place, sources: Sources) -> bool:
    """Whether a comment has *code* ignored at *place*: on its first line, or on its last."""
    file = sources.file(place.file)
    return file is not None and any(code in file.ignored(line) for line in (place.line, place.end_line or place.line))


def _of_models(
    charts: Sequence[Chart], sources: Sources, dispatched: Dispatched, known: Sequence[Diagnostic]
) -> Iterator[Finding]:
    """What the rules find in all *charts*, each thing once, where it is wrong wherever it stands."""
    dead = {(*position_of(each), _FIRST.sub("", each.within, count=1)) for each in known}
    unreachable = [each.within for each in known if each.code == "HSM060"]
    wrong: dict[tuple[str, _Thing, str], list[Finding]] = {}
    for chart in charts:
        case = Case(Layout(chart), sources, dispatched)
        things = _Things(case.layout)
        for finding in [each for rule in _RULES for each in rule(case)]:
            if not any(is_within(finding.vertex, path) for path in unreachable):
                key = (finding.code, (finding.subject, things.name(finding.item)), finding.detail)
                wrong.setdefault(key, []).append(finding)
    counts = Counter(each for chart in charts for each in _Things(Layout(chart)).all())
    for (_, thing, _), (finding, *others) in wrong.items():
        spot = (thing[0].file, thing[0].line, thing[0].column or 0, _FIRST.sub("", finding.within, count=1))
        if 1 + len(others) < counts[thing] or (finding.is_dead and spot in dead):
            continue
        if finding.is_dead:
            dead.add(spot)
        yield finding


_FIRST = re.compile(r"/[^/ ]+")
"""The name of the model in a location: what is written once may stand in several."""


class _Things:
    """What stands in the model of *layout*: places, with names that are the same wherever it is put in."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def name(self, item: str) -> str:
        """*item*, a path or an identifier, from the model or the submachine on in which it is."""
        path = item.partition("#")[0]
        around = self._layout.around(path)
        root = next((each for each in around if self._layout.vertices[each].submachine is not None), self._layout.root)
        # what is said of the submachine as a state belongs to the model that it is put into
        return item.removeprefix(root) if path != root or root == self._layout.root else f"{path}: {item}"

    def all(self) -> Iterator[_Thing]:
        """Everything that rules may find something wrong with."""
        chart = self._layout.chart
        for vertex in chart.vertices:
            yield from self._placed(vertex.path, vertex.place)
            yield from self._behaviors((*vertex.entry, *vertex.exit, *vertex.activities))
        for each in chart.transitions:
            yield from self._placed(each.id, each.place)
            functions = [trigger.function for trigger in each.triggers if trigger.function is not None]
            yield from self._behaviors((*each.effects, *functions, *predicates(each.guard)))

    def _behaviors(self, behaviors: tuple[ChartBehavior, ...]) -> Iterator[_Thing]:
        for each in behaviors:
            yield from self._placed(each.id, each.place)

    def _placed(self, item: str, place: Place | None) -> Iterator[_Thing]:
        if place is not None:
            yield place, self.name(item)


def _diagnostic(finding: Finding) -> Diagnostic:
    return Diagnostic(
        finding.code,
        finding.message,
        Source(finding.place, 0),
        finding.label,
        finding.within,
        finding.help,
        is_warning=True,
    )
