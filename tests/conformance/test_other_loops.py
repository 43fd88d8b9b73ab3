"""Threads and loops that come to an end, and machines on other ones (rules Q7 and Q7a)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
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
