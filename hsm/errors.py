"""Exceptions and diagnostics: what is wrong, where, and what to do.

A `Diagnostic` renders as text with the user's own source line under it. It carries words and positions only, so
nothing in here imports the tree or the tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from hsm.names import one_line
from hsm.position import Place, Source


class HsmError(Exception):
    """The base class of every exception that this library raises itself."""


class LifecycleError(HsmError, RuntimeError):
    """A machine was used at the wrong point of its life, or on the wrong thread (rules L5 and Q7)."""


class MachineStopped(LifecycleError):
    """The machine was stopped before it processed the awaited event (rule L4)."""


class LoopBudgetError(HsmError, RuntimeError):
    """A machine kept sending itself events; the message names those of the cycle (rule Q8)."""


class DeadlockError(HsmError, RuntimeError):
    """Steps of machines wait for each other; the message names machines and events (rule Q10)."""


class GuardError(HsmError, TypeError):
    """A guard returned something other than a bool; it counts as false (rule E2)."""


class DurationError(HsmError, ValueError):
    """A duration function returned no duration, or a negative one; its timer is not armed (rules A4 and E2)."""


class DefinitionWarning(UserWarning):
    """A model that runs, but probably not as intended."""


@attrs.frozen
class Diagnostic:
    """One thing that is wrong with a model, or with a snapshot.

    Attributes:
        code: ``HSM`` and three digits; the error catalogue in the docs lists them.
        message: What is wrong, in one lower-case line.
        where: The call to fix, or ``None`` when it is unknown.
        label: The text next to the caret; may be empty.
        within: The location in the model, such as ``transition of /Player/playing on 'pause'``, or in the snapshot,
            such as ``timers``.
        help: What to do, one line each.
        is_warning: Whether the model can run nevertheless.
    """

    code: str
    message: str
    where: Source | None
    label: str = ""
    within: str = ""
    help: tuple[str, ...] = ()
    is_warning: bool = False

    def render(self) -> str:
        """The whole text: message, position, source line with a caret if it can be read, location and help."""
        kind = "warning" if self.is_warning else "error"
        lines = [f"{kind}[{self.code}]: {one_line(self.message)}"]
        place = self.where.place() if self.where is not None else None
        margin = " " * (len(str(place.line)) if place is not None else 1)
        if place is not None:
            lines.append(f"{margin}--> {place}")
            lines.extend(picture(place, self.label, margin))
        if self.within:
            lines.append(f"{margin} = in:   {one_line(self.within)}")
        lines.extend(f"{margin} = help: {one_line(text)}" for text in self.help)
        return "\n".join(lines)


def position_of(diagnostic: Diagnostic) -> tuple[str, int, int]:
    """Where *diagnostic* stands, as file, line and column: what a report is sorted by."""
    if diagnostic.where is None:
        return ("", 0, 0)
    place = diagnostic.where.place()
    return (place.file, place.line, place.column or 0)


def picture(place: Place, label: str, margin: str) -> list[str]:
    """The source line and the caret under it; empty when the line or the columns are unknown."""
    text = place.text
    if text is None or place.column is None:
        return []
    whole = place.end_line == place.line and place.end_column is not None
    end = place.end_column if whole and place.end_column is not None else len(text)
    # tabs are copied, not replaced by spaces: they are as wide under the line as in it, whatever the terminal
    before = "".join("\t" if character == "\t" else " " for character in text[: place.column])
    caret = before + "^" * max(1, end - place.column)
    return [f"{margin} |", f"{place.line} | {text}", f"{margin} | {caret} {one_line(label)}".rstrip()]


class DefinitionError(HsmError):
    """A model that cannot run, with every problem that was found in it.

    Attributes:
        diagnostics: The problems, errors and warnings, in source order.
    """

    def __init__(self, model: str, diagnostics: Sequence[Diagnostic]) -> None:
        self.model = model
        self.diagnostics = tuple(diagnostics)
        super().__init__(model, self.diagnostics)

    def __str__(self) -> str:
        count = len(self.diagnostics)
        head = f"{count} problem{'s' if count != 1 else ''} in model '{one_line(self.model)}'"
        return "\n\n".join([head, *(diagnostic.render() for diagnostic in self.diagnostics)])


class CallError(HsmError, LookupError):
    """A call that no transition takes in the machine's current state."""


class UnknownEvent(HsmError, LookupError):
    """A strict machine was sent an event that no transition and no deferral of its model names (rule T7)."""


class SnapshotError(HsmError, ValueError):
    """A machine that cannot be saved now, or a snapshot that cannot be restored, with every reason (rules S1 and S4).

    Attributes:
        model: The name of the model, as far as it is known.
        diagnostics: The reasons.
    """

    def __init__(self, model: str | None, diagnostics: Sequence[Diagnostic]) -> None:
        self.model = model
        self.diagnostics = tuple(diagnostics)
        super().__init__(model, self.diagnostics)

    def __str__(self) -> str:
        count = len(self.diagnostics)
        of = f" of '{one_line(self.model)}'" if self.model is not None else ""
        head = f"{count} problem{'s' if count != 1 else ''} with a snapshot{of}"
        return "\n\n".join([head, *(diagnostic.render() for diagnostic in self.diagnostics)])


class ActivityLost(HsmError, RuntimeError):
    """An activity was running when its machine was saved, and does not start again; data of ``hsm_error`` (rule S3)."""


class RestoredError(HsmError):
    """What is left of an exception that a machine was saved with: its type's name, and its text (rule S1)."""


for _public in (
    HsmError,
    LifecycleError,
    MachineStopped,
    LoopBudgetError,
    DeadlockError,
    GuardError,
    DurationError,
    DefinitionError,
    DefinitionWarning,
    CallError,
    UnknownEvent,
    SnapshotError,
    ActivityLost,
    RestoredError,
):
    _public.__module__ = "hsm"  # where users import them from, and what tracebacks should say
