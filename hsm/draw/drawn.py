"""What drawing gives: the text, and what the language of the text cannot say.

Out: frozen values. Never imports a language, or what a model is. A language that lacks a symbol shows something else
in its place, and says so twice: in a comment of the text, for who reads that, and here, for who calls.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class Omission:
    """Something in a chart for which a language has no symbol of its own.

    Attributes:
        what: What is missing, and what stands there instead, in one line.
        where: The paths of the vertices that this concerns, in the chart's order.
    """

    what: str
    where: tuple[str, ...]

    def __str__(self) -> str:
        """Both in one line, as the comment in the text has them."""
        return f"{self.what}: {', '.join(self.where)}"


@attrs.frozen
class Diagram:
    """A model in one of the languages.

    Attributes:
        text: All of it, with a newline at its end.
        omissions: What the language cannot say of this model; empty if it says everything.
    """

    text: str
    omissions: tuple[Omission, ...] = ()

    def __str__(self) -> str:
        """The text."""
        return self.text
