"""A chart as a graph that any program for graphs can draw: nodes in nodes, and arrows from one node to one other.

In: a Chart. Out: a `Graph`, for the languages that are printed from it. UML draws arrows that such programs cannot:
from the inside of a border, from one vertex to several, and back to what is around. Here these have nodes of their own:

- ``initial``: the dot from which a default entry leads;
- ``bar``: where an arrow that leads to several vertices splits, as at a fork;
- ``origin``: a point inside of a composite from which the arrows start that lead from it to what it contains;
- ``turn``: a point outside of a composite over which an arrow from the inside leads back to it, as over a junction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import attrs

from hsm.charts import Chart, ChartTransition, ChartVertex, VertexKind
from hsm.draw import words

NodeKind: TypeAlias = VertexKind | Literal["initial", "bar", "origin", "turn"]


@attrs.frozen
class Node:
    """A vertex, or a point that only the drawing has.

    Attributes:
        id: A word of letters and digits, of its own: that of a vertex is ``s`` and its number in the chart.
        kind: What it is.
        path: The path of the vertex; of a point that only the drawing has, of the vertex that it stands for.
        title: Its name, as `words.title` has it; empty for what only the drawing has.
        lines: The compartments of a state, as `words.compartments` has them.
        children: What stands in it, in order.
    """

    id: str
    kind: NodeKind
    path: str
    title: str = ""
    lines: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()

    def all(self) -> Iterator[Node]:
        """This and everything in it, each before what it contains."""
        yield self
        for child in self.children:
            yield from child.all()


@attrs.frozen
class Edge:
    """An arrow.

    Attributes:
        tail: The node where it starts; never one that contains *head*.
        head: The node where it ends; never one that contains *tail*.
        labels: What stands beside it, one for each transition that it shows; none where nothing stands there, or where
            another arrow of the same transition has it.
    """

    tail: Node
    head: Node
    labels: tuple[str, ...]

    def lines(self) -> list[str]:
        """What stands beside it, broken into lines."""
        return [line for label in self.labels for line in words.lines(label)]


@attrs.frozen
class Graph:
    """A chart, ready to be printed.

    Attributes:
        title: The name of the model.
        nodes: What stands outermost: the model itself where it needs a border, otherwise what is in it.
        edges: The arrows, in order of declaration. Those with labels that lead from one node to the same other one are
            one arrow with several labels: programs write the labels of several over each other.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def all(self) -> Iterator[Node]:
        """Every node, each before what it contains."""
        for node in self.nodes:
            yield from node.all()


def is_initial(node: Node) -> bool:
    """Whether *node* is the dot of a default entry."""
    return node.kind == "initial"


def graph_of(chart: Chart, *, has_loops: bool) -> Graph:
    """*chart* as a graph.

    Args:
        chart: Any.
        has_loops: Whether an arrow may lead from a composite to itself; otherwise it leads over a ``turn``.
    """
    return _Graphing(chart, has_loops).graph()


class _Graphing:
    """A graph in the making.

    A node is only made when all that stands in it is known. Until then it is where it stands: the path of its vertex,
    or, for a point that only the drawing has, a path in the vertex around it that no vertex has.
    """

    def __init__(self, chart: Chart, has_loops: bool) -> None:
        self.chart = chart
        self.has_loops = has_loops
        self.root = chart.vertices[0]
        self.kinds = {vertex.path: vertex.kind for vertex in chart.vertices}
        self.children: dict[str, list[ChartVertex]] = {vertex.path: [] for vertex in chart.vertices}
        for vertex in chart.vertices[1:]:
            self.children[vertex.parent or ""].append(vertex)
        self.leaving: dict[str, list[ChartTransition]] = {vertex.path: [] for vertex in chart.vertices}
        for transition in chart.transitions:
            self.leaving[transition.source].append(transition)
        self.ids = {vertex.path: f"s{number}" for number, vertex in enumerate(chart.vertices)}
        self.points: dict[str, dict[str, Node]] = {}  # what only the drawing has: by the path around it, by its own
        self.edges: list[tuple[str, str, str]] = []

    def graph(self) -> Graph:
        for number, transition in enumerate(self.chart.transitions):
            if transition.targets:
                self._transition(number, transition)
        root = self._node(self.root)
        outermost = [root] if self._needs_border(root) else list(root.children)
        outermost += self.points.get("", {}).values()
        nodes = {node.id: node for each in (root, *outermost) for node in each.all()}
        edges = [Edge(nodes[tail], nodes[head], labels) for tail, head, labels in self._together()]
        return Graph(words.title(self.root), tuple(outermost), tuple(edges))

    def _needs_border(self, root: Node) -> bool:
        """Whether the model is more than a place where its vertices stand."""
        ends = {end for tail, head, _ in self.edges for end in (tail, head)}
        points = {node.kind for node in root.children} & {"entry_point", "exit_point", "origin"}
        return bool(root.lines or root.id in ends or points or any(node.kind == "region" for node in root.children))

    def _node(self, vertex: ChartVertex) -> Node:
        internal = [each for each in self.leaving[vertex.path] if not each.targets]
        inside = [*self.points.get(vertex.path, {}).values(), *map(self._node, self.children[vertex.path])]
        return Node(
            self.ids[vertex.path],
            vertex.kind,
            vertex.path,
            words.title(vertex),
            words.compartments(vertex, internal),
            tuple(inside),
        )

    # --- arrows -------------------------------------------------------------------------------------------------

    def _transition(self, number: int, transition: ChartTransition) -> None:
        label = words.label(transition, self.leaving[transition.source])
        tail, targets = transition.source, transition.targets
        if transition.role == "default_entry":
            tail = self._point("initial", tail, tail, self.ids[tail])
        if len(targets) > 1 and self.kinds[transition.source] != "fork":
            bar = self._point("bar", _common(transition.source, *targets), transition.source, str(number))
            self._edge(tail, bar, label)
            tail, label = bar, ""
        for target in targets:
            self._edge(tail, target, label)
            label = ""  # a fork does once what stands beside the first of its arrows

    def _edge(self, tail: str, head: str, label: str) -> None:
        """An arrow from *tail* to *head*, over a point where one contains the other."""
        if _contains(tail, head):
            tail = self._point("origin", tail, tail, self.ids[tail])
        elif _contains(head, tail) or (head == tail and self._is_composite(head) and not self.has_loops):
            around = head.rpartition("/")[0]
            turn = self._point("turn", around, head, str(len(self.edges)))
            self.edges.append((self.ids[tail], self.ids[turn], label))
            tail, label = turn, ""
        self.edges.append((self.ids[tail], self.ids[head], label))

    def _together(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """The arrows, those with labels that have both ends in common as one."""
        found: dict[object, tuple[str, str, list[str]]] = {}
        for number, (tail, head, label) in enumerate(self.edges):
            key = (tail, head) if label else number
            found.setdefault(key, (tail, head, []))[2].extend([label] * bool(label))
        return [(tail, head, tuple(labels)) for tail, head, labels in found.values()]

    def _is_composite(self, path: str) -> bool:
        return bool(self.children[path])

    def _point(self, kind: Literal["initial", "bar", "origin", "turn"], around: str, path: str, key: str) -> str:
        """Where a point of the drawing's own stands, in the vertex *around* it; it is made if there is none yet."""
        here = f"{around}//{kind}{key}"
        node = Node(f"{kind}{key}", kind, path)
        self.ids[here] = node.id
        self.points.setdefault(around, {}).setdefault(here, node)
        return here


def _contains(outer: str, inner: str) -> bool:
    return inner.startswith(f"{outer}/")


def _common(*paths: str) -> str:
    """The path of the innermost vertex that is, or contains, all of *paths*."""
    steps = [path.split("/") for path in paths]
    common: list[str] = []
    for together in zip(*steps, strict=False):
        if len({*together}) > 1:
            break
        common.append(together[0])
    return "/".join(common)
