"""What a rule is given, and what it gives.

In: nothing. Out: `Case` and `Finding`, as types, and whether two behaviours are certainly the same.
"""

from __future__ import annotations

import attrs

from hsm.charts import ChartBehavior, ChartGuard
from hsm.check.dispatched import Dispatched
from hsm.check.layout import Layout
from hsm.check.sources import Sources
from hsm.position import Place


@attrs.frozen
class Finding:
    """One thing that is probably a mistake.

    Attributes:
        code: ``HSM`` and three digits, from 101 on.
        message: What is wrong, in one lower-case line.
        place: What to point at.
        subject: Where the vertex, transition or behaviour is written that it is about.
        vertex: The path of the vertex that it is about, or that has what it is about.
        item: What it is about: a path or an identifier of the chart.
        detail: What tells it apart from others about the same thing.
        label: The text next to the caret.
        within: The location in the model.
        help: What to do, one line each.
        is_dead: Whether it says that something never fires, which one reason is enough for.
    """

    code: str
    message: str
    place: Place
    subject: Place
    vertex: str
    item: str
    detail: str = ""
    label: str = ""
    within: str = ""
    help: tuple[str, ...] = ()
    is_dead: bool = False


@attrs.frozen
class Case:
    """One model, with what is known of the sources.

    Attributes:
        layout: The model.
        sources: The files.
        dispatched: What they send.
    """

    layout: Layout
    sources: Sources
    dispatched: Dispatched

    def are_same(self, one: ChartBehavior, other: ChartBehavior) -> bool:
        """Whether two behaviours are certainly the same function, with nothing around it that could differ."""
        if one.name != other.name or one.place is None or other.place is None:
            return False
        # a partial has the name of its function, and what a factory makes has the same name each time; so only what is
        # written as a name counts, which the sources have as a function
        text = self.sources.text(one.place)
        is_known = self.sources.function(one.name, one.place) is not None
        return is_known and text is not None and text == self.sources.text(other.place)

    def are_equal(self, one: ChartGuard | None, other: ChartGuard | None) -> bool:
        """Whether two guards certainly ask the same."""
        if one is None or other is None:
            return one is other
        if (one.kind, one.vertex, len(one.parts)) != (other.kind, other.vertex, len(other.parts)):
            return False
        if one.behavior is not None and other.behavior is not None:
            return self.are_same(one.behavior, other.behavior)
        return all(self.are_equal(a, b) for a, b in zip(one.parts, other.parts, strict=True))
