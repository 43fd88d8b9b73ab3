"""What a class body says, noted while it runs: every binding of a name and every mark, in order.

In: the frames of class bodies. Out: lists of notes. A `Body` is the namespace of our own classes, and sees bindings as
well; in the body of any other class, such as a mixin, marks leave their notes in its ordinary namespace. Never judges,
and imports nothing of this package.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from types import FrameType
from typing import Any, TypeAlias, final

import attrs

from hsm.elements.parts import Element, watchers
from hsm.kinds import is_a
from hsm.names import is_text, plain
from hsm.position import Source

NOTES = "__hsm_notes__"
"""The attribute under which a class keeps its notes. A dunder name: joined metaclasses leave such names alone."""


class Ours:
    """The base of what a class body keeps under a name, and no metaclass from elsewhere takes for one of its fields."""

    __slots__ = ()


@final
@attrs.frozen(eq=False)
class Bound:
    """*name* was bound to *value*."""

    name: str
    value: Any
    where: Source


@final
@attrs.frozen(eq=False)
class Unbound:
    """*name* was deleted."""

    name: str


@final
@attrs.frozen(eq=False)
class Made:
    """*value* was made: a mark, or an element of the functional front end."""

    value: Any


@final
@attrs.define(eq=False)
class Attached:
    """*mark* was put on *function*.

    Attributes:
        home: The notes of the class body in which that happened; ``None`` for anywhere else.
    """

    mark: Any
    function: Any
    home: list[Note] | None = None


@final
@attrs.frozen(eq=False)
class Claimed:
    """*values* are attributes of a class that has no body of its own, wherever they were made."""

    values: tuple[Any, ...]


Note: TypeAlias = Bound | Unbound | Made | Attached | Claimed


class Body(dict[str, Any]):
    """The namespace of a class body that keeps notes.

    Attributes:
        notes: The notes so far.
        frame: The frame of the body while it runs; ``None`` if a function fills the namespace, as in `types.new_class`.
    """

    __slots__ = ("__weakref__", "frame", "is_closed", "notes")

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.notes: list[Note] = []
        self.frame: FrameType | None = None
        self.is_closed = False

    def __setitem__(self, name: str, value: Any) -> None:
        if not self.is_closed:
            frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # the only way in about a microsecond
            if not is_dunder(name):
                self.notes.append(Bound(name, value, Source(frame.f_code, frame.f_lasti)))
            elif name == "__module__" and self.frame is None and not is_of_function(frame):
                self.frame = frame  # every class body begins with this binding
                _open[id(frame)] = self
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if not self.is_closed:
            self.notes.append(Unbound(name))

    def statement(self) -> Source | None:
        """The class statement, which is the call that runs the body; ``None`` if there is none."""
        around = self.frame.f_back if self.frame is not None else None
        return Source(around.f_code, around.f_lasti) if around is not None else None

    def close(self) -> list[Note]:
        """The notes of the body, which has run."""
        self.is_closed = True
        if self.frame is not None:
            _open.pop(id(self.frame), None)
            self.frame = None
        return self.notes


_open: weakref.WeakValueDictionary[int, Body] = weakref.WeakValueDictionary()
"""The bodies that are running, by the identity of their frames. Asking the frame for its namespace is not enough: while
a comprehension that is inlined in the body runs, as since Python 3.12, ``f_locals`` is a copy of it (3.12), or a proxy
that has the names of the comprehension only (3.13)."""


def is_dunder(name: object) -> bool:
    """Whether *name* is one of Python's own, such as ``__module__``."""
    return is_text(name) and plain(name).startswith("__") and plain(name).endswith("__")


def is_of_function(frame: FrameType) -> bool:
    """Whether *frame* runs a function; otherwise it runs a module, a class body or text passed to `exec`."""
    return bool(frame.f_code.co_flags & inspect.CO_OPTIMIZED)


def note(what: Note, depth: int = 1) -> list[Note] | None:
    """Note *what* in the innermost class body that runs; a function which that calls counts as part of it.

    Args:
        what: The note.
        depth: How many frames above the caller of this function to begin.

    Returns:
        The notes to which it was added; ``None`` if no class body runs.
    """
    return _note(what, sys._getframe(depth + 1))  # pyright: ignore[reportPrivateUsage]  # as above


def _note(what: Note, frame: FrameType | None) -> list[Note] | None:
    while frame is not None:
        if not is_of_function(frame):
            notes = _notes_of(frame)
            if notes is not None:
                notes.append(what)
                return notes
            if frame.f_locals is frame.f_globals:  # a module
                return None
        frame = frame.f_back
    return None


def _notes_of(frame: FrameType) -> list[Note] | None:
    """The notes of the class body that *frame* runs; ``None`` if it runs something else."""
    body = _open.get(id(frame))
    if body is not None:
        return body.notes
    namespace: Any = frame.f_locals
    if is_a(namespace, Body):  # text passed to `exec` in a class body
        return namespace.notes
    if namespace is frame.f_globals or "__qualname__" not in namespace:
        return None
    found: list[Note] = namespace.setdefault(NOTES, [])
    return found


_NEAR = 12
"""How many frames there may be between the making of an element and the call that asked for it."""


def _watch(element: Element) -> None:
    """Note *element*, if it is made by a call in a class body, or in a function that such a body calls."""
    if element.where is None:
        return
    frame: FrameType | None = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # as above
    for _ in range(_NEAR):
        if frame is None:
            return
        if frame.f_code is element.where.code:
            # the walk outwards from a function is only worth its time while a body runs somewhere
            if _open or not is_of_function(frame):
                _note(Made(element), frame)
            return
        frame = frame.f_back


watchers.append(_watch)
