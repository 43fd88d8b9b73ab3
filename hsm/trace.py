"""The trace: what a machine does, as records that observers are given (rules O1 to O3).

In: nothing; `hsm.runtime.observation` makes the records. Out: frozen values; observers that keep, log or await them.
Never imports the tree, the tables or the run time.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, ClassVar, Protocol, cast

from hsm.answer import Answer
from hsm.errors import MachineStopped
from hsm.events import Event
from hsm.names import one_line, safe_repr
from hsm.outcome import Outcome, Status
from hsm.recording import Laid, laid, names_of

__all__ = [
    "ActivityBegan", "ActivityEnded", "Deferred", "Dropped", "Ended", "Entered", "Exited", "Failed", "GuardAsked",
    "Ran", "Recalled", "Received", "Record", "Recorder", "Started", "StepBegan", "StepEnded", "TimerArmed",
    "TimerDisarmed", "TimerFired", "log", "records",
]  # fmt: skip


@laid
class Record(Laid):
    """Something that happened in a machine.

    Attributes:
        machine: The name of the model.
        time: When, in seconds on the machine's clock.
        step: The number of the step in which it happened, or before which; the start is 1.
        cause: What the step, or the part of it, is on: ``event 'open'``, ``after of /Door/opened``, ``completion of
            /Door/working``, ``error``, ``change``, ``start``, ``stop``.
    """

    __slots__ = ()

    kinds: ClassVar[dict[str, type[Record]]] = {}
    """Every kind of record, by name."""

    machine: str
    time: float
    step: int
    cause: str

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Record.kinds[cls.__name__] = cls

    def to_dict(self, *, data: bool = False) -> dict[str, Any]:
        """As values that JSON has; the data of events is left out unless it is asked for, and is shown as text then."""
        found: dict[str, Any] = {"kind": type(self).__name__}
        for name in names_of(self):
            value: Any = getattr(self, name)
            found[name] = _plain(value)
            if data and issubclass(type(value), Event):
                found["data"] = safe_repr(value.data if type(value) is Event else value)
        return found


def _plain(value: object) -> Any:
    if isinstance(value, Event):
        return value.name
    if isinstance(value, Outcome | Status):
        return value.value
    if isinstance(value, BaseException):
        return safe_repr(value)
    return list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value


# --- the kinds -----------------------------------------------------------------------------------------------


@laid
class Started(Record):
    """The machine runs: its default entry, and all that it caused, has been processed (rule L1)."""

    __slots__ = ()

    states: tuple[str, ...]


@laid
class Ended(Record):
    """The machine has ended (rules L3 and L4)."""

    __slots__ = ()

    status: Status


@laid
class Received(Record):
    """An event, or a call, came in; it is processed when its turn comes (rule Q5)."""

    __slots__ = ()

    event: Event[Any]


@laid
class StepBegan(Record):
    """A step begins, where *states* are active; *event* is what its behaviours are given."""

    __slots__ = ()

    event: Event[Any]
    states: tuple[str, ...]


@laid
class StepEnded(Record):
    """The step is over, with what followed from it (rule T1); *transitions* are the identifiers of those it took."""

    __slots__ = ()

    event: Event[Any]
    outcome: Outcome
    states: tuple[str, ...]
    transitions: tuple[str, ...]


@laid
class GuardAsked(Record):
    """A guard was asked; *answer* is ``None`` if it raised, which counts as false (rule E2)."""

    __slots__ = ()

    id: str
    guard: str
    vertex: str
    place: str
    answer: bool | None


@laid
class Ran(Record):
    """A behaviour returned; *role* is ``entry``, ``exit`` or ``effect``."""

    __slots__ = ()

    id: str
    behavior: str
    role: str
    vertex: str
    place: str


@laid
class Failed(Record):
    """A behaviour raised *error*; or the making of a state object did, which has no place."""

    __slots__ = ()

    id: str
    behavior: str
    role: str
    vertex: str
    place: str
    error: BaseException | str


@laid
class Exited(Record):
    """A vertex is active no more; its exit actions have run."""

    __slots__ = ()

    vertex: str


@laid
class Entered(Record):
    """A vertex became active; its entry actions come next."""

    __slots__ = ()

    vertex: str


@laid
class Deferred(Record):
    """An event is kept until no active state defers it (rule D1)."""

    __slots__ = ()

    event: Event[Any]


@laid
class Recalled(Record):
    """A deferred event comes back, before those that wait (rule D2)."""

    __slots__ = ()

    event: Event[Any]


@laid
class Dropped(Record):
    """An event does nothing: *reason* is ``ignored`` (rule T5), ``budget`` (rule Q8) or ``ended`` (rule L4)."""

    __slots__ = ()

    event: Event[Any]
    reason: str


@laid
class TimerArmed(Record):
    """A timer was armed; *due* is when it fires, in seconds on the machine's clock."""

    __slots__ = ()

    id: str
    vertex: str
    timer: str
    due: float


@laid
class TimerFired(Record):
    """A timer was due, and its activation still lasts (rule A3): the step that follows is on it."""

    __slots__ = ()

    id: str
    vertex: str
    timer: str


@laid
class TimerDisarmed(Record):
    """A timer was disarmed before it fired."""

    __slots__ = ()

    id: str
    vertex: str
    timer: str


@laid
class ActivityBegan(Record):
    """An activity was started; it runs from the next iteration of the event loop on."""

    __slots__ = ()

    id: str
    vertex: str
    activity: str


@laid
class ActivityEnded(Record):
    """An activity returned, raised *error*, or was cancelled."""

    __slots__ = ()

    id: str
    vertex: str
    activity: str
    is_cancelled: bool
    error: BaseException | str | None


# --- observers -----------------------------------------------------------------------------------------------


class Observable(Protocol):
    """What `records` needs of a machine."""

    def observe(self, callback: Callable[[Record], object]) -> Callable[[], None]:
        """Have *callback* called with every record; returns what ends that."""
        ...

    def until(self, condition: Callable[[], bool]) -> Answer[None]:
        """Wait until *condition* holds."""
        ...


class Recorder:
    """An observer that keeps the last records.

    Args:
        last: How many; the oldest go first.

    Attributes:
        records: Those that are kept, oldest first.
    """

    def __init__(self, last: int = 1000) -> None:
        self.records: deque[Record] = deque(maxlen=last)

    def __call__(self, record: Record) -> None:
        """Keep *record*."""
        self.records.append(record)

    def to_json_lines(self, *, data: bool = False) -> str:
        """One line of JSON for each record; with *data*, that of events as text."""
        return "".join(json.dumps(record.to_dict(data=data), allow_nan=False) + "\n" for record in self.records)

    @staticmethod
    def from_json_lines(lines: str | Iterable[str]) -> Recorder:
        """The records of *lines*; events have their names alone, and errors are texts.

        Raises:
            ValueError: A line is no record.
        """
        # not `splitlines`: texts in JSON may have U+2028 and the like as they are
        written = lines.removesuffix("\n").split("\n") if isinstance(lines, str) and lines else [*lines]
        recorder = Recorder(len(written))
        for number, line in enumerate(written, 1):
            try:
                recorder(_read(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number} is no record of a trace: {error}") from error
        return recorder


_READERS: dict[str, Callable[[Any], Any]] = {
    "event": Event,
    "outcome": Outcome,
    "status": Status,
    "states": tuple,
    "transitions": tuple,
}
"""How a field is read that is no plain value."""


def _read(written: dict[str, Any]) -> Record:
    kind = Record.kinds[written["kind"]]
    return kind(**{name: _READERS.get(name, _same)(written[name]) for name in names_of(kind)})


def _same(value: Any) -> Any:
    return value


async def records(machine: Observable) -> AsyncIterator[Record]:
    """The records of *machine* from now on, up to its end; between two of them the machine may be many steps ahead."""
    waiting: deque[Record] = deque()
    detach = machine.observe(waiting.append)
    try:
        is_over = False
        while waiting or not is_over:
            while waiting:
                yield waiting.popleft()
            try:
                await machine.until(lambda: bool(waiting))
            except MachineStopped:
                is_over = True
    finally:
        detach()


class StepLines:
    """Makes one line of text of each step, from its records."""

    def __init__(self) -> None:
        self._before: tuple[str, ...] = ()
        self._did: list[str] = []

    def after(self, record: Record) -> str | None:
        """The line of the step that *record* ends; ``None`` if it ends none."""
        match record:
            case StepBegan(states=states):
                self._before, self._did = states, []
            case GuardAsked(guard=guard, answer=answer):
                self._did.append(f"{guard} {answer}")
            case Ran(behavior=behavior):
                self._did.append(behavior)
            case Failed(behavior=behavior, error=error):
                self._did.append(f"{behavior} raised {safe_repr(error)}")
            case StepEnded(outcome=outcome, states=states):
                did = f" ({', '.join(self._did)})" if self._did else ""
                cause = record.cause.replace(f" /{record.machine}/", " ")
                return f"{cause} {outcome.value}: {_moved(record.machine, self._before, states)}{did}"
            case _:
                pass
        return None


class log:  # noqa: N801 - a function to those who use it
    """An observer that logs: one line for each step, with its fields as ``extra``. Make one for each machine.

    Args:
        level: Of the lines.
        logger: Takes them; the logger ``hsm.trace`` by default.
        every: Whether each record has a line of its own.
    """

    def __init__(
        self, level: int = logging.DEBUG, logger: logging.Logger | None = None, *, every: bool = False
    ) -> None:
        self._level = level
        self._logger = logger or logging.getLogger("hsm.trace")
        self._every = every
        self._steps = StepLines()

    def __call__(self, record: Record) -> None:
        """Log *record*, or the step that it ends."""
        if self._every:
            self._write(record, f"{type(record).__name__} {_described(record)}".rstrip())
        elif (line := self._steps.after(record)) is not None:
            self._write(record, line)

    def _write(self, record: Record, text: str) -> None:
        fields = {f"hsm_{name}": value for name, value in record.to_dict().items()}
        self._logger.log(self._level, "%s: %s", one_line(record.machine), one_line(text), extra=fields)


def _moved(machine: str, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """What of the configuration has changed or, where nothing has, all of it; paths begin in the machine."""
    left = [each for each in before if each not in after]
    entered = [each for each in after if each not in before]
    if not left and not entered:
        left = list(after)
    texts = [", ".join([each.removeprefix(f"/{machine}/") for each in paths]) or "nothing" for paths in (left, entered)]
    return " -> ".join(texts if before != after else texts[:1])


def _described(record: Record) -> str:
    own = [name for name in names_of(record) if name not in ("machine", "time", "step", "cause")]
    return " ".join([f"{name}={_plain(getattr(record, name))!r}" for name in own])
