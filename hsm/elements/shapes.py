"""Shapes: what several kinds of element have in common.

In: nothing. Out: the classes that such elements derive from. A rule about what a shape has is registered for the shape:
a new kind that has it is checked with the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from hsm.behaviors import Duration
from hsm.elements.parts import Element
from hsm.events import Signal

UserCallable: TypeAlias = Callable[..., Any]
"""A user's callable. The type argument of its element says what it works on: the front ends see to that."""


@attrs.frozen
class NamedElement(Element):
    """An element with a name and parts."""

    name: str
    parts: tuple[Element, ...] = ()


@attrs.frozen
class ActionList(Element):
    """An element that names actions, which run in order."""

    actions: tuple[UserCallable, ...]


@attrs.frozen
class EventList(Element):
    """An element that names events; what does not name one is kept as it was written.

    Attributes:
        events: Names.
        signals: Those of them that were written as classes, from which saved signals are made again.
    """

    events: tuple[object, ...]
    signals: tuple[type[Signal], ...] = attrs.field(default=(), eq=False, repr=False)


@attrs.frozen
class TimeSpan(Element):
    """An element that names a duration."""

    duration: Duration | UserCallable
    given_name: str | None = None
