"""Marks: how far each part of a picture was gone through, in colours, with a legend.

In: marks by paths of vertices and identifiers of transitions, such as `hsm.testing.ModelCoverage.marks` returns. Out:
style sheets, and the lines of the legend. Lines are dashed as well, for those who cannot tell the colours apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, get_args

from hsm.charts import Chart
from hsm.draw.measure import width
from hsm.names import shown

Mark: TypeAlias = Literal["covered", "partly", "missed"]
"""How far something was gone through: *partly* a transition that was taken, and whose guards answered one way alone."""
Colours: TypeAlias = Mapping[str, str]
"""The names of colours in the rules, and the colours."""

LIGHT: Colours = {
    "covered": "#1f7a45", "covered_in": "#e2f4e8", "partly": "#a65f00", "partly_in": "#fff0c2", "missed": "#c22f24",
    "missed_in": "#fdeae8",
}  # fmt: skip
DARK: Colours = {
    "covered": "#5fd08c", "covered_in": "#16372a", "partly": "#ffb938", "partly_in": "#4c3a10", "missed": "#ff8174",
    "missed_in": "#45201f",
}  # fmt: skip
_DASHES: dict[Mark, str] = {"covered": "none", "partly": "9 3", "missed": "3 3"}
_WORDS: dict[Mark, str] = {
    "covered": "gone through",
    "partly": "taken, but a guard only ever answered one way",
    "missed": "never gone through",
}
_RULES = """\
{{0}} .{mark} > .box {{{{ fill: {{{mark}_in}}; stroke: {{{mark}}}; stroke-width: 1.6; stroke-dasharray: {dashes} }}}}
{{0}} .composite.{mark} > .box {{{{ fill: {{{mark}}} }}}}
{{0}} .{mark} > .solid {{{{ fill: {{{mark}}} }}}}
{{0}} .{mark} > .line {{{{ stroke: {{{mark}}}; stroke-width: 1.8; stroke-dasharray: {dashes} }}}}
{{0}} .{mark} > .head {{{{ fill: {{{mark}}} }}}}
{{0}} .label.{mark} text, {{0}} text.{mark} {{{{ fill: {{{mark}}} }}}}
"""
RULES = "".join([_RULES.format(mark=mark, dashes=dashes) for mark, dashes in _DASHES.items()])
"""A style sheet, as a format of a selector and the colours."""

_SIZE = 11.0
_ROW = 20
_PAD = 12
_SWATCH = 34


def checked(chart: Chart, marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """*marks*, all of which are of *chart*.

    Raises:
        ValueError: A name is neither a path nor an identifier of a transition in it, or a mark is none.
    """
    known = {each.path for each in chart.vertices} | {each.id for each in chart.transitions}
    for name, mark in marks.items():
        if name not in known:
            raise ValueError(f"marks: model '{chart.name}' has no vertex and no transition {shown(name)}")
        if mark not in get_args(Mark):
            raise ValueError(f"marks: {shown(name)} is 'covered', 'partly' or 'missed', not {shown(mark)}")
    return {**marks}


def size_of_legend() -> tuple[float, float]:
    """Its width and height in pixels."""
    wide = max([width(words, _SIZE) for words in _WORDS.values()])
    return wide + _SWATCH + 3 * _PAD, len(_WORDS) * _ROW + _PAD


def legend(top: float) -> Iterator[str]:
    """What the marks mean, below *top*: for each a box, a line, and the words."""
    for row, (mark, words) in enumerate(_WORDS.items()):
        y = round(top + row * _ROW)
        yield f'<g class="legend {mark}">'
        yield f'<rect class="box" x="{_PAD}" y="{y}" width="{_SWATCH // 2 - 2}" height="12" rx="3"/>'
        yield f'<path class="line" d="M{_PAD + _SWATCH // 2 + 2} {y + 6}h{_SWATCH // 2}"/>'
        yield f'<text x="{2 * _PAD + _SWATCH}" y="{y + 10}">{words}</text>'
        yield "</g>"
