"""The compiler: a Model becomes a Program, in a fixed list of passes.

In: a `Model`. Out: a `Program`, or one `DefinitionError` with every problem. Never imports the run time.
"""

from __future__ import annotations

from typing import Any

from hsm.compiler.check import check_outline, check_tree
from hsm.compiler.expand import expand
from hsm.compiler.plan import plan
from hsm.compiler.report import Report
from hsm.compiler.resolve import resolve
from hsm.compiler.tabulate import tabulate
from hsm.elements.nodes import Model
from hsm.elements.walk import plain
from hsm.program import Program

__all__ = ["compile"]


def compile(model: Model[Any]) -> Program:  # noqa: A001 - the textbook's word
    """The Program of *model*; nothing of *model* is changed, and the same model gives an equal Program.

    Raises:
        DefinitionError: The model breaks rules; it carries all the diagnostics.
    """
    report = Report(plain(model.name))
    check_tree(model, report)
    if report.has("HSM058"):
        report.finish()
    outline = expand(model)
    resolve(outline, report)
    check_outline(outline, report)
    report.finish()
    plan(outline)
    return tabulate(outline)
