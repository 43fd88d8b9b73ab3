"""Findings: the table of rules, and what becomes of what they find.

In: Charts, files, and what the compiler has reported already. Out: diagnostics in source order. Whether a finding is
worth reporting where it stands several times is decided here, for all rules alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from hsm.charts import Chart, ChartBehavior, ChartTransition, ChartVertex
from hsm.check import branches, completions, deadends, deferrals, errors, events, shadows, timers
from hsm.check.dispatched import Dispatched
from hsm.check.finding import Case, Finding
from hsm.check.guards import predicates
from hsm.check.layout import Layout, is_within
from hsm.check.sources import Sources
from hsm.errors import Diagnostic, position_of
from hsm.position import Place, Source

_Rule: TypeAlias = Callable[[Case], Iterator[Finding]]
_Item: TypeAlias = tuple[int, str]
"""The number of a chart, and an identifier in it."""

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
    kept = [each for each in found if not is_ignored(each.code, each.place, sources)]
    return tuple(sorted([_diagnostic(each) for each in kept], key=position_of))


def is_ignored(code: str, place: Place, sources: Sources) -> bool:
    """Whether a comment has *code* ignored at *place*: on its first line, or on its last."""
    file = sources.file(place.file)
    return file is not None and any(code in file.ignored(line) for line in (place.line, place.end_line or place.line))


def _of_models(
    charts: Sequence[Chart], sources: Sources, dispatched: Dispatched, known: Sequence[Diagnostic]
) -> Iterator[Finding]:
    """What the rules find in all *charts*, each thing once, where it is wrong wherever it stands."""
    places = {position_of(each) for each in known}
    unreachable = [each.within for each in known if each.code == "HSM060"]
    wrong: dict[tuple[str, Place, str], list[Finding]] = {}
    items: dict[tuple[str, Place, str], set[_Item]] = {}
    for number, chart in enumerate(charts):
        case = Case(Layout(chart), sources, dispatched)
        for finding in [each for rule in _RULES for each in rule(case)]:
            if any(is_within(finding.vertex, path) for path in unreachable):
                continue
            key = (finding.code, finding.subject, finding.detail)
            wrong.setdefault(key, []).append(finding)
            items.setdefault(key, set()).add((number, finding.item))
    written = _written(charts)
    for key, (finding, *_) in wrong.items():
        spot = (finding.subject.file, finding.subject.line, finding.subject.column or 0)
        if (
            items[key] == written[finding.subject] & _of_kind(items[key], written[finding.subject])
            and spot not in places
        ):
            if finding.is_dead:
                places.add(spot)
            yield finding


def _of_kind(found: set[_Item], written: set[_Item]) -> set[_Item]:
    """Those of *written* that are of the kind of what was *found*: vertices, transitions or behaviours."""
    kinds = {_kind(name) for _, name in found}
    return {item for item in written if _kind(item[1]) in kinds}


def _kind(name: str) -> int:
    """0 for the path of a vertex, 1 for a transition's identifier, 2 for one of a behaviour."""
    end = name.partition("#")[2]
    return 0 if not end else 1 if end.isdigit() or end == "default" else 2


def _written(charts: Sequence[Chart]) -> dict[Place, set[_Item]]:
    """What stands in the models, by the place where it is written."""
    found: dict[Place, set[_Item]] = {}
    for number, chart in enumerate(charts):
        for name, place in [*_vertices(chart.vertices), *_transitions(chart.transitions)]:
            if place is not None:
                found.setdefault(place, set()).add((number, name))
    return found


def _vertices(vertices: tuple[ChartVertex, ...]) -> Iterator[tuple[str, Place | None]]:
    for vertex in vertices:
        yield vertex.path, vertex.place
        yield from _behaviors((*vertex.entry, *vertex.exit, *vertex.activities))


def _transitions(transitions: tuple[ChartTransition, ...]) -> Iterator[tuple[str, Place | None]]:
    for each in transitions:
        yield each.id, each.place
        functions = [trigger.function for trigger in each.triggers if trigger.function is not None]
        yield from _behaviors((*each.effects, *functions, *predicates(each.guard)))


def _behaviors(behaviors: tuple[ChartBehavior, ...]) -> Iterator[tuple[str, Place | None]]:
    yield from [(each.id, each.place) for each in behaviors]


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
