"""Layout: what is around, beside and after a vertex of a Chart.

In: a Chart. Out: answers about how its vertices lie to each other, and which transitions can take an event or leave a
state. Guards are taken to be able to answer either way. Never judges.
"""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import Chart, ChartTransition, ChartTrigger, ChartVertex
from hsm.events import BUILT_IN

_CONDITIONAL = frozenset({"junction", "exit_point", "join"})
"""Kinds behind which the way may be closed: a transition to one of these may not be enabled, or not be the last."""
NAMED = ("event", "prefix", "any", "call")
"""Kinds of triggers that go by a name."""


class Layout:
    """A Chart, with what is worked out from it once."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.vertices: dict[str, ChartVertex] = {vertex.path: vertex for vertex in chart.vertices}
        self.root = chart.vertices[0].path
        self._children: dict[str, list[ChartVertex]] = {}
        for vertex in chart.vertices[1:]:
            self._children.setdefault(vertex.parent or "", []).append(vertex)
        self._from: dict[str, list[ChartTransition]] = {}
        for each in chart.transitions:
            if each.role != "default_entry":
                self._from.setdefault(each.source, []).append(each)

    def children(self, path: str) -> list[ChartVertex]:
        """What stands directly in the vertex at *path*."""
        return self._children.get(path, [])

    def transitions_from(self, path: str) -> list[ChartTransition]:
        """The transitions of the vertex at *path*, in order of declaration; not its default entry."""
        return self._from.get(path, [])

    def around(self, path: str) -> Iterator[str]:
        """The vertex at *path*, and all around it, innermost first."""
        at: str | None = path
        while at is not None:
            yield at
            at = self.vertices[at].parent

    def is_simple(self, path: str) -> bool:
        """Whether the vertex at *path* is a state without states in it."""
        inner = [each for each in self.children(path) if each.kind in ("state", "region", "final")]
        return self.vertices[path].kind == "state" and not inner

    def leaves(self, path: str) -> list[ChartVertex]:
        """What can be the innermost active vertex in the composite at *path*."""
        inside = [each for each in self.chart.vertices if is_inside(each.path, path)]
        return [each for each in inside if each.kind == "final" or self.is_simple(each.path)]

    def has_regions(self, path: str) -> bool:
        """Whether the vertex at *path* or one in it is orthogonal."""
        return any(each.regions for each in self.chart.vertices if is_within(each.path, path))

    def common(self, one: str, other: str) -> str:
        """The innermost vertex that contains both, or is one of them."""
        around = set(self.around(one))
        return next(each for each in self.around(other) if each in around)

    def can_be_together(self, one: str, other: str) -> bool:
        """Whether the two can be active at the same time."""
        common = self.common(one, other)
        return common in (one, other) or bool(self.vertices[common].regions)

    def is_certain(self, transition: ChartTransition) -> bool:
        """Whether *transition* fires whenever its trigger comes to it."""
        kinds = [self.vertices[target].kind for target in transition.targets]
        return transition.guard is None and not _CONDITIONAL.intersection(kinds)

    def may_be_left(self, path: str) -> bool:
        """Whether a transition leaves the state at *path* for something that is not in it."""
        return any(self._leaves(each, path) for each in self.chart.transitions if each.role in ("transition", "branch"))

    def _leaves(self, transition: ChartTransition, path: str) -> bool:
        source, targets = transition.source, transition.targets
        if is_within(source, path):
            return any(not is_within(target, path) for target in targets)
        if is_inside(path, source):
            # what is around it completes only when this does, which it cannot without being left
            by_completion = all(trigger.kind == "completion" for trigger in transition.triggers)
            return not (transition.role == "transition" and by_completion) and any(
                not is_within(target, path) for target in targets
            )
        common = self.common(source, path)
        return bool(self.vertices[common].regions) and any(not is_inside(target, common) for target in targets)


def is_inside(path: str, outer: str) -> bool:
    """Whether the vertex at *path* is in the one at *outer*, at any depth."""
    return path.startswith(f"{outer}/")


def is_within(path: str, outer: str) -> bool:
    """Whether the vertex at *path* is the one at *outer*, or in it."""
    return path == outer or is_inside(path, outer)


def covers(inner: ChartTrigger, outer: ChartTrigger) -> bool:
    """Whether every event that *outer* means is one that *inner* means, too."""
    if inner.kind == "any":
        return outer.kind in ("prefix", "any") or (outer.kind == "event" and outer.name not in BUILT_IN)
    if inner.kind == "prefix":
        is_named = outer.kind == "prefix" or (outer.kind == "event" and outer.name not in BUILT_IN)
        return is_named and (outer.name or "").startswith(inner.name or "")
    return inner.kind == "event" and outer.kind == "event" and inner.name == outer.name


def may_take(trigger: ChartTrigger, pattern: str) -> bool:
    """Whether an event that *pattern* means can be one that *trigger* means; a call goes by its operation."""
    if trigger.kind not in NAMED:
        return False
    if trigger.kind == "any" or pattern == "*":
        return True
    name, known = pattern.removesuffix("*"), trigger.name or ""
    is_prefix = pattern.endswith(".*"), trigger.kind == "prefix"
    if is_prefix == (False, False):
        return name == known
    if is_prefix == (True, True):
        return name.startswith(known) or known.startswith(name)
    return known.startswith(name) if is_prefix[0] else name.startswith(known)


def location(transition: ChartTransition) -> str:
    """Where *transition* is, as messages say it: ``transition of /Door/open on 'close'``."""
    names = [f"'{each}'" for each in transition.triggers if each.kind in NAMED]
    others = [str(each) for each in transition.triggers if each.kind not in (*NAMED, "completion")]
    word = "branch" if transition.role == "branch" else "transition"
    parts = [f"on {' or '.join(names)}"] if names else []
    return " ".join([f"{word} of {transition.source}", *parts, *others])
