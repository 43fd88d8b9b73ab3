"""What may not be in a picture: everything that overlaps, ends nowhere, is outside, or is missing."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

from hsm.draw import words

CLOSE = 0.05
"""Pixels that do not count."""


def faults(figure, chart):
    """What is wrong with the *figure* of a *chart*, as tuples that begin with a word for it."""
    return [
        *texts_over_something(figure),
        *shapes_over_something(figure),
        *shapes_outside(figure),
        *lines_that_end_nowhere(figure, chart),
        *what_is_missing(figure, chart),
    ]


def written(figure):
    """Every text, with what it is of."""
    yield from [(shape.path, shape.text) for shape in figure.shapes if shape.text is not None]
    yield from [(label.transition, label.box) for label in figure.labels]


def stretches(line):
    return pairwise(line.points)


def texts_over_something(figure):
    for (name, text), (other, box) in combinations(written(figure), 2):
        if text.grown(-CLOSE).overlaps(box):
            yield "text over text", name, other
    for name, text in written(figure):
        for shape in figure.shapes:
            is_over = text.grown(-CLOSE).overlaps(shape.box) and not shape.box.contains(text)
            if is_over or (shape.path != name and not shape.is_composite and text.overlaps(shape.box)):
                yield "text over shape", name, shape.path
        for line in figure.lines:
            if any(text.grown(-1).meets(start, end) for start, end in stretches(line)):
                yield "text over line", name, line.transition
        for owner, start, end in figure.separators:
            if text.grown(-CLOSE).meets(start, end):
                yield "text over separator", name, owner


def shapes_over_something(figure):
    leaves = [shape for shape in figure.shapes if not shape.is_composite]
    for one, other in combinations(leaves, 2):
        if one.box.grown(-CLOSE).overlaps(other.box):
            yield "shape over shape", one.path, other.path
    composites = [shape for shape in figure.shapes if shape.is_composite]
    for one, other in combinations(composites, 2):
        nested = one.box.contains(other.box) or other.box.contains(one.box)
        if one.box.grown(-CLOSE).overlaps(other.box) and not nested:
            yield "composite over composite", one.path, other.path
    for leaf in leaves:
        for line in figure.lines:
            if any(body(leaf).meets(start, end) for start, end in stretches(line)):
                yield "line over shape", line.transition, leaf.path


CIRCLES = ("initial", "junction", "final", "shallow_history", "deep_history")


def body(shape):
    """What no line may come into: a box, or the square in a diamond or circle."""
    if shape.kind == "choice":
        return shape.box.grown(-shape.box.width / 4 - 0.5)
    return shape.box.grown(-shape.box.width * 0.15 - 0.5 if shape.kind in CIRCLES else -0.5)


def is_at(shape, point):
    """Whether a line that ends at *point* meets what is drawn of *shape*, and not just the box around it."""
    across, down = [abs(point[axis] - shape.box.center[axis]) for axis in (0, 1)]
    if shape.kind == "choice":
        return abs(across + down - shape.box.width / 2) < 0.2
    if shape.kind in CIRCLES:
        return abs(math.hypot(across, down) - shape.box.width / 2) < 0.2
    return shape.box.touches(point)


def shapes_outside(figure):
    boxes = {shape.path: shape.box for shape in figure.shapes if shape.path is not None}
    for shape in figure.shapes:
        if shape.container is None:
            continue
        container = boxes[shape.container]
        if shape.kind in ("entry_point", "exit_point"):
            if not container.touches(shape.box.center):
                yield "point off the border", shape.path
        elif not container.grown(CLOSE).contains(shape.box):
            yield "shape outside", shape.path, shape.container


def lines_that_end_nowhere(figure, chart):
    for line in figure.lines:
        transition = chart.transition(line.transition)
        ends = {transition.source, *transition.targets}
        dots = [shape for shape in figure.shapes if shape.transition == transition.id]
        shapes = [shape for shape in figure.shapes if shape.path in ends] + dots
        for point in (line.points[0], line.points[-1]):
            if not any(is_at(shape, point) for shape in shapes):
                yield "line that ends nowhere", line.transition, point
        if any(abs(start[0] - end[0]) > CLOSE and abs(start[1] - end[1]) > CLOSE for start, end in stretches(line)):
            yield "slanting line", line.transition


def what_is_missing(figure, chart):
    drawn = [shape.path for shape in figure.shapes if shape.path is not None]
    if sorted(drawn) != sorted([vertex.path for vertex in chart.vertices]):
        yield "vertices that are not drawn once", drawn
    for transition in chart.transitions:
        heads = [line for line in figure.lines if line.transition == transition.id and line.is_head]
        if len(heads) != len(transition.targets):
            yield "arrows that are not drawn once", transition.id, len(heads)
        said = ["".join(label.writing.lines) for label in figure.labels if label.transition == transition.id]
        label = words.label(transition, chart.transitions_from(transition.source), shows_side=True)
        wanted = [label] if transition.targets and label else []
        if [text.replace(" ", "").replace("\u2003", "") for text in said] != [each.replace(" ", "") for each in wanted]:
            yield "labels that are not there once", transition.id, said
    for vertex in chart.vertices:
        inner = [each for each in chart.transitions if each.source == vertex.path and not each.targets]
        for line in words.compartments(vertex, inner):
            shape = next(shape for shape in figure.shapes if shape.path == vertex.path)
            if line.replace(" ", "") not in "".join(shape.writing.lines).replace(" ", "").replace("\u2003", ""):
                yield "compartment that is not there", vertex.path, line
