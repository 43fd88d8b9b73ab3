"""Behaviours that take long, or never end: what names them, and how a machine is stopped all the same (rule L4)."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from support import (
    Gated,
    Log,
    after,
    both_engines,
    errors_of_loop,
    forever,
    go,
    held,
    logged,
    note,
    on,
    rule,
    settle,
    started,
)

import hsm


def lines(caplog):
    """What the `hsm` logger has said."""
    return [record.getMessage() for record in caplog.records if record.name == "hsm"]


async def stuck(ctx, self, event):
    """Wait for ever, and say that this is over."""
    try:
        await asyncio.Event().wait()
    finally:
        self.log.append("cancelled")


async def stubborn(ctx, self, event):
    """Refuse to be cancelled, for some time."""
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(3)
        self.log.append("done at last")


def nap(seconds):
    """A behaviour that takes some time."""

    async def behave(ctx, self, event):
        await asyncio.sleep(seconds)

    return behave


MODEL = hsm.define(
    "M",
    logged("a", hsm.activity(forever("activity ended")), go("go", "../b", hsm.effect(stuck))),
    logged("b", after(1, hsm.effect(note("late")))),
    on("x"),
)


# --- slow -------------------------------------------------------------------------------------------------------


@rule("L4")
@both_engines
@pytest.mark.parametrize("place", ["entry", "exit", "effect", "guard", "duration"])
async def test_a_behaviour_that_runs_for_long_is_named(place, engine, caplog):
    """Once, with its place in the model and in the file; it goes on all the same."""
    long = nap(25)
    leaving = {"effect": [hsm.effect(long)], "guard": [hsm.guard(long)]}.get(place, [])
    first = [hsm.exit(long)] if place == "exit" else []
    second = {"entry": [hsm.entry(long)], "duration": [hsm.transition(hsm.after(long), hsm.target("../a"))]}.get(
        place, []
    )
    model = hsm.define("M", hsm.state("a", go("go", "../b", *leaving), *first), hsm.state("b", *second))
    machine = await started(model, engine=engine)
    answer = machine.dispatch("go")
    await asyncio.sleep(9.9)
    assert lines(caplog) == []
    await asyncio.sleep(0.2)
    (line,) = lines(caplog)
    assert place in line
    assert "test_slow_behaviors.py" in line
    assert "has been running for 10 s" in line
    await asyncio.gather(answer, return_exceptions=True)
    assert len(lines(caplog)) == 1


@rule("L4")
async def test_behaviours_that_end_in_time_are_not_named(caplog):
    """However many of them there are; what counts is the time of each."""
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(nap(4), nap(4), nap(4))))), slow=5)
    for _ in range(5):
        await machine.dispatch("go")
    assert lines(caplog) == []


@rule("L4")
async def test_each_behaviour_that_runs_for_long_is_named(caplog):
    """Also the second of a step, and one that began long after the first look."""
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(nap(3), nap(7), nap(8))))), slow=5)
    await machine.dispatch("go")
    assert len(lines(caplog)) == 2


@rule("L4", "A1")
async def test_an_activity_may_run_for_as_long_as_it_likes(caplog):
    """It is no part of a step."""
    await started(hsm.define("M", hsm.state("a", hsm.activity(nap(100)))))
    await asyncio.sleep(200)
    assert lines(caplog) == []


@rule("L4")
async def test_a_machine_that_has_ended_is_kept_by_no_alarm():
    """Nothing waits for a machine that nobody has any more."""
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(nap(1))))), slow=1000)
    await machine.dispatch("go")
    await machine.stop(timeout=1000)
    await settle()
    gone = weakref.ref(machine.instance)
    del machine
    gc.collect()
    assert gone() is None


# --- a stop that takes too long ---------------------------------------------------------------------------------


@rule("L4")
@both_engines
async def test_a_stop_waits_for_a_behaviour_as_long_as_it_is_told(engine, caplog):
    """Then the behaviour is cancelled and named, and nothing else of the machine runs."""
    caught = errors_of_loop()
    machine = await started(MODEL, engine=engine)
    await settle()
    answer, waiting = machine.dispatch("go"), machine.dispatch("x")
    stopping = asyncio.ensure_future(machine.stop(timeout=3))
    await asyncio.sleep(2.9)
    assert not stopping.done()
    async with asyncio.timeout(1):
        await stopping
    assert machine.status is hsm.Status.STOPPED
    assert machine.states() == ()
    assert await machine.wait() is hsm.Status.STOPPED
    for sent in (answer, waiting):
        with pytest.raises(hsm.MachineStopped):
            await sent
    (line,) = [line for line in lines(caplog) if "was stopped although" in line]
    assert "effect of /M/a on 'go'" in line
    assert "had not ended after 3 s" in line
    await asyncio.sleep(10)
    assert machine.instance.log == ["+a", "activity ended", "-a", "cancelled"]
    assert caught == []


@rule("L4", "L6")
async def test_a_machine_that_was_abandoned_can_be_started_again():
    """The instance is free, and the behaviour that still ends does nothing to the new life."""
    machine = await started(MODEL)
    machine.dispatch("go")
    await machine.stop(timeout=1)
    await machine.restart()
    await asyncio.sleep(1)
    assert machine.state() == "/M/a"
    assert await machine.dispatch("x") is hsm.Outcome.TAKEN
    assert machine.instance.log[-2:] == ["cancelled", "+a"]


@rule("L4")
async def test_a_stop_in_time_is_a_stop_like_any_other(caplog):
    """Its timeout is over with it."""
    machine = await started(hsm.define("M", logged("a", on("hold", hsm.effect(held)))), Gated())
    machine.dispatch("hold")
    stopping = asyncio.ensure_future(machine.stop(timeout=3))
    await asyncio.sleep(1)
    machine.instance.gate.set()
    await stopping
    assert machine.instance.log == ["+a", "held", "freed", "-a"]
    await asyncio.sleep(5)
    assert lines(caplog) == []


@rule("L4")
@pytest.mark.parametrize("stop", [hsm.stop, lambda target, timeout: target.stop(timeout)])
@pytest.mark.parametrize("is_instance", [False, True])
async def test_a_timeout_is_taken_wherever_a_stop_is(stop, is_instance):
    """By the function, the machine and the instance."""
    machine = await started(MODEL)
    machine.dispatch("go")
    async with asyncio.timeout(2):
        await stop(machine.instance if is_instance else machine, timeout=1)
    assert machine.status is hsm.Status.STOPPED
    with pytest.raises(ValueError, match="timeout must be 0 or more seconds, not -1"):
        await stop(machine, timeout=-1)


@rule("L4", "E6")
async def test_the_end_of_a_block_waits_as_long_as_the_machine_was_started_with(caplog):
    """So does the stop that a cancelled context asks for."""
    ctx = hsm.Context()
    async with asyncio.timeout(5):
        async with hsm.start(None, Log(), MODEL, stop_timeout=2) as machine:
            machine.dispatch("go")
        other = await hsm.start(ctx, Log(), MODEL, stop_timeout=2)
        other.dispatch("go")
        ctx.cancel()
        await other.wait()
    assert [each.status for each in (machine, other)] == [hsm.Status.STOPPED] * 2
    assert len([line for line in lines(caplog) if "was stopped although" in line]) == 2


@rule("L4", "Q2")
async def test_a_behaviour_may_stop_its_machine_with_a_timeout_and_never_end():
    """The stop does not wait for the behaviour for ever."""

    async def act(ctx, self, event):
        await self.stop(1)
        await stuck(ctx, self, event)

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(act)))))
    with pytest.raises(hsm.MachineStopped):
        await machine.dispatch("go")
    await asyncio.sleep(1)
    assert machine.instance.log == ["cancelled"]


@rule("L4")
async def test_a_behaviour_that_refuses_to_end_does_not_keep_its_machine():
    """It is cancelled once, and whatever it does later is its own affair."""
    caught = errors_of_loop()

    async def refuses(ctx, self, event):
        try:
            await stuck(ctx, self, event)
        finally:
            await asyncio.sleep(5)
            raise ValueError("late")

    machine = await started(
        hsm.define("M", hsm.state("a", on("go", hsm.effect(refuses, note("no"))), hsm.exit(note("no"))))
    )
    machine.dispatch("go")
    await machine.stop(timeout=1)
    assert machine.status is hsm.Status.STOPPED
    await asyncio.sleep(10)
    assert machine.instance.log == ["cancelled"]
    assert [str(error) for error in caught] == ["late"]


@rule("L4", "A1")
async def test_a_stop_does_not_wait_for_an_activity_beyond_its_timeout(caplog):
    """Neither for the rest of its time of grace."""
    machine = await started(hsm.define("M", logged("a", hsm.activity(stubborn))))
    await asyncio.sleep(1)
    async with asyncio.timeout(2):
        await machine.stop(timeout=1)
    assert machine.status is hsm.Status.STOPPED
    assert "an activity had not ended after 1 s" in lines(caplog)[0]
    assert machine.instance.log == ["+a"]


@rule("L4", "E8")
async def test_a_start_that_never_ends_can_be_stopped():
    """Whoever awaits it is told."""
    starting = hsm.start(None, instance := Log(), hsm.define("M", hsm.state("a", hsm.entry(stuck))))
    task = asyncio.ensure_future(starting)
    await asyncio.sleep(1)
    await instance.stop(1)
    with pytest.raises(hsm.MachineStopped):
        await task
    assert instance.log == ["cancelled"]


@pytest.mark.parametrize("option", ["slow", "stop_timeout", "grace"])
@pytest.mark.parametrize("value", [-1, "1", float("nan")])
async def test_options_in_seconds_are_checked(option, value):
    """The message names the option."""
    with pytest.raises(ValueError, match=f"{option} must be 0 or more seconds"):
        hsm.start(None, Log(), MODEL, **{option: value})


@rule("L4")
@both_engines
@pytest.mark.parametrize("place", ["guard", "duration", "effect"])
async def test_a_stop_ends_whatever_a_step_is_suspended_in(place, engine):
    """With the activities that run beside it, and without another behaviour."""
    there = {"guard": [hsm.guard(stuck)], "effect": [hsm.effect(stuck, note("no"))]}.get(place, [])
    first = hsm.state("a", on("stay", *there), go("go", "../../b", *(there if place == "guard" else [])))
    first = hsm.state("around", hsm.activity(forever("activity ended")), first)
    timed = [hsm.transition(hsm.after(stuck), hsm.target("../around"))] if place == "duration" else []
    machine = await started(hsm.define("M", first, hsm.state("b", *timed)), engine=engine)
    await settle()
    machine.dispatch("stay" if place == "effect" else "go")
    await settle()
    machine.stop(timeout=1)
    await asyncio.sleep(2)
    assert machine.status is hsm.Status.STOPPED
    assert sorted(machine.instance.log) == ["activity ended", "cancelled"]


@rule("L4")
async def test_a_stop_that_nobody_awaits_ends_with_its_timeout_as_well():
    """Its exit actions are cut off."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(stuck))))
    machine.stop(timeout=1)
    await asyncio.sleep(2)
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["cancelled"]
