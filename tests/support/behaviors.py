"""Instances with a log, and behaviours ``(ctx, instance, event)`` that write into it.

A word that begins with ``a`` is the async twin of the word behind it: the same after an iteration of the event loop.
"""

from __future__ import annotations

import asyncio

import attrs

import hsm


class Log(hsm.Instance):
    """An instance whose behaviours write what they did into a list."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []

    def taken(self) -> list[str]:
        """What was written since the last call."""
        written, self.log = self.log, []
        return written


class Gated(Log):
    """A log with a gate that behaviours can wait at; it is closed at first."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()


@attrs.frozen
class Paid(hsm.Signal, name="order.paid"):
    """A signal with a field."""

    amount: int = 0


# --- what returns at once, or after an iteration of the event loop ----------------------------------------------


def note(text):
    """A behaviour that writes *text*."""

    def behave(ctx, self, event):
        self.log.append(text)

    return behave


def anote(text):
    """The async twin of `note`."""

    async def behave(ctx, self, event):
        await asyncio.sleep(0)
        self.log.append(text)

    return behave


def note_name(ctx, self, event):
    """Write the name of the event."""
    self.log.append(event.name)


def fail(text, kind=ValueError):
    """A behaviour that raises."""

    def behave(ctx, self, event):
        raise kind(text)

    return behave


def afail(text, kind=ValueError):
    """The async twin of `fail`."""

    async def behave(ctx, self, event):
        await asyncio.sleep(0)
        raise kind(text)

    return behave


def says(value, text=None):
    """A guard, a duration or an effect that returns *value*, and writes *text* when it is asked."""

    def answer(ctx, self, event):
        if text is not None:
            self.log.append(text)
        return value

    return answer


def asays(value, text=None):
    """The async twin of `says`."""

    async def answer(ctx, self, event):
        await asyncio.sleep(0)
        if text is not None:
            self.log.append(text)
        return value

    return answer


def sends(*names):
    """A behaviour that dispatches each of *names* to its own machine, and writes the name and the outcome."""

    async def behave(ctx, self, event):
        for each in names:
            outcome = await self.dispatch(each)
            self.log.append(f"{each} {outcome.value}")

    return behave


# --- what waits -------------------------------------------------------------------------------------------------


async def held(ctx, self, event):
    """Wait at the gate of a `Gated`, and write on both sides of it."""
    self.log.append("held")
    await self.gate.wait()
    self.log.append("freed")


async def until_open(ctx, self, event):
    """Wait at the gate of a `Gated` and write nothing; as a guard it holds."""
    await self.gate.wait()
    return True


def forever(text="ended"):
    """An activity that goes on until it is cancelled, and writes *text* then."""

    async def behave(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(text)

    return behave
