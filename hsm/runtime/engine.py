"""The engine: the generated steps of one Program, made when they are first needed.

In: a Program. Out: for every configuration a table of steps by event. What cannot be generated, and what must not be
kept for every name that is ever sent, is a step that goes by turns.
Never imports asyncio.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import attrs

from hsm.behaviors import Bound
from hsm.codegen import specialize
from hsm.codegen.blocks import Block
from hsm.codegen.deciding import NeedsKernel
from hsm.codegen.load import Shapes
from hsm.codegen.writer import Point, write
from hsm.configuration import Leaves
from hsm.outcome import Outcome
from hsm.program import Program
from hsm.runtime.actions import end_of
from hsm.runtime.done import OUTCOMES, awaits
from hsm.runtime.record import BUSY, COMPLETED, Step, Steps, inside, senders
from hsm.runtime.timers import arm, disarm

NAMES = 256
"""Names beyond those of the model that are kept for one configuration."""
CONFIGURATIONS = 100_000
"""Configurations that are kept for one model."""


class Phase(enum.Enum):
    """What a step is for, which decides who is told of its errors (rule E4)."""

    START = "start"
    EVENT = "event"
    TIMER = "timer"
    STOP = "stop"


@attrs.frozen(eq=False)
class Plan:
    """What a generated step is made from: where to go on when it hands over.

    Attributes:
        points: By line, where the step stands.
        calls: The lines on which what is raised is an error of the user's.
        phase: What kind of step it is.
    """

    points: dict[int, Point]
    calls: frozenset[int]
    phase: Phase


def links(stepping: type[Any]) -> dict[str, Any]:
    """What generated steps call by the names of `LINKS`: of the class *stepping*, and of the run time."""
    return {
        "BUSY": BUSY,
        "TAKEN": OUTCOMES[Outcome.TAKEN],
        "IGNORED": OUTCOMES[Outcome.IGNORED],
        "awaits": awaits,
        "hand_over": stepping.hand_over,
        "failed": stepping.failed,
        "after": stepping.after,
        "hold": stepping.hold,
        "by_turns": stepping.by_turns,
        "senders": senders,
        "mark": inside.set,
        "unmark": inside.reset,
        "end_of": end_of,
        "arm": arm,
        "disarm": disarm,
        "COMPLETED": COMPLETED,
        "count": stepping.count,
    }


class Engine:
    """The steps of one Program; all its machines share it.

    Args:
        program: What the steps are of.
        shapes: What compiles them.
        by_turns: The step of whatever is not generated.
    """

    __slots__ = ("_names", "_program", "_shapes", "_start", "_tables", "by_turns")

    def __init__(self, program: Program, shapes: Shapes, by_turns: Step) -> None:
        self._program = program
        self._shapes = shapes
        self.by_turns = by_turns
        self._tables: dict[Leaves, Steps] = {}
        self._start: Step | None = None
        self._names: frozenset[str] = frozenset(name for v in program.vertices for name in v.triggers.exact)

    def table(self, leaves: Leaves) -> Steps:
        """The steps of the configuration *leaves*; `find` puts them in."""
        table = self._tables.get(leaves)
        if table is None:
            table = {}
            if len(self._tables) < CONFIGURATIONS:
                self._tables[leaves] = table
        return table

    def find(self, table: Steps, leaves: Leaves, key: str | int | None) -> Step:
        """The step of *leaves* on *key*, made now and put into *table*.

        Args:
            table: The steps of *leaves*.
            leaves: What is active.
            key: An event's name, the transition of a timer, or ``None`` for the stop.
        """
        if isinstance(key, str) and len(table) >= NAMES and key not in self._names:
            return self.by_turns
        if key is None:
            step = self._made(lambda: specialize.stop(self._program, leaves), Phase.STOP)
        elif isinstance(key, int):
            step = self._made(lambda: specialize.on_timer(self._program, leaves, key), Phase.TIMER)
        else:
            step = self._made(lambda: specialize.on_event(self._program, leaves, key), Phase.EVENT)
        table[key] = step
        return step

    def start(self) -> Step | None:
        """The step that enters the model; ``None`` when the kernel has to."""
        if self._start is None:
            self._start = self._made(lambda: specialize.start(self._program), Phase.START)
        return None if self._start is self.by_turns else self._start

    def source(self, leaves: Leaves, name: str) -> str | None:
        """The text of the step on an event called *name*, as a debugger shows it; ``None``: the kernel takes it."""
        try:
            return write(self._program, specialize.on_event(self._program, leaves, name), rests=True).annotated()
        except NeedsKernel:
            return None

    def _made(self, blocks: Callable[[], Block], phase: Phase) -> Step:
        try:
            text = write(self._program, blocks(), rests=phase in (Phase.EVENT, Phase.TIMER))
        except NeedsKernel:
            return self.by_turns
        plan = Plan(text.points, text.calls, phase)
        return self._shapes.load(text, plan, [self._constant(kind, what) for kind, what in text.constants.values()])

    def _constant(self, kind: str, what: Any) -> Any:
        """What the parameter *kind* of a generated step is."""
        if kind in ("leaves", "vertex", "handled"):
            return what
        if kind == "steps":
            return self.table(what)
        index: int = what
        if kind == "timer":
            return self._program.timers[index]
        if kind == "make":
            local = self._program.vertices[index].state_object
            assert local is not None  # it is to be made
            return local.make
        call = self._program.behaviors[index].call
        return call.function if isinstance(call, Bound) else call
