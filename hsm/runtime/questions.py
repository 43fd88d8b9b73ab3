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
from hsm.events import BUILT_IN, ERROR, Event, name_of
from hsm.explanation import Explanation
from hsm.outcome import Outcome
from hsm.program import Names
from hsm.rules.inquiry import Findings, inquire
from hsm.runtime.awaitables import OUTCOMES, Done, Work
from hsm.runtime.event_names import is_unknown, unknown_event
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.explaining import explanation
from hsm.runtime.generated import refuse, resume_left
from hsm.runtime.inside import is_inside
from hsm.runtime.kernel import execute
from hsm.runtime.record import ENDED, RUNNING, Record, parts_of
from hsm.runtime.run_to_completion import pending, put
from hsm.runtime.threads import check_sender

T = TypeVar("T")
Conclusion = Callable[[Record, Event[Any], Findings, list[BaseException]], T]
"""Makes the answer to a question, of what the rules found out and of what guards raised meanwhile."""


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
    check_sender(record)
    resume_left(record)
    if is_inside(record):
        return OUTCOMES[Outcome.QUEUED]
    if _takes_nothing(record):
        return refuse(record)
    if record.options.is_strict and is_unknown(record.program, name_of(event)):
        raise unknown_event(record.program, name_of(event))
    return _asked(record, event, _outcome)


def explain(record: Record, event: Event[Any]) -> Answer[Explanation]:
    """What a dispatch of *event* would do now, and why."""
    check_sender(record)
    resume_left(record)
    program, leaves = record.program, record.leaves
    if is_inside(record):
        why = "a step of this machine is under way, and this was asked from inside of it: ask when it is over"
        return Done(explanation(program, leaves, event, Outcome.QUEUED, why))
    if _takes_nothing(record):
        refuse(record)
        return Done(explanation(program, leaves, event, Outcome.IGNORED, f"this machine has {record.status.value}"))
    return _asked(record, event, _explanation)


def _takes_nothing(record: Record) -> bool:
    """Whether the machine has ended, or was not started."""
    return record.status in ENDED or (record.status is not RUNNING and not record.is_busy)


def _asked(record: Record, event: Event[Any], conclude: Conclusion[T]) -> Answer[T]:
    """The answer that *conclude* makes of what *event* would do, when its turn has come."""
    result = pending(record)
    process = functools.partial(_process_question, event, conclude)
    put(record, Occurrence(process, pending=result, is_new=False))
    return result.answer()


def _process_question(event: Event[Any], conclude: Conclusion[T], record: Record, occurrence: Occurrence) -> Work[T]:
    """Find out what *event* would do."""
    parts = parts_of(record)
    queue, failures = parts.queue, parts.failures
    queue.is_asking = True
    try:
        findings = yield from execute(record, parts, event, inquire, name_of(event))
    finally:
        queue.is_asking = False
    errors = failures.take_unhandled()
    # whatever is no error of a guard goes to whoever asked, as from a dispatch (rule E7)
    failures.unhandled += [error for error in errors if not isinstance(error, Exception)]
    return conclude(record, event, findings, errors)


def _outcome(record: Record, event: Event[Any], findings: Findings, errors: list[BaseException]) -> Outcome:
    """What the dispatch would return; what it would raise as no transition takes it is raised (rules E2 and E4)."""
    vertices, leaves = record.program.vertices, record.leaves
    handlers = [index for index, vertex in enumerate(vertices) if ERROR in vertex.triggers.exact]
    if not any(is_active(vertices, leaves, index) for index in handlers):
        parts_of(record).failures.unhandled += [error for error in errors if isinstance(error, Exception)]
    return findings.decision.outcome


def _explanation(record: Record, event: Event[Any], findings: Findings, errors: list[BaseException]) -> Explanation:
    raised = [error for error in errors if isinstance(error, Exception)]
    return explanation(record.program, record.leaves, event, findings.decision.outcome, None, findings, raised)
