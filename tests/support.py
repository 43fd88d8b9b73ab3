"""What tests share: a log of what happened, and behaviours that write into it."""

from __future__ import annotations

import asyncio

import pytest

import hsm

rule = pytest.mark.rule


class Log(hsm.Instance):
    """An instance whose behaviours write what they did into a list."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []

    def taken(self) -> list[str]:
        """What was written since the last call."""
        written, self.log = self.log, []
        return written


def note(text):
    """A plain behaviour that writes *text*."""

    def behave(ctx, self, event):
        self.log.append(text)

    return behave


def anote(text):
    """An async behaviour that writes *text* after a turn of the loop."""

    async def behave(ctx, self, event):
        await asyncio.sleep(0)
        self.log.append(text)

    return behave


def fail(text, kind=ValueError):
    """A behaviour that raises."""

    def behave(ctx, self, event):
        raise kind(text)

    return behave


def says(value, text=None):
    """A guard that gives *value*, and writes *text* when it is asked."""

    def guard(ctx, self, event):
        if text is not None:
            self.log.append(text)
        return value

    return guard


def logged(name, *parts):
    """A state that writes its entries and exits."""
    return hsm.state(name, hsm.entry(note(f"+{name}")), hsm.exit(note(f"-{name}")), *parts)


async def started(model, instance=None, **options):
    """A machine of *model*, on a fresh `Log` unless an *instance* is given."""
    return await hsm.start(None, instance or Log(), model, **options)


async def settle():
    """Let everything happen that can happen without time passing."""
    for _ in range(20):
        await asyncio.sleep(0)


async def pause(seconds):
    """``asyncio.sleep`` on the virtual clock, where it takes no time."""
    await asyncio.sleep(seconds)
