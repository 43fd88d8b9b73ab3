"""Marks: `@on`, `@entry`, `@guard` and their like.

In: a method, or nothing. Out: the method unchanged, with a note on it of what it is for; a mark that stays alone in
a class body is a transition without an effect. A mark does nothing by itself and judges nothing.
Never imports the compiler, the tables, the run time or asyncio.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeAlias, TypedDict, TypeVar, Unpack, overload

import attrs
from typing_extensions import TypeIs

from hsm.context import Context
from hsm.elements.nodes import ActionList, Activity, Condition, Effect, Entry, Exit, InState
from hsm.events import Event, Signal
from hsm.source import Source, call_site

S = TypeVar("S")
R = TypeVar("R")
E = TypeVar("E", bound=Event[Any])
E1 = TypeVar("E1", bound=Signal)
E2 = TypeVar("E2", bound=Signal)
G = TypeVar("G", covariant=True)
A = TypeVar("A", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])

MARKS = "__hsm_marks__"
"""The attribute that a marked function carries: its marks, the topmost decorator first."""

Path: TypeAlias = str | type
"""A path, or on the machine the class of a state itself."""
Guarding: TypeAlias = "GuardTerm | Condition[Any] | Callable[..., Any]"
"""A guard: what `@guard` made, a combination of such, or a function with the arguments of a method."""
Mark: TypeAlias = "TransitionMark[Any] | InitialMark | BehaviorMark"
"""What a function can be marked as."""


def attach(function: object, mark: Mark) -> None:
    """Put *mark* on *function*, before the marks that it has: decorators are read from the top.

    Raises:
        TypeError: *function* is a guard, or takes no attributes.
    """
    if isinstance(function, GuardTerm):
        raise TypeError("a guard cannot be a behaviour as well: mark another method, and pass the guard as guard=")
    try:
        setattr(function, MARKS, (mark, *getattr(function, MARKS, ())))
    except AttributeError:
        raise TypeError(f"a mark decorates a function, not {function!r}") from None


def marks_of(attribute: object) -> tuple[Mark, ...]:
    """The marks on *attribute* of a class; none for most."""
    found: tuple[Mark, ...] = getattr(attribute, "__dict__", {}).get(MARKS, ())
    behind = getattr(attribute, "__func__", None)  # a static method takes the marks below it along
    return found or (marks_of(behind) if behind is not None else ())


def is_mark(attribute: object) -> TypeIs[InitialMark | TransitionMark[Any]]:
    """Whether *attribute* of a class is a mark that stands alone, and not on a function."""
    return isinstance(attribute, InitialMark | TransitionMark)


# --- guards --------------------------------------------------------------------------------------------------


class GuardTerm:
    """A guard that combines with others: ``a & b``, ``a | b``, ``~a``."""

    hsm_help = "combine guards of a class with &, | and ~, and pass them as 'guard='"

    def __and__(self, other: GuardTerm | Condition[Any]) -> GuardTerm:
        return Combined("all_of", (self, other))

    def __rand__(self, other: Condition[Any]) -> GuardTerm:
        return Combined("all_of", (other, self))

    def __or__(self, other: GuardTerm | Condition[Any]) -> GuardTerm:
        return Combined("any_of", (self, other))

    def __ror__(self, other: Condition[Any]) -> GuardTerm:
        return Combined("any_of", (other, self))

    def __invert__(self) -> GuardTerm:
        return Combined("not_", (self,))

    def __bool__(self) -> bool:
        raise TypeError("combine guards with &, | and ~; 'and', 'or' and 'not' would drop one of them")


@attrs.frozen(eq=False, repr=False)
class Combined(GuardTerm):
    """Several guards put together; *word* is the function of hsm that does it."""

    word: str
    terms: tuple[GuardTerm | Condition[Any], ...]

    def __repr__(self) -> str:
        return f"{self.word}({', '.join(map(repr, self.terms))})"


class InStateTerm(GuardTerm):
    """`in_state` as a guard that combines."""

    def __init__(self, path: str, where: Source) -> None:
        self.condition: InState[Any] = InState(path, where=where)

    def __repr__(self) -> str:
        return f"in_state({self.condition.path!r})"


def in_state(path: str) -> GuardTerm:
    """Holds while the state at *path*, seen from the transition's source, is active: ``guard=~in_state("Locked")``."""
    return InStateTerm(path, call_site())


class Guard(GuardTerm, Generic[G, A]):
    """A method that is a guard. It can still be called: ``self.unlocked()``."""

    def __init__(self, function: Callable[..., A], where: Source | None) -> None:
        self.function = function
        self.where = where
        self.owner: type | None = None
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = self.owner or owner

    def __repr__(self) -> str:
        return f"<guard {getattr(self.function, '__qualname__', self.function)}>"

    @overload
    def __get__(self, instance: None, owner: type) -> Guard[G, A]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[..., A]: ...
    def __get__(self, instance: object | None, owner: type) -> Guard[G, A] | Callable[..., A]:
        if instance is None:
            return self
        bound: Callable[..., A] = self.function.__get__(instance, owner)
        return bound


def is_guard(value: object) -> TypeIs[Guard[Any, Any]]:
    """Whether *value* is a method that is a guard."""
    return isinstance(value, Guard)


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
    """Make a method a guard, to be named by ``guard=`` of a transition: ``guard=unlocked & ~jammed``.

    The method takes ``(self)``, ``(self, event)`` or ``(self, ctx, event)``, may be async, and gives a bool.
    """
    if marks_of(function):
        raise TypeError(
            f"'{function.__qualname__}' is already a behaviour, so it cannot be a guard: use another method"
        )
    return Guard(function, call_site())


# --- behaviours ----------------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class BehaviorMark:
    """The method is an action, or an activity, of the state it stands in; *kind* is what the tree calls it."""

    kind: type[ActionList]
    where: Source | None


def entry(function: F, /) -> F:
    """Run the method when the state is entered."""
    attach(function, BehaviorMark(Entry, call_site()))
    return function


def exit(function: F, /) -> F:  # noqa: A001 - UML's word
    """Run the method when the state is left."""
    attach(function, BehaviorMark(Exit, call_site()))
    return function


def activity(function: F, /) -> F:
    """Run the method as a task while the state is active."""
    attach(function, BehaviorMark(Activity, call_site()))
    return function


def effect(function: F, /) -> F:
    """Run the method as an effect of what it stands in: the default of a history; in a state, on entry."""
    attach(function, BehaviorMark(Effect, call_site()))
    return function


# --- transitions ---------------------------------------------------------------------------------------------


class TransitionOptions(TypedDict, total=False):
    """What every transition takes by name.

    Attributes:
        target: Where it leads; none: it is internal. In a state a path as in `hsm.target`; on the machine a path,
            or the class of a state. Several, in a tuple, for several regions.
        source: On the machine, or for a substate: what it leaves, if not the state it stands in.
        guard: A `@guard`, a combination of such, a condition of hsm's, or a function.
        external: Whether a transition into its own source leaves that source (rule K3).
    """

    target: Path | tuple[Path, ...] | None
    source: Path | None
    guard: Guarding | None
    external: bool


@attrs.frozen(eq=False)
class TransitionMark(Generic[E]):
    """A transition. As a decorator it makes the method its effect; alone in a class body it has none.

    Attributes:
        trigger: The function of hsm that makes the trigger, such as ``on``; empty for a completion transition.
        arguments: What that function is given.
        where: The call that made the mark.
        target, source, guard, external: The `TransitionOptions`.
    """

    trigger: str
    arguments: tuple[Any, ...]
    where: Source | None
    target: Path | tuple[Path, ...] | None = None
    source: Path | None = None
    guard: Guarding | None = None
    external: bool = False

    @overload
    def __call__(self, function: Callable[[S], R], /) -> Callable[[S], R]: ...
    @overload
    def __call__(self, function: Callable[[S, E], R], /) -> Callable[[S, E], R]: ...
    @overload
    def __call__(self, function: Callable[[S, Context, E], R], /) -> Callable[[S, Context, E], R]: ...
    def __call__(self, function: Callable[..., Any], /) -> Callable[..., Any]:
        """Make *function* the effect; it is given back unchanged."""
        attach(function, self)
        return function


@attrs.frozen(eq=False)
class InitialMark:
    """A default entry with a target; as a decorator it makes the method its effect."""

    target: Path | tuple[Path, ...]
    where: Source | None

    def __call__(self, function: F, /) -> F:
        """Make *function* the effect; it is given back unchanged."""
        attach(function, self)
        return function


def initial(target: Path | tuple[Path, ...]) -> InitialMark:
    """The default entry leads to *target*; the decorated method is its effect.

    Where the default entry is a direct child without an effect, ``class Idle(State[...], initial=True)`` says it.
    """
    return InitialMark(target, call_site())


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
        events: Any one of them triggers. A method that one `Signal` class decorates is typed by it.
        options: ``target``, ``source``, ``guard`` and ``external``, as in `TransitionOptions`.
    """
    return TransitionMark("on", events, call_site(), **options)


def transition(
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition without a trigger: on completion of a state (rule T6), or a branch of a pseudostate."""
    return TransitionMark("", (), call_site(), **options)


def on_call(
    operation: str,
    /,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition on the call of *operation*; what the method gives is what ``machine.call`` gives."""
    return TransitionMark("on_call", (operation,), call_site(), **options)


def after(
    duration: timedelta | float | Callable[..., Any] | None = None,
    /,
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires once, a time span after its state was entered.

    Args:
        duration: A ``timedelta``, seconds, or a method that gives either, sync or async.
        seconds: The span in seconds, where no *duration* is given; *minutes* and *hours* add to it.
        minutes: As above.
        hours: As above.
        options: As for `on`.
    """
    span = _span(duration, hours, minutes, seconds)
    return TransitionMark("after", (span,), call_site(), **options)


def _span(given: Any, hours: float | None, minutes: float | None, seconds: float | None) -> Any:
    """The time span that a timer was given, in one of its two ways.

    Raises:
        TypeError: It was given in both, or in none.
    """
    spans = {"hours": hours, "minutes": minutes, "seconds": seconds}
    named = {unit: number for unit, number in spans.items() if number is not None}
    if (given is None) is not bool(named):
        raise TypeError("a timer takes either a duration, or hours, minutes and seconds by name")
    return timedelta(**named) if named else given


def every(
    duration: timedelta | float | Callable[..., Any] | None = None,
    /,
    *,
    seconds: float | None = None,
    minutes: float | None = None,
    hours: float | None = None,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires each time span while its state is active, without drift; arguments as for `after`."""
    span = _span(duration, hours, minutes, seconds)
    return TransitionMark("every", (span,), call_site(), **options)


def at(
    moment: datetime | Callable[..., Any],
    /,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires once, at *moment*: a ``datetime``, or a method that gives one."""
    return TransitionMark("at", (moment,), call_site(), **options)


def when(
    condition: Guarding,
    /,
    **options: Unpack[TransitionOptions],
) -> TransitionMark[Any]:
    """A transition that fires when *condition* has become true; it is asked after every step (rule T6)."""
    return TransitionMark("when", (condition,), call_site(), **options)
