"""Questions: what an event would do to a machine now, and why (rule L3a).

In: a question about an event. Out: its answer. A question waits in the queue as the event would, so that it is answered
between two steps; it evaluates guards and does nothing else, and the machine is as it was.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from hsm.answer import Answer
from hsm.configuration import active_outwards, is_active
from hsm.errors import LifecycleError
from hsm.events import BUILT_IN, Event, name_of
from hsm.explanation import Explanation
from hsm.kinds import is_a
from hsm.names import is_text, shown
from hsm.outcome import Outcome
from hsm.program import Names, vertex_at
from hsm.rules.inquiry import foresee, inquire
from hsm.rules.operations import Rule
from hsm.runtime.awaitables import OUTCOMES, Done, Pending, Work
from hsm.runtime.event_names import is_unknown, unknown_event
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.explaining import explanation
from hsm.runtime.generated import look_between_steps, refuse, resume_left
from hsm.runtime.inside import is_inside
from hsm.runtime.kernel import execute
from hsm.runtime.record import CREATED, ENDED, RUNNING, Record, parts_of
from hsm.runtime.run_to_completion import has_room, put, wake
from hsm.runtime.threads import BY_COROUTINE, check_sender
from hsm.runtime.until import Waiting, as_condition, begin_wait, keep_wait

T = TypeVar("T")


def reacts_to(record: Record) -> tuple[str, ...]:
    """The names and patterns of events that active states react to or defer, innermost first; no built-in names."""
    if record.status in ENDED:
        return ()
    vertices = record.program.vertices
    found: dict[str, None] = {}
    for index in active_outwards(vertices, record.leaves):
        triggers, deferrals = vertices[index].triggers, vertices[index].deferrals
        reactions = Names(frozenset(), tuple([prefix for prefix, _ in triggers.prefixes]), bool(triggers.any))
        found |= dict.fromkeys((*triggers.exact, *reactions.patterns(), *deferrals.patterns()))
    return tuple([name for name in found if name not in BUILT_IN])


def can(record: Record, event: Event[Any]) -> Answer[Outcome]:
    """The outcome that a dispatch of *event* would have now; also `QUEUED`, from inside of a step (rule Q2)."""
    check_sender(record, BY_COROUTINE)
    resume_left(record)
    # in the order in which a dispatch finds it out
    if _takes_nothing(record):
        return refuse(record)
    if record.options.is_strict and is_unknown(record.program, name_of(event)):
        raise unknown_event(record.program, name_of(event))
    if is_inside(record):
        return OUTCOMES[Outcome.QUEUED]
    return _asked(record, functools.partial(_foresee, event))


def explain(record: Record, event: Event[Any]) -> Answer[Explanation]:
    """What a dispatch of *event* would do now, and why."""
    check_sender(record, BY_COROUTINE)
    resume_left(record)
    program, leaves = record.program, record.leaves
    if _takes_nothing(record):
        refuse(record)
        return Done(explanation(program, leaves, event, Outcome.IGNORED, f"this machine has {record.status.value}"))
    if is_inside(record):
        why = "a step of this machine is under way, and this was asked from inside it: ask when it is over"
        return Done(explanation(program, leaves, event, Outcome.QUEUED, why))
    return _asked(record, functools.partial(_explain, event))


def until(record: Record, condition: Any) -> Answer[None]:
    """The end of a wait for *condition*; see `Machine.until`."""
    check_sender(record, BY_COROUTINE)
    resume_left(record)
    if is_inside(record):
        raise LifecycleError("a behaviour cannot wait for a condition of its own machine: it would wait for itself")
    if is_text(condition) or is_a(condition, type):
        vertices, wanted = record.program.vertices, vertices_at(record, condition)
        name = condition if is_text(condition) else condition.__qualname__
        is_there = lambda: any(is_active(vertices, record.leaves, each) for each in wanted)  # noqa: E731
        return wait_until(record, is_there, f"{shown(name)} was active")
    if not callable(condition):
        raise TypeError(f"'until' takes a path, the class of a state, or a predicate, not {shown(condition)}")
    return wait_until(record, as_condition(record, condition), "the condition held")


def vertices_at(record: Record, path: str | type) -> list[int]:
    """The vertex at *path*, or all that are made from a class; raises as `Machine.is_in` does."""
    paths = record.instance.hsm_paths_of(path) if is_a(path, type) else (path,)
    return [vertex_at(record.program, each) for each in paths]


def wait_until(record: Record, holds: Callable[[], bool], text: str) -> Answer[None]:
    """The end of a wait for the condition *text*, which is met when *holds* says so between two steps.

    Raises:
        MachineStopped: The machine has ended, and it does not hold.
    """
    waiting = Waiting(holds, text, Pending(record))
    if record.status in ENDED:
        begin_wait(record, waiting)
    elif record.is_busy or record.status is CREATED:  # its start is under way, or put off to a fresh stack
        keep_wait(record, waiting)
    elif not has_room(record):
        keep_wait(record, waiting)
        wake(record)  # on a fresh stack it is looked at as behind a step (rule Q9)
    else:
        look_between_steps(record, lambda record: begin_wait(record, waiting))
    return waiting.result.answer()


def _takes_nothing(record: Record) -> bool:
    """Whether the machine has ended, or was not started."""
    return record.status in ENDED or (record.status is not RUNNING and not record.is_busy)


def _asked(record: Record, process: Callable[[Record, Occurrence], Work[T]]) -> Answer[T]:
    """The answer to a question, which *process* gives when its turn has come."""
    result: Pending[T] = Pending(record)
    put(record, Occurrence(process, pending=result, is_new=False))
    return result.answer()


def _foresee(event: Event[Any], record: Record, occurrence: Occurrence) -> Work[Outcome]:
    """Find out what would become of *event*; what is left unhandled goes to whoever asked (rules E2, E4 and E7)."""
    return _ask_rules(record, event, foresee)


def _explain(event: Event[Any], record: Record, occurrence: Occurrence) -> Work[Explanation]:
    """Find out what *event* would do, and why; what guards raised is part of the explanation."""
    findings = yield from _ask_rules(record, event, inquire)
    failures = parts_of(record).failures
    errors = failures.take_unhandled()
    raised = [error for error in errors if isinstance(error, Exception)]
    # whatever is no error of a guard goes to whoever asked, as from a dispatch (rule E7)
    failures.unhandled += [error for error in errors if not isinstance(error, Exception)]
    return explanation(record.program, record.leaves, event, findings.decision.outcome, None, findings, raised)


def _ask_rules(record: Record, event: Event[Any], rule: Callable[..., Rule[T]]) -> Work[T]:
    """What *rule* says about *event*."""
    parts = parts_of(record)
    parts.queue.is_asking = True
    try:
        return (yield from execute(record, parts, event, rule, name_of(event)))
    finally:
        parts.queue.is_asking = False
