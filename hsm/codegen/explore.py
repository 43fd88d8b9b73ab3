"""Exploration: what an event does in one configuration, found out from the rules without doing it.

In: a Program, the active leaves and the rules of a step. Out: a `Path`, with a further one for every answer that a
question can have. The rules run here as they run for the kernel, once for each way in which the answers can turn out:
with the same answers up to a question, and another one there. No rule is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

import attrs

from hsm.configuration import Leaves
from hsm.outcome import Outcome
from hsm.program import Kind, Program
from hsm.rules import operations as op
from hsm.rules.operations import Rule
from hsm.rules.step import Step

LEAVES = 100
"""Active leaves beyond which steps are left to the kernel."""
OPERATIONS = 500
"""Operations of a step, on all its paths together, beyond which it is left to the kernel."""
REPLAYED = 2500
"""The same for what exploring runs through again: operations, and `LEAF_COST` for each active leaf and run."""
LEAF_COST = 5
"""Operations that running the rules once more counts for, for each active leaf: they work between operations as well,
so that operations alone do not bound the time that exploring takes.
"""
COMPLETIONS = 10
"""Completions on one path beyond which the step is left to the kernel. A generated step does not look at the budget:
`hsm.start` lets the kernel take every step of a machine whose budget is smaller.
"""
MEMORIES = 12
"""Simple states that a history may restore beyond which the step is left to the kernel."""

Rules: TypeAlias = Callable[[Step], Rule[Outcome]]
"""What is explored: the rules of one step."""
CERTAIN: dict[type[Any], object] = {op.TakeError: False, op.Spend: False, op.MakeObject: True}
"""Answers as long as nothing raises and the budget is not spent; when one differs, the kernel has the step already."""
QUESTIONS = (op.Ask, op.AskHistory)
"""Operations at which paths part."""
KERNEL_ONLY = (op.StartActivities, op.EndActivities, op.EndAll, op.MayComplete, op.Park, op.Became, op.Unwatch)
"""Operations that are not written out: a generated step hands over there."""


class NeedsKernel(Exception):
    """This step is left to the kernel."""


@attrs.define(eq=False)
class Path:
    """Operations one after the other, up to a question or to the end of the step.

    Attributes:
        answers: What every operation of the step is answered, those before this path included. Shared with the path
            that continues this one, so it may be longer.
        first: How many operations of the step come before this path.
        operations: What is done; the last one is a question if paths part there.
        further: The paths that follow the question, by answer.
        outcome: The result of the step, where it ends here.
        leaves: What is active then.
        taken: The transitions that the step has taken then.
    """

    answers: list[Any]
    first: int = 0
    operations: list[Any] = attrs.field(factory=list[Any])
    further: dict[Any, Path] = attrs.field(factory=dict[Any, "Path"])
    outcome: Outcome | None = None
    leaves: Leaves = ()
    taken: tuple[int, ...] = ()


def explore(program: Program, leaves: Leaves, rules: Rules) -> Path:
    """What *rules* do where *leaves* are active.

    Raises:
        NeedsKernel: The step is too large, or is one in which no path goes on without the kernel.
    """
    if len(leaves) > LEAVES or any(program.vertices[leaf].kind is Kind.REGION for leaf in leaves):
        raise NeedsKernel  # a parked region: the leaves do not tell at which join it waits
    path = _Explorer(program, leaves, rules).path([], 0)
    if not _can_end(path):
        raise NeedsKernel
    return path


def follow(path: Path, index: int, step: Step, replayed: Callable[[], Rule[Outcome]]) -> Rule[Outcome]:
    """The operations of a step from the operation *index* of *path* on, as its rules would yield them.

    While the answers are those explored, the rules need not run. At the first other one they are replayed up to
    there, and go on themselves.

    Args:
        path: What was explored.
        index: The next operation.
        step: What the rules of the step change; in the end it says what was taken, whether or not they had to run.
        replayed: Returns the rules of *step*, at their beginning.
    """
    # beyond the last operation of a path is its question's further path, or, with an outcome, the end of the step
    while path.outcome is None or index < len(path.operations):
        operation = path.operations[index]
        answer = yield operation
        place = path.first + index
        index += 1
        if index == len(path.operations) and path.outcome is None:
            further = path.further.get(answer)
            if further is None:  # not foreseen; or nothing is known beyond an operation that only the kernel executes
                return (yield from _deviate(replayed(), path.answers[:place], answer))
            path, index = further, 0
        elif type(operation) in CERTAIN and answer is not path.answers[place]:
            return (yield from _deviate(replayed(), path.answers[:place], answer))
    step.taken[:] = path.taken
    return path.outcome


def _deviate(rule: Rule[Outcome], answers: list[Any], answer: Any) -> Rule[Outcome]:
    """The rest of *rule* after *answers*, which are not executed again, and *answer*."""
    # the rules change nothing but their step, so that replaying them executes nothing
    replay(rule, answers)
    while True:
        try:
            operation = rule.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what the rules of a step return
        answer = yield operation


def replay(rule: Generator[Any, Any, Any], answers: list[Any]) -> Any:
    """Bring *rule* to the point where its operations so far were answered *answers*; returns the next operation."""
    operation = next(rule)
    for answer in answers:
        operation = rule.send(answer)
    return operation


def _can_end(path: Path) -> bool:
    """Whether the step can come to its end without the kernel."""
    return path.outcome is not None or any(map(_can_end, path.further.values()))


class _Explorer:
    """Runs the rules of one step again and again."""

    def __init__(self, program: Program, leaves: Leaves, rules: Rules) -> None:
        self._program = program
        self._leaves = leaves
        self._rules = rules
        self._operations = self._replayed = 0

    def path(self, known: list[Any], completions: int) -> Path:
        """What happens after the answers *known*, and *completions* in them, for every answer that can follow."""
        step = Step(self._program, self._leaves)
        rule = self._rules(step)
        answers = [*known]
        path = beginning = Path(answers, len(known))
        # counted before anything runs: a step of many questions would otherwise spend its time on what it goes through
        # again, with hardly an operation that is new
        self._replayed += len(known) + LEAF_COST * len(self._leaves)
        try:
            operation = replay(rule, known)
            while True:
                # it belongs to the path even if it is one for the kernel: that is where the function hands over
                path.operations.append(operation)
                self._count(operation)
                if isinstance(operation, KERNEL_ONLY):
                    # without an outcome and without further paths: whoever follows this far replays the rules
                    return beginning
                completions += type(operation) is op.Next
                if completions > COMPLETIONS:
                    raise NeedsKernel
                answer, *others = self._answers(operation)
                answers.append(answer)
                if type(operation) in QUESTIONS:
                    # the rules go on with the first answer, and run again from their beginning for the others only
                    # copies of the answers so far: the list itself goes on growing with this run
                    before = answers[:-1]
                    path.further = {other: self.path([*before, other], completions) for other in others}
                    path.further[answer] = path = Path(answers, len(answers))
                operation = rule.send(answer)
        except StopIteration as end:
            path.outcome, path.leaves, path.taken = end.value, step.leaves, tuple(step.taken)
        return beginning

    def _count(self, operation: Any) -> None:
        self._operations += len(operation.behaviors) if type(operation) is op.Run else 1
        if self._operations > OPERATIONS or self._replayed > REPLAYED:
            raise NeedsKernel

    def _answers(self, operation: object) -> tuple[Any, ...]:
        """What *operation* may be answered."""
        match operation:
            case op.Ask():
                return (False, True)
            case op.AskHistory(_, owner):
                return ((), *self._memories(owner))
            case _:
                return (CERTAIN.get(type(operation)),)

    def _memories(self, owner: int) -> list[Leaves]:
        """Whatever a history of *owner* may restore."""
        vertices = self._program.vertices
        # a state of regions is restored in combinations of leaves: their number grows too fast to write each one out
        inside = range(owner + 1, vertices[owner].last + 1)
        states = [each for each in inside if vertices[each].kind is Kind.STATE and not vertices[each].is_composite]
        if len(states) > MEMORIES or any(vertices[each].kind is Kind.REGION for each in inside):
            raise NeedsKernel
        return [(each,) for each in states]
