"""Corners of saving and restoring: what is rare, and has to hold all the same (rules S1, S2 and S5)."""

from __future__ import annotations

import asyncio
import functools

import pytest
from support import Log, go, rule, settle, started

import hsm
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.kernel import process_expiry, process_failure, process_return
from hsm.runtime.record import parts_of
from hsm_classdsl import Machine, State, entry


async def forever(ctx, log, event):
    await asyncio.Event().wait()


@rule("S1")
async def test_what_waits_in_the_queue_is_saved_and_an_unhandled_error_is_not(clock):
    """An expiry and the end of an activity have a name; of an exception nothing could come back."""
    model = hsm.define(
        "M", hsm.state("a", hsm.activity(forever), hsm.transition(hsm.after(5), hsm.target("../b"))), hsm.state("b")
    )
    machine = await started(model)
    record = machine._record
    queue, armed = parts_of(record).queue, record.timers
    queue.waiting.append(Occurrence(functools.partial(process_expiry, armed, armed.due)))
    queue.waiting.append(Occurrence(functools.partial(process_return, 1)))
    queue.waiting.append(Occurrence(lambda record, occurrence: iter(())))
    assert [(each.kind, each.name) for each in machine.snapshot().queue] == [
        ("timer", "/M/a#after.0"),
        ("return", "/M/a"),
    ]
    queue.waiting.append(Occurrence(functools.partial(process_failure, ValueError("x"))))
    with pytest.raises(hsm.SnapshotError, match="has not been handled yet"):
        machine.snapshot()
    queue.waiting.clear()
    await machine.stop()


@rule("S1")
async def test_an_activity_that_has_asked_for_the_stop_cannot_save_its_machine():
    """It is being stopped."""
    seen = []

    async def work(ctx, log, event):
        machine = hsm.machine_of(log)
        machine.stop()
        with pytest.raises(hsm.SnapshotError, match="is being stopped"):
            machine.snapshot()
        seen.append("refused")

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(work))))
    await settle()
    assert (seen, machine.status) == (["refused"], hsm.Status.STOPPED)


@rule("S1")
async def test_settled_returns_when_the_machine_ends_instead():
    """A stop that was asked for is the last thing that it does."""
    gate = asyncio.Event()

    async def wait(ctx, log, event):
        await gate.wait()

    machine = await started(hsm.define("M", hsm.state("a", hsm.transition(hsm.on("go"), hsm.effect(wait)))))
    sent = asyncio.ensure_future(machine.dispatch("go"))
    await settle()
    waiting = asyncio.ensure_future(machine.settled())
    stopping = asyncio.ensure_future(hsm.stop(machine))
    await settle()
    gate.set()
    await waiting
    await stopping
    await sent
    assert await machine.advance() is None


@rule("S5")
async def test_detaching_calls_a_restart_off_and_leaves_an_ended_machine_as_it_is():
    """The restart raises, and a machine that completes in the step was completed."""
    gate = asyncio.Event()

    async def wait(ctx, log, event):
        await gate.wait()

    model = hsm.define(
        "M", hsm.state("a", hsm.transition(hsm.on("go"), hsm.effect(wait), hsm.target("../f"))), hsm.final("f")
    )
    machine = await started(model)
    sent = asyncio.ensure_future(machine.dispatch("go"))
    await settle()
    detached = asyncio.ensure_future(_awaited(machine.detach()))
    gate.set()
    await sent
    await detached
    assert machine.status is hsm.Status.COMPLETED
    gate.clear()
    other = await started(model)
    sent = asyncio.ensure_future(other.dispatch("go"))
    await settle()
    restarting = asyncio.ensure_future(hsm.restart(other))
    await settle()
    other.detach()
    gate.set()
    with pytest.raises(hsm.MachineStopped):
        await restarting
    await sent


async def _awaited(answer):
    return await answer


@rule("S1")
async def test_events_of_timers_and_errors_with_texts_of_their_own_are_saved(clock):
    """What an activity was started on comes back: a tick, and an exception whose text raises."""

    class Mute(Exception):
        def __str__(self):
            raise ValueError

    def fails(ctx, log, event):
        raise Mute

    seen = []

    async def work(ctx, log, event):
        seen.append(event)
        await asyncio.Event().wait()

    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.after(1), hsm.target("../b"))),
        hsm.state("b", hsm.activity(work), hsm.transition(hsm.on("x"), hsm.effect(fails)), go("hsm_error", "../c")),
        hsm.state("c", hsm.activity(work), hsm.transition(hsm.after(1e12), hsm.target("../a"))),
    )
    machine = await started(model)
    await asyncio.sleep(1)
    await settle()
    for _ in range(2):
        snapshot = machine.snapshot()
        assert str(snapshot).startswith("snapshot of 'M' in /M/")
        read = hsm.Snapshot.from_json(snapshot.to_json())
        await machine.detach()
        machine = await hsm.restore(None, Log(), model, read)
        await settle()
        await machine.dispatch("x")
        await settle()
    assert seen[0].data == seen[1].data == hsm.Tick(1.0)
    assert isinstance(seen[-1].data, hsm.RestoredError | Mute)
    assert "Mute" in machine.snapshot().to_json()
    await machine.stop()


@rule("S4")
async def test_an_object_that_cannot_be_made_is_named():
    """With everything else that does not fit; a history of nothing is one."""

    class Door(Machine):
        class Open(State["Door"], initial=True):
            def __new__(cls):
                if Door.is_broken:
                    raise ValueError("broken")
                return super().__new__(cls)

            @entry
            def note(self):
                self.count = 1

    Door.is_broken = False
    machine = await hsm.start(None, Door(), Door.model)
    snapshot = machine.snapshot()
    await machine.detach()
    Door.is_broken = True
    with pytest.raises(hsm.SnapshotError, match="the object of '/Door/Open' cannot be made"):
        hsm.restore(None, Door(), Door.model, snapshot)
    model = hsm.define(
        "M",
        hsm.state("a", hsm.state("x"), hsm.shallow_history("h"), go("o", "../b")),
        hsm.state("b", go("i", "../a/h")),
    )
    other = await hsm.restore(
        None, Log(), model, hsm.Snapshot("M", "", 0.0, "running", ("/M/b",), {}, history={"/M/a": ()})
    )
    await other.dispatch("i")
    assert other.state() == "/M/a/x"
    await other.stop()


async def test_an_activity_that_had_ended_has_no_task_to_cancel():
    """Also when the machine is abandoned, as when its loop ends."""

    async def once(ctx, log, event):
        pass

    model = hsm.define("M", hsm.state("a", hsm.activity(once)))
    machine = await started(model)
    await settle()
    snapshot = machine.snapshot()
    await machine.detach()
    machine = await hsm.restore(None, Log(), model, snapshot)
    parts_of(machine._record).activities.abandon()
    assert machine.snapshot().activities == ()
    await machine.stop()
