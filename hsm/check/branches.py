"""Branches: choices and junctions whose guards decide nothing."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import ChartTransition
from hsm.check.finding import Case, Finding
from hsm.check.layout import location


def equal(case: Case) -> Iterator[Finding]:
    """HSM105: all branches of a choice or junction do the same, or the last two of them do.

    Two guarded branches with one target are an "or", and fine.
    """
    for vertex in case.layout.chart.vertices:
        branches = case.layout.transitions_from(vertex.path)
        if vertex.kind not in ("choice", "junction") or len(branches) < 2 or branches[-1].guard is not None:
            continue
        *guarded, last = branches
        if vertex.place is not None and all(_do_the_same(case, each, last) for each in guarded):
            yield Finding(
                "HSM105",
                f"every branch of {vertex.path} does the same",
                vertex.place,
                vertex.place,
                vertex.path,
                vertex.path,
                label="its guards decide nothing",
                within=vertex.path,
                help=("give the branches different targets or effects, or lead there directly",),
            )
        elif guarded[-1].place is not None and _do_the_same(case, guarded[-1], last):
            yield Finding(
                "HSM105",
                "this branch does the same as the one without a guard",
                guarded[-1].place,
                guarded[-1].place,
                vertex.path,
                guarded[-1].id,
                label="its guard decides nothing",
                within=location(guarded[-1]),
                help=("give one of the two another target or effect, or remove this one",),
            )


def _do_the_same(case: Case, one: ChartTransition, other: ChartTransition) -> bool:
    if one.targets != other.targets or len(one.effects) != len(other.effects):
        return False
    return all(case.are_same(a, b) for a, b in zip(one.effects, other.effects, strict=True))
