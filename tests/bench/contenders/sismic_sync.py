"""sismic: hierarchical, without asyncio; actions are source text."""

from __future__ import annotations

from typing import Any

from sismic.interpreter import Interpreter
from sismic.io.datadict import import_from_dict
from sismic.model import Event

from bench.subject import AMOUNT, OURS_ALONE, Contender, Life, Subject, User, count, is_below

ACT = "user.count += 1"
BELOW = "user.count >= 0"


def chart(states: list[Any], initial: str) -> Any:
    """A statechart of *states*."""
    root = {"name": "root", "initial": initial, "states": states}
    return import_from_dict({"statechart": {"name": "m", "root state": root}})


def go(target: str, **more: str) -> list[dict[str, str]]:
    """A transition on ``go``."""
    return [{"event": "go", "target": target, **more}]


def pair(action: str) -> Any:
    """A ring of two with *action* in each transition."""
    moves = (("s0", "s1"), ("s1", "s0"))
    return chart([{"name": name, "transitions": go(other, action=action)} for name, other in moves], "s0")


def leaf(interpreter: Any) -> str:
    """The innermost active state."""
    return interpreter.configuration[-1]


def started(definition: Any, event: str = "go", **context: Any) -> Subject:
    """An interpreter of *definition*, in its first state; its first entry does not count."""
    user = User()
    interpreter = Interpreter(definition, initial_context={"user": user, **context})
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
    gaps = {**OURS_ALONE, "acting_async": "has no await"}
    notes = dict.fromkeys(("life", "once"), "There is no stop: a machine is made and executed to its first state.")

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
        return self.act(ACT, BELOW)

    def act(self, action: str, guard: str, **context: Any) -> Subject:
        """A ring of two with *action* three times."""

        def state(name: str, other: str) -> Any:
            transitions = go(other, guard=guard, action=action)
            return {"name": name, "on entry": action, "on exit": action, "transitions": transitions}

        return started(chart([state("s0", "s1"), state("s1", "s0")], "s0"), **context)

    async def named(self) -> Subject:
        """A name."""
        subject = started(self.define(2))
        subject.arguments = ("go",)
        return subject

    async def named_data(self) -> Subject:
        """A name and data."""
        user = User()
        interpreter = Interpreter(pair("user.count += event.amount"), initial_context={"user": user})
        interpreter.execute()
        return Subject(
            lambda name, data: interpreter.queue(name, amount=data).execute(),
            ("go", AMOUNT),
            lambda: leaf(interpreter),
            lambda: user.count,
        )

    async def method(self) -> Subject:
        """A method in an action."""
        return started(pair("user.add()"))

    async def calling(self) -> Subject:
        """Functions in behaviours."""
        return self.act("add_to(user)", "is_below(user)", add_to=count, is_below=is_below)

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        moves = [{"event": "go", "guard": f"wanted == {at}", "action": ACT} for at in range(number)]
        return started(chart([{"name": "s0", "transitions": moves}], "s0"), wanted=number - 1)

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """Parallel states."""

        def region(at: int) -> Any:
            moves = (("off", "on"), ("on", "off"))
            states = [
                {"name": f"{name}{at}", "transitions": [{"event": f"e{at}", "target": f"{other}{at}"}]}
                for name, other in moves
            ]
            return {"name": f"r{at}", "initial": f"off{at}", "states": states}

        parallel = {"name": "p", "parallel states": [region(at) for at in range(number)]}
        user = User()
        interpreter = Interpreter(chart([parallel], "p"), initial_context={"user": user})
        interpreter.execute()

        def leaf() -> str:
            active = set(interpreter.configuration)
            return "".join(str(int(f"on{at}" in active)) for at in range(number))

        subject = Subject(lambda each: interpreter.queue(each).execute(), (), leaf, lambda: user.count)
        return subject, [(Event(f"e{at}"),) for at in range(number)]

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
