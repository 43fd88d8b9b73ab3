"""Observers that meddle: they come and go, send, and stop machines while they are being told (rules O1 and O2)."""

from __future__ import annotations

import pytest
from support import Log, both_engines, go, note, on, rule, started

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
