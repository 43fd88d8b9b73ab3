"""Armed timers: which of a machine's timers are running, and when they are due.

In: the records of a trace. Out: the timers of the chart. A record names a timer by its state and its kind; of several
of one kind in a state, those that are armed first were declared first.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

import hsm
from hsm.charts import ChartTransition, ChartTrigger


@attrs.frozen
class Armed:
    """A timer that is armed.

    Attributes:
        trigger: What it is: ``after 5 s``.
        left: How long it takes until it is due, in seconds.
        transition: What it takes then.
    """

    trigger: ChartTrigger
    left: float
    transition: ChartTransition

    def __str__(self) -> str:
        """``after 5 s, due in 3 s``."""
        return f"{self.trigger}, due in {_span(self.left)}"


class Timers:
    """The timers of *chart* that are armed."""

    def __init__(self, chart: hsm.Chart) -> None:
        self._known: dict[tuple[str, str], list[str]] = {}
        self._timers: dict[str, tuple[ChartTrigger, ChartTransition]] = {}
        for transition in chart.transitions:
            for trigger in transition.triggers:
                if trigger.kind in ("after", "every", "at"):
                    self._known.setdefault((transition.source, trigger.kind), []).append(trigger.id)
                    self._timers[trigger.id] = trigger, transition
        self._due: dict[str, float] = {}

    def note(self, record: hsm.trace.Record) -> None:
        """Take in what *record* says."""
        match record:
            case hsm.trace.TimerArmed(vertex=vertex, timer=kind, due=due):
                free = [each for each in self._known[vertex, kind] if each not in self._due]
                self._due[free[0]] = due
            case hsm.trace.TimerDisarmed(vertex=vertex, timer=kind):
                del self._due[self._of(vertex, kind)[0]]
            case hsm.trace.TimerFired(vertex=vertex, timer=kind):
                self._fired(min(self._of(vertex, kind), key=self._due.__getitem__))
            case _:
                pass

    def armed(self, now: float) -> Iterator[Armed]:
        """Each timer that is armed at the time *now*, the first that is due first."""
        for name in sorted(self._due, key=self._due.__getitem__):
            trigger, transition = self._timers[name]
            yield Armed(trigger, self._due[name] - now, transition)

    def _of(self, vertex: str, kind: str) -> list[str]:
        return [each for each in self._known[vertex, kind] if each in self._due]

    def _fired(self, name: str) -> None:
        """The timer *name* has fired: `every` is armed for its next tick, by how long it takes."""
        trigger, _ = self._timers[name]
        due = self._due.pop(name)
        if trigger.kind == "every" and trigger.seconds is not None:
            self._due[name] = due + trigger.seconds


def _span(seconds: float) -> str:
    """*seconds* in words: in days, if they are many."""
    return f"{round(seconds, 6):g} s" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days"


_DAY = 86400.0
