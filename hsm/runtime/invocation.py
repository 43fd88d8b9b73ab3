"""Invocation: calling what users wrote: actions, guards, and functions that return a time.

In: behaviours of the Program and an event. Out: what they returned; what they raised is kept in the record's failures
(rules E1, E2 and E7). Never imports asyncio: what has to be awaited is yielded, and whoever drives the work decides
whether that needs a task (rule Q3).
"""

from __future__ import annotations

from collections.abc import Coroutine
from numbers import Number
from typing import Any, TypeVar

from hsm.behaviors import Bound
from hsm.context import Context
from hsm.errors import GuardError
from hsm.events import Event
from hsm.names import shown
from hsm.program import Behavior
from hsm.runtime.awaitables import Work, awaits, is_coroutine, is_done, original, through
from hsm.runtime.failures import add_note, annotate
from hsm.runtime.record import Record, parts_of

T = TypeVar("T")
NOTHING = object()
"""In place of a result: the behaviour has not been called yet."""
_BOOLEANS = frozenset((True, False))


def run_actions(
    record: Record,
    behaviors: tuple[int, ...],
    event: Event[Any],
    result: object = NOTHING,
    error: BaseException | None = None,
) -> Work[object]:
    """Call *behaviors* in order; an exception ends the list, and nothing else (rules K6 and E1).

    Args:
        record: Whose behaviours they are.
        behaviors: Indices of actions.
        event: What they are given.
        result: What the first has returned already.
        error: What the first has raised already.

    Returns:
        What the last one returned; ``None`` if one raised.
    """
    returned: Any = None
    for index in behaviors:
        behavior = record.program.behaviors[index]
        try:
            returned = _call(record, behavior, event) if result is NOTHING and error is None else _given(result, error)
            if returned is not None:
                returned = yield from _awaited(record, behavior, returned)
            if record.observation is not None:
                record.observation.ran(behavior)
        except Exception as raised:
            fail(record, raised, behavior, event)
            return None
        except GeneratorExit:
            raise  # this work is being closed; one that a behaviour raised comes as `Closing`
        except BaseException as interruption:
            interrupt(record, interruption)
            return None
        result, error = NOTHING, None
    return returned


def ask(
    record: Record, index: int, event: Event[Any], result: object = NOTHING, error: BaseException | None = None
) -> Work[bool | None]:
    """What a guard returns, ``None`` if it raised (rule E2); what it has returned or raised already, as above."""
    behavior = record.program.behaviors[index]
    try:
        answer = _call(record, behavior, event) if result is NOTHING and error is None else _given(result, error)
        if answer is True or answer is False:
            return bool(answer)
        answer = yield from _awaited(record, behavior, answer)
        if not is_boolean(answer):
            kind = type(answer).__name__
            raise GuardError(f"'{behavior.name}' returned {shown(answer)} ({kind}); a guard must return True or False")
        answer = bool(answer)
    except Exception as raised:
        fail(record, raised, behavior, event)
        return None
    except GeneratorExit:
        raise  # as above
    except BaseException as interruption:
        interrupt(record, interruption)
        return None
    return answer


def is_boolean(answer: object) -> bool:
    """Whether *answer* is a boolean: ``True``, ``False``, or an object that could replace one as a key of a dictionary.

    Those of numpy and of other libraries can: they equal it, and have its hash. So do 1 and 0, but they are numbers.
    """
    if answer is True or answer is False:
        return True
    try:
        return not issubclass(type(answer), Number) and answer in _BOOLEANS
    except Exception:  # it has no hash, or cannot be compared
        return False


def value_of(record: Record, behavior: Behavior, event: Event[Any]) -> Work[Any]:
    """What *behavior* returns, awaited if it can be; what it raises goes on to the caller, as `through` says."""
    return (yield from _awaited(record, behavior, _call(record, behavior, event)))


def _awaited(record: Record, behavior: Behavior, result: Any) -> Work[Any]:
    """What *result* of a call of *behavior* comes to, awaited if it can be.

    What comes of that is awaited in turn if it is a coroutine: nobody else would ever run it.
    """
    if is_coroutine(result) or (not behavior.ends_at_once and awaits(result)):
        parts_of(record).watchdog.begin(behavior)  # once: however many coroutines it takes, it is one suspension
        result = yield result
        while is_coroutine(result):
            result = yield result
    return result.value if is_done(result) else result  # what `dispatch` returned to the behaviour


def _call(record: Record, behavior: Behavior, event: Event[Any]) -> Any:
    """What *behavior* returns, not awaited yet; of a coroutine that ends at once, what that returned.

    Raises:
        Stopping: It raised a ``StopIteration``, as `through` says.
        Closing: It raised a ``GeneratorExit``.
    """
    try:
        value = call(record, behavior, record.context, event)
        return end_of(value) if behavior.makes_coroutine else value
    except (StopIteration, GeneratorExit) as error:
        raise through(error) from None


def _given(result: object, error: BaseException | None) -> Any:
    """What a generated step has got from a behaviour already: *result*, unless it raised *error*."""
    if error is not None:
        try:
            raise through(error)
        finally:
            del error  # which keeps this frame
    return result


def call(record: Record, behavior: Behavior, context: Context, event: Event[Any]) -> Any:
    """Call *behavior*, and return what it returns; nothing is caught or awaited."""
    function = behavior.call
    if not isinstance(function, Bound):
        return function(context, record.instance, event)
    own = record.instance
    if function.vertex is not None:
        assert record.state_objects is not None  # the Program has some
        own = record.state_objects[function.vertex]
    return function(own, context, event)


def make_state_object(record: Record, vertex: int, error: BaseException | None = None) -> bool:
    """Make the state object of *vertex*, unless that raised *error* already; whether there is one (rule E1)."""
    objects = record.state_objects
    assert objects is not None  # the Program has some
    try:
        if error is not None:
            objects.pop(vertex, None)
            raise error
        objects.make(vertex)
    except Exception as raised:
        add_note(raised, f"while the state object of {record.program.vertices[vertex].path} was made")
        parts_of(record).failures.raised.append(raised)
        if record.observation is not None:
            record.observation.object_failed(vertex, raised)
    except BaseException as interruption:
        parts_of(record).failures.interrupt(interruption)
    else:
        return True
    return False


# --- errors --------------------------------------------------------------------------------------------------


def fail(record: Record, error: Exception, behavior: Behavior, event: Event[Any]) -> None:
    """Keep *error* for an ``hsm_error`` event, with a note on where it came from."""
    raised = original(error)
    assert isinstance(raised, Exception)  # as `through` keeps them apart
    annotate(raised, record.program, behavior, event)
    parts_of(record).failures.raised.append(raised)
    if record.observation is not None:
        record.observation.failed(behavior, raised)


def interrupt(record: Record, interruption: BaseException) -> None:
    """Keep what is never turned into an event (rule E7)."""
    parts_of(record).failures.interrupt(original(interruption))


def end_of(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine without an ``await`` returns: it ends at its first ``send``."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
