"""The rules that a model can break: one function each, with a code, for both front ends.

`parts` and `values` look at single elements of the tree; the others at the outline, once its paths are resolved. A
rule never raises: it tells the report, so that all problems of a model are told together.
"""

from __future__ import annotations

from typing import Any

from hsm.compiler.check import parts, values
from hsm.compiler.check.circles import check_circles
from hsm.compiler.check.pseudostates import check_pseudostates
from hsm.compiler.check.reach import check_reach
from hsm.compiler.check.spots import spots
from hsm.compiler.check.transitions import check_transitions
from hsm.compiler.outline import Outline
from hsm.compiler.report import Report
from hsm.elements.nodes import Model

__all__ = ["check_outline", "check_tree"]

_OF_ELEMENTS = (
    parts.misplaced,
    parts.junk,
    parts.named,
    parts.duplicates,
    parts.counted,
    parts.put_in,
    parts.too_deep,
    values.callables,
    values.events,
    values.paths,
    values.durations,
)


def check_tree(model: Model[Any], report: Report) -> None:
    """Every rule about single elements; a model that is put in was checked when it was defined."""
    for spot in spots(model):
        for rule in _OF_ELEMENTS:
            rule(spot, report)


def check_outline(outline: Outline, report: Report) -> None:
    """Every rule about how vertices and transitions lie to each other; the warnings only where nothing is wrong."""
    check_transitions(outline, report)
    check_pseudostates(outline, report)
    check_circles(outline, report)
    if not report.has_errors:
        check_reach(outline, report)
