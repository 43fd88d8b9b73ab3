"""The command `explain`: which transition an event takes where some states are active, and why.

Read from the chart: guards are named and not asked, as they depend on data that only a machine that runs has. The
command `simulate` asks them: ``? event`` there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import attrs

import hsm
from hsm.charts import ChartTransition, ChartTrigger, ChartVertex
from hsm.cli.colours import show
from hsm.cli.configuration import active, around
from hsm.cli.targets import one
from hsm.events import BUILT_IN
from hsm.names import closest, either
from hsm.position import Place


@attrs.frozen
class Candidate:
    """A transition, or a deferral, that an event may come to.

    Attributes:
        vertex: The active vertex that has it.
        transition: The transition; ``None`` for a deferral.
        why: Why it comes at its place.
    """

    vertex: ChartVertex
    transition: ChartTransition | None
    why: str

    @property
    def is_certain(self) -> bool:
        """Whether it takes every event that comes to it."""
        return self.transition is None or self.transition.guard is None

    @property
    def place(self) -> Place | None:
        """Where it is written."""
        return self.vertex.place if self.transition is None else self.transition.place


def run_explain(given: argparse.Namespace) -> int:
    """Explain the event."""
    chart = hsm.chart(one(given.target).model)
    show(explained(chart, given.event, active(chart, given.states)), given.color)
    return 0


def explained(chart: hsm.Chart, event: str, leaves: tuple[str, ...]) -> str:
    """What *event* does where *leaves* are active, as text."""
    found = {leaf: list(candidates(chart, event, leaf)) for leaf in leaves}
    found = {leaf: each for leaf, each in found.items() if each}
    where = ", ".join(leaves)
    if not found:
        return "\n".join([f"'{event}' is ignored in {where}", *_nothing(chart, event)])
    parts: list[str] = []
    for leaf, each in found.items():
        parts += [f"'{event}' in {leaf if len(found) > 1 else where}{_outcome(each)}", *_lines(each)]
    if len(found) > 1:
        parts.append("  = help: of two that would exit the same state, the region declared first wins (rule T4)")
    return "\n".join(parts)


def _outcome(found: list[Candidate]) -> str:
    """What the first line says."""
    if len(found) > 1:
        end = "" if found[-1].is_certain else ", or ignored"
        return f" is taken by the first of these that its guard lets pass{end}"
    if found[0].transition is None:
        return " is deferred"
    return " is taken" if found[0].is_certain else " is taken if its guard holds, and ignored otherwise"


def candidates(chart: hsm.Chart, event: str, leaf: str) -> Iterator[Candidate]:
    """What *event* comes to with *leaf* active, in order, up to the first that surely takes it (rules T2, D1)."""
    for path in around(chart, leaf):
        vertex = chart.vertex(path)
        matching = [
            (each, trigger)
            for each in chart.transitions_from(path)
            if each.role == "transition" and (trigger := _matching(each, event)) is not None
        ]
        # within one vertex the exact name comes first, then longer prefixes, then '*'
        for each, trigger in sorted(matching, key=lambda pair: _rank(pair[1])):
            found = Candidate(vertex, each, _why(leaf, path, trigger))
            yield found
            if found.is_certain:
                return
        if any(_means(pattern, event) for pattern in vertex.deferrals):
            yield Candidate(vertex, None, "kept until no active state defers it")
            return


def _matching(transition: ChartTransition, event: str) -> ChartTrigger | None:
    named = [each for each in transition.triggers if each.kind in ("event", "prefix", "any")]
    found = sorted([each for each in named if _means(str(each), event)], key=_rank)
    return found[0] if found else None


def _means(pattern: str, event: str) -> bool:
    is_open = pattern.endswith("*") and event not in BUILT_IN
    return pattern == event or (is_open and event.startswith(pattern[:-1]))


def _rank(trigger: ChartTrigger) -> tuple[bool, int]:
    return trigger.kind != "event", -len(trigger.name or "")


def _why(leaf: str, path: str, trigger: ChartTrigger) -> str:
    where = "the innermost active state" if path == leaf else "a state around the innermost active one"
    return f"of {where}" if trigger.kind == "event" else f"of {where}, by '{trigger}'"


def _lines(found: list[Candidate]) -> Iterator[str]:
    for number, each in enumerate(found, 1):
        mark = f"{number}. " if len(found) > 1 else " " * 3
        if each.transition is None:
            yield f"{mark}deferral of {each.vertex.path}"
        else:
            yield f"{mark}{each.vertex.path} -> {', '.join(each.transition.targets) or '(internal)'}"
            if each.transition.guard is not None:
                yield f"     = if:     {each.transition.guard}"
            if each.transition.effects:
                yield f"     = effect: {', '.join([effect.name for effect in each.transition.effects])}"
        yield f"     = why:    {each.why}"
        if each.place is not None:
            yield f"    --> {each.place}"


def _nothing(chart: hsm.Chart, event: str) -> Iterator[str]:
    elsewhere = [each.source for each in chart.transitions if _matching(each, event) is not None]
    yield "  = why:  nothing that is active reacts to it"
    if elsewhere:
        yield f"  = help: it is taken in {', '.join(dict.fromkeys(elsewhere))}"
    elif close := closest(event, chart.events):
        yield f"  = help: no state reacts to it: did you mean {either(close)}?"
    else:
        yield f"  = help: no state reacts to it; the model's events are {', '.join(chart.events) or 'none'}"
