"""A chart as tables in Markdown, as GitHub has them.

In: a Chart. Out: the text: one table of what there is, one of the transitions in the order in which they are tried.
Columns that would be empty are left out. What users wrote stands in spans of code, where nothing of it is markup. It
says everything that is in a chart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hsm.charts import Chart, ChartTransition, ChartVertex
from hsm.draw import words
from hsm.draw.drawn import Diagram
from hsm.names import one_line

_WORDS = {
    "default_entry": "*initial*",
    "history_default": "*without memory*",
    "branch": "",
    "transition": "*completion*",
}
"""What stands in the place of a trigger where there is none, by the role of the transition."""


def write_table(chart: Chart) -> Diagram:
    """*chart* as two tables."""
    siblings: dict[str, list[ChartTransition]] = {}
    for transition in chart.transitions:
        siblings.setdefault(transition.source, []).append(transition)
    vertices = [_vertex(each) for each in chart.vertices]
    transitions = [_transition(each, siblings[each.source]) for each in chart.transitions]
    tables = [_table(("state", "kind", "entry", "exit", "do", "defers"), 2, vertices)]
    if transitions:
        tables.append(_table(("from", "trigger", "guard", "effect", "to"), 2, transitions))
    return Diagram("\n".join(tables))


def _vertex(vertex: ChartVertex) -> list[str]:
    """The row of a vertex."""
    kind = words.kind(vertex) if vertex.submachine is None else f"submachine {_code(one_line(vertex.submachine))}"
    actions = [words.behaviors(each) for each in (vertex.entry, vertex.exit, vertex.activities)]
    return [_path(vertex.path), kind, *map(_code, [*actions, one_line(", ".join(vertex.deferrals))])]


def _transition(transition: ChartTransition, siblings: list[ChartTransition]) -> list[str]:
    """The row of a transition."""
    is_else = words.is_else(transition, siblings)
    guard = "*else*" * is_else if transition.guard is None else _code(words.guard(transition.guard))
    targets = ", ".join([_path(each) for each in transition.targets]) or "*internal*"
    if transition.kind == "local" or words.is_external_inwards(transition):
        targets += f" ({transition.kind})"
    trigger = _code(words.triggers(transition)) or _WORDS[transition.role]
    return [_path(transition.source), trigger, guard, _code(words.behaviors(transition.effects)), targets]


def _table(heads: Iterable[str], fixed: int, rows: list[list[str]]) -> str:
    """A table of *rows*, without the columns in which nothing stands; the first *fixed* ones stay."""
    columns = list(zip(heads, *rows, strict=True))
    kept = [column for number, column in enumerate(columns) if number < fixed or any(column[1:])]
    lines = [f"| {' | '.join(row)} |" for row in zip(*kept, strict=True)]
    lines.insert(1, "|" + "---|" * len(kept))
    return "\n".join(lines) + "\n"


def _path(path: str) -> str:
    return _code(one_line(words.inner_path(path)))


def _code(text: str) -> str:
    """*text* as a span of code in a table, with more backticks around it than in it; nothing if it is empty."""
    if not text:
        return ""
    if "|" in text:  # the one sign that ends a cell in a span of code, too, and readers differ in how it is escaped
        return f"<code>{''.join([each if each.isalnum() else f'&#{ord(each)};' for each in text])}</code>"
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"
