"""Following: which transitions of a chart may fire next after which, for the coverage of pairs.

In: a Chart. Out: pairs of identifiers. What is active after a transition is taken from the chart alone: where that
depends on data or history, everything that is possible counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import Chart, ChartTransition, ChartVertex


def possible_pairs(chart: Chart) -> Iterator[tuple[str, str]]:
    """The pairs of transitions of which the second may be the next that fires, in the order of the chart."""
    fired = [each for each in chart.transitions if each.role == "transition"]
    following = _Following(chart)
    for first in fired:
        active = following.active_after(first)
        yield from [(first.id, second.id) for second in fired if second.source in active]


class _Following:
    """What is active where."""

    def __init__(self, chart: Chart) -> None:
        self._vertices = {vertex.path: vertex for vertex in chart.vertices}
        self._transitions = {each.id: each for each in chart.transitions}
        self._leaving: dict[str, list[ChartTransition]] = {}
        for each in chart.transitions:
            if each.role != "default_entry":
                self._leaving.setdefault(each.source, []).append(each)

    def active_after(self, transition: ChartTransition) -> set[str]:
        """The paths of the vertices that may be active when *transition* has been taken."""
        if not transition.targets:
            return {*self._around(transition.source), *self._inside(transition.source)}
        found: set[str] = set()
        reached = [*transition.targets]
        seen: set[str] = set()
        while reached:
            path = reached.pop()
            if path in seen:
                continue
            seen.add(path)
            vertex = self._vertices[path]
            if vertex.kind in ("state", "region", "final"):
                found |= {*self._around(path), *self._beside(vertex)}
                reached += self._entered(vertex)
            else:
                reached += self._onwards(vertex, found)
        return found

    def _onwards(self, vertex: ChartVertex, found: set[str]) -> list[str]:
        """Where a pseudostate leads; what a history may restore is added to *found*."""
        owner = vertex.parent or vertex.path
        if vertex.kind in ("shallow_history", "deep_history"):
            found |= {*self._around(owner), *self._inside(owner)}
        leaving = [target for each in self._leaving.get(vertex.path, ()) for target in each.targets]
        if vertex.kind == "entry_point" and not leaving:
            return [owner]
        return leaving

    def _entered(self, vertex: ChartVertex) -> list[str]:
        """What is entered by default with *vertex*."""
        if vertex.default_entry is not None:
            return [*self._transitions[vertex.default_entry].targets]
        return [*vertex.regions]

    def _beside(self, vertex: ChartVertex) -> Iterator[str]:
        """What may be active in the regions beside that in which *vertex* is."""
        for path in self._around(vertex.path):
            around = self._vertices[path]
            if around.kind == "region" and around.parent is not None:
                for region in self._vertices[around.parent].regions:
                    if region != path:
                        yield region
                        yield from self._inside(region)

    def _around(self, path: str) -> Iterator[str]:
        """*path*, and what it is in."""
        at: str | None = path
        while at is not None:
            yield at
            at = self._vertices[at].parent

    def _inside(self, path: str) -> Iterator[str]:
        yield from [each for each in self._vertices if each.startswith(f"{path}/")]
