"""xstate-statemachine: its asyncio interpreter; an event is awaited until its step is done."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from xstate_statemachine import Event, Interpreter, MachineLogic, create_machine

from bench.subject import AMOUNT, HOUR, OURS_ALONE, Contender, Life, Subject

logging.getLogger("xstate_statemachine").setLevel(logging.CRITICAL)  # else it tells of each step


def act(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """A plain action."""
    context["count"] += 1


async def act_async(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """An async action."""
    context["count"] += 1


async def act_later(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """An action that suspends."""
    await asyncio.sleep(0)
    context["count"] += 1


class Adder:
    """An object with a method."""

    def add(self, context: dict[str, int]) -> None:
        """What an action calls."""
        context["count"] += 1


ADDER = Adder()


def act_by_method(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """An action that calls a method."""
    ADDER.add(context)


def act_by_function(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """An action that calls a function."""
    count(context)


def count(context: dict[str, int]) -> None:
    """What actions call."""
    context["count"] += 1


def add_data(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """An action that reads the event's data."""
    context["count"] += event.payload["amount"]


def is_below(context: dict[str, int]) -> bool:
    """What a guard calls."""
    return context["count"] >= 0


def below_by_function(context: dict[str, int], event: Any) -> bool:
    """A guard that calls a function."""
    return is_below(context)


def is_wanted(number: int) -> Any:
    """A guard that holds when *number* is wanted."""
    return lambda context, event: context["wanted"] == number


def below(context: dict[str, int], event: Any) -> bool:
    """The guard."""
    return context["count"] >= 0


def machine(states: dict[str, Any], initial: str, action: Any = act, wanted: int = 0, **guards: Any) -> Any:
    """A machine of *states*."""
    config = {"id": "m", "initial": initial, "context": {"count": 0, "wanted": wanted}, "states": states}
    return create_machine(config, logic=MachineLogic(actions={"act": action}, guards={"below": below} | guards))


def pair(action: Any) -> Any:
    """A ring of two with *action* in each transition."""
    moves = (("s0", "s1"), ("s1", "s0"))
    return machine({name: {"on": {"go": {"target": other, "actions": ["act"]}}} for name, other in moves}, "s0", action)


def leaf(interpreter: Any) -> str:
    """The last name of the active state; empty when it is stopped."""
    ids = interpreter.current_state_ids if interpreter.is_running else ()
    return next(iter(ids)).rpartition(".")[2] if ids else ""


async def started(definition: Any, event: str = "go") -> Subject:
    """An interpreter of *definition*, whose first entry does not count."""
    interpreter = await Interpreter(definition).start()
    before = interpreter.context["count"]
    return Subject(
        lambda each: interpreter.send(each, wait=True),
        (Event(event),),
        lambda: leaf(interpreter),
        lambda: interpreter.context["count"] - before,
        interpreter.stop,
    )


class Xstate(Contender):
    """xstate-statemachine."""

    key = "xstate"
    title = "xstate-statemachine"
    distribution = "xstate-statemachine"
    gaps = OURS_ALONE

    def define(self, size: int) -> Any:
        """The machine node."""
        return machine({f"s{at}": {"on": {"go": f"s{(at + 1) % size}"}} for at in range(size)}, "s0")

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """An interpreter of it."""
        return await started(definition, event)

    async def nested(self) -> Subject:
        """Two branches."""

        def branch(middle: str, inner: str, target: str) -> Any:
            last = {inner: {"on": {"go": {"target": target}}}}
            return {"initial": middle, "states": {middle: {"initial": inner, "states": last}}}

        return await started(machine({"a": branch("b", "c", "#m.x.y.z"), "x": branch("y", "z", "#m.a.b.c")}, "a"))

    async def acting(self) -> Subject:
        """Plain actions."""
        return await self.act(act)

    async def acting_async(self) -> Subject:
        """Async actions."""
        return await self.act(act_async)

    async def named(self) -> Subject:
        """A name."""
        subject = await started(self.define(2))
        subject.arguments = ("go",)
        return subject

    async def named_data(self) -> Subject:
        """A name and data."""
        interpreter = await Interpreter(pair(add_data)).start()
        return Subject(
            lambda name, data: interpreter.send(name, wait=True, amount=data),
            ("go", AMOUNT),
            lambda: leaf(interpreter),
            lambda: interpreter.context["count"],
            interpreter.stop,
        )

    async def method(self) -> Subject:
        """A method in an action."""
        return await started(pair(act_by_method))

    async def calling(self) -> Subject:
        """Functions in behaviours."""
        return await self.act(act_by_function, below_by_function)

    async def awaiting(self) -> Subject:
        """An action that suspends."""
        return await started(pair(act_later))

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        guards = {f"is_{at}": is_wanted(at) for at in range(number)}
        moves = [{"guard": name, "actions": ["act"]} for name in guards]
        return await started(machine({"s0": {"on": {"go": moves}}}, "s0", act, number - 1, **guards))

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """A parallel machine."""

        def region(at: int) -> Any:
            moves = (("off", "on"), ("on", "off"))
            return {"initial": "off", "states": {name: {"on": {f"e{at}": other}} for name, other in moves}}

        regions = {f"r{at}": region(at) for at in range(number)}
        interpreter = await Interpreter(
            create_machine({"id": "m", "type": "parallel", "context": {"count": 0}, "states": regions})
        ).start()

        def leaf() -> str:
            return "".join(str(int(f"m.r{at}.on" in interpreter.current_state_ids)) for at in range(number))

        subject = Subject(lambda each: interpreter.send(each, wait=True), (), leaf, lambda: 0, interpreter.stop)
        return subject, [(Event(f"e{at}"),) for at in range(number)]

    async def act(self, action: Any, guard: Any = below) -> Subject:
        """A ring of two with *action* three times."""

        def state(other: str) -> Any:
            move = {"target": other, "guard": "below", "actions": ["act"]}
            return {"entry": ["act"], "exit": ["act"], "on": {"go": move}}

        return await started(machine({"s0": state("s1"), "s1": state("s0")}, "s0", action, below=guard))

    async def deep(self) -> Subject:
        """Nine levels."""
        state: Any = {}
        for level in range(8, 0, -1):
            state = {"initial": f"d{level}", "states": {f"d{level}": state}}
        return await started(machine({"d0": {**state, "on": {"go": {"actions": ["act"]}}}}, "d0"))

    async def timed(self) -> Subject:
        """Two timers."""

        def state(other: str) -> Any:
            return {"on": {"go": other}, "after": {int(HOUR * 1000): other}}

        return await started(machine({"s0": state("s1"), "s1": state("s0")}, "s0"))

    async def life(self) -> Life:
        """Made, started and stopped."""
        definition = self.define(2)

        async def begin() -> Any:
            return await Interpreter(definition).start()

        return Life(begin, leaf, Interpreter.stop)


CONTENDERS = (Xstate,)
