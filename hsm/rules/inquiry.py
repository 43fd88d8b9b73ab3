"""Inquiry: what an event would do, and why; nothing is exited, entered or run but guards (rule L3a).

In: a step and a name. Out: a `Findings`. The selection itself is the one of `selection`; what it asked for on its way
is noted, and every candidate's verdict follows from replaying the same rules with the same answers.
"""

from __future__ import annotations

import attrs

from hsm.configuration import active_outwards
from hsm.explanation import Verdict
from hsm.outcome import Outcome
from hsm.program import Vertex, includes, named
from hsm.rules.operations import Rule, T
from hsm.rules.selection import Decision, all_hold, asked_once, if_enabled, select
from hsm.rules.step import Step
from hsm.rules.traversal import drop_objects


@attrs.define(eq=False)
class Finding:
    """A candidate, and what becomes of it.

    Attributes:
        vertex: The active vertex that it belongs to.
        transition: The transition; ``None`` for a deferral.
        verdict: What becomes of it.
    """

    vertex: int
    transition: int | None
    verdict: Verdict


@attrs.define(eq=False)
class Findings:
    """What an event would do.

    Attributes:
        decision: What the selection decided.
        found: Every candidate of the active vertices, innermost first.
        answers: What each guard that was asked answered, in the order of asking; ``None`` if it raised.
    """

    decision: Decision
    found: list[Finding]
    answers: dict[int, bool | None]


def inquire(step: Step, name: str) -> Rule[Findings]:
    """What an event called *name* would do in the current configuration."""
    asked: list[int] = []
    answers: dict[int, bool | None] = {}

    def candidates(vertex: Vertex) -> tuple[int, ...]:
        asked.append(step.program.index[vertex.path])
        return named(vertex.triggers, name)

    decision = yield from asked_once(select(step, candidates, name), answers)
    yield from drop_objects(step)
    step.forget_guards()
    found: list[Finding] = []
    for index in active_outwards(step.vertices, step.leaves):
        vertex = step.vertices[index]
        verdicts = _verdicts(step, named(vertex.triggers, name), decision, answers, is_asked=index in asked)
        found += [Finding(index, transition, verdict) for transition, verdict in verdicts]
        if includes(vertex.deferrals, name):
            defers = decision.outcome is Outcome.DEFERRED and index == asked[-1]  # where the selection ended
            found.append(Finding(index, None, Verdict.CHOSEN if defers else _unreached(decision)))
        found += [Finding(index, each, Verdict.NEEDS_CALL) for each in vertex.triggers.calls.get(name, ())]
    return Findings(decision, found, answers)


def _verdicts(
    step: Step, transitions: tuple[int, ...], decision: Decision, answers: dict[int, bool | None], *, is_asked: bool
) -> list[tuple[int, Verdict]]:
    """What becomes of each of the *transitions* of one vertex, in order."""
    verdicts: list[tuple[int, Verdict]] = []
    for transition in transitions:
        verdict = _verdict(step, transition, decision, answers) if is_asked else _unreached(decision)
        verdicts.append((transition, verdict))
        # the first that is enabled ends the asking of its vertex, whatever becomes of it afterwards
        is_asked = is_asked and verdict in (Verdict.GUARD_FALSE, Verdict.NO_ROUTE)
    return verdicts


def _verdict(step: Step, transition: int, decision: Decision, answers: dict[int, bool | None]) -> Verdict:
    """What becomes of a *transition* that was asked."""
    if not replayed(all_hold(step, step.transitions[transition].guards), answers):
        return Verdict.GUARD_FALSE
    if replayed(if_enabled(step, transition), answers) is None:
        return Verdict.NO_ROUTE
    if any(chosen.transition == transition for chosen in decision.chosen):
        return Verdict.CHOSEN
    return Verdict.DEFERRED if decision.outcome is Outcome.DEFERRED else Verdict.CONFLICTS


def _unreached(decision: Decision) -> Verdict:
    """Why something was not asked: the selection had come to its *decision* before."""
    return Verdict.DEFERRED if decision.outcome is Outcome.DEFERRED else Verdict.PREEMPTED


def replayed(rule: Rule[T], answers: dict[int, bool | None]) -> T | None:
    """What *rule*, which yields nothing but `Ask`, returns by these *answers*; ``None`` where it asks for more."""
    try:
        next(asked_once(rule, answers))
    except StopIteration as end:
        result: T = end.value
        return result
    return None
