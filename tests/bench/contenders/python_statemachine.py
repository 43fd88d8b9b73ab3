"""python-statemachine: its asyncio engine, which it takes for a chart that has a coroutine function somewhere."""

from __future__ import annotations

import asyncio
import types
from typing import Any

from statemachine import State, StateChart

from bench.subject import HOUR, Contender, Life, Subject


class Counting(StateChart):
    """What the charts count in."""

    def __init__(self) -> None:
        self.count = 0
        super().__init__()


async def nothing() -> None:
    """The coroutine function that makes a chart asynchronous; it hangs at an event that is never sent."""


async def hour() -> None:
    """What a state with a timer invokes."""
    await asyncio.sleep(HOUR)


def act(machine: Any) -> None:
    """A plain action."""
    machine.count += 1


async def act_async(machine: Any) -> None:
    """An async action."""
    machine.count += 1


def below(machine: Any) -> bool:
    """The guard."""
    return machine.count >= 0


class Nested(Counting):
    """Two branches."""

    class a(State.Compound):
        class b(State.Compound):
            c = State(initial=True)

    class x(State.Compound):
        class y(State.Compound):
            z = State(initial=True)

    go = a.b.c.to(x.y.z) | x.y.z.to(a.b.c)
    aside = a.to(x, on=nothing)


class Deep(Counting):
    """Nine levels."""

    class d0(State.Compound):
        class d1(State.Compound):
            class d2(State.Compound):
                class d3(State.Compound):
                    class d4(State.Compound):
                        class d5(State.Compound):
                            class d6(State.Compound):
                                class d7(State.Compound):
                                    d8 = State(initial=True)

    go = d0.to.itself(internal=True, on=act)
    aside = d0.to.itself(internal=True, on=nothing)


class Timed(Counting):
    """Two timers."""

    s0 = State(initial=True, invoke=hour)
    s1 = State(invoke=hour)
    go = s0.to(s1) | s1.to(s0)
    done_invoke_s0 = s0.to(s1)
    done_invoke_s1 = s1.to(s0)


def ring(size: int, **behaviors: Any) -> type[Any]:
    """A chart of *size* states, with *behaviors* of a state in each and those of a transition in each."""
    of_states = {name: behaviors.pop(name) for name in ("enter", "exit") if name in behaviors}
    states = [State(initial=at == 0, **of_states) for at in range(size)]
    go = states[0].to(states[1], **behaviors)
    for at in range(1, size):
        go |= states[at].to(states[(at + 1) % size], **behaviors)
    names = {f"s{at}": state for at, state in enumerate(states)}
    aside = states[0].to(states[1], on=nothing)
    return types.new_class("Ring", (Counting,), {}, lambda body: body.update(names, go=go, aside=aside))


def leaf(machine: Any) -> str:
    """The innermost active state."""
    return list(machine.configuration_values)[-1]


async def started(kind: type[Any], event: str = "go") -> Subject:
    """A chart, active; its first entry does not count."""
    machine = kind()
    await machine.activate_initial_state()
    before = machine.count
    return Subject(machine.send, (event,), lambda: leaf(machine), lambda: machine.count - before)


class PythonStatemachine(Contender):
    """python-statemachine."""

    key = "python-statemachine"
    title = "python-statemachine"
    distribution = "python-statemachine"
    notes = {
        "life": "There is no stop: a machine is made and activated.",
        "timers": "Every invocation of a state is kept, so an event takes longer the longer a machine has run.",
    }

    def define(self, size: int) -> type[Any]:
        """The chart class."""
        return ring(size)

    async def start(self, definition: type[Any], event: str = "go") -> Subject:
        """An object of it."""
        return await started(definition, event)

    async def nested(self) -> Subject:
        """Two branches."""
        return await started(Nested)

    async def acting(self) -> Subject:
        """Plain actions."""
        return await started(ring(2, enter=act, exit=act, on=act, cond=below))

    async def acting_async(self) -> Subject:
        """Async actions."""
        return await started(ring(2, enter=act_async, exit=act_async, on=act_async, cond=below))

    async def deep(self) -> Subject:
        """Nine levels."""
        return await started(Deep)

    async def timed(self) -> Subject:
        """Two timers."""
        return await started(Timed)

    async def life(self) -> Life:
        """Made and activated."""
        kind = self.define(2)

        async def begin() -> Any:
            machine = kind()
            await machine.activate_initial_state()
            return machine

        return Life(begin, leaf)


CONTENDERS = (PythonStatemachine,)
