"""What belongs where, as types, so that a type checker finds a misplaced part; `grammar` says the same as a table.

Every one is generic in the instance type, contravariantly: a part that works on any `Instance` fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic

import attrs

from hsm.behaviors import I
from hsm.source import Source

watchers: list[Callable[[Element], None]] = []
"""What every new element is passed to: a front end is here for which an element counts because it was made."""


@attrs.frozen(kw_only=True)
class Element:
    """Anything in the tree. ``word`` is the function that the user called to make it."""

    word: ClassVar[str]
    where: Source | None = attrs.field(default=None, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for watcher in watchers:
            watcher(self)


class ModelPart(Element, Generic[I]):
    """A part of `define`."""

    __slots__ = ()


class StatePart(Element, Generic[I]):
    """A part of `state`."""

    __slots__ = ()


class RegionPart(Element, Generic[I]):
    """A part of `region`."""

    __slots__ = ()


class SubmachinePart(Element, Generic[I]):
    """A part of `submachine`, apart from the model."""

    __slots__ = ()


class TransitionPart(Element, Generic[I]):
    """A part of `transition`."""

    __slots__ = ()


class DefaultPart(Element, Generic[I]):
    """A part of `initial` and of the histories: a target or effects."""

    __slots__ = ()


class AnywherePart(ModelPart[I], StatePart[I], RegionPart[I]):
    """A part of a model, a state or a region: vertices, `initial` and transitions."""

    __slots__ = ()


class BehaviorPart(ModelPart[I], StatePart[I], SubmachinePart[I]):
    """A part of a model, a state or a submachine: actions, activities, deferrals."""

    __slots__ = ()
