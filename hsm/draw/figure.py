"""The figure: where everything of a picture is, in pixels from its upper left corner.

In: an `Arranged`, with its arrows. Out: a `Figure`, which `picture` writes as SVG. Here the segments of an arrow are
put together, and what laying out scene by scene leaves behind is tidied: empty strips, and small jogs in lines.
"""

from __future__ import annotations

import attrs

from hsm.draw.arranged import Arranged
from hsm.draw.geometry import Box, Point, merged
from hsm.draw.scenes import MARGIN, SIZES, Arrow, End, Gate, Node, ShapeKind, Stage, Writing

EDGE = 12.0
"""Between the model's border and that of the picture."""


@attrs.frozen
class Shape:
    """A vertex, an initial dot, or the bar of a transition that has several targets.

    Attributes:
        kind: What is drawn.
        path: The vertex; ``None`` for a dot and a bar that stand for none.
        container: The path of the vertex around it; ``None`` for the model.
        box: Where it is.
        writing: What is written in it, or beside it.
        text: Where that is; ``None`` if nothing is.
        transition: The identifier of the transition that a dot or a bar belongs to.
        is_composite: Whether others are in it.
    """

    kind: ShapeKind
    path: str | None
    container: str | None
    box: Box
    writing: Writing
    text: Box | None
    transition: str | None = None
    is_composite: bool = False


@attrs.frozen
class Line:
    """An arrow.

    Attributes:
        transition: The identifier of the transition.
        points: Where it begins, turns and ends; each stretch is horizontal or vertical.
        is_head: Whether it ends in an arrow head.
    """

    transition: str
    points: tuple[Point, ...]
    is_head: bool


@attrs.frozen
class Label:
    """What is written beside an arrow.

    Attributes:
        transition: The identifier of the transition.
        box: Where it is.
        writing: What it is.
    """

    transition: str
    box: Box
    writing: Writing


@attrs.frozen
class Figure:
    """A picture before it is written.

    Attributes:
        width: Of all of it.
        height: Of all of it.
        shapes: Each before those in it.
        lines: The arrows.
        labels: What stands beside them.
        separators: The dashed lines between regions, each with the path of the state that they divide.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    separators: tuple[tuple[str, Point, Point], ...]


def figure(stage: Stage, ground: Arranged) -> Figure:
    """The figure of *stage*, whose ground is laid out as *ground*."""
    parts = _Collected()
    parts.collect(ground, EDGE, EDGE)
    lines = [_line(arrow, parts) for arrow in stage.arrows]
    bearers = {segment.id: arrow.transition for arrow in stage.arrows for _, segment in arrow.segments}
    labels = [attrs.evolve(label, transition=bearers[label.transition]) for label in parts.labels]
    size = ground.width + 2 * EDGE, ground.height + 2 * EDGE
    return Figure(*size, tuple(parts.shapes), tuple(lines), tuple(labels), ())


@attrs.define
class _Collected:
    """What is in the scenes, with absolute positions.

    Attributes:
        shapes: What stands in them.
        labels: What is written beside segments; named after the segments.
        routes: How segments run, by identifier.
        points: The paths of entry and exit points, by the identifiers of their gates.
    """

    shapes: list[Shape] = attrs.field(factory=list[Shape])
    labels: list[Label] = attrs.field(factory=list[Label])
    routes: dict[str, tuple[Point, ...]] = attrs.field(factory=dict[str, tuple[Point, ...]])
    points: set[str] = attrs.field(factory=set[str])

    def collect(self, part: Arranged, x: float, y: float) -> None:
        """Take what is in *part*, whose upper left corner is at (*x*, *y*)."""
        scene = part.scene
        for name, route in part.routes.items():
            self.routes[name] = tuple([(x + across, y + down) for across, down in route])
        for segment in scene.segments:
            if segment.id in part.labels:
                box = part.labels[segment.id].moved(x, y)
                self.labels.append(Label(segment.id, box, segment.writing))
        for gate in scene.gates.values():
            if gate.path is not None:
                self.points.add(gate.id)
                self.shapes.append(_point(gate, part, x, y))
        for node in scene.nodes.values():
            shape = _shape(node, part, x, y)
            self.shapes.append(shape)
            if node.id in part.inner:
                self.collect(part.inner[node.id], shape.box.x, shape.box.y)


def _point(gate: Gate, part: Arranged, x: float, y: float) -> Shape:
    """The entry or exit point at *gate*; its middle is on the border."""
    size = SIZES["entry_point"]
    top = y if gate.leads_in else y + part.height
    box = Box(x + part.gates[gate.id] - size / 2, top - size / 2, size, size)
    kind: ShapeKind = "entry_point" if gate.leads_in else "exit_point"
    return Shape(kind, gate.path, part.scene.path, box, gate.writing, part.names[gate.id].moved(x, y))


def _shape(node: Node, part: Arranged, x: float, y: float) -> Shape:
    """What *node* is drawn as."""
    box, is_composite = part.boxes[node.id].moved(x, y), node.id in part.inner
    text = part.names[node.id].moved(x, y) if node.id in part.names else None
    if node.kind in ("state", "region"):
        text = _written(node.writing, box, is_composite=is_composite)
    return Shape(node.kind, node.path, part.scene.path, box, node.writing, text, node.transition, is_composite)


def _written(writing: Writing, box: Box, *, is_composite: bool) -> Box:
    """Where what is written in a state is: to the left in a composite, else in the middle.

    A name alone is in the middle from top to bottom, too: a state is high if it has arrows to itself.
    """
    x = box.x + MARGIN if is_composite else box.x + (box.width - writing.width) / 2
    is_alone = not is_composite and writing.titles == len(writing.lines)
    y = box.y + ((box.height - writing.height) / 2 if is_alone else 0)
    return Box(x, y + 5, writing.width, writing.height - 7)


def _line(arrow: Arrow, parts: _Collected) -> Line:
    """*arrow* with its segments in one, from border to border."""
    points: list[Point] = []
    for _, segment in arrow.segments:
        points += parts.routes[segment.id]
    radius = SIZES["entry_point"] / 2
    first, last = arrow.segments[0][1].source, arrow.segments[-1][1].target
    if _is_point(first, parts):
        points[0] = (points[0][0], points[0][1] + radius)
    if _is_point(last, parts):
        points[-1] = (points[-1][0], points[-1][1] - radius)
    return Line(arrow.transition, merged(points), arrow.is_head)


def _is_point(end: End, parts: _Collected) -> bool:
    return end.gate in parts.points
