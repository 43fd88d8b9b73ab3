"""The record: what a machine is between two steps, in as little space as it takes.

In: a Program and an instance. Out: a slotted object that the kernel and the generated functions both work on, so that
either may take the next step. `Machine` is one. Whatever only some machines need is ``None`` until they do.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any, TypeAlias

from hsm.answer import Answer
from hsm.configuration import Leaves
from hsm.context import Context
from hsm.events import COMPLETION, Event
from hsm.program import Program

Step: TypeAlias = Callable[[Any, Any], Answer[Any]]
"""Takes a machine and an event; does what the event does, and gives what `dispatch` is to give."""
Steps: TypeAlias = dict[Any, Step]
"""Steps by event name, by the transition of a timer, and under ``None`` the stop."""

BY_TURNS: Steps = {}
"""In place of a configuration's steps: the machine does not rest, so that the next event is one for `turns`."""
BUSY: Steps = {}
"""In place of a configuration's steps: a generated step is under way."""
WANTED: Steps = {}
"""The same, and something waits for its end."""

COMPLETED: Event[Any] = Event(COMPLETION)
"""What behaviours are given when a state completes."""

inside: contextvars.ContextVar[tuple[object, ...]] = contextvars.ContextVar("hsm_inside", default=())
"""The machines that the running code is a behaviour of, outermost first; tasks inherit it (rule Q2)."""
senders = inside.get
"""Asks `inside`."""


class Locals(dict[int, object]):
    """The objects whose methods are behaviours, by vertex, as long as the vertices are active.

    A state's is made when it is entered; a pseudostate's, and one that could not be made then, when it is asked for.
    """

    __slots__ = ("_instance", "_vertices")

    def __init__(self, program: Program, instance: Any) -> None:
        self._vertices = program.vertices
        self._instance = instance

    def __missing__(self, vertex: int) -> object:
        return self.make(vertex)

    def make(self, vertex: int) -> object:
        """The object of *vertex*, new."""
        local = self._vertices[vertex].state_object
        assert local is not None  # a behaviour of it is a method
        made = self[vertex] = local.make(self._instance)
        return made


class Record:
    """The state of one machine.

    Attributes:
        program: What runs.
        instance: What the behaviours work on.
        context: What the behaviours are given.
        leaves: The active leaves, ascending: the whole configuration.
        steps: What the configuration does, by event; `BY_TURNS`, `BUSY` or `WANTED` while there is more to it.
        history: What was last active, by the owner of a history (rule R5).
        locals: The objects whose methods are behaviours of active vertices; ``None`` where there are none.
        heap: Where its timers lie; ``None`` in a program without timers and activities.
        complete: The active states that are complete; ``None`` where the kernel has seen none.
        armed: The first in the chain of all timers that were armed so far, whether or not they still are.
        variables: The ``contextvars`` that timers and activities run in: those of the start (rule Q6); ``None`` as for
            `heap`.
    """

    __slots__ = (
        "armed",
        "complete",
        "context",
        "heap",
        "history",
        "instance",
        "leaves",
        "locals",
        "program",
        "steps",
        "variables",
    )

    program: Program
    instance: Any
    context: Context
    leaves: Leaves
    steps: Steps
    history: dict[int, Leaves] | None
    locals: Locals | None
    complete: set[int] | None
    heap: Any
    armed: Any
    variables: contextvars.Context | None

    def expired(self, armed: Any, due: float) -> None:
        """A timer is due (rule A6); said by whoever keeps the record."""

    def drop(self, vertices: tuple[int, ...]) -> None:
        """The objects of *vertices* are over."""
        if self.locals:
            for vertex in vertices:
                self.locals.pop(vertex, None)
