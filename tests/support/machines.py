"""What starts, drives and watches a machine in a test."""

from __future__ import annotations

import asyncio
import threading

import pytest

import hsm
from support.behaviors import Log


async def started(model, instance=None, **options):
    """A machine of *model*, on a fresh `Log` unless an *instance* is given."""
    return await hsm.start(None, instance or Log(), model, **options)


async def driven(model, *events):
    """A machine of *model* after *events*, each of which was taken; its log has what the last of them wrote."""
    machine = await started(model)
    for event in events:
        machine.instance.taken()
        assert await machine.dispatch(event) is hsm.Outcome.TAKEN
    return machine


def problems(*parts, name="M"):
    """The diagnostics of a model that is refused."""
    with pytest.raises(hsm.DefinitionError) as caught:
        hsm.define(name, *parts)
    return caught.value.diagnostics


def codes(*parts, name="M"):
    """The codes of those diagnostics."""
    return [problem.code for problem in problems(*parts, name=name)]


async def settle():
    """Let everything happen that can happen without time passing."""
    for _ in range(20):
        await asyncio.sleep(0)


async def pause(seconds):
    """``asyncio.sleep`` on the virtual clock, where it takes no time."""
    await asyncio.sleep(seconds)


def errors_of_loop():
    """A list of what reaches the event loop's exception handler from now on."""
    caught = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context["exception"]))
    return caught


async def in_thread(work):
    """What *work* returns or raises on a thread of its own."""
    loop, given = asyncio.get_running_loop(), asyncio.Event()
    result = []

    def run():
        try:
            result.append(work())
        except Exception as error:
            result.append(error)
        loop.call_soon_threadsafe(given.set)

    thread = threading.Thread(target=run)
    thread.start()
    await given.wait()
    thread.join()
    return result[0]
