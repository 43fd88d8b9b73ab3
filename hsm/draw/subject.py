"""What can be drawn: whatever has a chart.

The one joint between drawings and the rest of the house: beyond it, there are charts only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, Union, cast

from hsm.charts import Chart
from hsm.names import shown

if TYPE_CHECKING:
    from hsm import Instance, Machine, Model

Subject: TypeAlias = Union["Chart", "Model[Any]", "Machine[Any]", "type[Instance]"]
"""What every drawing can be made of: a model, its chart, a class that has a ``model``, or a machine that runs."""


def charted(subject: Subject) -> Chart:
    """The chart of *subject*.

    Raises:
        TypeError: It is none of these.
        DefinitionError: The model breaks rules, where `hsm.collect` let it pass.
    """
    if isinstance(subject, Chart):
        return subject
    from hsm import Machine, Model, chart  # imported late: what has a chart at hand needs no run time

    if isinstance(subject, Machine):
        return subject.chart()
    model = cast("Model[Any]", getattr(subject, "model", None)) if isinstance(subject, type) else subject
    if not isinstance(model, Model):
        raise TypeError(f"a drawing is made of a model, a chart, a machine or its class, not of {shown(subject)}")
    return chart(model)
