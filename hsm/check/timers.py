"""Timers: those that never fire, as their state is always left before."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import ChartTransition, ChartTrigger
from hsm.check.finding import Case, Finding
from hsm.check.layout import Layout, is_inside, location


def outrun(case: Case) -> Iterator[Finding]:
    """HSM106: a timer that never fires, as a shorter one, without a guard, leaves its state first (rules A3 and A6).

    The shorter one may belong to the state itself, or to one around it: that was entered no later.
    """
    layout = case.layout
    for each in layout.chart.transitions:
        for trigger in _timers(each):
            first = _first(layout, each, trigger)
            if first is None or each.place is None or trigger.seconds is None:
                continue
            left, seconds = first
            yield Finding(
                "HSM106",
                f"this timer of {trigger.seconds:g} s never fires",
                case.sources.narrowed(each.place, trigger.kind, *_spellings(trigger.seconds)),
                each.place,
                each.source,
                each.id,
                detail=trigger.id,
                label=f"{left} is left after {seconds:g} s",
                within=location(each),
                help=("make it shorter than the other one, give that a guard, or remove this one",),
                is_dead=True,
            )


def _timers(transition: ChartTransition) -> list[ChartTrigger]:
    return [each for each in transition.triggers if each.kind in ("after", "every") and each.seconds is not None]


def _spellings(seconds: float) -> list[object]:
    """How a call may say *seconds*."""
    return [seconds, seconds / 60, seconds / 3600, seconds / 86400, seconds * 1000]


def _first(layout: Layout, transition: ChartTransition, trigger: ChartTrigger) -> tuple[str, float] | None:
    """The state that is left before *trigger* is due, and after how many seconds."""
    for path in layout.around(transition.source):
        is_declared_before = True
        for other in layout.transitions_from(path):
            is_declared_before = is_declared_before and other is not transition
            if not _leaves(layout, other):
                continue
            for each in _timers(other):
                # of two that are due together, the one that is declared first fires (rule A6)
                is_tie = each.seconds == trigger.seconds and path == transition.source and is_declared_before
                if each is not trigger and ((each.seconds or 0) < (trigger.seconds or 0) or is_tie):
                    return path, each.seconds or 0
    return None


def _leaves(layout: Layout, transition: ChartTransition) -> bool:
    """Whether *transition*, when it fires, surely exits its source."""
    is_local = transition.kind != "external" and any(is_inside(each, transition.source) for each in transition.targets)
    return bool(transition.targets) and not is_local and layout.is_certain(transition)
