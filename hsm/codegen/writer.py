"""Writing: an explored path becomes the text of one Python function.

In: a Program and a `Path`. Out: a `Text`: the source of a factory whose parameters are the function's constants, and
what these stand for. Equal shapes give equal text, and the same input the same text. Nothing is compiled or called.

The function says where it stands by a number in the local variable ``at``, set before each call of the user's: when
that call raises, the number is all that tells which behaviour it was, and from where the kernel has to go on.
"""

from __future__ import annotations

from typing import Any

from hsm.behaviors import Bound
from hsm.codegen.explore import KERNEL_ONLY, NeedsKernel, Path
from hsm.codegen.needs import Needs, has_functions, needs_of
from hsm.codegen.text import Constant, Position, Text
from hsm.configuration import Leaves
from hsm.outcome import Outcome
from hsm.program import Program
from hsm.rules import operations as op

LINES = 2000
"""Lines of a function beyond which it is not written."""
DEPTH = 60
"""Guards that may be nested in a function; Python itself reads no more than 100 levels of indentation."""

_AT_NONE = "        at = None"
_TRY = "        try:"


def write(program: Program, path: Path, *, rests: bool) -> Text:
    """The text for *path*.

    Args:
        program: What the path was explored from.
        path: The beginning of the step.
        rests: Whether the machine is at rest before the step and after it; not in a start or a stop.

    Raises:
        NeedsKernel: The function would be too long, or nested too deeply.
    """
    # looked through first: what stands before the operations depends on what any of the paths calls
    return Writer(program, needs_of(program, path), rests).text(path)


class Writer:
    """Writes one function.

    What begins with ``_tells`` writes nothing here: that is where `hsm.codegen.telling` writes what makes records.
    """

    _shows_moves = False
    """Whether somebody looks at the configuration between two moves."""

    def __init__(self, program: Program, needs: Needs, rests: bool) -> None:
        self._program = program
        self._needs = needs
        self._rests = rests
        self._body: list[str] = []
        self._names: dict[Constant, str] = {}
        self._positions: list[Position] = []
        self._behaviors: dict[int, int] = {}
        self._handled: tuple[int, ...] = ()
        self._is_completing = False
        self._at_is_none: bool = True
        """Whether ``at`` is ``None`` here: what is raised is no error of a behaviour."""
        self._is_queued: bool = False
        """Whether the machine is marked as one that does not rest here, though no behaviour is called."""
        self._ctx, self._instance = "record.context", "record.instance"

    def text(self, path: Path) -> Text:
        """The text for *path*, which begins the step."""
        self._open(path)
        self._path(3 if self._needs.is_busy else 2, path)
        if self._needs.is_busy:
            self._close()
        self._line(1, "return step")
        head = f"def bind({', '.join(('PLAN', *self._names.values()))}):\n    def step(record, event):\n"
        constants = {name: constant for constant, name in self._names.items()}
        behaviors = {line + head.count("\n"): behavior for line, behavior in self._behaviors.items()}
        return Text(head + "\n".join(self._body) + "\n", constants, self._positions, behaviors, self._needs.is_marked)

    def _open(self, path: Path) -> None:
        """What stands before the operations."""
        if not self._needs.is_busy:
            return
        # until the end: what a behaviour dispatches finds this table, which is empty, and is queued behind this event
        if self._needs.is_marked:
            # the marks of the steps around this one say how deep it is
            self._line(2, "chain = senders()")
            self._unless_too_deep("chain and len(chain)")
        elif self._needs.is_deep:
            self._line(2, "host = record.host")
            self._unless_too_deep("host.depth")
        self._tells_what_came()
        if self._needs.is_deep and not self._needs.is_marked:
            self._line(2, "host.depth += 1")
        self._line(2, "record.steps = BUSY")
        if self._needs.calls > 1:
            self._line(2, f"ctx = {self._ctx}")
            self._line(2, f"instance = {self._instance}")
            self._ctx, self._instance = "ctx", "instance"
        if self._needs.is_marked:
            self._line(2, "record.step_mark = mine = (record, None)")
            self._line(2, "token = mark(joined(chain, mine) if chain else (mine,))")
        self._body += [_AT_NONE, _TRY]
        self._tells_beginning(path)

    def _unless_too_deep(self, depth: str) -> None:
        """Leave the step to the kernel, and so to another stack, where *depth* is too great (rule Q9)."""
        if self._rests:
            self._line(2, f"if {depth} >= DEEPEST:")
            self._line(3, "return PLAN.by_kernel(record, event)")

    def _close(self) -> None:
        """What stands behind the operations."""
        # everything: what is no `Exception` is kept as well until the step is whole (rule E7)
        self._line(2, "except BaseException as error:")
        self._line(3, "raised = error")
        if self._needs.is_marked or self._needs.is_deep:
            self._line(2, "finally:")
            self._line(3, "unmark(token)" if self._needs.is_marked else "host.depth -= 1")
        # outside of the handler: errors that come later must not get this one as their `__context__`
        self._line(2, "try:")
        self._line(3, "return failed(record, event, PLAN, at, raised)")
        if self._needs.is_deep:
            # there is not even room for a call: whoever needs the machine next goes on from here (rule Q9)
            self._line(2, "except RecursionError:")
            self._line(3, "record.left = (event, PLAN, at, raised)")
            self._line(3, "raise")
        self._line(2, "finally:")
        self._line(3, "del raised")

    # --- lines -----------------------------------------------------------------------------------------------

    def _line(self, depth: int, text: str) -> None:
        # where every line comes through: a function that grows too large is given up at once, not when it is whole
        if len(self._body) > LINES or depth > DEPTH:
            raise NeedsKernel
        self._body.append("    " * depth + text)

    def _name(self, kind: str, what: object) -> str:
        # numbered by first use, so that steps of equal shape have equal text, whatever their constants are
        return self._names.setdefault((kind, what), f"{kind}_{len(self._names) + 1}")

    def _position(self, path: Path, index: int, in_list: int = 0) -> int:
        """The number of the position at the operation *index* of *path*."""
        self._positions.append(Position(path, index, in_list, self._handled, self._is_completing))
        return len(self._positions) - 1

    def _user_call(self, depth: int, number: int, text: str, behavior: int | None = None) -> None:
        """Call something of the user's: what it raises is an error at the position *number*."""
        if self._body[-2:] == [_AT_NONE, _TRY]:
            # nothing stands before it: an interrupt in between may as well count as its own
            self._body[-2] = _AT_NONE.replace("None", str(number))
        else:
            self._line(depth, f"at = {number}")
        self._line(depth, text)
        if behavior is not None:
            self._behaviors[len(self._body)] = behavior
        self._at_is_none = False

    def _clock_call(self, depth: int, text: str) -> None:
        """Call something that may raise, and is no behaviour: a user's clock."""
        if self._needs.is_busy and not self._at_is_none:
            self._line(depth, "at = None")
            self._at_is_none = True
        elif not self._needs.is_busy and self._rests and not self._is_queued:
            # if the clock raises, the next event must not find the steps of the configuration before
            self._line(depth, "record.steps = QUEUED")
            self._is_queued = True
        self._line(depth, text)

    def _hand_over(self, depth: int, number: int, result: str = "") -> None:
        self._line(depth, f"return hand_over(record, event, PLAN, {number}{', ' + result if result else ''})")

    # --- operations ------------------------------------------------------------------------------------------

    def _path(self, depth: int, path: Path) -> None:
        """Write *path* and what follows it; what is noted on the way holds for no other path."""
        # put back afterwards: the next alternative begins where this one did, not where it ended
        noted = (self._handled, self._is_completing, self._at_is_none, self._is_queued)
        if self._operations(depth, path) and path.outcome is not None:
            self._tells_end(depth, path, path.outcome)
            self._end(depth, path.outcome, path.leaves)
        self._handled, self._is_completing, self._at_is_none, self._is_queued = noted

    def _operations(self, depth: int, path: Path) -> bool:
        """Write the operations of *path*; returns whether control reaches their end."""
        for index, operation in enumerate(path.operations):
            match operation:
                case op.Ask():
                    self._ask(depth, path, index, operation)
                case op.AskHistory():
                    self._recall(depth, path, index, operation)
                case op.Run():
                    for in_list, behavior in enumerate(operation.behaviors):
                        if not self._act(depth, path, index, in_list, behavior):
                            return False
                case op.Arm():
                    if not self._arm(depth, path, index, operation):
                        return False
                case op.Move():
                    # nobody can look before the next one: only the last of several in a row is written
                    if self._shows_moves or not _moves_again(path.operations[index + 1 :]):
                        self._line(depth, f"record.leaves = {self._name('leaves', operation.leaves)}")
                case op.MakeObject():
                    where, make = self._name("vertex", operation.vertex), self._name("make", operation.vertex)
                    call = f"record.state_objects[{where}] = {make}({self._instance})"
                    self._user_call(depth, self._position(path, index), call)
                case op.Next():
                    self._is_completing = True
                case op.Spend(_, vertex):
                    # from here on, and not from its `Next` on: a step that hands over in between follows this very
                    # operation afterwards, and would count the completion twice
                    self._handled = (*self._handled, vertex)
                case _ if isinstance(operation, KERNEL_ONLY):
                    self._hand_over(depth, self._position(path, index))
                    return False
                case _:
                    self._plain(depth, operation)
            self._tells_operation(depth, path, index, operation)
        return True

    def _plain(self, depth: int, operation: object) -> None:
        """What calls nothing of the user's."""
        match operation:
            case op.Remember(vertex, ()):
                self._line(depth, f"record.history.pop({self._name('vertex', vertex)}, None)")
            case op.Remember(vertex, leaves):
                where = self._name("vertex", vertex)
                self._line(depth, f"record.history[{where}] = {self._name('leaves', leaves)}")
            case op.Disarm(vertex):
                for timer in self._program.vertices[vertex].timers:
                    self._clock_call(depth, f"disarm(record, {self._name('timer', timer)})")
            case op.DropObjects(vertices):
                for vertex in vertices:
                    self._line(depth, f"record.state_objects.pop({self._name('vertex', vertex)}, None)")
            case op.Reopen(vertex):
                self._line(depth, "if record.completed:")
                self._line(depth + 1, f"record.completed.discard({self._name('vertex', vertex)})")
            case _:  # they note what exploring knows already: a completion is handled right behind the transitions
                assert isinstance(operation, op.Complete | op.TakeError)

    def _call(self, index: int) -> str:
        behavior = self._program.behaviors[index]
        event = "COMPLETED" if self._is_completing else "event"
        arguments = [self._ctx, self._instance, event]
        if isinstance(behavior.call, Bound):
            vertex = behavior.call.vertex
            own = self._instance if vertex is None else f"record.state_objects[{self._name('vertex', vertex)}]"
            arguments = [own, *(self._ctx if each == "ctx" else event for each in behavior.call.arguments)]
        # by role and not by the user's name, which would make texts differ that are the same but for that
        text = f"{self._name(behavior.role, index)}({', '.join(arguments)})"
        return f"end_of({text})" if behavior.makes_coroutine else text

    def _ask(self, depth: int, path: Path, index: int, operation: op.Ask) -> None:
        number = self._position(path, index)
        if self._program.behaviors[operation.behavior].may_suspend:
            self._hand_over(depth, number)
            return
        self._user_call(depth, number, f"answer = {self._call(operation.behavior)}", operation.behavior)
        # the very values: a guard that returns anything else has made a mistake, and it is the kernel that says so
        self._line(depth, "if answer is not False:")
        self._line(depth + 1, "if answer is not True:")
        self._hand_over(depth + 2, number, "answer")
        # not an `else`: every path returns, and alternatives after each other do not nest
        for answer, inside in ((True, depth + 1), (False, depth)):
            self._tells_answer(inside, path.further[answer], operation, answer)
            self._path(inside, path.further[answer])

    def _act(self, depth: int, path: Path, index: int, in_list: int, behavior: int) -> bool:
        """Write an action; whether the function goes on behind it."""
        number = self._position(path, index, in_list)
        if self._program.behaviors[behavior].may_suspend:
            self._hand_over(depth, number)
            return False
        self._user_call(depth, number, f"result = {self._call(behavior)}", behavior)
        self._line(depth, "if result is not None and awaits(result):")
        self._hand_over(depth + 1, number, "result")
        self._tells_action(depth, path, index, in_list, behavior)
        return True

    def _arm(self, depth: int, path: Path, index: int, operation: op.Arm) -> bool:
        # all of them then, and not only those with a function: the kernel arms the whole list from its beginning
        if has_functions(self._program, operation):
            self._hand_over(depth, self._position(path, index))
            return False
        for timer in self._program.vertices[operation.vertex].timers:
            self._clock_call(depth, f"arm(record, {self._name('timer', timer)})")
        return True

    def _recall(self, depth: int, path: Path, index: int, operation: op.AskHistory) -> None:
        self._line(depth, f"memory = record.history.get({self._name('vertex', operation.owner)})")
        for memory, further in path.further.items():
            if memory:
                self._line(depth, f"if memory == {self._name('leaves', memory)}:")
                self._path(depth + 1, further)
        # something else: the owner was exited in the middle of its default entry
        self._line(depth, "if memory is not None:")
        self._hand_over(depth + 1, self._position(path, index))
        self._path(depth, path.further[()])

    def _end(self, depth: int, outcome: Outcome, leaves: Leaves) -> None:
        if outcome is Outcome.DEFERRED:
            self._line(depth, "return defer_event(record, event)")
            return
        answer = "TAKEN" if outcome is Outcome.TAKEN else "IGNORED"
        if self._rests:
            if self._needs.is_busy:
                # something came in meanwhile, or waits for the end: the queue goes on from here, not the caller
                self._line(depth, "if record.steps is not BUSY:")
                handled = f", {self._name('handled', self._handled)}" if self._handled else ""
                self._line(depth + 1, f"return after(record, {answer}{handled})")
            if self._needs.is_busy or self._is_queued or outcome is Outcome.TAKEN:
                self._line(depth, f"record.steps = {self._name('steps', leaves)}")
        elif self._handled and self._needs.is_busy:
            self._line(depth, "if record.steps is not BUSY:")
            self._line(depth + 1, f"note_completions(record, {self._name('handled', self._handled)})")
        self._line(depth, f"return {answer}")

    # --- what observers get ----------------------------------------------------------------------------------

    def _tells_what_came(self) -> None:
        """Before the step."""

    def _tells_beginning(self, path: Path) -> None:
        """Before the operations, which begin with *path*."""

    def _tells_operation(self, depth: int, path: Path, index: int, operation: object) -> None:
        """Behind an operation that does not part paths."""

    def _tells_answer(self, depth: int, further: Path, operation: op.Ask, answer: bool) -> None:
        """Behind a guard."""

    def _tells_action(self, depth: int, path: Path, index: int, in_list: int, behavior: int) -> None:
        """Behind an action."""

    def _tells_end(self, depth: int, path: Path, outcome: Outcome) -> None:
        """Behind everything."""


def _moves_again(operations: list[Any]) -> bool:
    """Whether the configuration changes again before anybody can look at it."""
    for operation in operations:
        if not isinstance(operation, op.Reopen):
            return isinstance(operation, op.Move)
    return False
