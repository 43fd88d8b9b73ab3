"""The rules that a model can break: one function each, with a code, for both front ends.

`parts` looks at single elements of the tree; the others at the outline, once its paths are resolved. A rule never
raises: it tells the report, so that all problems of a model are told together.
"""

from __future__ import annotations

from hsm.compiler.check.parts import check_parts
from hsm.compiler.check.pseudostates import check_pseudostates
from hsm.compiler.check.reach import check_reach
from hsm.compiler.check.transitions import check_transitions
from hsm.compiler.outline import Outline
from hsm.compiler.report import Report

__all__ = ["check_outline", "check_parts"]


def check_outline(outline: Outline, report: Report) -> None:
    """Every rule about how vertices and transitions lie to each other; the warnings only where nothing is wrong."""
    check_transitions(outline, report)
    check_pseudostates(outline, report)
    if not report.has_errors:
        check_reach(outline, report)
