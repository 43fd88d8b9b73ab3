"""The outline: a model between tree and tables, as drafts of vertices and transitions that know their elements.

`expand` makes it, `resolve` and `plan` fill it in. It is mutable, and gone when the compile is done. Never imports the
run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from hsm.elements.nodes import Activity, After, At, Condition, Effect, Entry, Every, Exit, ExitPoint, Renamed, When
from hsm.elements.parts import Element
from hsm.errors import DefinitionError
from hsm.events import Pattern
from hsm.names import plain
from hsm.position import Source
from hsm.program import NONE, OUTSIDE, Kind

PSEUDOSTATES = frozenset(Kind) - {Kind.STATE, Kind.REGION, Kind.FINAL}
"""Kinds in which no machine rests."""
HISTORIES = frozenset({Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY})
"""Kinds that lead to what was active before (rule R5)."""
NEVER_LEFT = frozenset({Kind.FINAL, Kind.TERMINATE, Kind.REGION}) | HISTORIES
"""Kinds that cannot be the source of a user's transition."""
SUBSTATES = frozenset({Kind.STATE, Kind.FINAL})
"""Kinds that a default entry without `initial` may lead to (rule R2)."""


class Reference:
    """A path as it was written, what it is in a message (*word*), and the vertex that it names, once that is found."""

    __slots__ = ("path", "where", "word", "vertex")

    def __init__(self, path: str, where: Source | None, word: str, vertex: int | None = None) -> None:
        self.path = path
        self.where = where
        self.word = word
        self.vertex = vertex


Written: TypeAlias = Pattern | str | After[Any] | Every[Any] | At[Any] | When[Any]
"""A trigger: the pattern of an event, an operation, a timer, or a change trigger."""

NO_PATHS: Mapping[int, Reference] = {}
"""The value for nearly every transition: its conditions contain no paths."""


@attrs.define(eq=False, repr=False)
class TransitionDraft:
    """A transition; an `initial`, or the default target of a history, is one as well.

    What few transitions have is a shared empty value in all others: a large model has thousands of drafts.
    """

    index: int
    element: Element
    owner: int
    """The vertex it is written in."""
    root: int
    """The vertex of the model, or of the submachine: its paths cannot lead out of it."""
    label: str = ""
    in_order: tuple[Written, ...] = ()
    """The four that follow, in the order in which they were written."""
    triggers: tuple[Pattern, ...] = ()
    calls: tuple[str, ...] = ()
    timers: tuple[After[Any] | Every[Any] | At[Any], ...] = ()
    changes: tuple[Condition[Any], ...] = ()
    conditions: tuple[Condition[Any], ...] = ()
    effects: tuple[Effect[Any], ...] = ()
    from_path: Reference | None = None
    targets: tuple[Reference, ...] = ()
    base: int | None = None
    """Where its paths start, if not at its source: the submachine, for a transition from one of its exit points."""
    in_states: Mapping[int, Reference] = NO_PATHS
    """The path of every `in_state` in its conditions, by the identity of the element."""
    homes: Mapping[int, Reference] = NO_PATHS
    """For every guard in its conditions that is a method of another state, the path of that state, in the same way."""
    is_external: bool = False
    is_default: bool = False
    """Whether it is an `initial`, or the default child that replaces one."""
    source: int | None = None
    reached: tuple[int, ...] = ()
    """The targets that were found, in order: fewer than ``targets`` after a mistake."""
    is_conditional: bool = False
    """Whether the route beyond its targets may turn out closed, its own guards aside."""
    exits: tuple[int, ...] = ()
    domain: int = OUTSIDE
    joining_region: int = NONE
    last_exits: tuple[int, ...] = ()

    @property
    def where(self) -> Source | None:
        """The call that made it."""
        return self.element.where

    @property
    def found(self) -> list[tuple[Reference, int]]:
        """Each target that was found, with its vertex: what rules look at, as the others have been reported."""
        return [(target, target.vertex) for target in self.targets if target.vertex is not None]

    @property
    def has_trigger(self) -> bool:
        """Whether it fires on anything but completion."""
        return bool(self.triggers or self.calls or self.timers or self.changes)


@attrs.define(eq=False, repr=False)
class VertexDraft:
    """A vertex, with everything that is written in it."""

    index: int
    element: Element
    name: str
    path: str
    kind: Kind
    parent: int
    root: int
    """The vertex of the model, or of the submachine, that its paths start from."""
    children: dict[str, int]
    """By name, in order; of two with the same name, the first."""
    ambiguous: set[str] = attrs.field(factory=set[str], init=False)
    """The names that several in it have: which of them a path means is unknown."""
    is_incomplete: bool = attrs.field(default=False, init=False)
    """Whether something that is wrong was left out of it: what it seems to lack may have been that."""
    outgoing: list[TransitionDraft]
    """The transitions that `resolve` found to have it as their source, in order of declaration."""
    last: int = 0
    unknown_exit_points: tuple[ExitPoint[Any], ...] = ()
    """The exit points that a submachine names but its model does not have."""
    is_open: bool = False
    """Whether its contents are unknown: a submachine whose model is not a model, or is broken."""
    regions: tuple[int, ...] = ()
    entry: tuple[Entry[Any] | Effect[Any], ...] = ()
    exit: tuple[Exit[Any], ...] = ()
    activities: tuple[Activity[Any], ...] = ()
    deferrals: tuple[tuple[Pattern, Source | None], ...] = ()
    """What it defers, each with the call that says so."""
    defaults: tuple[TransitionDraft, ...] = ()
    """Its `initial` elements: at most one, in a valid model."""

    @property
    def where(self) -> Source | None:
        """The call that made it."""
        return self.element.where


class Outline:
    """A whole model as drafts.

    Attributes:
        vertices: In the order of the tree.
        transitions: In order of declaration.
        left_out: Names of elements that were skipped because they are wrong: a path to one is not reported as well.
        has_gaps: Whether anything was skipped, or a transition has an unknown source or target: what seems not to lead
            somewhere may be that, and is not reported as well.
        has_lost_sources: Whether a transition has an unknown source: the same for what seems to have no way out.
        broken: What is wrong with embedded models, where the user collects mistakes: their contents are left out.
        joins: For each join, and each exit point that acts as one, the regions that must wait there.
        renamed: What was renamed, each with the vertex of the model that says so.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.vertices: list[VertexDraft] = []
        self.transitions: list[TransitionDraft] = []
        self.left_out: set[str] = set()
        self.has_gaps = self.has_lost_sources = False
        self.broken: list[DefinitionError] = []
        self.joins: dict[int, tuple[int, ...]] = {}
        self.renamed: list[tuple[Renamed[Any], int]] = []

    def add_transition(self, element: Element, owner: int, root: int) -> TransitionDraft:
        """A new transition for *element*, which is written in *owner*."""
        transition = TransitionDraft(len(self.transitions), element, owner, root)
        self.transitions.append(transition)
        return transition

    def encloses(self, vertex: int, other: int) -> bool:
        """Whether *other* is *vertex* or inside it; everything is inside `OUTSIDE`."""
        return vertex == OUTSIDE or vertex <= other <= self.vertices[vertex].last

    def contains(self, vertex: int, *others: int) -> bool:
        """Whether all of *others* are properly inside *vertex*, which is not `OUTSIDE`."""
        # vertices are numbered depth first, so what is inside of one has the numbers after it, up to its `last`
        return vertex < min(others) and max(others) <= self.vertices[vertex].last

    def around(self, vertex: int) -> list[int]:
        """The vertices around *vertex*, innermost first, the model's own last."""
        found: list[int] = []
        above = self.vertices[vertex].parent
        while above != OUTSIDE:
            found.append(above)
            above = self.vertices[above].parent
        return found

    def container(self, *vertices: int) -> int:
        """The innermost vertex that properly contains all of *vertices*, or `OUTSIDE`."""
        # whatever is around the first of them and reaches as far as the last has all those in between inside as well
        first, last = min(vertices), max(vertices)
        above = self.vertices[first].parent
        while above != OUTSIDE and self.vertices[above].last < last:
            above = self.vertices[above].parent
        return above

    def child_towards(self, vertex: int, inner: int) -> int:
        """The direct child of *vertex* that is *inner* or contains it."""
        while self.vertices[inner].parent != vertex:
            inner = self.vertices[inner].parent
        return inner

    def region_between(self, owner: int, inner: int) -> int:
        """The region of *owner* that *inner* is in, or `NONE`, also if *owner* has no regions."""
        if not self.vertices[owner].regions or inner == owner or not self.encloses(owner, inner):
            return NONE
        child = self.child_towards(owner, inner)
        return child if self.vertices[child].kind is Kind.REGION else NONE

    def may_leave(self, transition: TransitionDraft, vertex: int) -> bool:
        """Whether *transition* can have *vertex* as its source, as the default of a history has that history."""
        # the default of a history belongs to the very element that is the vertex; a user's transition never does
        draft = self.vertices[vertex]
        return draft.kind not in NEVER_LEFT or transition.element is draft.element

    def location(self, transition: TransitionDraft) -> str:
        """The location of *transition* for a message, such as ``transition of /Player/playing on 'pause'``."""
        # also asked for a transition whose source is what could not be found
        owner = self.vertices[transition.source if transition.source is not None else transition.owner]
        word = transition.element.word
        kind = owner.element.word if owner.kind in PSEUDOSTATES else ""
        return " ".join(filter(None, (word, "of", kind * (kind != word), owner.path, transition.label)))


def renamed_paths(outline: Outline, part: Renamed[Any], root: int) -> tuple[str, str]:
    """The old and the new of *part*, as paths of the whole model; it is a part of the model at *root*.

    Those of an embedded model begin at its own name, and are paths of the submachine.
    """
    old, new = plain(part.old), plain(part.new)
    if root == 0:
        return old, new
    path = outline.vertices[root].path
    return f"{path}{_behind_first(old)}", f"{path}{_behind_first(new)}"


def _behind_first(path: str) -> str:
    """*path* without its first segment; what follows a ``#`` stays."""
    first = len(path.lstrip("/").partition("#")[0].partition("/")[0]) + 1
    return path[first:]
