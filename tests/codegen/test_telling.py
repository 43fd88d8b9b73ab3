"""Steps that are generated for machines that are observed (rules O1 and O2)."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import pickle

import attrs
import pytest
from support import Log, errors_of_loop, fail, go, note, on, rule, says, started
from support.inside import explored

import hsm
from hsm import trace
from hsm.codegen.explore import NeedsKernel
from hsm.codegen.telling import write_telling
from hsm.defining import program_of
from hsm.facts import FactsOf
from hsm_classdsl import Machine, State, entry
from hsm_classdsl import on as marked_on

EVERYTHING = hsm.define(
    "M",
    hsm.state(
        "a",
        hsm.entry(note("in")),
        hsm.exit(note("out"), note("out again")),
        hsm.transition(hsm.after(5), hsm.every(7), hsm.effect(note("tick"))),
        go("e", "../b", hsm.guard(says(True)), hsm.effect(note("on e"), note("and more"))),
        on("inside", hsm.effect(note("inside"))),
        on("fails", hsm.effect(fail("x"), note("never"))),
        hsm.defer("later"),
    ),
    hsm.state(
        "b",
        go("e", "../a"),
        on("later"),
        hsm.state("b1", hsm.transition(hsm.target("../b2"), hsm.effect(note("through")))),
        hsm.final("b2"),
        hsm.transition(hsm.target("../c")),
        hsm.initial(hsm.target("b1")),
    ),
    hsm.state("c", go("e", "../a"), hsm.transition(hsm.after(50), hsm.target("../a"))),
    hsm.initial(hsm.target("a")),
)
EVENTS = ("inside", "unknown", "fails", "later", "e", "e", "e")


class Fatal(BaseException):
    """What is no `Exception`."""


async def play(observers, seconds=9, **options):
    """What a machine does and is told on `EVENTS`, and what came out of it."""
    instance, results = Log(), []
    machine = await started(EVERYTHING, instance, **options)
    for observer in observers:
        machine.observe(observer)
    for name in EVENTS:
        try:
            results.append(await machine.dispatch(name))
        except (Fatal, ValueError, BaseExceptionGroup) as error:
            results.append(repr(error))
        results.append(machine.state())
    await asyncio.sleep(seconds)
    with contextlib.suppress(Fatal):
        await machine.stop()
    return results, instance.log


def lines(records):
    """*records* as values that can be compared."""
    return [record.to_dict(data=True) for record in records]


# --- the same as the kernel ------------------------------------------------------------------------------------


@rule("O1")
async def test_a_generated_step_tells_what_the_kernel_tells():
    """Everything that a step can have, at a step's first use, after it, and on other events."""
    kernel, generated = trace.Recorder(), trace.Recorder()
    by_kernel = await play([kernel], engine="kernel")
    kernel.records = [attrs.evolve(each, time=0.0) for each in kernel.records]
    assert by_kernel == await play([generated], generate_after=0)
    assert [each["kind"] for each in lines(generated.records)] == [each["kind"] for each in lines(kernel.records)]
    kinds = {type(each) for each in generated.records}
    assert kinds >= {trace.Dropped, trace.Failed, trace.GuardAsked, trace.TimerArmed, trace.TimerDisarmed}


@rule("O2", "E7")
@pytest.mark.parametrize("kind", [ValueError, Fatal])
@pytest.mark.parametrize("others", [0, 1])
async def test_an_observer_may_raise_at_every_record(kind, others):
    """The others are told everything, the step goes on, and what is no exception comes out of it, by itself."""

    def raising(at):
        count = 0

        def observe(record):
            nonlocal count
            count += 1
            if count == at:
                raise kind(at)

        return observe

    for at in range(1, 52, 3):
        ways = []
        for options in ({"engine": "kernel"}, {"generate_after": 0}):
            recorders = [trace.Recorder() for _ in range(others)]
            errors = errors_of_loop()
            told = await play([*recorders, raising(at)], 0, **options)
            reported = [type(error) for error in errors]
            ways.append((told, reported, [untimed(recorder.records) for recorder in recorders]))
        assert ways[0] == ways[1], at


def untimed(records):
    """*records* without what depends on when the machine was started."""
    return [{**each, "time": None, "due": None, "data": None} for each in lines(records)]


@rule("O1", "A3")
@pytest.mark.parametrize("raises_at", [None, "TimerFired", "StepBegan", "TimerDisarmed", "TimerArmed"])
async def test_timers_are_told_by_generated_steps(raises_at):
    """Fired, disarmed and armed, as by the kernel; an interrupt in between is nobody's, and the step goes on."""

    def interrupt(record):
        if type(record).__name__ == raises_at:
            raise Fatal

    ways = []
    for options in ({"engine": "kernel"}, {"generate_after": 0}):
        model = hsm.define(
            "M",
            hsm.state("a", hsm.transition(hsm.after(1), hsm.target("../b")), hsm.transition(hsm.after(9))),
            hsm.state("b", hsm.transition(hsm.every(2), hsm.after(3), hsm.target("../a"))),
        )
        machine, recorder, errors = await started(model, **options), trace.Recorder(), errors_of_loop()
        machine.observe(recorder)
        machine.observe(interrupt)
        await asyncio.sleep(7)
        ways.append((untimed(recorder.records), machine.state(), list(map(repr, errors))))
        await machine.stop()
    assert ways[0] == ways[1]


@rule("O1")
async def test_the_making_of_a_state_object_leaves_no_record():
    """What comes before and behind it does, as by the kernel."""

    class Two(Machine):
        class A(State["Two"], initial=True):
            marked_on("e", target="B")

        class B(State["Two"]):
            @entry
            def enter(self) -> None: ...

    told = []
    for options in ({"engine": "kernel"}, {"generate_after": 0}):
        recorder = trace.Recorder()
        machine = await hsm.start(None, Two(), Two.model, observe=recorder, **options)
        await machine.dispatch("e")
        told.append([each["kind"] for each in untimed(recorder.records)])
    assert told[0] == told[1]
    assert told[0][-5:] == ["StepBegan", "Exited", "Entered", "Ran", "StepEnded"]


# --- who observes ------------------------------------------------------------------------------------------------


@rule("O1")
async def test_who_comes_within_a_step_is_told_of_the_next_one():
    """The first observer, and one more; in steps of the kernel and generated ones."""
    for options in ({"engine": "kernel"}, {"generate_after": 0}):
        seen = {}

        def look(ctx, self, event, seen=seen):
            seen[len(seen)] = records = []
            hsm.machine_of(self).observe(records.append)

        model = hsm.define("M", hsm.state("a", go("e", ".", hsm.effect(look)), on("f")))
        machine = await started(model, **options)
        for _ in range(2):
            await machine.dispatch("e")
        await machine.dispatch("f")
        kinds = [[type(record).__name__ for record in records] for records in seen.values()]
        of_f = ["Received", "StepBegan", "StepEnded"]
        assert kinds[0][-3:] == kinds[1] == of_f
        assert kinds[0][:2] == of_f[:2]


@rule("O1")
async def test_the_last_observer_may_leave_within_a_step():
    """It is told nothing more, and the steps after that are the ordinary ones."""
    machine = await started(hsm.define("M", hsm.state("a", go("e", "."))), generate_after=0)
    seen = []

    def observe(record):
        seen.append(type(record).__name__)
        if isinstance(record, trace.Exited):
            detach()
            raise ValueError("after it has left")

    detach = machine.observe(observe)
    for _ in range(2):
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert seen == ["Received", "StepBegan", "Exited"]
    record = machine._record
    assert record.steps is record.cache.tables[record.leaves]


@rule("O1", "Q2")
async def test_what_an_observer_sends_when_an_event_comes_in_is_processed_first():
    """The step of the event is looked for again: the machine may be somewhere else by then."""
    for options in ({"engine": "kernel"}, {"generate_after": 0}):
        model = hsm.define("M", hsm.state("a", go("e", "../b"), go("f", "../c")), hsm.state("b"), hsm.state("c"))
        machine = await started(model, **options)

        def observe(record, machine=machine):
            if isinstance(record, trace.Received) and record.event.name == "e":
                machine.dispatch("f")

        machine.observe(observe)
        assert await machine.dispatch("e") is hsm.Outcome.IGNORED
        assert machine.state() == "/M/c"


# --- records -----------------------------------------------------------------------------------------------------


@rule("O3")
async def test_a_record_that_somebody_has_kept_never_changes():
    """Steps fill a record in anew only while nobody has it: not in a list, a closure, or a frame."""
    machine = await started(hsm.define("M", hsm.state("a", go("e", "."))), generate_after=0)
    kept, texts, waiting = [], [], []

    async def wait(record):
        await asyncio.sleep(0)
        return record

    def observe(record):
        ways = (
            lambda: kept.append(lambda: record),
            lambda: kept.append([record].pop),
            lambda: waiting.append(wait(record)),
        )
        texts.append((len(kept), repr(record)))
        ways[len(texts) % 3]()

    machine.observe(observe)
    for number in range(6):
        await machine.dispatch("e", number)
    found = [each() for each in kept] + [await each for each in waiting]
    assert sorted(map(repr, found)) == sorted(text for _, text in texts)
    assert len({id(each) for each in found}) == len(found)


@rule("O3")
def test_records_are_values():
    """Made by keyword, equal by value within a kind, copied and pickled by their fields; a wrong field is an error."""
    record = trace.Exited(machine="M", time=1.0, step=2, cause="c", vertex="/M/a")
    assert repr(record) == "Exited(machine='M', time=1.0, step=2, cause='c', vertex='/M/a')"
    assert record == trace.Exited(machine="M", time=1.0, step=2, cause="c", vertex="/M/a")
    assert record != trace.Entered(machine="M", time=1.0, step=2, cause="c", vertex="/M/a")
    assert record != attrs.evolve(record, step=3)
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == copy.copy(record) == record
    assert hash(record) == hash(copy.copy(record))
    assert "vertex" in dir(trace.Exited)
    assert trace.Exited.vertex is trace.Exited.vertex
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.vertex = "b"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del record.vertex
    with pytest.raises(TypeError, match="Exited takes machine, time, step, cause, vertex, not machine"):
        trace.Exited(machine="M")
    with pytest.raises(TypeError, match="not nothing"):
        trace.Exited()


# --- who is not observed -----------------------------------------------------------------------------------------


@rule("O1")
async def test_steps_that_nobody_observes_know_nothing_of_observers():
    """Not a word of it is in their texts, and they are the same before and after a machine is observed."""
    texts = [hsm.generated(EVERYTHING, name, "/M/a") for name in ("e", "inside")]
    machine = await started(EVERYTHING, Log(), generate_after=0, observe=lambda record: None)
    await machine.dispatch("e")
    assert machine._record.steps is machine._record.cache.observed.tables[machine._record.leaves]
    assert texts == [hsm.generated(EVERYTHING, name, "/M/a") for name in ("e", "inside")]
    for word in ("observ", "told", "moment", "now"):
        assert not any(word in text for text in texts)
    await machine.stop()
    gc.collect()


@rule("O1")
def test_a_start_is_told_by_the_kernel():
    """No generated step tells of one."""
    with pytest.raises(NeedsKernel):
        write_telling(
            program_of(EVERYTHING), FactsOf(program_of(EVERYTHING)), explored(EVERYTHING, "e", "/M/a"), (1,), None
        )
