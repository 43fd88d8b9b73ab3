"""Writing: blocks become the text of one Python function.

In: a Program and a block. Out: a `Text`: the source of a factory whose parameters are the function's constants, what
these stand for, and which line does which operation. Equal shapes give equal text; the same input gives the same text.
Pure: nothing is compiled or called here.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from hsm.behaviors import Bound
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
    Operation,
    Recall,
    Remember,
    Reopened,
)
from hsm.codegen.deciding import NeedsKernel
from hsm.outcome import Outcome
from hsm.program import NONE, Program, describe

LINES = 2000
"""Lines of a function beyond which it is not written."""

LINKS = (
    "BUSY", "TAKEN", "IGNORED", "awaits", "hand_over", "failed", "after", "hold", "by_turns", "senders", "mark",
    "unmark", "end_of", "arm", "disarm", "COMPLETED", "count",
)  # fmt: skip
"""Global names that every function may use; the run time says what they are."""

Constant: TypeAlias = tuple[str, object]
"""What a parameter stands for: a word for the kind, and which."""


@attrs.frozen
class Point:
    """Where a step stands at a line of its text.

    Attributes:
        block: The block.
        place: The place in it, of the next operation.
        complete: The states whose completion waits to be handled.
        handled: Those whose completion was handled.
    """

    block: Block
    place: int
    complete: tuple[int, ...]
    handled: tuple[int, ...]


@attrs.frozen
class Text:
    """A function as text.

    Attributes:
        source: The factory's source. Its parameters are ``PLAN``, for whoever runs the function, and the constants.
        constants: What the other parameters stand for, by name, in order.
        points: By line, where the step stands.
        calls: The lines on which what is raised is an error of the user's.
        notes: By line, what is said about it: the role, place and position of the behaviour.
    """

    source: str
    constants: dict[str, Constant]
    points: dict[int, Point]
    calls: frozenset[int]
    notes: dict[int, str]

    def annotated(self) -> str:
        """The source, with a note behind each line that calls a user's behaviour."""
        lines = self.source.splitlines()
        for line, note in self.notes.items():
            lines[line - 1] += f"  # {note}"
        return "\n".join(lines) + "\n"


def write(program: Program, block: Block, *, rests: bool) -> Text:
    """The text for *block*.

    Args:
        program: What the block was worked out from.
        block: The first block of the step.
        rests: Whether the machine is at rest when the step is done, ready for the next; not in a start or a stop.

    Raises:
        NeedsKernel: The function would be too long.
    """
    return _Writer(program, rests).text(block)


class _Writer:
    """Writes one function."""

    def __init__(self, program: Program, rests: bool) -> None:
        self._program = program
        self._rests = rests
        self._lines: list[str] = []
        self._names: dict[Constant, str] = {}
        self._points: dict[int, Point] = {}
        self._complete: tuple[int, ...] = ()
        self._handled: tuple[int, ...] = ()
        self._calls: set[int] = set()
        self._notes: dict[int, str] = {}
        self._is_busy = False
        self._ctx, self._instance = "machine.context", "machine.instance"

    def text(self, block: Block) -> Text:
        operations = _operations(block, {})
        self._is_busy = any(isinstance(each, Ask | Act | Make) for each in operations)
        is_marked = any(map(self._may_start_tasks, operations))
        self._lines = ["", ""]  # the first two lines are written last
        if self._rests and self._program.has_calls:
            self._line(2, "chain = senders()")
            self._line(2, "if machine in chain:")
            self._line(3, "return by_turns(machine, event)")
        elif is_marked:
            self._line(2, "chain = senders()")
        if self._is_busy:
            self._line(2, "machine.steps = BUSY")
            if sum(isinstance(each, Ask | Act | Make) for each in operations) > 1:  # what is asked for twice is kept
                self._line(2, f"ctx = {self._ctx}")
                self._line(2, f"instance = {self._instance}")
                self._ctx, self._instance = "ctx", "instance"
            if is_marked:
                # an event is dispatched from outside; a start or a stop may be asked for by a behaviour of the machine
                chain = "(*chain, machine)" if self._rests else "chain if machine in chain else (*chain, machine)"
                self._line(2, f"token = mark({chain})")
            self._line(2, "try:")
        self._block(3 if self._is_busy else 2, block)
        if self._is_busy:
            self._line(2, "except BaseException as error:")
            self._line(3, "raised = error")
            if is_marked:
                self._line(2, "finally:")
                self._line(3, "unmark(token)")
            # outside of the handler, so that later errors are not told to have happened in the handling of this one
            self._line(2, "try:")
            self._line(3, "return failed(machine, event, PLAN, raised)")
            self._line(2, "finally:")
            self._line(3, "del raised")
        self._line(1, "return step")
        self._lines[0] = f"def bind({', '.join(('PLAN', *self._names.values()))}):"
        self._lines[1] = "    def step(machine, event):"
        constants = {name: constant for constant, name in self._names.items()}
        return Text("\n".join(self._lines) + "\n", constants, self._points, frozenset(self._calls), self._notes)

    def _may_start_tasks(self, operation: Operation) -> bool:
        """Whether what is called there may start a task, which has to be known as coming from inside (rule Q2)."""
        if isinstance(operation, Ask | Act):
            return not self._program.behaviors[operation.behavior].calls_nothing
        if not isinstance(operation, Make):
            return False
        local = self._program.vertices[operation.vertex].state_object
        return local is not None and not local.calls_nothing

    def _line(self, depth: int, text: str) -> None:
        if len(self._lines) > LINES:
            raise NeedsKernel
        self._lines.append("    " * depth + text)

    def _name(self, kind: str, what: object) -> str:
        return self._names.setdefault((kind, what), f"{kind}_{len(self._names) + 1}")

    def _at(self, block: Block, place: int) -> int:
        """The next line is the one that does the operation at *place* of *block*."""
        number = len(self._lines) + 1
        self._points[number] = Point(block, place, self._complete, self._handled)
        return number

    def _block(self, depth: int, block: Block) -> None:
        complete, handled = self._complete, self._handled
        self._write(depth, block)
        self._complete, self._handled = complete, handled

    def _write(self, depth: int, block: Block) -> None:
        for place, operation in enumerate(block.operations):
            if isinstance(operation, Ask):
                self._ask(depth, block, place, operation)
            elif isinstance(operation, Act):
                if not self._act(depth, block, place, operation):
                    return
            elif isinstance(operation, Arm):
                if not self._arm(depth, block, place, operation):
                    return
            elif isinstance(operation, Recall):
                self._recall(depth, block, place, operation)
            elif isinstance(operation, End):
                self._end(depth, operation)
            else:
                self._plain(depth, block, place, operation)

    def _plain(self, depth: int, block: Block, place: int, operation: Operation) -> None:
        """What calls nothing of the user's, or only to make something."""
        if isinstance(operation, Move):
            self._line(depth, f"machine.leaves = {self._name('leaves', operation.leaves)}")
        elif isinstance(operation, Remember):
            where = self._name("vertex", operation.vertex)
            if operation.leaves:
                self._line(depth, f"machine.history[{where}] = {self._name('leaves', operation.leaves)}")
            else:
                self._line(depth, f"machine.history.pop({where}, None)")
        elif isinstance(operation, Disarm):
            for timer in self._program.vertices[operation.vertex].timers:
                self._line(depth, f"disarm(machine, {self._name('timer', timer)})")
        elif isinstance(operation, Make):
            self._calls.add(self._at(block, place))
            where = self._name("vertex", operation.vertex)
            self._line(depth, f"machine.locals[{where}] = {self._name('make', operation.vertex)}({self._instance})")
        elif isinstance(operation, Forget):
            for vertex in operation.vertices:
                self._line(depth, f"machine.locals.pop({self._name('vertex', vertex)}, None)")
        elif isinstance(operation, Completed):
            self._complete = (*self._complete, operation.vertex)
        elif isinstance(operation, Reopened):
            self._complete = tuple(each for each in self._complete if each != operation.vertex)
            self._line(depth, "if machine.complete:")
            self._line(depth + 1, f"machine.complete.discard({self._name('vertex', operation.vertex)})")
        elif isinstance(operation, Next):
            self._complete = self._complete[1:]
            self._handled = (*self._handled, operation.vertex)
        else:
            assert isinstance(operation, Hold)
            self._line(depth, "return hold(machine, event)")

    def _call(self, behavior: int) -> str:
        called = self._program.behaviors[behavior]
        event = "COMPLETED" if self._handled else "event"
        given = [self._ctx, self._instance, event]
        if isinstance(called.call, Bound):
            vertex = called.call.vertex
            own = self._instance if vertex is None else f"machine.locals[{self._name('vertex', vertex)}]"
            given = [own, *(self._ctx if each == "ctx" else event for each in called.call.arguments)]
        text = f"{self._name(called.role, behavior)}({', '.join(given)})"
        return f"end_of({text})" if called.ends_at_once else text

    def _ask(self, depth: int, block: Block, place: int, operation: Ask) -> None:
        behavior = self._program.behaviors[operation.behavior]
        number = self._at(block, place)
        if behavior.may_suspend:
            self._line(depth, f"return hand_over(machine, event, PLAN, {number})")
            return
        self._calls.add(number)
        self._notes[number] = describe(self._program, behavior)
        self._line(depth, f"answer = {self._call(operation.behavior)}")
        self._line(depth, "if answer is not False:")
        self._line(depth + 1, "if answer is not True:")
        self._line(depth + 2, f"return hand_over(machine, event, PLAN, {number}, answer)")
        if depth > 60:
            raise NeedsKernel
        self._block(depth + 1, operation.yes)
        self._block(depth, operation.no)

    def _act(self, depth: int, block: Block, place: int, operation: Act) -> bool:
        """Write an action; whether the function goes on behind it."""
        behavior = self._program.behaviors[operation.behavior]
        number = self._at(block, place)
        if behavior.may_suspend:
            self._line(depth, f"return hand_over(machine, event, PLAN, {number})")
            return False
        self._calls.add(number)
        self._notes[number] = describe(self._program, behavior)
        self._line(depth, f"given = {self._call(operation.behavior)}")
        self._calls.add(self._at(block, place))
        self._line(depth, "if given is not None and awaits(given):")
        self._line(depth + 1, f"return hand_over(machine, event, PLAN, {number}, given)")
        return True

    def _arm(self, depth: int, block: Block, place: int, operation: Arm) -> bool:
        timers = self._program.vertices[operation.vertex].timers
        if any(self._program.timers[timer].function != NONE for timer in timers):
            number = self._at(block, place)
            self._line(depth, f"return hand_over(machine, event, PLAN, {number})")
            return False
        for timer in timers:
            self._line(depth, f"arm(machine, {self._name('timer', timer)})")
        return True

    def _recall(self, depth: int, block: Block, place: int, operation: Recall) -> None:
        self._line(depth, f"memory = machine.history.get({self._name('vertex', operation.vertex)})")
        for memory, way in operation.ways.items():
            self._line(depth, f"if memory == {self._name('leaves', memory)}:")
            self._block(depth + 1, way)
        self._line(depth, "if memory is not None:")
        number = self._at(block, place)
        self._line(depth + 1, f"return hand_over(machine, event, PLAN, {number})")
        self._block(depth, operation.default)

    def _end(self, depth: int, operation: End) -> None:
        given = "TAKEN" if operation.outcome is Outcome.TAKEN else "IGNORED"
        if self._rests:
            if self._is_busy:
                self._line(depth, "if machine.steps is not BUSY:")
                handled = f", {self._name('handled', self._handled)}" if self._handled else ""
                self._line(depth + 1, f"return after(machine, {given}{handled})")
            if self._is_busy or operation.outcome is Outcome.TAKEN:
                self._line(depth, f"machine.steps = {self._name('steps', operation.leaves)}")
        elif self._handled and self._is_busy:
            self._line(depth, "if machine.steps is not BUSY:")
            self._line(depth + 1, f"count(machine, {self._name('handled', self._handled)})")
        self._line(depth, f"return {given}")


def _operations(block: Block, known: dict[int, Block]) -> list[Operation]:
    """The operations of *block* and of the blocks that it leads to, except those *known*, each once."""
    if id(block) in known:
        return []
    known[id(block)] = block
    found = list(block.operations)
    for operation in block.operations:
        if isinstance(operation, Ask):
            further = [operation.yes, operation.no]
        elif isinstance(operation, Recall):
            further = [*operation.ways.values(), operation.default]
        else:
            continue
        for each in further:
            found += _operations(each, known)
    return found
