"""A scene with positions: what the room `arrange` makes, one inside the other."""

from __future__ import annotations

import attrs

from hsm.draw.geometry import Box, Point
from hsm.draw.scenes import Scene


@attrs.frozen
class Arranged:
    """A scene with positions, relative to its upper left corner.

    Attributes:
        scene: What was arranged.
        width: Of its border.
        height: Of its border.
        boxes: Where its nodes are, by identifier.
        names: Where the names of small nodes and of points are, by identifier.
        routes: How its segments run, by identifier.
        labels: Where the labels of segments are, by identifier.
        gates: Where on its border its gates are: how far from the left.
        inner: The scenes in it, by the identifiers of their nodes.
    """

    scene: Scene
    width: float
    height: float
    boxes: dict[str, Box]
    names: dict[str, Box]
    routes: dict[str, tuple[Point, ...]]
    labels: dict[str, Box]
    gates: dict[str, float]
    inner: dict[str, Arranged]

    def stretched(self, width: float, height: float) -> Arranged:
        """The same with more room at the right and at the bottom, so that it is at least so large."""
        width, height = max(width, self.width), max(height, self.height)
        routes = {
            segment.id: _moved_end(self.routes[segment.id], height)
            for segment in self.scene.segments
            if segment.target.node is None
        }
        below = {gate.id for gate in self.scene.gates.values() if not gate.leads_in}
        names = {name: box.moved(0, height - self.height) if name in below else box for name, box in self.names.items()}
        return attrs.evolve(self, width=width, height=height, names=names, routes={**self.routes, **routes})


def _moved_end(route: tuple[Point, ...], y: float) -> tuple[Point, ...]:
    return (*route[:-1], (route[-1][0], y))
