"""Restoring: the joint of a snapshot, a model and a machine (rules S2 to S4).

In: a snapshot, as it was saved by this version of a program or by another. Out: a machine that goes on. Names are
brought up to date here, by the user's own function; whether they fit is found out in `runtime.restoring`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from hsm import trace
from hsm.answer import Answer
from hsm.api import DEFAULTS, new_machine
from hsm.context import Context
from hsm.elements.nodes import Model
from hsm.errors import Diagnostic, SnapshotError
from hsm.events import Signal
from hsm.kinds import type_of
from hsm.names import shown
from hsm.runtime.host import Clock
from hsm.runtime.keeping import detach, resume
from hsm.runtime.machine import J, Machine
from hsm.runtime.record import Record
from hsm.runtime.restoring import ActivityPolicy, TimerPolicy, read
from hsm.runtime.starting import Resuming, Starting
from hsm.saved.coding import Codec
from hsm.saved.names import saved_names
from hsm.saved.snapshots import Snapshot


def restore(
    ctx: Context | None,
    instance: J,
    model: Model[J],
    snapshot: Snapshot,
    *,
    timers: TimerPolicy = "due",
    activities: ActivityPolicy = "restart",
    codec: Codec | None = None,
    signals: Iterable[type[Signal]] = (),
    migrate: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    clock: Clock | None = None,
    grace: float = DEFAULTS.grace,
    step_budget: int = DEFAULTS.step_budget,
    engine: Literal["generated", "kernel"] = "generated",
    generate_after: int = DEFAULTS.generate_after,
    step_memory: int = DEFAULTS.step_memory,
    slow: float = DEFAULTS.slow,
    stop_timeout: float | None = DEFAULTS.stop_timeout,
    strict: bool = DEFAULTS.is_strict,
    observe: Callable[[trace.Record], object] | None = None,
) -> Starting[Machine[J]]:
    """Go on with a machine that was saved: ``machine = await hsm.restore(...)``, or ``async with`` (rule S2).

    No entry action runs. The await returns when what was queued has been processed, and then the timers that are
    overdue, in order of their due times; the machine may have ended by then. What these raise, and no transition takes,
    nobody awaits (rule E4).

    Args:
        ctx: As for `start`.
        instance: A fresh one; its data is taken from the snapshot.
        model: The model that the saved machine ran, or a later version of it (rule S4).
        snapshot: What `Machine.snapshot` returned, or `Snapshot.from_json`.
        timers: ``"due"``: timers fire when they were due, at once if that is past, and `every` counts what it missed.
            ``"remaining"``: after the rest of their time, as if the machine had slept. ``"restart"``: they are armed
            anew; functions that give time spans get an ``hsm_initial``. A timer of `at` keeps its moment.
        activities: What becomes of those that were running, unless their `activity` says so: ``"restart"``, they start
            again; ``"fail"``, they become ``hsm_error`` with an `ActivityLost`; ``"forget"``, nothing (rule S3).
        codec: Reads the data; the one that wrote it.
        signals: Classes of signals that were queued, deferred or given to activities, and that the model does not name.
        migrate: Is given the snapshot as a dict, if its fingerprint or its model's name is not that of *model*, and
            returns it as it should be.
        clock: As for `start`, as is all that follows.
        grace: As above.
        step_budget: As above.
        engine: As above.
        generate_after: As above.
        step_memory: As above.
        slow: As above.
        stop_timeout: As above.
        strict: As above.
        observe: As above.

    Raises:
        TypeError, ValueError, RuntimeError, DefinitionError: As for `start`.
        SnapshotError: The snapshot does not fit; the exception has every reason. Nothing has been changed.
        LifecycleError: From the await: as for `start`.
    """
    if not isinstance(snapshot, Snapshot):
        raise TypeError(f"restore takes an hsm.Snapshot, such as Snapshot.from_json(text), not {shown(snapshot)}")
    for name, word, known in (("timers", timers, _TIMERS), ("activities", activities, _ACTIVITIES)):
        if word not in known:
            raise ValueError(f"{name} must be {', '.join(map(repr, known[:-1]))} or {known[-1]!r}, not {shown(word)}")
    given = (grace, step_budget, engine, generate_after, step_memory, slow, stop_timeout, strict)
    record, machine = new_machine("restore", ctx, instance, model, clock, given, observe)
    if migrate is not None and _is_of_another(record, snapshot):
        snapshot = _migrated(snapshot, migrate)
    restored = read(record, snapshot, codec, signals)

    def begin(record: Record, on_background_error: Callable[[BaseException], object] | None) -> Answer[None]:
        return resume(record, restored, snapshot.taken, timers, activities, on_background_error)

    return Resuming(record, machine, begin, detach)


_TIMERS = ("due", "remaining", "restart")
_ACTIVITIES = ("restart", "fail", "forget")


def _is_of_another(record: Record, snapshot: Snapshot) -> bool:
    """Whether *snapshot* is of another model than *record* runs, or of another version of it."""
    program = record.program
    return snapshot.model != program.name or snapshot.fingerprint != saved_names(program).fingerprint


def _migrated(snapshot: Snapshot, migrate: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Snapshot:
    """What *migrate* makes of *snapshot*.

    Raises:
        SnapshotError: It is no snapshot.
    """
    found: Any = migrate(snapshot.to_dict())
    if issubclass(type_of(found), Mapping):
        return Snapshot.from_dict(found)
    message = f"'migrate' returned {shown(found, 60)}; it must return the snapshot as a dict"
    raise SnapshotError(snapshot.model, [Diagnostic("HSM201", message, None)])
