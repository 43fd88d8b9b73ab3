"""Sites: an element with what is around it, and the words for both in a message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hsm.behaviors import qualified_name
from hsm.elements.nodes import Combination, Condition, Initial, Not, Transition, When
from hsm.elements.parts import Element
from hsm.elements.walk import conditions_of, label_of, name_of, parts_of
from hsm.names import plain
from hsm.names import shown as shown_value


class Site:
    """An element, its depth, and the site that it is in, ``None`` for the model. Words are found only for a message."""

    __slots__ = ("element", "outer", "depth")

    def __init__(self, element: Any, outer: Site | None, depth: int) -> None:
        self.element = element
        self.outer = outer
        self.depth = depth

    @property
    def owner(self) -> Any:
        """The element around it; ``None`` for the model."""
        return self.outer.element if self.outer is not None else None

    @property
    def within(self) -> str:
        """The location of the innermost element around that is not a condition, for a message about the element."""
        around = self.outer
        while around is not None and isinstance(around.element, Condition | When):
            around = around.outer
        return around.itself if around is not None else ""

    @property
    def itself(self) -> str:
        """The location of the element itself, for a message about its parts."""
        path: list[str] = []
        at: Site | None = self
        while at is not None:
            name = name_of(at.element)
            if name is not None:
                path.append(plain(name))
            at = at.outer
        return location_of(self.element, path[::-1])

    @property
    def is_in_condition(self) -> bool:
        """Whether the element is in another condition, or in a change trigger."""
        return isinstance(self.owner, Combination | Not | When)


def location_of(element: Element, path: list[str]) -> str:
    """The words for *element*, whose path, or for want of a name that of its owner, is *path*."""
    around = "/" + "/".join(path)
    kind: type[Element] = type(element)
    if kind is Transition:
        return " ".join(filter(None, ("transition of", around, label_of(element))))
    return f"initial of {around}" if kind is Initial else around


def sites(root: Element) -> Iterator[Site]:
    """*root* and everything in it, each before its own parts, in the order in which it was written."""
    pending = [Site(root, None, 0)]  # a stack instead of recursion: a tree that is too deep must be walked too
    while pending:
        site = pending.pop()
        yield site
        inner = parts_of(site.element) or conditions_of(site.element)
        if inner:
            pending += [Site(part, site, site.depth + 1) for part in reversed(inner)]


def shown(value: object) -> str:
    """*value* as a user would recognise it, in at most 60 characters."""
    if isinstance(value, Element):
        return f"'{value.word}'"
    if callable(value):
        return f"'{qualified_name(value)}'"
    # before the repr, which would show every part of the list with its own parts
    items: Any = value
    if type(value) in (list, tuple) and any(isinstance(each, Element) for each in items):
        return f"a {type(value).__name__} of parts"
    return shown_value(value, 60)
