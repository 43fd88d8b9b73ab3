"""What is no `Exception`: cancellations, interrupts and such of the user's own (rule E7)."""

from __future__ import annotations

import asyncio
import gc

import pytest
from support import (
    Gated,
    Log,
    afail,
    after,
    anote,
    both_engines,
    errors_of_loop,
    fail,
    forever,
    go,
    held,
    logged,
    note,
    on,
    pause,
    rule,
    settle,
    started,
)

import hsm
from hsm.testing import VirtualClock


class Outcry(BaseException):
    """What a test framework's `fail` raises."""


LATE = pytest.mark.parametrize("behave", [fail("", Outcry), afail("", Outcry)], ids=["plain", "async"])
CAUGHT = hsm.transition(hsm.on("hsm_error"), hsm.effect(note("handled")))


async def cancel_own_task(ctx, self, event):
    """Cancel the task that this runs in, and wait."""
    asyncio.current_task().cancel()
    await asyncio.sleep(1)
    self.log.append("not reached")


async def cancel_and_return(ctx, self, event):
    """Cancel the task that this runs in, and return without another await."""
    await asyncio.sleep(0)
    asyncio.current_task().cancel()


# --- who gets it ------------------------------------------------------------------------------------------------


@rule("E7")
@LATE
@both_engines
async def test_an_outcry_is_raised_from_the_await_of_its_event(behave, engine):
    """It is no event; the step goes on to its target."""
    model = hsm.define("M", hsm.state("a", go("go", "../b", hsm.effect(behave, note("no")))), logged("b"), CAUGHT)
    machine = await started(model, engine=engine)
    with pytest.raises(Outcry):
        await machine.dispatch("go")
    assert machine.instance.log == ["+b"]
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("E7")
@LATE
async def test_an_outcry_in_a_step_behind_another_is_its_senders(behave):
    """The sender of the step in front gets its outcome."""
    model = hsm.define(
        "M", hsm.state("a", on("hold", hsm.effect(held)), go("go", "../b", hsm.effect(behave))), logged("b")
    )
    machine = await started(model, Gated())
    first, second = machine.dispatch("hold"), machine.dispatch("go")
    machine.instance.gate.set()
    assert await first is hsm.Outcome.TAKEN
    with pytest.raises(Outcry):
        await second
    assert machine.instance.log == ["held", "freed", "+b"]


@rule("E7", "E4")
@LATE
@both_engines
async def test_an_outcry_in_the_step_of_a_timer_is_reported(behave, engine):
    """Nobody awaits that; the machine goes on."""
    caught = errors_of_loop()
    model = hsm.define("M", hsm.state("a", after(1, hsm.effect(behave), hsm.target("../b"))), logged("b"))
    machine = await started(model, engine=engine)
    await asyncio.sleep(2)
    assert [type(error) for error in caught] == [Outcry]
    assert machine.instance.log == ["+b"]


@rule("E7", "E6")
@LATE
async def test_an_outcry_in_the_step_of_a_timer_is_raised_from_the_block(behave):
    """The body is cancelled, as for an error."""
    model = hsm.define("M", hsm.state("a", after(1, hsm.effect(behave))))
    with pytest.raises(Outcry):
        async with hsm.start(None, Log(), model):
            await asyncio.sleep(10)


@rule("E7", "E4")
@LATE
async def test_an_outcry_that_nobody_awaits_is_reported(behave):
    """Its answer was dropped, or it was sent from inside."""
    caught = errors_of_loop()

    def send(ctx, self, event):
        self.dispatch("go")

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(behave)), on("send", hsm.effect(send)))))
    machine.dispatch("go")
    await settle()
    gc.collect()
    assert [type(error) for error in caught] == [Outcry]
    await machine.dispatch("send")
    await settle()
    assert [type(error) for error in caught] == [Outcry, Outcry]


@rule("E7")
@LATE
async def test_an_outcry_comes_out_of_calls_stops_and_starts(behave):
    """They wait, so they get it."""
    call = hsm.transition(hsm.on_call("ask"), hsm.effect(behave))
    machine = await started(hsm.define("M", hsm.state("a", call, hsm.exit(behave))))
    with pytest.raises(Outcry):
        await machine.call("ask")
    with pytest.raises(Outcry):
        await machine.stop()
    assert machine.status is hsm.Status.STOPPED
    with pytest.raises(Outcry):
        await started(hsm.define("M", hsm.state("a", hsm.entry(behave))))


@rule("E7", "Q7")
@LATE
async def test_a_thread_gets_the_outcry_of_its_event(behave):
    """Its future has it, and nothing else reports it."""
    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(behave)))))
    future = machine.dispatch_threadsafe("go")
    await settle()
    gc.collect()
    assert isinstance(future.exception(0), Outcry)
    assert caught == []


@rule("E7")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("make", [fail, afail], ids=["plain", "async"])
def test_the_end_of_the_program_comes_out_of_the_loop_when_nobody_awaits_it(kind, make):
    """As from every callback and every task; it is reported as well, and the machine is whole."""
    caught = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: caught.append(type(context["exception"]))
        )
        model = hsm.define("M", hsm.state("a", after(1, hsm.effect(make("", kind)), hsm.target("../b"))), logged("b"))
        return await started(model)

    clock = VirtualClock()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(clock)) as runner:
        machine = runner.run(main())
        with pytest.raises(kind):
            runner.run(pause(2))
        assert machine.instance.log == ["+b"]
    assert caught[:1] == [kind]


# --- a task that is cancelled -----------------------------------------------------------------------------------


@rule("E7")
@pytest.mark.parametrize("behave", [cancel_own_task, cancel_and_return])
async def test_an_effect_that_cancels_its_own_task_ends_nothing_else(behave):
    """The sender gets the cancellation; exits, entries and whatever comes later are not cancelled."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(anote("-a")), go("go", "../b", hsm.effect(behave, note("no")))),
        hsm.state("b", hsm.entry(anote("+b")), hsm.exit(anote("-b"))),
        CAUGHT,
    )
    machine = await started(model)
    with pytest.raises(asyncio.CancelledError):
        await machine.dispatch("go")
    assert asyncio.current_task().cancelling() == 0
    assert machine.instance.taken() == ["-a", "+b"]
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED
    await machine.stop()
    assert machine.instance.log == ["-b"]


@rule("E7")
@pytest.mark.parametrize("place", ["entry", "exit", "guard", "duration", "start"])
async def test_a_cancelled_task_tears_no_step_wherever_it_waits(place):
    """The configuration is whole, and the machine answers."""
    act = cancel_own_task
    first = {"exit": [hsm.exit(act)]}.get(place, [])
    leaving = go("go", "../b", *([hsm.guard(act)] if place == "guard" else []))
    then_b = {"entry": [hsm.entry(act)], "duration": [after(act, hsm.target("../a"))]}.get(place, [])
    model = hsm.define("M", hsm.state("a", leaving, *first), hsm.state("b", *then_b, go("back", "../a")))
    if place == "start":
        with pytest.raises(asyncio.CancelledError):
            await started(hsm.define("M", hsm.state("a", hsm.entry(act))))
        return
    machine = await started(model)
    with pytest.raises(asyncio.CancelledError):
        await machine.dispatch("go")
    assert machine.state() == ("/M/a" if place == "guard" else "/M/b")
    if place != "guard":
        assert await machine.dispatch("back") is hsm.Outcome.TAKEN


@rule("E7")
async def test_a_behaviour_that_swallows_its_cancellation_has_dealt_with_it():
    """The sender gets the outcome, and later awaits of the step are not cancelled."""

    async def swallow(ctx, self, event):
        asyncio.current_task().cancel()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            self.log.append("swallowed")

    async def timed(ctx, self, event):
        async with asyncio.timeout(1):
            await asyncio.sleep(0.5)
        self.log.append("in time")

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(swallow, timed)))))
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["swallowed", "in time"]


@rule("E7", "L4")
async def test_a_handler_that_cancels_all_tasks_in_the_middle_of_a_step_ends_no_machine():
    """What the step awaits is cancelled; the machine stops in order afterwards, and nothing is reported."""
    caught = errors_of_loop()
    model = hsm.define("M", logged("a", go("go", "../b", hsm.effect(forever()))), logged("b"))
    machine = await started(model)
    machine.instance.taken()
    machine.dispatch("go")
    await settle()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await settle()
    assert machine.state() == "/M/b"
    await machine.stop()
    assert machine.instance.log == ["-a", "ended", "+b", "-b"]
    gc.collect()
    assert caught == []


@rule("E7", "L6")
async def test_a_restart_whose_tasks_are_cancelled_and_whose_asker_has_gone_reports_nothing():
    """Whoever cancelled them knows."""
    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(held))), Gated())
    asker = asyncio.create_task(hsm.restart(machine))
    await settle()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await settle()
    assert asker.cancelled()
    del asker
    gc.collect()
    await settle()
    assert caught == []
    machine.instance.gate.set()
    assert (await hsm.restart(machine)).state() == "/M/a"
