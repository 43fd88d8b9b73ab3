"""What belongs where, as types, so that a type checker finds a misplaced part; `grammar` says the same as a table.

Every one is generic in the instance type, contravariantly: a part that works on any `Instance` fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic

import attrs
from typing_extensions import TypeVar

from hsm.behaviors import E, I
from hsm.position import Source

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


class NamesEvents:
    """What a part is that names the events of its transition: `on`."""


class NamesNoEvents:
    """What every other part of a transition is."""


P = TypeVar("P", covariant=True, default=Any)
"""Whether a part of a transition is one of `NamesEvents` or of `NamesNoEvents`; for type checkers alone."""


class TransitionPart(Element, Generic[I, E, P]):
    """A part of `transition`.

    It is generic in the event that its behaviours take as well. A transition whose first part is `on` takes parts for
    that event only; for that, checkers have to know which parts are `on`, and that is the last parameter.
    """

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
