"""Loading: text becomes a function that debuggers and tracebacks can show.

In: a `Text` and what its names are. Out: a function. Equal texts are compiled once and share one code object; its
lines, with the places that users wrote, are made when somebody looks at them.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import attrs

from hsm.codegen.writer import LINKS, Text

SHOWN = 3
"""How many users of one shape the notes on its lines name."""
_numbers = itertools.count(1)
"""For the names of the files that the lines of shapes are shown as."""


class Shape:
    """A text that was compiled, and the first of those that use it."""

    __slots__ = ("bind", "file", "users")

    def __init__(self, source: str, links: dict[str, Any]) -> None:
        self.file = f"hsm step {next(_numbers)}"  # in angle brackets, a lazy entry would not be looked at
        names: dict[str, Any] = {}
        code: CodeType = compile(source, self.file, "exec")
        exec(code, links, names)
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


class Shapes:
    """Every text that was compiled; the functions of all of them share one dictionary of global names.

    Args:
        links: What the names of `LINKS` are.
    """

    def __init__(self, links: Mapping[str, Any]) -> None:
        self._links = {name: links[name] for name in LINKS}
        self._known: dict[str, Shape] = {}

    def __len__(self) -> int:
        return len(self._known)

    def load(self, text: Text, plan: object, constants: list[Any]) -> Callable[[Any, Any], Any]:
        """The function of *text*, whose parameters are *plan* and *constants*."""
        shape = self._known.get(text.source)
        if shape is None:
            shape = self._known[text.source] = Shape(text.source, self._links)
            # a lazy entry, as importers make them: the text is asked for when a line of it is to be shown
            linecache.cache[shape.file] = (shape.lines,)
        if len(shape.users) < SHOWN:
            shape.users.append(text)
        return shape.bind(plan, *constants)
