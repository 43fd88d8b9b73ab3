"""Until: those who wait for a condition of a machine to hold between two steps (rule L3a).

In: conditions. Out: their waits, ended by the step that makes them hold, or by the end of the machine. While somebody
waits, no generated step is taken without looking at the conditions behind it; a machine for which nobody waits pays
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from hsm.behaviors import qualified_name
from hsm.errors import GuardError, MachineStopped
from hsm.events import CHANGE, Event
from hsm.names import shown
from hsm.parameters import takes
from hsm.runtime.awaitables import Pending
from hsm.runtime.invocation import is_boolean
from hsm.runtime.record import ENDED, Record


@attrs.define(eq=False)
class Waiting:
    """A wait for a condition.

    Attributes:
        holds: Whether the condition holds.
        text: What it is called in messages.
        result: The end of the wait.
    """

    holds: Callable[[], bool]
    text: str
    result: Pending[None]


def wait_until(record: Record, holds: Callable[[], bool], text: str) -> Pending[None]:
    """The end of a wait for the condition *text*, which is met when *holds* says so between two steps.

    Raises:
        MachineStopped: The machine has ended, and it does not hold.
    """
    waiting = Waiting(holds, text, Pending(record))
    if record.status in ENDED:
        if not holds():
            raise _ended_before(record, waiting)
        waiting.result.finish(None, [])
    elif record.is_busy or not _is_over(record, waiting):
        record.waiting = [*(record.waiting or ()), waiting]
        if record.rests:
            record.rest()  # with no step found without looking here
    return waiting.result


def look(record: Record) -> None:
    """A step is over: end the waits whose condition holds, and forget those that nobody awaits any more."""
    record.waiting = [each for each in record.waiting or () if not _is_over(record, each)] or None


def end_waits(record: Record) -> None:
    """The machine has ended: what is waited for holds now, or never."""
    waiting, record.waiting = record.waiting or [], None
    for each in waiting:
        if not _is_over(record, each):
            each.result.finish(None, [_ended_before(record, each)], is_quiet=True)


def _is_over(record: Record, waiting: Waiting) -> bool:
    """Whether the wait is over: the condition holds, or raises, or nobody awaits it any more."""
    if waiting.result.is_given_up:
        return True
    try:
        if not waiting.holds():
            return False
    except Exception as error:
        waiting.result.finish(None, [error])
    else:
        waiting.result.finish(None, [])
    return True


def _ended_before(record: Record, waiting: Waiting) -> MachineStopped:
    return MachineStopped(f"the machine has {_ENDS[record.status.value]} before {waiting.text}")


_ENDS = {"stopped": "been stopped", "completed": "completed", "terminated": "terminated"}


def as_condition(record: Record, predicate: Callable[..., Any]) -> Callable[[], bool]:
    """*predicate* as a condition: called with nothing, with the instance, or as a guard is.

    Raises:
        TypeError: It can be called in none of these ways.
    """
    instance = record.instance
    for arguments in ((instance,), (record.context, instance, Event(CHANGE)), ()):
        if takes(predicate, len(arguments)):
            return lambda: _checked(predicate, predicate(*arguments))
    name = qualified_name(predicate)
    raise TypeError(f"'{name}' takes too many parameters: 'until' calls a predicate with the instance, or with nothing")


def _checked(predicate: Callable[..., Any], answer: Any) -> bool:
    """The *answer* of *predicate*.

    Raises:
        GuardError: It is no boolean; that of a coroutine function is none, as nobody awaits it between two steps.
    """
    if not is_boolean(answer):
        name = qualified_name(predicate)
        if hasattr(answer, "close") and hasattr(answer, "send"):
            answer.close()  # it would warn that nobody awaited it, too
        raise GuardError(f"'{name}' returned {shown(answer)}; a predicate of 'until' must return True or False at once")
    return bool(answer)
