"""Reasons: why a search has not reached something, in a sentence.

In: a chart, and what the search has seen. Out: text.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from hsm.charts import Chart, ChartGuard, ChartTransition, ChartTrigger
from hsm.names import one_line


@attrs.define
class Found:
    """What a search has seen.

    Attributes:
        answers: What guards answered, by identifier.
        own: The names of events that machines sent to themselves.
        errors: What inputs raised, by their text.
        needy: The names of signals that could not be made without arguments.
        bounds: Those of the search, as text.
        reached: Paths of vertices, and identifiers of transitions.
        runs: How many machines were run.
        is_complete: Whether the search came to its end.
    """

    answers: dict[str, set[bool]]
    own: set[str]
    errors: dict[str, str]
    needy: set[str]
    bounds: str
    reached: set[str] = attrs.field(factory=set[str])
    runs: int = 0
    is_complete: bool = True


def reason(chart: Chart, name: str, found: Found) -> str:
    """Why *name*, the path of a state or the identifier of a transition, was not reached."""
    transition = {each.id: each for each in chart.transitions}.get(name)
    if transition is not None:
        return _of_transition(transition, found)
    into = [each for each in chart.transitions if any(_is_at(target, name) for target in each.targets)]
    if not into:
        return "no transition leads to it"
    return f"no transition that leads to it was taken: {', '.join([each.id for each in into])}"


def _is_at(target: str, path: str) -> bool:
    return target == path or target.startswith(f"{path}/")


def _of_transition(transition: ChartTransition, found: Found) -> str:
    if transition.source not in found.reached and transition.role == "transition":
        return "its source was not reached"
    reasons = [each for trigger in transition.triggers if (each := _of_trigger(trigger, found))]
    if reasons and len(reasons) == len(transition.triggers):
        return "; ".join(reasons)
    guards = [*_of_guard(transition.guard, found)]
    if guards:
        return "; ".join(guards)
    return "nothing that was tried took it"


def _of_trigger(trigger: ChartTrigger, found: Found) -> str:
    """Why *trigger* did not come; empty if nothing speaks against it."""
    name = trigger.name or ""
    if trigger.kind == "event":
        if name in found.needy:
            return f"the signal '{name}' cannot be made without arguments: give it in 'data'"
        if name in found.own:
            return f"the machine sends itself '{name}', so that it was not offered: name it in 'data' to offer it"
    raised = [error for text, error in found.errors.items() if name and text.partition("(")[0] == name]
    if raised:
        return f"'{one_line(name)}' raised {raised[0]}: if it needs data, give it in 'data'"
    return ""


def _of_guard(guard: ChartGuard | None, found: Found) -> Iterator[str]:
    """What the predicates in *guard* answered, of those that always answered the same."""
    if guard is None:
        return
    if guard.behavior is not None:
        answers = found.answers.get(guard.behavior.id, set())
        if len(answers) != 2:
            answered = f"always {answers.copy().pop()}" if answers else "never asked"
            yield f"guard {guard.behavior.name} was {answered}"
    for part in guard.parts:
        yield from _of_guard(part, found)
