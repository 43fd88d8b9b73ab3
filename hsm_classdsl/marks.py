"""Marks: `@on`, `@entry`, `@guard` and the like.

A mark returns its method unchanged, with a note on it of what it is for; a mark alone in a class body is a transition
without an effect. A mark does nothing else and judges nothing. Never imports the compiler, the tables, the run time or
asyncio.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType, MethodType
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, Unpack, overload

import attrs
from typing_extensions import TypeIs

from hsm.behaviors import qualified_name
from hsm.context import Context
from hsm.elements.mistakes import UnknownOption
from hsm.elements.nodes import Activity, Effect, Entry, Exit
from hsm.elements.shapes import ActionList
from hsm.events import Event, Signal
from hsm.kinds import attribute_of, is_a
from hsm.names import shown
from hsm.position import Source, call_site
from hsm_classdsl.guards import Guard, Guarding, GuardTerm
from hsm_classdsl.notes import Attached, Made, Ours, note

S = TypeVar("S")
R = TypeVar("R")
E = TypeVar("E", bound=Event[Any])
E1 = TypeVar("E1", bound=Signal)
E2 = TypeVar("E2", bound=Signal)
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

MARKS = "__hsm_marks__"
"""The attribute that a marked function carries: its `Attached` marks, the topmost decorator first."""

Path: TypeAlias = str | type
"""A path, or the class of a vertex."""
Mark: TypeAlias = "TransitionMark[Any] | InitialMark | BehaviorMark"
"""What a function can be marked as."""


def attach(function: object, mark: Mark) -> None:
    """Put *mark* on *function*, before the marks that it has: decorators are read from the top.

    Raises:
        TypeError: *function* is a guard, or takes no attributes that can be found again.
    """
    if is_a(function, GuardTerm):
        raise TypeError("a guard cannot be a behaviour as well: mark another method, and pass the guard as guard=")
    attached = Attached(mark, function)
    try:
        setattr(function, MARKS, (attached, *_own_attachments(function)))
        is_marked = attached in _own_attachments(function)
    except Exception:
        is_marked = False
    if not is_marked:
        raise TypeError(f"a mark decorates a function, not {shown(function)}")
    attached.home = note(attached, 2)


def _made(mark: T) -> T:
    """*mark*, noted in the class body that made it."""
    note(Made(mark), 2)
    return mark


def attachments_of(attribute: object) -> tuple[Attached, ...]:
    """The marks on *attribute* of a class, with where each was put on it; none for most."""
    found = _own_attachments(attribute)
    # a static method takes the marks below it along
    is_around = issubclass(type(attribute), staticmethod | classmethod | MethodType)
    return found or (attachments_of(attribute_of(attribute, "__func__")) if is_around else ())


def _own_attachments(attribute: object) -> tuple[Attached, ...]:
    """The marks that *attribute* carries itself; an object may have a ``__dict__`` of any kind, or raise."""
    attributes = attribute_of(attribute, "__dict__")
    found: tuple[Attached, ...] | None = attributes.get(MARKS) if type(attributes) in (dict, MappingProxyType) else None
    return found if type(found) is tuple else ()


def marks_of(attribute: object) -> tuple[Mark, ...]:
    """The marks on *attribute* of a class; none for most."""
    return tuple([each.mark for each in attachments_of(attribute)])


def is_mark(attribute: object) -> TypeIs[InitialMark | TransitionMark[Any]]:
    """Whether *attribute* of a class is a mark that stands alone, and not on a function."""
    return is_a(attribute, InitialMark) or is_a(attribute, TransitionMark)


# --- guards --------------------------------------------------------------------------------------------------


@overload
def guard(function: Callable[[S], bool], /) -> Guard[S, bool]: ...
@overload
def guard(function: Callable[[S], Awaitable[bool]], /) -> Guard[S, Awaitable[bool]]: ...
@overload
def guard(function: Callable[[S, Any], bool], /) -> Guard[S, bool]: ...
@overload
def guard(function: Callable[[S, Any], Awaitable[bool]], /) -> Guard[S, Awaitable[bool]]: ...
@overload
def guard(function: Callable[[S, Context, Any], bool], /) -> Guard[S, bool]: ...
@overload
def guard(function: Callable[[S, Context, Any], Awaitable[bool]], /) -> Guard[S, Awaitable[bool]]: ...
def guard(function: Callable[..., Any], /) -> Guard[Any, Any]:
    """Make a method a guard, for use as ``guard=`` of a transition: ``guard=unlocked & ~jammed``.

    The method takes ``(self)``, ``(self, event)`` or ``(self, ctx, event)``, may be async, and returns a bool.

    Raises:
        TypeError: The method is already a behaviour.
    """
    if marks_of(function):
        raise TypeError(
            f"'{qualified_name(function)}' is already a behaviour, so it cannot be a guard: use another method"
        )
    return Guard(function, call_site())


# --- behaviours ----------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class BehaviorMark:
    """The method is an action, or an activity, of the state around it; *kind* is its element in the tree."""

    kind: type[ActionList]
    where: Source | None
    given_name: str | None = None
    on_restore: str | None = None


def entry(function: F, /) -> F:
    """Run the method when the state is entered.

    Raises:
        TypeError: *function* is a guard, or cannot be marked.
    """
    attach(function, BehaviorMark(Entry, call_site()))
    return function


def exit(function: F, /) -> F:  # noqa: A001 - UML's word
    """Run the method when the state is exited.

    Raises:
        TypeError: *function* is a guard, or cannot be marked.
    """
    attach(function, BehaviorMark(Exit, call_site()))
    return function


@overload
def activity(function: F, /) -> F: ...
@overload
def activity(
    *, name: str | None = None, on_restore: Literal["restart", "fail", "forget"] | None = None
) -> Callable[[F], F]: ...
def activity(function: Any = None, /, *, name: str | None = None, on_restore: str | None = None) -> Any:
    """Run the method as a task while the state is active: ``@activity``, or ``@activity(name="polling")``.

    Args:
        function: The method.
        name: What snapshots and traces call it, in place of its ordinal in its state (rule S1).
        on_restore: What becomes of it where it was running when the machine was saved: ``"restart"``, ``"fail"`` or
            ``"forget"`` (rule S3); by default as `hsm.restore` says.

    Raises:
        TypeError: *function* is a guard, or cannot be marked.
    """
    mark = BehaviorMark(Activity, call_site(), name, on_restore)

    def marked(function: F, /) -> F:
        attach(function, mark)
        return function

    return marked if function is None else marked(function)


def effect(function: F, /) -> F:
    """Run the method as an effect of the class around it: of a history's default target, or of a state, on entry.

    Raises:
        TypeError: *function* is a guard, or cannot be marked.
    """
    attach(function, BehaviorMark(Effect, call_site()))
    return function


# --- transitions ---------------------------------------------------------------------------------------------


class TransitionOptions(TypedDict, total=False):
    """What every transition takes as keyword arguments.

    Attributes:
        target: Where it leads; without one, it is internal. A path as in `hsm.target`, or the class of a vertex;
            a tuple of several for several regions.
        source: The vertex that it leaves, if that is not the class around it: a path or a class.
        guard: A `@guard`, a combination of guards, a condition of `hsm`, or a function.
        external: Whether a transition into its own source exits that source first (rule K3).
    """

    target: Path | tuple[Path, ...] | None
    source: Path | None
    guard: Guarding | None
    external: bool


@attrs.frozen(eq=False)
class TransitionMark(Ours, Generic[E]):
    """A transition. As a decorator, it makes the method its effect; alone in a class body, it has none.

    Attributes:
        trigger: The function of `hsm` that makes the trigger, such as ``on``; empty for a completion transition.
        arguments: The arguments of that function.
        where: The call that made the mark.
        given_name: What the timer or the change trigger is called (rule S1).
        target, source, guard, external: As in `TransitionOptions`.
        unknown: Keywords that it does not take.
    """

    trigger: str
    arguments: tuple[Any, ...]
    where: Source | None
    given_name: str | None = None
    target: Path | tuple[Path, ...] | None = None
    source: Path | None = None
    guard: Guarding | None = None
    external: bool = False
    unknown: tuple[UnknownOption, ...] = ()

    @overload
    def __call__(self, function: Callable[[S], R], /) -> Callable[[S], R]: ...
    @overload
    def __call__(self, function: Callable[[S, E], R], /) -> Callable[[S, E], R]: ...
    @overload
    def __call__(self, function: Callable[[S, Context, E], R], /) -> Callable[[S, Context, E], R]: ...
    def __call__(self, function: Callable[..., Any], /) -> Callable[..., Any]:
        """Make *function* the effect, and return it unchanged."""
        attach(function, self)
        return function


@attrs.frozen(eq=False)
class InitialMark(Ours):
    """A default entry with a target; as a decorator, it makes the method its effect."""

    target: Path | tuple[Path, ...]
    where: Source | None

    def __call__(self, function: F, /) -> F:
        """Make *function* the effect, and return it unchanged."""
        attach(function, self)
        return function


def initial(target: Path | tuple[Path, ...]) -> InitialMark:
    """A default entry that leads to *target*; the decorated method is its effect.

    If the default entry is a direct child and has no effect, write ``class Idle(State[...], initial=True)`` instead.
    """
    return _made(InitialMark(target, call_site()))


_OPTIONS = ("target", "source", "guard", "external")
_UNITS = ("days", "hours", "minutes", "seconds", "name")


def _transition(
    trigger: str,
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
    more: tuple[str, ...] = (),
    name: str | None = None,
) -> TransitionMark[Any]:
    """The mark of the function that called this; *more* are the keywords that it takes besides *options*."""
    where = call_site(2)
    unknown = [name for name in options if name not in _OPTIONS]
    known = {name: value for name, value in options.items() if name in _OPTIONS}
    wrong = [UnknownOption(trigger or "transition", name, (*_OPTIONS, *more), where=where) for name in unknown]
    return TransitionMark(trigger, arguments, where, name, **known, unknown=tuple(wrong))


@overload
def on(
    event: type[E],
    /,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[E]: ...
@overload
def on(
    event: type[E1],
    other: type[E2],
    /,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[E1 | E2]: ...
@overload
def on(
    *events: str | Event[Any] | type[Signal],
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]: ...
def on(
    *events: Any,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition on *events*: names, ``order.*``, ``*``, `Event` objects or `Signal` classes.

    Args:
        events: Any one of them triggers. If they are `Signal` classes, checkers know the type of the method's event.
        options: ``target``, ``source``, ``guard`` and ``external``, as in `TransitionOptions`.
    """
    return _made(_transition("on", events, options))


def transition(
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition without a trigger: on completion of a state (rule T6), or a branch of a pseudostate."""
    return _made(_transition("", (), options))


def on_call(
    operation: str,
    /,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition on the call of *operation*; ``machine.call`` returns what the method returns."""
    return _made(_transition("on_call", (operation,), options))


def after(
    duration: timedelta | float | Callable[..., Any] | None = None,
    /,
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    days: float | None = None,
    name: str | None = None,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires once, a duration after its state was entered.

    Args:
        duration: A ``timedelta``, seconds, or a method that returns either, sync or async.
        seconds: Instead of *duration*, the seconds of it, added to *minutes*, *hours* and *days*.
        minutes: As above.
        hours: As above.
        days: As above.
        name: What snapshots and traces call the timer, in place of its ordinal among those of its state (rule S1).
        options: As for `on`.

    Raises:
        TypeError: Both *duration* and named units were passed, or neither.
    """
    span = _span(duration, {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}, options)
    return _made(_transition("after", (span,), options, _UNITS, name))


def _span(given: Any, spans: Mapping[str, float | None], options: Mapping[str, Any]) -> Any:
    """The duration of a timer, which is written in one of two ways.

    Raises:
        TypeError: It was written in both, or in neither.
    """
    named = {unit: number for unit, number in spans.items() if number is not None}
    if (given is None) is bool(named):
        return timedelta(**named) if named else given
    if given is None and not options.keys() <= set(_OPTIONS):
        return 1  # the duration has a misspelt name, and that is reported
    raise TypeError("a timer takes either a duration, or days, hours, minutes and seconds by name")


def every(
    duration: timedelta | float | Callable[..., Any] | None = None,
    /,
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    days: float | None = None,
    name: str | None = None,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires every *duration* while its state is active, without drift.

    Arguments and exceptions are those of `after`.
    """
    span = _span(duration, {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}, options)
    return _made(_transition("every", (span,), options, _UNITS, name))


def at(
    moment: datetime | Callable[..., Any],
    /,
    *,
    name: str | None = None,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires once, at *moment*, a ``datetime`` or a method that returns one; *name* as for `after`."""
    return _made(_transition("at", (moment,), options, ("name",), name))


def when(
    condition: Guarding,
    /,
    *,
    name: str | None = None,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires when *condition* has become true; it is evaluated after every step (rule T6).

    The *name* is as for `after`.
    """
    return _made(_transition("when", (condition,), options, ("name",), name))
