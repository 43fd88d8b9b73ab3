"""Observers that meddle: they come and go, send, and stop machines while they are being told (rules O1 and O2)."""

from __future__ import annotations

import asyncio

import pytest
from support import Gated, Log, both_engines, errors_of_loop, go, held, note, on, rule, settle, started

import hsm
from hsm import trace

HERE_AND_THERE = hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b", go("e", "../a")))
WITH_AN_END = hsm.define(
    "M",
    hsm.state("a"),
    on("e", hsm.effect(note("e"))),
    go("end", "over"),
    hsm.final("over"),
    hsm.initial(hsm.target("a")),
)


class Fatal(BaseException):
    """What is no `Exception`."""


async def meddled(model, when, meddle, **options):
    """A machine of *model* that calls *meddle* when it is first told of a *when*; its steps are generated already."""
    machine = await started(model, Log(), **options)
    for _ in range(4):
        await machine.dispatch("e")
    machine.instance.log.clear()
    has_met = []

    def observe(record):
        if isinstance(record, when) and not has_met:
            has_met.append(record)
            meddle(machine, detach)

    detach = machine.observe(observe)
    return machine


@rule("O1")
@both_engines
async def test_to_detach_twice_leaves_those_that_came_since(engine):
    """What ends one observer ends no other one, however often it is called."""
    machine = await started(HERE_AND_THERE, engine=engine)
    detach = machine.observe(lambda record: None)
    detach()
    recorder = trace.Recorder()
    machine.observe(recorder)
    detach()
    await machine.dispatch("e")
    assert machine.observers == (recorder,)
    assert len(recorder.records) == 5


@rule("O1")
@both_engines
async def test_who_was_detached_by_an_observer_before_it_is_not_told_of_that_record(engine):
    """Nothing comes any more once the function has been called, not even the record that is being told."""
    machine = await started(HERE_AND_THERE, engine=engine)
    kinds = []
    machine.observe(lambda record: detach() if isinstance(record, trace.StepBegan) else None)
    detach = machine.observe(lambda record: kinds.append(type(record)))
    await machine.dispatch("e")
    assert kinds == [trace.Received]


@rule("O2")
@both_engines
@pytest.mark.parametrize("comes_first", [True, False], ids=["another comes first", "another comes then"])
async def test_who_raises_is_removed_and_nobody_else(engine, comes_first):
    """Also where it has detached itself, and another one has come, before it raises."""
    recorder = trace.Recorder()

    def meddle(machine, detach):
        if comes_first:
            machine.observe(recorder)
        detach()
        if not comes_first:
            machine.observe(recorder)
        raise ValueError("observer")

    machine = await meddled(HERE_AND_THERE, trace.Received, meddle, engine=engine)
    await machine.dispatch("e")
    assert machine.observers == (recorder,)
    assert isinstance(recorder.records[-1], trace.StepEnded)


@rule("O2", "C3", "L5")
@both_engines
async def test_what_an_observer_ends_takes_no_more_events(engine):
    """What was told as received is as any other event that comes after the end."""
    machine = await meddled(WITH_AN_END, trace.Received, lambda machine, detach: machine.dispatch("end"), engine=engine)
    assert await machine.dispatch("e") is hsm.Outcome.IGNORED
    assert machine.status is hsm.Status.COMPLETED
    stopped = await meddled(WITH_AN_END, trace.Received, lambda machine, detach: machine.stop(), engine=engine)
    with pytest.raises(hsm.LifecycleError, match="was stopped"):
        await stopped.dispatch("e")
    called = await meddled(WITH_AN_END, trace.Received, lambda machine, detach: machine.stop(), engine=engine)
    with pytest.raises(hsm.LifecycleError, match="needs a running machine, and this one is stopped"):
        await called.call("e")
    assert machine.instance.log == stopped.instance.log == called.instance.log == []


@rule("O2", "E7")
@both_engines
@pytest.mark.parametrize("others", [0, 1], ids=["alone", "two"])
async def test_an_interrupt_comes_out_of_the_step_it_is_told_in(engine, others):
    """Also when it comes behind the step itself: an event is kept, comes back, or is dropped, and the machine ends."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("e", "f"), go("on", "../b")),
        hsm.state("b", on("e"), go("end", "../over"), hsm.defer("f")),
        hsm.final("over"),
    )
    events = ("e", "f", "on", "end")
    found = {}
    for kind in (trace.Deferred, trace.Recalled, trace.Dropped, trace.Ended):
        machine = await started(model, engine=engine, generate_after=0)
        for _ in range(others):
            machine.observe(lambda record: None)

        def breaks(record, kind=kind):
            if isinstance(record, kind):
                raise Fatal

        machine.observe(breaks)
        found[kind] = []
        for name in events:
            try:
                await machine.dispatch(name)
            except Fatal:
                found[kind].append(name)
        assert machine.status is hsm.Status.COMPLETED
    assert found == {trace.Deferred: ["e"], trace.Recalled: ["on"], trace.Dropped: ["end"], trace.Ended: ["end"]}


@rule("O2", "E7", "E8")
async def test_an_interrupt_in_what_tells_of_the_start_fails_it():
    """As one in the start itself does: nothing is active then."""

    def breaks(record):
        if isinstance(record, trace.Started):
            raise Fatal

    instance = Log()
    model = hsm.define("M", hsm.state("a", hsm.exit(note("out"))))
    with pytest.raises(Fatal):
        await started(model, instance, observe=breaks)
    assert instance.log == ["out"]


@rule("O2", "L4")
async def test_an_interrupt_when_a_machine_is_abandoned_comes_out_of_the_event():
    """Its time is up in the middle of a step; what the observer raises is not lost."""

    def breaks(record):
        if isinstance(record, trace.Ended):
            raise Fatal

    machine = await started(hsm.define("M", hsm.state("a", on("e", hsm.effect(held)))), Gated(), observe=breaks)
    taken = asyncio.ensure_future(machine.dispatch("e"))
    await settle()
    await machine.stop(timeout=1)
    with pytest.raises(BaseExceptionGroup) as caught:
        await taken
    assert [type(error) for error in caught.value.exceptions] == [Fatal, hsm.MachineStopped]


@rule("S2")
@both_engines
async def test_what_an_observer_sends_to_a_restored_machine_comes_after_what_was_queued(engine):
    """It is told of the start when what was saved is in the queue already."""
    model = hsm.define("M", hsm.state("a", on("saved", hsm.effect(note("saved"))), on("new", hsm.effect(note("new")))))
    machine = await started(model, Log())
    written = machine.snapshot().to_dict()
    written["queue"] = [{"kind": "event", "name": "saved", "is_fed": False}]
    await machine.detach()

    def send(record):
        if isinstance(record, trace.Started):
            instance.dispatch("new")

    for queue in ([], written["queue"]):
        instance = Log()
        snapshot = hsm.Snapshot.from_dict(written | {"queue": queue})
        restored = await hsm.restore(None, instance, model, snapshot, engine=engine, observe=send)
        assert instance.log == [*[each["name"] for each in queue], "new"]
        await restored.stop()


@rule("O1", "C2", "E3")
@both_engines
@pytest.mark.parametrize("raised", [None, ValueError("x")], ids=["returns", "raises"])
async def test_what_an_observer_sends_when_an_activity_ends_comes_after_that_end(engine, raised):
    """As every event does; and when it stops the machine, nothing comes after that."""

    async def act(ctx, self, event):
        await asyncio.sleep(1)
        if raised is not None:
            raise raised

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(act), hsm.transition(hsm.target("../b")), go("hsm_error", "../b"), go("e", "../c")),
        hsm.state("b", go("e", "../d")),
        hsm.state("c"),
        hsm.state("d"),
    )
    for meddle, place in ((lambda machine: machine.dispatch("e"), "/M/d"), (lambda machine: machine.stop(), "")):
        recorder = trace.Recorder()
        machine = await started(model, engine=engine, observe=recorder)

        def observe(record, machine=machine, meddle=meddle):
            if isinstance(record, trace.ActivityEnded):
                meddle(machine)

        machine.observe(observe)
        caught = errors_of_loop()
        await asyncio.sleep(2)
        assert machine.state() == place
        assert caught == []
        assert isinstance(recorder.records[-1], trace.StepEnded if place else trace.Ended)


@rule("O1", "C2")
@both_engines
async def test_an_activity_that_ends_while_a_step_is_suspended_is_told_at_once(engine):
    """What follows from its end comes behind the step, and before what an observer has sent."""

    async def act(ctx, self, event):
        await asyncio.sleep(1)

    model = hsm.define(
        "M",
        hsm.state(
            "a", hsm.activity(act), hsm.transition(hsm.target("../b")), on("e", hsm.effect(held)), go("f", "../c")
        ),
        hsm.state("b", go("f", "../d")),
        hsm.state("c"),
        hsm.state("d"),
    )
    recorder = trace.Recorder()
    machine = await started(model, Gated(), engine=engine, observe=recorder)
    machine.observe(lambda record: machine.dispatch("f") if isinstance(record, trace.ActivityEnded) else None)
    taken = asyncio.ensure_future(machine.dispatch("e"))
    await asyncio.sleep(2)
    assert [type(record) for record in recorder.records][-2:] == [trace.ActivityEnded, trace.Received]
    machine.instance.gate.set()
    await taken
    await settle()
    assert machine.state() == "/M/d"
