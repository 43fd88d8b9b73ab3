"""Recording: what a machine did, in lines that a test compares with what it expects."""

from __future__ import annotations

from typing import cast

from hsm import trace
from hsm.names import one_line


class Recorder(trace.Recorder):
    """An `hsm.trace.Recorder` for tests: equal to the lines that it has of the steps so far.

    ``assert recorder == ["event 'open' taken: closed -> opened (count)"]``: if it fails, pytest shows both,
    line by line. A line has what the step was on, its outcome, what was active before and after it, and in parentheses
    what guards answered and which actions ran.
    """

    def lines(self) -> list[str]:
        """One line for each step that has ended, oldest first."""
        steps = trace.StepLines()
        found = [steps.after(record) for record in self.records]
        return [one_line(line) for line in found if line is not None]

    def clear(self) -> None:
        """Forget what was recorded so far."""
        self.records.clear()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, list | tuple):
            return self.lines() == [*cast("list[object]", other)]
        return self is other

    __hash__ = trace.Recorder.__hash__

    def __str__(self) -> str:
        """The lines."""
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"<Recorder of {len(self.records)} records>"


def differences(recorder: Recorder, expected: list[str]) -> list[str]:
    """Where *recorder* and what was *expected* of it differ: both, line by line, as pytest shows it."""
    import difflib

    head = f"{recorder!r} is not what was expected (-: expected, +: happened)"
    return [head, *[line.rstrip("\n") for line in difflib.ndiff([*map(str, expected)], recorder.lines())]]
