"""Looking at elements: what one is, what it is called, what is in it.

In: an element. Out: its kind, its name, its parts in order.
Never imports what reads the tree.
"""

from __future__ import annotations

from types import UnionType
from typing import Any

from hsm.elements.nodes import Element


def is_a(element: object, kind: type | UnionType) -> bool:
    """Whether *element* is of the *kind*: ``isinstance`` without its effect on a type checker.

    The type argument of an element speaks to the checkers of users' programs. Inside it is unknown, and a narrowed
    type with an unknown argument would say less than `Any`.
    """
    return isinstance(element, kind)


def name_of(element: Element) -> object:
    """The name of *element* as it was given, right or wrong; ``None`` where it has none, as an `initial` may."""
    return getattr(element, "name", None)


def parts_of(element: Element) -> tuple[Any, ...]:
    """The parts of *element* in order; none for an element that cannot have any."""
    found: tuple[Any, ...] = getattr(element, "parts", ())
    return found
