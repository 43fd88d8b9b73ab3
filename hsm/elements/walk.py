"""Going through a tree.

In: an element. Out: its parts, those of its parts, and so on, in the order in which they were written.
Never imports what reads the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from hsm.elements.nodes import Element

E = TypeVar("E", bound=Element)


def parts_of(element: Element) -> tuple[Element, ...]:
    """The parts of *element* in order; none for an element that cannot have any."""
    found: tuple[Element, ...] = getattr(element, "parts", ())
    return found


def parts_that_are(element: Element, kind: type[E] | tuple[type[E], ...]) -> list[E]:
    """The parts of *element* of one *kind*, in order."""
    return [part for part in parts_of(element) if isinstance(part, kind)]


def walk(element: Element) -> Iterator[Element]:
    """*element* and everything inside it, each before its own parts."""
    pending = [element]
    while pending:
        found = pending.pop()
        yield found
        pending.extend(reversed(parts_of(found)))
