"""Closing: what the end of a machine does, however it came (rules C3, R8, E7 and L4).

In: a record, and how the machine has ended. Out: nobody waits any more: results, waits and warnings have gone out.
"""

from __future__ import annotations

from typing import Any

from hsm.errors import MachineStopped
from hsm.events import Event
from hsm.outcome import Outcome, Status
from hsm.runtime.event_queue import EventQueue, Occurrence, events_of
from hsm.runtime.record import ENDED, QUEUED, RUNNING, Record, parts_of
from hsm.runtime.timers import disarm_all
from hsm.runtime.until import end_waits


def close(record: Record, status: Status) -> None:
    """The machine has ended: close the queue and wake every waiter (rules C3, R8 and L4)."""
    if record.status is not RUNNING and record.status in ENDED:  # the quick test decides nearly always
        return
    record.status = status
    record.steps = QUEUED
    if record.timers is not None:
        disarm_all(record)
    if record.parts is not None:
        _close_queue(record, record.parts.queue, status)
        record.parts.watchdog.end()
    if record.end is not None:
        record.end.finish(status, [])
    if record.waiting is not None:
        end_waits(record)
    if record.observation is not None:
        record.observation.over(status)
        parts_of(record).failures.release()
    try:
        (record.request or record.context).cancel()  # with everything below it
    except Exception as error:  # of a callback that a behaviour has left there
        record.report([error])


def _close_queue(record: Record, queue: EventQueue, status: Status) -> None:
    """Answer those that wait for an event, and name the events that nobody waits for (rules C3 and L4)."""
    waiting, deferred = queue.clear()
    lost: list[Event[Any] | None] = []
    if record.observation is not None:
        record.observation.several_dropped(events_of(deferred + waiting), "ended")
        parts_of(record).failures.release()
    for occurrence in deferred + waiting:
        pending = occurrence.pending
        if pending is None or pending.is_given_up:
            lost.append(occurrence.event)
        elif status is Status.STOPPED or occurrence.is_call or occurrence.event is None:
            pending.finish(None, [_stopped_before(occurrence.event)], is_quiet=True)
        else:
            pending.finish(Outcome.IGNORED, [])
    record.report_lost([event for event in lost if event is not None])  # the others are expiries and ends of activities


def abandon(record: Record, occurrence: Occurrence) -> None:
    """End in the middle of a step without another behaviour: the loop is shut down, or time is up (rules E7 and L4)."""
    parts = parts_of(record)
    queue, failures = parts.queue, parts.failures
    failures.abandon()
    errors, unclaimed = failures.take_unhandled(), failures.take_unclaimed()
    queue.drive = None
    disarm_all(record)
    parts.activities.abandon()
    record.leaves = ()
    stopping, queue.stopping = queue.stopping, None
    close(record, Status.STOPPED)
    errors += failures.take_unhandled()
    record.report(unclaimed)
    if occurrence.pending is None or occurrence.pending.is_given_up:
        record.report(errors)
        if occurrence.event is not None:
            record.report_lost([occurrence.event])
    else:
        is_quiet = not errors
        if occurrence is not stopping:
            errors.append(_stopped_before(occurrence.event))
        occurrence.pending.finish(None, errors, is_quiet=is_quiet)
    if stopping is not None and stopping is not occurrence and stopping.pending is not None:
        stopping.pending.finish(None, [])  # stopped is what it is


def _stopped_before(event: Event[Any] | None) -> MachineStopped:
    """What the sender of *event* gets when it was not processed."""
    what = f"'{event.name}' was processed" if event is not None else "this was done"
    return MachineStopped(f"the machine ended before {what}")
