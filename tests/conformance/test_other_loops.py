"""Threads and loops that come to an end, and machines on other ones (rules Q7 and Q7a)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import sys
import threading

import pytest
from support import Log, after, anote, both_engines, forever, logged, on, rule, started

import hsm

USES = pytest.mark.parametrize(
    "use",
    [
        lambda machine: machine.dispatch("go"),
        lambda machine: machine.dispatch(hsm.Event("go")),
        lambda machine: machine.dispatch("go", 1),
        lambda machine: machine.call("go"),
        lambda machine: machine.stop(),
        lambda machine: machine.wait(),
        lambda machine: machine.instance.dispatch("go"),
    ],
    ids=["name", "event", "data", "call", "stop", "wait", "instance"],
)


async def nap(ctx, self, event):
    """A behaviour that takes some time."""
    await asyncio.sleep(1)


def model():
    """A model that would do something at each event, and after a second."""
    return hsm.define("M", hsm.state("a", on("go", hsm.effect(anote("gone"))), after(1, hsm.effect(anote("late")))))


# --- Q7a: another loop of the same thread -----------------------------------------------------------------------


@rule("Q7a")
@USES
@both_engines
def test_a_machine_is_used_on_no_other_loop_of_its_thread(use, engine):
    """Its timers and tasks would be on a loop that does not run."""

    async def elsewhere(machine):
        with pytest.raises(hsm.LifecycleError, match="runs on another event loop"):
            use(machine)

    with asyncio.Runner() as own, asyncio.Runner() as other:
        machine = own.run(started(model(), engine=engine))
        other.run(elsewhere(machine))
        assert machine.instance.log == []


@rule("Q7a")
def test_a_machine_is_neither_started_nor_restarted_on_another_loop():
    """What `hsm.start` returned belongs to the loop that was running then."""

    async def prepare():
        return hsm.start(None, Log(), model()), await started(model())

    async def elsewhere(starting, machine):
        with pytest.raises(hsm.LifecycleError, match="another event loop"):
            await starting
        with pytest.raises(hsm.LifecycleError, match="another event loop"):
            await machine.restart()

    with asyncio.Runner() as own, asyncio.Runner() as other:
        other.run(elsewhere(*own.run(prepare())))


@rule("Q7a")
def test_an_instance_whose_loop_is_closed_may_be_started_anew():
    """The machine that ran it can never end, so it does not count."""
    instance = Log()
    old = asyncio.run(started(hsm.define("M", logged("a", on("go"))), instance))
    assert instance.taken() == ["+a"]

    async def again():
        with pytest.raises(hsm.LifecycleError, match="the loop of this machine is closed"):
            await old.stop()
        machine = await started(hsm.define("M", logged("b", on("go"))), instance)
        assert await instance.dispatch("go") is hsm.Outcome.TAKEN
        await machine.stop()

    asyncio.run(again())
    assert instance.log == ["+b", "-b"]
    assert old.is_over()


# --- Q7: futures that always end --------------------------------------------------------------------------------


@rule("Q7")
@pytest.mark.parametrize("effect", [anote("x"), forever()], ids=["soon", "never"])
def test_the_future_of_an_event_ends_with_the_loop(effect):
    """Whether the loop comes to it or not, and wherever its step is by then."""

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(effect)))))
        return [machine.dispatch_threadsafe("go") for _ in range(5)]

    futures = asyncio.run(main())
    for future in futures:
        error = future.exception(1)
        assert error is None or isinstance(error, hsm.LifecycleError)


@rule("Q7")
def test_the_future_of_an_event_ends_when_the_loop_is_closed_without_more_ado():
    """A loop that does not run any more drops what it has not called."""
    loop = asyncio.new_event_loop()
    machine = loop.run_until_complete(started(model()))
    future = machine.dispatch_threadsafe("go")
    cancelled = machine.dispatch_threadsafe("go")
    assert cancelled.cancel()
    loop.close()
    gc.collect()
    assert isinstance(future.exception(0), hsm.LifecycleError)
    with pytest.raises(concurrent.futures.CancelledError):
        cancelled.result(0)


@rule("Q7")
def test_threads_that_go_on_sending_while_the_loop_ends_are_answered():
    """Each of their futures ends, and afterwards they are refused."""
    futures = []

    def send(machine, has_begun):
        try:
            while True:
                futures.append(machine.dispatch_threadsafe("go"))
                has_begun.set()
                futures[-1].exception(5)
        except hsm.LifecycleError:
            pass

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(anote("x"))))))
        begun = [threading.Event() for _ in range(3)]
        threads = [threading.Thread(target=send, args=(machine, each)) for each in begun]
        for thread in threads:
            thread.start()
        for each in begun:
            await asyncio.to_thread(each.wait)
        return threads

    for thread in asyncio.run(main()):
        thread.join()
    gc.collect()
    assert futures
    assert not [future for future in futures if not future.done()]
    kinds = {type(future.exception()) for future in futures}
    assert kinds <= {type(None), hsm.LifecycleError, hsm.MachineStopped}


@rule("Q7", "E7")
async def test_a_thread_is_told_of_a_cancelled_step_in_its_own_terms():
    """A cancellation belongs to a task, which the thread has not got."""
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(forever())))))
    future = machine.dispatch_threadsafe("go")
    await asyncio.sleep(1)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(1)
    error = future.exception(0)
    assert isinstance(error, hsm.MachineStopped)
    assert isinstance(error.__cause__, asyncio.CancelledError)


@rule("Q7")
async def test_a_thread_that_cancels_its_future_is_not_disturbed_by_the_outcome():
    """Before its turn the event is not dispatched; later the outcome has nowhere to go."""
    machine = await started(model())
    future = machine.dispatch_threadsafe("go")
    assert future.cancel()
    await asyncio.sleep(0.5)
    assert machine.instance.log == []


# --- the end of the loop ----------------------------------------------------------------------------------------


@rule("E7", "L4")
def test_what_is_queued_behind_a_step_as_the_loop_ends_is_lost_and_named(caplog):
    """The step that is under way is cancelled and ends; the next one is abandoned with its machine."""

    async def main():
        machine = await started(hsm.define("M", logged("a", on("go", hsm.effect(forever("cancelled"))), on("x"))))
        for name in ("go", "go", "x", "x"):
            machine.dispatch(name)
        await asyncio.sleep(0)
        return machine

    machine = asyncio.run(main())
    gc.collect()
    assert machine.instance.log == ["+a", "cancelled", "cancelled"]
    assert machine.status is hsm.Status.STOPPED
    lines = {record.getMessage() for record in caplog.records if record.name == "hsm"}
    assert lines == {f"machine 'M' was stopped before it processed {each}" for each in ("'x' (2x)", "'go'")}


@rule("E4a")
@pytest.mark.parametrize("is_driven", [False, True], ids=["dropped", "driven"])
async def test_a_start_that_is_dropped_warns_as_a_coroutine_does(is_driven):
    """One that was driven by a task, or entered, was not dropped."""
    if is_driven:
        machine = await asyncio.create_task(hsm.start(None, Log(), model()))
        async with hsm.start(None, Log(), model()):
            await machine.stop()
        return
    with pytest.warns(RuntimeWarning, match="coroutine 'start' was never awaited"):
        hsm.start(None, Log(), model())


@rule("L4")
@pytest.mark.parametrize("how", ["stop", "complete", "terminate", "restart", "block", "context"])
async def test_events_that_nobody_awaited_are_named_however_the_machine_ends(how, caplog):
    """Those that were queued or deferred, and not those whose senders are told."""
    ctx = hsm.Context()
    parts = [
        hsm.state("a", hsm.defer("later"), on("hold", hsm.effect(nap))),
        *[on(name) for name in ("x", "y", "told")],
        hsm.final("end"),
        hsm.terminate("dead"),
        on("complete", hsm.effect(nap), hsm.target("end")),
        on("terminate", hsm.effect(nap), hsm.target("dead")),
    ]
    async with hsm.start(ctx, Log(), hsm.define("M", *parts)) as machine:
        await machine.dispatch("later")
        machine.dispatch(how if how in ("complete", "terminate") else "hold")
        for name in ("x", "y", "x"):
            machine.dispatch(name)
        told = asyncio.ensure_future(machine.dispatch("told"))
        if how == "stop":
            await machine.stop()
        elif how == "restart":
            await machine.restart()
        elif how == "context":
            ctx.cancel()
        if how != "block":
            await asyncio.gather(told, return_exceptions=True)
    await asyncio.gather(told, return_exceptions=True)
    end = {"complete": "completed", "terminate": "terminated"}.get(how, "was stopped")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "hsm"]
    assert line == f"machine 'M' {end} before it processed 'later', 'x' (2x), 'y'"


@rule("L4")
async def test_a_sender_that_drops_its_answer_after_the_end_is_told_by_the_log(caplog):
    """It might still have asked until then."""
    machine = await started(hsm.define("M", hsm.state("a", on("hold", hsm.effect(nap)), on("x"))))
    machine.dispatch("hold")
    answers = [machine.dispatch("x")]
    await machine.stop()
    assert caplog.records == []
    answers.clear()
    assert [record.getMessage() for record in caplog.records] == ["machine 'M' was stopped before it processed 'x'"]


@rule("L4")
async def test_a_warning_of_many_lost_events_stays_short(caplog):
    """It names ten of them."""
    machine = await started(hsm.define("M", hsm.state("a", on("hold", hsm.effect(nap)), on("x.*"))))
    machine.dispatch("hold")
    for at in range(1000):
        machine.dispatch(f"x.{at}")
    await machine.stop()
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.endswith("'x.8', 'x.9', 990 others")


@rule("E7", "L6")
@pytest.mark.parametrize("use", [lambda machine: machine.dispatch("go"), lambda machine: machine.restart().send(None)])
def test_what_begins_after_the_loop_was_shut_down_is_abandoned(use):
    """It would never be finished."""
    made = []

    async def last_words(machine):
        try:
            yield
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            use(machine)

    async def main():
        stuck = forever("cancelled")
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(stuck)), hsm.exit(stuck))))
        machine.dispatch_threadsafe("what")
        await asyncio.sleep(0)
        words = last_words(machine)
        await anext(words)
        made.extend((machine, words))

    asyncio.run(main())
    gc.collect()
    assert made[0].status is hsm.Status.STOPPED
    assert made[0].instance.log == (["cancelled"] if sys.version_info >= (3, 12) else [])  # where tasks begin at once


@rule("L6", "E7")
def test_a_restart_in_the_middle_of_which_the_loop_ends_is_called_off():
    """Its exit actions are abandoned one after the other."""

    async def main():
        machine = await started(
            hsm.define("M", hsm.state("a", hsm.exit(forever("first")), hsm.exit(nap), hsm.exit(nap)))
        )
        task = asyncio.create_task(machine.restart())
        await asyncio.sleep(0)
        return machine, task

    machine, task = asyncio.run(main())
    assert task.cancelled()
    assert machine.status is hsm.Status.STOPPED


@rule("L6", "L4")
async def test_a_stop_that_an_activity_asked_for_does_not_stop_the_next_life():
    """The machine was restarted before it came to that."""
    gate = asyncio.Event()

    async def act(ctx, self, event):
        await gate.wait()
        gate.clear()
        self.stop()

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(act))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    await asyncio.sleep(0)
    await machine.restart()
    await asyncio.sleep(1)
    assert machine.status is hsm.Status.RUNNING


async def test_a_start_that_was_awaited_may_be_closed():
    """As a coroutine that has ended may."""
    starting = hsm.start(None, Log(), model())
    machine = await starting
    starting.close()
    assert machine.status is hsm.Status.RUNNING
