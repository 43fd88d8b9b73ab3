"""Problems: mistakes of whoever uses the command, as messages in the style of the error catalogue.

In: what is wrong, where, and what to do. Out: an exception that `main` prints, with exit code 2. Never imports what is
slow to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hsm.position import Place

USAGE = 2
"""The exit code for a mistake in the arguments, or in what they name."""
FINDINGS = 1
"""The exit code for findings."""


class Problem(Exception):
    """A mistake of the user's.

    Args:
        message: What is wrong, in one lower-case line.
        helps: What to do, one line each.
        place: Where in a source it is, if it is in one.
        code: The exit code.
    """

    def __init__(self, message: str, *helps: str, place: Place | None = None, code: int = USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.helps = helps
        self.place = place
        self.code = code

    def __str__(self) -> str:
        from hsm.errors import picture
        from hsm.names import one_line

        margin = " " * (len(str(self.place.line)) if self.place is not None else 1)
        lines = [f"error: {one_line(self.message)}"]
        if self.place is not None:
            lines += [f"{margin}--> {self.place}", *picture(self.place, "", margin)]
        return "\n".join([*lines, *[f"{margin} = help: {one_line(text)}" for text in self.helps if text]])


class Broken(Exception):
    """A model cannot be used, as it is wrong; the text says how. `main` prints it, with the exit code for findings."""
