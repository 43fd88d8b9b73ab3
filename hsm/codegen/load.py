"""Loading: text becomes a function that debuggers and tracebacks can show.

In: a `Text` and what its constants are. Out: a function. Equal texts are compiled once, in the whole process, and share
one code object; its lines, with the places that users wrote, are made when somebody looks at them.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import attrs

from hsm.codegen.writer import LINKS, Text

_shapes: dict[str, Shape] = {}
"""Every text that was compiled, by itself."""
SHOWN = 3
"""How many users of one shape the notes on its lines name."""


class Shape:
    """A text that was compiled, and the first of those that use it."""

    __slots__ = ("bind", "file", "users")

    def __init__(self, source: str) -> None:
        self.file = f"hsm step {len(_shapes) + 1}"  # in angle brackets, a lazy entry would not be looked at
        names: dict[str, Any] = {}
        code: CodeType = compile(source, self.file, "exec")
        exec(code, names)
        self.bind: Callable[..., Callable[[Any, Any], Any]] = names["bind"]
        self.users: list[Text] = []

    def lines(self) -> str:
        """The source, each line that calls a behaviour with the places that the first users of the shape gave it."""
        first = self.users[0]
        notes: dict[int, str] = {}
        for line in first.notes:
            known = dict.fromkeys(user.notes[line] for user in self.users)
            notes[line] = "; ".join(known)
        return attrs.evolve(first, notes=notes).annotated()


def load(text: Text, links: Mapping[str, Any], constant: Callable[[str, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function of *text*.

    Args:
        text: What was written.
        links: What the names of `LINKS` are.
        constant: Gives what a parameter stands for, of its kind and which.
    """
    shape = _shapes.get(text.source)
    if shape is None:
        shape = _shapes[text.source] = Shape(text.source)
        # a lazy entry, as importers make them: the text is asked for when a line of it is to be shown
        linecache.cache[shape.file] = (shape.lines,)
    if len(shape.users) < SHOWN:
        shape.users.append(text)
    constants = [constant(kind, what) for kind, what in text.constants.values()]
    return shape.bind(*(links[name] for name in LINKS), *constants)
