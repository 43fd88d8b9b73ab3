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


@attrs.define(eq=False)
class Step:
    """What the rules read and change.

    Attributes:
        program, vertices, transitions: The tables.
        leaves: What is active by now.
        parked: Regions that wait at a join (rule R6). Lives as long as the machine; everything below is of one step.
        ended: How the machine came to its end by itself, once it did.
        before: What was active before the transition that is being fired.
        taken: The transitions that were taken in this step, in order, each segment of a route by itself.
        left: What was exited since the last decision, and the pseudostates that were passed.
        considered: Junctions that look-ahead asked, whether or not they were passed.
        open_branches: Whether the guards of a branch held, for this decision: each is evaluated once (rule T2).
        closed: Pseudostates from which no route is open, for this decision.
        completions: States whose completion waits to be handled, in the order in which they completed.
        changes: Change events that wait to be handled: each the transitions whose condition has become true by it.
    """

    program: Program
    leaves: Leaves = ()
    parked: dict[int, Parked] = attrs.field(factory=dict[int, Parked])
    ended: Status | None = None
    before: Leaves = ()
    taken: list[int] = attrs.field(factory=list[int])
    left: list[int] = attrs.field(factory=list[int])
    considered: list[int] = attrs.field(factory=list[int])
    open_branches: dict[int, bool] = attrs.field(factory=dict[int, bool])
    closed: set[int] = attrs.field(factory=set[int])
    completions: list[int] = attrs.field(factory=list[int])
    changes: list[tuple[int, ...]] = attrs.field(factory=list[tuple[int, ...]])
    vertices: Vertices = attrs.field(init=False)
    transitions: tuple[Transition, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.vertices = self.program.vertices
        self.transitions = self.program.transitions

    def begin(self, leaves: Leaves) -> Step:
        """This object, ready for a step that begins where *leaves* are active.

        What is parked lives as long as the machine, and an end is final; the rest is set before it is read.
        """
        self.leaves = leaves
        self.taken.clear()
        self.left.clear()
        self.considered.clear()
        self.completions.clear()
        self.changes.clear()
        return self

    def forget_guards(self) -> None:
        """A new decision begins: guards of branches are evaluated anew."""
        self.open_branches.clear()
        self.closed.clear()

    def is_active(self, vertex: int) -> bool:
        """Whether *vertex* is active by now."""
        return is_active(self.vertices, self.leaves, vertex)

    def is_inside(self, outer: int, inner: int) -> bool:
        """Whether *inner* lies strictly inside *outer*."""
        return outer < inner <= self.vertices[outer].last
