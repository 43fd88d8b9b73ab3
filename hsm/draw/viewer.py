"""The page: a picture that one can move, search and play, as one HTML file.

In: a Chart, its `Figure`, and the `Step`s of a machine. Out: the text of the file. The picture is laid out here; what
moves it is plain JavaScript, in ``viewer.js``. The page loads nothing from a network, and its policy forbids it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import attrs

from hsm.charts import Chart, ChartTransition, ChartVertex
from hsm.draw import picture, words
from hsm.draw.figure import Figure, Line
from hsm.draw.picture import text_of
from hsm.draw.steps import Step
from hsm.position import Place

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What the page may load: nothing but what is in it."""


def written(chart: Chart, figure: Figure, steps: tuple[Step, ...], root: str | None) -> str:
    """The page of *chart*.

    Args:
        chart: The model.
        figure: Its picture.
        steps: What is played; none for a page without a player.
        root: What names of source files are relative to; ``None`` for the working directory.
    """
    places = _Places(root)
    data = {
        "vertices": [_vertex(chart, vertex, places) for vertex in chart.vertices],
        "transitions": [_transition(each, chart.transitions_from(each.source), places) for each in chart.transitions],
        "lines": [_line(line) for line in figure.lines],
        "boxes": {
            shape.path: [shape.box.x, shape.box.y, shape.box.right, shape.box.bottom]
            for shape in figure.shapes
            if shape.path is not None
        },
        "steps": [attrs.asdict(step) for step in steps],
    }
    return _read("viewer.html").format(
        policy=_POLICY,
        title=text_of(chart.name),
        styles=_read("viewer.css") + picture.styles("light", ".picture") + picture.styles("dark", ".dark .picture"),
        svg=picture.embedded(figure, chart.name),
        data=_json(data),
        script=_read("viewer.js"),
    )


@lru_cache
def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _json(data: object) -> str:
    """*data* as JSON inside of an HTML element: nothing in it looks like a tag, and all of it is ASCII."""
    return (
        json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )


@attrs.frozen
class _Places:
    """Writes where something is written."""

    root: str | None

    def text(self, place: Place | None) -> str:
        if place is None:
            return ""
        if self.root is None:
            return place.short
        start = self.root.rstrip("/\\") + "/"
        return f"{place.file.replace(chr(92), '/').removeprefix(start.replace(chr(92), '/'))}:{place.line}"


def _vertex(chart: Chart, vertex: ChartVertex, places: _Places) -> dict[str, Any]:
    internal = [each for each in chart.transitions_from(vertex.path) if not each.targets]
    return {
        "path": vertex.path,
        "kind": vertex.kind.replace("_", " "),
        "title": words.title(vertex),
        "lines": words.compartments(vertex, internal),
        "place": places.text(vertex.place),
    }


def _transition(transition: ChartTransition, siblings: Sequence[ChartTransition], places: _Places) -> dict[str, Any]:
    return {
        "id": transition.id,
        "source": transition.source,
        "targets": transition.targets,
        "kind": transition.kind if transition.role == "transition" else transition.role.replace("_", " "),
        "label": words.label(transition, siblings, shows_side=True),
        "place": places.text(transition.place),
    }


def _line(line: Line) -> dict[str, Any]:
    points = [[round(x, 1), round(y, 1)] for x, y in line.points]
    return {"id": line.transition, "head": line.is_head, "points": points}
