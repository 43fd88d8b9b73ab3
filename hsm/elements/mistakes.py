"""Mistakes: what a user wrote and a model cannot use, kept as elements until the compiler reports them.

A front end notes what it saw and never judges: whatever is wrong goes into the tree at its place, among the parts, and
the compiler reports it together with everything else. No valid model contains one. Never imports what reads the tree.
"""

from __future__ import annotations

import attrs

from hsm.elements.parts import Element
from hsm.position import Source


@attrs.frozen
class Mistake(Element):
    """Something that a model cannot use; allowed nowhere, and reported by a rule of its own."""


@attrs.frozen
class NotAPart(Mistake):
    """An argument that is not an element."""

    word = "argument"
    value: object


@attrs.frozen
class Lost(Mistake):
    """Something written in a class body of which nothing came.

    Attributes:
        name: The name under which it was written.
        other: The other place that belongs to the mistake, if there is one; each kind says which.
    """

    word = "class body"
    name: str
    other: Source | None = attrs.field(default=None, eq=False, repr=False)


class Rebound(Lost):
    """A declaration whose name was bound again in the same body; *other* is where it was bound first."""

    __slots__ = ()


class LostMark(Lost):
    """A mark of a method that another function replaced."""

    __slots__ = ()


class StrayClass(Lost):
    """A nested class with marks that is not a vertex."""

    __slots__ = ()


class TooLate(Lost):
    """A declaration that was assigned to, or deleted from, a finished class; *other* is the class statement."""

    __slots__ = ()


@attrs.frozen
class UnknownOption(Mistake):
    """A keyword that a mark does not take.

    Attributes:
        mark: The function that was called.
        option: The keyword.
        known: The keywords that it takes.
    """

    word = "option"
    mark: str
    option: str
    known: tuple[str, ...] = ()
