"""The report: every problem of one model, raised as one `DefinitionError`, or issued as warnings, after the checks.

Never judges, and never stops a pass: what is wrong in one place must not hide what is wrong in another.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence

from hsm.collecting import keep
from hsm.errors import DefinitionError, DefinitionWarning, Diagnostic, position_of
from hsm.kinds import attribute_of
from hsm.position import Source


class Report:
    """The problems of the model called *model*, in the order in which they were found."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.diagnostics: list[Diagnostic] = []

    def error(
        self, code: str, message: str, where: Source | None, *, label: str = "", within: str = "", help: str = ""
    ) -> None:
        """Add a problem with which the model cannot run."""
        self.diagnostics.append(Diagnostic(code, message, where, label, within, (help,) if help else ()))

    def warn(
        self, code: str, message: str, where: Source | None, *, label: str = "", within: str = "", help: str = ""
    ) -> None:
        """Add a problem with which the model can run nevertheless."""
        self.diagnostics.append(
            Diagnostic(code, message, where, label, within, (help,) if help else (), is_warning=True)
        )

    def adopt(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Add what was found in another model, without which this one cannot run."""
        self.diagnostics += diagnostics

    def has(self, code: str) -> bool:
        """Whether a problem with this *code* was found."""
        return any(diagnostic.code == code for diagnostic in self.diagnostics)

    @property
    def has_errors(self) -> bool:
        """Whether the model cannot run."""
        return any(not diagnostic.is_warning for diagnostic in self.diagnostics)

    def finish(self) -> None:
        """Raise what was found as one `DefinitionError`, or issue a `DefinitionWarning` for each warning.

        Where the user collects mistakes, the warnings are kept there instead.

        Raises:
            DefinitionError: The model has errors; its diagnostics are in source order.
        """
        ordered = sorted(self.diagnostics, key=position_of)
        if self.has_errors:
            raise DefinitionError(self.model, ordered)
        if not keep(self.model, ordered):
            for diagnostic in ordered:
                _issue(diagnostic)


def _issue(diagnostic: Diagnostic) -> None:
    """Warn on behalf of the user's own line, so that filters by module, and showing a warning once per line, work."""
    if diagnostic.where is None:
        warnings.warn(diagnostic.render(), DefinitionWarning, stacklevel=1)
        return
    place = diagnostic.where.place()
    # filters compare the name of the module, of which the call site knows only the file
    modules = list(sys.modules.items())
    module = next((name for name, each in modules if attribute_of(each, "__file__") == place.file), "<unknown>")
    warnings.warn_explicit(
        diagnostic.render(), DefinitionWarning, place.file, place.line, module=module, registry=_registry
    )


_registry: dict[str | tuple[str, type[Warning], int], int] = {}
"""The warnings issued so far; Python keeps such a registry in each module, and the user's is unknown here."""
