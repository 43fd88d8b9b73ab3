"""What may stand where, as types: so that a type checker finds a misplaced part.

In: nothing. Out: the classes that elements derive from. At run time `grammar` says the same, as a table.
Every one is generic in the instance type, contravariantly: a part that works on any `Instance` stands everywhere.
"""

from __future__ import annotations

from typing import ClassVar, Generic

import attrs

from hsm.behaviors import I
from hsm.source import Source


@attrs.frozen(kw_only=True)
class Element:
    """Anything in the tree. ``word`` is what the user called to make it."""

    word: ClassVar[str]
    where: Source | None = attrs.field(default=None, eq=False, repr=False)


class ModelPart(Element, Generic[I]):
    """What may stand in `define`."""

    __slots__ = ()


class StatePart(Element, Generic[I]):
    """What may stand in `state`."""

    __slots__ = ()


class RegionPart(Element, Generic[I]):
    """What may stand in `region`."""

    __slots__ = ()


class SubmachinePart(Element, Generic[I]):
    """What may stand in `submachine`, beside the model."""

    __slots__ = ()


class TransitionPart(Element, Generic[I]):
    """What may stand in `transition`."""

    __slots__ = ()


class DefaultPart(Element, Generic[I]):
    """What may stand in `initial` and in the histories: a target and effects."""

    __slots__ = ()


class AnywherePart(ModelPart[I], StatePart[I], RegionPart[I]):
    """What may stand in a model, a state and a region: vertices, `initial` and transitions."""

    __slots__ = ()


class BehaviorPart(ModelPart[I], StatePart[I], SubmachinePart[I]):
    """What may stand in a model, a state and a submachine: actions, activities, deferrals."""

    __slots__ = ()
