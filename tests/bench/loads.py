"""A scenario made ready for one contender: a load runs laps, and proves after each that the work was done."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from bench.subject import VISITED, Contender, Life, Subject

SENDERS = 1000


class WorkNotDoneError(AssertionError):
    """A contender did something else than the scenario says: its figures would be worth nothing."""


class Load(Protocol):
    """A scenario for one contender."""

    def lap(self, times: int, timer: Callable[[], float]) -> Awaitable[float]:
        """Seconds for doing the work *times* times."""
        ...

    async def check(self) -> None:
        """Prove that all laps so far did their work.

        Raises:
            WorkNotDoneError: They did not.
        """
        ...

    async def close(self) -> None:
        """End what is running."""
        ...


class Sending:
    """Events, awaited one after the other.

    Args:
        contender: Whose machine it is.
        subject: The machine.
        expected: For the number of events so far, the active leaf and how many actions have run.
    """

    def __init__(self, contender: Contender, subject: Subject, expected: Callable[[int], tuple[str, int]]) -> None:
        self.is_async = contender.is_async
        self.title = contender.title
        self.subject = subject
        self.expected = expected
        self.sent = 0

    async def lap(self, times: int, timer: Callable[[], float]) -> float:
        """Seconds for *times* events. The loops differ in how an event is sent and in nothing else."""
        send, arguments = self.subject.send, self.subject.arguments
        self.sent += times
        begun = timer()
        match self.is_async, arguments:
            case True, (name, data):
                for _ in range(times):
                    await send(name, data)
            case True, (event,):
                for _ in range(times):
                    await send(event)
            case True, ():
                for _ in range(times):
                    await send()
            case False, (name, data):
                for _ in range(times):
                    send(name, data)
            case False, (event,):
                for _ in range(times):
                    send(event)
            case False, ():
                for _ in range(times):
                    send()
        return timer() - begun

    async def check(self) -> None:
        """The machine is where that many events lead, and every action has run."""
        expected, found = self.expected(self.sent), (self.subject.leaf(), self.subject.count())
        if found != expected:
            raise WorkNotDoneError(f"{self.title}: after {self.sent} events {found}, expected {expected}")

    async def close(self) -> None:
        """End the machine."""
        if self.subject.close is not None:
            await self.subject.close()


class SendingTogether(Sending):
    """Events that `SENDERS` tasks send at once; *times* counts the crowds."""

    async def lap(self, times: int, timer: Callable[[], float]) -> float:
        """Seconds for *times* crowds, with the tasks that they are made of."""
        send, (event, *_) = self.subject.send, self.subject.arguments or (None,)
        arguments = bool(self.subject.arguments)

        async def sender() -> None:
            await (send(event) if arguments else send())

        self.sent += times * SENDERS
        begun = timer()
        for _ in range(times):
            async with asyncio.TaskGroup() as crowd:
                for _ in range(SENDERS):
                    crowd.create_task(sender())
        return timer() - begun


class SendingAtRandom(Sending):
    """Events for regions chosen at random: no two laps send the same.

    Args:
        contender: Whose machine it is.
        subject: The machine.
        events: What to send to each region.
    """

    def __init__(self, contender: Contender, subject: Subject, events: list[tuple[Any, ...]]) -> None:
        super().__init__(contender, subject, lambda sent: ("".join(map(str, self.states)), 0))
        self.events = events
        self.states = [0] * len(events)
        self.random = random.Random(len(events))

    async def lap(self, times: int, timer: Callable[[], float]) -> float:
        """Seconds for *times* events, which are chosen before the clock runs."""
        send = self.subject.send
        chosen = self.random.choices(range(len(self.events)), k=times)
        events = [self.events[region][0] for region in chosen]
        self.sent += times
        for region in chosen:
            self.states[region] ^= 1
        begun = timer()
        if self.is_async:
            for event in events:
                await send(event)
        else:
            for event in events:
                send(event)
        return timer() - begun


class Visiting:
    """First visits: a machine of a definition that has never run goes through some of its states.

    Each time a module is written and imported, so that everything in it has a place in a file and nothing has been
    used before.

    Args:
        contender: Whose machines they are; it is asynchronous.
        size: How many states the module has.
        visit: Which visit is measured: 1 for the first, 2 for the one after that, and so on.
    """

    def __init__(self, contender: Contender, size: int, visit: int) -> None:
        self.contender = contender
        self.size = size
        self.visit = visit
        self.folder = tempfile.TemporaryDirectory()
        self.modules = 0
        self.found: list[tuple[str, int]] = []

    async def lap(self, times: int, timer: Callable[[], float]) -> float:
        """Seconds for *times* rounds of `VISITED` states; neither the definitions nor the visits before count."""
        self.found.clear()
        seconds = 0.0
        for _ in range(times):
            subject = await self.fresh()
            send, (event,) = subject.send, subject.arguments
            for _ in range((self.visit - 1) * VISITED):
                await send(event)
            begun = timer()
            for _ in range(VISITED):
                await send(event)
            seconds += timer() - begun
            self.found.append((subject.leaf(), subject.count()))
            assert subject.close is not None
            await subject.close()
        return seconds

    async def fresh(self) -> Subject:
        """A machine of a module that is imported for the first time."""
        self.modules += 1
        name = f"Visits{self.modules}"
        path = Path(self.folder.name, f"{name.lower()}.py")
        return await self.contender.start_module(imported(path, self.contender.module(name, self.size)), name)

    async def check(self) -> None:
        """Each machine of the last lap has come round, and all its behaviours have run."""
        expected = ("s0", 3 * VISITED * self.visit)
        if any(found != expected for found in self.found):
            raise WorkNotDoneError(f"{self.contender.title}: having come round {self.found}, expected {expected}")

    async def close(self) -> None:
        """Remove the modules; every machine has ended."""
        self.folder.cleanup()


def imported(path: Path, text: str) -> ModuleType:
    """The module that *text* becomes when it is written to *path*."""
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Living:
    """Machines that are made, started and stopped, one after the other.

    Args:
        contender: Whose machines they are.
        life: How they come and go.
        leaf: Where a machine is when it has begun.
        is_async: Whether beginning and ending are awaited; as sending is, by default.
    """

    def __init__(self, contender: Contender, life: Life, leaf: str = "s0", is_async: bool | None = None) -> None:
        self.is_async = contender.is_async if is_async is None else is_async
        self.title = contender.title
        self.life = life
        self.leaf = leaf

    async def lap(self, times: int, timer: Callable[[], float]) -> float:
        """Seconds for *times* lives."""
        begin, end = self.life.begin, self.life.end
        begun = timer()
        if self.is_async and end:
            for _ in range(times):
                await end(await begin())
        elif self.is_async:
            for _ in range(times):
                await begin()
        else:
            for _ in range(times):
                begin()
        return timer() - begun

    async def check(self) -> None:
        """One more life is where it should be after its beginning, and in no state after its end."""
        begun = self.life.begin()
        machine = (await begun) if self.is_async else begun
        found = [self.life.leaf(machine)]
        if self.life.end is not None:
            await self.life.end(machine)
            found.append(self.life.leaf(machine))
        if found != [self.leaf, ""][: len(found)]:
            raise WorkNotDoneError(f"{self.title}: started and stopped, it was in {found}")

    async def close(self) -> None:
        """Every life has ended."""


async def end(*loads: Load | Subject) -> None:
    """Close *loads*, and cancel what a library without a stop leaves behind: its timers."""
    for load in loads:
        if load.close is not None:
            await load.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
