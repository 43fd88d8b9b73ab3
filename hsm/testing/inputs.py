"""Inputs: what comes to a machine from outside, as values, and sequences of them that can be replayed.

In: nothing; `searching` and `walking` find sequences. Out: `Send`, `Call` and `Wait`, and a `Path` of them: frozen,
short as text, and code again as a ``repr``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from hsm import trace
from hsm.api import machine_of
from hsm.events import Event, name_of
from hsm.instance import Instance
from hsm.names import one_line, shown
from hsm.runtime.machine import Machine
from hsm.testing.clock import VirtualClock, running_clock
from hsm.testing.loop import clock_of_running_loop

_MOST = 40
"""Characters that the data of an event takes in the text of an input."""


@attrs.frozen(repr=False)
class Send:
    """An event that is dispatched.

    Attributes:
        event: A name, or an event of its own, such as a signal.
        data: The data, with a name.
    """

    event: str | Event[Any]
    data: Any = None

    @property
    def name(self) -> str:
        """The name of the event."""
        return self.event if isinstance(self.event, str) else name_of(self.event)

    def __str__(self) -> str:
        """As in the name of a test: ``coin``, ``coin(50)``."""
        if not isinstance(self.event, str):
            return one_line(shown(self.event, _MOST))
        return one_line(self.event if self.data is None else f"{self.event}({shown(self.data, _MOST)})")

    def __repr__(self) -> str:
        return f"Send({self.event!r})" if self.data is None else f"Send({self.event!r}, {self.data!r})"


@attrs.frozen(repr=False)
class Call:
    """An operation that is called, with positional arguments."""

    operation: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """As in the name of a test: ``reserve(3)``."""
        return one_line(f"{self.operation}({', '.join([shown(each, _MOST) for each in self.arguments])})")

    def __repr__(self) -> str:
        return f"Call({self.operation!r}, {self.arguments!r})" if self.arguments else f"Call({self.operation!r})"


@attrs.frozen(repr=False)
class Wait:
    """Time that passes, in seconds of virtual time."""

    seconds: float

    def __str__(self) -> str:
        """As in the name of a test: ``+5s``."""
        return f"+{self.seconds:.9g}s"

    def __repr__(self) -> str:
        return f"Wait({self.seconds!r})"


Input: TypeAlias = Send | Call | Wait
"""What comes to a machine from outside: an event, a call, or time that passes."""


@attrs.frozen
class Path:
    """A sequence of inputs, from the start of a machine on.

    Attributes:
        inputs: In order; none for what the start alone does.
        reaches: What the last of them reaches: paths of states, and identifiers of transitions, as the chart has them.
        states: The active leaves at the end, as `Machine.states` returns them; ``None`` if that is not known.
    """

    inputs: tuple[Input, ...] = ()
    reaches: tuple[str, ...] = attrs.field(default=(), repr=False)
    states: tuple[str, ...] | None = attrs.field(default=None, repr=False)

    def __str__(self) -> str:
        """The inputs in short, as pytest shows them: ``coin(50),coffee,+5s``; ``start`` if there are none."""
        return ",".join([str(each) for each in self.inputs]) or "start"

    async def replay(self, machine: Machine[Any] | Instance) -> None:
        """Give *machine*, which was started just now, all inputs, and see that it comes to where it should.

        Needs virtual time if time has to pass. If it is cancelled, the rest of the inputs is left out.

        Raises:
            AssertionError: Something that the path reaches was not reached, or other states are active at the end.
            RuntimeError: Time has to pass, and the running loop is not in virtual time.
            Exception: What behaviours raised and no transition took.
        """
        running, reached = machine_of(machine), Reached()
        detach = running.observe(reached)
        try:
            for each in self.inputs:
                reached.found.clear()
                await give(running, each)
        finally:
            detach()
        # what the start reaches is not seen by an observer that comes after it
        missing = [each for each in self.reaches if each not in reached.found] if self.inputs else []
        if missing:
            raise AssertionError(f"{self} did not reach {', '.join(missing)}: {_where(running)}")
        if self.states is not None and running.states() != self.states:
            expected = ", ".join(self.states) or "nothing"
            raise AssertionError(f"{self} leads to {expected} in the model that it was found for: {_where(running)}")


class Reached:
    """An observer that keeps what was reached.

    Attributes:
        found: Paths of vertices that were entered, and identifiers of transitions that were taken, in order.
    """

    def __init__(self) -> None:
        self.found: dict[str, None] = {}

    def __call__(self, record: trace.Record) -> None:
        """Keep what *record* reaches."""
        match record:
            case trace.Entered(vertex=vertex):
                self.found[vertex] = None
            case trace.StepEnded(transitions=transitions):
                self.found.update(dict.fromkeys(transitions))
            case _:
                pass


async def give(machine: Machine[Any], each: Input) -> None:
    """Give *machine* one input; returns when all that follows from it without time passing has happened.

    Raises:
        RuntimeError: Time is to pass, and the running loop is not in virtual time.
        Exception: As `Machine.dispatch` and `Machine.call`.
    """
    if isinstance(each, Wait):
        await running_clock().advance(each.seconds)
    elif isinstance(each, Call):
        await machine.call(each.operation, *each.arguments)
    elif isinstance(each.event, str):
        await machine.dispatch(each.event, each.data)
    else:
        await machine.dispatch(each.event)
    clock = clock_of_running_loop()
    if isinstance(clock, VirtualClock):
        await clock.settle()


def _where(machine: Machine[Any]) -> str:
    """Where *machine* is."""
    return f"{', '.join(machine.states()) or 'nothing'} is active"
