"""The kernel: executes the operations that the rules yield, for one machine.

In: rules and an event. Out: work, a generator that yields what has to be awaited and returns what the rules return.
Never imports asyncio, and knows neither callers nor what comes next: `run_to_completion` decides when work is done,
and in what. What an operation does is defined here and nowhere else; which operations there are, in `rules.operations`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from hsm.codegen.explore import follow, replay
from hsm.configuration import Leaves
from hsm.errors import CallError
from hsm.events import CHANGE, ERROR, FINAL, INITIAL, Event, name_of
from hsm.outcome import Outcome
from hsm.program import NONE
from hsm.rules import operations as op
from hsm.rules import settling as rules
from hsm.rules.inquiry import foresee, inquire
from hsm.rules.operations import Rule
from hsm.rules.selection import Decision
from hsm.rules.step import Parked, Step
from hsm.runtime.activities import Activity
from hsm.runtime.awaitables import Work
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.inside import mark_activity
from hsm.runtime.invocation import ask, call, make_state_object, run_actions
from hsm.runtime.observation import Observation
from hsm.runtime.record import BUSY, COMPLETED, QUEUED, Parts, Record, parts_of
from hsm.runtime.run_to_completion import CALL_DEFERRED, put_first
from hsm.runtime.step_cache import Plan
from hsm.runtime.timer_heap import Armed
from hsm.runtime.timers import arm_all, disarm_all, disarm_vertex, due_of, take

T = TypeVar("T")
Origin: TypeAlias = tuple[Callable[..., Rule[Any]], tuple[Any, ...], Leaves, dict[int, Parked] | None]
"""Where a step began: its rules and what they are on, what was active, and what was parked at joins."""

TIMERS = (rules.on_timer,)
"""Rules of a step on a timer, whose key is the transition."""
QUESTIONS = (foresee, inquire)
"""Rules that are not steps: they leave no records (rule L3a)."""

# --- what is processed ---------------------------------------------------------------------------------------


def process_event(record: Record, occurrence: Occurrence) -> Work[Outcome]:
    """Do what an event does, and what follows from it."""
    event = occurrence.event
    assert event is not None  # this one is about an event
    parts = parts_of(record)
    name = event._hsm_key  # pyright: ignore[reportPrivateUsage]  # what events are matched by
    return execute(record, parts, event, rules.on_event, name)


def process_call(record: Record, occurrence: Occurrence) -> Work[object]:
    """Do what a call does; returns what the last effect returned, or `CALL_DEFERRED` (rule D4).

    Raises:
        CallError: No transition takes the call.
    """
    event = occurrence.event
    assert event is not None  # this one is about a call
    parts = parts_of(record)
    name = event._hsm_key  # pyright: ignore[reportPrivateUsage]  # what events are matched by
    decision, value = yield from execute(record, parts, event, rules.on_call, name)
    if decision.outcome is Outcome.DEFERRED:
        return CALL_DEFERRED
    if not decision.chosen:
        places = ", ".join([record.program.vertices[leaf].path for leaf in record.leaves])
        raise CallError(f"no transition takes the call of '{event.name}' in {places}")
    return value


def process_expiry(
    armed: Armed, due: float, record: Record, occurrence: Occurrence, now: float | None = None
) -> Work[Outcome]:
    """Do what a timer does that was due at *due*; a void expiry does nothing (rule A3). *now* as for `take`."""
    event = take(armed, due, now)
    if event is None:
        return Outcome.IGNORED
    return (yield from process_timer(armed.timer.transition, event, record, occurrence))


def process_timer(transition: int, event: Event[Any], record: Record, occurrence: Occurrence) -> Work[Outcome]:
    """Do what the timer of *transition* does, whose expiry counts."""
    parts = parts_of(record)
    return execute(record, parts, event, rules.on_timer, transition)


def process_return(vertex: int, record: Record, occurrence: Occurrence) -> Work[Outcome]:
    """Do what follows from the end of an activity of *vertex* (rule C1)."""
    parts = parts_of(record)
    return execute(record, parts, COMPLETED, rules.on_return, vertex)


def process_failure(error: Exception, record: Record, occurrence: Occurrence) -> Work[None]:
    """Do what follows from *error*, which an activity raised (rule E2)."""
    parts = parts_of(record)
    parts.failures.keep_from_activity(error)
    return execute(record, parts, Event(ERROR, error), rules.settle)


def enter_model(record: Record) -> Work[Outcome]:
    """Enter the model, and do what follows from that (rule L1)."""
    parts = parts_of(record)
    return execute(record, parts, Event(INITIAL), rules.start)


def exit_model(record: Record) -> Work[Outcome]:
    """Exit everything, running exit actions; what they raise is unhandled (rules L4 and E5)."""
    parts = parts_of(record)
    return execute(record, parts, Event(FINAL), rules.stop)


def end_all(record: Record) -> Work[None]:
    """Disarm every timer, cancel every activity and wait for it (rules C3 and R8)."""
    disarm_all(record)
    parts = parts_of(record)
    parts.watchdog.behavior = None
    yield from parts.activities.end_all()


# --- executing -----------------------------------------------------------------------------------------------


def execute(record: Record, parts: Parts, event: Event[Any], rules: Callable[..., Rule[T]], *keys: Any) -> Work[T]:
    """Execute one operation after the other, to the end of *rules* on *keys*, for a step that begins now.

    *event* is what the behaviours are given; `Next` and `TakeError` change it.
    """
    step, leaves = parts.step, record.leaves  # generated steps may have moved on meanwhile
    parked = dict(step.parked) if step.parked else None
    rule = rules(step.begin(leaves), *keys)
    observation = record.observation
    if observation is not None and rules in QUESTIONS:
        observation = None
    elif observation is not None:
        transition: int = keys[0] if rules in TIMERS else NONE
        observation.began(event, _cause(rules, event), leaves, transition)
    value = yield from _execute(record, parts, rule, event, None, (rules, keys, leaves, parked), [], observation)
    if observation is not None:
        observation.ended(event, _outcome(value), record.leaves, parts.step.taken)
        parts.failures.surrender()  # what an observer has raised just now comes out of this step, too
    return value


def _cause(rule: Callable[..., Rule[Any]], event: Event[Any]) -> str:
    """What a step of *rule* is because of; that of a timer the observation knows by itself."""
    words = {rules.on_call: "call of", rules.on_event: "event"}
    if rule in words:
        return f"{words[rule]} '{name_of(event)}'"
    return {rules.start: "start", rules.stop: "stop", rules.settle: "error"}.get(rule, "end of an activity")


def _outcome(value: object) -> Outcome:
    """The outcome of a step whose rules returned *value*."""
    if isinstance(value, tuple):
        return cast("tuple[Decision, object]", value)[0].outcome
    return value if isinstance(value, Outcome) else Outcome.TAKEN


def go_on(
    record: Record, plan: Plan, number: int, event: Event[Any], result: object, error: BaseException | None
) -> Work[Outcome]:
    """The rest of a generated step, from a position on.

    Args:
        record: The machine.
        plan: What the step was made from.
        number: Of the position.
        event: What the step is on.
        result: What the behaviour there has returned already, or `NOTHING`.
        error: What it has raised already.
    """
    parts = parts_of(record)
    position = plan.positions[number]
    note_completions(record, position.handled)
    about = COMPLETED if position.is_completing else event
    rest = follow(position.path, position.index, parts.step, lambda: plan.rules(parts.step.begin(plan.leaves)))
    answers = position.path.answers[: position.path.first + position.index]
    answer: Any = None
    # the behaviour at the position was called by the generated step, so its operation begins in the middle
    operation = next(iter(position.path.operations[position.index :]), None)
    if isinstance(operation, op.Run):
        next(rest)
        answer = yield from run_actions(record, operation.behaviors[position.in_list :], about, result, error)
    elif isinstance(operation, op.Ask):
        next(rest)
        answer = yield from ask(record, operation.behavior, about, result, error)
    elif isinstance(operation, op.MakeObject):
        next(rest)
        answer = make_state_object(record, operation.vertex, error)
    if isinstance(operation, op.Run | op.Ask | op.MakeObject):
        answers.append(answer)
    observation = record.observation if plan.is_observed else None
    if observation is not None:
        observation.leaves = record.leaves
        if isinstance(operation, op.Ask):
            observation.saw(operation, answer, functools.partial(due_of, record))
    origin = (plan.rules, (), plan.leaves, None)
    outcome = yield from _execute(record, parts, rest, about, answer, origin, answers, observation)
    if observation is not None:
        observation.ended(event, outcome, record.leaves, parts.step.taken, position.told)
        parts.failures.surrender()
    return outcome


def _execute(
    record: Record,
    parts: Parts,
    rule: Rule[T],
    event: Event[Any],
    answer: Any,
    origin: Origin,
    answers: list[Any],
    observation: Observation | None = None,
) -> Work[T]:
    """The loop: *rule* stands at its beginning, or at the operation that *answer* is for.

    Where the rules themselves are interrupted, they begin anew at the *origin* of the step, and *answers*, those of all
    its operations so far, bring them back to where they were.
    """
    queue, failures = parts.queue, parts.failures
    while True:
        try:
            operation = rule.send(answer)
        except StopIteration as end:
            failures.surrender()
            event = COMPLETED  # the error that was the event may keep this frame, which must not keep it in turn
            return end.value  # type: ignore[no-any-return]  # what the rule returns
        except (RecursionError, MemoryError, KeyboardInterrupt, SystemExit) as error:
            # the rules are pure, so this is not theirs: the step goes on with rules that run anew, on a fresh stack
            if isinstance(error, KeyboardInterrupt | SystemExit):
                failures.interrupt(error)
            yield record.host.next_iteration()
            rule = _begin_again(parts.step, origin)
            operation = replay(rule, answers)
        answer = None
        kind: Any = type(operation)  # pyright: ignore[reportUnknownVariableType]  # of something that may be anything
        if kind is op.Move:
            record.leaves = operation.leaves
            queue.has_moved = True
        elif kind is op.Run:
            answer = yield from run_actions(record, operation.behaviors, event)
        elif kind is op.Ask:
            answer = yield from ask(record, operation.behavior, event)
        elif kind in _EXECUTE:
            answer = _EXECUTE[kind](record, operation)
        elif kind is op.Arm:
            yield from arm_all(record, operation.vertex, event)
        elif kind is op.StartActivities:
            _begin_activities(record, operation.vertex, event)
        elif kind is op.EndActivities:
            parts.watchdog.behavior = None
            yield from parts.activities.end(operation.vertex)
        elif kind is op.Next:
            event = COMPLETED if operation.vertex != NONE else Event(CHANGE)
        elif kind is op.TakeError:
            answer = bool(failures.raised)
            event = Event(ERROR, failures.begin()) if answer else event
        elif kind is op.EndError:
            failures.end(event.data, is_taken=operation.is_taken)
        else:
            assert kind is op.EndAll, f"the kernel cannot execute {operation!r}"
            yield from end_all(record)
        answers.append(answer)
        if observation is not None:
            observation.saw(operation, answer, functools.partial(due_of, record))


def _begin_again(step: Step, origin: Origin) -> Rule[Any]:
    """The rules of *origin*, at the beginning of the step."""
    rules, keys, leaves, parked = origin
    step.parked = parked or {}
    return rules(step.begin(leaves), *keys)


# --- one operation -------------------------------------------------------------------------------------------


def _recall(record: Record, operation: op.AskHistory) -> Leaves:
    history = record.history
    assert history is not None  # the Program has a history
    return history.get(operation.owner, ())


def _remember(record: Record, operation: op.Remember) -> None:
    history = record.history
    assert history is not None  # as above
    if operation.leaves:
        history[operation.vertex] = operation.leaves
    else:
        history.pop(operation.vertex, None)


def _may_complete(record: Record, operation: op.MayComplete) -> bool:
    completed = record.completed
    has_completed = completed is not None and operation.vertex in completed
    return not has_completed and parts_of(record).activities.have_returned(operation.vertex)


def _complete(record: Record, operation: op.Complete) -> None:
    if record.completed is None:
        record.completed = set()
    record.completed.add(operation.vertex)


def _reopen(record: Record, operation: op.Reopen) -> None:
    if record.completed:
        record.completed.discard(operation.vertex)


def _forget(record: Record, operation: op.DropObjects) -> None:
    if record.state_objects:
        record.state_objects.drop(operation.vertices)


def _became(record: Record, operation: op.Became) -> bool:
    truths = parts_of(record).truths
    was_true = truths.get(operation.transition, False)
    truths[operation.transition] = operation.holds
    return operation.holds and not was_true


def _unwatch(record: Record, operation: op.Unwatch) -> None:
    truths = parts_of(record).truths
    for transition in record.program.vertices[operation.vertex].change_transitions:
        truths.pop(transition, None)


def _spend(record: Record, operation: op.Spend) -> bool:
    name = operation.name if operation.vertex == NONE else _completion_of(record, operation.vertex)
    parts = parts_of(record)
    error = parts.budget.spend(name)
    if error is not None:
        parts.failures.unhandled.append(error)
    return error is not None


_EXECUTE: dict[type[Any], Callable[[Record, Any], Any]] = {
    op.AskHistory: _recall,
    op.Remember: _remember,
    op.MayComplete: _may_complete,
    op.Complete: _complete,
    op.Reopen: _reopen,
    op.MakeObject: lambda record, operation: make_state_object(record, operation.vertex),
    op.DropObjects: _forget,
    op.Disarm: lambda record, operation: disarm_vertex(record, operation.vertex),
    op.Became: _became,
    op.Unwatch: _unwatch,
    op.Spend: _spend,
    op.Park: lambda record, operation: None,  # the step has noted it
}
"""What needs neither the event nor anything that may have to be awaited."""


def _completion_of(record: Record, vertex: int) -> str:
    """What the completion of *vertex* is called where internal steps are counted (rule Q8)."""
    return f"completion of {record.program.vertices[vertex].path}"


def note_completions(record: Record, handled: tuple[int, ...]) -> None:
    """A generated step has handled the completions of these states (rule Q8)."""
    for vertex in handled:
        parts_of(record).budget.note(_completion_of(record, vertex))


# --- activities ----------------------------------------------------------------------------------------------


def _begin_activities(record: Record, vertex: int, event: Event[Any]) -> None:
    parts_of(record).activities.begin(
        vertex, event, record.context, functools.partial(perform, record), functools.partial(activity_ended, record)
    )


def perform(record: Record, activity: Activity) -> Any:
    """Call *activity*, in its own task; returns what it returns, not awaited yet."""
    mark_activity(record, activity)
    return call(record, activity.behavior, activity.context, activity.event)


def activity_ended(record: Record, activity: Activity, error: BaseException | None) -> None:
    """An activity returned or raised; that is processed before queued events (rules C2, E3 and E7)."""
    process: Callable[[Record, Occurrence], Work[Any]]
    if record.observation is not None:
        _tell_end(record, record.observation, activity, error)
    if error is None:
        process = functools.partial(process_return, activity.vertex)
    elif not isinstance(error, Exception):
        record.report([error])
        return
    elif record.is_busy and not parts_of(record).queue.is_asking:
        parts_of(record).failures.keep_from_activity(error)  # the step under way handles it when it comes to errors
        return
    else:
        process = functools.partial(process_failure, error)
    put_first(record, Occurrence(process, sender=record.variables.copy()))


def _tell_end(record: Record, observation: Observation, activity: Activity, error: BaseException | None) -> None:
    """Tell that *activity* has ended; what an observer sends then, or asks for, comes after that end."""
    is_first = not record.is_busy and (error is None or isinstance(error, Exception))
    if is_first:
        record.steps = BUSY
    try:
        observation.activity_ended(activity.behavior, error)
    finally:
        if is_first:
            record.steps = QUEUED  # whoever called goes on with the queue
