"""The configuration: which vertices of a Program are active.

Only the active leaves are kept, in ascending order; vertices are numbered outside in, so everything else follows
from comparing indices. Functions of the tables and a tuple, without state of their own.
A leaf is an active vertex with nothing active inside: a simple state, a final state, a region that waits at a join,
or, in the middle of a step, whatever has been entered or exited so far.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TypeAlias

from hsm.program import NONE, OUTSIDE, Kind, Vertex

Leaves: TypeAlias = tuple[int, ...]
"""The active leaves, in ascending order."""
Vertices: TypeAlias = tuple[Vertex, ...]
"""The vertices of a Program."""


def is_active(vertices: Vertices, leaves: Leaves, vertex: int) -> bool:
    """Whether *vertex*, or anything inside it, is active."""
    # what is inside has the numbers up to `last`: if any leaf is among them, the first one from *vertex* on is
    place = bisect_left(leaves, vertex)
    return place < len(leaves) and leaves[place] <= vertices[vertex].last


def leaves_inside(vertices: Vertices, leaves: Leaves, vertex: int) -> Leaves:
    """The active leaves strictly inside *vertex*; all of them for `OUTSIDE`."""
    if vertex == OUTSIDE:
        return leaves
    last = vertices[vertex].last
    return tuple([leaf for leaf in leaves if vertex < leaf <= last])


def active_inside(vertices: Vertices, leaves: Leaves, vertex: int) -> list[int]:
    """The active vertices strictly inside *vertex*, in the order in which they are exited (rule K4)."""
    found: set[int] = set()
    for leaf in leaves_inside(vertices, leaves, vertex):
        at = leaf
        while at != vertex and at not in found:  # what is around a vertex that was found has been found with it
            found.add(at)
            at = vertices[at].parent
    return sorted(found, reverse=True)


def active_outwards(vertices: Vertices, leaves: Leaves) -> list[int]:
    """The active vertices from the leaves outwards, earlier regions first: the order of selection (rule T2)."""
    # A vertex comes after all that is inside it: there, `last` is less or, in its last child, the same; of those with
    # the same one the inner has the greater number. Earlier regions end earlier, and so come first.
    return sorted(active_inside(vertices, leaves, OUTSIDE), key=lambda vertex: (vertices[vertex].last, -vertex))


def child_towards(vertices: Vertices, vertex: int, inner: int) -> int:
    """The direct child of *vertex* that is *inner* or contains it."""
    while (parent := vertices[inner].parent) != vertex:
        inner = parent
    return inner


def activated(vertices: Vertices, leaves: Leaves, vertex: int) -> Leaves:
    """*leaves* once *vertex* is active as well; what contains it is active already."""
    # entering goes inwards: until now its parent was a leaf, or other regions of it are active and it was none
    parent = vertices[vertex].parent
    return tuple(sorted([leaf for leaf in leaves if leaf != parent] + [vertex]))


def deactivated(vertices: Vertices, leaves: Leaves, vertex: int) -> Leaves:
    """*leaves* without the leaf *vertex*; its parent becomes a leaf when nothing else is active in it."""
    rest = tuple([leaf for leaf in leaves if leaf != vertex])
    parent = vertices[vertex].parent
    if parent != OUTSIDE and not is_active(vertices, rest, parent):
        return tuple(sorted((*rest, parent)))
    return rest


def is_finished(vertices: Vertices, leaves: Leaves, vertex: int) -> bool:
    """Whether the final state of *vertex* is active; of an orthogonal one, that of every region (rule C1)."""
    for each in vertices[vertex].regions or (vertex,):
        # outside of orthogonal states one child is active at a time, so that any leaf inside shows which
        inside = leaves_inside(vertices, leaves, each)
        if not inside or vertices[child_towards(vertices, each, inside[0])].kind is not Kind.FINAL:
            return False
    return True


def innermost(vertices: Vertices, leaves: Leaves) -> int:
    """The innermost state that contains every active leaf (rule L2), or `OUTSIDE` when nothing is active."""
    if not leaves:
        return OUTSIDE
    # leaves are in ascending order: what is around the first and reaches to the last is around all of them
    at = leaves[0]
    while vertices[at].last < leaves[-1] or vertices[at].kind is Kind.REGION:
        at = vertices[at].parent
    return at


_LEAVES = (Kind.STATE, Kind.FINAL, Kind.REGION)
"""What may be an active leaf; of regions, those that wait at a join."""


def faults(vertices: Vertices, leaves: Leaves, outer: int) -> Iterator[tuple[str, str]]:
    """What is wrong with *leaves* as all that is active in the vertex *outer*: messages, each with its help."""
    inside: dict[int, set[int]] = {}
    for leaf in leaves:
        at = leaf
        while at != outer:
            parent = vertices[at].parent
            inside.setdefault(parent, set()).add(at)
            at = parent
    if len(set(leaves)) < len(leaves):
        yield "a leaf is listed twice", ""
    for leaf in leaves:
        vertex = vertices[leaf]
        if leaf in inside:
            yield f"'{vertex.path}' is not a leaf: more is active inside it", ""
        elif vertex.kind not in _LEAVES or vertex.regions or (vertex.default != NONE and vertex.kind is Kind.STATE):
            yield f"'{vertex.path}' cannot be an active leaf", ""
    for parent, children in inside.items():
        missing = sorted(set(vertices[parent].regions) - children)
        if missing:
            yield f"nothing is active in '{vertices[missing[0]].path}'", "all regions of a state are active together"
        elif len(children) > 1 and not vertices[parent].regions:
            names = " and ".join([f"'{vertices[child].path}'" for child in sorted(children)])
            yield f"{names} cannot be active together", ""
