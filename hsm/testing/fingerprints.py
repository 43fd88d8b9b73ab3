"""Fingerprints: whether two machines of one model would go on in the same way, as far as can be seen from outside.

In: a machine that rests. Out: hashable values. Data that is not made of plain values counts as equal.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import uuid
from typing import Any, cast

from hsm.events import name_of
from hsm.runtime.machine import Machine, record_of
from hsm.runtime.record import Record, parts_of

_PLAIN = (
    bool, int, float, complex, str, bytes, enum.Enum, type(None), datetime.date, datetime.time, datetime.timedelta,
    decimal.Decimal, fractions.Fraction, uuid.UUID,
)  # fmt: skip
_DEPTH = 6
"""How deep values are looked into; what lies deeper counts as equal."""


def configuration(machine: Machine[Any]) -> object:
    """What is active in *machine*."""
    return machine.status, record_of(machine).leaves


def fingerprint(machine: Machine[Any]) -> object:
    """What is active, remembered, deferred and waited for, and the data of the instance and of state objects."""
    record = record_of(machine)
    return (
        configuration(machine),
        tuple(sorted((record.history or {}).items())),
        frozenset(record.completed or ()),
        value_of(dict(record.state_objects or {})),
        value_of(machine.instance),
        _parts(record),
    )


def _parts(record: Record) -> object:
    """What waits: at joins, for conditions, and deferred events."""
    parts = parts_of(record)
    parked = [(region, each.join, each.leaves) for region, each in sorted(parts.step.parked.items())]
    events = [each.event for each in parts.queue.deferred if each.event is not None]
    deferred = [(name_of(event), value_of(event)) for event in events]
    # how often each is deferred does not count: it has no bound, and what follows from one of them follows from two
    return tuple(parked), tuple(sorted(parts.truths.items())), frozenset(deferred)


def value_of(value: object, depth: int = _DEPTH) -> object:
    """A value that is equal for equal data: plain values, containers of them, and objects by their attributes."""
    kind = type(value)
    if isinstance(value, _PLAIN):
        return kind, value
    if depth == 0:
        return kind
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value).items()
        return kind, frozenset([(value_of(key, depth - 1), value_of(each, depth - 1)) for key, each in pairs])
    if isinstance(value, set | frozenset):
        return kind, frozenset([value_of(each, depth - 1) for each in cast("set[object]", value)])
    if isinstance(value, list | tuple):
        return kind, tuple([value_of(each, depth - 1) for each in cast("list[object]", value)])
    return _object(value, depth)


def _object(value: object, depth: int) -> object:
    """An object by what a copy would take along; one that refuses that, or has nothing, by its type alone."""
    kind = type(value)
    if isinstance(value, type) or callable(value):
        return kind
    try:
        state: object = value.__getstate__()
    except Exception:  # of a lock, a socket, or the user's own
        return kind
    found = cast("object", state) if isinstance(state, dict | tuple) else None
    return kind if found is None else (kind, value_of(found, depth - 1))
