"""Restoring: a snapshot becomes the state of a machine that has not been started (rules S2 to S4).

In: a snapshot, and the record of a new machine. Out: everything that the snapshot has, in the terms of the Program, or
one error with everything that does not fit. All names are looked up and all data is read before anything is changed:
there is no half-restored machine. Nothing runs in here; `keeping.resume` does what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

import attrs

from hsm.configuration import Leaves, faults, is_active
from hsm.errors import SnapshotError
from hsm.events import Event, Signal
from hsm.kinds import type_of
from hsm.names import closest, shown
from hsm.program import NONE, OUTSIDE, Kind, Program, Timer, TimerKind
from hsm.rules.step import Parked
from hsm.runtime.record import Record
from hsm.runtime.restored_data import RestoredData
from hsm.saved.coders import PLAIN, attributes_of
from hsm.saved.coding import Codec
from hsm.saved.names import SavedNames, saved_names
from hsm.saved.snapshots import (
    NOTHING,
    ActivityStatus,
    Snapshot,
    SnapshotActivity,
    SnapshotEvent,
    SnapshotRegion,
    SnapshotTimer,
)

T = TypeVar("T")
TimerPolicy: TypeAlias = Literal["due", "remaining", "restart"]
"""What becomes of timers: due when they were, due after the rest of their time, or armed anew (rule S2)."""
ActivityPolicy: TypeAlias = Literal["restart", "fail", "forget"]
"""What becomes of activities that were running (rule S3)."""


Waiting: TypeAlias = tuple[str, Any, bool]
"""What waits: the kind of it; an event, a timer or a vertex; and whether the machine fed itself with it."""


@attrs.define(eq=False)
class Restored:
    """What a snapshot says, in the terms of one Program, on one clock; nothing of it changes later.

    Attributes:
        fill: Gives the instance its data; raises `SnapshotError` if that refuses it.
        leaves, history, completed, parked, truths: As a record has them.
        timers: What is to be armed, in order of declaration.
        activities: Vertex, behaviour, the event that it was started on, and its status.
        queue: What waits.
        deferred: In the same way.
        objects: State objects, by vertex.
    """

    fill: Callable[[], None]
    leaves: Leaves
    history: Mapping[int, Leaves] = NOTHING
    completed: Iterable[int] = ()
    parked: Mapping[int, Parked] = NOTHING
    truths: Mapping[int, bool] = NOTHING
    timers: Sequence[tuple[Timer, SnapshotTimer]] = ()
    activities: Sequence[tuple[int, int, Event[Any], ActivityStatus]] = ()
    queue: Sequence[Waiting] = ()
    deferred: Sequence[Waiting] = ()
    objects: Mapping[int, Any] = NOTHING


def read(
    record: Record, snapshot: Snapshot, codec: Codec | None = None, signals: Iterable[type[Signal]] = ()
) -> Restored:
    """What *snapshot* says about the machine of *record*; changes nothing.

    Args:
        record: A machine that has not been started.
        snapshot: Of a machine of the same model, or of one whose names are in this one, too.
        codec: Reads the data.
        signals: Classes of signals that the model does not name.

    Raises:
        SnapshotError: It does not fit; with every reason.
    """
    reading = _Reading(record, snapshot, codec or PLAIN, signals)
    restored = reading.restored()
    if reading.data.problems:
        raise SnapshotError(record.program.name, reading.data.problems)
    return restored


class _Reading:
    """The reading of one snapshot for one Program, with everything that does not fit."""

    def __init__(self, record: Record, snapshot: Snapshot, codec: Codec, signals: Iterable[type[Signal]]) -> None:
        self.record = record
        self.snapshot = snapshot
        self.program: Program = record.program
        self.vertices = record.program.vertices
        self.names: SavedNames = saved_names(record.program)
        clock = record.options.clock or record.host.clock
        self.data = RestoredData(record.program, codec, signals, clock.wall() - clock.time())
        self.renamed = _renamings(record.program)
        self.seen: set[str] = set()
        self.leaves: Leaves = ()

    def restored(self) -> Restored:
        """What the snapshot says, as far as it fits."""
        snapshot = self.snapshot
        if self.new_name(f"/{snapshot.model}") != f"/{self.program.name}":
            self.another_model()
            return Restored(_nothing, ())
        if snapshot.status != "running":
            self.data.wrong("HSM210", f"this machine has {_ENDED[snapshot.status]}", "status", "start a new machine")
        self.leaves = tuple(sorted(self.several(snapshot.active, "active")))
        if not self.data.problems:
            self.configuration(self.leaves)
        instance = self.record.instance
        attributes = attributes_of(type_of(instance))
        values = self.data.values(attributes, type(instance).__qualname__, snapshot.data, "data")

        def fill() -> None:
            self.data.fill(attributes, instance, values, "data")
            if self.data.problems:
                raise SnapshotError(self.program.name, self.data.problems)

        found = Restored(fill, self.leaves)
        if snapshot.history:
            found.history = dict(_some([self.history(path, leaves) for path, leaves in snapshot.history.items()]))
        if snapshot.completed:
            completed = self.several(snapshot.completed, "completed")
            found.completed = [
                vertex
                for vertex in completed
                if self.active(vertex, f"the completion of '{self.vertices[vertex].path}'", "completed")
            ]
        if snapshot.parked:
            found.parked = dict(_some([self.parked(each) for each in snapshot.parked]))
        for leaf in self.leaves:
            if self.vertices[leaf].kind is Kind.REGION and leaf not in found.parked:
                message = f"nothing is active in '{self.vertices[leaf].path}', and it waits at no join"
                self.data.wrong("HSM206", message, "active")
        if snapshot.conditions:
            found.truths = dict(_some([self.truth(*pair) for pair in snapshot.conditions.items()]))
        if snapshot.timers:
            found.timers = _some([self.timer(timer) for timer in snapshot.timers])
        if snapshot.activities:
            found.activities = _some([self.activity(each) for each in snapshot.activities])
        if snapshot.queue or snapshot.deferred:
            armed = {timer.index for timer, _ in found.timers}
            found.queue = [self.waiting(each, armed, f"queue[{at}]") for at, each in enumerate(snapshot.queue)]
            found.deferred = [self.waiting(each, armed, f"deferred[{at}]") for at, each in enumerate(snapshot.deferred)]
        if snapshot.objects:
            found.objects = dict(_some([self.object(path, data) for path, data in snapshot.objects.items()]))
        return found

    # --- what does not fit -----------------------------------------------------------------------------------

    def another_model(self) -> None:
        """Note that the snapshot is of another model."""
        name, own = self.snapshot.model, self.program.name
        help_ = f"if it was renamed, put hsm.renamed({f'/{name}'!r}, {f'/{own}'!r}) in the model"
        self.data.wrong("HSM203", f"this is a snapshot of '{name}', not of '{own}'", "model", help_)

    def unknown(self, name: str, known: Iterable[str], word: str, within: str) -> None:
        """Note that the model does not have *name*, a *word*."""
        # what is like it is of its kind, and is never the model itself
        alike = [each for each in known if "/" in each[1:] and _kind(each) == _kind(name)]
        close = closest(name, alike, 1)
        help_ = "if it was renamed, put hsm.renamed in the model; else 'migrate=' of hsm.restore can say where to go on"
        if close:
            help_ = f"did you mean '{close[0]}'? If so, put hsm.renamed({name!r}, {close[0]!r}) in the model"
        self.data.wrong("HSM204", f"model '{self.program.name}' has no {word} '{name}'", within, help_)

    # --- names -----------------------------------------------------------------------------------------------

    def new_name(self, name: str) -> str:
        """What *name*, a path or an identifier, is today."""
        for old, new in self.renamed:
            if name == old or name.startswith((f"{old}/", f"{old}#")):
                return f"{new}{name[len(old) :]}"
        return name

    def vertex(self, path: str, within: str, *, is_whole: bool = False) -> int | None:
        """The vertex at *path*, which the snapshot has *within*; ``None`` if there is none of its kind."""
        found = self.program.index.get(path if not self.renamed else self.new_name(path))
        if found is None:
            self.unknown(path, self.program.index, "vertex", within)
            return None
        kind = self.snapshot.kinds.get(path, "state")
        own = Kind(self.vertices[found].kind).name.lower()
        if is_whole and kind != own:
            message = f"'{path}' was {_a(kind)}, and is {_a(own)} now"
            self.data.wrong("HSM205", message, within, "'migrate=' of hsm.restore can say what became of it")
            return None
        return found

    def several(self, paths: Iterable[str], within: str) -> list[int]:
        """The vertices at *paths*, of those that are there."""
        found = [self.vertex(path, within, is_whole=within == "active") for path in paths]
        return [vertex for vertex in found if vertex is not None]

    def index(self, name: str, known: Mapping[str, int], within: str, word: str) -> int | None:
        """What is called *name* among the *known*; ``None`` if nothing is."""
        found = known.get(name if not self.renamed else self.new_name(name))
        if found is None:
            self.unknown(name, known, word, within)
        return found

    def index_once(self, name: str, known: Mapping[str, int], within: str, word: str) -> int | None:
        """The same for what a snapshot has once; ``None`` for another one."""
        found = self.index(name, known, within, word)
        if found is not None and f"{word} {found}" in self.seen:
            self.data.wrong("HSM206", f"'{name}' is listed twice", within)
            return None
        self.seen.add(f"{word} {found}")
        return found

    def active(self, vertex: int, what: str, within: str) -> bool:
        """Whether *vertex*, which *what* needs, is active."""
        if is_active(self.vertices, self.leaves, vertex):
            return True
        message = f"{what} needs '{self.vertices[vertex].path}' to be active, and it is not"
        self.data.wrong("HSM206", message, within)
        return False

    # --- the configuration -----------------------------------------------------------------------------------

    def configuration(self, leaves: Leaves) -> None:
        """Note what is wrong with *leaves* as the leaves of a configuration: too few of them, or too many."""
        if len(leaves) == 1 and self.is_plain(leaves[0]):
            return
        if not leaves:
            self.data.wrong("HSM206", "no state is active", "active")
        for leaf in leaves:
            if self.vertices[leaf].default != NONE and self.snapshot.fingerprint != self.names.fingerprint:
                help_ = "one of them has to be active: 'migrate=' of hsm.restore can say which"
                self.data.wrong("HSM205", f"'{self.vertices[leaf].path}' has substates now", "active", help_)
        if not self.data.problems:
            self.whole(leaves, 0, "active")

    def whole(self, leaves: Leaves, outer: int, within: str) -> None:
        """Note what is wrong with *leaves* as all that is active in the vertex *outer*."""
        for message, help_ in faults(self.vertices, leaves, outer):
            self.data.wrong("HSM206", message, within, help_)

    def is_plain(self, leaf: int) -> bool:
        """Whether *leaf*, a simple state, is all that can be active: as it is in machines without regions."""
        vertices = self.vertices
        if vertices[leaf].kind is not Kind.STATE or vertices[leaf].is_composite:
            return False
        at = vertices[leaf].parent
        while at != OUTSIDE and not vertices[at].regions:
            at = vertices[at].parent
        return at == OUTSIDE

    def history(self, path: str, leaves: tuple[str, ...]) -> tuple[int, Leaves] | None:
        """What was last active in the vertex at *path*."""
        owner = self.vertex(path, "history")
        inner = tuple(sorted(self.several(leaves, f"history[{path!r}]")))
        if owner is None or len(inner) < len(leaves):
            return None
        if not self.vertices[owner].has_history or any(not owner < leaf <= self.vertices[owner].last for leaf in inner):
            self.data.wrong("HSM206", f"'{path}' has no history of {', '.join(leaves)}", "history")
            return None
        if inner:
            self.whole(inner, owner, f"history[{path!r}]")
        return owner, inner

    def parked(self, saved: SnapshotRegion) -> tuple[int, Parked] | None:
        """A region that waits at a join."""
        region, at = self.vertex(saved.region, "parked"), self.vertex(saved.join, "parked")
        inner = tuple(sorted(self.several(saved.leaves, "parked")))
        if region is None or at is None or len(inner) < len(saved.leaves):
            return None
        is_inside = all(region < leaf <= self.vertices[region].last for leaf in inner)
        if region not in self.program.joins.get(at, ()) or region not in self.leaves or not is_inside:
            self.data.wrong("HSM206", f"'{saved.region}' does not wait at '{saved.join}'", "parked")
            return None
        self.whole(inner, region, "parked")
        return region, Parked(at, inner)

    def truth(self, name: str, holds: bool) -> tuple[int, bool] | None:
        """What the condition of a change trigger was."""
        transition = self.index(name, self.names.change_indices, "conditions", "change trigger")
        if transition is None:
            return None
        is_active = self.active(self.program.transitions[transition].source, f"'{name}'", "conditions")
        return (transition, holds) if is_active else None

    def activity(self, saved: SnapshotActivity) -> tuple[int, int, Event[Any], ActivityStatus] | None:
        """An activity that was started."""
        index = self.index_once(saved.id, self.names.activity_indices, "activities", "activity")
        event = self.data.event(saved.event, f"the event that started {saved.id}", "activities")
        if index is None:
            return None
        vertex = self.program.behaviors[index].vertex
        is_active = self.active(vertex, f"activity '{saved.id}'", "activities")
        return (vertex, index, event, saved.status) if is_active else None

    def timer(self, saved: SnapshotTimer) -> tuple[Timer, SnapshotTimer] | None:
        """A timer that was armed."""
        index = self.index_once(saved.id, self.names.timer_indices, "timers", "timer")
        if index is None:
            return None
        timer = self.program.timers[index]
        kind = TimerKind(timer.kind).name.lower()
        if kind != saved.kind:
            message = f"timer '{saved.id}' was '{saved.kind}', and is '{kind}' now"
            self.data.wrong("HSM205", message, "timers", "'migrate=' of hsm.restore can say what became of it")
        elif self.active(self.program.transitions[timer.transition].source, f"timer '{saved.id}'", "timers"):
            return timer, saved
        return None

    # --- events ----------------------------------------------------------------------------------------------

    def waiting(self, saved: SnapshotEvent, armed: set[int], within: str) -> Waiting:
        """Something that waits, where these timers are *armed*."""
        if saved.kind in ("timer", "return") and not within.startswith("queue"):
            self.data.wrong("HSM206", f"a '{saved.kind}' is not an event, and cannot be deferred", within)
            return "event", None, False
        if saved.kind == "timer":
            index = self.index(saved.name, self.names.timer_indices, within, "timer")
            if index is not None and index not in armed:
                self.data.wrong("HSM206", f"timer '{saved.name}' is queued, but not armed", within)
            return "timer", index, False
        if saved.kind == "return":
            return "return", self.vertex(saved.name, within), False
        what = "call" if saved.kind == "call" else "event"
        return what, self.data.event(saved, f"the {what} '{saved.name}'", within), saved.is_fed

    # --- data ------------------------------------------------------------------------------------------------

    def object(self, path: str, data: Mapping[str, Any]) -> tuple[int, Any] | None:
        """The object of the vertex at *path*, made without its ``__init__``."""
        vertex = self.vertex(path, "objects")
        if vertex is None or not self.active(vertex, f"the object of '{path}'", "objects"):
            return None
        factory = self.vertices[vertex].state_object
        if factory is None:
            self.data.wrong("HSM205", f"'{path}' no longer has a state object", "objects")
            return None
        try:
            made = factory.make_bare(self.record.instance)
        except Exception as error:
            self.data.wrong("HSM209", f"the object of '{path}' cannot be made: {shown(error, 100)}", "objects")
            return None
        within, attributes = f"objects[{path!r}]", attributes_of(type_of(made), factory.link)
        self.data.fill(attributes, made, self.data.values(attributes, type(made).__qualname__, data, within), within)
        return vertex, made


def _nothing() -> None:
    """Fill nothing."""


def _some(found: list[T | None]) -> list[T]:
    """Those of *found* that fit."""
    return [each for each in found if each is not None]


def _kind(name: str) -> str:
    """The kind of what an identifier such as ``/Door/open#after.0`` is of; empty for a path."""
    return name.partition("#")[2].partition(".")[0]


def _a(kind: str) -> str:
    """*kind*, which a snapshot has of a vertex, with its article."""
    words = "final state" if kind == "final" else kind.replace("_", " ")
    return f"an {words}" if words.startswith("e") else f"a {words}"


_ENDED = {"completed": "completed", "terminated": "been terminated", "stopped": "been stopped"}


def _renamings(program: Program) -> list[tuple[str, str]]:
    """What was renamed, the longest first: what is inside of a renamed vertex may have been renamed as well."""
    return sorted(program.renamed.items(), key=lambda pair: -len(pair[0])) if program.renamed else []
