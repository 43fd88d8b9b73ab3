"""A chart as a tree in plain text, for terminals, reviews and diffs.

In: a Chart. Out: the text: a line for each vertex, below it what it does and where its transitions lead, then what is
in it. It says everything that is in a chart.
"""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import Chart, ChartTransition, ChartVertex
from hsm.draw import words
from hsm.draw.drawn import Diagram
from hsm.names import one_line


def write_tree(chart: Chart) -> Diagram:
    """*chart* as a tree."""
    return Diagram("\n".join(_Tree(chart).lines(chart.vertices[0], "", "")) + "\n")


class _Tree:
    """What stands in what, and what leaves it."""

    def __init__(self, chart: Chart) -> None:
        self.children: dict[str | None, list[ChartVertex]] = {}
        for vertex in chart.vertices:
            self.children.setdefault(vertex.parent, []).append(vertex)
        self.leaving: dict[str, list[ChartTransition]] = {}
        for transition in chart.transitions:
            self.leaving.setdefault(transition.source, []).append(transition)

    def lines(self, vertex: ChartVertex, first: str, others: str) -> Iterator[str]:
        """The lines of *vertex*: what stands before its name, and before each line below."""
        yield f"{first}{words.title(vertex)}" + ("" if vertex.kind == "state" else f" ({words.kind(vertex)})")
        children = self.children.get(vertex.path, [])
        for line in self._details(vertex):
            yield f"{others}{'│' if children else ' '}    {line}"
        for child in children:
            is_last = child is children[-1]
            yield from self.lines(
                child, f"{others}{'└─ ' if is_last else '├─ '}", f"{others}{'   ' if is_last else '│  '}"
            )

    def _details(self, vertex: ChartVertex) -> list[str]:
        """What it does, and where its transitions lead, in the order in which they are tried."""
        # a default entry that was not written comes last in a chart
        leaving = sorted(self.leaving.get(vertex.path, []), key=lambda each: each.role != "default_entry")
        return [*words.compartments(vertex, ()), *[_line(each, leaving) for each in leaving]]


def _line(transition: ChartTransition, siblings: list[ChartTransition]) -> str:
    """Where a transition leads, behind what stands beside its arrow; an internal one leads nowhere."""
    label = words.label(transition, siblings)
    if not transition.targets:
        return label
    start = "initial " if transition.role == "default_entry" else ""
    targets = one_line(", ".join([words.inner_path(target) for target in transition.targets]))
    return f"{start}{label} → {targets}" if label else f"{start}→ {targets}"
