"""python-statemachine: its asyncio engine, which it takes for a chart that has a coroutine function somewhere."""

from __future__ import annotations

import asyncio
import types
from typing import Any

from statemachine import State, StateChart

from bench.subject import AMOUNT, HOUR, OURS_ALONE, Contender, Life, Subject, count, is_below


class Counting(StateChart):
    """What the charts count in."""

    def __init__(self) -> None:
        self.count = 0
        super().__init__()

    def add(self) -> None:
        """What an effect calls."""
        self.count += 1


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


async def act_later(machine: Any) -> None:
    """An action that suspends."""
    await asyncio.sleep(0)
    machine.count += 1


def act_by_method(machine: Any) -> None:
    """An action that calls a method."""
    machine.add()


def act_by_function(machine: Any) -> None:
    """An action that calls a function."""
    count(machine)


def add_data(machine: Any, amount: int) -> None:
    """An action that reads the event's data."""
    machine.count += amount


def below_by_function(machine: Any) -> bool:
    """A guard that calls a function."""
    return is_below(machine)


def is_wanted(number: int) -> Any:
    """A guard that holds when *number* is wanted."""

    def guard(machine: Any) -> bool:
        return machine.wanted == number

    return guard


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
    gaps = OURS_ALONE
    notes = {
        "once": "There is no stop: a machine is made and activated.",
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

    async def named(self) -> Subject:
        """Every event is sent as a name."""
        return await started(self.define(2))

    async def named_data(self) -> Subject:
        """A name and data."""
        subject = await started(ring(2, on=add_data))
        send = subject.send
        subject.send = lambda name, data: send(name, amount=data)
        subject.arguments = ("go", AMOUNT)
        return subject

    async def method(self) -> Subject:
        """A method in an action."""
        return await started(ring(2, on=act_by_method))

    async def calling(self) -> Subject:
        """Functions in behaviours."""
        behaviors = {"enter": act_by_function, "exit": act_by_function, "on": act_by_function}
        return await started(ring(2, cond=below_by_function, **behaviors))

    async def awaiting(self) -> Subject:
        """An action that suspends."""
        return await started(ring(2, on=act_later))

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        s0 = State(initial=True)
        go = s0.to.itself(internal=True, on=act, cond=is_wanted(0))
        for at in range(1, number):
            go |= s0.to.itself(internal=True, on=act, cond=is_wanted(at))
        aside = s0.to.itself(internal=True, on=nothing)
        body = {"s0": s0, "go": go, "aside": aside, "wanted": number - 1}
        return await started(types.new_class("Guards", (Counting,), {}, lambda names: names.update(body)))

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """Parallel states."""

        def state(name: str, kind: type[Any], states: dict[str, Any]) -> Any:
            return types.new_class(name, (kind,), {}, lambda body: body.update(states))

        regions, moves = {}, {}
        for at in range(number):
            off, on = State(initial=True), State()
            moves[f"e{at}"] = off.to(on) | on.to(off)
            regions[f"r{at}"] = state(f"r{at}", State.Compound, {f"off{at}": off, f"on{at}": on})
        p = state("p", State.Parallel, regions)
        moves["aside"] = p.to.itself(internal=True, on=nothing)
        kind = types.new_class("Regions", (Counting,), {}, lambda body: body.update(p=p, **moves))
        subject = await started(kind)
        machine = subject.send.__self__  # type: ignore[attr-defined]
        subject.leaf = lambda: "".join(str(int(f"on{at}" in machine.configuration_values)) for at in range(number))
        return subject, [(f"e{at}",) for at in range(number)]

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
