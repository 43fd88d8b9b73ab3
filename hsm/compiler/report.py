"""The report: every problem of one model, told together.

In: diagnostics, from every pass. Out: one `DefinitionError`, or warnings, when the compile ends.
Never judges, and never stops a pass: what is wrong in one place must not hide what is wrong in another.
"""

from __future__ import annotations

import warnings

import attrs

from hsm.errors import DefinitionError, DefinitionWarning, Diagnostic
from hsm.source import Source


@attrs.define(eq=False)
class Report:
    """The problems of the model called *model*, in the order in which they were found."""

    model: str
    diagnostics: list[Diagnostic] = attrs.Factory(list[Diagnostic])

    def error(
        self,
        code: str,
        message: str,
        where: Source | None,
        *,
        label: str = "",
        within: str = "",
        help: tuple[str, ...] | str = (),  # noqa: A002 - the word that stands in the message
    ) -> None:
        """Add a problem that keeps the model from running."""
        lines = (help,) if isinstance(help, str) else help
        self.diagnostics.append(Diagnostic(code, message, where, label, within, lines))

    def warn(
        self,
        code: str,
        message: str,
        where: Source | None,
        *,
        label: str = "",
        within: str = "",
        help: tuple[str, ...] | str = (),  # noqa: A002 - as above
    ) -> None:
        """Add a problem that the model runs with all the same."""
        lines = (help,) if isinstance(help, str) else help
        self.diagnostics.append(Diagnostic(code, message, where, label, within, lines, is_warning=True))

    @property
    def has_errors(self) -> bool:
        """Whether the model cannot be run."""
        return any(not diagnostic.is_warning for diagnostic in self.diagnostics)

    def finish(self) -> None:
        """Raise what was found as one `DefinitionError`, or issue a `DefinitionWarning` for each warning.

        Raises:
            DefinitionError: The model has errors; its diagnostics stand in the order of the source.
        """
        ordered = sorted(self.diagnostics, key=_position)
        if self.has_errors:
            raise DefinitionError(self.model, ordered)
        for diagnostic in ordered:
            _issue(diagnostic)


def _position(diagnostic: Diagnostic) -> tuple[str, int, int]:
    if diagnostic.where is None:
        return ("", 0, 0)
    place = diagnostic.where.place()
    return (place.file, place.line, place.column or 0)


def _issue(diagnostic: Diagnostic) -> None:
    """Warn as of the user's own line, so that filters by module and the default one-per-place rule work."""
    if diagnostic.where is None:
        warnings.warn(diagnostic.render(), DefinitionWarning, stacklevel=1)
        return
    place = diagnostic.where.place()
    warnings.warn_explicit(
        diagnostic.render(),
        DefinitionWarning,
        diagnostic.where.code.co_filename,
        place.line,
    )
