"""Points and boxes: where things are in a picture, in pixels from its upper left corner, downwards."""

from __future__ import annotations

from typing import TypeAlias

import attrs

Point: TypeAlias = tuple[float, float]
"""How far from the left, and how far from the top."""


@attrs.frozen
class Box:
    """A rectangle.

    Attributes:
        x: Its left side.
        y: Its upper side.
        width: From there to the right.
        height: From there downwards.
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    @property
    def center(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, x: float, y: float) -> Box:
        """The same elsewhere."""
        return Box(self.x + x, self.y + y, self.width, self.height)

    def grown(self, by: float) -> Box:
        """With so much more room on each side."""
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than a border."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def contains(self, other: Box) -> bool:
        """Whether *other* is nowhere outside."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def meets(self, start: Point, end: Point) -> bool:
        """Whether a horizontal or vertical line from *start* to *end* passes through its inside."""
        left, right = sorted((start[0], end[0]))
        top, bottom = sorted((start[1], end[1]))
        return (
            (left < self.right and self.x < right and top < self.bottom and self.y < bottom)
            or (left == right and self.x < left < self.right and top < self.bottom and self.y < bottom)
            or (top == bottom and self.y < top < self.bottom and left < self.right and self.x < right)
        )

    def touches(self, point: Point, within: float = 0.1) -> bool:
        """Whether *point* is on its border, or no further from it than *within*."""
        outer, inner = self.grown(within), self.grown(-within)
        x, y = point
        return (
            outer.x <= x <= outer.right
            and outer.y <= y <= outer.bottom
            and not (inner.x < x < inner.right and inner.y < y < inner.bottom)
        )


def merged(points: list[Point]) -> tuple[Point, ...]:
    """*points* without those at which a line does not turn."""
    found: list[Point] = []
    for point in points:
        if found and _is_same(found[-1], point):
            continue
        if len(found) > 1 and (
            _is_aligned(found[-2], found[-1], point, 0) or _is_aligned(found[-2], found[-1], point, 1)
        ):
            found.pop()
        found.append(point)
    return tuple(found)


def _is_same(first: Point, second: Point) -> bool:
    return abs(first[0] - second[0]) < 0.01 and abs(first[1] - second[1]) < 0.01


def _is_aligned(first: Point, second: Point, third: Point, axis: int) -> bool:
    return abs(first[axis] - second[axis]) < 0.01 and abs(second[axis] - third[axis]) < 0.01
