"""Settling: what one event does, and everything that follows from it (rules C2, C3, E3, Q5, Q8 and T6).

In: a step. Out: operations; what a rule returns is the outcome. Whoever runs the rules starts with one of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hsm.configuration import active_outwards
from hsm.events import CHANGE, COMPLETION, ERROR
from hsm.outcome import Outcome, Status
from hsm.program import NONE, OUTSIDE
from hsm.rules import operations as op
from hsm.rules.operations import Rule
from hsm.rules.selection import (
    Decision,
    asked_once,
    holds,
    select_among,
    select_by_call,
    select_by_change,
    select_by_name,
)
from hsm.rules.step import Step
from hsm.rules.traversal import complete_if_done, drop_objects, enter_model, exit_inside, fire


def on_event(step: Step, name: str) -> Rule[Outcome]:
    """An event called *name*."""
    decision = yield from select_by_name(step, name)
    yield from fire(step, decision)
    yield from settle(step)
    return decision.outcome


def on_timer(step: Step, transition: int) -> Rule[Outcome]:
    """A timer of *transition* has expired."""
    decision = yield from select_among(step, (transition,))
    yield from fire(step, decision)
    yield from settle(step)
    return decision.outcome


def on_call(step: Step, operation: str) -> Rule[tuple[Decision, object]]:
    """A call of *operation*; returns what the last effect returned with the decision.

    A deferred one has no value yet (rule D4).
    """
    decision = yield from select_by_call(step, operation)
    value = yield from fire(step, decision)
    yield from settle(step)
    return decision, value


def on_return(step: Step, vertex: int) -> Rule[Outcome]:
    """An activity of *vertex* has returned: the state may be complete now (rule C1)."""
    yield from complete_if_done(step, vertex)
    yield from settle(step)
    return Outcome.TAKEN


def start(step: Step) -> Rule[Outcome]:
    """Enter the model by its default entry, and do everything that follows from that alone (rule L1)."""
    yield from enter_model(step)
    yield from drop_objects(step)
    yield from settle(step)
    return Outcome.TAKEN


def stop(step: Step) -> Rule[Outcome]:
    """Exit everything, innermost first (rule L4)."""
    step.before = step.leaves
    yield from exit_inside(step, OUTSIDE)
    yield from drop_objects(step)
    return Outcome.TAKEN


def settle(step: Step) -> Rule[None]:
    """Errors first, then completions, then changes, until nothing is left to do (rule Q5)."""
    yield from _evaluate_changes(step)
    while step.ended is None:
        # one internal step a round, so that whatever it causes is sorted in before the next: an error that a completion
        # raised comes before the other completions
        if (yield op.TakeError()):
            decision = yield from select_by_name(step, ERROR)
            yield from fire(step, decision)
            if decision.chosen:
                # what a condition raises here, it raises in handling the error; later, it would forever (rule E5)
                yield from _evaluate_changes(step)
            yield op.EndError(bool(decision.chosen))
            spend = op.Spend(ERROR)
        elif step.completions:
            vertex = step.completions.pop(0)
            yield op.Next(vertex)
            yield from fire(step, (yield from select_among(step, step.vertices[vertex].completion_transitions)))
            yield from _evaluate_changes(step)
            spend = op.Spend(COMPLETION, vertex)
        elif step.changes:
            transitions = step.changes.pop(0)
            # all may have been exited meanwhile; noticing that is an internal step all the same
            if any(step.is_active(step.transitions[transition].source) for transition in transitions):
                yield op.Next()
                yield from fire(step, (yield from select_by_change(step, transitions)))
                yield from _evaluate_changes(step)
            spend = op.Spend(CHANGE)
        else:
            break
        if (yield spend):
            # the configuration stays as it is; what would have gone on is dropped, so that the machine can go on at all
            step.completions.clear()
            step.changes.clear()
            break
    if step.program.has_changes and step.program.has_state_objects:
        yield from drop_objects(step)  # those that change conditions were methods of
    if step.ended is not None:
        yield op.EndAll()
        # what is active stays listed, but the model is left: its own exit actions run here, and never again (rule C3)
        if step.ended is Status.COMPLETED and step.vertices[0].exit:
            yield op.Run(step.vertices[0].exit)


def _evaluate_changes(step: Step) -> Iterable[Any]:
    """Evaluate the change conditions of what is active, from the leaves outwards; queue what became true (rule T6).

    Triggers with the same condition share one change event: each is asked for itself whether the condition has become
    true for it, but a predicate is called once, and what it brought about is queued together.
    """
    # no generator for the many models without a `when`: making one takes as long as the rest of a small step
    return _evaluate(step) if step.program.has_changes and step.ended is None else ()


def _evaluate(step: Step) -> Rule[None]:
    answers: dict[int, bool | None] = {}
    became: dict[int, list[int]] = {}
    for vertex in active_outwards(step.vertices, step.leaves):
        for transition in step.vertices[vertex].change_transitions:
            condition = yield from asked_once(_first_true(step, transition), answers)
            # at every evaluation, also of what is false: `Became` compares with the last one
            if (yield op.Became(transition, condition != NONE)):
                became.setdefault(condition, []).append(transition)
    step.changes += [tuple(transitions) for transitions in became.values()]


def _first_true(step: Step, transition: int) -> Rule[int]:
    """The first condition that holds of the change triggers of *transition*, or `NONE`."""
    for condition in step.transitions[transition].change_conditions:
        if (yield from holds(step, condition)):
            return condition
    return NONE
