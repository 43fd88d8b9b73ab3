"""Completions: transitions without a trigger that never fire, and those that leave nothing to the others."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import ChartTransition
from hsm.check.finding import Case, Finding
from hsm.check.layout import Layout, location
from hsm.events import ERROR


def never_completes(case: Case) -> Iterator[Finding]:
    """HSM110: a completion transition of a composite that has no final state, and so never completes (rule C1)."""
    layout = case.layout
    for each in layout.chart.transitions:
        path = each.source
        if not _is_completion(each) or each.place is None or path == layout.root or layout.is_simple(path):
            continue
        missing = [part for part in layout.vertices[path].regions or (path,) if not _has_final(layout, part)]
        if not missing:
            continue
        yield Finding(
            "HSM110",
            "this transition can never fire",
            each.place,
            each.place,
            path,
            each.id,
            label="it has no trigger, and its source never completes",
            within=location(each),
            help=(f"add a trigger to it, or a final state to {missing[0]}",),
            is_dead=True,
        )


def completes_at_once(case: Case) -> Iterator[Finding]:
    """HSM111: a transition of a state that completes when it is entered, and is left by that (rules C1 and C2)."""
    layout = case.layout
    for vertex in layout.chart.vertices:
        if vertex.activities or not layout.is_simple(vertex.path):
            continue
        transitions = layout.transitions_from(vertex.path)
        leaving = [each for each in transitions if _is_completion(each) and each.targets and layout.is_certain(each)]
        for each in transitions if leaving else ():
            # an error comes before the completion, and a condition may have become true in the same step
            kinds = {trigger.kind for trigger in each.triggers if trigger.name != ERROR}
            if each.place is None or "completion" in kinds or "when" in kinds or not kinds:
                continue
            yield Finding(
                "HSM111",
                "this transition can never fire",
                each.place,
                each.place,
                vertex.path,
                each.id,
                label="its source is left as soon as it is entered",
                within=location(each),
                help=(
                    f"a transition of {vertex.path} without a trigger comes first: give that one a trigger or a guard",
                ),
                is_dead=True,
            )


def _is_completion(transition: ChartTransition) -> bool:
    kinds = {trigger.kind for trigger in transition.triggers}
    return transition.role == "transition" and kinds == {"completion"}


def _has_final(layout: Layout, path: str) -> bool:
    return any(child.kind == "final" for child in layout.children(path))
