"""Events: what is dispatched, and the patterns that triggers are written in.

An event is a name with data, or an object of a user's own class (`Signal`). Its *name* alone decides what it triggers,
and never changes: what runs reads it as `_hsm_key`, a string of type ``str`` itself, whatever the user's class has put
in the place of ``name``. Never imports the tree, the tables or the run time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, cast, overload

import attrs
from typing_extensions import Format, TypeVar, get_annotations

from hsm.kinds import is_a
from hsm.names import is_text, plain, safe_repr, shown

D = TypeVar("D", default=Any)
"""The type of an event's data; plain ``Event`` leaves it open."""

INITIAL = "hsm_initial"
"""Name of the event that entry actions get while the machine starts."""
COMPLETION = "hsm_completion"
"""Name of the event that a completion transition gets (rule C2)."""
ERROR = "hsm_error"
"""Name of the event that carries an exception of a behaviour (rules E1 and E2)."""
TIME = "hsm_time"
"""Name of the event of a timer; its data is a `Tick` (rules A2 to A6)."""
CHANGE = "hsm_change"
"""Name of the event of a change trigger (rule T6)."""
FINAL = "hsm_final"
"""Name of the event that exit actions get while the machine stops."""
BUILT_IN = frozenset({INITIAL, COMPLETION, ERROR, TIME, CHANGE, FINAL})
"""Names that no wildcard matches (rule T2)."""


class Event(Generic[D]):
    """Something that happened: a name and, optionally, data.

    Two events are equal if their names and their data are. An event may be dispatched any number of times. Its name
    cannot be changed.

    Args:
        name: The name that triggers refer to; any non-empty string. Of a member of a string enumeration, its value.
        data: Whatever the behaviours need; shared by reference, never copied.

    Raises:
        TypeError: *name* is not a string, or is empty.
    """

    if not TYPE_CHECKING:  # a signal's name is an attribute of its class, which a declared slot would forbid
        __slots__ = ("_hsm_key", "data")
    __match_args__ = ("name", "data")

    data: D
    if TYPE_CHECKING:
        name: str
        _hsm_key: str
    else:

        @property
        def name(self) -> str:
            """The name that triggers refer to."""
            try:
                return self._hsm_key
            except AttributeError:
                raise AttributeError(_no_name(self)) from None

        @name.setter
        def name(self, name: str) -> None:
            """Take the name of an event that has none yet: that of a subclass with a field called ``name``."""
            if _has_key(self):
                raise AttributeError(f"the name of an event cannot be changed: make another one for {shown(name)}")
            self._hsm_key = _checked(name)

    @overload
    def __init__(self: Event[None], name: str) -> None: ...
    @overload
    def __init__(self, name: str, data: D) -> None: ...
    def __init__(self, name: str, data: Any = None) -> None:
        # only events have this slot, so reading it checks the type as well
        self._hsm_key = name if type(name) is str and name else _checked(name)
        self.data = data

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.name == other.name and self.data == other.data)

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __repr__(self) -> str:
        kind, data = type(self).__name__, getattr(self, "data", None)
        if not _has_key(self):
            return f"<{kind} without a name>"
        return f"{kind}({self.name!r})" if data is None else f"{kind}({self.name!r}, {safe_repr(data)})"

    def __getstate__(self) -> Any:
        """What a copy or a pickle takes along, as Python would have it."""
        return super().__getstate__()

    def __setstate__(self, state: Any) -> None:
        """Take *state* as Python would, also where the class is frozen."""
        parts = cast("tuple[dict[str, Any] | None, ...]", state if type(state) is tuple else (state,))
        for part in parts:
            for attribute, value in (part or {}).items():
                object.__setattr__(self, attribute, value)


def _has_key(event: Event[Any]) -> bool:
    """Whether *event* has its name, as it has once ``Event.__init__`` was called."""
    return hasattr(event, "_hsm_key")


def _no_name(event: Event[Any]) -> str:
    """What is wrong with *event*, whose ``__init__`` did not call that of `Event`."""
    return f"this {type(event).__name__} has no name: call 'super().__init__(name)' in its '__init__'"


def _checked(name: Any) -> str:
    """*name* as the name of an event.

    Raises:
        TypeError: It is not a string, or is empty.
    """
    if not is_text(name) or not plain(name):
        raise TypeError(f"an event's name must be a non-empty string, not {shown(name)}")
    return plain(name)


class _NameOfSignal:
    """The attribute ``name`` of a signal and of its class: that of the class, which no assignment to a signal hides."""

    __slots__ = ()

    def __get__(self, signal: object, owner: Any) -> str:
        name: str = owner._hsm_name
        return name

    def __set__(self, signal: object, name: object) -> None:
        raise AttributeError(f"the name of a signal is that of its class, and cannot be changed to {shown(name)}")


_NAME: Any = _NameOfSignal()


class Signal(Event[None]):
    """An event with fields of its own: subclass it with ``attrs``, with ``dataclasses`` or by hand.

    The event's name is the name of the class, unless the class statement gives another::

        @attrs.frozen
        class Paid(hsm.Signal, name="order.paid"):
            amount: int

    Raises:
        TypeError: A field is called ``name`` or ``data``, which every event has; or the name is not a string, or empty.
    """

    if not TYPE_CHECKING:
        __slots__ = ()

    name: str = _NAME
    data: None = None
    _hsm_name: str = "Signal"

    if not TYPE_CHECKING:

        @property
        def _hsm_key(self) -> str:
            """As for `Event`; the class itself is not an event, and as this is a property it has no such name."""
            return type(self)._hsm_name

    def __init__(self) -> None:
        """A signal without fields; decorated subclasses get an ``__init__`` of their own."""

    def __init_subclass__(cls, *, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if name is not None and (not is_text(name) or not plain(name)):
            raise TypeError(f"the name of signal {cls.__name__!r} must be a non-empty string, not {shown(name)}")
        # a string `name` in the body is the event's name; an annotation, or any other value, makes it a field
        annotations = get_annotations(cls, format=Format.FORWARDREF)
        for taken in ("name", "data"):
            own = cls.__dict__.get(taken, "")
            if taken in annotations or not (is_text(own) or own is _NAME):
                raise TypeError(
                    f"signal {cls.__name__!r} has a field {taken!r}, which every event already has: "
                    f"choose another name, such as '{cls.__name__.lower()}_{taken}'"
                )
        written = cls.__dict__.get("name")
        if name is None and is_text(written):
            name = written
        # attrs and dataclasses with slots make the class a second time, without the keyword: keep the name
        cls._hsm_name = plain(name or cls.__dict__.get("_hsm_name") or cls.__name__)
        cls.name = _NAME

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __getstate__(self) -> Any:
        """What a copy or a pickle takes along: its fields, and not the name, which is that of the class."""
        state: Any = super().__getstate__()
        if type(state) is not tuple:
            return state
        attributes, slots = cast("tuple[Any, dict[str, Any]]", state)
        return (attributes, {name: value for name, value in slots.items() if name not in ("_hsm_key", "data")})


@attrs.frozen
class Tick:
    """The data of a timer's event.

    Attributes:
        due: When the timer was due, in seconds on the machine's clock.
        number: 1 for `after` and `at`; for `every` the tick's number, counting from 1 and counting missed ones.
        missed: Ticks of `every` that were skipped right before this one because the machine was late (rule A5).
        wall: The same as *due*, in seconds since 1970: the machine's clock begins anew in every process, and what a
            restored machine says must mean something to it (rule S1). Left out of equality, as is a repr of it.
    """

    due: float
    number: int = 1
    missed: int = 0
    wall: float = attrs.field(default=0.0, eq=False, repr=False)


@attrs.frozen
class Arguments:
    """The data of a call's event: the arguments of ``machine.call(operation, ...)`` after the operation."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


class PatternKind(enum.IntEnum):
    """How a trigger's name matches, in the order in which a vertex tries them (rule T2)."""

    EXACT = 0
    PREFIX = 1
    ANY = 2


@attrs.frozen
class Pattern:
    """A trigger's name, taken apart: ``order.paid``, ``order.*`` (text ``order.``) or ``*`` (text empty)."""

    kind: PatternKind
    text: str

    def __str__(self) -> str:
        return self.text if self.kind is PatternKind.EXACT else self.text + "*"


def pattern(text: str) -> Pattern | None:
    """The pattern that *text* spells, or ``None``: a ``*`` must be alone or follow a final dot."""
    if text == "*":
        return Pattern(PatternKind.ANY, "")
    if text.endswith(".*") and len(text) > 2 and "*" not in text[:-1]:
        return Pattern(PatternKind.PREFIX, text[:-1])
    return Pattern(PatternKind.EXACT, text) if text and "*" not in text else None


def event_name(trigger: object) -> str | None:
    """The event name that *trigger* stands for: a string, an `Event` or a `Signal` class; else ``None``."""
    if is_text(trigger):
        return plain(trigger)
    if is_a(trigger, Event):
        return key_of(trigger)
    if is_a(trigger, type) and issubclass(trigger, Signal):
        return trigger._hsm_name  # pyright: ignore[reportPrivateUsage]  # declared in this very file
    return None


def as_event(event: Any, data: Any) -> Event[Any]:
    """*event* as an event object.

    Raises:
        TypeError: It is neither an event nor a name, or an event without a name; or *data* is passed with an event that
            carries its own.
    """
    if type(event) is Event and data is None and _has_key(event):  # nearly always
        return event
    if is_text(event):
        return Event(event, data)
    if is_a(event, Event):
        sent: Event[Any] = event
        if data is not None:
            raise TypeError(f"data can only be passed with a name; {shown(sent)} carries its own")
        if key_of(sent) is None:
            raise TypeError(_no_name(sent))
        return sent
    given: Any = event
    hint = ""
    if isinstance(event, type) and issubclass(event, Event):
        hint = f": write {event.__name__}(...) to create one"
    raise TypeError(f"dispatch takes an hsm.Event, an hsm.Signal or a name, not {shown(given)}{hint}")


def name_of(event: Event[Any]) -> str:
    """The name that *event*, which `as_event` has let pass, is matched by; ``event.name`` may be the user's own."""
    return event._hsm_key  # pyright: ignore[reportPrivateUsage]  # declared in this very file


def key_of(event: Event[Any]) -> str | None:
    """The name that *event* is matched by, ``None`` if it has none.

    A subclass of `Event` may hide ``name`` behind an attribute of its own, and not call ``Event.__init__``. What stands
    there when the event is first looked at is its name from then on.

    Raises:
        TypeError: What stands there is not a name.
    """
    if not _has_key(event):
        own = getattr(event, "name", None)
        if own is None:
            return None
        object.__setattr__(event, "_hsm_key", _checked(own))
        if not hasattr(event, "data"):
            object.__setattr__(event, "data", None)
    return event._hsm_key  # pyright: ignore[reportPrivateUsage]  # declared in this very file
