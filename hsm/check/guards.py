"""Guards: what is in a condition."""

from __future__ import annotations

from hsm.charts import ChartBehavior, ChartGuard


def predicates(guard: ChartGuard | None) -> list[ChartBehavior]:
    """The predicates in *guard*, in the order in which they are asked; none for no guard."""
    if guard is None:
        return []
    own = [guard.behavior] if guard.behavior is not None else []
    return own + [each for part in guard.parts for each in predicates(part)]
