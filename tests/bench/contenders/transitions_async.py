"""transitions: `AsyncMachine`, which is flat, and `HierarchicalAsyncMachine`."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from transitions.extensions.asyncio import AsyncMachine, AsyncTimeout, HierarchicalAsyncMachine
from transitions.extensions.states import add_state_features

from bench.subject import AMOUNT, HOUR, OURS_ALONE, Contender, Life, Subject, User, count, is_below


@add_state_features(AsyncTimeout)
class TimedMachine(AsyncMachine):
    """With timers."""


@add_state_features(AsyncTimeout)
class TimedNestedMachine(HierarchicalAsyncMachine):
    """With states in states, and timers."""


class Model(User):
    """A class of its own: a machine puts its triggers on the models."""


class Acting(Model):
    """A model with plain callbacks."""

    def below(self) -> bool:
        """The guard."""
        return self.count >= 0

    def act(self) -> None:
        """Entry, exit and effect."""
        self.count += 1


class ActingAsync(Acting):
    """The same with async callbacks."""

    async def act(self) -> None:
        """Entry, exit and effect."""
        self.count += 1


class Calling(Model):
    """A model whose callbacks call something, or wait, or take data."""

    def below(self) -> bool:
        """A guard that calls a function."""
        return is_below(self)

    def act(self) -> None:
        """An action that calls a function."""
        count(self)

    def act_by_method(self) -> None:
        """An action that calls a method."""
        self.add()

    async def act_later(self) -> None:
        """An action that suspends."""
        await asyncio.sleep(0)
        self.count += 1

    def add_data(self, data: int) -> None:
        """An action that takes the event's data."""
        self.count += data

    def is_wanted(self, number: int) -> Any:
        """A guard that holds when *number* is wanted."""
        return lambda: self.wanted == number


def ring(size: int) -> list[dict[str, Any]]:
    """The transitions of a ring."""
    return [{"trigger": "go", "source": f"s{at}", "dest": f"s{(at + 1) % size}"} for at in range(size)]


class Flat(Contender):
    """AsyncMachine."""

    key = "transitions"
    title = "transitions AsyncMachine"
    distribution = "transitions"
    has_hierarchy = False
    machine: ClassVar[type[Any]] = AsyncMachine
    timed_machine: ClassVar[type[Any]] = TimedMachine
    gaps = {**OURS_ALONE, "nested": "is flat", "deep": "is flat", "regions": "is flat"}
    notes = {
        "life": "A machine may have many models: a model is added and removed again.",
        "once": "There is no stop.",
    }

    def made(self, user: User, event: str = "go", kind: type[Any] | None = None, **machine: Any) -> Subject:
        """A machine with *user* as its only model."""
        options = {"auto_transitions": False, "ignore_invalid_triggers": True}
        (kind or self.machine)(model=user, **{**options, **machine})
        return self.subject(user, event)

    def subject(self, user: Any, event: str) -> Subject:
        """A model, as the scenarios know one: its method is the event."""
        return Subject(getattr(user, event), (), lambda: user.state.rpartition("_")[2], lambda: user.count)

    def define(self, size: int) -> Any:
        """The machine, without a model."""
        machine = self.machine(
            model=None,
            states=[f"s{at}" for at in range(size)],
            transitions=ring(size),
            initial="s0",
            auto_transitions=False,
            ignore_invalid_triggers=True,
        )
        # an event that no state has ever taken is not known at all: one state that is never active takes it
        machine.add_state("aside")
        machine.add_transition("nothing", "aside", "aside")
        return machine

    async def start(self, definition: Any, event: str = "go") -> Subject:
        """A model of it."""
        user = Model()
        definition.add_model(user)
        return self.subject(user, event)

    async def acting(self) -> Subject:
        """Plain callbacks."""
        return self.act(Acting())

    async def acting_async(self) -> Subject:
        """Async callbacks."""
        return self.act(ActingAsync())

    async def named(self) -> Subject:
        """A name."""
        user = Model()
        self.made(user, states=["s0", "s1"], transitions=ring(2), initial="s0")
        return self.by_name(user, "go")

    async def named_data(self) -> Subject:
        """A name and data."""
        user = Calling()
        self.pair("add_data", user)
        return self.by_name(user, "go", AMOUNT)

    def by_name(self, user: Any, *arguments: Any) -> Subject:
        """A model, sent a name: it has a method for that as well."""
        subject = self.subject(user, "trigger")
        subject.arguments = arguments
        return subject

    async def method(self) -> Subject:
        """A method in a callback."""
        return self.pair("act_by_method")

    async def calling(self) -> Subject:
        """Functions in callbacks."""
        return self.act(Calling())

    async def awaiting(self) -> Subject:
        """A callback that suspends."""
        return self.pair("act_later")

    async def guards(self, number: int) -> Subject:
        """One transition for each guard."""
        user = Calling()
        user.wanted = number - 1
        transitions = [
            {"trigger": "go", "source": "s0", "dest": None, "conditions": user.is_wanted(at), "before": "act"}
            for at in range(number)
        ]
        return self.made(user, states=["s0"], transitions=transitions, initial="s0")

    def pair(self, name: str, user: Calling | None = None) -> Subject:
        """A ring of two whose transitions call the method *name* of *user*."""
        transitions = [{**each, "before": name} for each in ring(2)]
        return self.made(user or Calling(), states=["s0", "s1"], transitions=transitions, initial="s0")

    async def shared(self) -> Subject:
        """With a queue: without one, an event that another task sends cancels the one in progress."""
        return self.act(Acting(), queued=True)

    def act(self, user: User, queued: bool = False) -> Subject:
        """A ring of two whose callbacks are methods of *user*."""
        states = [{"name": name, "on_enter": "act", "on_exit": "act"} for name in ("s0", "s1")]
        transitions = [{**each, "conditions": "below", "before": "act"} for each in ring(2)]
        return self.made(user, states=states, transitions=transitions, initial="s0", queued=queued)

    async def timed(self) -> Subject:
        """Two timers."""
        states = [{"name": name, "timeout": HOUR, "on_timeout": "go"} for name in ("s0", "s1")]
        return self.made(Model(), kind=self.timed_machine, states=states, transitions=ring(2), initial="s0")

    async def life(self) -> Life:
        """A model is added and removed."""
        machine = self.define(2)

        async def begin() -> User:
            user = Model()
            machine.add_model(user)
            return user

        async def end(user: User) -> None:
            machine.remove_model(user)
            user.state = ""

        return Life(begin, lambda user: user.state, end)


class Nested(Flat):
    """HierarchicalAsyncMachine."""

    key = "transitions-nested"
    title = "transitions HierarchicalAsyncMachine"
    has_hierarchy = True
    gaps = OURS_ALONE
    machine = HierarchicalAsyncMachine
    timed_machine = TimedNestedMachine

    async def nested(self) -> Subject:
        """Two branches."""

        def branch(*names: str) -> Any:
            first, *rest = names
            return {"name": first, "initial": rest[0], "children": [branch(*rest)]} if rest else first

        transitions = [["go", "a_b_c", "x_y_z"], ["go", "x_y_z", "a_b_c"]]
        states = [branch("a", "b", "c"), branch("x", "y", "z")]
        return self.made(Model(), states=states, transitions=transitions, initial="a_b_c")

    async def deep(self) -> Subject:
        """Nine levels."""
        state: Any = "d8"
        for level in range(7, -1, -1):
            state = {"name": f"d{level}", "initial": f"d{level + 1}", "children": [state]}
        transitions = [{"trigger": "go", "source": "d0", "dest": None, "before": "act"}]
        return self.made(Acting(), states=[state], transitions=transitions, initial="d0")

    async def regions(self, number: int) -> tuple[Subject, list[tuple[Any, ...]]]:
        """Parallel states."""
        user = Model()
        regions = [{"name": f"r{at}", "initial": "off", "children": ["off", "on"]} for at in range(number)]
        transitions = [
            [f"e{at}", f"p_r{at}_{source}", f"p_r{at}_{dest}"]
            for at in range(number)
            for source, dest in (("off", "on"), ("on", "off"))
        ]
        subject = self.made(
            user, "trigger", states=[{"name": "p", "parallel": regions}], transitions=transitions, initial="p"
        )
        subject.leaf = lambda: "".join(str(int(name.endswith("on"))) for name in user.state)
        return subject, [(f"e{at}",) for at in range(number)]


CONTENDERS = (Flat, Nested)
