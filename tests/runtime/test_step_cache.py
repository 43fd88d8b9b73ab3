"""The step cache: when a step is generated, what that costs, and where it ends."""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc

import pytest
from support import every, go, note, on, rule, says, started
from support.inside import step_of

import hsm
from hsm.api import DEFAULTS
from hsm.runtime import step_cache
from hsm.runtime.generated import SHAPES
from hsm.runtime.step_cache import COUNTED, NO_STEPS


def known(machine):
    """The events of which the machine has a step where it rests."""
    record = machine._record
    assert record.steps is record.cache.tables.get(record.leaves, NO_STEPS)
    return sorted(record.steps)


def ring(size):
    """A ring of states with shapes of their own."""
    states = [
        hsm.state(f"s{n}", go("go", f"../s{(n + 1) % size}", hsm.effect(*[note("x")] * (n + 1)))) for n in range(size)
    ]
    return hsm.define("Ring", *states)


# --- when ----------------------------------------------------------------------------------------------------


def test_a_step_is_generated_at_its_third_use():
    """Unless something else was asked for."""
    assert DEFAULTS.generate_after == 2


@pytest.mark.parametrize("after", [0, 1, 2, 5])
async def test_the_kernel_takes_a_step_until_it_repeats(after):
    """Only then is there anything of it to keep; what it does is the same before and afterwards."""
    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(note("e"))), on("f", hsm.effect(note("f")))))
    machine = await started(model, engine="generated", generate_after=after)
    shapes, size = len(SHAPES), machine._record.cache.size
    for use in range(after):
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN
        assert machine.instance.log == ["e"] * (use + 1)
        assert known(machine) == []
        assert (len(SHAPES), machine._record.cache.size) == (shapes, size)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert known(machine) == ["e"]
    assert machine._record.cache.size > size
    assert machine.instance.log == ["e"] * (after + 1)
    for _ in range(after + 1):
        assert await machine.dispatch("f") is hsm.Outcome.TAKEN
    assert known(machine) == ["e", "f"]


async def test_uses_by_all_machines_of_a_model_count_together():
    """Three machines that each take a step once have it generated."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b"))
    machines = [await started(model, engine="generated", generate_after=2) for _ in range(4)]
    known_steps = []
    for machine in machines:
        known_steps.append([*machine._record.cache.tables.get((1,), ())])
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
        assert machine.state() == "/M/b"
    assert known_steps == [[], [], [], ["go"]]


@rule("L1", "L4")
async def test_starts_and_stops_are_generated_when_they_repeat():
    """A machine that is started once costs nothing but its start."""
    model = hsm.define("M", hsm.state("a", hsm.entry(note("+a")), hsm.exit(note("-a"))))
    made = []
    for _ in range(4):
        machine = await started(model, engine="generated", generate_after=2)
        await machine.stop()
        assert machine.instance.log == ["+a", "-a"]
        cache = machine._record.cache
        made.append((cache.start, [*cache.tables.get((1,), ())]))
    assert made == [(None, [])] * 2 + [(made[-1][0], [None])] * 2


@rule("A2", "A5")
async def test_the_step_of_a_timer_is_generated_when_it_repeats(clock):
    """The same ticks before and afterwards."""
    tick = every(1, hsm.effect(note("tick")))
    machine = await started(hsm.define("M", hsm.state("a", tick)), engine="generated", generate_after=2)
    counts = []
    for _ in range(4):
        await clock.advance(1)
        counts.append((len(machine.instance.log), len(known(machine))))
    assert counts == [(1, 0), (2, 0), (3, 1), (4, 1)]


async def test_uses_are_counted_in_bounded_space(monkeypatch):
    """What comes back soon is generated; what comes back late begins anew."""
    monkeypatch.setattr(step_cache, "COUNTED", 4)
    machine = await started(hsm.define("M", hsm.state("a")), engine="generated", generate_after=2)
    cache = machine._record.cache
    for _ in range(5):
        for n in range(5):
            assert await machine.dispatch(f"e{n}") is hsm.Outcome.IGNORED
            assert len(cache._uses) <= 4
    assert known(machine) == []
    for _ in range(3):
        assert await machine.dispatch("e0") is hsm.Outcome.IGNORED
    assert known(machine) == ["e0"]


# --- nothing for one use -------------------------------------------------------------------------------------


async def test_wandering_through_configurations_leaves_nothing_behind():
    """Twenty regions that move at random, thousands of times, are hardly ever where they were before."""

    def region(n):
        states = [hsm.state(f"s{k}", go(f"e{n}", f"../s{(k + 1) % 5}")) for k in range(5)]
        return hsm.region(f"r{n}", *states)

    model = hsm.define("M", *[region(n) for n in range(20)])
    machine = await started(model, engine="generated", generate_after=2)
    events = [hsm.Event(f"e{n}") for n in range(20)]
    source = random.Random(7)
    cache = machine._record.cache
    shapes = len(SHAPES)
    memory = []
    tracemalloc.start()
    try:
        for _ in range(4 * COUNTED):
            machine.dispatch(source.choice(events))
            assert len(cache._uses) <= COUNTED
            if len(cache._uses) == COUNTED:  # measured where just as much is counted
                gc.collect()
                memory.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert machine._record.steps is NO_STEPS
    assert (len(SHAPES), cache.size, len(cache.tables)) == (shapes, 0, 0)
    assert len(memory) > 2
    assert max(memory) - memory[0] < 20_000


# --- the bound -----------------------------------------------------------------------------------------------


def kept(cache):
    """How much is kept: tables, and the steps in them."""
    return len(cache.tables), sum(map(len, cache.tables.values())), len(cache._used_shapes)


async def test_beyond_the_memory_for_steps_the_kernel_serves():
    """What is generated by then goes on to be used; nothing more is kept, and no uses are counted."""
    size = 30
    machine = await started(ring(size), engine="generated", generate_after=0, step_memory=200_000)
    cache = machine._record.cache
    for _ in range(size):
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert cache.size >= 200_000
    before = kept(cache), cache.size
    assert 2 < before[0][1] < size - 2
    for _ in range(3 * size):
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert (kept(cache), cache.size) == before
    assert cache._uses == {}
    assert machine.state() == "/Ring/s0"
    assert len(machine.instance.log) == 4 * sum(range(size + 1))
    assert known(machine) == ["go"]
    await machine.dispatch("go")
    assert step_of(machine, "go").__code__.co_name == "step"


async def test_no_memory_for_steps_is_none():
    """The kernel takes every one, as it does when nothing else was asked for."""
    machine = await started(ring(5), engine="generated", generate_after=0, step_memory=0)
    for _ in range(20):
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert kept(machine._record.cache) == (0, 0, 0)
    assert machine.state() == "/Ring/s0"


async def test_names_that_are_not_the_models_are_kept_up_to_the_bound():
    """A machine that is sent ever new names does not grow for ever."""
    model = hsm.define("M", hsm.state("a", go("order.*", "b")), hsm.state("b", go("back", "a")))
    machine = await started(model, engine="generated", generate_after=0, step_memory=120_000)
    for n in range(200):
        assert await machine.dispatch(f"nothing.{n}") is hsm.Outcome.IGNORED
    count = len(known(machine))
    assert 10 < count < 50
    for n in range(200):
        assert await machine.dispatch(f"nothing.{n}") is hsm.Outcome.IGNORED
    assert len(known(machine)) == count
    for n in range(3):
        assert await machine.dispatch(f"order.{n}") is hsm.Outcome.TAKEN
        assert await machine.dispatch("back") is hsm.Outcome.TAKEN


async def test_names_that_only_the_kernel_can_take_are_kept_up_to_the_bound():
    """That a step cannot be generated is noted with its name, and takes memory as well."""
    change = hsm.transition(hsm.when(says(False)), hsm.target("../b"))
    model = hsm.define("M", hsm.state("a", change), hsm.state("b"))
    machine = await started(model, engine="generated", generate_after=0, step_memory=120_000)
    for n in range(2000):
        assert await machine.dispatch(f"nothing.{n}") is hsm.Outcome.IGNORED
    assert 10 < len(known(machine)) < 500


@pytest.mark.parametrize("is_generated", [True, False], ids=["generated", "kernel"])
async def test_foreign_names_do_not_keep_the_steps_of_the_model_out(is_generated):
    """Names that no trigger has may take only a part of the memory, whoever takes their steps."""
    limit, size = 120_000, 10
    change = [] if is_generated else [hsm.transition(hsm.when(says(False)), hsm.target("../b"))]
    names = [f"e{n}" for n in range(size)]
    own = [on(name, hsm.effect(note(name))) for name in names]
    model = hsm.define("M", hsm.state("a", *change, go("b", "../b")), hsm.state("b", *own, go("a", "../a")))
    machine = await started(model, engine="generated", generate_after=0, step_memory=limit)
    if is_generated:
        await machine.dispatch("b")
    for n in range(3000):
        assert await machine.dispatch(f"foreign.{n}") is hsm.Outcome.IGNORED
    cache = machine._record.cache
    foreign, size_of_foreign = sum(map(len, cache.tables.values())), cache.size
    if not is_generated:
        await machine.dispatch("b")
    for name in names:
        assert await machine.dispatch(name) is hsm.Outcome.TAKEN
    assert set(names) <= set(known(machine))
    assert all(step_of(machine, name).__code__.co_name == "step" for name in names)
    assert 10 < foreign < 500
    assert size_of_foreign < 2 * limit // step_cache.FOREIGN_SHARE


async def test_configurations_are_kept_up_to_the_bound():
    """Equal shapes are compiled once, and still every configuration costs its table and its function."""
    size = 300
    states = [hsm.state(f"s{n}", go("go", f"../s{(n + 1) % size}")) for n in range(size)]
    machine = await started(hsm.define("M", *states), engine="generated", generate_after=0, step_memory=50_000)
    cache = machine._record.cache
    for _ in range(2 * size):
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    tables, steps, shapes = kept(cache)
    assert 10 < steps < tables < 60
    assert shapes <= 2
    assert cache.size < 60_000
    assert machine.state() == "/M/s0"


@pytest.mark.parametrize("name", ["generate_after", "step_memory"])
@pytest.mark.parametrize("number", [-1, 1.5, None, "2"])
async def test_what_is_no_number_of_uses_or_bytes_is_refused(name, number):
    """It is a whole number, 0 or more."""
    with pytest.raises(ValueError, match=f"{name} must be 0 or more, not {number!r}"):
        await started(ring(2), **{name: number})


async def test_a_budget_below_what_a_step_completes_is_the_kernels():
    """A generated step does not look at the budget while it is under way."""
    assert (await started(ring(2), engine="generated", step_budget=10))._record.cache is not None
    assert (await started(ring(2), engine="generated", step_budget=9))._record.cache is None


@rule("Q3")
async def test_a_step_that_a_caller_deep_in_the_stack_cannot_explore_is_taken_by_the_kernel():
    """Exploring goes deeper than the rules do; what it cannot find out there it finds out the next time."""
    alternatives = [go("e", "/M/b", hsm.guard(says(False))) for _ in range(60)]
    model = hsm.define("M", hsm.state("a", *alternatives, go("e", "/M/b")), hsm.state("b", go("e", "/M/a")))
    machine = await started(model, engine="generated", generate_after=0)

    def at_depth(frames):
        return machine.dispatch("e") if frames == 0 else at_depth(frames - 1)

    usual, depth, frame = sys.getrecursionlimit(), 0, sys._getframe()
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 330)
    try:
        assert await at_depth(200) is hsm.Outcome.TAKEN
    finally:
        sys.setrecursionlimit(usual)
    assert machine.state() == "/M/b"
    assert machine._record.cache.tables.get((1,), {}) == {}
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine._record.cache.tables[1,]["e"].__code__.co_name == "step"
