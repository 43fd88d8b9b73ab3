"""Starting, asking, stopping, restarting: rules L1 to L7."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import logging
import pickle
import threading

import pytest
from support import (
    Gated,
    Log,
    after,
    anote,
    both_engines,
    errors_of_loop,
    fail,
    forever,
    go,
    held,
    in_thread,
    logged,
    note,
    noting,
    on,
    rule,
    sends,
    settle,
    started,
    then,
)

import hsm
from hsm.testing import VirtualClock

ENGINES = [{"engine": "kernel"}, *({"engine": "generated", "generate_after": uses} for uses in (0, 1, 2))]
PAIR = hsm.define("M", logged("a", logged("b", go("go", "../c")), logged("c", go("back", "../b"))))


# --- L1: start --------------------------------------------------------------------------------------------------


@rule("L1")
async def test_start_gives_a_machine_that_has_entered_its_default():
    """The await returns a running machine on the very instance."""
    instance = Log()
    machine = await hsm.start(hsm.Context(), instance, PAIR)
    assert isinstance(machine, hsm.Machine)
    assert machine.instance is instance
    assert machine.status is hsm.Status.RUNNING
    assert instance.log == ["+a", "+b"]


@rule("L1")
async def test_nothing_happens_before_start_is_awaited():
    """`hsm.start(...)` alone enters nothing."""
    instance = Log()
    starting = hsm.start(None, instance, PAIR)
    await settle()
    assert instance.log == []
    await starting
    assert instance.log == ["+a", "+b"]


@rule("L1")
@pytest.mark.parametrize("write", [note, anote], ids=["plain", "async"])
async def test_start_returns_when_everything_it_caused_is_done(write):
    """Completions, errors and events that entries sent are processed within it."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.entry(sends("more")), hsm.entry(write("+a")), then("b")),
        hsm.state("b", hsm.entry(write("+b"), fail("oops")), go("more", "c")),
        hsm.state("c", hsm.entry(write("+c"))),
        on("hsm_error", hsm.effect(write("error"))),
    )
    machine = await started(model)
    assert machine.instance.log == ["more queued", "+a", "+b", "error", "+c"]
    assert machine.state() == "/M/c"


@rule("L1", "A1")
@both_engines
async def test_a_start_leaves_what_an_activity_dispatches_to_the_time_after_it(engine):
    """The activity's event comes in while an entry takes its time; its errors are the activity's, and fail no start."""

    async def hurried(ctx, self, event):
        await asyncio.sleep(1)
        with pytest.raises(ValueError, match="refused"):
            await self.dispatch("go")

    async def slow(ctx, self, event):
        await asyncio.sleep(2)
        self.log.append(f"entered on {event.name}")

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(hurried),
            hsm.initial(hsm.target("b")),
            hsm.state("b", hsm.entry(slow), go("go", ".", hsm.effect(fail("refused")))),
        ),
    )
    machine = await started(model, engine=engine)
    assert machine.instance.log == ["entered on hsm_initial"]
    await asyncio.sleep(3)
    assert machine.instance.log == ["entered on hsm_initial", "entered on go"]
    await machine.stop()


@rule("L1")
async def test_start_can_be_made_a_task():
    """It goes into `create_task` and `wait_for` as a coroutine does."""
    machine = await asyncio.create_task(hsm.start(None, Log(), PAIR))
    assert machine.state() == "/M/a/b"
    machine = await asyncio.wait_for(hsm.start(None, Log(), PAIR), 1)
    assert machine.state() == "/M/a/b"


@rule("L1")
async def test_a_block_stops_its_machine():
    """Leaving `async with` runs the exits."""
    instance = Log()
    async with hsm.start(None, instance, PAIR) as machine:
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.status is hsm.Status.STOPPED
    assert instance.log == ["+a", "+b", "-b", "+c", "-c", "-a"]


@rule("L1")
async def test_a_block_stops_its_machine_when_its_body_fails():
    """The body's error comes out as it is."""
    instance = Log()
    with pytest.raises(KeyError, match="body"):
        async with hsm.start(None, instance, PAIR):
            raise KeyError("body")
    assert instance.log == ["+a", "+b", "-b", "-a"]


@rule("L1")
async def test_a_block_stops_its_machine_when_its_body_is_cancelled():
    """The exits run, the async ones to their end, and the cancellation goes on."""
    instance = Log()
    model = hsm.define("M", hsm.state("a", hsm.exit(anote("-a"), note("end")), hsm.activity(forever())))

    async def block():
        async with hsm.start(None, instance, model):
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert instance.log == ["ended", "-a", "end"]


@rule("L1", "L4")
async def test_a_block_may_stop_its_machine_itself():
    """A machine that was stopped, or completed, within its block leaves it in peace."""
    async with hsm.start(None, Log(), PAIR) as machine:
        await machine.stop()
    async with hsm.start(None, Log(), hsm.define("M", hsm.state("a", go("go", "f")), hsm.final("f"))) as machine:
        await machine.dispatch("go")
    assert machine.status is hsm.Status.COMPLETED


@rule("L1", "Q4")
async def test_a_start_that_is_given_up_stops_after_its_step():
    """Timing out `start` lets the step end, then everything is left again; the instance is free."""
    instance = Gated()
    model = hsm.define("M", logged("a", logged("b", hsm.entry(held))))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hsm.start(None, instance, model), 1)
    assert instance.taken() == ["+a", "+b", "held"]
    instance.gate.set()
    await settle()
    assert instance.taken() == ["freed", "-b", "-a"]
    assert (await hsm.start(None, instance, model)).status is hsm.Status.RUNNING


@rule("L1", "Q5")
async def test_an_event_that_comes_during_start_is_processed_after_it():
    """The instance takes events while its default entry is suspended."""
    instance = Gated()
    model = hsm.define("M", logged("a", hsm.entry(held), noting("go", "gone")))
    starting = asyncio.create_task(hsm.start(None, instance, model))
    await settle()
    answer = asyncio.create_task(instance.dispatch("go"))
    await settle()
    assert instance.taken() == ["+a", "held"]
    instance.gate.set()
    await starting
    assert await answer is hsm.Outcome.TAKEN
    assert instance.taken() == ["freed", "gone"]


@rule("L1", "Q4")
async def test_cancelling_a_block_while_it_stops_waits_for_the_stop():
    """The body has ended and the exits are going on: they run to their end, and then the cancellation goes on."""
    instance = Gated()

    async def block():
        async with hsm.start(None, instance, hsm.define("M", logged("a", hsm.exit(held)))):
            pass

    task = asyncio.create_task(block())
    await settle()
    task.cancel()
    await settle()
    assert not task.done()
    instance.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert instance.log == ["+a", "-a", "held", "freed"]


@rule("L1", "Q4")
async def test_cancelling_a_block_in_the_turn_in_which_its_stop_ends_is_not_lost():
    """The machine has stopped by itself already when the cancellation arrives."""
    instance = Gated()

    async def block():
        async with hsm.start(None, instance, hsm.define("M", logged("a", hsm.exit(held)))) as machine:
            machine.context.on_cancel(asyncio.current_task().cancel)

    task = asyncio.create_task(block())
    await settle()
    instance.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert instance.log == ["+a", "-a", "held", "freed"]


# --- L2: state, states, is_in -----------------------------------------------------------------------------------

REGIONS = hsm.define(
    "M",
    hsm.state(
        "both",
        hsm.region("left", hsm.state("a", go("go", "b")), hsm.state("b")),
        hsm.region("right", hsm.state("c", hsm.state("d"), go("go", "e")), hsm.state("e")),
        go("out", "one"),
    ),
    hsm.state("one"),
)


@rule("L2")
async def test_state_is_the_path_of_the_leaf():
    """A machine without regions has one leaf."""
    machine = await started(PAIR)
    assert machine.state() == machine.instance.state() == "/M/a/b"
    assert machine.states() == machine.instance.states() == ("/M/a/b",)


@rule("L2")
async def test_with_regions_state_is_what_contains_all_leaves():
    """`states` lists the leaves in order of declaration."""
    machine = await started(REGIONS)
    assert machine.state() == "/M/both"
    assert machine.states() == ("/M/both/left/a", "/M/both/right/c/d")
    await machine.dispatch("go")
    assert machine.states() == ("/M/both/left/b", "/M/both/right/e")
    await machine.dispatch("out")
    assert machine.state() == "/M/one"
    assert machine.states() == ("/M/one",)


@rule("L2")
async def test_is_in_asks_for_any_active_state():
    """The leaf, what is around it, and the model itself; absolute, or without the model's name."""
    machine = await started(REGIONS)
    inside = ["/M", "/M/both", "/M/both/left", "/M/both/right/c", "/M/both/right/c/d", "both/left/a", "both"]
    assert all(machine.is_in(path) and machine.instance.is_in(path) for path in inside)
    assert not any(machine.is_in(path) for path in ["/M/one", "one", "/M/both/left/b", "/M/both/right/e"])


@rule("L2")
async def test_is_in_knows_the_states_of_the_model():
    """A path that names nothing is an error with the closest names."""
    machine = await started(REGIONS)
    with pytest.raises(ValueError, match=r"no vertex '/M/bth'.*did you mean '/M/both'"):
        machine.is_in("/M/bth")


@rule("L2")
async def test_during_a_step_the_configuration_is_reported_as_it_is():
    """Until exits begin it is the one before; then what is left is gone, and what is entered is there."""
    seen = []

    def look(ctx, self, event):
        seen.append((self.state(), self.is_in("/M/a"), self.is_in("/M/b")))
        return True

    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(look), hsm.state("c", hsm.exit(look), go("go", "/M/b/d", hsm.guard(look), hsm.effect(look)))),
        hsm.state("b", hsm.entry(look), hsm.state("d", hsm.entry(look))),
    )  # fmt: skip
    machine = await started(model)
    await machine.dispatch("go")
    assert seen == [
        ("/M/a/c", True, False),
        ("/M/a/c", True, False),
        ("/M/a", True, False),
        ("/M", False, False),
        ("/M/b", False, True),
        ("/M/b/d", False, True),
    ]


@rule("L2", "L3")
async def test_the_repr_of_a_machine_tells_how_it_is():
    """Its name, its status, and where it is."""
    machine = await started(PAIR)
    assert repr(machine) == "<Machine M running in /M/a/b>"
    await machine.stop()
    assert repr(machine) == "<Machine M stopped>"


# --- L3: status -------------------------------------------------------------------------------------------------


@rule("L3")
async def test_status_tells_how_far_the_life_has_come():
    """Created while the default entry runs, then running, then stopped."""
    seen = []
    model = hsm.define("M", hsm.state("a", hsm.entry(lambda ctx, self, event: seen.append(self._runner.status.value))))
    machine = await started(model)
    seen.append(machine.status.value)
    await machine.stop()
    seen.append(machine.status.value)
    assert seen == ["created", "running", "stopped"]


@rule("L3", "C3", "R8")
@pytest.mark.parametrize(
    ("end", "status"),
    [(hsm.final("end"), "completed"), (hsm.terminate("end"), "terminated")],
    ids=["final", "terminate"],
)
async def test_a_machine_ends_by_itself(end, status):
    """At its final state it is completed, at a terminate terminated; later events give `IGNORED`."""
    machine = await started(hsm.define("M", logged("a", go("go", "end")), end))
    waiting = asyncio.create_task(machine.wait())
    await machine.dispatch("go")
    assert (await waiting).value == machine.status.value == status
    assert (await machine.wait()).value == status
    assert await machine.dispatch("go") is hsm.Outcome.IGNORED
    await machine.stop()
    assert machine.status.value == status


@rule("L3")
async def test_instance_and_machine_offer_the_same():
    """`stop` of the instance stops its machine."""
    machine = await started(PAIR)
    await machine.instance.stop()
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "+b", "-b", "-a"]


@rule("L3")
async def test_wait_may_be_cancelled():
    """The machine goes on, and other waiters get their answer."""
    machine = await started(PAIR)

    async def wait():
        return await machine.wait()

    one, two = asyncio.create_task(wait()), asyncio.create_task(wait())
    await settle()
    one.cancel()
    await settle()
    assert one.cancelled()
    await machine.stop()
    assert await two is hsm.Status.STOPPED


@rule("L3")
async def test_machine_of_gives_the_machine_behind_an_instance():
    """Also to a behaviour, and a machine is its own."""

    def look(ctx, self, event):
        self.log.append(hsm.machine_of(self).status.value)

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(look)))))
    await machine.dispatch("go")
    assert machine.instance.log == ["running"]
    assert hsm.machine_of(machine.instance) is hsm.machine_of(machine) is machine
    with pytest.raises(hsm.LifecycleError, match="has not been started"):
        hsm.machine_of(Log())


@rule("L1", "L7")
@pytest.mark.parametrize("by", ["context", "behaviour"])
async def test_a_machine_that_is_stopped_while_it_starts_is_given_stopped(by):
    """What was entered is left again, and nothing is raised."""
    ctx, instance = hsm.Context(), Gated()

    async def stops(context, self, event):
        await asyncio.sleep(0)
        if by == "context":
            ctx.cancel()
        else:
            await self.stop()

    model = hsm.define("M", logged("a", hsm.entry(stops)))
    machine = await hsm.start(ctx, instance, model)
    await machine.wait()
    assert machine.status is hsm.Status.STOPPED
    assert instance.log == ["+a", "-a"]


# --- L4: stop ---------------------------------------------------------------------------------------------------


@rule("L4")
@pytest.mark.parametrize("of", [lambda machine: machine, lambda machine: machine.instance], ids=["machine", "instance"])
async def test_stop_leaves_everything_from_the_leaf_to_the_root(of):
    """Exit actions run innermost first, the model's own last; nothing is active then."""
    model = hsm.define("M", hsm.exit(note("-M")), logged("a", logged("b")))
    machine = await started(model)
    machine.instance.taken()
    await hsm.stop(of(machine))
    assert machine.instance.log == ["-b", "-a", "-M"]
    assert machine.status is hsm.Status.STOPPED
    assert machine.state() == ""
    assert machine.states() == ()


@rule("L4", "K5")
async def test_stop_cancels_and_awaits_activities_before_the_exit_of_their_state():
    """From the inside out, and timers do not fire any more."""
    model = hsm.define(
        "M",
        logged("a", hsm.activity(forever()), logged("b", hsm.activity(forever()), after(1, hsm.effect(note("tick"))))),
    )
    machine = await started(model)
    await settle()
    machine.instance.taken()
    await hsm.stop(machine)
    assert machine.instance.log == ["ended", "-b", "ended", "-a"]


@rule("L4")
async def test_stop_is_idempotent():
    """A second stop does nothing, and two at once are one."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(anote("-a")))))
    await asyncio.gather(hsm.stop(machine), machine.stop(), machine.instance.stop())
    await hsm.stop(machine)
    assert machine.instance.log == ["-a"]


@rule("L4")
async def test_stop_waits_for_the_step_that_is_going_on():
    """The step ends whole; what waits behind it is not processed, and its callers get `MachineStopped`."""
    model = hsm.define("M", logged("a", go("hold", "b", hsm.effect(held))), logged("b"), noting("go", "gone"))
    machine = await started(model, Gated())
    holding = machine.dispatch("hold")
    waiting = asyncio.create_task(machine.dispatch("go"))
    await settle()
    stopping = asyncio.create_task(hsm.stop(machine))
    await settle()
    assert not stopping.done()
    machine.instance.gate.set()
    await stopping
    assert await holding is hsm.Outcome.TAKEN
    with pytest.raises(hsm.MachineStopped, match="'go'"):
        await waiting
    assert machine.instance.log == ["+a", "-a", "held", "freed", "+b", "-b"]


@rule("L4")
@pytest.mark.parametrize("awaited", [True, False])
async def test_stop_from_inside_a_behaviour_takes_effect_after_the_step(awaited):
    """No deadlock: the step ends, then everything is left."""

    async def stop(ctx, self, event):
        if awaited:
            await hsm.stop(self)
        else:
            self.stop()
        self.log.append(self.state())

    model = hsm.define("M", logged("a", go("go", "b", hsm.effect(stop))), logged("b"))
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "-a", "/M", "+b", "-b"]


@rule("L4")
async def test_stop_from_inside_an_activity_does_not_lock_up():
    """The activity goes on to its next await, where it is cancelled as its state is left."""

    async def suicidal(ctx, self, event):
        await hsm.stop(self)
        self.log.append("asked")
        await forever()(ctx, self, event)

    machine = await started(hsm.define("M", logged("a", hsm.activity(suicidal))))
    await asyncio.wait_for(machine.wait(), 1)
    assert machine.instance.log == ["+a", "asked", "ended", "-a"]


@rule("L4")
async def test_stop_from_a_timers_effect_takes_effect_after_it(clock):
    """The same holds for a step that nobody sent."""

    def stop(ctx, self, event):
        self.stop()

    machine = await started(hsm.define("M", logged("a", after(1, hsm.effect(stop)))))
    await clock.advance(2)
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "-a"]


@rule("L4", "Q4")
async def test_a_stop_that_is_given_up_goes_on():
    """Cancelling whoever awaits it does not stop the stopping."""
    machine = await started(hsm.define("M", logged("a", logged("b", hsm.exit(held)))), Gated())
    task = asyncio.create_task(hsm.stop(machine))
    await settle()
    task.cancel()
    await settle()
    assert task.cancelled()
    machine.instance.gate.set()
    assert await machine.wait() is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "+b", "-b", "held", "freed", "-a"]


@rule("L4", "E4")
async def test_an_error_of_an_exit_is_raised_from_stop_and_everything_is_left_all_the_same():
    """The other exits run, and the machine is stopped."""
    machine = await started(hsm.define("M", logged("a", hsm.state("b", hsm.exit(fail("oops"))))))
    with pytest.raises(ValueError, match="oops"):
        await hsm.stop(machine)
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "-a"]


@rule("L4")
async def test_what_was_deferred_or_sent_and_is_dropped_by_stop_is_logged(caplog):
    """Nobody waits for these events, so the log names them."""

    def send(ctx, self, event):
        self.dispatch("late")
        self.stop()

    machine = await started(hsm.define("M", hsm.state("a", hsm.defer("held"), on("go", hsm.effect(send)), on("late"))))
    await machine.dispatch("held")
    with caplog.at_level(logging.WARNING, logger="hsm"):
        await machine.dispatch("go")
    assert machine.status is hsm.Status.STOPPED
    assert "'late'" in caplog.text
    assert "'held'" in caplog.text


@rule("L4")
async def test_a_stop_and_a_wait_that_are_tasks_and_are_given_up_disturb_no_others():
    """Two of each wait; one of each is cancelled, and the others are answered."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(held))), Gated())
    waits = [asyncio.create_task(machine.wait()) for _ in range(2)]
    stops = [asyncio.create_task(machine.stop()) for _ in range(2)]
    await settle()
    waits[0].cancel()
    stops[0].cancel()
    await settle()
    assert waits[0].cancelled()
    assert stops[0].cancelled()
    machine.instance.gate.set()
    assert await waits[1] is hsm.Status.STOPPED
    assert await stops[1] is None


@rule("L4", "L1")
async def test_a_stop_in_an_entry_of_the_start_comes_before_what_was_sent_before_it():
    """The default entry is ended, then everything is left."""

    def enter(ctx, self, event):
        self.dispatch("x")
        self.stop()

    model = hsm.define("M", logged("a", hsm.entry(enter), noting("x")))
    machine = await started(model)
    assert await machine.wait() is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "-a"]


@rule("L4", "C3")
@pytest.mark.parametrize(
    ("end", "status", "exits"),
    [(hsm.final("end"), "completed", ["-M"]), (hsm.terminate("end"), "terminated", [])],
)
async def test_a_stop_in_the_step_that_ends_the_machine_changes_nothing(end, status, exits):
    """The machine has come to its end by itself before the stop takes effect; no exit runs for that."""

    def stop(ctx, self, event):
        self.stop()

    machine = await started(
        hsm.define("M", hsm.exit(note("-M")), hsm.state("a", go("go", "end", hsm.effect(stop))), end)
    )
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert machine.status.value == status
    assert machine.instance.log == exits


@rule("L4", "E7")
@both_engines
async def test_a_behaviour_that_stops_its_machine_and_is_interrupted_then_has_stopped_it(engine):
    """The interrupt is raised from the await, and the stop follows."""

    def stop(ctx, self, event):
        self.stop()
        raise KeyboardInterrupt

    machine = await started(hsm.define("M", logged("a", on("go", hsm.effect(stop)))), engine=engine)
    with pytest.raises(KeyboardInterrupt):
        await machine.dispatch("go")
    await settle()
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "-a"]


# --- L5: at the wrong time --------------------------------------------------------------------------------------


@rule("L5")
async def test_dispatch_before_start_is_refused():
    """The message says what to do."""
    for ask in (lambda new: new.dispatch("go"), Log.state, Log.states, Log.stop, lambda new: new.is_in("/M")):
        with pytest.raises(hsm.LifecycleError, match=r"hsm\.start"):
            ask(Log())
    with pytest.raises(hsm.LifecycleError, match=r"hsm\.start"):
        await hsm.stop(Log())


@rule("L5")
async def test_dispatch_after_stop_is_refused():
    """The message says how it could be started again."""
    machine = await started(PAIR)
    await machine.stop()
    for sender in (machine, machine.instance):
        with pytest.raises(hsm.LifecycleError, match="restart"):
            sender.dispatch("go")
    with pytest.raises(hsm.LifecycleError, match="stopped"):
        machine.call("go")


@rule("L5")
async def test_starting_a_running_instance_again_is_refused():
    """Nothing happens to the machine that runs it; when that is stopped, the instance may be started."""
    machine = await started(PAIR)
    with pytest.raises(hsm.LifecycleError, match="stop that one first"):
        await hsm.start(None, machine.instance, PAIR)
    assert machine.instance.log == ["+a", "+b"]
    assert machine.instance.state() == "/M/a/b"
    await machine.stop()
    again = await hsm.start(None, machine.instance, PAIR)
    assert again is not machine
    assert machine.instance.state() == "/M/a/b"


@rule("L5")
async def test_an_instance_that_is_just_starting_cannot_be_started_again():
    """Not even before its default entry has ended."""
    instance = Gated()
    model = hsm.define("M", hsm.state("a", hsm.entry(held)))
    starting = asyncio.create_task(hsm.start(None, instance, model))
    await settle()
    with pytest.raises(hsm.LifecycleError):
        await hsm.start(None, instance, model)
    instance.gate.set()
    await starting


@rule("L5")
async def test_one_start_is_awaited_once():
    """Awaiting the same start again is starting a running machine."""
    starting = hsm.start(None, Log(), PAIR)
    await starting
    with pytest.raises(hsm.LifecycleError, match="already"):
        await starting


class Slotted(hsm.Instance):
    """An instance that keeps its data in slots as well."""

    __slots__ = ("count",)

    def __init__(self):
        self.count = 1


@rule("L5")
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
@pytest.mark.parametrize("kind", [hsm.Instance, Log, Slotted])
async def test_a_copy_of_an_instance_is_run_by_no_machine(kind, copied):
    """It has the data, and may be started by itself; the machine goes on with the one that it was given."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b"))
    instance = kind()
    if kind is not hsm.Instance:
        vars(instance)["name"] = "one"
    data = dict(vars(instance))
    one = await hsm.start(None, instance, model)
    twin = copied(instance)
    assert vars(twin) == data
    assert getattr(twin, "count", None) == getattr(one.instance, "count", None)
    with pytest.raises(hsm.LifecycleError, match="has not been started"):
        twin.dispatch("go")
    other = await hsm.start(None, twin, model)
    await twin.dispatch("go")
    assert (one.state(), other.state()) == ("/M/a", "/M/b")


@rule("L5")
def test_a_copy_leaves_out_what_a_base_class_leaves_out():
    """`__getstate__` of a class beside `Instance` has its say, whatever it returns."""

    class Locked:
        def __init__(self):
            self.lock, self.word = threading.Lock(), "here"

        def __getstate__(self):
            return {"word": self.word}

    class Both(hsm.Instance, Locked):
        pass

    assert vars(copy.deepcopy(Both())) == {"word": "here"}
    assert vars(copy.copy(hsm.Instance())) == {}

    class Spelled(hsm.Instance, Locked):
        def __getstate__(self):
            return hsm.Instance.__getstate__(self)["word"]

        def __setstate__(self, state):
            self.word = state.upper()

    assert copy.copy(Spelled()).word == "HERE"


@rule("L5", "L1")
async def test_a_machine_that_is_being_started_is_not_started_again():
    """A second await of the same start is refused, and the first goes on."""
    instance = Gated()
    starting = hsm.start(None, instance, hsm.define("M", hsm.state("a", hsm.entry(held))))

    async def begin():
        return await starting

    first = asyncio.create_task(begin())
    await settle()
    with pytest.raises(hsm.LifecycleError, match="this machine is being started already"):
        await starting
    instance.gate.set()
    assert (await first).state() == "/M/a"
    with pytest.raises(hsm.LifecycleError, match="this machine is running already"):
        await starting


def dispatching(answers):
    """A behaviour whose context dispatches *e* when it is cancelled; what that returns or raises goes to *answers*."""

    def behave(ctx, self, event):
        def send():
            try:
                answers.append(self.dispatch("e"))
            except hsm.LifecycleError as error:
                answers.append(error)

        ctx.on_cancel(send)

    return behave


@rule("L5", "L7")
@pytest.mark.parametrize("options", ENGINES, ids=str)
async def test_what_a_context_dispatches_while_its_machine_stops_is_refused(options):
    """Nothing is active any more, and nothing is entered."""
    answers = []
    model = hsm.define("M", hsm.state("a", hsm.entry(dispatching(answers))), logged("b"), go("e", "b"))
    machine = await started(model, **options)
    await machine.stop()
    await settle()
    assert [type(answer) for answer in answers] == [hsm.LifecycleError]
    assert machine.status is hsm.Status.STOPPED
    assert machine.states() == ()
    assert machine.instance.log == []


@rule("L5", "C3", "L7")
@pytest.mark.parametrize("options", ENGINES, ids=str)
async def test_what_a_context_dispatches_while_its_machine_completes_is_ignored(options):
    """As everything is that comes later."""
    answers = []
    model = hsm.define(
        "M",
        hsm.state("a", hsm.entry(dispatching(answers)), go("end", "f")),
        hsm.final("f"),
        logged("b"),
        go("e", "b"),
    )
    machine = await started(model, **options)
    assert await machine.dispatch("end") is hsm.Outcome.TAKEN
    await settle()
    assert [await answer for answer in answers] == [hsm.Outcome.IGNORED]
    assert machine.status is hsm.Status.COMPLETED
    assert machine.instance.log == []


# --- L6: restart ------------------------------------------------------------------------------------------------


@rule("L6")
@pytest.mark.parametrize("of", [lambda machine: machine, lambda machine: machine.instance], ids=["machine", "instance"])
async def test_restart_stops_and_starts_on_the_same_instance(of):
    """The machine is the same object, in its default state."""
    machine = await started(PAIR)
    await machine.dispatch("go")
    machine.instance.taken()
    assert await hsm.restart(of(machine)) is machine
    assert machine.instance.log == ["-c", "-a", "+a", "+b"]
    assert machine.status is hsm.Status.RUNNING


@rule("L6", "R5")
async def test_restart_forgets_history_and_what_was_deferred():
    """The machine is as new."""
    model = hsm.define(
        "M",
        hsm.state("out", hsm.defer("x"), go("in", "a/h")),
        hsm.state(
            "a",
            hsm.shallow_history("h"),
            hsm.state("b", go("go", "c")),
            hsm.state("c"),
            go("out", "out"),
            noting("x", "recalled"),
        ),
    )
    machine = await started(model)
    for name in ("in", "go", "out", "x"):
        await machine.dispatch(name)
    await hsm.restart(machine)
    await machine.dispatch("in")
    assert machine.state() == "/M/a/b"
    assert machine.instance.log == []


@rule("L6", "L4")
async def test_restart_drops_queued_events():
    """Whoever waits for one is told."""
    model = hsm.define("M", hsm.state("a", on("hold", hsm.effect(held)), noting("go", "gone")))
    machine = await started(model, Gated())
    machine.dispatch("hold")
    waiting = asyncio.create_task(machine.dispatch("go"))
    await settle()
    machine.instance.gate.set()
    await hsm.restart(machine)
    with pytest.raises(hsm.MachineStopped):
        await waiting
    await settle()
    assert machine.instance.log == ["held", "freed"]


@rule("L6", "A3")
async def test_restart_arms_timers_anew_and_starts_activities_anew(clock):
    """Nothing of the life before goes on."""

    async def beat(ctx, self, event):
        self.log.append("begun")
        await forever()(ctx, self, event)

    model = hsm.define("M", hsm.state("a", hsm.activity(beat), after(3, hsm.effect(note("tick")))))
    machine = await started(model)
    await clock.advance(2)
    await hsm.restart(machine)
    await clock.advance(2)
    assert machine.instance.log == ["begun", "ended", "begun"]
    await clock.advance(2)
    assert machine.instance.log == ["begun", "ended", "begun", "tick"]


@rule("L6")
@pytest.mark.parametrize("end", [hsm.final("end"), hsm.terminate("end")], ids=["completed", "terminated"])
async def test_a_machine_that_has_ended_can_be_restarted(end):
    """It runs again; and one that was stopped does too."""
    machine = await started(hsm.define("M", hsm.state("a", go("go", "end")), end))
    for _ in range(2):
        await machine.dispatch("go")
        await hsm.restart(machine)
        assert machine.state() == "/M/a"
    await machine.stop()
    await hsm.restart(machine)
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("L6")
async def test_a_behaviour_cannot_restart_its_own_machine():
    """It would wait for itself: an error says so, and the machine goes on."""

    async def again(ctx, self, event):
        await hsm.restart(self)

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(again)))))
    with pytest.raises(hsm.LifecycleError, match="cannot restart its own machine"):
        await machine.dispatch("go")
    assert machine.status is hsm.Status.RUNNING


@rule("L6", "E6")
async def test_a_restarted_machine_still_belongs_to_its_block(clock):
    """Errors in the background are raised from the block, which stops it."""
    model = hsm.define("M", logged("a", after(1, hsm.effect(fail("background")))))
    instance = Log()
    with pytest.raises(ValueError, match="background"):
        async with hsm.start(None, instance, model) as machine:
            await hsm.restart(machine)
            await clock.advance(10)
    assert instance.log == ["+a", "-a", "+a", "-a"]


@rule("L6")
async def test_two_restarts_at_once_are_one():
    """The second one waits for the first."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.entry(note("+a")), hsm.exit(anote("-a")))))
    assert await asyncio.gather(hsm.restart(machine), hsm.restart(machine)) == [machine, machine]
    assert machine.instance.log == ["+a", "-a", "+a"]
    assert machine.status is hsm.Status.RUNNING


@rule("L6", "E8")
async def test_two_restarts_at_once_fail_together():
    """The error of the start is raised from both."""

    def once(ctx, self, event):
        if "+a" in self.log:
            raise ValueError("oops")
        self.log.append("+a")

    machine = await started(hsm.define("M", hsm.state("a", hsm.entry(once), hsm.exit(anote("-a")))))
    errors = await asyncio.gather(hsm.restart(machine), hsm.restart(machine), return_exceptions=True)
    assert [str(error) for error in errors] == ["oops", "oops"]
    assert machine.status is hsm.Status.STOPPED


SLOW = hsm.define("M", hsm.state("a", hsm.entry(anote("+a")), hsm.exit(held), hsm.exit(note("-a"))))
"""Its exit waits at a gate."""


@rule("L6", "L4")
@pytest.mark.parametrize("stop", [hsm.stop, lambda machine: machine.stop()], ids=["function", "method"])
async def test_a_stop_calls_off_the_restart_that_is_under_way(stop):
    """What has begun to stop does not start again, and whoever wanted that is told."""
    machine = await started(SLOW, Gated())
    restarts = [asyncio.create_task(hsm.restart(machine)) for _ in range(2)]
    await settle()
    stopping = asyncio.ensure_future(stop(machine))
    await settle()
    machine.instance.gate.set()
    await stopping
    for restart in restarts:
        with pytest.raises(hsm.MachineStopped, match="while it was being restarted"):
            await restart
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.taken() == ["+a", "held", "freed", "-a"]
    await hsm.restart(machine)
    assert machine.status is hsm.Status.RUNNING


@rule("L6", "L1")
@pytest.mark.parametrize("is_first", [True, False], ids=["restart-first", "end-first"])
async def test_the_end_of_a_block_calls_off_a_restart(is_first):
    """No machine outlives its block, also where the restart joins a stop that is under way already."""
    instance = Gated()
    async with hsm.start(None, instance, SLOW) as machine:
        restart = asyncio.create_task(hsm.restart(machine))
        if is_first:
            await settle()
        asyncio.get_running_loop().call_later(1, instance.gate.set)
    assert machine.status is hsm.Status.STOPPED
    with pytest.raises(hsm.MachineStopped):
        await restart
    await settle()
    assert machine.status is hsm.Status.STOPPED


@rule("L6", "Q4")
async def test_cancelling_one_restart_leaves_the_other_one_and_the_machine_alone():
    """The machine is started again, and the second caller is told so."""
    machine = await started(SLOW, Gated())
    one, two = (asyncio.create_task(hsm.restart(machine)) for _ in range(2))
    await settle()
    one.cancel()
    await settle()
    machine.instance.gate.set()
    assert await two is machine
    assert one.cancelled()
    assert machine.status is hsm.Status.RUNNING
    assert machine.instance.taken() == ["+a", "held", "freed", "-a", "+a"]


@rule("L6", "L4")
async def test_a_stop_calls_off_a_restart_that_starts_already():
    """In the second half as in the first, whoever wanted the restart is told."""
    instance = Gated()
    instance.gate.set()
    machine = await started(hsm.define("M", hsm.state("a", hsm.entry(held))), instance)
    instance.gate.clear()
    restart = asyncio.create_task(hsm.restart(machine))
    await settle()
    stopping = asyncio.ensure_future(hsm.stop(machine))
    await settle()
    instance.gate.set()
    await stopping
    with pytest.raises(hsm.MachineStopped, match="while it was being restarted"):
        await restart
    assert machine.status is hsm.Status.STOPPED


@rule("L6", "E6")
async def test_a_restart_that_nobody_waits_for_is_called_off_quietly():
    """A block that ends meanwhile is as sound as before."""
    instance = Gated()
    async with hsm.start(None, instance, SLOW) as machine:
        restart = asyncio.create_task(hsm.restart(machine))
        await settle()
        restart.cancel()
        await settle()
        del restart
        asyncio.get_running_loop().call_soon(instance.gate.set)
    assert machine.status is hsm.Status.STOPPED


@rule("L4", "L6", "E4")
@pytest.mark.parametrize("ask", [hsm.restart, hsm.stop, lambda machine: machine.stop()])
async def test_an_error_is_raised_once_where_one_of_several_does_not_wait_any_more(ask):
    """Whoever waits still has it, so that it is not reported."""
    caught = errors_of_loop()
    model = hsm.define("M", hsm.state("a", hsm.exit(held, fail("oops"))))
    machine = await started(model, Gated())
    one, two = (asyncio.ensure_future(ask(machine)) for _ in range(2))
    await settle()
    one.cancel()
    await settle()
    machine.instance.gate.set()
    with pytest.raises(ValueError, match="oops"):
        await two
    gc.collect()
    await settle()
    assert caught == []


@rule("L4", "E6")
@pytest.mark.parametrize("first", ["block", "step"])
def test_a_block_that_ends_with_its_loop_reports_no_stop_that_failed(first):
    """A machine that is abandoned in the middle of a step is stopped, which is all that its block wants."""
    ends = []

    async def block():
        try:
            async with hsm.start(
                None, Gated(), hsm.define("M", hsm.state("a", on("hold", hsm.effect(held))))
            ) as machine:
                machine.dispatch("hold")
                await asyncio.Event().wait()
        except BaseException as end:
            ends.append(type(end))
            raise

    async def main():
        task = asyncio.create_task(block())
        await settle()
        step = next(each for each in asyncio.all_tasks() if each not in (task, asyncio.current_task()))
        for each in (task, step) if first == "block" else (step, task):
            each.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(task, step, return_exceptions=True)

    asyncio.run(main())
    assert ends == [asyncio.CancelledError]


@rule("L6", "E7")
def test_a_restart_whose_tasks_are_cancelled_before_their_first_turn_ends():
    """Whoever waits for it gets the cancellation, and the machine can be restarted."""

    async def main():
        await settle()
        with pytest.raises(asyncio.CancelledError):
            waiting.send(None)
        assert machine.status is hsm.Status.STOPPED
        machine.instance.gate.set()
        await hsm.restart(machine)
        return machine.status

    with asyncio.Runner() as runner:
        machine = runner.run(started(SLOW, Gated()))
        first = machine.restart()
        first.send(None)  # the loop does not run: the tasks begin when it does
        for task in asyncio.all_tasks(runner.get_loop()):
            task.cancel()
        waiting = machine.restart()
        waiting.send(None)
        assert runner.run(main()) is hsm.Status.RUNNING
        first.close()


@pytest.mark.needs_system
@rule("L6", "L4")
async def test_a_loop_that_is_taken_down_ends_a_restart():
    """The machine stays stopped, and nothing waits."""

    async def main():
        machine = await started(SLOW, Gated())
        restart = asyncio.create_task(hsm.restart(machine))
        await asyncio.sleep(0)
        return machine, restart

    machine, restart = await asyncio.to_thread(lambda: asyncio.run(main()))
    assert machine.status is hsm.Status.STOPPED
    assert restart.cancelled()


@rule("L6", "L7", "L5")
async def test_a_machine_is_not_restarted_in_a_context_that_is_done():
    """It is stopped, and takes no events."""
    ctx = hsm.Context()
    machine = await hsm.start(ctx, Log(), PAIR)
    ctx.cancel()
    await machine.wait()
    with pytest.raises(hsm.LifecycleError, match="cancelled already"):
        await hsm.restart(machine)
    with pytest.raises(hsm.LifecycleError, match="was stopped"):
        machine.dispatch("go")
    assert machine.status is hsm.Status.STOPPED
    assert machine.state() == ""
    assert machine.instance.log == ["+a", "+b", "-b", "-a"]


@rule("L6", "L5")
async def test_a_machine_is_not_restarted_on_an_instance_that_another_machine_runs():
    """It stays stopped, and the other machine runs on."""
    one = await started(PAIR)
    await one.stop()
    other = await hsm.start(None, one.instance, PAIR)
    with pytest.raises(hsm.LifecycleError, match="run by a machine already"):
        await one.restart()
    assert one.status is hsm.Status.STOPPED
    assert other.status is hsm.Status.RUNNING


def breaks(at, error):
    """A behaviour that raises *error* when it runs for the time *at*, counted from 1."""
    runs = []

    def behave(ctx, self, event):
        runs.append(event)
        if len(runs) == at:
            raise error

    return behave


def abreaks(at, error):
    """The async twin of `breaks`."""
    plain = breaks(at, error)

    async def behave(ctx, self, event):
        await asyncio.sleep(0)
        plain(ctx, self, event)

    return behave


FIRST_EXIT, SECOND_ENTRY = (hsm.exit, 1), (hsm.entry, 2)
"""What runs in a restart, and for which time."""
in_a_restart = pytest.mark.parametrize(("part", "at"), [FIRST_EXIT, SECOND_ENTRY], ids=["exit", "entry"])


@rule("L6", "E7", "E8")
@both_engines
@in_a_restart
@pytest.mark.parametrize(
    ("breaking", "error"),
    [
        (breaks, asyncio.CancelledError()),
        (breaks, KeyboardInterrupt()),
        (breaks, GeneratorExit()),
        (breaks, BaseExceptionGroup("all", [KeyboardInterrupt()])),
        (abreaks, asyncio.CancelledError()),
    ],
    ids=lambda each: each.__name__ if callable(each) else type(each).__name__,
)
async def test_a_restart_that_something_fatal_ends_is_over_and_the_next_one_works(breaking, error, part, at, engine):
    """It is raised from the await as it is, the machine is stopped, and nobody waits for ever."""
    machine = await started(hsm.define("M", hsm.state("a", part(breaking(at, error)))), engine=engine)
    with pytest.raises(type(error)) as caught:
        async with asyncio.timeout(1):
            await hsm.restart(machine)
    assert caught.value is error
    assert machine.status is hsm.Status.STOPPED
    assert machine.states() == ()
    async with asyncio.timeout(1):
        assert await hsm.restart(machine) is machine
    assert machine.status is hsm.Status.RUNNING
    assert machine.state() == "/M/a"


@rule("L6", "E7")
@both_engines
@in_a_restart
@pytest.mark.parametrize("error", [GeneratorExit(), BaseExceptionGroup("all", [KeyboardInterrupt()])], ids=repr)
async def test_a_restart_in_which_something_fatal_ends_a_suspended_behaviour_comes_to_an_end(error, part, at, engine):
    """Nobody waits for ever, the error does not vanish, and the next restart works."""
    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", part(abreaks(at, error)))), engine=engine)
    try:
        async with asyncio.timeout(1):
            await hsm.restart(machine)
    except type(error) as raised:
        caught.append(raised)
    async with asyncio.timeout(1):
        assert await hsm.restart(machine) is machine
    gc.collect()
    await settle()
    assert error in caught
    assert machine.status is hsm.Status.RUNNING


@rule("L6", "E7")
@both_engines
@in_a_restart
def test_an_interrupt_of_a_restart_that_is_suspended_ends_the_loop_and_not_the_machine(part, at, engine):
    """It comes out of the loop as it is; when that is run again, the machine can be restarted."""
    model = hsm.define("M", hsm.state("a", part(abreaks(at, KeyboardInterrupt()))))

    async def restart(machine):
        async with asyncio.timeout(1):
            await hsm.restart(machine)

    clock = VirtualClock()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(clock)) as runner:
        machine = runner.run(started(model, engine=engine))
        with pytest.raises(KeyboardInterrupt):
            runner.run(restart(machine))
        runner.run(restart(machine))
        assert machine.status is hsm.Status.RUNNING


@pytest.mark.needs_system
@rule("L6", "L4")
@both_engines
async def test_a_stop_from_another_thread_is_refused_and_calls_off_no_restart(engine):
    """What raises has done nothing: the restart that is under way comes to its end."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(held))), Gated(), engine=engine)
    restarting = asyncio.create_task(hsm.restart(machine))
    await settle()
    assert isinstance(await in_thread(machine.stop), hsm.LifecycleError)
    machine.instance.gate.set()
    assert await restarting is machine
    assert machine.status is hsm.Status.RUNNING


# --- L7: contexts -----------------------------------------------------------------------------------------------


@rule("L7")
async def test_cancelling_the_context_stops_the_machine():
    """Exits run, and every machine of the context stops."""
    ctx = hsm.Context()
    one, two = await hsm.start(ctx, Log(), PAIR), await hsm.start(ctx.child(), Log(), PAIR)
    ctx.cancel()
    assert await one.wait() is await two.wait() is hsm.Status.STOPPED
    assert one.instance.log == two.instance.log == ["+a", "+b", "-b", "-a"]


@rule("L7")
async def test_cancelling_the_context_lets_the_step_end():
    """A suspended step goes on, and then the machine stops."""
    ctx = hsm.Context()
    machine = await hsm.start(
        ctx, Gated(), hsm.define("M", logged("a", go("hold", "b", hsm.effect(held))), logged("b"))
    )
    answer = machine.dispatch("hold")
    await settle()
    ctx.cancel()
    await settle()
    assert machine.status is hsm.Status.RUNNING
    machine.instance.gate.set()
    assert await answer is hsm.Outcome.TAKEN
    assert await machine.wait() is hsm.Status.STOPPED
    assert machine.instance.log == ["+a", "-a", "held", "freed", "+b", "-b"]


@rule("L7")
async def test_a_machine_is_not_started_in_a_context_that_is_done():
    """Nothing is entered, and the instance stays free."""
    ctx, instance = hsm.Context(), Log()
    ctx.cancel()
    with pytest.raises(hsm.LifecycleError, match="cancelled already"):
        await hsm.start(ctx, instance, PAIR)
    assert instance.log == []
    assert (await hsm.start(None, instance, PAIR)).status is hsm.Status.RUNNING


@rule("L7")
async def test_behaviours_are_given_a_context_below_the_machines():
    """It is done once the context of the machine is cancelled; `machine.context` is that one."""
    ctx, seen = hsm.Context(), []
    machine = await hsm.start(ctx, Log(), hsm.define("M", hsm.state("a", hsm.entry(lambda ctx, *_: seen.append(ctx)))))
    assert seen[0] is not ctx
    assert seen[0] is machine.context
    assert not seen[0].done
    ctx.cancel()
    assert seen[0].done
    await machine.wait()


@rule("L7")
@pytest.mark.parametrize("end", ["stop", "go"], ids=["stopped", "completed"])
async def test_the_context_of_the_behaviours_is_done_when_the_machine_has_ended(end):
    """Whatever a behaviour started with it learns of the end."""
    seen = []
    model = hsm.define("M", hsm.state("a", hsm.entry(lambda ctx, *_: seen.append(ctx)), go("go", "f")), hsm.final("f"))
    machine = await started(model)
    assert not seen[0].done
    await (machine.stop() if end == "stop" else machine.dispatch("go"))
    assert seen[0].done


@rule("L7")
async def test_stopping_a_machine_leaves_the_context_above_alone():
    """Others may go on in it."""
    ctx = hsm.Context()
    machine = await hsm.start(ctx, Log(), PAIR)
    await machine.stop()
    assert not ctx.done
    assert (await hsm.start(ctx, Log(), PAIR)).status is hsm.Status.RUNNING


@rule("L7", "A1")
async def test_the_context_of_an_activity_is_done_when_its_state_is_left():
    """A loop that asks it ends by itself, also when the cancellation was swallowed."""

    async def polling(ctx, self, event):
        while not ctx.done:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        self.log.append("done")

    contexts = []
    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(polling), go("go", "b"), hsm.entry(lambda ctx, *_: contexts.append(ctx))),
        logged("b"),
    )
    machine = await started(model)
    await settle()
    await machine.dispatch("go")
    assert machine.instance.log == ["done", "+b"]
    assert not contexts[0].done
