"""The picture: a figure as SVG, drawn as UML draws it.

In: a `Figure`, and what is active. Out: the text of an SVG file. It needs no font, script or style sheet of anybody's,
and has what a page needs to find its way: ``data-path`` on vertices, ``data-id`` on arrows and labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Literal, TypeAlias

import attrs

from hsm.draw import marks as marking
from hsm.draw.figure import Figure, Label, Line, Shape
from hsm.draw.geometry import Box, Point
from hsm.draw.marks import Mark
from hsm.draw.measure import Face, width
from hsm.draw.scenes import INDENT, LABEL_LINE, LINE, MARGIN, SIZE, TITLE_SIZE
from hsm.names import shown

Theme: TypeAlias = Literal["light", "dark", "auto"]
"""The colours of a picture; ``auto`` goes by what the reader of the file prefers."""

_LIGHT = {
    "ground": "#ffffff", "state": "#ffffff", "inside": "#3a68a8", "border": "#3d4a5c", "rule": "#c3ccd8",
    "dash": "#8c99ab", "ink": "#17202c", "soft": "#4a586b", "line": "#4a5b76", "on": "#fff0c2",
    "mark": "#c77700",
}  # fmt: skip
_DARK = {
    "ground": "#12171f", "state": "#222b38", "inside": "#b4cdf2", "border": "#93a1b5", "rule": "#3c495b",
    "dash": "#66758a", "ink": "#e8edf4", "soft": "#aab6c6", "line": "#93a4bf", "on": "#5b4209",
    "mark": "#ffb938",
}  # fmt: skip

_RULES = """
{0} .ground {{ fill: {ground} }}
{0} text {{ fill: {ink}; font: 11px Helvetica, Arial, 'Liberation Sans', sans-serif; white-space: pre }}
{0} text.title {{ font-size: 12.5px; font-weight: bold }}
{0} text.region-name {{ font-size: 12.5px; fill: {soft}; font-style: italic }}
{0} text.name {{ fill: {soft} }}
{0} .box {{ fill: {state}; stroke: {border}; stroke-width: 1.2 }}
{0} .composite > .box {{ fill: {inside}; fill-opacity: 0.05 }}
{0} .region > .box {{ fill: none; stroke: none }}
{0} .rule {{ stroke: {rule}; fill: none }}
{0} .separator {{ stroke: {dash}; stroke-dasharray: 6 4; fill: none }}
{0} .solid {{ fill: {border}; stroke: none }}
{0} .cross {{ stroke: {border}; stroke-width: 1.4; fill: none }}
{0} .symbol {{ text-anchor: middle }}
{0} .line {{ stroke: {line}; stroke-width: 1.3; fill: none }}
{0} .head {{ fill: {line}; stroke: none }}
{0} .active > .box {{ fill: {on}; stroke: {mark}; stroke-width: 2 }}
{0} .composite.active > .box {{ fill: {inside}; fill-opacity: 0.05 }}
{0} .region.active > .box {{ fill: none; stroke: none }}
{0} .taken > .line {{ stroke: {mark}; stroke-width: 2.4 }}
{0} .taken > .head {{ fill: {mark} }}
{0} .label.taken text {{ fill: {mark}; font-weight: bold }}
"""


def styles(theme: Theme, selector: str = "", *, has_marks: bool = False) -> str:
    """The style sheet of a picture.

    Args:
        theme: Its colours.
        selector: Which pictures it is for; by default those of this theme.
        has_marks: Whether it is for marks as well.
    """
    chosen = selector or f".hsm-{theme}"
    rules = _RULES + marking.RULES if has_marks else _RULES
    light = rules.format(chosen, **_LIGHT, **marking.LIGHT)
    dark = rules.format(chosen, **_DARK, **marking.DARK)
    if theme == "auto":
        return f"{light}@media (prefers-color-scheme: dark) {{{dark}}}\n"
    return dark if theme == "dark" else light


def written(
    figure: Figure,
    name: str,
    active: Iterable[str] = (),
    taken: Iterable[str] = (),
    theme: Theme = "light",
    marks: Mapping[str, Mark] | None = None,
) -> str:
    """*figure* as a file.

    Args:
        figure: What is drawn.
        name: That of the model, for those who cannot see the picture.
        active: The paths of the vertices that are active.
        taken: The identifiers of the transitions that were taken last.
        theme: The colours.
        marks: How far vertices and transitions were gone through; with it there is a legend.

    Raises:
        ValueError: There is no such theme.
    """
    if theme not in ("light", "dark", "auto"):
        raise ValueError(f"the themes are 'light', 'dark' and 'auto', not {shown(theme)}")
    opening = f'class="hsm-{theme}"', f"<style>{styles(theme, has_marks=marks is not None)}</style>"
    return _framed(figure, name, opening, _Writer(figure, frozenset(active), frozenset(taken), marks))


def embedded(figure: Figure, name: str) -> str:
    """*figure* as a part of a page that has the `styles` for it, with nothing marked."""
    return _framed(figure, name, ('class="picture"', ""), _Writer(figure, frozenset(), frozenset()))


def _framed(figure: Figure, name: str, opening: tuple[str, str], writer: _Writer) -> str:
    wide, high, legend = figure.width, figure.height, list[str]()
    if writer.marks is not None:
        legend = [*marking.legend(high)]
        wide, high = max(wide, marking.size_of_legend()[0]), high + marking.size_of_legend()[1]
    size = f'width="{_number(wide)}" height="{_number(high)}"'
    box = f'viewBox="0 0 {_number(wide)} {_number(high)}"'
    title = text_of(f"State machine {name}")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {opening[0]} {size} {box} role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        opening[1],
        '<rect class="ground" width="100%" height="100%"/>',
        *writer.vertices(None),
        *[line for each in figure.lines for line in writer.line(each)],
        *[line for each in figure.labels for line in writer.label(each)],
        *legend,
        "</svg>",
    ]
    return "\n".join([line for line in lines if line]) + "\n"


def text_of(text: str) -> str:
    """*text* as XML has it: escaped, and without the characters that it cannot have."""
    legal = [each if each in "\t\n" or (each >= " " and not _is_illegal(each)) else "\ufffd" for each in text]
    return escape("".join(legal))


def _is_illegal(character: str) -> bool:
    return "\ud800" <= character <= "\udfff" or character in "\ufffe\uffff" or "\x7f" <= character <= "\x9f"


def _number(value: float) -> str:
    """*value* with one decimal at most: enough for the eye, and the same everywhere."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


@attrs.frozen
class _Writer:
    """Writes the parts of a picture, each as lines."""

    figure: Figure
    active: frozenset[str]
    taken: frozenset[str]
    marks: Mapping[str, Mark] | None = None

    def _mark(self, name: str | None) -> list[str]:
        """The mark of a vertex or a transition, as a class; none where it has none."""
        mark = None if self.marks is None or name is None else self.marks.get(name)
        return [] if mark is None else [mark]

    def vertices(self, container: str | None) -> Iterator[str]:
        """The vertices in *container*, one group for each, with those in it inside; points come last, over borders."""
        inside = [shape for shape in self.figure.shapes if shape.container == container]
        for shape in sorted(inside, key=lambda each: each.kind.endswith("_point")):
            yield from self._vertex(shape)

    def _vertex(self, shape: Shape) -> Iterator[str]:
        words = [shape.kind.replace("_", "-")]
        words += ["composite"] if shape.is_composite else []
        words += ["active"] if shape.path in self.active else []
        words += ["taken"] if shape.transition in self.taken else []
        words += self._mark(shape.path) or self._mark(shape.transition)
        data = f' data-path="{text_of(shape.path)}"' if shape.path is not None else ""
        data += f' data-id="{text_of(shape.transition)}"' if shape.transition is not None else ""
        yield f'<g class="{" ".join(words)}"{data}>'
        if shape.path is not None:
            yield f"<title>{text_of(shape.path)}</title>"
        if shape.kind in _DRAWN:
            yield from _DRAWN[shape.kind](shape)
        else:
            yield from _state(shape, [" ".join(self._mark(each)) for each in shape.writing.about])
        if shape.is_composite:
            for owner, start, end in self.figure.separators:
                if owner == shape.path:
                    yield f'<path class="separator" d="{_path([start, end])}"/>'
            yield from self.vertices(shape.path)
        yield "</g>"

    def line(self, line: Line) -> Iterator[str]:
        """An arrow."""
        words = ["transition", *(["taken"] if line.transition in self.taken else []), *self._mark(line.transition)]
        yield f'<g class="{" ".join(words)}" data-id="{text_of(line.transition)}">'
        yield f'<path class="line" d="{_rounded(line.points)}"/>'
        if line.is_head:
            yield f'<path class="head" d="{head(line.points[-2], line.points[-1])}"/>'
        yield "</g>"

    def label(self, label: Label) -> Iterator[str]:
        """What stands beside an arrow."""
        words = ["label", *(["taken"] if label.transition in self.taken else []), *self._mark(label.transition)]
        yield f'<g class="{" ".join(words)}" data-id="{text_of(label.transition)}">'
        for number, line in enumerate(label.writing.lines):
            yield _text(line, label.box.x, label.box.y + 10 + number * LABEL_LINE)
        yield "</g>"


# --- vertices ------------------------------------------------------------------------------------------------


def _state(shape: Shape, kinds: Sequence[str]) -> Iterator[str]:
    """A rounded box, its name, and its compartments; *kinds* are the classes of their lines."""
    box, writing = shape.box, shape.writing
    yield f'<rect class="box" {_box(box)} rx="9"/>'
    y = (shape.text.y - 5 if shape.text is not None else box.y) + 17
    for line in writing.lines[: writing.titles]:
        wide = width(line, TITLE_SIZE, "bold")
        x = box.x + MARGIN if shape.is_composite else box.center[0] - wide / 2
        yield _text(line, x, y, "title", TITLE_SIZE, "bold")
        y += LINE
    body = writing.lines[writing.titles :]
    if body or shape.is_composite:
        yield _rule(box, box.y + writing.title_height)
    y = box.y + writing.title_height + 15
    for line, kind in zip(body, kinds, strict=True):
        yield _text(line, box.x + MARGIN, y, kind)
        y += LINE
    if body and shape.is_composite:
        yield _rule(box, box.y + writing.height)


def _rule(box: Box, y: float) -> str:
    return f'<path class="rule" d="M{_number(box.x)} {_number(y)}H{_number(box.right)}"/>'


def _region(shape: Shape) -> Iterator[str]:
    """Only its name: the dashed lines are those of its state."""
    yield f'<rect class="box" {_box(shape.box)}/>'
    y = shape.box.y + 17
    for line in shape.writing.lines:
        yield _text(line, shape.box.x + MARGIN, y, "region-name", TITLE_SIZE)
        y += LINE


def _dot(shape: Shape) -> Iterator[str]:
    x, y = shape.box.center
    yield _circle("solid", x, y, shape.box.width / 2)
    yield from _name(shape)


def _final(shape: Shape) -> Iterator[str]:
    x, y = shape.box.center
    yield _circle("box", x, y, shape.box.width / 2 - 0.6)
    yield _circle("solid", x, y, shape.box.width / 2 - 4.5)
    yield from _name(shape)


def _choice(shape: Shape) -> Iterator[str]:
    (x, y), box = shape.box.center, shape.box
    corners = [(x, box.y), (box.right, y), (x, box.bottom), (box.x, y)]
    yield f'<path class="box" d="{_path(corners)}Z"/>'
    yield from _name(shape)


def _bar(shape: Shape) -> Iterator[str]:
    yield f'<rect class="solid" {_box(shape.box)} rx="2"/>'
    yield from _name(shape)


def _history(shape: Shape) -> Iterator[str]:
    x, y = shape.box.center
    symbol = "H" if shape.kind == "shallow_history" else "H*"
    yield _circle("box", x, y, shape.box.width / 2 - 0.6)
    yield f'<text class="symbol" x="{_number(x)}" y="{_number(y + 4)}">{symbol}</text>'
    yield from _name(shape)


def _point(shape: Shape) -> Iterator[str]:
    """A circle on a border, with a cross in it if it leads out."""
    x, y = shape.box.center
    yield _circle("box", x, y, shape.box.width / 2 - 0.6)
    if shape.kind == "exit_point":
        yield _cross(x, y, shape.box.width / 2 - 2.6)
    yield from _name(shape)


def _terminate(shape: Shape) -> Iterator[str]:
    yield _cross(*shape.box.center, shape.box.width / 2 - 1)
    yield from _name(shape)


_DRAWN: dict[str, Callable[[Shape], Iterator[str]]] = {
    "region": _region,
    "initial": _dot,
    "junction": _dot,
    "final": _final,
    "choice": _choice,
    "fork": _bar,
    "join": _bar,
    "shallow_history": _history,
    "deep_history": _history,
    "entry_point": _point,
    "exit_point": _point,
    "terminate": _terminate,
}
"""How vertices other than states are drawn."""


def _name(shape: Shape) -> Iterator[str]:
    """The name beside a small vertex."""
    if shape.text is not None:
        for number, line in enumerate(shape.writing.lines):
            yield _text(line, shape.text.x, shape.text.y + 10 + number * LABEL_LINE, "name")


def _circle(kind: str, x: float, y: float, radius: float) -> str:
    return f'<circle class="{kind}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"/>'


def _cross(x: float, y: float, reach: float) -> str:
    down = _path([(x - reach, y - reach), (x + reach, y + reach)])
    return f'<path class="cross" d="{down}{_path([(x - reach, y + reach), (x + reach, y - reach)])}"/>'


def _box(box: Box) -> str:
    size = f'width="{_number(box.width)}" height="{_number(box.height)}"'
    return f'x="{_number(box.x)}" y="{_number(box.y)}" {size}'


def _text(text: str, x: float, y: float, kind: str = "", size: float = SIZE, face: Face = "regular") -> str:
    """One line of *text*, exactly as wide as it was measured, in whatever font there is."""
    if text.startswith(INDENT):
        x, text = x + width(INDENT, size), text.removeprefix(INDENT)
    wide = width(text, size, face)
    kind = f' class="{kind}"' if kind else ""
    fixed = f' textLength="{_number(wide)}" lengthAdjust="spacingAndGlyphs"' if wide else ""
    return f'<text{kind} x="{_number(x)}" y="{_number(y)}"{fixed}>{text_of(text)}</text>'


# --- lines ---------------------------------------------------------------------------------------------------


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join([f"{_number(x)} {_number(y)}" for x, y in points])


_CURVE = 6.0
"""The radius of the corner of a line."""
_HEAD = 8.0
"""The length of an arrow head."""


def _rounded(points: tuple[Point, ...]) -> str:
    """The path of a line, with round corners."""
    path = f"M{_number(points[0][0])} {_number(points[0][1])}"
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_CURVE, math.dist(before, here) / 2, math.dist(here, after) / 2)
        (x, y), (p, q) = _towards(here, before, radius), _towards(here, after, radius)
        path += f"L{_number(x)} {_number(y)}Q{_number(here[0])} {_number(here[1])} {_number(p)} {_number(q)}"
    return f"{path}L{_number(points[-1][0])} {_number(points[-1][1])}"


def _towards(start: Point, end: Point, length: float) -> Point:
    """The point that is *length* from *start* on the way to *end*."""
    whole = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * length / whole, start[1] + (end[1] - start[1]) * length / whole


def head(before: Point, tip: Point) -> str:
    """The path of an arrow head at *tip*, for a line that comes from *before*."""
    x, y = _towards(tip, before, _HEAD)
    across, down = (tip[1] - y) * 0.45, (tip[0] - x) * 0.45
    corners = [tip, (x - across, y + down), _towards(tip, before, _HEAD * 0.75), (x + across, y - down)]
    return f"{_path(corners)}Z"
