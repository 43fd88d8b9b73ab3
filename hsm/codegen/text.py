"""Text: what writing gives: the source of a function, and what stands for what in it.

In: nothing. Out: values that the writer makes, and whoever loads the text reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from hsm.codegen.explore import Path

LINKS = (
    "QUEUED", "BUSY", "DEEPEST", "TAKEN", "IGNORED", "COMPLETED", "awaits", "end_of", "hand_over", "failed", "after",
    "note_completions", "defer_event", "defer_told", "senders", "joined", "mark", "unmark", "arm", "disarm",
    "new", "Received", "StepBegan", "StepEnded", "GuardAsked", "Ran", "Exited", "Entered", "Dropped", "lost", "accept",
    "begin_timer", "saw", "getrefcount", "ALONE",
)  # fmt: skip
"""Global names that every function may use; the run time says what they are."""

Constant: TypeAlias = tuple[str, object]
"""What a parameter stands for: a word for the kind, and which."""


@attrs.frozen
class Position:
    """Where a step may hand over to the kernel.

    Attributes:
        path, index: The operation.
        in_list: Which of its behaviours, for a list of actions.
        handled: The states whose completion the step has handled by then.
        is_completing: Whether it is handling one more.
        is_telling: Whether it is an observer that is called there, and nothing of the path.
        told: How many of the records have been made by then that say that the step is over.
    """

    path: Path
    index: int
    in_list: int
    handled: tuple[int, ...]
    is_completing: bool
    is_telling: bool = False
    told: int = 0


@attrs.frozen
class Text:
    """A function as text.

    Attributes:
        source: The factory's source. Its parameters are ``PLAN``, for whoever runs the function, and the constants.
        constants: What the other parameters stand for, by name, in order.
        positions: Where the step may hand over, by the numbers in the text.
        behaviors: By line, the behaviour that is called there.
        is_marked: Whether the function marks its step in the ``contextvars``.
    """

    source: str
    constants: dict[str, Constant]
    positions: list[Position]
    behaviors: dict[int, int]
    is_marked: bool


def annotated(source: str, notes: Mapping[int, str]) -> str:
    """*source* with each note behind the line it is about."""
    lines = source.splitlines()
    for line, note in notes.items():
        lines[line - 1] += f"  # {note}"
    return "\n".join(lines) + "\n"
