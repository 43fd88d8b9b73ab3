"""Saving: a machine between two steps becomes a snapshot (rule S1).

In: a record. Out: a `Snapshot`. What is in the record is what a snapshot has; what is only there while a step is under
way, such as errors and completions that wait to be handled, a machine at rest has none of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hsm.errors import Diagnostic, SnapshotError
from hsm.events import ERROR, TIME, Arguments, Event, Signal, Tick, name_of
from hsm.kinds import type_of
from hsm.names import shown
from hsm.program import Kind, Program, TimerKind
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.inside import is_inside
from hsm.runtime.kernel import process_expiry, process_failure, process_return
from hsm.runtime.record import CREATED, Parts, Record
from hsm.runtime.timer_heap import Armed, ArmedEvery
from hsm.saved.attributes import Attributes
from hsm.saved.coders import PLAIN, attributes_of
from hsm.saved.coding import Codec, Misfit
from hsm.saved.names import SavedNames, saved_names
from hsm.saved.snapshots import (
    EventKind,
    Snapshot,
    SnapshotActivity,
    SnapshotEvent,
    SnapshotRegion,
    SnapshotTimer,
)

_TIMERS: dict[TimerKind, Any] = {TimerKind.AFTER: "after", TimerKind.EVERY: "every", TimerKind.AT: "at"}


def snapshot(record: Record, codec: Codec | None = None) -> Snapshot:
    """*record* as a snapshot; *codec* writes the data.

    Raises:
        SnapshotError: A step is under way, or the machine has not been started; or some data cannot be written.
    """
    _check_at_rest(record)
    return _Saving(record, codec or PLAIN).snapshot()


def _check_at_rest(record: Record) -> None:
    """Whether *record* is between two steps.

    Raises:
        SnapshotError: It is not.
    """
    if record.status is CREATED and not record.is_busy:
        _refuse(record, "this machine has not been started", "save it when 'await hsm.start(...)' has returned")
    queue = None if record.parts is None else record.parts.queue
    if record.is_busy or (queue is not None and queue.current is not None):
        help_ = "save it when 'await machine.settled()' has returned"
        if is_inside(record):
            help_ = "a behaviour is part of the step: save the machine from outside, after 'await machine.settled()'"
        _refuse(record, "a step of this machine is under way", help_)
    if record.restart is not None or (queue is not None and queue.stopping is not None):
        _refuse(record, "this machine is being stopped", "save it before it is stopped")


def _refuse(record: Record, message: str, help_: str) -> None:
    raise SnapshotError(record.program.name, [Diagnostic("HSM200", message, None, help=(help_,))])


class _Saving:
    """The saving of one machine, with everything that cannot be saved."""

    def __init__(self, record: Record, codec: Codec) -> None:
        self.record = record
        self.codec = codec
        self.program: Program = record.program
        self.vertices = record.program.vertices
        self.names: SavedNames = saved_names(record.program)
        self.problems: list[Diagnostic] = []
        # due times are the clock's own, which begins anew with every process
        clock = record.options.clock or record.host.clock
        self.taken = clock.wall()
        self.shift = self.taken - clock.time()

    def snapshot(self) -> Snapshot:
        """The snapshot."""
        record, parts = self.record, self.record.parts
        timers = () if record.timers is None else self.timers(record.timers)
        history: dict[str, tuple[str, ...]] = {}
        if record.history:
            history = {self.path(owner): self.paths(leaves) for owner, leaves in record.history.items()}
        completed = self.paths(sorted(record.completed)) if record.completed else ()
        objects: dict[str, Any] = {}
        if record.state_objects:
            objects = {self.path(vertex): self.object(vertex, each) for vertex, each in record.state_objects.items()}
        instance = record.instance
        data = self.attributes(attributes_of(type_of(instance)), instance, "")
        active = self.paths(record.leaves)
        parked, conditions = ((), {}) if parts is None else self.parts(parts)
        activities, queue, deferred = ((), (), ()) if parts is None else self.waiting(parts)
        found = Snapshot(
            self.program.name, self.names.fingerprint, self.taken, record.status.value, active, data,
            self.kinds(record.leaves, parts), history, completed, parked, conditions, timers, activities, queue,
            deferred, objects,
        )  # fmt: skip
        if self.problems:
            raise SnapshotError(self.program.name, self.problems)
        return found

    # --- names -----------------------------------------------------------------------------------------------

    def path(self, vertex: int) -> str:
        """The path of *vertex*."""
        return self.vertices[vertex].path

    def paths(self, vertices: Iterable[int]) -> tuple[str, ...]:
        """The paths of *vertices*."""
        return tuple([self.vertices[vertex].path for vertex in vertices])

    def kinds(self, leaves: tuple[int, ...], parts: Parts | None) -> dict[str, str]:
        """The kinds of the vertices that are no states: of active leaves, and of what regions wait at."""
        found = {
            self.path(leaf): Kind(self.vertices[leaf].kind).name.lower()
            for leaf in leaves
            if self.vertices[leaf].kind is not Kind.STATE
        }
        if parts is not None:
            for parked in parts.step.parked.values():
                found[self.path(parked.join)] = Kind(self.vertices[parked.join].kind).name.lower()
        return found

    # --- what the machine is waiting for ---------------------------------------------------------------------

    def parts(self, parts: Parts) -> tuple[tuple[SnapshotRegion, ...], dict[str, bool]]:
        """The regions that wait at joins, and what conditions were."""
        parked = tuple(
            [
                SnapshotRegion(self.path(region), self.path(each.join), self.paths(each.leaves))
                for region, each in parts.step.parked.items()
            ]
        )
        return parked, {self.names.changes[transition]: holds for transition, holds in parts.truths.items()}

    def timers(self, armed: Armed | None) -> tuple[SnapshotTimer, ...]:
        """The timers that are armed, in order of declaration."""
        found: list[tuple[int, SnapshotTimer]] = []
        while armed is not None:
            if armed.due is not None:
                timer = armed.timer
                name, kind, due = self.names.timers[timer.index], _TIMERS[timer.kind], armed.due + self.shift
                if isinstance(armed, ArmedEvery):
                    since = armed.since + self.shift
                    saved = SnapshotTimer(name, kind, due, since, armed.number, armed.period)
                else:
                    saved = SnapshotTimer(name, kind, due)
                found.append((timer.index, saved))
            armed = armed.next
        return tuple([saved for _, saved in sorted(found)]) if len(found) > 1 else tuple([each for _, each in found])

    def waiting(
        self, parts: Parts
    ) -> tuple[tuple[SnapshotActivity, ...], tuple[SnapshotEvent, ...], tuple[SnapshotEvent, ...]]:
        """Activities, what is queued, and what is deferred."""
        queue = parts.queue
        activities = tuple(
            [
                SnapshotActivity(
                    name := self.names.activities[each.index],
                    self.event(
                        each.event,
                        name,
                        f"the event that started {name}",
                        is_call=type(each.event.data) is Arguments,
                    ),
                    "returned" if each.has_returned else "running" if each.is_running() else "failed",
                )
                for each in parts.activities.started()
            ]
        )
        waiting = (*queue.urgent, *queue.recalled, *queue.waiting)
        queue.saved = (*waiting, *queue.deferred)
        # a question is no part of the machine: whoever asked it asks again
        queued = [self.no_event(each) if each.event is None else self.occurrence(each, "queued") for each in waiting]
        deferred = tuple([self.occurrence(each, "deferred") for each in queue.deferred])
        return activities, tuple([each for each in queued if each is not None]), deferred

    # --- events ----------------------------------------------------------------------------------------------

    def occurrence(self, occurrence: Occurrence, how: str) -> SnapshotEvent:
        """Something that waits, *how* it does: queued or deferred."""
        event = occurrence.event
        assert event is not None  # this one is about an event
        what = f"the {how} {'call' if occurrence.is_call else 'event'} '{name_of(event)}'"
        return self.event(event, "", what, is_call=occurrence.is_call, is_fed=occurrence.is_fed)

    def no_event(self, occurrence: Occurrence) -> SnapshotEvent | None:
        """The expiry of a timer, or the end of activities; ``None`` for a question."""
        process: Any = occurrence.process  # of these three, a partial with what it is about
        function = getattr(process, "func", None)
        if function is process_expiry:
            armed: Armed = process.args[0]
            return SnapshotEvent("timer", self.names.timers[armed.timer.index])
        if function is process_return:
            return SnapshotEvent("return", self.path(process.args[0]))
        if function is process_failure:
            message = f"{shown(process.args[0], 60)}, which an activity raised, has not been handled yet"
            self.wrong("", message, "save the machine when 'await machine.settled()' has returned", "HSM200")
        return None

    def event(
        self, event: Event[Any], within: str, what: str, *, is_call: bool = False, is_fed: bool = False
    ) -> SnapshotEvent:
        """*event*, as *what* it is."""
        name, data = name_of(event), event.data
        kind: EventKind = "event"
        if is_call:
            kind, data = "call", self.arguments(data, what)
        elif isinstance(event, Signal):
            kind = "signal"
            data = self.coded(lambda: self.codec.encode(event, type(event)), what, "the data")
        elif name == ERROR and isinstance(data, BaseException):
            kind, data = "error", {"type": type(data).__qualname__, "text": _text(data)}
        elif name == TIME and type(data) is Tick:
            kind, data = "tick", {"due": data.due + self.shift, "number": data.number, "missed": data.missed}
        elif data is not None:
            data = self.coded(lambda: self.codec.encode(event.data, Any), what, "the data")
        return SnapshotEvent(kind, name, data, is_fed)

    def arguments(self, arguments: Arguments, what: str) -> dict[str, Any]:
        """The *arguments* of a call."""

        def coded(value: Any, name: str) -> Any:
            return self.coded(lambda: self.codec.encode(value, Any), what, name)

        args = [coded(value, f"argument {at}") for at, value in enumerate(arguments.args, 1)]
        kwargs = {name: coded(value, f"argument '{name}'") for name, value in arguments.kwargs.items()}
        return {"args": args, "kwargs": kwargs}

    # --- data ------------------------------------------------------------------------------------------------

    def object(self, vertex: int, value: Any) -> dict[str, Any]:
        """The data of *value*, the object of *vertex*."""
        factory = self.vertices[vertex].state_object
        link = "" if factory is None else factory.link
        return self.attributes(attributes_of(type_of(value), link), value, self.path(vertex))

    def attributes(self, attributes: Attributes, value: Any, within: str) -> dict[str, Any]:
        """The attributes of *value*, each written by the codec."""
        codec, what = self.codec, type(value).__qualname__
        try:
            state = attributes.state(value)
        except Exception as error:
            self.wrong(within, f"'{what}' {_why(error)}", "")
            return {}
        found: dict[str, Any] = {}
        for name, each in state.items():
            try:
                found[name] = (
                    attributes.coder(name).encode(each)
                    if codec is PLAIN
                    else codec.encode(each, attributes.annotation(name))
                )
            except Exception as error:
                help_ = f"to leave it out, give '{what}' a '__getstate__': see 'Saving and restoring' in the docs"
                self.wrong(within, f"attribute '{name}{_where(error)}' of '{what}' {_why(error)}", help_)
        return found

    def coded(self, encode: Callable[[], Any], within: str, what: str) -> Any:
        """What *encode* returns; ``None`` if it cannot, which is noted."""
        try:
            return encode()
        except Exception as error:
            help_ = "send it as an hsm.Signal with annotated attributes"
            at = f" at '{where}'" if (where := _where(error)) else ""
            self.wrong(within, f"{what}{at} {_why(error)}", help_)
            return None

    def wrong(self, within: str, message: str, help_: str, code: str = "HSM208") -> None:
        """Note that something cannot be saved."""
        self.problems.append(Diagnostic(code, message, None, within=within, help=(help_,) if help_ else ()))


def _where(error: Exception) -> str:
    """Where inside of an attribute *error* found something; empty for the attribute itself."""
    return error.path if isinstance(error, Misfit) else ""


def _why(error: Exception) -> str:
    return error.why if isinstance(error, Misfit) else f"cannot be saved: the codec raised {shown(error, 100)}"


def _text(error: BaseException) -> str:
    """The text of *error*, whose ``str`` is the user's own."""
    try:
        return str(error)
    except Exception:
        return shown(error)
