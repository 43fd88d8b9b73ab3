"""Inside: who is part of the step under way, and must not wait for the end of it (rule Q2).

In: code that runs, by its ``contextvars``, its task and its place on the stack. Out: whether a step of a machine may be
waiting for it. What a step started carries the mark of that step; a step that does not suspend needs none, as it is
over before any task can run. Never imports asyncio.
"""

from __future__ import annotations

import contextvars
from typing import TypeAlias

from hsm.runtime.activities import Activity
from hsm.runtime.event_queue import EventQueue
from hsm.runtime.record import Record

StepMark: TypeAlias = tuple[Record, Activity | None]
"""A step, or an activity, as the code that runs in it carries it: its machine, and the activity if it is one.

Marks are compared by identity: two steps of one machine have equal ones. A tuple is what Python makes fastest.
"""
inside: contextvars.ContextVar[tuple[StepMark, ...]] = contextvars.ContextVar("hsm_inside", default=())
"""The marks of the steps that the running code is part of, outermost first; tasks inherit them (rule Q2)."""
senders = inside.get
mark = inside.set
unmark = inside.reset
"""What marks a step, and unmarks it: that of a generated function does so in place."""

# --- marking -------------------------------------------------------------------------------------------------


def joined(chain: tuple[StepMark, ...], mine: StepMark) -> tuple[StepMark, ...]:
    """*mine* behind *chain*, without the marks of steps that are over.

    A machine that goes on feeding itself would collect those without end.
    """
    return (*[each for each in chain if _lasts(each) and each is not mine], mine)


def _lasts(step_mark: StepMark) -> bool:
    record, activity = step_mark
    return activity is not None or record.step_mark is step_mark


def mark_activity(record: Record, activity: Activity) -> None:
    """What runs in this context from here on belongs to *activity*, and not to the step that started it (rule Q2)."""
    mark((*[each for each in senders() if each[0] is not record], (record, activity)))


def leave(record: Record) -> None:
    """What runs in this context is no part of *record*."""
    mark(tuple([each for each in senders() if each[0] is not record]))


# --- asking --------------------------------------------------------------------------------------------------


def is_inside(record: Record) -> bool:
    """Whether the step under way may wait for the sender (rule Q2).

    It is a behaviour, was called by one, or is a task that one started; or an activity that the step is ending.
    """
    if record.is_in_generated_step:
        return True
    parts = record.parts
    if parts is None or parts.queue.is_draining:
        return parts is not None  # no task can run meanwhile: whatever runs was called by the step
    queue = parts.queue
    return queue.drive is not None and (
        is_in_task(record, queue) or any(_is_awaited(record, each) for each in senders())
    )


def is_in_activity(record: Record) -> bool:
    """Whether the sender is an activity of the machine, or a task that one started."""
    return any(sender is record and activity is not None and activity.is_running() for sender, activity in senders())


def _is_awaited(record: Record, step_mark: StepMark) -> bool:
    sender, activity = step_mark
    if activity is None:
        return step_mark is record.step_mark
    return sender is record and activity.is_cancelled


def is_in_task(record: Record, queue: EventQueue) -> bool:
    """Whether what runs now is the task in which the rest of a step runs."""
    drive = queue.drive
    return drive is not None and drive.task is not None and record.host.current_task() is drive.task
