"""Facts: what the records of the trace say of a model, which is the same whenever they are made (rule O3).

In: a Program and indices. Out: the facts of records, in the order of their fields. The kernel's records and those of
generated steps are made of these.
"""

from __future__ import annotations

from typing import TypeAlias

from hsm import trace
from hsm.configuration import Leaves, active_inside
from hsm.events import BUILT_IN
from hsm.outcome import Outcome
from hsm.program import NONE, OUTSIDE, Behavior, Program, Timer
from hsm.recording import Facts

Told: TypeAlias = tuple[type[trace.Record], Facts]
"""What is told: the kind of the record, and its facts."""


def states(program: Program, leaves: Leaves) -> tuple[str, ...]:
    """The paths of *leaves*."""
    return tuple([program.vertices[leaf].path for leaf in leaves])


def of_move(program: Program, before: Leaves, after: Leaves) -> list[Told]:
    """One vertex was exited, or entered: what is in one configuration and not in the other."""
    vertices = program.vertices
    were = set(active_inside(vertices, before, OUTSIDE))
    are = set(active_inside(vertices, after, OUTSIDE))
    exited: list[Told] = [(trace.Exited, (vertices[each].path,)) for each in sorted(were - are, reverse=True)]
    return exited + [(trace.Entered, (vertices[each].path,)) for each in sorted(are - were)]


def of_end(program: Program, name: str, outcome: Outcome, leaves: Leaves) -> list[Told]:
    """A step on an event called *name* is over."""
    dropped: list[Told] = [(trace.Dropped, ("ignored",))] if outcome is Outcome.IGNORED and name not in BUILT_IN else []
    return [*dropped, (trace.StepEnded, (outcome, states(program, leaves)))]


def of_answer(program: Program, behavior: Behavior, answer: bool | None) -> Facts:
    """A guard was asked."""
    name, _, vertex, place = of_behavior(program, behavior)
    return (name, vertex, place, answer)


def of_behavior(program: Program, behavior: Behavior) -> tuple[str, str, str, str]:
    """A behaviour: its name, its role, its vertex and its place."""
    place = "" if behavior.where is None else str(behavior.where.place())
    return (behavior.name, behavior.role, program.vertices[behavior.vertex].path, place)


def of_timer(program: Program, timer: Timer) -> tuple[str, str]:
    """A timer: its vertex, and what it is called."""
    return (program.vertices[program.transitions[timer.transition].source].path, timer.kind.name.lower())


def of_activity(program: Program, behavior: Behavior) -> tuple[str, str]:
    """An activity: its vertex, and what it is called."""
    return (program.vertices[behavior.vertex].path, behavior.name)


def cause_of_event(name: str) -> str:
    """What a step on an event called *name* is because of."""
    return f"event '{name}'"


def cause_of_timer(program: Program, timer: Timer) -> str:
    """What a step on *timer* is because of."""
    vertex, _ = of_timer(program, timer)
    return f"{timer.kind.name.lower()} of {vertex}"


def cause_of_next(program: Program, vertex: int) -> str:
    """What the part of a step is because of that follows from a completion of *vertex*; without one, from a change."""
    return "change" if vertex == NONE else f"completion of {program.vertices[vertex].path}"
