"""What is tested: a model with instances to run it on, and what in it is to be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from hsm.charts import Chart, ChartTransition, ChartVertex
from hsm.elements.nodes import Model
from hsm.instance import Instance
from hsm.names import shown

Tested: TypeAlias = Model[Any] | type[Instance]
"""A model, or a machine class."""
Factory: TypeAlias = Callable[[], Instance]
"""What makes an instance for each machine."""


def tested(subject: Tested, factory: Factory | None) -> tuple[Model[Any], Factory]:
    """The model of *subject*, and what makes instances for it: *factory*, or else the class that the model works on.

    Raises:
        TypeError: *subject* is neither a model nor a class that has one.
    """
    model: Any = getattr(subject, "model", None) if isinstance(subject, type) else subject
    if not issubclass(type(model), Model):
        raise TypeError(f"what is tested is a model or a machine class, not {shown(subject)}")
    return model, factory or (subject if isinstance(subject, type) else model.instance_type)


def states_of(chart: Chart) -> tuple[ChartVertex, ...]:
    """The states and final states in *chart*, without the model itself, which is always active."""
    return tuple([vertex for vertex in chart.vertices[1:] if vertex.kind in ("state", "final")])


def transitions_of(chart: Chart) -> tuple[ChartTransition, ...]:
    """The transitions in *chart* that somebody wrote: a default entry that no `initial` declares is left out."""
    written = [each for each in chart.transitions if each.role != "default_entry" or each.place is not None]
    return tuple(written)


def described(transition: ChartTransition) -> str:
    """*transition* in a message: ``/Door/closed#0 (on open to /Door/open)``."""
    triggers = ", ".join([str(trigger) for trigger in transition.triggers if str(trigger)])
    words = [f"on {triggers}"] if triggers else []
    if transition.targets:
        words.append(f"to {', '.join(transition.targets)}")
    return f"{transition.id} ({' '.join(words)})" if words else transition.id
