"""Where an element was written.

A user's call is recorded as a code object and an instruction offset, which takes about a microsecond; file, line and
columns are worked out only when a message needs them. Never imports what knows elements or machines.
"""

from __future__ import annotations

import linecache
import os
import sys
from itertools import islice
from types import CodeType, FrameType
from typing import TypeAlias

import attrs

from hsm.kinds import attribute_of


@attrs.frozen
class Place:
    """A stretch of source text.

    ``line`` and ``end_line`` count from 1, ``column`` and ``end_column`` count characters from 0;
    the columns are ``None`` when the interpreter keeps none (``python -X no_debug_ranges``).
    """

    file: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    @property
    def text(self) -> str | None:
        """The source line without its line break, or ``None`` if the file cannot be read."""
        found = _line_of(self.file, self.line)
        return found.rstrip("\r\n") if found else None

    @property
    def short(self) -> str:
        """File and line; the file is relative to the working directory if it is inside it."""
        try:
            inside = os.getcwd() + os.sep
        except OSError:  # it has been removed
            return f"{self.file}:{self.line}"
        return f"{self.file.removeprefix(inside)}:{self.line}"

    def __str__(self) -> str:
        return self.short if self.column is None else f"{self.short}:{self.column + 1}"


class Source:
    """A position that has not been looked up yet: a code object and the offset of a call in it."""

    __slots__ = ("code", "offset")

    def __init__(self, code: CodeType | Place, offset: int) -> None:
        self.code = code
        self.offset = offset

    def __reduce__(self) -> tuple[type[Source], tuple[Place, int]]:
        return (Source, (self.place(), 0))  # a code object cannot be pickled; its place can

    def place(self) -> Place:
        """The file, the line and, where known, the columns of the call."""
        if isinstance(self.code, Place):
            return self.code
        return _place(self.code, next(islice(self.code.co_positions(), self.offset // 2, None), _UNKNOWN))

    def __repr__(self) -> str:
        return f"<{self.place()}>"


class Positions:
    """Looks up the places of many calls: each code object is read once, and not once for every call in it."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[CodeType, list[_Position]]] = {}
        # by identity, as the hash of a code object takes in all of it; with the object, so that it keeps its identity

    def place(self, where: Source) -> Place:
        """The same as ``where.place()``."""
        code = where.code
        if isinstance(code, Place):
            return code
        if id(code) not in self._read:
            self._read[id(code)] = code, list(code.co_positions())
        found = self._read[id(code)][1]
        return _place(code, found[where.offset // 2] if where.offset // 2 < len(found) else _UNKNOWN)


_Position: TypeAlias = tuple[int | None, int | None, int | None, int | None]
"""What the interpreter keeps for an instruction: line, end line, column, end column in bytes."""
_UNKNOWN: _Position = (None, None, None, None)


def _place(code: CodeType, position: _Position) -> Place:
    line, end_line, column, end_column = position
    # generated code may have no positions at all: the function is what can be named then
    if line is None:
        return Place(code.co_filename, code.co_firstlineno)
    text = _line_of(code.co_filename, line)
    last = _line_of(code.co_filename, end_line or line)
    return Place(code.co_filename, line, _characters(text, column), end_line, _characters(last, end_column))


def _line_of(file: str, number: int) -> str:
    """The line of *file* with that *number*; empty if it cannot be read."""
    try:
        return linecache.getline(file, number)
    except Exception:  # of the user's own loader, which Python asks for the source of what is not a file
        return ""


def _characters(line: str, byte: int | None) -> int | None:
    """The character column of a UTF-8 *byte* column in *line*."""
    if byte is None or not line:
        return byte
    # the file may have changed since it was imported, so that the column falls into the middle of a character
    return len(line.encode()[:byte].decode(errors="replace"))


def call_site(depth: int = 1) -> Source:
    """The call that is in progress *depth* frames above the caller of this function."""
    frame = sys._getframe(depth + 1)  # pyright: ignore[reportPrivateUsage]  # the only way in about a microsecond
    return Source(frame.f_code, frame.f_lasti)


_MAKING = frozenset({"__new__", "__init__", "__init_subclass__", "__call__"})
"""The names of functions that take part in making a class."""
_MAKERS = frozenset({"hsm", "hsm_classdsl", "abc", "typing", "typing_extensions"})
"""The modules and packages whose functions take part."""


def class_statement(module: str) -> Source:
    """The class statement, or the call, by which the class that is being made is made in *module*.

    Metaclasses and ``__init_subclass__`` are not it, whoever wrote them. If nothing of *module* is being executed, it
    is the innermost call that does not take part.
    """
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # as above
    innermost: FrameType | None = None
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if frame.f_code.co_name not in _MAKING and name.partition(".")[0] not in _MAKERS:
            innermost = innermost or frame
            if name == module:
                return Source(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return Source(innermost.f_code, innermost.f_lasti) if innermost is not None else call_site()


def of_function(function: object) -> Place | None:
    """The position of a plain function's ``def``, or ``None`` for anything that is not written in Python."""
    code = attribute_of(function, "__code__")
    return Place(code.co_filename, code.co_firstlineno) if type(code) is CodeType else None
