"""Saved names: what snapshots call the vertices, timers, change triggers and activities of one Program (rules S1, S4).

In: a Program. Out: its names by index and its indices by name, worked out once and kept beside the Program, for as long
as that lives. Never imports what runs.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Mapping

import attrs

from hsm.identifiers import identifiers
from hsm.program import Kind, Program, TriggerKind


@attrs.frozen
class SavedNames:
    """The names of one Program.

    Attributes:
        fingerprint: Of paths, kinds, timers and change triggers, and of nothing else: not of behaviours.
        timers: The identifier of each timer.
        timer_indices: Timers by identifier.
        changes: The identifier of each transition with change triggers.
        change_indices: Transitions by the identifiers of their change triggers.
        activities: The identifier of each behaviour that is an activity, by index.
        activity_indices: Activities by identifier.
    """

    fingerprint: str
    timers: tuple[str, ...]
    timer_indices: Mapping[str, int]
    changes: Mapping[int, str]
    change_indices: Mapping[str, int]
    activities: Mapping[int, str]
    activity_indices: Mapping[str, int]


_known: dict[int, SavedNames] = {}
"""By the identity of the Program: a comparison of Programs would compare all that is in them."""


def saved_names(program: Program) -> SavedNames:
    """The names of *program*, worked out when they are first needed."""
    found = _known.get(id(program))
    if found is None:
        found = _known[id(program)] = _worked_out(program)
        weakref.finalize(program, _known.pop, id(program), None)
    return found


def _worked_out(program: Program) -> SavedNames:
    names = identifiers(program)
    changes = {
        name: index
        for index, transition in enumerate(program.transitions)
        for trigger, name in zip(transition.triggers, names.triggers[index], strict=True)
        if trigger.kind is TriggerKind.CHANGE
    }
    activities = {index: names.behaviors[index] for vertex in program.vertices for index in vertex.activities}
    return SavedNames(
        _fingerprint(program, names.timers, [*changes]),
        names.timers,
        {name: index for index, name in enumerate(names.timers)},
        names.changes,
        changes,
        activities,
        {name: index for index, name in activities.items()},
    )


def _fingerprint(program: Program, timers: tuple[str, ...], changes: list[str]) -> str:
    vertices = [(vertex.path, Kind(vertex.kind).name, vertex.has_history) for vertex in program.vertices]
    text = json.dumps([vertices, timers, changes])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
