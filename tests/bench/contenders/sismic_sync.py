"""sismic: hierarchical, without asyncio; actions are source text."""

from __future__ import annotations

from typing import Any

from sismic.interpreter import Interpreter
from sismic.io.datadict import import_from_dict
from sismic.model import Event

from bench.subject import Contender, Life, Subject, User

ACT = "user.count += 1"
BELOW = "user.count >= 0"


def chart(states: list[Any], initial: str) -> Any:
    """A statechart of *states*."""
    root = {"name": "root", "initial": initial, "states": states}
    return import_from_dict({"statechart": {"name": "m", "root state": root}})


def go(target: str, **more: str) -> list[dict[str, str]]:
    """A transition on ``go``."""
    return [{"event": "go", "target": target, **more}]


def leaf(interpreter: Any) -> str:
    """The innermost active state."""
    return interpreter.configuration[-1]


def started(definition: Any, event: str = "go") -> Subject:
    """An interpreter of *definition*, in its first state; its first entry does not count."""
    user = User()
    interpreter = Interpreter(definition, initial_context={"user": user})
    interpreter.execute()
    before = user.count
    return Subject(
        lambda each: interpreter.queue(each).execute(),
        (Event(event),),
        lambda: leaf(interpreter),
        lambda: user.count - before,
    )


class Sismic(Contender):
    """sismic."""

    key = "sismic"
    title = "sismic"
    distribution = "sismic"
    is_async = False
    gaps = {"acting_async": "has no await"}
    notes = {"life": "There is no stop: a machine is made and executed to its first state."}

    def define(self, size: int) -> Any:
        """The statechart."""
        return chart([{"name": f"s{at}", "transitions": go(f"s{(at + 1) % size}")} for at in range(size)], "s0")

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """An interpreter of it."""
        return started(definition, event)

    async def nested(self) -> Subject:
        """Two branches."""

        def branch(outer: str, middle: str, inner: str, target: str) -> Any:
            last = {"name": inner, "transitions": go(target)}
            return {"name": outer, "initial": middle, "states": [{"name": middle, "initial": inner, "states": [last]}]}

        return started(chart([branch("a", "b", "c", "z"), branch("x", "y", "z", "c")], "a"))

    async def acting(self) -> Subject:
        """Plain actions."""

        def state(name: str, other: str) -> Any:
            transitions = go(other, guard=BELOW, action=ACT)
            return {"name": name, "on entry": ACT, "on exit": ACT, "transitions": transitions}

        return started(chart([state("s0", "s1"), state("s1", "s0")], "s0"))

    async def deep(self) -> Subject:
        """Nine levels."""
        state: Any = {"name": "d8"}
        for level in range(7, -1, -1):
            state = {"name": f"d{level}", "initial": f"d{level + 1}", "states": [state]}
        state["transitions"] = [{"event": "go", "action": ACT}]
        return started(chart([state], "d0"))

    async def life(self) -> Life:
        """Made and executed."""
        definition = self.define(2)

        def begin() -> Any:
            interpreter = Interpreter(definition, initial_context={"user": User()})
            interpreter.execute()
            return interpreter

        return Life(begin, leaf)


CONTENDERS = (Sismic,)
