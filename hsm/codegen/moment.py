"""Moments: a step that is being worked out, as far as it has come.

In: what happens, one thing after the other. Out: the operations of a block, and what is active, left and complete by
then. Knows no rule: `specialize` says what happens.
"""

from __future__ import annotations

import attrs

from hsm.codegen.blocks import Block, Completed, Move, Next, Operation, Reopened
from hsm.configuration import Leaves


@attrs.define(eq=False)
class Moment:
    """One moment of a step.

    Attributes:
        leaves: What is active by now.
        before: What was active before the transition that is being fired.
        left: Whatever has been left, or passed through.
        since: How much of that was left before what is being fired was decided on.
        complete: The states whose completion waits to be handled, in the order in which they completed.
        completions: How many were handled.
        block: Where the next operation goes.
    """

    leaves: Leaves
    before: Leaves = ()
    left: tuple[int, ...] = ()
    since: int = 0
    complete: tuple[int, ...] = ()
    completions: int = 0
    block: Block = attrs.field(factory=Block)

    def fork(self) -> Moment:
        """The same moment, going on in a block of its own."""
        return attrs.evolve(self, block=Block())

    def do(self, *operations: Operation) -> None:
        """Next come *operations*."""
        self.block.operations += operations

    def moved(self) -> None:
        """What is active has changed; of several changes in a row only the last is told."""
        if self.block.operations and isinstance(self.block.operations[-1], Move):
            self.block.operations.pop()
        self.do(Move(self.leaves))

    def completed(self, state: int) -> None:
        """*state* is complete; that waits for its turn."""
        self.complete = (*self.complete, state)
        self.do(Completed(state))

    def reopened(self, state: int) -> None:
        """*state* is not complete any more; of several times in a row, moves aside, only the first is told."""
        self.complete = tuple(each for each in self.complete if each != state)
        operations = self.block.operations
        place = len(operations)
        while place and isinstance(operations[place - 1], Move | Reopened):
            place -= 1
        if Reopened(state) not in operations[place:]:
            operations.insert(place, Reopened(state))

    def next_completion(self) -> int:
        """The state whose completion is handled from here on."""
        state, *others = self.complete
        self.complete = tuple(others)
        self.completions += 1
        self.since = len(self.left)
        self.do(Next(state))
        return state
