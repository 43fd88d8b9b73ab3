"""What a machine keeps, and for how long."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import warnings
import weakref

import pytest
from support import Log, after, anote, asays, both_engines, forever, go, note, on, rule, settle, started

import hsm
import hsm_classdsl
from hsm.defining import program_of
from hsm.runtime.generated import SHAPES, enqueue
from hsm.runtime.inside import inside


@rule("Q2", "Q8")
async def test_a_machine_that_sends_to_itself_for_a_long_time_is_its_own_sender_once(clock):
    """The machines that an event came through are a set, and not a history that grows."""
    lengths = []

    async def again(ctx, self, event):
        await clock.advance(1)
        lengths.append(len(inside.get()))
        self.dispatch("again")

    machine = await started(hsm.define("M", hsm.state("a", on("again", hsm.effect(again)))))
    machine.dispatch("again")
    for _ in range(5):
        await clock.advance(300)
        await machine.dispatch("other")
    assert len(lengths) > 1000
    assert set(lengths) == {1}


@rule("L4")
async def test_a_stopped_machine_goes_when_it_is_let_go():
    """Neither the loop nor the context above keeps it, nor what its events brought along."""

    class Load:
        """Something large that an event carries."""

    ctx, load = hsm.Context(), Load()
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.defer("held"),
            hsm.transition(hsm.after(1000), hsm.effect(note("late"))),
            on("go", hsm.effect(anote("gone"))),
        ),
    )
    machine = await hsm.start(ctx, Log(), model)
    await machine.dispatch("go", load)
    await machine.dispatch("held", load)
    await machine.stop()
    gone = [weakref.ref(machine), weakref.ref(machine.instance), weakref.ref(load)]
    del machine, load
    await settle()
    gc.collect()
    assert [each() for each in gone] == [None, None, None]
    assert not ctx.done


@rule("L7")
async def test_a_start_that_never_was_leaves_nothing_in_its_context():
    """Neither one that is not awaited nor one that is refused is remembered by the context that it was given."""

    def contexts():
        gc.collect()
        return sum(type(each) is hsm.Context for each in gc.get_objects())

    ctx, model = hsm.Context(), hsm.define("M", hsm.state("a"))
    machine = await hsm.start(ctx, Log(), model)
    before = contexts()
    with pytest.warns(RuntimeWarning, match="coroutine 'start' was never awaited"):
        hsm.start(ctx, Log(), model)
    with pytest.raises(hsm.LifecycleError, match="run by a machine already"):
        await hsm.start(ctx, machine.instance, model)
    assert contexts() == before


@rule("A6")
async def test_an_armed_timer_takes_no_more_than_150_bytes():
    """The first one of a machine as well, with its place in the heap."""
    model = hsm.define(
        "M", hsm.state("a", on("go", hsm.target("b"))), hsm.state("b", hsm.transition(hsm.after(1), hsm.target("a")))
    )
    machines = [await started(model, engine="generated") for _ in range(1001)]
    go = hsm.Event("go")
    machines.pop().dispatch(go)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for machine in machines:
            machine.dispatch(go)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / len(machines) < 150


def test_a_machine_does_not_keep_the_loop_that_is_over():
    """Nothing in the library remembers a loop, once the program has let go of what ran on it."""

    async def main():
        await (await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(anote("gone"))))))).dispatch("go")
        return weakref.ref(asyncio.get_running_loop())

    gone = asyncio.run(main())
    gc.collect()
    assert gone() is None


def functional():
    """A model with a bit of everything, the instance that it runs on, and events that go round in it."""

    def look(ctx, self, event):
        return len(self.log) < 1000

    inner = hsm.state("inner", hsm.state("x"), hsm.deep_history("h"))
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b/inner/h", hsm.guard(look)), after(99, hsm.target("b"))),
        hsm.state("b", inner, on("on"), hsm.activity(forever()), go("back", "a", hsm.effect(asays(None)))),
    )
    return model, Log(), ("go", "on", "back")


def by_classes():
    """The same for a machine class that is defined in a function."""

    class M(hsm_classdsl.Machine):
        count = 0

        class a(hsm_classdsl.State["M"], initial=True):
            @hsm_classdsl.on("go", target="b")
            def go(self):
                self.machine.count += 1

        class b(hsm_classdsl.State["M"]):
            def __init__(self):
                self.entered = 0

            @hsm_classdsl.entry
            async def enter(self):
                self.entered += 1

            back = hsm_classdsl.on("back", target="a")

    return M.model, M(), ("go", "back")


@both_engines
@pytest.mark.parametrize("is_used", [False, True])
@pytest.mark.parametrize("make", [functional, by_classes])
async def test_a_model_goes_with_all_that_was_made_of_it(make, is_used, engine):
    """Its class, its Program, its generated steps and their code, once the user lets go of it and of its machines."""
    gc.collect()
    shapes = len(SHAPES)
    model, instance, events = make()
    gone = [weakref.ref(each) for each in (model, program_of(model), instance, *{type(instance)} - {Log})]
    if is_used:
        machine = await hsm.start(None, instance, model, engine=engine, generate_after=2)
        for event in events * 4:
            assert await machine.dispatch(event) is hsm.Outcome.TAKEN
        await machine.stop()
        made = machine._record.cache.tables if engine == "generated" else {}
        gone += [weakref.ref(step) for table in made.values() for step in table.values() if step is not enqueue]
        assert (len(SHAPES) > shapes) is (engine == "generated")
        assert (len(gone) > 4) is (engine == "generated")
        del machine, made
    del model, instance
    await settle()
    gc.collect()
    assert [each() for each in gone] == [None] * len(gone)
    assert len(SHAPES) == shapes


async def test_a_model_goes_while_its_machine_has_gone_and_the_loop_goes_on():
    """A machine that was never stopped keeps its model for as long as somebody keeps the machine."""
    model, instance, events = by_classes()
    machine = await hsm.start(None, instance, model)
    for event in events * 4:
        await machine.dispatch(event)
    gone = [weakref.ref(each) for each in (machine, instance, model, type(instance))]
    del model, instance
    gc.collect()
    assert gone[0]() is machine
    del machine
    await settle()
    gc.collect()
    assert [each() for each in gone] == [None] * 4


@pytest.fixture
def no_collector():
    """The garbage collector does not run by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@rule("L1")
@both_engines
async def test_a_machine_that_was_never_started_goes_at_once(no_collector, engine):
    """It needs no garbage collector."""
    instance = Log()
    gone = weakref.ref(instance)
    starting = hsm.start(None, instance, hsm.define("M", hsm.state("a")), engine=engine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        del starting, instance
    assert gone() is None


class Boom(Exception):
    """An error that can be watched."""


@rule("E3")
@pytest.mark.parametrize("handle", [note, anote], ids=["plain", "async"])
async def test_an_error_that_a_transition_took_goes_at_once(no_collector, handle):
    """When an async behaviour raised it in a step of the kernel, that needs no garbage collector."""
    gone = []

    def error():
        made = Boom()
        gone.append(weakref.ref(made))
        return made

    async def bad(ctx, self, event):
        await asyncio.sleep(0)
        raise error()

    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(bad)), on("hsm_error", hsm.effect(handle("handled")))))
    machine = await started(model, engine="kernel")
    for _ in range(3):
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert machine.instance.log == ["handled"] * 3
    assert [each() for each in gone] == [None] * 3


@rule("E2", "E3")
@both_engines
async def test_an_error_of_an_activity_that_a_transition_took_is_not_kept(clock, engine):
    """A machine that lives long does not collect them."""
    gone = []

    async def act(ctx, self, event):
        await clock.advance(1)
        error = Boom()
        gone.append(weakref.ref(error))
        raise error

    model = hsm.define("M", hsm.state("a", hsm.activity(act), go("hsm_error", "b")), hsm.state("b", go("again", "a")))
    machine = await started(model, engine=engine)
    for _ in range(3):
        await clock.advance(5)
        assert machine.state() == "/M/b"
        await machine.dispatch("again")
    await machine.dispatch("hsm_error")
    await settle()
    gc.collect()
    assert len(gone) == 3
    assert [each() for each in gone] == [None] * 3
