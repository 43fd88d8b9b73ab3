"""Generated steps: finding the function that takes a step, and what such functions call.

In: an event, or a timer that is due. Out: the step taken. While a machine rests, its record has what each key does in
the configuration as a function of its own. Where there is none, or where it cannot go on, the kernel takes the step,
or the rest of it, through the queue.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from hsm import trace
from hsm.answer import Answer
from hsm.codegen.load import Shapes
from hsm.errors import LifecycleError
from hsm.events import Event, name_of
from hsm.outcome import Outcome, Status
from hsm.rules import settling as rules
from hsm.runtime.awaitables import OUTCOMES, TAKEN, Pending, Work, awaits
from hsm.runtime.event_names import is_unknown, unknown_event
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.inside import is_inside, joined, mark, senders, unmark
from hsm.runtime.invocation import NOTHING, end_of
from hsm.runtime.kernel import go_on, note_completions, process_event, process_expiry, process_timer
from hsm.runtime.observation import ALONE, Observation, getrefcount
from hsm.runtime.record import AWAITED, BUSY, COMPLETED, ENDED, QUEUED, RUNNING, Record, parts_of
from hsm.runtime.run_to_completion import DEEPEST, defer, drain, has_room, process_now, put, put_from_inside
from hsm.runtime.step_cache import Key, Plan, StepFunction, StepKind
from hsm.runtime.timer_heap import Armed
from hsm.runtime.timers import arm, disarm, due_of, take
from hsm.runtime.until import look

SPARE = 50
"""Frames by which the recursion limit is raised for a moment, where there is no room to put the rest of a step off."""

# --- finding -------------------------------------------------------------------------------------------------


def find(record: Record, key: Key, kind: StepKind) -> StepFunction:
    """The function that takes the step of *kind* on *key*, which the kernel takes where none is generated."""
    if kind is EVENT and key not in record.program.event_names.exact and is_unknown(record.program, str(key)):
        if record.options.is_strict:
            return _refuse_unknown
        record.unknown.log(str(key))
    cache = record.cache
    if cache is None or not record.rests:
        return kind.by_kernel(key)
    if record.observation is not None:
        cache = cache.observed
    options = record.options
    # the record may have the empty table from before this configuration had any step: give it the present one
    step = cache.find(record.leaves, key, kind, after=options.generate_after, limit=options.step_memory)
    record.rest()  # there may be a table by now
    return step if record.waiting is None or not kind.rests else functools.partial(_watched, step, kind.by_kernel(key))


def _watched(step: StepFunction, by_kernel: StepFunction, record: Record, event: Event[Any]) -> Answer[Any]:
    """Take *step*, and look at the conditions that somebody waits for (rule L3a); *by_kernel* without room for both."""
    if not has_room(record):
        return by_kernel(record, event)  # which does it on a fresh stack, and leaves no machine half-way (rule Q9)
    answer = step(record, event)
    if record.rests:  # otherwise the queue does it, when the step is over
        look_between_steps(record, look)
    return answer


def look_between_steps(record: Record, look: Callable[[Record], None]) -> None:
    """Have *look* evaluate conditions: what they send, or ask for, comes after that, as behind a step of the kernel."""
    record.steps = BUSY
    look(record)
    drain(record) if record.steps is AWAITED else record.rest()


def _refuse_unknown(record: Record, event: Event[Any]) -> Answer[Outcome]:
    """What a strict machine does with an event that its Program does not name (rule T7)."""
    if record.status in ENDED:
        return refuse(record)
    raise unknown_event(record.program, name_of(event))


def enqueue(record: Record, event: Event[Any]) -> Answer[Outcome]:
    """Process *event* by the kernel when its turn comes (rules Q1 to Q5)."""
    if record.left is not None:
        resume_left(record)
    if record.status in ENDED or (record.status is not RUNNING and not record.is_busy):
        return refuse(record)
    if record.observation is not None:
        record.observation.received(event)
        return accept(record, event)
    return _accept(record, event)


def accept(record: Record, event: Event[Any]) -> Answer[Outcome]:
    """The same for an event whose coming in has been told."""
    if record.status in ENDED:  # by what an observer has sent then, or asked for
        return refuse(record)
    return _accept(record, event)


def _accept(record: Record, event: Event[Any]) -> Answer[Outcome]:
    if is_inside(record):
        put_from_inside(record, Occurrence(process_event, event))
        return OUTCOMES[Outcome.QUEUED]
    result: Pending[Outcome] = Pending(record, event)
    put(record, Occurrence(process_event, event, result))
    return result.answer()


def refuse(record: Record) -> Answer[Outcome]:
    """The answer of a machine that has ended (rules C3 and L5); nobody has one that has not been started."""
    if record.status is Status.COMPLETED or record.status is Status.TERMINATED:
        return OUTCOMES[Outcome.IGNORED]
    raise LifecycleError("this machine was stopped: it takes no events until 'await hsm.restart(machine)'")


def expired(armed: Armed, due: float) -> None:
    """A timer is due (rule A6)."""
    record = armed.owner
    assert isinstance(record, Record)  # whose timers are all armed by machines
    variables = record.variables.copy()
    if not record.rests:
        # whether it still counts is known when its turn comes (rule A3)
        put(record, Occurrence(functools.partial(process_expiry, armed, due), sender=variables))
    elif (event := take(armed, due)) is not None:
        variables.run(find(record, armed.timer.transition, TIMER), record, event)


# --- what generated steps call -------------------------------------------------------------------------------


def hand_over(
    record: Record,
    event: Event[Any],
    plan: Plan,
    number: int,
    result: object = NOTHING,
    error: BaseException | None = None,
) -> Answer[Any]:
    """Go on by the kernel in the middle of a generated step, at the position with that *number*."""
    if not plan.is_marked:
        record.step_mark = None  # one of an earlier step: this one has started no task so far
    return plan.kind.resume(record, go_on(record, plan, number, event, result, error), event)


def failed(record: Record, event: Event[Any], plan: Plan, at: int | None, error: BaseException) -> Answer[Any]:
    """Go on where *error* was raised; raise it when no behaviour did (rules E1, E2 and E7)."""
    # `hand_over` and `after` may raise as well: the step is over then, and whatever `at` says, it is not their error
    if not record.is_in_generated_step:
        raise error
    if at is None:
        drain(record)  # the step ends here, half done; what waits for its end must not wait forever
        raise error
    if plan.positions[at].is_telling:
        record.observer_raised(error)
        return hand_over(record, event, plan, at)
    return hand_over(record, event, plan, at, NOTHING, error)


def resume_left(record: Record) -> None:
    """Go on with a generated step that had no room on the stack, not even to hand over (rule Q9)."""
    if record.left is not None:
        (event, plan, at, raised), record.left = record.left, None
        if record.is_in_generated_step:  # otherwise it went on and failed later
            failed(record, event, plan, at, raised)


def rescue(record: Record) -> None:
    """Have such a step go on on the next iteration of the loop; the recursion limit is `SPARE` higher meanwhile."""
    try:
        record.host.call_soon(resume_left, record)
    finally:
        sys.setrecursionlimit(sys.getrecursionlimit() - SPARE)


def after(record: Record, answer: Answer[Any], handled: tuple[int, ...] = ()) -> Answer[Any]:
    """Do what waited for the end of the step, in which states completed; *answer* is the result of the step."""
    note_completions(record, handled)
    drain(record)
    return answer


def defer_event(record: Record, event: Event[Any]) -> Answer[Outcome]:
    """Defer *event* (rule D1)."""
    defer(record, Occurrence(process_event, event), is_fed=False)
    drain(record)
    return OUTCOMES[Outcome.DEFERRED]


def defer_told(record: Record, event: Event[Any]) -> Answer[Outcome]:
    """The same, with a record of it; what interrupts an observer is raised from the await (rule O2)."""
    failures = parts_of(record).failures
    defer(record, Occurrence(process_event, event), is_fed=False)
    errors = failures.take_unhandled()
    drain(record)
    if not errors:
        return OUTCOMES[Outcome.DEFERRED]
    result: Pending[Outcome] = Pending(record, event)
    result.finish(Outcome.DEFERRED, errors)
    return result.answer()


def lost(record: Record, error: BaseException, told: Callable[[Any], object]) -> None:
    """Observers raised *error* when *told* what came in: the kernel takes the step, where it may come out."""
    record.observer_raised(error, told)
    record.steps = QUEUED  # no step is under way: the next one goes through the queue, which knows of the error


def begin_timer(record: Record, observation: Observation, event: Event[Any], transition: int) -> bool:
    """Tell that a step on a timer begins; whether the kernel has to go on, as an observer was interrupted."""
    observation.is_interrupted = False
    observation.began(event, "", record.leaves, transition)
    return observation.is_interrupted


def saw(record: Record, observation: Observation, operation: object) -> bool:
    """Tell what *operation* has done, as the kernel does; returns the same as `begin_timer`."""
    observation.is_interrupted = False
    observation.saw(operation, None, functools.partial(due_of, record))
    return observation.is_interrupted


def _resume_event(record: Record, rest: Work[Outcome], event: Event[Any]) -> Answer[Outcome]:
    result: Pending[Outcome] = Pending(record, event)
    process_now(record, Occurrence(process_event, event, result, rest=rest))
    return result.answer()


def _resume_timer(record: Record, rest: Work[Outcome], event: Event[Any]) -> Answer[Outcome]:
    process_now(record, Occurrence(process_event, rest=rest))  # nobody awaits it: errors are reported
    return TAKEN


# --- the two kinds of step that a machine takes at rest ------------------------------------------------------


def _timer_by_kernel(transition: Any) -> StepFunction:
    def enqueue_timer(record: Record, event: Event[Any]) -> Answer[Outcome]:
        put(record, Occurrence(functools.partial(process_timer, transition, event)))
        return TAKEN

    return enqueue_timer


EVENT = StepKind(
    lambda name: functools.partial(rules.on_event, name=name), lambda name: enqueue, resume=_resume_event, rests=True
)
TIMER = StepKind(
    lambda transition: functools.partial(rules.on_timer, transition=transition),
    _timer_by_kernel,
    resume=_resume_timer,
    rests=True,
)

SHAPES = Shapes(
    {
        "QUEUED": QUEUED,
        "BUSY": BUSY,
        "DEEPEST": DEEPEST,
        "TAKEN": TAKEN,
        "IGNORED": OUTCOMES[Outcome.IGNORED],
        "COMPLETED": COMPLETED,
        "awaits": awaits,
        "end_of": end_of,
        "hand_over": hand_over,
        "failed": failed,
        "after": after,
        "note_completions": note_completions,
        "defer_event": defer_event,
        "defer_told": defer_told,
        "senders": senders,
        "joined": joined,
        "mark": mark,
        "unmark": unmark,
        "arm": arm,
        "disarm": disarm,
        "new": object.__new__,
        "Received": trace.Received,
        "StepBegan": trace.StepBegan,
        "StepEnded": trace.StepEnded,
        "GuardAsked": trace.GuardAsked,
        "Ran": trace.Ran,
        "Exited": trace.Exited,
        "Entered": trace.Entered,
        "Dropped": trace.Dropped,
        "lost": lost,
        "accept": accept,
        "begin_timer": begin_timer,
        "saw": saw,
        "getrefcount": getrefcount,
        "ALONE": ALONE,
    }
)
"""The code of all generated steps of this process."""
