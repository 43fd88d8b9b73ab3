"""Arranging: where everything in a scene is, by ELK, the innermost scene first.

In: a `Scene`. Out: an `Arranged`. What ELK is not told, as it would only confuse it, is done here: the room for names
and compartments at the top, gates that lie on the border, regions of equal height, and arrows from a state to itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from hsm.draw.arranged import Arranged
from hsm.draw.engine import Graph
from hsm.draw.geometry import Box, Point
from hsm.draw.request import LOOP_GAP, LOOP_HEIGHT, LOOP_WIDTH, SLOT, Request, loop_height, loops_of
from hsm.draw.scenes import LABEL_LINE, MARGIN, SIZES, Gate, Scene, Segment

Engine: TypeAlias = Callable[[Graph], Graph]
"""Lays out a graph."""

SIDE, ABOVE, BELOW = 14.0, 14.0, 16.0
"""Between the border of a scene, or what is written at its top, and what is in it."""
NARROW = 4.0
"""The same where regions are in it, which have room of their own, or gates, to which lines lead."""
LEAST = 60.0
"""The least width of a state."""


def arranged(scene: Scene, engine: Engine) -> Arranged:
    """*scene* and all scenes in it, laid out by *engine*.

    Raises:
        DrawError: The engine is not installed.
    """
    inner = {node.id: arranged(node.scene, engine) for node in scene.nodes.values() if node.scene is not None}
    tallest = max([inner[node.id].height for node in scene.nodes.values() if node.kind == "region"], default=0)
    loops = loops_of(scene)
    for node in scene.nodes.values():
        height = sum(map(loop_height, loops[node.id])) + LOOP_GAP if node.id in loops else 0
        if node.id in inner:
            row = tallest if node.kind == "region" else 0
            part = inner[node.id] = inner[node.id].stretched(
                _least_width(scene, inner[node.id], node.id), max(height, row)
            )
            node.width, node.height = part.width, part.height
        node.height = max(node.height, height)
    request = Request(scene, inner, loops)
    return _Answer(request, engine(request.graph())).arranged()


def _least_width(scene: Scene, part: Arranged, name: str) -> float:
    """How wide a composite has to be, so that all lines that meet its border have room there."""
    above = sum([segment.target.node == name and segment.target.gate is None for segment in scene.segments])
    below = sum([segment.source.node == name and segment.source.gate is None for segment in scene.segments])
    entries = sum([gate.leads_in for gate in part.scene.gates.values()])
    return SLOT * (1 + max(above + entries, below + len(part.scene.gates) - entries))


class _Answer:
    """Reads what ELK answered, and puts a border around it.

    Args:
        request: What it was asked.
        graph: What it answered.
    """

    def __init__(self, request: Request, graph: Graph) -> None:
        self.request, self.graph, self.scene = request, graph, request.scene
        self.nodes = {each["id"]: each for each in graph["children"]}
        gates = self.scene.gates.values()
        self.entries = [gate for gate in gates if gate.leads_in]
        self.has_exits = len(self.entries) < len(gates)
        self.width, self.left = self._across()
        below = BELOW if not self.request.regions and not self.has_exits else NARROW
        self.top = self.scene.writing.height + (ABOVE if not self.request.regions and not self.entries else NARROW / 2)
        self.height = self.top + graph["height"] + below

    def _across(self) -> tuple[float, float]:
        """How wide the scene is, and how far from its left side everything in it begins.

        What comes in from above must pass what is written at the top; else the inside is in the middle.
        """
        text, inside = self.scene.writing.width + 2 * MARGIN, self.graph["width"]
        side = NARROW if self.request.regions else SIDE
        if not self.entries:
            width = max(inside + 2 * side, text, LEAST)
            return width, (width - inside) / 2
        left = max(side, text - min([self._gate(gate)["x"] for gate in self.entries]))
        return max(left + inside + side, text, LEAST), left

    def arranged(self) -> Arranged:
        """The scene with positions."""
        boxes = {node.id: self._box(self.nodes[node.id]) for node in self.scene.nodes.values()}
        labels = {each["id"]: self._box(each["labels"][0]) for each in self.graph["edges"] if each.get("labels")}
        routes = self._routes()
        for name, loops in self.request.loops.items():
            self._draw_loops(boxes[name], loops, routes, labels)
        gates = {gate.id: self._line(gate) for gate in self.scene.gates.values()}
        size = self.width, self.height
        return Arranged(self.scene, *size, boxes, self._names(), routes, labels, gates, self.request.inner)

    def _gate(self, gate: Gate) -> Graph:
        node: Graph = self.nodes[f"g{gate.id}"]
        return node

    def _line(self, gate: Gate) -> float:
        """How far from the left the line through *gate* is."""
        node = self._gate(gate)
        x: float = node["x"] + node["ports"][0]["x"] + self.left
        return x

    def _box(self, each: Graph, within: Graph | None = None) -> Box:
        x, y = (within["x"], within["y"]) if within else (0, 0)
        return Box(x + each["x"] + self.left, y + each["y"] + self.top, each["width"], each["height"])

    def _names(self) -> dict[str, Box]:
        """The places of names that stand beside what they name."""
        found = {
            name: self._box(each["labels"][0], each)
            for name, each in self.nodes.items()
            if each.get("labels") and name not in self.request.loops
        }
        for gate in self.scene.gates.values():
            if gate.path is not None:
                x = self._line(gate) + SIZES["entry_point"] / 2 + 3
                y = 2 if gate.leads_in else self.height - LABEL_LINE - 2
                found[gate.id] = Box(x, y, gate.writing.width, LABEL_LINE)
        return found

    def _routes(self) -> dict[str, tuple[Point, ...]]:
        """How segments run; those that begin or end at the border of the scene are drawn out to it."""
        found = {each["id"]: self._route(each) for each in self.graph["edges"]}
        for bend in self.request.bends:
            name = bend["id"][1:]
            found[name] = (*found[name], *found[f"{name}+"])
        routes: dict[str, tuple[Point, ...]] = {}
        for segment in self.scene.segments:
            route = found.get(segment.id, ())
            start = ((route[0][0], 0.0),) if segment.source.node is None else ()
            end = ((route[-1][0], self.height),) if segment.target.node is None else ()
            routes[segment.id] = (*start, *route, *end)
        return routes

    def _route(self, edge: Graph) -> tuple[Point, ...]:
        section = edge["sections"][0]
        points = [section["startPoint"], *section.get("bendPoints", ()), section["endPoint"]]
        return tuple([(point["x"] + self.left, point["y"] + self.top) for point in points])

    def _draw_loops(
        self, box: Box, loops: list[Segment], routes: dict[str, tuple[Point, ...]], labels: dict[str, Box]
    ) -> None:
        """Put *loops* at the right side of a node, one below the other, with their labels."""
        y = box.y + (box.height - sum(map(loop_height, loops))) / 2
        for loop in loops:
            height, text = loop_height(loop), loop.writing
            top, x = y + (height - LOOP_HEIGHT) / 2, box.right + LOOP_WIDTH
            bottom = top + LOOP_HEIGHT
            routes[loop.id] = ((box.right, top), (x, top), (x, bottom), (box.right, bottom))
            if text.lines:
                labels[loop.id] = Box(x + 4, y + (height - text.label_height) / 2, text.width, text.label_height)
            y += height
