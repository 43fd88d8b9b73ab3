"""Sending: what `Machine.dispatch` and `Machine.call` do where the quick way is not enough (rules Q1 to Q7).

In: events and names from wherever. Out: the steps of a record, and their outcomes. Never imports asyncio.
"""

from __future__ import annotations

from sys import getrecursionlimit, setrecursionlimit
from typing import Any

from hsm.answer import Answer
from hsm.errors import LifecycleError
from hsm.events import Event, as_event
from hsm.outcome import Outcome
from hsm.runtime.awaitables import Pending
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.generated import EVENT, SPARE, find, rescue, resume_left
from hsm.runtime.host import running_loop
from hsm.runtime.inside import is_inside
from hsm.runtime.kernel import process_call
from hsm.runtime.observation import Observation
from hsm.runtime.record import ENDED, RUNNING, Record
from hsm.runtime.run_to_completion import put
from hsm.runtime.threads import BY_COROUTINE, check_sender


def dispatch_name(record: Record, name: Any, data: Any) -> Answer[Outcome]:
    """`Machine.dispatch`, for a name."""
    if running_loop() is not record.mark:
        check_sender(record)
    event = Event(name, data)
    try:
        return (record.steps.get(name) or find(record, name, EVENT))(record, event)
    except RecursionError:
        if record.left is not None:  # as in `Machine.dispatch`
            setrecursionlimit(getrecursionlimit() + SPARE)
            rescue(record)
        raise


def dispatch_other(record: Record, event: Event[Any] | str, data: Any) -> Answer[Outcome]:
    """`Machine.dispatch`, for whatever is not an event alone, or comes from somewhere else."""
    sent = as_event(event, data)
    check_sender(record)
    name = sent._hsm_key  # pyright: ignore[reportPrivateUsage]  # what events are matched by
    return (record.steps.get(name) or find(record, name, EVENT))(record, sent)


def without_step(record: Record, event: Event[Any] | str) -> Answer[Outcome]:
    """`Machine.dispatch`, where no step is generated, or for a name."""
    sent = as_event(event, None)
    name = sent._hsm_key  # pyright: ignore[reportPrivateUsage]  # what events are matched by
    return (record.steps.get(name) or find(record, name, EVENT))(record, sent)


def call(record: Record, event: Event[Any]) -> Answer[Any]:
    """What the call that *event* is comes to; see `Machine.call`."""
    # who calls is looked at first: on another thread the status may be another one as soon as it was read
    check_sender(record, BY_COROUTINE)
    resume_left(record)
    if is_inside(record):
        raise LifecycleError(f"a behaviour cannot wait for a call of its own machine: dispatch '{event.name}'")
    if record.status is not RUNNING:
        raise _not_running(record, event)
    if record.observation is not None:
        _tell_call(record, record.observation, event)
    result: Pending[Any] = Pending(record, event)
    put(record, Occurrence(process_call, event, result, is_call=True))
    return result.answer()


def _tell_call(record: Record, observation: Observation, event: Event[Any]) -> None:
    observation.received(event, "call of")
    if record.status in ENDED:  # by what an observer has sent then, or asked for
        raise _not_running(record, event)


def _not_running(record: Record, event: Event[Any]) -> LifecycleError:
    text = f"the call of '{event.name}' needs a running machine, and this one is {record.status.value}"
    return LifecycleError(text)
