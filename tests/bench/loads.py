"""A scenario made ready for one contender: a load runs laps, and proves after each that the work was done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from bench.subject import Contender, Life, Subject

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
        """Seconds for *times* events. The four loops differ in how an event is sent and in nothing else."""
        send, arguments = self.subject.send, self.subject.arguments
        event = arguments[0] if arguments else None
        self.sent += times
        begun = timer()
        if self.is_async and arguments:
            for _ in range(times):
                await send(event)
        elif self.is_async:
            for _ in range(times):
                await send()
        elif arguments:
            for _ in range(times):
                send(event)
        else:
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


class Living:
    """Machines that are made, started and stopped, one after the other."""

    def __init__(self, contender: Contender, life: Life) -> None:
        self.is_async = contender.is_async
        self.title = contender.title
        self.life = life

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
        """One more life is in its first state after the start, and in none after the stop."""
        begun = self.life.begin()
        machine = (await begun) if self.is_async else begun
        found = [self.life.leaf(machine)]
        if self.life.end is not None:
            await self.life.end(machine)
            found.append(self.life.leaf(machine))
        if found != ["s0", ""][: len(found)]:
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
