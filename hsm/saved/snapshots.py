"""Snapshots: a machine between two steps as public data, and the same as JSON (rules S1 and S4).

In: nothing; `runtime.saving` makes them of machines, and `runtime.restoring` makes machines of them. Out: frozen values
of strings, numbers and what a codec made of the user's data. Never imports the tree, the tables or the run time: what
was saved by one version of a program is read by another.

Everything refers to vertices by their paths, and to timers, change triggers and activities by the chart's identifiers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs

from hsm.errors import Diagnostic, SnapshotError
from hsm.kinds import type_of
from hsm.names import shown
from hsm.saved.shapes import (
    ANY,
    BOOL,
    COUNT,
    LIST,
    MOMENT,
    NEAR_MOMENT,
    OBJECT,
    PERIOD,
    TEXT,
    TEXTS,
    Shape,
    Shapes,
    one_of,
    seconds_of,
)

FORMAT = 1
"""The version of the format, which `docs/schemas/snapshot-1.json` describes."""

NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""In place of a mapping that nobody needs: most machines are saved with few of the parts that there can be."""
EventKind: TypeAlias = Literal["event", "signal", "call", "error", "tick", "timer", "return"]
TimerKind: TypeAlias = Literal["after", "every", "at"]
ActivityStatus: TypeAlias = Literal["running", "returned", "failed"]


@attrs.frozen
class SnapshotEvent:
    """An event, or something else that waits in the queue.

    Attributes:
        kind: ``event``, or ``signal`` for an object of a `Signal` class; ``call`` of an operation; ``error`` for
            ``hsm_error``, of whose exception the text remains; ``tick`` for the event of a timer. Two are no events:
            the expiry of a ``timer``, and the ``return`` of a state's activities.
        name: The event's name, the operation, the timer's identifier, or the path of the state.
        data: What it carries, as the codec wrote it.
        is_fed: Whether the machine sent it to itself, and it counts against the budget (rule Q8).
    """

    kind: EventKind
    name: str
    data: Any = None
    is_fed: bool = False


@attrs.frozen
class SnapshotTimer:
    """An armed timer.

    Attributes:
        id: ``/Door/open#after.0``.
        kind: ``after``, ``every`` or ``at``.
        due: When it fires next, in seconds since 1970.
        since: When an ``every`` was armed, in the same.
        number: How many of its ticks were due so far.
        period: Seconds between its ticks; 0 for the others.
    """

    id: str
    kind: TimerKind
    due: float
    since: float = 0.0
    number: int = 0
    period: float = 0.0


@attrs.frozen
class SnapshotActivity:
    """An activity that was started.

    Attributes:
        id: ``/Door/open#activity.0``.
        event: The event that its state was entered on, which it was given.
        status: ``running``; or ``returned``, which may complete its state (rule C1); or ``failed``, which may not.
    """

    id: str
    event: SnapshotEvent
    status: ActivityStatus = "running"


@attrs.frozen
class SnapshotRegion:
    """A region that waits at a join (rule R6).

    Attributes:
        region: Its path.
        join: The path of the join, or of the exit point that acts as one.
        leaves: The paths of what was active in it before, for histories.
    """

    region: str
    join: str
    leaves: tuple[str, ...]


@attrs.frozen
class Snapshot:
    """A machine between two steps.

    Attributes:
        model: The name of its model.
        fingerprint: Of the model's paths, kinds, timers and change triggers: two models with the same one have all that
            a snapshot refers to in common.
        taken: When it was taken, in seconds since 1970 by the machine's clock.
        status: The machine's `Status`, as a string.
        active: The paths of the active leaves, in order of declaration.
        kinds: The kinds of those vertices in here that are no states, by path.
        history: What was last active, by the path of the owner of a history (rule R5).
        completed: The paths of the active states that have completed (rule C1).
        parked: The regions that wait at a join.
        conditions: What the conditions of change triggers were at their last evaluation, by identifier (rule T6).
        timers: What is armed.
        activities: What was started.
        queue: What waits to be processed, in order.
        deferred: The events that were deferred, in order (rule D1).
        objects: The data of state objects, by path.
        data: The data of the instance, by attribute.
    """

    model: str
    fingerprint: str
    taken: float
    status: str
    active: tuple[str, ...]
    data: Mapping[str, Any]
    kinds: Mapping[str, str] = NOTHING
    history: Mapping[str, tuple[str, ...]] = NOTHING
    completed: tuple[str, ...] = ()
    parked: tuple[SnapshotRegion, ...] = ()
    conditions: Mapping[str, bool] = NOTHING
    timers: tuple[SnapshotTimer, ...] = ()
    activities: tuple[SnapshotActivity, ...] = ()
    queue: tuple[SnapshotEvent, ...] = ()
    deferred: tuple[SnapshotEvent, ...] = ()
    objects: Mapping[str, Mapping[str, Any]] = NOTHING

    def __str__(self) -> str:
        """One line: the model, its state, and when it was taken."""
        return f"snapshot of '{self.model}' in {', '.join(self.active) or 'nothing'}, taken {_moment(self.taken)}"

    def to_dict(self) -> dict[str, Any]:
        """As dicts, lists, strings and numbers, as JSON has them; what is empty is left out."""
        found: dict[str, Any] = {
            "format": FORMAT,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "taken": _moment(self.taken),
            "status": self.status,
            "active": list(self.active),
        }
        if self.kinds:
            found["kinds"] = dict(self.kinds)
        if self.history:
            found["history"] = {path: list(leaves) for path, leaves in self.history.items()}
        if self.completed:
            found["completed"] = list(self.completed)
        if self.parked:
            found["parked"] = [
                {"region": each.region, "join": each.join, "leaves": list(each.leaves)} for each in self.parked
            ]
        if self.conditions:
            found["conditions"] = dict(self.conditions)
        if self.timers:
            found["timers"] = [_timer_out(timer) for timer in self.timers]
        if self.activities:
            found["activities"] = [_activity_out(activity) for activity in self.activities]
        for key, events in (("queue", self.queue), ("deferred", self.deferred)):
            if events:
                found[key] = [_event_out(event) for event in events]
        if self.objects:
            found["objects"] = {path: dict(values) for path, values in self.objects.items()}
        if self.data:
            found["data"] = dict(self.data)
        return found

    def to_json(self, *, indent: int | None = None) -> str:
        """As JSON text, on one line unless *indent* says by how much to indent.

        Raises:
            SnapshotError: A codec made something of the data that JSON does not have.
        """
        try:
            data = self.to_dict()
            text = (
                _encode(data)
                if indent is None
                else json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent)
            )
            if not text.isascii() and _LONE.search(text):  # which no file and no socket takes as it is
                text = json.dumps(data, allow_nan=False, indent=indent)
            return text
        except (TypeError, ValueError, RecursionError) as error:
            message = f"the data cannot be written as JSON: {error}"
            raise SnapshotError(self.model, [Diagnostic("HSM208", message, None)]) from error

    @classmethod
    def from_json(cls, text: str | bytes) -> Snapshot:
        """The snapshot that `to_json` wrote as *text*.

        Raises:
            SnapshotError: It is not JSON, or not a snapshot, or one of a format that this version does not read; with
                everything that is wrong with it.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:  # also of bytes that are no text, and of numbers without end
            raise SnapshotError(None, [Diagnostic("HSM201", f"this is not JSON: {error}", None)]) from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Snapshot:
        """The snapshot of which `to_dict` made *data*.

        Raises:
            SnapshotError: As for `from_json`.
        """
        return _Reading().snapshot(data)


def _encoder(indent: int | None) -> Callable[[Any], str]:
    """What writes JSON, indented by *indent*."""
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent).encode


_encode = _encoder(None)
"""What `json.dumps` would make anew for each text."""
_LONE = re.compile("[\ud800-\udfff]")
"""Half a character, as in the names of files that are not text."""


def _moment(seconds: float) -> str | float:
    """*seconds* since 1970 as text that one can read; beyond the year 9999 as they are."""
    try:
        return datetime.fromtimestamp(round(seconds, 6), UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return seconds


def _timer_out(timer: SnapshotTimer) -> dict[str, Any]:
    found: dict[str, Any] = {"id": timer.id, "kind": timer.kind, "due": _moment(timer.due)}
    if timer.kind == "every":
        found |= {"since": _moment(timer.since), "number": timer.number, "period": timer.period}
    return found


def _activity_out(activity: SnapshotActivity) -> dict[str, Any]:
    return {"id": activity.id, "status": activity.status, "event": _event_out(activity.event)}


def _event_out(event: SnapshotEvent) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": event.kind, "name": event.name}
    if event.data is not None:
        found["data"] = event.data
    if event.is_fed:
        found["is_fed"] = True
    return found


# --- reading -------------------------------------------------------------------------------------------------

_KEYS: Mapping[str, Shape] = {
    "format": ANY, "model": TEXT, "fingerprint": TEXT, "taken": ANY,
    "status": one_of("running", "completed", "terminated", "stopped"),
    "active": TEXTS, "kinds": OBJECT, "history": OBJECT, "completed": TEXTS, "parked": LIST, "conditions": OBJECT,
    "timers": LIST, "activities": LIST, "queue": LIST, "deferred": LIST, "objects": OBJECT, "data": OBJECT,
}  # fmt: skip
"""What a snapshot may have."""
_REQUIRED = ("format", "model", "fingerprint", "taken", "status", "active")
_EVENT_KEYS: Mapping[str, Shape] = {
    "kind": one_of("event", "signal", "call", "error", "tick", "timer", "return"),
    "name": TEXT, "data": ANY, "is_fed": BOOL,
}  # fmt: skip
_TIMER_KEYS: Mapping[str, Shape] = {
    "id": TEXT, "kind": one_of("after", "every", "at"), "due": MOMENT,
}  # fmt: skip
_EVERY_KEYS: Mapping[str, Shape] = {**_TIMER_KEYS, "since": NEAR_MOMENT, "number": COUNT, "period": PERIOD}
_ACTIVITY_KEYS: Mapping[str, Shape] = {
    "id": TEXT, "status": one_of("running", "returned", "failed"), "event": OBJECT,
}  # fmt: skip
_PARKED_KEYS: Mapping[str, Shape] = {"region": TEXT, "join": TEXT, "leaves": TEXTS}


class _Reading(Shapes):
    """The reading of one snapshot, with everything that is wrong with it."""

    def snapshot(self, data: Any) -> Snapshot:
        """The snapshot of which *data* was made."""
        is_mapping = issubclass(type_of(data), Mapping)
        if not is_mapping:
            self.wrong("", f"a snapshot is a JSON object, not {shown(data, 60)}")
        given: dict[Any, Any] = {}
        try:
            given = {**data} if is_mapping else {}
        except Exception as error:  # of a mapping of the user's own
            is_mapping = False
            self.wrong("", f"this cannot be read: {shown(error, 100)}")
        model, taken, more = given.get("model"), seconds_of(given.get("taken")), dict[str, Any]()
        version = given.get("format", FORMAT)
        if type(version) is not int or version != FORMAT:
            self.of_another_format(version)
        elif is_mapping:
            self.keys(given, _KEYS, _REQUIRED, "")
            if "taken" in given and not NEAR_MOMENT[0](given["taken"]):
                self.wrong("taken", f"{shown(given['taken'], 60)} is not {MOMENT[1]}")
            # what is empty is left out, so that only what is there is looked at
            more = {key: _PARTS[key](self, value) for key, value in given.items() if key in _PARTS}
        if self.problems or taken is None:
            raise SnapshotError(model if type(model) is str else None, self.problems)
        active, found = tuple(given["active"]), given.get("data", NOTHING)
        return Snapshot(given["model"], given["fingerprint"], taken, given["status"], active, found, **more)

    def of_another_format(self, version: object) -> None:
        """Note that it is of a format of which nothing is known."""
        help_ = "it was saved by a newer version of hsm" if type(version) is int and version > FORMAT else ""
        message = f"this version of hsm reads format {FORMAT}, not {shown(version, 60)}"
        self.problems.append(Diagnostic("HSM202", message, None, help=(help_,) if help_ else ()))

    def event(self, given: Any, where: str) -> Any:
        """An event; of one that is wrong, ``None``."""
        count = len(self.problems)
        found = self.keys(given, _EVENT_KEYS, ("kind", "name"), where)
        if len(self.problems) > count:
            return None
        return SnapshotEvent(found["kind"], found["name"], found.get("data"), found.get("is_fed", False))

    def timer(self, given: Any, where: str) -> Any:
        """A timer; of one that is wrong, ``None``."""
        count = len(self.problems)
        known = _EVERY_KEYS if type_of(given) is dict and given.get("kind") == "every" else _TIMER_KEYS
        found = self.keys(given, known, tuple(known), where)
        if len(self.problems) > count:
            return None
        due, since = seconds_of(found["due"]) or 0.0, seconds_of(found.get("since", 0)) or 0.0
        return SnapshotTimer(
            found["id"], found["kind"], due, since, found.get("number", 0), float(found.get("period", 0.0))
        )

    def activity(self, given: Any, where: str) -> Any:
        """An activity; of one that is wrong, ``None``."""
        count = len(self.problems)
        found = self.keys(given, _ACTIVITY_KEYS, ("id", "status", "event"), where)
        event: Any = self.event(found["event"], f"{where}.event") if "event" in found else None
        if len(self.problems) > count:
            return None
        return SnapshotActivity(found["id"], event, found["status"])

    def region(self, given: Any, where: str) -> Any:
        """A region that waits; of one that is wrong, ``None``."""
        count = len(self.problems)
        found = self.keys(given, _PARKED_KEYS, ("region", "join", "leaves"), where)
        if len(self.problems) > count:
            return None
        return SnapshotRegion(found["region"], found["join"], tuple(found["leaves"]))


_PARTS: Mapping[str, Callable[[_Reading, Any], Any]] = {
    "kinds": lambda reading, given: reading.each_of(given, TEXT, "kinds"),
    "history": lambda reading, given: {
        path: tuple(leaves)
        for path, leaves in reading.each_of(given, TEXTS, "history").items()
        if type_of(leaves) is list
    },
    "completed": lambda reading, given: tuple(given if type_of(given) is list else ()),
    "parked": lambda reading, given: reading.each(given, reading.region, "parked"),
    "conditions": lambda reading, given: reading.each_of(given, BOOL, "conditions"),
    "timers": lambda reading, given: reading.each(given, reading.timer, "timers"),
    "activities": lambda reading, given: reading.each(given, reading.activity, "activities"),
    "queue": lambda reading, given: reading.each(given, reading.event, "queue"),
    "deferred": lambda reading, given: reading.each(given, reading.event, "deferred"),
    "objects": lambda reading, given: reading.each_of(given, OBJECT, "objects"),
}
"""How the parts are read that not every snapshot has; whether they have the right shape has been looked at."""

for _public in (Snapshot, SnapshotEvent, SnapshotTimer, SnapshotActivity, SnapshotRegion):
    _public.__module__ = "hsm"
