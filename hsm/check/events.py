"""Events: between what the sources send and what models react to."""

from __future__ import annotations

from collections.abc import Iterator

from hsm.charts import ChartTransition, ChartTrigger
from hsm.check.dispatched import Dispatched
from hsm.check.finding import Case, Finding
from hsm.check.layout import location
from hsm.events import BUILT_IN
from hsm.names import closest, either, one_line


def unknown(dispatched: Dispatched) -> Iterator[Finding]:
    """HSM102: an event that is dispatched, and that no model names.

    Only literal names, and signals, are judged; and nothing is where no model is known. What something gets that may be
    no machine is judged only if its name is close to one that a model has.
    """
    for sent in dispatched.sent if dispatched.known else ():
        if dispatched.is_known(sent.name):
            continue
        close = closest(sent.name, sorted(dispatched.known))
        if not sent.is_sure and not close:
            continue  # a store or a bus has a method of this name, too
        yield Finding(
            "HSM102",
            f"no model reacts to '{sent.name}'",
            sent.place,
            sent.place,
            "",
            sent.name,
            label="no trigger and no deferral names it",
            help=(f"did you mean {either(close)}?" if close else "add a transition on it, or remove what sends it",),
        )


def never_dispatched(case: Case) -> Iterator[Finding]:
    """HSM103: an event that a model reacts to, and that nothing in its sources sends.

    Only of models whose other events the sources do send: what a library's model reacts to may come from anywhere. And
    only where every event that is dispatched is known, as one that comes from outside has any name.
    """
    dispatched, chart = case.dispatched, case.layout.chart
    if dispatched.is_open or not dispatched.sends(chart.events):
        return
    # a name that is misspelt where it is sent is one mistake, which HSM102 reports
    meant = {name for sent in dispatched.sent if not dispatched.is_known(sent.name) for name in _meant(case, sent.name)}
    seen: set[str] = set()
    for transition, trigger in _named(chart.transitions):
        name = str(trigger)
        if name in seen | meant or dispatched.may_be_sent(name) or transition.place is None:
            continue
        seen.add(name)
        yield Finding(
            "HSM103",
            f"nothing dispatches '{name}'",
            case.sources.narrowed(transition.place, "on", name, name.rpartition(".")[2]),
            transition.place,
            transition.source,
            transition.id,
            detail=name,
            within=one_line(location(transition)),
            help=("other events of this model are dispatched: dispatch this one, too, or remove what reacts to it",),
        )


def _meant(case: Case, name: str) -> list[str]:
    return closest(name, sorted(case.dispatched.known), 1)


def _named(transitions: tuple[ChartTransition, ...]) -> Iterator[tuple[ChartTransition, ChartTrigger]]:
    for each in transitions:
        for trigger in each.triggers:
            if trigger.kind == "event" and trigger.name not in BUILT_IN:
                yield each, trigger
