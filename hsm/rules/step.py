"""The step: what the rules know of a machine, and what they note while a step is under way."""

from __future__ import annotations

import attrs

from hsm.configuration import Leaves, Vertices, is_active
from hsm.outcome import Status
from hsm.program import Program, Transition


@attrs.frozen
class Parked:
    """A region that waits at a join.

    Attributes:
        join: The join.
        leaves: What was active in the region before, for histories (rule R5).
    """

    join: int
    leaves: Leaves


class Step:
    """What the rules read and change.

    Attributes:
        program, vertices, transitions: The tables.
        leaves: What is active by now.
        parked: Regions that wait at a join (rule R6). Lives as long as the machine; everything below is of one step.
        ended: How the machine came to its end by itself, once it did.
        before: What was active before the transition that is being fired.
        exited: What was exited since the last decision, and the pseudostates that were passed.
        considered: Junctions that look-ahead asked, whether or not they were passed.
        open_branches: Whether the guards of a branch held, for this decision: each is evaluated once (rule T2).
        completions: States whose completion waits to be handled, in the order in which they completed.
        changes: Transitions whose change condition became true, and which wait to be handled.
    """

    __slots__ = (
        "before",
        "changes",
        "completions",
        "considered",
        "ended",
        "exited",
        "leaves",
        "open_branches",
        "parked",
        "program",
        "transitions",
        "vertices",
    )

    def __init__(self, program: Program, leaves: Leaves = ()) -> None:
        self.program = program
        self.vertices: Vertices = program.vertices
        self.transitions: tuple[Transition, ...] = program.transitions
        self.leaves = leaves
        self.parked: dict[int, Parked] = {}
        self.ended: Status | None = None
        self.before: Leaves = ()
        self.exited: list[int] = []
        self.considered: list[int] = []
        self.open_branches: dict[int, bool] = {}
        self.completions: list[int] = []
        self.changes: list[int] = []

    def begin(self, leaves: Leaves) -> Step:
        """This object, ready for a step that begins where *leaves* are active."""
        self.leaves = leaves
        self.exited.clear()
        self.considered.clear()
        self.completions.clear()
        self.changes.clear()
        return self

    def is_active(self, vertex: int) -> bool:
        """Whether *vertex* is active by now."""
        return is_active(self.vertices, self.leaves, vertex)

    def is_inside(self, outer: int, inner: int) -> bool:
        """Whether *inner* lies strictly inside *outer*."""
        return outer < inner <= self.vertices[outer].last
