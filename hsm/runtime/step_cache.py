"""The step cache: which steps of a Program are generated, when, and how many of them are kept.

In: a configuration and a key: an event's name, the transition of a timer, the start or the stop. Out: the function that
takes the step. A step is written out when it repeats; what is used once or twice, and what does not fit into the memory
that a Program may have for its steps, is left to the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from hsm.answer import Answer
from hsm.behaviors import Bound
from hsm.codegen.explore import NeedsKernel, Rules, explore
from hsm.codegen.load import Shapes
from hsm.codegen.telling import write_telling
from hsm.codegen.text import Position, Text
from hsm.codegen.writer import write
from hsm.configuration import Leaves
from hsm.events import Event
from hsm.facts import FactsOf
from hsm.program import Program
from hsm.rules import operations as op
from hsm.runtime.awaitables import Work

Key: TypeAlias = str | int | None
"""What a step is on: an event's name, the transition of a timer; ``None`` for the start and the stop."""
StepFunction: TypeAlias = Callable[[Any, Any], Answer[Any]]
"""Takes a record and an event, does what the event does, and returns what `dispatch` is to return."""
StepTable: TypeAlias = dict[Key, StepFunction]
"""The generated steps of one configuration, by key."""

NO_STEPS: StepTable = {}
"""The table of every configuration of which no step is generated yet."""
COUNTED = 1024
"""How many steps have their uses counted at a time; beyond that counting begins anew. Steps that come back soon are
written out, and a machine that wanders through millions of configurations keeps no count for each of them.
"""

FOREIGN_SHARE = 8
"""Which part of that memory steps on names may take that no trigger has: one in so many. A sender of ever new names
would otherwise keep the steps of the model out.
"""
KERNEL_BYTES = 200
FUNCTION_BYTES = 400
POSITION_BYTES = 500
SHAPE_BYTES = 2_000
LINE_BYTES = 150
TABLE_BYTES = 500
"""What things take, by estimate: a note that the kernel takes a step; a function with its constants; a position, with
the operations explored for it; a code object, and each line of its text; a table with its key. As on CPython 3.13.
"""


@attrs.frozen(eq=False)
class StepKind:
    """A kind of step.

    Attributes:
        rules: Returns what the step on a key does.
        by_kernel: Returns what takes the step on a key through the kernel.
        resume: Takes the rest of a step that hands over to the kernel: a record, the rest, and the event.
        rests: Whether the machine is at rest before the step and after it.
    """

    rules: Callable[[Any], Rules]
    by_kernel: Callable[[Any], StepFunction]
    resume: Callable[[Any, Work[Any], Event[Any]], Answer[Any]]
    rests: bool


@attrs.frozen(eq=False)
class Plan:
    """What a generated step was made from: what is needed to go on from the middle of it.

    Attributes:
        kind: What kind of step it is.
        leaves: What is active before it.
        rules: What it does.
        positions: Where it may hand over, by number.
        is_marked: Whether its text marks it as a step that may suspend.
        is_observed: Whether it tells observers what it does.
        by_kernel: What takes the whole step through the kernel.
    """

    kind: StepKind
    leaves: Leaves
    rules: Rules
    positions: list[Position]
    is_marked: bool
    is_observed: bool
    by_kernel: StepFunction


class StepCache:
    """The generated steps of one Program; all its machines share it.

    Args:
        program: What the steps are of.
        shapes: What compiles them.
        is_observed: Whether they tell observers what they do.

    Attributes:
        facts: What records say of the Program.
        start: The generated start, once there is one.
        tables: The generated steps by configuration; nobody but this object writes to it.
        size: Estimated bytes of what is kept.
    """

    __slots__ = (
        "_foreign", "_is_observed", "_names", "_observed", "_program", "_shapes", "_used_shapes", "_uses", "facts",
        "size", "start", "tables",
    )  # fmt: skip

    def __init__(self, program: Program, shapes: Shapes, *, is_observed: bool = False) -> None:
        self._is_observed = is_observed
        self.facts = FactsOf(program)
        self._observed: StepCache | None = None
        self._program = program
        self._shapes = shapes
        self._used_shapes: set[object] = set()  # a shape lives as long as somebody holds it
        self.tables: dict[Leaves, StepTable] = {}
        self.start: StepFunction | None = None
        self._uses: dict[int, int] = {}
        self._names = frozenset([name for vertex in program.vertices for name in vertex.triggers.exact])
        self._foreign = 0
        self.size = 0

    @property
    def observed(self) -> StepCache:
        """The steps of machines that are observed, kept apart: those of all others have no line about observers."""
        if self._observed is None:
            self._observed = StepCache(self._program, self._shapes, is_observed=True)
        return self._observed

    def find(self, leaves: Leaves, key: Key, kind: StepKind, *, after: int, limit: int) -> StepFunction:
        """The function that takes the step of *kind* on *key* in *leaves*.

        Args:
            leaves: What is active; nothing for the start.
            key: What the step is on.
            kind: What kind of step it is.
            after: How many uses the kernel takes before the step is generated.
            limit: Estimated bytes beyond which nothing more is generated.
        """
        step = self.tables.get(leaves, NO_STEPS).get(key) if leaves else self.start
        if step is not None:
            return step
        is_foreign = isinstance(key, str) and key not in self._names
        is_full = self.size >= limit or (is_foreign and self._foreign >= limit // FOREIGN_SHARE)
        # room first: what finds none is not counted, and leaves the count to steps that can be generated
        if is_full or not self._repeats(leaves, key, after):
            return kind.by_kernel(key)
        before = self.size  # what is made may be a function, a text, tables: their sum is what a foreign name takes
        step = self._make(leaves, key, kind)
        if is_foreign:
            self._foreign += self.size - before
        return step

    def source(self, leaves: Leaves, key: Key, kind: StepKind) -> Text | None:
        """The text of the step, generated or not; ``None`` where the kernel takes it in any case."""
        try:
            return self._text(leaves, key, kind)
        except NeedsKernel:
            return None

    def _repeats(self, leaves: Leaves, key: Key, after: int) -> bool:
        """Count a use of the step; whether it was used *after* times before, lately."""
        mark = hash((leaves, key))  # two steps of one hash are counted together, which generates one a little early
        count = self._uses.pop(mark, 0)
        if count >= after:
            return True
        if len(self._uses) >= COUNTED:
            self._uses.clear()
        self._uses[mark] = count + 1
        return False

    def _make(self, leaves: Leaves, key: Key, kind: StepKind) -> StepFunction:
        """The step, written out and put into its table; what only the kernel can take is noted there as well."""
        try:
            text = self._text(leaves, key, kind)
        except NeedsKernel:
            step = kind.by_kernel(key)
            self.size += KERNEL_BYTES
        except RecursionError:
            return kind.by_kernel(key)  # the caller is deep in calls of its own; another one may not be
        else:
            rules, by_kernel = kind.rules(key), kind.by_kernel(key)
            plan = Plan(kind, leaves, rules, text.positions, text.is_marked, self._is_observed, by_kernel)
            step = self._load(text, plan)
        if leaves:
            self._table_of(leaves)[key] = step
        else:
            self.start = step
        return step

    def _text(self, leaves: Leaves, key: Key, kind: StepKind) -> Text:
        """The text of the step.

        Raises:
            NeedsKernel: It has none.
        """
        path = explore(self._program, leaves, kind.rules(key))
        if self._is_observed:
            return write_telling(self._program, self.facts, path, leaves, key)
        return write(self._program, path, rests=kind.rests)

    def _load(self, text: Text, plan: Plan) -> StepFunction:
        shape, is_new = self._shapes.shape(text.source)
        self._used_shapes.add(shape)  # nothing else holds it: the function has its code, and not the shape
        self.size += FUNCTION_BYTES + POSITION_BYTES * len(text.positions)
        if is_new:
            self.size += SHAPE_BYTES + LINE_BYTES * text.source.count("\n")
        shape.note(self._program, text.behaviors)
        return shape.bind(plan, *[self._constant(kind, what) for kind, what in text.constants.values()])

    def _table_of(self, leaves: Leaves) -> StepTable:
        """The table of *leaves*, made if there is none; steps that lead there refer to it, also while it is empty."""
        table = self.tables.get(leaves)
        if table is None:
            table = self.tables[leaves] = {}
            self.size += TABLE_BYTES + 8 * len(leaves)
        return table

    def _constant(self, kind: str, what: Any) -> Any:
        """What the parameter *kind* of a generated step is."""
        if kind in ("leaves", "vertex", "handled", "facts", "word", "transition"):
            return what
        if kind == "steps":
            return self._table_of(what)
        index: int = what
        if kind in ("armed", "disarmed"):
            return op.Arm(index) if kind == "armed" else op.Disarm(index)
        if kind == "timer":
            return self._program.timers[index]
        if kind == "make":
            factory = self._program.vertices[index].state_object
            assert factory is not None  # it is to be made
            return factory.make
        call = self._program.behaviors[index].call
        return call.function if isinstance(call, Bound) else call
