"""Loading: text becomes a function that debuggers and tracebacks can show.

In: a `Text` and what its names are. Out: a function. Equal texts are compiled once and share one code object, for as
long as somebody holds it; its lines, with the places that users wrote, are made when somebody looks at them.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

from hsm.codegen.text import LINKS, annotated
from hsm.program import Program, describe_behavior

SHOWN = 3
"""How many users of one shape the notes on its lines name."""
_numbers = itertools.count(1)
"""For the names of the files that the lines of shapes are shown as."""


class Shape:
    """A text that was compiled, and the first programs that use it."""

    __slots__ = ("__weakref__", "_source", "_users", "bind", "file")

    def __init__(self, source: str, links: dict[str, Any]) -> None:
        self.file = f"hsm step {next(_numbers)}"  # in angle brackets, a lazy entry would not be looked at
        self._source = source
        names: dict[str, Any] = {}
        code: CodeType = compile(source, self.file, "exec")
        # *links* as the globals: one dictionary for all shapes, where each function would otherwise keep one of its own
        exec(code, links, names)
        self.bind: Callable[..., Callable[[Any, Any], Any]] = names["bind"]
        self._users: list[tuple[weakref.ref[Program], dict[int, int]]] = []

    def note(self, program: Program, behaviors: dict[int, int]) -> None:
        """*program* uses this shape as well; *behaviors* are those that it calls, by line."""
        # by weak references: a shape is shared by programs, and must keep none of them
        self._users = [user for user in self._users if user[0]() is not None]
        if len(self._users) < SHOWN:
            self._users.append((weakref.ref(program), behaviors))

    def lines(self) -> str:
        """The source, each line that calls a behaviour with the places of the first users."""
        notes: dict[int, str] = {}
        for reference, behaviors in self._users:
            program = reference()
            if program is None:
                continue
            for line, behavior in behaviors.items():
                note = describe_behavior(program, program.behaviors[behavior])
                if note not in notes.get(line, ""):
                    notes[line] = f"{notes[line]}; {note}" if line in notes else note
        return annotated(self._source, notes)


class Shapes:
    """The texts that were compiled; the functions of all of them share one dictionary of global names.

    Args:
        links: What the names of `LINKS` are.
    """

    def __init__(self, links: Mapping[str, Any]) -> None:
        self._links = {name: links[name] for name in LINKS}
        self._known: weakref.WeakValueDictionary[str, Shape] = weakref.WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._known)

    def shape(self, source: str) -> tuple[Shape, bool]:
        """The shape of *source*, and whether it was compiled just now. It goes when nobody holds it any more."""
        shape = self._known.get(source)
        if shape is not None:
            return shape, False
        shape = self._known[source] = Shape(source, self._links)
        # a lazy entry, as importers make them: the text is asked for when a line of it is to be shown; by a weak
        # reference, as the cache must not keep the shape
        lines = weakref.WeakMethod(shape.lines)
        linecache.cache[shape.file] = (lambda: found() if (found := lines()) is not None else "",)
        weakref.finalize(shape, linecache.cache.pop, shape.file, None).atexit = False
        return shape, True
