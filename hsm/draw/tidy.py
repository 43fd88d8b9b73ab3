"""Tidying a figure: what is left over when every scene has been laid out by itself.

In: a `Figure`. Out: one that shows the same with the same neighbours: without empty strips, with small jogs in lines
made straight, with ends that meet what is not a box, and with the dashed lines between regions.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeAlias

import attrs

from hsm.draw.figure import Figure, Line, Shape
from hsm.draw.geometry import Box, Point, merged

GAPS = (34.0, 28.0)
"""How wide, and how high, a strip is at most that has nothing in it but lines that cross it."""
JOG = 12.0
"""Up to which width a jog is made straight."""
APART = 7.0
"""How near a line that is moved may come to anything else."""
ROUND = 9.0
"""How near to the corner of a state a line may end."""

Map: TypeAlias = Callable[[float], float]


def tidied(figure: Figure) -> Figure:
    """*figure*, tidied up."""
    for axis in (0, 1):
        figure = _compact(figure, axis)
    return _separated(_attached(_straightened(figure)))


# --- empty strips --------------------------------------------------------------------------------------------


def _compact(figure: Figure, axis: int) -> Figure:
    """Take out empty strips across *axis*: 0 for columns, 1 for rows."""
    cuts = list(_cuts(sorted(_taken(figure, axis)), GAPS[axis]))
    starts = [start for start, _, _ in cuts]

    def moved(value: float) -> float:
        number = bisect_right(starts, value)
        lost = sum([length for _, _, length in cuts[: number - 1]]) if number else 0.0
        if number:
            start, end, length = cuts[number - 1]
            lost += length * min(1.0, (value - start) / (end - start))
        return value - lost

    x, y = (moved, _same) if axis == 0 else (_same, moved)

    def box(each: Box) -> Box:
        left, top = x(each.x), y(each.y)
        return Box(left, top, x(each.right) - left, y(each.bottom) - top)

    return Figure(
        x(figure.width),
        y(figure.height),
        tuple([attrs.evolve(s, box=box(s.box), text=s.text and box(s.text)) for s in figure.shapes]),
        tuple([attrs.evolve(line, points=tuple([(x(p), y(q)) for p, q in line.points])) for line in figure.lines]),
        tuple([attrs.evolve(label, box=box(label.box)) for label in figure.labels]),
        figure.separators,
    )


def _same(value: float) -> float:
    return value


def _cuts(taken: list[tuple[float, float]], gap: float) -> Iterator[tuple[float, float, float]]:
    """The strips between what is *taken* that are wider than *gap*: from where, up to where, how much too wide."""
    reach = taken[0][1]
    for start, end in taken[1:]:
        if start - reach > gap:
            yield reach, start, start - reach - gap
        reach = max(reach, end)


def _taken(figure: Figure, axis: int) -> Iterator[tuple[float, float]]:
    """Where there is something, along *axis*."""
    for shape in figure.shapes:
        start, end = _extent(shape.box, axis)
        if shape.text is not None:
            yield _extent(shape.text, axis)
        if shape.is_composite:
            yield start, start
            yield end, end
        else:
            yield start, end
    for label in figure.labels:
        yield _extent(label.box, axis)
    for line in figure.lines:
        for first, second in pairwise(line.points):
            if first[axis] == second[axis]:
                yield first[axis], first[axis]
    yield 0, 0
    yield (figure.width, figure.width) if axis == 0 else (figure.height, figure.height)


def _extent(box: Box, axis: int) -> tuple[float, float]:
    return (box.x, box.right) if axis == 0 else (box.y, box.bottom)


# --- jogs ----------------------------------------------------------------------------------------------------


def _straightened(figure: Figure) -> Figure:
    """Move the ends of lines along the borders of states, where that takes a small jog out of them."""
    lines = list(figure.lines)
    for number, line in enumerate(lines):
        for is_start in (True, False):
            points = line.points if is_start else line.points[::-1]
            moved = _without_jog(points, figure)
            reach = abs(points[1][1] - points[0][1])
            if moved is not None and _is_free(moved, reach, lines[:number] + lines[number + 1 :], figure):
                line = lines[number] = attrs.evolve(line, points=moved if is_start else moved[::-1])
    return attrs.evolve(figure, lines=tuple(lines))


def _without_jog(points: tuple[Point, ...], figure: Figure) -> tuple[Point, ...] | None:
    """*points* with the first one moved sidewards, if a small jog comes next and the border allows it."""
    if len(points) < 4 or points[0][0] != points[1][0] or not 0 < abs(points[1][0] - points[2][0]) < JOG:
        return None
    x, y = points[2][0], points[0][1]
    for shape in figure.shapes:
        if shape.kind in ("state", "fork", "join") and shape.box.touches(points[0]):
            inset = ROUND if shape.kind == "state" else 3
            if shape.box.x + inset <= x <= shape.box.right - inset and shape.box.touches((x, y)):
                return merged([(x, y), *points[2:]])
    return None


def _is_free(points: tuple[Point, ...], reach: float, others: list[Line], figure: Figure) -> bool:
    """Whether the first stretch of *points*, up to *reach*, keeps away from everything else."""
    start, length = points[0], min(abs(points[1][1] - points[0][1]), reach)
    top, bottom = sorted((start[1], start[1] + math.copysign(length, points[1][1] - start[1])))
    around = Box(start[0] - APART, top + 0.5, 2 * APART, bottom - top - 1)
    taken = [
        *[shape.text for shape in figure.shapes if shape.text is not None],
        *[shape.box for shape in figure.shapes if not shape.is_composite],
        *[label.box for label in figure.labels],
    ]
    return not any(around.overlaps(box) for box in taken) and not any(_runs_along(around, line) for line in others)


def _runs_along(around: Box, line: Line) -> bool:
    """Whether a vertical stretch of *line* comes into a box; what crosses it does no harm."""
    return any(first[0] == second[0] and around.meets(first, second) for first, second in pairwise(line.points))


# --- ends of lines -------------------------------------------------------------------------------------------

_CIRCLES = ("initial", "junction", "final", "shallow_history", "deep_history")


def _attached(figure: Figure) -> Figure:
    """Lead lines that meet a diamond or a circle beside its middle on to where it is: ELK knows only boxes."""
    shapes = [shape for shape in figure.shapes if shape.kind == "choice" or shape.kind in _CIRCLES]
    lines = [
        attrs.evolve(line, points=(_onto(line.points[0], shapes), *line.points[1:-1], _onto(line.points[-1], shapes)))
        for line in figure.lines
    ]
    return attrs.evolve(figure, lines=tuple(lines))


def _onto(point: Point, shapes: list[Shape]) -> Point:
    """*point* on the outline of the one of *shapes* at whose box it is; itself if it is at none."""
    shape = next((shape for shape in shapes if shape.box.touches(point)), None)
    if shape is None:
        return point
    (x, y), radius = shape.box.center, shape.box.width / 2
    aside = min(radius, abs(point[0] - x))
    reach = radius - aside if shape.kind == "choice" else math.sqrt(radius**2 - aside**2)
    return point[0], y + math.copysign(reach, point[1] - y)


# --- regions -------------------------------------------------------------------------------------------------


def _separated(figure: Figure) -> Figure:
    """Put dashed lines between regions."""
    found: list[tuple[str, Point, Point]] = []
    owners = dict.fromkeys([shape.container for shape in figure.shapes if shape.kind == "region"])
    for owner in owners:
        state = next(shape for shape in figure.shapes if shape.path == owner)
        inside = [shape for shape in figure.shapes if shape.container == owner]
        found += [(owner or "", *each) for each in _separators(state, inside, figure)]
    return attrs.evolve(figure, separators=tuple(found))


def _separators(state: Shape, inside: list[Shape], figure: Figure) -> Iterator[tuple[Point, Point]]:
    """The dashed lines in *state*: between its regions, and between these and what stands above or below them."""
    regions = sorted([shape.box for shape in inside if shape.kind == "region"], key=lambda box: box.x)
    others = [shape.box for shape in inside if shape.kind not in ("region", "entry_point", "exit_point")]
    top, bottom = state.box.y + state.writing.height, state.box.bottom
    if any(box.bottom <= regions[0].y for box in others):
        top = regions[0].y - 4
        yield (state.box.x, top), (state.box.right, top)
    if any(box.y >= regions[0].bottom for box in others):
        bottom = regions[0].bottom + 4
        yield (state.box.x, bottom), (state.box.right, bottom)
    for left, right in pairwise(regions):
        x = _clear(left.right, right.x, top, bottom, figure.lines)
        yield (x, top), (x, bottom)


def _clear(left: float, right: float, top: float, bottom: float, lines: tuple[Line, ...]) -> float:
    """The middle of the widest stretch between *left* and *right* in which no line runs downwards."""
    strip = Box(left, top, right - left, bottom - top)
    taken = [
        first[0]
        for line in lines
        for first, second in pairwise(line.points)
        if first[0] == second[0] and strip.meets(first, second)
    ]
    start, end = max(pairwise(sorted([left, *taken, right])), key=lambda each: each[1] - each[0])
    return (start + end) / 2
