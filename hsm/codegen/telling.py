"""Telling: steps that are written out for machines that are observed make records of what they do (rules O1 to O3).

In: as for `writer`, and what the step is on. Out: a `Text`. The records are those that the kernel makes, in the same
order; what it takes to make them is constant, but for the moment and the event.

An observer is called like a behaviour: ``at`` says where, and when it raises, the kernel goes on from there.
"""

from __future__ import annotations

from typing import Any

from hsm.codegen.explore import NeedsKernel, Path
from hsm.codegen.needs import needs_of
from hsm.codegen.text import Position, Text
from hsm.codegen.writer import Writer
from hsm.configuration import Leaves
from hsm.facts import FactsOf, cause_of_event
from hsm.outcome import Outcome
from hsm.program import Program
from hsm.recording import Facts
from hsm.rules import operations as op


def write_telling(program: Program, facts: FactsOf, path: Path, leaves: Leaves, key: str | int | None) -> Text:
    """The text for *path*, of a machine that is observed.

    Args:
        program: What the path was explored from.
        facts: Its facts.
        path: The beginning of the step.
        leaves: What is active before it.
        key: The event's name, or the transition of a timer.

    Raises:
        NeedsKernel: As for `write`; or the step is a start or a stop.
    """
    if key is None:
        raise NeedsKernel
    return _TellingWriter(program, facts, path, leaves, key).text(path)


class _TellingWriter(Writer):
    """Writes one function that tells what it does."""

    _shows_moves = True

    def __init__(self, program: Program, facts: FactsOf, path: Path, leaves: Leaves, key: str | int) -> None:
        super().__init__(program, needs_of(program, path, is_observed=True), rests=True)
        self._facts = facts
        self._key = key
        self._leaves = leaves
        self._before = leaves
        self._cause_of_step = self._cause = "cause"
        self._is_stale: bool = False
        """Whether time has passed since the moment was last noted, or the cause has changed."""

    # --- before the operations -------------------------------------------------------------------------------

    def _tells_what_came(self) -> None:
        self._line(2, "observation = record.observation")
        self._line(2, "now = observation.now")
        if isinstance(self._key, int):
            return  # the record of an expiry comes when its step begins
        cause = self._cause_of_step = self._cause = self._name("word", cause_of_event(self._key))
        self._line(2, "time = now()")
        self._line(2, f"moment = ({self._name('word', self._program.name)}, time, observation.step, {cause}, event)")
        self._record(2, "Received", ())
        self._line(2, "tell = observation.tell")
        self._line(2, "try:")
        self._line(3, "tell(told)")
        self._line(2, "except BaseException as error:")
        self._line(3, "lost(record, error, tell)")
        # an observer may have dispatched, or have done whatever else comes before this step then
        self._line(2, f"if record.steps is not {self._name('steps', self._leaves)}:")
        self._line(3, "return accept(record, event)")
        self._line(2, "observation = record.observation")

    def _tells_beginning(self, path: Path) -> None:
        if isinstance(self._key, int):
            self._line(3, f"if begin_timer(record, observation, event, {self._name('transition', self._key)}):")
            self._hand_over(4, self._position(path, 0))
            self._line(3, "number = observation.step")
            self._line(3, "cause = observation.cause")
            self._is_stale = True
            return
        self._line(3, "observation.step = number = observation.step + 1")
        self._line(3, f"observation.cause = observation.cause_of_step = {self._cause}")
        self._line(3, f"moment = ({self._name('word', self._program.name)}, time, number, {self._cause}, event)")
        self._tell(3, "StepBegan", (self._facts.states(self._leaves),), self._behind(path, -1))

    # --- operations ------------------------------------------------------------------------------------------

    def _path(self, depth: int, path: Path) -> None:
        noted = (self._before, self._cause, self._is_stale)
        super()._path(depth, path)
        self._before, self._cause, self._is_stale = noted

    def _tells_operation(self, depth: int, path: Path, index: int, operation: object) -> None:
        match operation:
            case op.Move(leaves):
                for kind, what in self._facts.of_move(self._before, leaves):
                    self._tell(depth, kind.__name__, what, self._behind(path, index))
                self._before = leaves
            case op.Next(vertex):
                self._cause = self._name("word", self._facts.cause_of_next(vertex))
                self._line(depth, f"observation.cause = {self._cause}")
                self._is_stale = True
            case op.Arm(vertex) | op.Disarm(vertex) if self._program.vertices[vertex].timers:
                # `at` says that it is no behaviour: a user's clock may raise
                done = self._name("armed" if isinstance(operation, op.Arm) else "disarmed", vertex)
                self._clock_call(depth, f"if saw(record, observation, {done}):")
                self._hand_over(depth + 1, self._number(self._behind(path, index)))
                self._is_stale = True
            case op.MakeObject():
                self._is_stale = True
            case _:
                pass

    def _tells_answer(self, depth: int, further: Path, operation: op.Ask, answer: bool) -> None:
        self._is_stale = True
        what = self._facts.of_answer(operation.behavior, answer)
        self._tell(depth, "GuardAsked", what, self._behind(further, -1))

    def _tells_action(self, depth: int, path: Path, index: int, in_list: int, behavior: int) -> None:
        self._is_stale = True
        what = self._facts.of_behavior(self._program.behaviors[behavior])
        operation: Any = path.operations[index]
        is_last = in_list == len(operation.behaviors) - 1
        self._tell(
            depth, "Ran", what, self._behind(path, index) if is_last else self._behind(path, index - 1, in_list + 1)
        )

    def _tells_end(self, depth: int, path: Path, outcome: Outcome) -> None:
        if self._cause != self._cause_of_step:
            self._cause = self._cause_of_step
            self._line(depth, f"observation.cause = {self._cause}")
            self._is_stale = True
        name = "" if isinstance(self._key, int) else self._key
        for told, (kind, what) in enumerate(self._facts.of_end(name, outcome, path.leaves, path.taken), 1):
            self._tell(depth, kind.__name__, what, self._behind(path, len(path.operations) - 1, told=told))

    def _end(self, depth: int, outcome: Outcome, leaves: Leaves) -> None:
        if outcome is Outcome.DEFERRED:
            self._line(depth, "return defer_told(record, event)")
        else:
            super()._end(depth, outcome, leaves)

    # --- records ---------------------------------------------------------------------------------------------

    def _behind(self, path: Path, index: int, in_list: int = 0, told: int = 0) -> Position:
        """Where the kernel goes on behind the operation *index* of *path*."""
        return Position(path, index + 1, in_list, self._handled, self._is_completing, True, told)

    def _number(self, position: Position) -> int:
        self._positions.append(position)
        return len(self._positions) - 1

    def _tell(self, depth: int, kind: str, what: Facts, position: Position) -> None:
        """Make a record, and give it to the observers; the kernel goes on at *position* if one of them raises."""
        if self._is_stale:
            machine = self._name("word", self._program.name)
            self._clock_call(depth, f"moment = ({machine}, now(), number, {self._cause}, event)")
            self._is_stale = False
        self._record(depth, kind, what)
        self._user_call(depth, self._number(position), "observation.tell(told)")

    def _record(self, depth: int, kind: str, what: Facts) -> None:
        # most observers keep no record: then one is as good as new
        self._line(depth, f"told = observation.spare_{kind.lower()}")
        self._line(depth, "if getrefcount(told) != ALONE:")
        self._line(depth + 1, f"told = new({kind})")
        self._line(depth, "told._moment = moment")
        self._line(depth, f"told._facts = {self._name('facts', what)}")
