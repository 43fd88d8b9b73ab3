"""The compiler: a `Model` becomes a `Program`, or one `DefinitionError` with every problem. Never imports the run time.

The passes are listed in `compile`, in order; each leaves what the next one needs in the outline.
"""

from __future__ import annotations

from typing import Any

from hsm.compiler.check import check_alone, check_outline, check_tree
from hsm.compiler.expand import expand
from hsm.compiler.plan import plan
from hsm.compiler.report import Report
from hsm.compiler.resolve import resolve
from hsm.compiler.tabulate import tabulate
from hsm.elements.nodes import Model
from hsm.names import plain
from hsm.program import Program

__all__ = ["compile", "warn_alone"]


def compile(model: Model[Any]) -> Program:  # noqa: A001 - the textbook's word
    """The Program of *model*, which is not changed; equal models give equal Programs.

    Raises:
        DefinitionError: The model breaks rules; it carries all the diagnostics.
    """
    report = Report(plain(model.name))
    check_tree(model, report)
    if report.has("HSM058"):
        report.finish()  # the passes below recurse, and this model is too deep for that
    outline = expand(model)
    for error in outline.broken:
        report.adopt(error.diagnostics)
    resolve(outline, report)
    check_outline(outline, report)
    report.finish()  # raises if there are errors: what follows relies on a valid outline
    plan(outline)
    return tabulate(outline)


def warn_alone(program: Program) -> None:
    """Issue the warnings about a model that are only true where it runs alone, and is no submachine (rule R9)."""
    report = Report(program.name)
    check_alone(program, report)
    report.finish()
