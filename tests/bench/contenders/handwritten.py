"""What a good engineer writes for exactly this work: a class with ``async def dispatch``, ``if`` and ``elif``.

It returns what became of the event, as the machines do, and keeps its state as a string.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import hsm
from bench.subject import HOUR, Contender, Life, Subject, User

TAKEN, IGNORED = hsm.Outcome.TAKEN, hsm.Outcome.IGNORED


class Flat(User):
    """Two states."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "s0"

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        name = event.name
        if self.state == "s0":
            if name == "go":
                self.state = "s1"
                return TAKEN
        elif self.state == "s1" and name == "go":
            self.state = "s0"
            return TAKEN
        return IGNORED


class Living(Flat):
    """Two states, and a life."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ""

    async def start(self) -> None:
        """Enter the first state."""
        if self.state:
            raise RuntimeError("it runs already")
        self.state = "s0"

    async def stop(self) -> None:
        """Leave the active state; idempotent."""
        self.state = ""


class Ring(User):
    """Ten states."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "s0"

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        name, state = event.name, self.state
        if state == "s0":
            if name == "go":
                self.state = "s1"
                return TAKEN
        elif state == "s1":
            if name == "go":
                self.state = "s2"
                return TAKEN
        elif state == "s2":
            if name == "go":
                self.state = "s3"
                return TAKEN
        elif state == "s3":
            if name == "go":
                self.state = "s4"
                return TAKEN
        elif state == "s4":
            if name == "go":
                self.state = "s5"
                return TAKEN
        elif state == "s5":
            if name == "go":
                self.state = "s6"
                return TAKEN
        elif state == "s6":
            if name == "go":
                self.state = "s7"
                return TAKEN
        elif state == "s7":
            if name == "go":
                self.state = "s8"
                return TAKEN
        elif state == "s8":
            if name == "go":
                self.state = "s9"
                return TAKEN
        elif state == "s9" and name == "go":
            self.state = "s0"
            return TAKEN
        return IGNORED


class Nested(User):
    """Two branches of three levels: a leaf's name says where it is."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "a.b.c"

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        name = event.name
        if self.state == "a.b.c":
            if name == "go":
                self.state = "x.y.z"
                return TAKEN
        elif self.state == "x.y.z" and name == "go":
            self.state = "a.b.c"
            return TAKEN
        return IGNORED


class Acting(Flat):
    """Two states with a guard, an exit, an effect and an entry."""

    def below(self, event: hsm.Event) -> bool:
        """The guard."""
        return self.count >= 0

    def act(self, event: hsm.Event) -> None:
        """Exit, effect and entry."""
        self.count += 1

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        name = event.name
        if self.state == "s0":
            if name == "go" and self.below(event):
                self.act(event)
                self.act(event)
                self.state = "s1"
                self.act(event)
                return TAKEN
        elif self.state == "s1" and name == "go" and self.below(event):
            self.act(event)
            self.act(event)
            self.state = "s0"
            self.act(event)
            return TAKEN
        return IGNORED


class ActingAsync(Acting):
    """The same with async actions."""

    async def act(self, event: hsm.Event) -> None:
        """Exit, effect and entry."""
        self.count += 1

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        name = event.name
        if self.state == "s0":
            if name == "go" and self.below(event):
                await self.act(event)
                await self.act(event)
                self.state = "s1"
                await self.act(event)
                return TAKEN
        elif self.state == "s1" and name == "go" and self.below(event):
            await self.act(event)
            await self.act(event)
            self.state = "s0"
            await self.act(event)
            return TAKEN
        return IGNORED


class Deep(User):
    """Nine levels, of which the outermost acts."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "d0.d1.d2.d3.d4.d5.d6.d7.d8"

    def act(self, event: hsm.Event) -> None:
        """The effect."""
        self.count += 1

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        if self.state == "d0.d1.d2.d3.d4.d5.d6.d7.d8" and event.name == "go":
            self.act(event)
            return TAKEN
        return IGNORED


class Timed(User):
    """Two states with a timer each."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.enter("s0")

    def enter(self, state: str) -> None:
        """Be in *state*, for an hour."""
        self.state = state
        self.timer = self.loop.call_later(HOUR, self.expire)

    def expire(self) -> None:
        """The hour is over."""
        self.enter("s1" if self.state == "s0" else "s0")

    async def dispatch(self, event: hsm.Event) -> hsm.Outcome:
        """Process *event*."""
        name = event.name
        if self.state == "s0":
            if name == "go":
                self.timer.cancel()
                self.enter("s1")
                return TAKEN
        elif self.state == "s1" and name == "go":
            self.timer.cancel()
            self.enter("s0")
            return TAKEN
        return IGNORED


def subject(machine: Any, event: str = "go") -> Subject:
    """*machine*, as the scenarios know one."""
    return Subject(
        machine.dispatch, (hsm.Event(event),), lambda: machine.state.rpartition(".")[2], lambda: machine.count
    )


class Handwritten(Contender):
    """By hand."""

    key = "handwritten"
    title = "by hand"
    distribution = "hsm-dsl"
    rings: ClassVar[dict[int, type[Any]]] = {2: Flat, 10: Ring}
    gaps: ClassVar[dict[str, str]] = {"define": "nobody writes a class of hundreds of branches by hand"}

    def define(self, size: int) -> type[Any]:
        """The class, where there is one of that size."""
        if size not in self.rings:
            raise self.cannot("define")
        return self.rings[size]

    async def start(self, definition: type[Any], event: str = "go") -> Subject:
        """An object of the class."""
        return subject(definition(), event)

    async def nested(self) -> Subject:
        """Two branches."""
        return subject(Nested())

    async def acting(self) -> Subject:
        """Plain actions."""
        return subject(Acting())

    async def acting_async(self) -> Subject:
        """Async actions."""
        return subject(ActingAsync())

    async def deep(self) -> Subject:
        """Nine levels."""
        return subject(Deep())

    async def timed(self) -> Subject:
        """Two timers."""
        machine = Timed()
        made = subject(machine)

        async def close() -> None:
            machine.timer.cancel()

        made.close = close
        return made

    async def life(self) -> Life:
        """Made, started and stopped."""

        async def begin() -> Living:
            machine = Living()
            await machine.start()
            return machine

        return Life(begin, lambda machine: machine.state, Living.stop)


CONTENDERS = (Handwritten,)
