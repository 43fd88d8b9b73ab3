"""Spots: an element with what is around it, and the words to tell of it.

In: a tree. Out: its elements one after the other, however deep it is. What the rules of single elements share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from hsm.behaviors import describe
from hsm.elements.nodes import AllOf, AnyOf, Condition, Initial, Not, Transition, When
from hsm.elements.parts import Element
from hsm.elements.walk import conditions_of, is_a, label_of, name_of, parts_of, plain


@attrs.frozen
class Spot:
    """An element, what it stands in, and the names around it, outermost first."""

    element: Any
    owner: Any
    path: tuple[str, ...]
    depth: int
    around: Any
    """The innermost element around it that is no condition; the same as the owner for most."""

    @property
    def within(self) -> str:
        """The place of what is around the element, for a message about the element."""
        return place_of(self.around, self.path) if self.around is not None else ""

    @property
    def itself(self) -> str:
        """The place of the element itself, for a message about its parts."""
        name = name_of(self.element)
        return place_of(self.element, self.path if name is None else (*self.path, plain(name)))

    @property
    def is_in_condition(self) -> bool:
        """Whether the element stands in another condition, or under a change trigger."""
        return is_a(self.owner, AllOf | AnyOf | Not | When)


def place_of(element: Any, path: tuple[str, ...]) -> str:
    """The words for *element*, which stands at, or for want of a name in, *path*."""
    around = "/" + "/".join(path)
    if is_a(element, Transition):
        return " ".join(filter(None, ("transition of", around, label_of(element))))
    return f"initial of {around}" if is_a(element, Initial) else around


def spots(root: Element) -> Iterator[Spot]:
    """*root* and everything in it, each before its own parts, in the order in which it was written."""
    pending = [Spot(root, None, (), 0, None)]
    while pending:
        spot = pending.pop()
        yield spot
        inner = (*parts_of(spot.element), *conditions_of(spot.element))
        if not inner:
            continue
        name = name_of(spot.element)
        path = spot.path if name is None else (*spot.path, plain(name))
        around = spot.around if is_a(spot.element, Condition | When) else spot.element
        pending += [Spot(part, spot.element, path, spot.depth + 1, around) for part in reversed(inner)]


def shown(value: object) -> str:
    """*value* as a user would recognise it, on one line of at most 60 characters."""
    if isinstance(value, Element):
        return f"'{value.word}'"
    if callable(value):
        return f"'{describe(value)}'"
    try:
        text = repr(value)
    except Exception:
        return f"this {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
