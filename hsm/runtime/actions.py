"""Calling behaviours: actions, guards, and functions that give a time.

In: behaviours of a Program and an event. Out: what they gave, with errors caught and kept (rules E1, E2 and E7).
Never imports asyncio. What may suspend is yielded, an awaitable at a time: whoever drives the steps decides
whether that needs a task (rule Q3).
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, TypeAlias, TypeVar

from hsm.configuration import Configuration
from hsm.context import Context
from hsm.errors import GuardError
from hsm.events import Event
from hsm.program import Behavior, Connective, Program, describe
from hsm.runtime.done import awaits, is_done

T = TypeVar("T")
Steps: TypeAlias = Generator[Any, Any, T]
"""Work in small steps: yields awaitables and is sent what they gave; its return value is the result."""
NOTHING = object()
"""A behaviour was not called yet: it gave nothing so far."""


class Actions:
    """Runs the behaviours of one machine, and keeps what they raised until someone takes it.

    Attributes:
        errors: Exceptions that are to become ``hsm_error``, in the order in which they were raised.
        interruptions: What is never turned into an event (rule E7): cancellations and the like.
        from_activities: Those of the errors that an activity raised: nobody awaits them (rule E4).
        returned: What the last action of the last list gave.
    """

    __slots__ = (
        "configuration",
        "context",
        "errors",
        "from_activities",
        "instance",
        "interruptions",
        "program",
        "returned",
    )

    def __init__(self, program: Program, configuration: Configuration, instance: Any, context: Context) -> None:
        self.program = program
        self.configuration = configuration
        self.instance = instance
        self.context = context
        self.errors: list[Exception] = []
        self.from_activities: list[Exception] = []
        self.interruptions: list[BaseException] = []
        self.returned: object = None

    def run(self, behaviors: tuple[int, ...], event: Event[Any]) -> Steps[None]:
        """Call *behaviors* in order; an exception ends the list, and nothing else (rules K6 and E1)."""
        for index in behaviors:
            if not (yield from self.acted(index, event)):
                return

    def acted(
        self, index: int, event: Event[Any], given: object = NOTHING, error: BaseException | None = None
    ) -> Steps[bool]:
        """Call an action; whether it ended well. What it has *given* or raised already is taken as it is."""
        behavior = self.program.behaviors[index]
        try:
            if error is not None:
                raise through(error)
            self.returned = yield from self.value(behavior, event, self.context, given)
        except Exception as raised:
            self.returned = None
            self.fail(raised, behavior, event)
            return False
        except GeneratorExit:
            raise  # these steps are closed; a behaviour's own comes as `_Closing`
        except BaseException as interruption:
            self.interrupt(interruption)
            return False
        return True

    def value(self, behavior: Behavior, event: Event[Any], context: Context, given: object = NOTHING) -> Steps[Any]:
        """What *behavior* gives; awaited when it can be. Exceptions go on to the caller."""
        result: Any = given
        if result is NOTHING:
            try:
                result = behavior.call(context, self.instance, event)
                if behavior.ends_at_once:
                    return end_of(result)
            except (StopIteration, GeneratorExit) as error:
                raise through(error) from None
        elif behavior.ends_at_once:
            return result
        if result is None:
            return None
        if is_done(result):
            return result.value
        return (yield result) if awaits(result) else result

    def interrupt(self, interruption: BaseException) -> None:
        """Keep what is never turned into an event (rule E7)."""
        self.interruptions.append(interruption.error if isinstance(interruption, _Closing) else interruption)

    def fail(self, error: Exception, behavior: Behavior, event: Event[Any]) -> None:
        """Keep *error* for an ``hsm_error`` event, with a note on where it came from."""
        if isinstance(error, _Stopped):
            error = error.error
        self.annotate(error, behavior, event)
        self.errors.append(error)

    def annotate(self, error: BaseException, behavior: Behavior, event: Event[Any]) -> None:
        """Say in a note on *error* which behaviour raised it, where that is written, and on which event."""
        note = f"in {describe(self.program, behavior)}"
        label = self.program.transitions[behavior.transition].label if behavior.transition >= 0 else ""
        if event.name not in label:
            note += f", event '{event.name}'"
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)

    def all_hold(self, conditions: tuple[int, ...], event: Event[Any]) -> Steps[bool]:
        """Whether every one of *conditions* holds, asked in order up to the first that does not (rule T3)."""
        for condition in conditions:
            if not (yield from self.holds(condition, event)):
                return False
        return True

    def holds(self, condition: int, event: Event[Any]) -> Steps[bool]:
        """Whether *condition* holds; an exception anywhere in it counts as false (rule E2)."""
        try:
            return (yield from self._ask(condition, event))
        except _Failed:
            return False

    def _ask(self, index: int, event: Event[Any]) -> Steps[bool]:
        condition = self.program.conditions[index]
        connective = condition.connective
        if connective is Connective.CALL:
            return (yield from self._predicate(condition.operands[0], event))
        if connective is Connective.IN:
            return self.configuration.is_active(condition.operands[0])
        if connective is Connective.NOT:
            return not (yield from self._ask(condition.operands[0], event))
        decides = connective is Connective.ANY
        for operand in condition.operands:
            if (yield from self._ask(operand, event)) is decides:
                return decides
        return not decides

    def _predicate(self, index: int, event: Event[Any]) -> Steps[bool]:
        answer = yield from self.asked(index, event)
        if answer is None:
            raise _Failed
        return answer

    def asked(
        self, index: int, event: Event[Any], given: object = NOTHING, error: BaseException | None = None
    ) -> Steps[bool | None]:
        """What a predicate says, ``None`` when it raised; what it has *given* or raised is taken as it is."""
        behavior = self.program.behaviors[index]
        try:
            if error is not None:
                raise through(error)
            answer = yield from self.value(behavior, event, self.context, given)
            if answer is not True and answer is not False:
                kind = type(answer).__name__
                raise GuardError(f"'{behavior.name}' gave {answer!r} ({kind}): a guard gives True or False")
        except Exception as raised:
            self.fail(raised, behavior, event)
            return None
        except GeneratorExit:
            raise  # as above
        except BaseException as interruption:
            self.interrupt(interruption)
            return None
        return bool(answer)


class _Stopped(Exception):
    """A behaviour raised a ``StopIteration``: on its way through generators."""

    def __init__(self, error: StopIteration) -> None:
        super().__init__()
        self.error = error


class _Closing(BaseException):
    """A behaviour raised a ``GeneratorExit``: in the same way."""

    def __init__(self, error: GeneratorExit) -> None:
        super().__init__()
        self.error = error


def through(error: BaseException) -> BaseException:
    """*error* as it can be raised in a generator, such as all steps are: two exceptions mean something else there."""
    if isinstance(error, StopIteration):
        return _Stopped(error)
    return _Closing(error) if isinstance(error, GeneratorExit) else error


class _Failed(Exception):
    """A predicate raised: the whole condition around it counts as false, a `not_` around it as well."""


def end_of(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine without an ``await`` gives: it ends at its first ``send``."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
