"""Facts: what the records of the trace say of a model, which is the same whenever they are made (rule O3).

In: a Program, and what of it a record is about. Out: the facts of records, in the order of their fields. The kernel's
records and those of generated steps are made of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from hsm import trace
from hsm.configuration import Leaves, active_inside
from hsm.events import BUILT_IN
from hsm.identifiers import Identifiers, identifiers
from hsm.outcome import Outcome
from hsm.program import NONE, OUTSIDE, Behavior, Program, Timer
from hsm.recording import Facts

Told: TypeAlias = tuple[type[trace.Record], Facts]
"""What a record is made of: its kind and its facts."""


class FactsOf:
    """The facts of one Program. Its identifiers are worked out when the first of them is asked for."""

    __slots__ = ("_known", "_program")

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: Identifiers | None = None

    @property
    def _identifiers(self) -> Identifiers:
        if self._known is None:
            self._known = identifiers(self._program)
        return self._known

    # --- configurations --------------------------------------------------------------------------------------

    def states(self, leaves: Leaves) -> tuple[str, ...]:
        """The paths of *leaves*."""
        return tuple([self._program.vertices[leaf].path for leaf in leaves])

    def of_move(self, before: Leaves, after: Leaves) -> list[Told]:
        """One vertex was exited, or entered: what is in one configuration and not in the other."""
        vertices = self._program.vertices
        were = set(active_inside(vertices, before, OUTSIDE))
        are = set(active_inside(vertices, after, OUTSIDE))
        exited: list[Told] = [(trace.Exited, (vertices[each].path,)) for each in sorted(were - are, reverse=True)]
        return exited + [(trace.Entered, (vertices[each].path,)) for each in sorted(are - were)]

    def of_end(self, name: str, outcome: Outcome, leaves: Leaves, taken: Iterable[int]) -> list[Told]:
        """A step on an event called *name* is over, in which the transitions *taken* were."""
        is_dropped = outcome is Outcome.IGNORED and name not in BUILT_IN
        dropped: list[Told] = [(trace.Dropped, ("ignored",))] if is_dropped else []
        transitions = tuple([self._identifiers.transitions[index] for index in taken])
        return [*dropped, (trace.StepEnded, (outcome, self.states(leaves), transitions))]

    # --- behaviours and timers -------------------------------------------------------------------------------

    def of_answer(self, guard: int, answer: bool | None) -> Facts:
        """A guard was asked."""
        name, behavior, _, vertex, place = self.of_behavior(self._program.behaviors[guard])
        return (name, behavior, vertex, place, answer)

    def of_behavior(self, behavior: Behavior) -> tuple[str, str, str, str, str]:
        """A behaviour: its identifier, its name, its role, its vertex and its place."""
        place = "" if behavior.where is None else str(behavior.where.place())
        name = self._identifiers.behaviors[behavior.index]
        return (name, behavior.name, behavior.role, self._program.vertices[behavior.vertex].path, place)

    def of_timer(self, timer: Timer) -> tuple[str, str, str]:
        """A timer: its identifier, its vertex, and what kind it is of."""
        source = self._program.transitions[timer.transition].source
        name = self._identifiers.timers[timer.index]
        return (name, self._program.vertices[source].path, timer.kind.name.lower())

    def of_activity(self, activity: int) -> tuple[str, str, str]:
        """An activity: its identifier, its vertex, and its name."""
        name, behavior, _, vertex, _ = self.of_behavior(self._program.behaviors[activity])
        return (name, vertex, behavior)

    # --- causes ----------------------------------------------------------------------------------------------

    def cause_of_timer(self, timer: Timer) -> str:
        """What a step on *timer* is because of."""
        _, vertex, kind = self.of_timer(timer)
        return f"{kind} of {vertex}"

    def cause_of_next(self, vertex: int) -> str:
        """What the part of a step is because of that follows from a completion of *vertex*, or without one a change."""
        return "change" if vertex == NONE else f"completion of {self._program.vertices[vertex].path}"


def cause_of_event(name: str) -> str:
    """What a step on an event called *name* is because of."""
    return f"event '{name}'"
