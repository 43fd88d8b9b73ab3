"""Configurations: which states are active, as a user says it, or as a machine starts.

In: a Chart, and paths. Out: the paths of active leaves, one for each region. What a guard decides is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hsm.charts import Chart
from hsm.cli.problems import Problem


def active(chart: Chart, paths: Sequence[str] | None) -> tuple[str, ...]:
    """The active leaves, in order of declaration, when *paths* are active; by default where a machine starts.

    Of what *paths* do not say, the default entries are taken.

    Raises:
        Problem: A path names nothing, or two exclude each other; or a guard decides what a default entry leads to.
    """
    wanted = [_path(chart, each) for each in paths or ()]
    for one in wanted:
        for other in wanted:
            if not _can_be_together(chart, one, other):
                raise Problem(f"{one} and {other} are never active at the same time", "name one state of each region")
    order = [vertex.path for vertex in chart.vertices]
    return tuple(sorted(set(_entered(chart, chart.vertices[0].path, wanted)), key=order.index))


def around(chart: Chart, path: str) -> Iterator[str]:
    """The vertex at *path* and all around it, innermost first."""
    at: str | None = path
    while at is not None:
        yield at
        at = chart.vertex(at).parent


def _path(chart: Chart, path: str) -> str:
    try:
        vertex = chart.vertex(path)
    except ValueError as error:
        raise Problem(str(error)) from None
    if vertex.kind not in ("state", "region", "final"):
        raise Problem(f"{vertex.path} is never active: it is a {vertex.kind.replace('_', ' ')}", "name a state")
    return vertex.path


def _can_be_together(chart: Chart, one: str, other: str) -> bool:
    outer = set(around(chart, one))
    common = next(each for each in around(chart, other) if each in outer)
    return common in (one, other) or bool(chart.vertex(common).regions)


def _entered(chart: Chart, path: str, wanted: Sequence[str], *targets: str) -> Iterator[str]:
    """The leaves in the vertex at *path*, when *wanted*, else *targets*, else its default entry, say what is in it."""
    vertex = chart.vertex(path)
    if vertex.regions:
        for region in vertex.regions:
            yield from _entered(chart, region, wanted, *targets)
        return
    inner = [each for each in chart.children(path) if each.kind in ("state", "final")]
    said = [each for each in [*wanted, *targets] if each.startswith(f"{path}/")]
    if not inner:
        yield path
        return
    if not said:
        said = list(_default(chart, path))
    child = next(each for each in inner if said[0] == each.path or said[0].startswith(f"{each.path}/"))
    yield from _entered(chart, child.path, wanted, *targets, *said)


def _default(chart: Chart, path: str) -> tuple[str, ...]:
    """Where the default entry of the vertex at *path* leads in the end."""
    entry = chart.vertex(path).default_entry
    assert entry is not None  # of what has states in it
    targets = chart.transition(entry).targets
    while True:
        kinds = [chart.vertex(each).kind for each in targets]
        if all(kind in ("state", "region", "final") for kind in kinds):
            return targets
        onward = [each for target in targets for each in chart.transitions_from(target)]
        if len(onward) != 1 or onward[0].guard is not None:
            raise Problem(f"where {path} is entered depends on more than the model", "say what is active: --in PATH")
        targets = onward[0].targets
