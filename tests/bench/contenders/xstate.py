"""xstate-statemachine: its asyncio interpreter; an event is awaited until its step is done."""

from __future__ import annotations

import logging
from typing import Any

from xstate_statemachine import Event, Interpreter, MachineLogic, create_machine

from bench.subject import HOUR, Contender, Life, Subject

logging.getLogger("xstate_statemachine").setLevel(logging.CRITICAL)  # else it tells of each step


def act(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """A plain action."""
    context["count"] += 1


async def act_async(interpreter: Any, context: dict[str, int], event: Any, definition: Any) -> None:
    """An async action."""
    context["count"] += 1


def below(context: dict[str, int], event: Any) -> bool:
    """The guard."""
    return context["count"] >= 0


def machine(states: dict[str, Any], initial: str, action: Any = act) -> Any:
    """A machine of *states*."""
    config = {"id": "m", "initial": initial, "context": {"count": 0}, "states": states}
    return create_machine(config, logic=MachineLogic(actions={"act": action}, guards={"below": below}))


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

    async def act(self, action: Any) -> Subject:
        """A ring of two with *action* three times."""

        def state(other: str) -> Any:
            move = {"target": other, "guard": "below", "actions": ["act"]}
            return {"entry": ["act"], "exit": ["act"], "on": {"go": move}}

        return await started(machine({"s0": state("s1"), "s1": state("s0")}, "s0", action))

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
