"""Corners of the run time: moments that never come, interrupts that arrive through a thread's future."""

from __future__ import annotations

import asyncio
import contextvars
import time
from datetime import datetime

from support import Log, note, rule, settle, started

import hsm


class Gated(Log):
    """A log with a gate that a behaviour waits at."""

    def __init__(self):
        super().__init__()
        self.gate = asyncio.Event()


async def held(ctx, self, event):
    await self.gate.wait()
    self.log.append("freed")


def on(name, *parts):
    return hsm.transition(hsm.on(name), *parts)


@rule("A2")
async def test_a_moment_after_all_time_never_comes(clock, monkeypatch):
    """A datetime that local time cannot express any more arms no timer, and is no error."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        model = hsm.define("M", hsm.state("a", hsm.transition(hsm.at(datetime.max), hsm.effect(note("never")))))
        machine = await started(model)
        await clock.advance(1e6)
        assert machine.instance.log == []
    finally:
        monkeypatch.undo()
        time.tzset()


@rule("E7", "Q7")
async def test_a_cancellation_that_a_behaviour_raises_is_in_the_future_of_a_thread():
    """What is no ordinary exception reaches whoever waits for the future, too, and the machine goes on."""

    def give_up(ctx, self, event):
        raise asyncio.CancelledError

    machine = await started(hsm.define("M", hsm.state("a", hsm.transition(hsm.on("e"), hsm.effect(give_up)))), Log())
    future = machine.dispatch_threadsafe("e")
    await settle()
    assert isinstance(future.exception(timeout=0), asyncio.CancelledError)
    assert await machine.dispatch("other") is hsm.Outcome.IGNORED


@rule("R5")
async def test_a_history_alone_in_its_state_leads_to_that_state():
    """Without a memory, and without a default entry to fall back on, the owner is entered as a simple state is."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.on("go"), hsm.target("s/h"))),
        hsm.state("s", hsm.shallow_history("h"), hsm.transition(hsm.target("done"), hsm.effect(note("completed")))),
        hsm.state("done"),
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["completed"]
    assert machine.state() == "/M/done"


@rule("Q6")
async def test_an_event_behind_a_woken_one_keeps_its_context():
    """An event from outside that has to wait its turn runs in the context of its sender."""
    user = contextvars.ContextVar("user", default="nobody")

    async def worker(self):
        self.dispatch("hold")

    def begin(ctx, self, event):
        self.task = asyncio.ensure_future(worker(self))

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on("begin", hsm.effect(begin)),
            on("hold", hsm.effect(held)),
            on("x", hsm.effect(lambda c, s, e: s.log.append(user.get()))),
        ),
    )
    machine = await started(model, Gated())
    await machine.dispatch("begin")
    user.set("ann")
    await asyncio.sleep(0)
    answer = machine.dispatch("x")
    await settle()
    machine.instance.gate.set()
    await answer
    assert machine.instance.log == ["freed", "ann"]
