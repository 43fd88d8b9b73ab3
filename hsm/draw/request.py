"""What ELK is asked: a scene as its JSON has it.

In: a `Scene`, and those in it with their positions. Out: a graph. What matters for how a picture looks is decided here:
in which order nodes stand, which rows there are, and where lines meet the borders of composites.
"""

from __future__ import annotations

from itertools import pairwise

from hsm.draw.arranged import Arranged
from hsm.draw.engine import Graph
from hsm.draw.scenes import MARGIN, SIZES, End, Gate, Node, Scene, Segment

SLOT = 18.0
"""Between two lines that meet the same border."""

LOOP_WIDTH, LOOP_HEIGHT, LOOP_GAP = 24.0, 12.0, 8.0
"""The size of an arrow from a state to itself, and how far it is from the next one."""

_OPTIONS = {
    "elk.algorithm": "layered",
    "elk.direction": "DOWN",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.randomSeed": "1",
    "elk.padding": "[top=0,left=0,bottom=0,right=0]",
    "elk.separateConnectedComponents": "false",
    "elk.spacing.nodeNode": "24",
    "elk.spacing.edgeNode": "14",
    "elk.spacing.edgeEdge": "12",
    "elk.spacing.edgeLabel": "4",
    "elk.spacing.labelLabel": "6",
    "elk.spacing.labelNode": "4",
    "elk.spacing.nodeSelfLoop": "14",
    "elk.layered.spacing.nodeNodeBetweenLayers": "26",
    "elk.layered.spacing.edgeNodeBetweenLayers": "17",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "12",
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.layered.thoroughness": "4",
    "elk.layered.cycleBreaking.strategy": "MODEL_ORDER",
    "elk.layered.feedbackEdges": "true",
    "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
    "elk.layered.nodePlacement.bk.fixedAlignment": "NONE",
    "elk.layered.edgeLabels.sideSelection": "SMART_DOWN",
}
"""What holds for every scene."""
_UPPER, _LOWER = "upper", "lower"
"""The nodes above and below a row of regions, which nobody sees."""
_ORTHOGONAL = {"elk.layered.crossingMinimization.forceNodeModelOrder": "true"}
"""What holds for a scene with regions: they stand in one row, in the order in which they were declared."""


class Request:
    """A scene as ELK reads it, and how lines that meet the border of a node are spread there."""

    def __init__(self, scene: Scene, inner: dict[str, Arranged], loops: dict[str, list[Segment]]) -> None:
        self.scene = scene
        self.loops = loops
        self.inner = inner
        self.regions = {node.id for node in scene.nodes.values() if node.kind == "region"}
        self.ports: dict[str, list[Graph]] = {}
        self.edges: list[Graph] = []
        self.bends: list[Graph] = []

    def graph(self) -> Graph:
        """The graph."""
        for segment in self.scene.segments:
            if segment not in self.loops.get(segment.source.node or "", ()):
                self._segment(segment)
        options = {**_OPTIONS, **(_ORTHOGONAL if self.regions else {})}
        gates = [self._gate(gate) for gate in self.scene.gates.values()]
        nodes = {node.id: self._node(node) for node in self.scene.nodes.values()}
        order = self._rows(nodes) if self.regions else self._order()
        children = [*gates, *[nodes[name] for name in order], *self.bends]
        return {"id": "scene", "layoutOptions": options, "children": children, "edges": self.edges}

    def _node(self, node: Node) -> Graph:
        written: Graph = {"id": node.id, "width": node.width, "height": node.height, "layoutOptions": {}}
        options = written["layoutOptions"]
        if node.id in self.ports:
            written["ports"] = self.ports[node.id]
            options["elk.portConstraints"] = "FIXED_POS"
        if node.kind == "initial":
            options["elk.layered.layering.layerConstraint"] = "FIRST"
        beside = node.writing.width, node.writing.label_height
        if node.id in self.loops:
            widest = max([segment.writing.width for segment in self.loops[node.id]])
            beside = LOOP_WIDTH + 4 + widest, sum(map(loop_height, self.loops[node.id]))
        if node.id in self.loops or (node.kind not in ("state", "region") and node.writing.lines):
            written["labels"] = [{"id": f"n{node.id}", "text": "-", "width": beside[0], "height": beside[1]}]
            options["elk.nodeLabels.placement"] = "[OUTSIDE, H_RIGHT, V_CENTER]"
        return written

    def _order(self) -> list[str]:
        """The nodes in an order in which lines lead onwards, but for those that close a cycle.

        ELK turns round what leads backwards in this order. It is that of a walk from the default entry, and then from
        what can only be reached from outside; within one row the order of declaration is kept.
        """
        onwards: dict[str, list[str]] = {name: [] for name in self.scene.nodes}
        entered: list[str] = []
        for segment in self.scene.segments:
            if segment.target.node is not None:
                (onwards[segment.source.node] if segment.source.node else entered).append(segment.target.node)
        initial = [node.id for node in self.scene.nodes.values() if node.kind == "initial"]
        return _walked([*initial, *entered, *self.scene.nodes], onwards)

    def _rows(self, nodes: dict[str, Graph]) -> list[str]:
        """The nodes of a scene with regions, in order: what leads to the regions, these, and what they lead to.

        ELK puts each node as high as it can. Two nodes that nobody sees, one between the upper rows and the regions
        and one between them and the lower rows, keep the regions in a row of their own.
        """
        above = self._above()
        below = [name for name in nodes if name not in self.regions and name not in above]
        regions = [name for name in nodes if name in self.regions]
        if not above and not below and not self.bends:
            return regions
        for hub in (_UPPER, _LOWER):
            nodes[hub] = {"id": hub, "width": 1, "height": 1}
            nodes[hub]["ports"] = [{"id": f"{hub}{side}", "x": 0.5, "y": y} for side, y in (("in", 0), ("out", 1))]
            nodes[hub]["layoutOptions"] = {"elk.portConstraints": "FIXED_POS"}
        self._unseen(f"{_UPPER}out", f"{_LOWER}in", {"elk.layered.priority.shortness": "1000"})
        for name in regions:
            self._port_of_hub(name, f"{_UPPER}out", is_above=True)
            self._port_of_hub(name, f"{_LOWER}in", is_above=False)
        for name in above:
            self._unseen(name, f"{_UPPER}in")
        for name in [*below, *[f"{bend['id']}in" for bend in self.bends]]:
            self._unseen(f"{_LOWER}out", name)
        return [*above, _UPPER, *regions, _LOWER, *below]

    def _above(self) -> list[str]:
        """The nodes that lead to regions, but for those that regions lead to."""
        onwards: dict[str, set[str]] = {name: set() for name in self.scene.nodes}
        for segment in self.scene.segments:
            if segment.source.node is not None and segment.target.node is not None:
                onwards[segment.source.node].add(segment.target.node)
        after = _reached(self.regions, onwards)
        return [
            name
            for name in _walked(list(self.scene.nodes), {key: sorted(each) for key, each in onwards.items()})
            if name not in self.regions and name not in after and _reached({name}, onwards) & self.regions
        ]

    def _unseen(self, source: str, target: str, options: dict[str, str] | None = None) -> None:
        """Add an edge that is not drawn."""
        edge: Graph = {"id": f"{source}>{target}", "sources": [source], "targets": [target]}
        self.edges.append({**edge, "layoutOptions": options or {}})

    def _port_of_hub(self, region: str, hub: str, *, is_above: bool) -> None:
        name = region
        if region in self.ports:
            inside = self.inner[region]
            name = f"{region}:{hub}"
            self.ports[region].append(
                {"id": name, "x": inside.width / 2, "y": 0 if is_above else inside.height, "width": 0, "height": 0}
            )
        self._unseen(hub, name) if is_above else self._unseen(name, hub)

    def _gate(self, gate: Gate) -> Graph:
        across = 2.0
        if gate.path is not None:
            across = SIZES["entry_point"] + 4 + gate.writing.width
        side = "FIRST_SEPARATE" if gate.leads_in else "LAST_SEPARATE"
        port = {
            "id": f"{gate.id}:",
            "x": SIZES["entry_point"] / 2 if gate.path is not None else 1,
            "y": 1 if gate.leads_in else 0,
        }
        options = {"elk.layered.layering.layerConstraint": side, "elk.portConstraints": "FIXED_POS"}
        return {"id": f"g{gate.id}", "width": across, "height": 1, "ports": [port], "layoutOptions": options}

    # --- lines -----------------------------------------------------------------------------------------------

    def _segment(self, segment: Segment) -> None:
        source = self._end(segment, segment.source, is_source=True)
        target = self._end(segment, segment.target, is_source=False)
        if segment.source.node in self.regions and segment.target.node in self.regions:
            bend = f"b{segment.id}"
            ports = [{"id": f"{bend}{side}", "x": 1, "y": y} for side, y in (("in", 0), ("out", 2))]
            options = {"elk.portConstraints": "FIXED_POS"}
            self.bends.append({"id": bend, "width": 2, "height": 2, "ports": ports, "layoutOptions": options})
            self.edges.append({"id": f"{segment.id}+", "sources": [f"{bend}out"], "targets": [target]})
            target = f"{bend}in"
        edge: Graph = {"id": segment.id, "sources": [source], "targets": [target]}
        if segment.writing.lines:
            size = {"width": segment.writing.width, "height": segment.writing.label_height}
            edge["labels"] = [{"id": f"l{segment.id}", "text": "-", **size}]
        self.edges.append(edge)

    def _end(self, segment: Segment, end: End, *, is_source: bool) -> str:
        """The identifier of the node or port where *segment* begins or ends."""
        if end.node is None:
            return f"{end.gate}:"
        inside = self.inner.get(end.node)
        if inside is None or not inside.gates:
            return end.node
        return self._port(inside, segment, end, is_source=is_source)

    def _port(self, inside: Arranged, segment: Segment, end: End, *, is_source: bool) -> str:
        ports = self.ports.setdefault(end.node or "", [])
        if end.gate is not None:
            name, x = f"{end.node}:{end.gate}", inside.gates[end.gate]
            is_above = inside.scene.gates[end.gate].leads_in
            if any(port["id"] == name for port in ports):
                return name
        else:
            name, is_above = f"{segment.id}:{'s' if is_source else 't'}", not is_source
            taken = [x for gate, x in inside.gates.items() if inside.scene.gates[gate].leads_in == is_above]
            taken += [port["x"] for port in ports if (port["y"] == 0) == is_above]
            x = _slot(taken, inside.width)
        ports.append({"id": name, "x": x, "y": 0 if is_above else inside.height, "width": 0, "height": 0})
        return name


def _slot(taken: list[float], width: float) -> float:
    """A place on a border of that *width*, in the middle of the widest stretch between those that are *taken*."""
    places = sorted([MARGIN - SLOT, *taken, width - MARGIN + SLOT])
    left, right = max(pairwise(places), key=lambda each: (round(each[1] - each[0], 3), -each[0]))
    return (left + right) / 2


def loops_of(scene: Scene) -> dict[str, list[Segment]]:
    """The segments that lead from anywhere on the border of a node back to it, by the node.

    ELK would have them all over each other; they are drawn to the right of their node, one below the other.
    """
    found: dict[str, list[Segment]] = {}
    for segment in scene.segments:
        source, target = segment.source, segment.target
        if source.node is not None and source == target and source.gate is None:
            found.setdefault(source.node, []).append(segment)
    return found


def loop_height(segment: Segment) -> float:
    """How much room an arrow from a state to itself takes up beside the state."""
    return max(LOOP_HEIGHT, segment.writing.label_height) + LOOP_GAP


def _reached(starts: set[str], onwards: dict[str, set[str]]) -> set[str]:
    """All that *starts* lead to by *onwards*, and not themselves unless something leads back."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        new = onwards[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _walked(starts: list[str], onwards: dict[str, list[str]]) -> list[str]:
    """All that *starts* lead to by *onwards*, each before what it leads to unless that leads back to it."""
    left: list[str] = []
    seen: set[str] = set()
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        trail = [(start, iter(reversed(onwards[start])))]
        while trail:
            name, rest = trail[-1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                left.append(name)
                trail.pop()
            else:
                seen.add(following)
                trail.append((following, iter(reversed(onwards[following]))))
    return left[::-1]
