"""Identifiers: a stable name for every transition, trigger and behaviour of a Program.

In: a Program. Out: strings, by index: the path of a vertex and an ordinal in it. So they are the same in every process,
for both front ends, and as long as what is written before in the same vertex stays. The chart has them, and whatever
tells about a machine may use them in place of indices. Never imports what runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from hsm.program import NONE, Program, TimerKind, Trigger, TriggerKind

DEFAULT = "default"
"""In place of the ordinal, for the default entry of a vertex: it is no transition that a user numbers."""
_WORDS = {
    TriggerKind.EVENT: "event",
    TriggerKind.PREFIX: "prefix",
    TriggerKind.ANY: "any",
    TriggerKind.CALL: "call",
    TriggerKind.CHANGE: "when",
}


@attrs.frozen
class Identifiers:
    """The identifiers of one Program, each by index.

    Attributes:
        transitions: ``/Door/closed#0``, or ``/Door#default`` for a default entry.
        triggers: For each transition those of its triggers, in order: ``/Door/closed#0.event.0``. That of a timer or of
            a change trigger has no transition in it, and a name in place of the ordinal where the user gave it one:
            ``/Door/closed#after.0``, ``/Door/closed#when.jammed``.
        behaviors: ``/Door/closed#entry.0``, or ``/Door/closed#0.effect.0`` for one of a transition; for an activity
            ``/Door/closed#activity.0``, or its name in place of the ordinal.
        timers: Those of their triggers.
        changes: By transition, for those with change triggers: that of the first of them.
    """

    transitions: tuple[str, ...]
    triggers: tuple[tuple[str, ...], ...]
    behaviors: tuple[str, ...]
    timers: tuple[str, ...]
    changes: Mapping[int, str]


def identifiers(program: Program) -> Identifiers:
    """The identifiers of *program*: linear in its size, and not kept."""
    transitions = _transitions(program)
    triggers = _triggers(program, transitions)
    owners = [
        f"{program.vertices[each.vertex].path}#" if each.transition == NONE else f"{transitions[each.transition]}."
        for each in program.behaviors
    ]
    behaviors = _ordinals(
        [(f"{owner}{each.role}", each.given_name) for owner, each in zip(owners, program.behaviors, strict=True)]
    )
    timers, changes = [""] * len(program.timers), dict[int, str]()
    for index, transition in enumerate(program.transitions):
        for trigger, name in zip(transition.triggers, triggers[index], strict=True):
            if trigger.kind is TriggerKind.TIMER:
                timers[trigger.index] = name
            elif trigger.kind is TriggerKind.CHANGE:
                changes.setdefault(index, name)
    return Identifiers(transitions, triggers, behaviors, tuple(timers), changes)


def word_of(program: Program, trigger: Trigger) -> str:
    """The word for what *trigger* is, of those that `ChartTrigger.kind` has."""
    if trigger.kind is not TriggerKind.TIMER:
        return _WORDS[trigger.kind]
    return TimerKind(program.timers[trigger.index].kind).name.lower()


def _transitions(program: Program) -> tuple[str, ...]:
    """The path of the source and an ordinal among its transitions, in order of declaration."""
    # a default entry is counted apart: otherwise writing down an `initial` that was implied would rename the others
    defaults = {vertex.default for vertex in program.vertices}
    counts: Counter[int] = Counter()
    found: list[str] = []
    for index, transition in enumerate(program.transitions):
        path = program.vertices[transition.source].path
        if index in defaults:
            found.append(f"{path}#{DEFAULT}")
        else:
            found.append(f"{path}#{counts[transition.source]}")
            counts[transition.source] += 1
    return tuple(found)


def _triggers(program: Program, transitions: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Of each transition the identifiers of its triggers.

    Those that a machine may be waiting for, and that snapshots therefore name, are counted by state and kind: a
    transition that is written before them does not rename them.
    """
    stems: list[tuple[str, str]] = []
    for name, transition in zip(transitions, program.transitions, strict=True):
        path = program.vertices[transition.source].path
        for trigger in transition.triggers:
            owner = f"{path}#" if trigger.kind in (TriggerKind.TIMER, TriggerKind.CHANGE) else f"{name}."
            stems.append((f"{owner}{word_of(program, trigger)}", trigger.name))
    found = iter(_ordinals(stems))
    return tuple([tuple([next(found) for _ in transition.triggers]) for transition in program.transitions])


def _ordinals(stems: list[tuple[str, str]]) -> tuple[str, ...]:
    """Each of *stems* with its name or, where that is empty, with how many of the same came before."""
    counts: Counter[str] = Counter()
    found: list[str] = []
    for stem, name in stems:
        found.append(f"{stem}.{name or counts[stem]}")
        counts[stem] += 1  # also for one with a name: giving one a name does not rename the others
    return tuple(found)
