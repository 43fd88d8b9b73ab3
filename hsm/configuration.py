"""The configuration: which vertices of a Program are active.

In: a Program, and whoever holds the active leaves. Out: questions and changes. Never imports what runs or generates.
Only the active leaves are kept, in ascending order; as vertices are numbered outside in, everything else follows
from comparing indices.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Protocol

from hsm.program import OUTSIDE, Kind, Program, Vertex

Leaves = tuple[int, ...]
"""The active leaves, in ascending order."""


class Holder(Protocol):
    """What holds the active leaves: a machine, or a step that is being worked out."""

    leaves: Leaves


class Configuration:
    """The active vertices of one *holder*.

    A leaf is an active vertex with nothing active inside: a simple state, a final state, a region that waits at a
    join, or, in the middle of a step, whatever has been entered or left so far.
    """

    __slots__ = ("holder", "vertices")

    def __init__(self, program: Program, holder: Holder) -> None:
        self.vertices: tuple[Vertex, ...] = program.vertices
        self.holder = holder

    @property
    def leaves(self) -> Leaves:
        """The active leaves, in ascending order."""
        return self.holder.leaves

    def is_active(self, vertex: int) -> bool:
        """Whether *vertex*, or anything inside it, is active."""
        leaves = self.holder.leaves
        place = bisect_left(leaves, vertex)
        return place < len(leaves) and leaves[place] <= self.vertices[vertex].last

    def leaves_inside(self, vertex: int) -> list[int]:
        """The active leaves strictly inside *vertex*, ascending."""
        last = self.vertices[vertex].last if vertex != OUTSIDE else len(self.vertices)
        return [leaf for leaf in self.leaves if vertex < leaf <= last]

    def active_inside(self, vertex: int) -> list[int]:
        """The active vertices strictly inside *vertex*, in the order in which they are left (rule K4)."""
        found: set[int] = set()
        for leaf in self.leaves_inside(vertex):
            at = leaf
            while at != vertex and at not in found:
                found.add(at)
                at = self.vertices[at].parent
        return sorted(found, reverse=True)

    def active_outwards(self) -> list[int]:
        """The active vertices from the leaves outwards, earlier regions first: the order of asking (rule T2)."""
        return sorted(self.active_inside(OUTSIDE), key=lambda vertex: (self.vertices[vertex].last, -vertex))

    def child_towards(self, vertex: int, inner: int) -> int:
        """The direct child of *vertex* that is *inner* or contains it."""
        while (parent := self.vertices[inner].parent) != vertex:
            inner = parent
        return inner

    def active_child(self, vertex: int) -> int | None:
        """The active direct child of the composite or region *vertex*, or ``None``."""
        inside = self.leaves_inside(vertex)
        return self.child_towards(vertex, inside[0]) if inside else None

    def activate(self, vertex: int) -> None:
        """*vertex* becomes active; what is around it is active already."""
        parent = self.vertices[vertex].parent
        self.holder.leaves = tuple(sorted([leaf for leaf in self.leaves if leaf != parent] + [vertex]))

    def deactivate(self, vertex: int) -> None:
        """The leaf *vertex* is left; what is around it stays, as a leaf when nothing else is active in it."""
        self.holder.leaves = tuple(leaf for leaf in self.leaves if leaf != vertex)
        parent = self.vertices[vertex].parent
        if parent != OUTSIDE and not self.is_active(parent):
            self.holder.leaves = tuple(sorted((*self.leaves, parent)))

    def has_ended(self, vertex: int) -> bool:
        """Whether the final state of *vertex* is active; of an orthogonal one, that of every region (rule C1)."""
        inside = self.vertices[vertex].regions or (vertex,)
        return all(
            (child := self.active_child(each)) is not None and self.vertices[child].kind is Kind.FINAL
            for each in inside
        )

    def innermost(self) -> int:
        """The innermost state that contains every active leaf (rule L2), or `OUTSIDE` when nothing is active."""
        if not self.leaves:
            return OUTSIDE
        at = self.leaves[0]
        while self.vertices[at].last < self.leaves[-1] or self.vertices[at].kind is Kind.REGION:
            at = self.vertices[at].parent
        return at
