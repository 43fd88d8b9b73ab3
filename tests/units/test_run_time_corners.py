"""Corners of the run time: moments that never come, interrupts that arrive through a thread's future."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import time
from datetime import datetime

import pytest
from support import Gated, Log, after, at, both_engines, fail, go, held, logged, note, on, rule, settle, started, then

import hsm


@pytest.mark.needs_system
@rule("A2")
async def test_a_moment_after_all_time_never_comes(clock, monkeypatch):
    """A datetime that local time cannot express any more arms no timer, and is no error."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        model = hsm.define("M", hsm.state("a", at(datetime.max, hsm.effect(note("never")))))
        machine = await started(model)
        await clock.advance(1e6)
        assert machine.instance.log == []
    finally:
        monkeypatch.undo()
        time.tzset()


@rule("E7", "Q7")
async def test_a_cancellation_that_a_behaviour_raises_is_in_the_future_of_a_thread():
    """What is no ordinary exception reaches whoever waits for the future, too, and the machine goes on."""
    machine = await started(
        hsm.define("M", hsm.state("a", on("e", hsm.effect(fail("", asyncio.CancelledError))))), Log()
    )
    future = machine.dispatch_threadsafe("e")
    await settle()
    assert isinstance(future.exception(timeout=0), asyncio.CancelledError)
    assert await machine.dispatch("other") is hsm.Outcome.IGNORED


@rule("R5")
async def test_a_history_alone_in_its_state_leads_to_that_state():
    """Without a memory, and without a default entry to fall back on, the owner is entered as a simple state is."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "s/h")),
        hsm.state("s", hsm.shallow_history("h"), then("done", hsm.effect(note("completed")))),
        hsm.state("done"),
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["completed"]
    assert machine.state() == "/M/done"


@rule("R5")
@both_engines
async def test_a_history_without_a_default_target_enters_its_owner_by_default(engine):
    """Its own effects come first; with a memory they are not run."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "s/h")),
        logged(
            "s",
            hsm.shallow_history("h", hsm.effect(note("no memory"))),
            hsm.initial(hsm.target("x"), hsm.effect(note("initial"))),
            logged("x"),
            go("back", "a"),
        ),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.taken() == ["+s", "no memory", "initial", "+x"]
    await machine.dispatch("back")
    machine.instance.taken()
    await machine.dispatch("go")
    assert machine.instance.taken() == ["+s", "+x"]


@rule("A2", "Q3")
@both_engines
@pytest.mark.parametrize("made", [lambda function: function, functools.partial], ids=["function", "partial"])
async def test_an_async_duration_without_an_await_is_asked_at_once(clock, engine, made):
    """The timer is armed when `dispatch` returns; what the function returns is the time span, and is not awaited."""

    async def span(ctx, self, event):
        self.log.append("asked")
        return 3

    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", after(made(span), hsm.effect(note("due")))))
    machine = await started(model, engine=engine)
    machine.dispatch("go")
    assert machine.instance.taken() == ["asked"]
    await clock.advance(2)
    assert machine.instance.taken() == []
    await clock.advance(1)
    assert machine.instance.taken() == ["due"]


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
    assert machine.instance.log == ["held", "freed", "ann"]
