"""Pictures of a model: as SVG, and as a page that a browser shows.

In: what has a chart. Out: text. This joins the stages: chart, `scenes`, `arrange` (by the `engine`), `figure`, `tidy`,
`picture`; and `steps` and `viewer` for the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from hsm import trace as tracing
from hsm.charts import Chart
from hsm.draw import picture
from hsm.draw.arrange import arranged
from hsm.draw.engine import laid_out
from hsm.draw.figure import Figure, figure
from hsm.draw.marks import Mark, checked
from hsm.draw.picture import Theme
from hsm.draw.scenes import stage
from hsm.draw.steps import around, steps
from hsm.draw.subject import Subject, charted
from hsm.draw.tidy import tidied
from hsm.draw.viewer import written

if TYPE_CHECKING:
    from hsm import Instance, Machine

Trace: TypeAlias = tracing.Recorder | Iterable[tracing.Record] | str
"""What a machine did: a recorder, records, or their JSON lines."""


def svg(
    model: Subject,
    *,
    active: Machine[Any] | Instance | Iterable[str] | None = None,
    trace: Trace | None = None,
    theme: Theme = "light",
    marks: Mapping[str, Mark] | None = None,
) -> str:
    """A picture of *model* as UML draws it, as the text of an SVG file.

    The same model gives the same text, in every process and on every machine.

    Args:
        model: A model, its chart, a machine class, or a machine.
        active: What is active and marked: a machine, its instance, or paths of vertices. Of a machine that a
            `hsm.trace.Recorder` observes, the transitions of its last step are marked, too.
        trace: What the machine did; the transitions of the last step are marked and, unless *active* says what is
            active, the states after it.
        theme: The colours: ``light``, ``dark``, or ``auto`` for what the reader of the file prefers.
        marks: How far vertices, by path, and transitions, by identifier, were gone through: ``covered``, ``partly`` or
            ``missed``. They are coloured, with a legend; `hsm.testing.ModelCoverage.marks` returns such marks.

    Raises:
        DrawError: The extra ``draw``, or elkjs, is not installed; the message says what to do.
        TypeError: *model* cannot be drawn.
        ValueError: *active* names a vertex that the model does not have, or *trace* is of another model, or *marks* has
            a name or a mark that there is not.
    """
    chart = charted(model)
    coloured = None if marks is None else checked(chart, marks)
    paths, observed = _active(chart, active)
    done = steps(chart, _records(trace if trace is not None else observed))
    marked = done[-1].active if done and active is None else paths
    return picture.written(drawn(chart), chart.name, marked, done[-1].taken if done else (), theme, coloured)


def page(model: Subject, trace: Trace | None = None, *, root: str | None = None) -> str:
    """A page that shows *model*, as the text of an HTML file that needs no other file and no network.

    One can move and zoom the picture, collapse states, search, and walk through the transitions; with a *trace*, play
    what the machine did, forwards and backwards.

    Args:
        model: A model, its chart, a machine class, or a machine.
        trace: What a machine did.
        root: A directory; the names of source files in it are shown relative to it. By default it is the working
            directory.

    Raises:
        DrawError: As for `svg`.
        TypeError: As for `svg`.
        ValueError: *trace* is of another model.
    """
    chart = charted(model)
    return written(chart, drawn(chart), steps(chart, _records(trace)), root)


def mimebundle(model: Subject) -> dict[str, str]:
    """What a notebook shows of *model*: a picture; nothing where that cannot be drawn: it shows the repr then."""
    try:
        return {"image/svg+xml": svg(model)}
    except Exception:  # a notebook must not lose a cell's value because of its picture
        return {}


@lru_cache(maxsize=32)
def drawn(chart: Chart) -> Figure:
    """The figure of *chart*; those of the last charts are kept."""
    found = stage(chart)
    return tidied(figure(found, arranged(found.ground, laid_out)))


def _records(trace: Trace | None) -> Iterable[tracing.Record]:
    if isinstance(trace, str):
        trace = tracing.Recorder.from_json_lines(trace)
    return trace.records if isinstance(trace, tracing.Recorder) else trace or ()


def _active(chart: Chart, active: Machine[Any] | Instance | Iterable[str] | None) -> tuple[Iterable[str], Trace | None]:
    """The paths of what is active, and what its observers recorded.

    Raises:
        ValueError: The chart has no such vertex.
    """
    if active is None:
        return (), None
    from hsm import Instance, Machine, machine_of  # imported late: most pictures are of no machine

    if not isinstance(active, Machine | Instance):
        named = [active] if isinstance(active, str) else active
        return around([chart.vertex(path).path for path in named]), None
    machine = machine_of(active)
    recorders = [each for each in machine.observers if isinstance(each, tracing.Recorder)]
    paths = [chart.vertex(path).path for path in machine.states()]
    return around(paths), recorders[0] if recorders else None
