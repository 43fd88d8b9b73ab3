"""Deferrals: events that are kept, and never come to anything."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import ChartVertex
from hsm.check.finding import Case, Finding
from hsm.check.layout import Layout, is_within, may_take


def never_recalled(case: Case) -> Iterator[Finding]:
    """HSM107: a deferral of an event that no transition takes, or in a state that is never left (rule D2)."""
    for vertex in case.layout.chart.vertices:
        for pattern in vertex.deferrals:
            why = _why(case.layout, vertex, pattern)
            if why is None or vertex.place is None:
                continue
            label, advice = why
            yield Finding(
                "HSM107",
                f"'{pattern}' is deferred, and nothing ever takes it",
                case.sources.narrowed(vertex.place, "defer", pattern, pattern.rpartition(".")[2]),
                vertex.place,
                vertex.path,
                vertex.path,
                detail=pattern,
                label=label,
                within=vertex.path,
                help=(advice,),
            )


def _why(layout: Layout, vertex: ChartVertex, pattern: str) -> tuple[str, str] | None:
    """Why *vertex* defers *pattern* for nothing, and what to do."""
    takers = {
        each.source for each in layout.chart.transitions if any(may_take(trigger, pattern) for trigger in each.triggers)
    }
    if not takers:
        return "no transition of the model is on it", f"add a transition on '{pattern}', or remove the deferral"
    is_inside_taken = any(is_within(each, vertex.path) for each in takers)
    if not is_inside_taken and not layout.may_be_left(vertex.path):
        return f"{vertex.path} is never left", "defer it in a state that is left, or remove the deferral"
    return None
