"""Ends that cross: cancellations, stops and results that come at the same moment (rules E4, E7, L4 and Q2)."""

from __future__ import annotations

import asyncio
import gc

import pytest
from support import Gated, Log, afail, after, errors_of_loop, fail, held, logged, on, rule, settle, started

import hsm


class Outcry(BaseException):
    """What a test framework's `fail` raises."""


async def parting(ctx, self, event):
    """Raise what is no exception while being cancelled."""
    try:
        await asyncio.Event().wait()
    finally:
        raise Outcry


async def nap(ctx, self, event):
    """Take some time."""
    await asyncio.sleep(1)


@rule("E7", "E4")
async def test_an_outcry_of_an_activity_that_is_being_cancelled_is_reported():
    """As an error would be."""
    caught = errors_of_loop()
    model = hsm.define("M", hsm.state("a", hsm.activity(parting), on("go", hsm.target("../b"))), hsm.state("b"))
    machine = await started(model)
    await settle()
    await machine.dispatch("go")
    assert [type(error) for error in caught] == [Outcry]


@rule("Q7", "L4")
async def test_a_thread_whose_event_is_queued_when_the_machine_stops_is_told(caplog):
    """It waits for the outcome, though nobody on the loop does."""
    machine = await started(hsm.define("M", hsm.state("a", on("hold", hsm.effect(nap)), on("x"))))
    machine.dispatch("hold")
    future = machine.dispatch_threadsafe("x")
    await settle()
    await machine.stop()
    assert isinstance(future.exception(0), hsm.MachineStopped)
    assert caplog.records == []


@rule("E4", "Q4")
async def test_an_error_that_comes_with_the_cancellation_of_its_waiter_is_reported():
    """The waiter was cancelled after the step had ended, and before it ran again."""
    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(held, fail("late"))))), Gated())
    waiter = asyncio.create_task(machine.dispatch("go"))
    await settle()
    machine.instance.gate.set()
    for _ in range(10):
        if machine.instance.log[1:]:  # the step has ended, and the waiter has not run yet
            break
        await asyncio.sleep(0)
    waiter.cancel()
    await settle()
    assert waiter.cancelled()
    del waiter
    gc.collect()
    assert [str(error) for error in caught] == ["late"]


@rule("L4", "E4")
async def test_an_outcry_of_a_behaviour_that_was_cut_off_is_reported():
    """Its machine has ended, so nobody awaits it."""
    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(parting)))))
    machine.dispatch("go")
    await machine.stop(timeout=1)
    await settle()
    assert [type(error) for error in caught] == [Outcry]


@rule("L4", "Q2")
async def test_what_outlives_an_activity_waits_for_the_stop_that_it_asks_for():
    """It is no activity any more, and nothing cancels it."""

    async def later(self):
        await asyncio.sleep(2)
        await self.stop()
        self.log.append("stopped")

    async def act(ctx, self, event):
        self.task = asyncio.create_task(later(self))

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(act), hsm.exit(nap)), after(9)))
    await asyncio.sleep(2.5)
    assert machine.instance.log == []
    await asyncio.sleep(1)
    assert machine.instance.log == ["stopped"]


@rule("L4")
async def test_a_timeout_for_a_machine_that_has_ended_says_nothing(caplog):
    """There is nothing left that could take too long."""
    machine = await started(hsm.define("M", logged("a")))
    await machine.stop(timeout=1)
    await machine.stop(timeout=1)
    await asyncio.sleep(2)
    assert caplog.records == []


@rule("L6", "A1")
async def test_a_machine_that_its_activity_has_restarted_stops_like_any_other():
    """What it does then belongs to no activity of the life before."""

    async def act(ctx, self, event):
        if not self.log:
            self.log.append("restarting")
            await hsm.restart(self)
        await asyncio.Event().wait()

    async def leave(ctx, self, event):
        self.log.append("leaving")
        await self.stop()

    model = hsm.define("M", hsm.state("a", hsm.activity(act), hsm.entry(nap), on("leave", hsm.effect(leave))))
    machine = await started(model)
    await asyncio.sleep(5)
    assert machine.status is hsm.Status.RUNNING
    async with asyncio.timeout(5):
        await machine.dispatch("leave")
        await machine.wait()
    assert machine.instance.log == ["restarting", "leaving"]


@rule("E6", "E8")
async def test_a_block_whose_start_fails_raises_what_its_activities_raised_as_well():
    """Nothing is lost between the start and the body."""
    model = hsm.define(
        "M", hsm.state("a", hsm.activity(fail("activity")), hsm.state("b", hsm.entry(nap, afail("entry"))))
    )
    caught = errors_of_loop()
    with pytest.raises(BaseException) as raised:  # a group, or one of them
        async with hsm.start(None, Log(), model):
            pass
    gc.collect()
    told = [raised.value, *getattr(raised.value, "exceptions", ()), *caught]
    assert {"activity", "entry"} <= {str(error) for error in told}


@rule("L4", "E4")
@pytest.mark.parametrize("is_awaited", [False, True])
async def test_errors_from_before_a_behaviour_that_is_cut_off_are_not_lost(is_awaited):
    """Whoever awaits the event gets them with its end; otherwise they are reported."""
    caught = errors_of_loop()
    model = hsm.define(
        "M",
        hsm.state("a", on("go", hsm.effect(fail("first")), hsm.target("../b"))),
        hsm.state("b", hsm.entry(held)),
    )
    machine = await started(model, Gated())
    answer = machine.dispatch("go")
    if not is_awaited:
        del answer
    await machine.stop(timeout=1)
    if is_awaited:
        with pytest.raises(ExceptionGroup) as raised:
            await answer
        assert str(raised.value.exceptions[0]) == "first"
        assert isinstance(raised.value.exceptions[1], hsm.MachineStopped)
    else:
        assert [str(error) for error in caught] == ["first"]


@rule("L4", "E4")
async def test_errors_of_exit_actions_before_one_that_is_cut_off_are_raised_from_the_stop():
    """As they would be if it had ended in time."""
    inner = hsm.state("b", hsm.exit(fail("inner")))
    machine = await started(hsm.define("M", hsm.state("a", inner, hsm.exit(held))), Gated())
    with pytest.raises(ValueError, match="inner"):
        await machine.stop(timeout=1)
    assert machine.status is hsm.Status.STOPPED
