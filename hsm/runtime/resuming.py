"""Resuming: the rest of a generated step, from any operation on.

In: a block, a place in it, and what the behaviour there gave or raised. Out: steps, as the kernel's own are. The
written function stops where a behaviour raised, gave something to be awaited, or is async; from there on this goes on.
Never imports asyncio.
"""

from __future__ import annotations

from typing import Any

from hsm.codegen.blocks import (
    Act,
    Arm,
    Ask,
    Block,
    Completed,
    Disarm,
    End,
    Forget,
    Hold,
    Make,
    Move,
    Next,
    Recall,
    Remember,
    Reopened,
)
from hsm.events import Event
from hsm.outcome import Outcome
from hsm.runtime.actions import NOTHING, Steps
from hsm.runtime.traversal import Traversal


def resume(
    traversal: Traversal, block: Block, place: int, event: Event[Any], given: object, error: BaseException | None
) -> Steps[Outcome]:
    """Do *block* from *place* on.

    Args:
        traversal: Does what needs doing.
        block: Where the step stands.
        place: The operation that it stands at.
        event: What it is about.
        given: What the behaviour there gave; `NOTHING` if it was not called.
        error: What it raised.
    """
    machine = traversal.machine
    actions = traversal.actions
    while True:
        operation = block.operations[place]
        place += 1
        if isinstance(operation, Ask):
            answer = yield from actions.asked(operation.behavior, event, given, error)
            block = operation.failed if answer is None else operation.yes if answer else operation.no
            place = 0
        elif isinstance(operation, Act):
            if not (yield from actions.acted(operation.behavior, event, given, error)):
                place += operation.skip - 1
        elif isinstance(operation, Move):
            machine.leaves = operation.leaves
            traversal.has_moved = True
        elif isinstance(operation, Remember):
            traversal.remember(operation.vertex, operation.leaves)
        elif isinstance(operation, Forget):
            machine.drop(operation.vertices)
        elif isinstance(operation, Recall):
            memory = (machine.history or {}).get(operation.vertex)
            way = operation.default if memory is None else operation.ways.get(memory)
            if way is None:  # it was left before its default entry had been made
                yield from traversal.restore(operation.history, event)
                return Outcome.TAKEN
            block, place = way, 0
        elif isinstance(operation, Disarm):
            traversal.timers.disarm(operation.vertex)
        elif isinstance(operation, Arm):
            yield from traversal.timers.arm(operation.vertex, event)
        elif isinstance(operation, Make):
            if not traversal.made_local(operation.vertex, error):
                place += operation.skip - 1
        elif isinstance(operation, Completed):
            traversal.complete(operation.vertex)
        elif isinstance(operation, Reopened):
            traversal.reopen(operation.vertex)
        elif isinstance(operation, Next):  # completions come after errors, and the kernel has them now
            return Outcome.TAKEN
        elif isinstance(operation, End):
            return operation.outcome
        else:
            assert isinstance(operation, Hold)
            return Outcome.DEFERRED
        given, error = NOTHING, None
