"""What languages cannot say, found in a graph; each language has a list of what it lacks.

In: a Graph. Out: omissions, in the order in which a language lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from hsm.draw.drawn import Omission
from hsm.draw.graph import Graph, Node, NodeKind


@attrs.frozen
class Lack:
    """Something that a language has no symbol for.

    Attributes:
        what: What is missing, and what stands there instead.
        concerns: Whether a node is such a thing.
    """

    what: str
    concerns: Callable[[Node], bool]


def kinds(what: str, *several: NodeKind) -> Lack:
    """The lack of a symbol for nodes of these kinds."""
    return Lack(what, lambda node: node.kind in several)


def names(what: str, *several: NodeKind) -> Lack:
    """The lack of a place for the names of nodes of these kinds, which *what* stands in for."""
    return Lack(what, lambda node: node.kind in several and node.title not in ("", "H", "H*"))


def omissions(graph: Graph, lacks: Iterable[Lack]) -> tuple[Omission, ...]:
    """Which of *lacks* concern *graph*, each with the paths of the vertices, none of which stands there twice."""
    nodes = list(graph.all())
    found = [Omission(lack.what, tuple(dict.fromkeys([n.path for n in nodes if lack.concerns(n)]))) for lack in lacks]
    return tuple([each for each in found if each.where])
