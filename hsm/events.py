"""Events: what is dispatched, and the patterns that triggers are written in.

An event is a name with data, or an object of a user's own class (`Signal`). Its *name* alone decides what it triggers.
Never imports the tree, the tables or the run time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, overload

import attrs
from typing_extensions import Format, TypeVar, get_annotations

from hsm.kinds import is_a

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

    Two events are equal if their names and their data are. An event may be dispatched any number of times.

    Args:
        name: The name that triggers refer to; any non-empty string.
        data: Whatever the behaviours need; shared by reference, never copied.

    Raises:
        TypeError: *name* is not a string, or is empty.
    """

    if not TYPE_CHECKING:  # a signal's name is an attribute of its class, which a declared slot would forbid
        __slots__ = ("data", "name")
    __match_args__ = ("name", "data")

    name: str
    data: D
    if TYPE_CHECKING:
        _hsm_key: str

    @overload
    def __init__(self: Event[None], name: str) -> None: ...
    @overload
    def __init__(self, name: str, data: D) -> None: ...
    def __init__(self, name: str, data: Any = None) -> None:
        if not name or not isinstance(name, str):
            raise TypeError(f"an event's name must be a non-empty string, not {name!r}")
        self.name = name
        self.data = data

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self.name == other.name and self.data == other.data)

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __repr__(self) -> str:
        return f"Event({self.name!r})" if self.data is None else f"Event({self.name!r}, {self.data!r})"


if not TYPE_CHECKING:
    # A second name for the slot `name`. Only events have it, so reading it checks the type as well.
    Event._hsm_key = Event.__dict__["name"]


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

    name: str = "Signal"
    data: None = None

    if not TYPE_CHECKING:

        @property
        def _hsm_key(self) -> str:
            """As for `Event`; the class itself is not an event, and as this is a property it has no such name."""
            return self.name

    def __init__(self) -> None:
        """A signal without fields; decorated subclasses get an ``__init__`` of their own."""

    def __init_subclass__(cls, *, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if name is not None and (not isinstance(name, str) or not name):
            raise TypeError(f"the name of signal {cls.__name__!r} must be a non-empty string, not {name!r}")
        # a string `name` in the body is the event's name; an annotation, or any other value, makes it a field
        annotations = get_annotations(cls, format=Format.FORWARDREF)
        for taken in ("name", "data"):
            if taken in annotations or not isinstance(cls.__dict__.get(taken, ""), str):
                raise TypeError(
                    f"signal {cls.__name__!r} has a field {taken!r}, which every event already has: "
                    f"choose another name, such as '{cls.__name__.lower()}_{taken}'"
                )
        # attrs and dataclasses with slots make the class a second time, without the keyword: keep the name
        cls.name = name or cls.__dict__.get("name") or cls.__name__

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@attrs.frozen
class Tick:
    """The data of a timer's event.

    Attributes:
        due: When the timer was due, in seconds on the machine's clock.
        number: 1 for `after` and `at`; for `every` the tick's number, counting from 1 and counting missed ones.
        missed: Ticks of `every` that were skipped right before this one because the machine was late (rule A5).
    """

    due: float
    number: int = 1
    missed: int = 0


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
    if is_a(trigger, str):
        return trigger
    if is_a(trigger, Event):
        return trigger.name
    if is_a(trigger, type) and issubclass(trigger, Signal):
        return trigger.name
    return None


def as_event(event: Any, data: Any) -> Event[Any]:
    """*event* as an event object.

    Raises:
        TypeError: It is neither an event nor a name, or *data* is passed with an event that carries its own.
    """
    if isinstance(event, str):
        return Event(event, data)
    if issubclass(type(event), Event):
        if data is not None:
            raise TypeError(f"data can only be passed with a name; {event!r} carries its own")
        sent: Event[Any] = event
        return sent
    hint = ""
    if isinstance(event, type) and issubclass(event, Event):
        hint = f": write {event.__name__}(...) to create one"
    raise TypeError(f"dispatch takes an hsm.Event, an hsm.Signal or a name, not {event!r}{hint}")
