"""What a trace says of the transitions that a machine took."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict

import pytest
from laws.description import EVENTS, Failure, Recorder, build_functional
from laws.models import describe, is_valid
from picture.kiosk import MODEL, Kiosk
from support import fail, note, pause, says, started

import hsm
from hsm import trace
from hsm.draw.steps import steps

CHART = hsm.chart(MODEL)


def is_true(ctx, instance, event):
    return True


async def taken_by(model, *events, instance=None):
    """What each step took that took anything, the start first; a number among *events* is seconds that pass."""
    recorder = trace.Recorder()
    machine = await started(model, instance, observe=recorder)
    for event in events:
        if isinstance(event, str):
            await machine.dispatch(event)
        else:
            await pause(event)
    if not machine.is_over():
        await hsm.stop(machine)
    return [step.taken for step in steps(hsm.chart(model), recorder.records) if step.taken]


async def test_a_step_takes_a_whole_way_through_pseudostates():
    """Choice, entry point, default entries; completions into a join; junction; exit point; histories; timers."""
    brewing = "/Kiosk/serving/brewing"
    defaults = (f"{brewing}/water#default", f"{brewing}/beans#default")
    events = [
        "sugar",
        "coin",
        "hot",
        "ground",
        2,
        "flow.done",
        "cup.taken",
        300,
        1,
        "touch",
        "again",
        "coin",
        "service",
    ]
    found = await taken_by(MODEL, *events, "resume", "abort", "resume.exactly", "afresh", "rinse", instance=Kiosk())
    joined = (f"{brewing}/water/filled#0", f"{brewing}/beans/steeped#0", "/Kiosk/serving/poured#0")
    bought = ("/Kiosk/idle#0", "/Kiosk/decide#0", "/Kiosk/serving/paid#0", *defaults)
    assert found == [
        ("/Kiosk#default",),
        ("/Kiosk/idle#1",),
        bought,
        (f"{brewing}/water/heating#0", f"{brewing}/water/pumping#default"),
        (f"{brewing}/beans/grinding#0",),
        (f"{brewing}/water/pumping/slow#0",),
        (f"{brewing}/water/pumping#0", f"{brewing}/beans/pressed#0", *joined),
        ("/Kiosk/serving/cup#0", "/Kiosk/check#1"),
        ("/Kiosk/idle#2",),
        ("/Kiosk/standby#1",),
        ("/Kiosk/standby#0",),
        ("/Kiosk/idle#3",),
        bought,
        ("/Kiosk/serving#0",),
        ("/Kiosk/maintenance#0", *defaults),
        (f"{brewing}#0", "/Kiosk/serving/aborted#0"),
        ("/Kiosk/maintenance#1",),
        ("/Kiosk/serving#2", *defaults),
        ("/Kiosk/serving#3", *joined),
    ]


async def test_a_closed_way_is_not_taken():
    """What guards answered decides; a fork enters all of its targets."""
    kiosk = Kiosk()
    kiosk.is_paid = False
    found = await taken_by(MODEL, "coin", instance=kiosk)
    assert found[1] == ("/Kiosk/idle#0", "/Kiosk/decide#1", "/Kiosk/split#0")


async def test_a_history_without_memory_takes_its_default():
    """With one it does not; nor does what was restored take its default entries."""
    model = hsm.define(
        "M",
        hsm.state("out", hsm.transition(hsm.on("shallow"), hsm.target("in/h")), hsm.transition(hsm.on("deep"), hsm.target("in/d"))),
        hsm.state(
            "in",
            hsm.shallow_history("h", hsm.target("a")),
            hsm.deep_history("d"),
            hsm.state("a", hsm.initial(hsm.target("x")), hsm.state("x")),
            hsm.final("f"),
            hsm.transition(hsm.on("back"), hsm.target("out")),
            hsm.transition(hsm.on("end"), hsm.target("f")),
            hsm.transition(hsm.target("out")),
        ),
    )  # fmt: skip
    found = await taken_by(model, "deep", "back", "shallow", "back", "deep", "end", "shallow")
    assert found[1:] == [
        ("/M/out#1", "/M/in#default", "/M/in/a#default"),
        ("/M/in#0",),
        ("/M/out#0", "/M/in/a#default"),
        ("/M/in#0",),
        ("/M/out#1",),
        ("/M/in#1", "/M/in#2"),
        ("/M/out#0", "/M/in/h#0", "/M/in/a#default"),
    ]


async def test_errors_changes_calls_and_patterns_are_triggers_too():
    """An exact name is asked before a prefix, and that before any; an internal one without effects is seen, too."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.transition(hsm.on("*"), hsm.effect(note("any"))),
            hsm.transition(hsm.on("x.*"), hsm.effect(note("prefix"))),
            hsm.transition(hsm.on("x.y")),
            hsm.transition(hsm.on("fail"), hsm.effect(fail("it"), note("never"))),
            hsm.transition(hsm.on("hsm_error"), hsm.effect(note("mended"))),
            hsm.transition(hsm.when(lambda ctx, log, event: "mended" in log.log), hsm.target("b")),
        ),
        hsm.state("b", hsm.transition(hsm.on_call("ask"), hsm.effect(says("yes")))),
    )
    recorder = trace.Recorder()
    machine = await started(model, observe=recorder)
    for event in ("q", "x.z", "x.y", "fail"):
        await machine.dispatch(event)
    await machine.call("ask")
    found = [step.taken for step in steps(hsm.chart(model), recorder.records)]
    assert found[1:] == [("/M/a#0",), ("/M/a#1",), ("/M/a#2",), ("/M/a#3", "/M/a#4", "/M/a#5"), ("/M/b#0",)]
    await hsm.stop(machine)


async def test_guards_of_other_states_count_where_they_were_asked():
    """Before anything is left on a transition, when it is reached behind a choice; what was not asked did not hold."""
    other = hsm.in_state("/M/q/y")
    model = hsm.define(
        "M",
        hsm.region(
            "p",
            hsm.state(
                "a",
                hsm.transition(hsm.on("e"), hsm.guard(hsm.not_(other), hsm.not_(hsm.not_(is_true))), hsm.target("c")),
                hsm.transition(hsm.on("e"), hsm.guard(hsm.not_(hsm.any_of(is_true, is_true))), hsm.effect(note("n"))),
                hsm.transition(hsm.on("e"), hsm.guard(other), hsm.target("b")),
            ),
            hsm.state("b", hsm.transition(hsm.on("e"), hsm.target("a"))),
            hsm.choice(
                "c",
                hsm.transition(hsm.guard(hsm.in_state("/M/p/a")), hsm.target("a")),
                hsm.transition(hsm.guard(other), hsm.target("a")),
                hsm.transition(hsm.target("b"), hsm.effect(note("n"))),
            ),
        ),
        hsm.region("q", hsm.state("x", hsm.transition(hsm.on("go"), hsm.target("y"))), hsm.state("y")),
    )
    found = await taken_by(model, "e", "e", "go", "e", "e")
    assert found[1:] == [("/M/p/a#0", "/M/p/c#2"), ("/M/p/b#0",), ("/M/q/x#0",), ("/M/p/a#2",), ("/M/p/b#0",)]


async def test_what_a_nested_state_preempts_is_not_taken():
    """A transition of the state around both regions does not fire when one of them reacts (rule T4)."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("p", hsm.state("a", hsm.transition(hsm.on("e"), hsm.target("b"))), hsm.state("b")),
            hsm.region("q", hsm.state("c")),
            hsm.transition(hsm.on("e"), hsm.target("/M/x")),
        ),
        hsm.state("x"),
    )
    found = await taken_by(model, "e", "e")
    assert found[1:] == [("/M/o/p/a#0",), ("/M/o#0",)]


async def test_a_trace_without_its_beginning_says_what_it_can():
    """A ring buffer has lost the first records: the step that is cut off is left out; what is under way has no end."""
    recorder = trace.Recorder()
    machine = await started(MODEL, Kiosk(), observe=recorder)
    for event in ("coin", "service", "resume"):
        await machine.dispatch(event)
    await hsm.stop(machine)
    records = list(recorder.records)
    second = next(number for number, each in enumerate(records) if each.step == 2 and isinstance(each, trace.Entered))
    told = steps(CHART, records[second:])
    assert [step.number for step in told[:2]] == [3, 4]
    assert told[1].taken[0] == "/Kiosk/maintenance#0"
    cut = steps(CHART, records[:second])
    assert [step.outcome for step in cut] == ["taken", ""]
    assert steps(CHART, records[second:][:1]) == ()


@pytest.mark.filterwarnings("ignore::hsm.DefinitionWarning")
@pytest.mark.parametrize("seed", [2, 7, 16, 40, 53, 88, 94, 233, 271, 557])
async def test_what_ran_is_what_was_taken(seed):
    """On random machines: every effect that ran belongs to a transition that was taken, and the other way round."""
    random_ = random.Random(seed)
    description = describe(random_)
    assert is_valid(description)
    model, recorder = build_functional(description), trace.Recorder(100_000)
    machine = await started(model, Recorder(), observe=recorder)
    for _ in range(12):
        with contextlib.suppress(Failure, ExceptionGroup):
            await machine.dispatch(random_.choice(EVENTS))
    with contextlib.suppress(Failure, ExceptionGroup):
        await hsm.stop(machine)
    chart = hsm.chart(model)
    ran, failed = defaultdict(set), set()
    for record in recorder.records:
        if isinstance(record, trace.Ran) and record.role == "effect":
            ran[record.step].add(record.id)
        failed |= {record.step} if isinstance(record, trace.Failed) else set()
    for step in steps(chart, recorder.records):
        if step.number not in failed:  # an effect that raises ends the transition
            transitions = [chart.transition(each) for each in step.taken]
            assert ran[step.number] == {each.id for one in transitions for each in one.effects}, step
