"""Inquiry: what an event would do, and why; nothing is exited, entered or run but guards (rule L3a).

In: a step and a name. Out: an outcome, or a `Findings`. The selection itself is the one of `selection`; what it asked
for on its way is noted, and every candidate's verdict follows from replaying the same rules with the same answers.
"""

from __future__ import annotations

from typing import Any

import attrs

from hsm.configuration import Leaves, active_outwards
from hsm.events import ERROR
from hsm.explanation import Verdict
from hsm.outcome import Outcome
from hsm.program import Vertex, includes, named
from hsm.rules import operations as op
from hsm.rules.operations import Rule, T
from hsm.rules.selection import Decision, all_hold, asked_once, if_enabled, select, select_by_name
from hsm.rules.step import Step
from hsm.rules.traversal import drop_objects, fire


@attrs.define(eq=False)
class Finding:
    """A candidate, and what becomes of it.

    Attributes:
        vertex: The active vertex that it belongs to.
        transition: The transition; ``None`` for a deferral.
        verdict: What becomes of it.
        was_asked: Whether the selection came to it, so that its guards, if it has any, were evaluated.
    """

    vertex: int
    transition: int | None
    verdict: Verdict
    was_asked: bool = False


@attrs.define(eq=False)
class Findings:
    """What an event would do.

    Attributes:
        decision: What the selection decided.
        found: Every candidate of the active vertices, innermost first.
        answers: What each guard that was asked answered, in the order of asking; ``None`` if it raised.
        branches: The branches of junctions, and of other pseudostates, whose guards were evaluated.
    """

    decision: Decision
    found: list[Finding]
    answers: dict[int, bool | None]
    branches: frozenset[int]


def foresee(step: Step, name: str) -> Rule[Outcome]:
    """The outcome of an event called *name* in the current configuration.

    What guards raised is left unhandled if no transition would take it: where the event leads, as errors are handled
    there (rule E3). Guards of choices on the way, and of reactions to errors, are asked for that alone.
    """
    answers: dict[int, bool | None] = {}
    decision = yield from asked_once(select_by_name(step, name), answers)
    if None in answers.values():
        memory: dict[int, Leaves] = {}
        reached = Step(step.program, step.leaves, dict(step.parked))
        yield from _passed(fire(reached, decision), memory)
        while reached.ended is None and (yield op.TakeError()):
            handling = yield from select_by_name(reached, ERROR)
            yield from _passed(fire(reached, handling), memory)
            yield op.EndError(bool(handling.chosen))
        # what was not entered may have been asked: whatever was made for that goes, as nothing of it is active
        step.considered += range(len(step.vertices))
    yield from drop_objects(step)
    return decision.outcome


def _passed(rule: Rule[T], memory: dict[int, Leaves]) -> Rule[T]:
    """*rule*, of whose operations only questions are yielded: the others do nothing, and none of them fails.

    What it remembers for histories goes into *memory*.
    """
    answer: Any = None
    while True:
        try:
            operation = rule.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what the rule returns
        answer = True
        if isinstance(operation, op.Remember):
            memory[operation.vertex] = operation.leaves
        elif isinstance(operation, op.AskHistory) and operation.owner in memory:
            answer = memory[operation.owner]
        elif isinstance(operation, op.Ask | op.AskHistory):
            answer = yield operation


def inquire(step: Step, name: str) -> Rule[Findings]:
    """What an event called *name* would do in the current configuration."""
    asked: list[int] = []
    answers: dict[int, bool | None] = {}

    def candidates(vertex: Vertex) -> tuple[int, ...]:
        asked.append(step.program.index[vertex.path])
        return named(vertex.triggers, name)

    decision = yield from asked_once(select(step, candidates, name), answers)
    yield from drop_objects(step)
    branches = frozenset(step.open_branches)
    step.forget_guards()
    found: list[Finding] = []
    for index in active_outwards(step.vertices, step.leaves):
        vertex = step.vertices[index]
        found += _findings(step, index, named(vertex.triggers, name), decision, answers, is_asked=index in asked)
        if includes(vertex.deferrals, name):
            defers = decision.outcome is Outcome.DEFERRED and index == asked[-1]  # where the selection ended
            found.append(Finding(index, None, Verdict.CHOSEN if defers else _unreached(decision)))
        found += [Finding(index, each, Verdict.NEEDS_CALL) for each in vertex.triggers.calls.get(name, ())]
    return Findings(decision, found, answers, branches)


def _findings(
    step: Step,
    vertex: int,
    transitions: tuple[int, ...],
    decision: Decision,
    answers: dict[int, bool | None],
    *,
    is_asked: bool,
) -> list[Finding]:
    """What becomes of each of the *transitions* of one vertex, in order."""
    found: list[Finding] = []
    for transition in transitions:
        verdict = _verdict(step, transition, decision, answers) if is_asked else _unreached(decision)
        found.append(Finding(vertex, transition, verdict, was_asked=is_asked))
        # the first that is enabled ends the asking of its vertex, whatever becomes of it afterwards
        is_asked = is_asked and verdict in (Verdict.GUARD_FALSE, Verdict.NO_ROUTE)
    return found


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


def replayed(rule: Rule[T], answers: dict[int, bool | None]) -> T:
    """What *rule*, which yields nothing but `Ask` of what is in *answers*, returns."""
    answer: bool | None = None
    while True:
        try:
            ask: op.Ask = rule.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what the rule returns
        answer = answers.get(ask.behavior)
