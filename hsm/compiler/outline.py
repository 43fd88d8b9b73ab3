"""The outline: a model between tree and tables.

In: nothing; `expand` makes it, `resolve` and `plan` fill it in. Out: vertices and transitions as drafts that still
know the elements they come from. Never imports the run time. Mutable, and gone when the compile is done.
"""

from __future__ import annotations

from typing import Any

import attrs

from hsm.elements.nodes import Condition
from hsm.elements.parts import Element
from hsm.events import Pattern
from hsm.program import CONDITIONAL, NONE, OUTSIDE, Kind
from hsm.source import Source

PSEUDOSTATES = frozenset(Kind) - {Kind.STATE, Kind.REGION, Kind.FINAL}
"""Kinds that no machine rests in."""
NEVER_LEFT = frozenset({Kind.FINAL, Kind.TERMINATE, Kind.REGION, Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY})
"""Kinds that no transition of a user's leaves."""
SUBSTATES = frozenset({Kind.STATE, Kind.FINAL})
"""Kinds that a default entry without `initial` may lead to (rule R2)."""


@attrs.define(eq=False)
class Listed:
    """A callable in a list of actions, with the call that put it there."""

    action: Any
    where: Source | None


@attrs.define(eq=False)
class Trigger:
    """A trigger of a transition by name, or what stands in its place when the name is no name."""

    pattern: Pattern
    where: Source | None


@attrs.define(eq=False)
class Wanted:
    """A path as it was written, and the vertex it was found to name."""

    path: str
    where: Source | None
    vertex: int | None = None


@attrs.define(eq=False)
class TransitionDraft:
    """A transition, an `initial`, or the default of a history, which are transitions as well."""

    index: int
    element: Element
    owner: int
    """The vertex it is written in."""
    root: int
    """The vertex of the model, or of the submachine, that its paths cannot leave."""
    label: str = ""
    triggers: list[Trigger] = attrs.Factory(list[Trigger])
    calls: list[str] = attrs.Factory(list[str])
    timers: list[Element] = attrs.Factory(list[Element])
    changes: list[Condition[Any]] = attrs.Factory(list[Condition[Any]])
    conditions: list[Condition[Any]] = attrs.Factory(list[Condition[Any]])
    effects: list[Listed] = attrs.Factory(list[Listed])
    from_path: Wanted | None = None
    targets: list[Wanted] = attrs.Factory(list[Wanted])
    base: int | None = None
    """Where its paths start, when that is not its source: the submachine that says where a door leads."""
    in_states: dict[int, Wanted] = attrs.Factory(dict[int, Wanted])
    """The path of every `in_state` in its conditions, by the identity of the element."""
    is_external: bool = False
    is_default: bool = False
    """Whether it is an `initial`, or the default child that stands for one."""
    source: int | None = None
    leaves: tuple[int, ...] = ()
    within: int = OUTSIDE
    waits: int = NONE
    is_checked: bool = False

    @property
    def where(self) -> Source | None:
        """The call that made it."""
        return self.element.where

    @property
    def has_trigger(self) -> bool:
        """Whether anything but completion makes it fire."""
        return bool(self.triggers or self.calls or self.timers or self.changes)

    def reached(self) -> list[int]:
        """The targets that were found, in order."""
        return [wanted.vertex for wanted in self.targets if wanted.vertex is not None]


@attrs.define(eq=False)
class VertexDraft:
    """A vertex, with everything that was written in it."""

    index: int
    element: Element
    name: str
    path: str
    kind: Kind
    parent: int
    depth: int
    root: int
    """The vertex of the model, or of the submachine, that its paths start from."""
    last: int = 0
    children: dict[str, int] = attrs.Factory(dict[str, int])
    """By name, in order; of two with the same name the first."""
    unknown_doors: list[Element] = attrs.Factory(list[Element])
    """The exit points that a submachine names and its model does not have."""
    is_open: bool = False
    """Whether nobody knows what is in it: a submachine whose model is none."""
    regions: list[int] = attrs.Factory(list[int])
    entry: list[Listed] = attrs.Factory(list[Listed])
    exit: list[Listed] = attrs.Factory(list[Listed])
    activities: list[Listed] = attrs.Factory(list[Listed])
    deferrals: list[Trigger] = attrs.Factory(list[Trigger])
    defaults: list[TransitionDraft] = attrs.Factory(list[TransitionDraft])
    """Its `initial` elements: at most one, in a model that is right."""
    outgoing: list[TransitionDraft] = attrs.Factory(list[TransitionDraft])
    """What `resolve` found to leave from it, in order of declaration."""

    @property
    def where(self) -> Source | None:
        """The call that made it."""
        return self.element.where


@attrs.define(eq=False)
class Outline:
    """A whole model as drafts."""

    name: str
    vertices: list[VertexDraft] = attrs.Factory(list[VertexDraft])
    transitions: list[TransitionDraft] = attrs.Factory(list[TransitionDraft])
    left_out: set[str] = attrs.Factory(set[str])
    """Names of what was passed over because it is wrong: a path to it is not told of a second time."""
    joins: dict[int, tuple[int, ...]] = attrs.Factory(dict[int, tuple[int, ...]])
    """For each join, and each exit point that acts as one, the regions that must wait there."""

    def inside(self, vertex: int, other: int) -> bool:
        """Whether *other* is *vertex* or stands inside it; everything stands inside `OUTSIDE`."""
        return vertex == OUTSIDE or vertex <= other <= self.vertices[vertex].last

    def around(self, vertex: int) -> list[int]:
        """The vertices around *vertex*, innermost first, down to the model's own."""
        found: list[int] = []
        above = self.vertices[vertex].parent
        while above != OUTSIDE:
            found.append(above)
            above = self.vertices[above].parent
        return found

    def container(self, *vertices: int) -> int:
        """The innermost vertex that properly contains every one of *vertices*, or `OUTSIDE`."""
        above = self.vertices[vertices[0]].parent
        while above != OUTSIDE and not all(above != v and self.inside(above, v) for v in vertices[1:]):
            above = self.vertices[above].parent
        return above

    def child_towards(self, vertex: int, inner: int) -> int:
        """The direct child of *vertex* that is *inner* or contains it."""
        while self.vertices[inner].parent != vertex:
            inner = self.vertices[inner].parent
        return inner

    def region_between(self, owner: int, inner: int) -> int:
        """The region of the orthogonal *owner* that *inner* stands in, or `NONE`."""
        if not self.vertices[owner].regions or inner == owner or not self.inside(owner, inner):
            return NONE
        child = self.child_towards(owner, inner)
        return child if self.vertices[child].kind is Kind.REGION else NONE

    def may_leave(self, transition: TransitionDraft, vertex: int) -> bool:
        """Whether *transition* can have *vertex* as its source; the default of a history leaves that history."""
        draft = self.vertices[vertex]
        return draft.kind not in NEVER_LEFT or transition.element is draft.element

    def is_conditional(self, transition: TransitionDraft) -> bool:
        """Whether the way behind the target of *transition* may turn out closed, its own guards aside."""
        return any(self.vertices[target].kind in CONDITIONAL for target in transition.reached())

    def place(self, transition: TransitionDraft) -> str:
        """The place of *transition* for a message, such as ``transition of /Player/playing on 'pause'``."""
        owner = self.vertices[transition.source if transition.source is not None else transition.owner]
        word = transition.element.word
        kind = owner.element.word if owner.kind in PSEUDOSTATES else ""
        return " ".join(filter(None, (word, "of", kind * (kind != word), owner.path, transition.label)))
