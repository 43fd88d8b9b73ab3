"""Observing: what a machine tells of itself (rules O1 to O3)."""

from __future__ import annotations

import asyncio
import gc
import json
import logging

import attrs
import pytest
from support import (
    Gated,
    Log,
    Paid,
    afail,
    both_engines,
    errors_of_loop,
    fail,
    go,
    held,
    in_thread,
    note,
    on,
    rule,
    says,
    settle,
    started,
)

import hsm
from hsm import trace
from hsm_classdsl import Machine, State, entry
from hsm_classdsl import on as marked_on


def told(recorder):
    """The records so far in short: the kind, and what it is about."""
    lines = []
    for record in recorder.records:
        fields = {field.name: getattr(record, field.name) for field in attrs.fields(type(record))}
        about = [fields.get(name) for name in ("vertex", "event", "behavior", "guard", "timer", "activity", "reason")]
        words = [each.name if isinstance(each, hsm.Event) else each for each in about if each]
        lines.append(" ".join([type(record).__name__, *words]))
    recorder.records.clear()
    return lines


async def observed(model, instance=None, **options):
    """A machine with a recorder, from its start on."""
    recorder = trace.Recorder()
    return await started(model, instance, observe=recorder, **options), recorder


# --- what is told ----------------------------------------------------------------------------------------------


@rule("O1")
@both_engines
async def test_a_step_is_told_from_beginning_to_end(engine):
    """In the order in which things happen: guards, exits, effects, entries; and the start before it."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(note("x")), go("e", "../b", hsm.guard(says(True)), hsm.effect(note("y")))),
        hsm.state("b", hsm.entry(note("z"))),
    )
    machine, recorder = await observed(model, engine=engine)
    assert told(recorder) == [
        "StepBegan hsm_initial",
        "Entered /M",
        "Entered /M/a",
        "StepEnded hsm_initial",
        "Started",
    ]
    await machine.dispatch("e")
    assert told(recorder) == [
        "Received e",
        "StepBegan e",
        "GuardAsked /M/a says.answer",
        "Ran /M/a note.behave",
        "Exited /M/a",
        "Ran /M/a note.behave",
        "Entered /M/b",
        "Ran /M/b note.behave",
        "StepEnded e",
    ]
    await machine.stop()
    assert told(recorder) == ["StepBegan hsm_final", "Exited /M/b", "Exited /M", "StepEnded hsm_final", "Ended"]


@rule("O1")
async def test_what_caused_it_is_told():
    """The event, the timer, the completion, the error, the change: of the step, or of the part that follows from it."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.transition(hsm.after(2), hsm.target("../b")),
            hsm.state("inner", hsm.transition(hsm.target("../f"))),
            hsm.final("f"),
            hsm.transition(hsm.effect(note("complete"))),
        ),
        hsm.state("b", go("e", "../c", hsm.effect(fail("x")))),
        hsm.state(
            "c", on("hsm_error", hsm.effect(note("handled"))), hsm.transition(hsm.on_call("op"), hsm.target("../d"))
        ),
        hsm.state(
            "d", hsm.transition(hsm.when(lambda ctx, self, event: "go" in self.log), hsm.target("../g")), on("f")
        ),
        hsm.state("g"),
    )
    machine, recorder = await observed(model)
    await asyncio.sleep(3)
    await machine.dispatch("e")
    await machine.call("op")
    machine.instance.log.append("go")
    await machine.dispatch("f")
    await machine.stop()
    causes = dict.fromkeys(record.cause for record in recorder.records)
    assert [*causes] == [
        "start",
        "completion of /M/a/inner",
        "completion of /M/a",
        "after of /M/a",
        "event 'e'",
        "error",
        "call of 'op'",
        "event 'f'",
        "change",
        "stop",
    ]
    steps = [record.step for record in recorder.records]
    assert steps == sorted(steps)
    assert {record.machine for record in recorder.records} == {"M"}
    assert {record.time for record in recorder.records} == {0, 2, 3}


@rule("O1")
async def test_deferral_is_told():
    """Kept, recalled, and dropped in the end."""
    model = hsm.define("M", hsm.state("a", hsm.defer("x"), go("e", "../b")), hsm.state("b", hsm.defer("y"), on("z")))
    machine, recorder = await observed(model)
    told(recorder)
    for name in ("x", "e", "y"):
        await machine.dispatch(name)
    await machine.stop()
    assert told(recorder) == [
        *("Received x", "StepBegan x", "StepEnded x", "Deferred x"),
        *("Received e", "StepBegan e", "Exited /M/a", "Entered /M/b", "StepEnded e", "Recalled x"),
        *("StepBegan x", "Dropped x ignored", "StepEnded x"),
        *("Received y", "StepBegan y", "StepEnded y", "Deferred y"),
        *("StepBegan hsm_final", "Exited /M/b", "Exited /M", "StepEnded hsm_final", "Dropped y ended", "Ended"),
    ]


@rule("O1", "L1")
async def test_what_the_start_recalls_is_told():
    """An event that an entry action sends, which the next state takes."""

    def send(ctx, self, event):
        self.dispatch("x")
        self.dispatch("y")

    model = hsm.define("M", hsm.state("a", hsm.entry(send), hsm.defer("x"), go("y", "../b")), hsm.state("b", on("x")))
    _, recorder = await observed(model)
    lines = told(recorder)
    assert lines.index("Deferred x") < lines.index("Recalled x") < lines.index("Started")


@rule("O1", "Q8")
async def test_what_a_spent_budget_drops_is_told():
    """The events that the machine sent to itself."""

    def again(ctx, self, event):
        self.dispatch("e")
        self.dispatch("e")

    machine, recorder = await observed(hsm.define("M", hsm.state("a", on("e", hsm.effect(again)))), step_budget=5)
    errors = errors_of_loop()
    machine.dispatch("e")
    await settle()
    assert [type(error) for error in errors] == [hsm.LoopBudgetError]
    assert "Dropped e budget" in told(recorder)


@rule("O1", "A3")
async def test_timers_are_told():
    """Armed with when they are due, fired, and disarmed; one that is not armed at all is not told."""

    def never(ctx, self, event):
        raise ValueError("never")

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.transition(hsm.every(2), hsm.effect(note("tick"))),
            hsm.transition(hsm.after(5), hsm.target("../b")),
            hsm.transition(hsm.after(never), hsm.target("../b")),
            on("hsm_error"),
        ),
        hsm.state("b", hsm.transition(hsm.after(100), hsm.target("../z"))),
        hsm.final("z"),
    )
    machine, recorder = await observed(model)
    due = [(record.timer, record.due) for record in recorder.records if isinstance(record, trace.TimerArmed)]
    assert due == [("every", 2.0), ("after", 5.0)]
    told(recorder)
    await asyncio.sleep(6)
    lines = [line for line in told(recorder) if line.startswith("Timer")]
    assert lines == [
        "TimerFired /M/a every",
        "TimerFired /M/a every",
        "TimerFired /M/a after",
        "TimerDisarmed /M/a every",
        "TimerArmed /M/b after",
    ]
    await machine.stop()
    assert "TimerDisarmed /M/b after" in told(recorder)


@rule("O1", "A3")
@both_engines
async def test_of_several_timers_of_a_transition_the_one_that_fired_is_told(engine):
    """Also where an `every`, which has fired before, is one of them."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.transition(hsm.after(9), hsm.every(2), hsm.after(5), hsm.effect(note("x"))),
            hsm.transition(hsm.after(5.5), hsm.target(".")),
        ),
    )
    machine, recorder = await observed(model, engine=engine)
    await asyncio.sleep(5.2)
    fired = [(each.timer, each.time) for each in recorder.records if isinstance(each, trace.TimerFired)]
    assert fired == [("every", 2.0), ("every", 4.0), ("after", 5.0)]
    await machine.stop()


@rule("O1", "O3")
@both_engines
async def test_records_have_the_identifiers_of_the_chart(engine):
    """Of behaviours, guards, activities and timers, with the names that the user gave; and of what a step took."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.entry(note("in")),
            hsm.activity(held, name="hold"),
            hsm.transition(hsm.after(5, name="late"), hsm.every(2), hsm.effect(note("tick"))),
            go("e", "../c", hsm.guard(says(True)), hsm.effect(note("x"))),
            on("f", hsm.effect(fail("y"))),
        ),
        hsm.choice("c", hsm.transition(hsm.target("../b"), hsm.effect(note("z")))),
        hsm.state("b"),
    )
    machine, recorder = await observed(model, Gated(), engine=engine)
    await asyncio.sleep(5.5)
    with pytest.raises(ValueError, match="y"):
        await machine.dispatch("f")
    await machine.dispatch("e")
    await machine.stop()
    kinds = (
        "GuardAsked",
        "Ran",
        "Failed",
        "TimerArmed",
        "TimerFired",
        "TimerDisarmed",
        "ActivityBegan",
        "ActivityEnded",
    )
    found = [(type(each).__name__, each.id) for each in recorder.records if type(each).__name__ in kinds]
    assert [(kind, name.removeprefix("/M/")) for kind, name in found] == [
        ("Ran", "a#entry.0"),
        ("ActivityBegan", "a#activity.hold"),
        ("TimerArmed", "a#after.late"),
        ("TimerArmed", "a#every.0"),
        ("TimerFired", "a#every.0"),
        ("Ran", "a#0.effect.0"),
        ("TimerFired", "a#every.0"),
        ("Ran", "a#0.effect.0"),
        ("TimerFired", "a#after.late"),
        ("Ran", "a#0.effect.0"),
        ("Failed", "a#2.effect.0"),
        ("GuardAsked", "a#1.guard.0"),
        ("TimerDisarmed", "a#every.0"),
        ("ActivityEnded", "a#activity.hold"),
        ("Ran", "a#1.effect.0"),
        ("Ran", "c#0.effect.0"),
    ]
    ends = [each.transitions for each in recorder.records if isinstance(each, trace.StepEnded)]
    tick = ("/M/a#0",)
    assert ends == [("/M#default",), tick, tick, tick, ("/M/a#2",), ("/M/a#1", "/M/c#0"), ()]
    chart = hsm.chart(model)
    assert {each for taken in ends for each in taken} <= {each.id for each in chart.transitions}


@rule("O1", "A3")
@both_engines
async def test_an_expiry_that_was_queued_before_anybody_observed_is_told(engine):
    """Behind a step that the observer came into."""
    model = hsm.define(
        "M",
        hsm.state("a", on("e", hsm.effect(held)), hsm.transition(hsm.every(2), hsm.after(9), hsm.effect(note("x")))),
    )
    gated = Gated()
    machine = await started(model, gated, engine=engine)
    step = asyncio.ensure_future(machine.dispatch("e"))
    await asyncio.sleep(3)
    recorder = trace.Recorder()
    machine.observe(recorder)
    gated.gate.set()
    await step
    await settle()
    assert [each.timer for each in recorder.records if isinstance(each, trace.TimerFired)] == ["every"]
    await machine.stop()


@rule("O1", "A1")
async def test_activities_are_told():
    """Begun, returned, raised, cancelled with their state, or with the machine."""

    async def wait(ctx, self, event):
        await asyncio.sleep(1)

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(wait, wait), hsm.transition(hsm.target("../b"))),
        hsm.state("b", hsm.activity(afail("x")), on("hsm_error", hsm.target("../c"))),
        hsm.state("c", hsm.activity(wait), go("e", "../d")),
        hsm.state("d", hsm.activity(wait), go("e", "../z")),
        hsm.final("z"),
    )
    machine, recorder = await observed(model)
    await asyncio.sleep(1.5)
    await machine.dispatch("e")
    await machine.dispatch("e")
    ends = [record for record in recorder.records if isinstance(record, trace.ActivityEnded)]
    assert [(each.vertex, each.is_cancelled, type(each.error).__name__) for each in ends] == [
        ("/M/a", False, "NoneType"),
        ("/M/a", False, "NoneType"),
        ("/M/b", False, "ValueError"),
        ("/M/c", True, "NoneType"),
        ("/M/d", True, "NoneType"),
    ]
    begun = [record for record in recorder.records if isinstance(record, trace.ActivityBegan)]
    assert [each.vertex for each in begun] == ["/M/a", "/M/a", "/M/b", "/M/c", "/M/d"]
    assert begun[2].activity == "afail.behave"


@rule("O1", "A1")
async def test_only_activities_are_told_of_whose_beginning_was():
    """One that ran before the machine was observed is unknown; of several, each is told when it ends."""

    def wait(seconds):
        async def behave(ctx, self, event):
            await asyncio.sleep(seconds)

        return behave

    model = hsm.define("M", hsm.state("a", hsm.activity(wait(2), wait(1)), go("e", ".")))
    machine = await started(model)
    recorder = trace.Recorder()
    machine.observe(recorder)
    await asyncio.sleep(3)
    assert "ActivityEnded" not in [type(record).__name__ for record in recorder.records]
    await machine.dispatch("e")
    await asyncio.sleep(3)
    ends = [record for record in recorder.records if isinstance(record, trace.ActivityEnded)]
    assert [record.time for record in ends] == [4, 5]
    assert {record.cause for record in ends} == {"end of an activity"}


@rule("O1", "E1")
async def test_errors_are_told():
    """With the behaviour that raised them and where it is written; a guard that raised has no answer."""

    class Broken(Machine):
        class A(State["Broken"], initial=True):
            marked_on("e", target="B")

        class B(State["Broken"]):
            def __init__(self) -> None:
                raise ValueError("no object")

            @entry
            def never(self) -> None: ...

    recorder = trace.Recorder()
    machine = await hsm.start(None, Broken(), Broken.model, observe=recorder)
    with pytest.raises(ValueError, match="no object"):
        await machine.dispatch("e")
    model = hsm.define("M", hsm.state("a", go("e", ".", hsm.guard(fail("x"))), on("f", hsm.effect(fail("y")))))
    machine, other = await observed(model)
    for name in ("e", "f"):
        with pytest.raises(ValueError, match=r"[xy]"):
            await machine.dispatch(name)
    failed = [each for each in (*recorder.records, *other.records) if isinstance(each, trace.Failed)]
    assert [(each.role, each.vertex, str(each.error)) for each in failed] == [
        ("object", "/Broken/B", "no object"),
        ("guard", "/M/a", "x"),
        ("effect", "/M/a", "y"),
    ]
    assert "test_trace.py" in failed[1].place
    assert [each.answer for each in other.records if isinstance(each, trace.GuardAsked)] == [None]


@rule("O1", "L3a")
async def test_questions_are_not_told():
    """They are no steps."""
    machine, recorder = await observed(hsm.define("M", hsm.state("a", go("e", ".", hsm.guard(says(True))))))
    told(recorder)
    await machine.can("e")
    await machine.explain("e")
    assert told(recorder) == []


# --- observers -------------------------------------------------------------------------------------------------


@rule("O1")
@both_engines
async def test_observers_come_and_go(engine):
    """From the next step on, in the order in which they came, until they are detached; then steps are generated again."""
    order = []
    model = hsm.define("M", hsm.state("a", go("e", ".")))
    machine = await started(model, engine=engine)
    await machine.dispatch("e")
    detach = [machine.observe(lambda record, name=name: order.append(name)) for name in "ab"]
    await machine.dispatch("e")
    assert order[:4] == ["a", "b", "a", "b"]
    order.clear()
    same = [machine.observe(order.append) for _ in range(2)]
    same[0]()
    same[0]()
    await machine.dispatch("e")
    assert order[:5] == ["a", "b", order[2], "a", "b"]
    same[1]()
    order.clear()
    detach[0]()
    detach[0]()
    await machine.dispatch("e")
    assert {*order} == {"b"}
    order.clear()
    detach[1]()
    await machine.dispatch("e")
    assert order == []
    assert machine._record.observation is None
    assert machine._record.rests is (engine == "generated")


@rule("O1")
@both_engines
async def test_a_step_under_way_is_not_told(engine):
    """Observed in the middle of a step, a machine tells of the next one first."""
    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(held, fail("x"))), on("f")))
    machine = await started(model, Gated(), engine=engine)
    recorder = trace.Recorder()
    taken = asyncio.ensure_future(machine.dispatch("e"))
    await settle()
    machine.observe(recorder)
    machine.instance.gate.set()
    with pytest.raises(ValueError, match="x"):
        await taken
    assert told(recorder) == []
    await machine.dispatch("f")
    assert told(recorder) == ["Received f", "StepBegan f", "StepEnded f"]


@rule("O2")
@both_engines
async def test_an_observer_that_raises_is_logged_and_removed(engine, caplog):
    """The step, and the other observers, do not notice."""
    recorder = trace.Recorder()

    def breaks(record):
        raise ValueError("observer")

    machine = await started(hsm.define("M", hsm.state("a", go("e", "."))), engine=engine)
    machine.observe(breaks)
    machine.observe(recorder)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert [record.getMessage() for record in caplog.records] == ["an observer of machine 'M' raised, and is removed"]
    assert told(recorder)[-1] == "StepEnded e"
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert len(caplog.records) == 1


@rule("O2", "E7")
async def test_an_interrupt_in_an_observer_comes_out_of_the_step():
    """The step is finished first."""

    class Fatal(BaseException):
        pass

    def breaks(record):
        raise Fatal

    machine = await started(hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b")))
    machine.observe(breaks)
    with pytest.raises(Fatal):
        await machine.dispatch("e")
    assert machine.state() == "/M/b"


@rule("O2")
async def test_an_observer_may_send():
    """What it sends is queued behind the step."""
    machine = await started(
        hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b", go("f", "../c")), hsm.state("c"))
    )

    def send(record):
        if isinstance(record, trace.Entered):
            machine.dispatch("f")

    machine.observe(send)
    await machine.dispatch("e")
    await settle()
    assert machine.state() == "/M/c"


@rule("O1")
@both_engines
async def test_a_behaviour_may_observe_its_own_step_for_nothing(engine):
    """Detached within the step that is under way, the observer has seen nothing, and the step goes on."""
    seen = []

    def look(ctx, self, event):
        hsm.machine_of(self).observe(seen.append)()

    machine = await started(hsm.define("M", hsm.state("a", go("e", ".", hsm.effect(look)))), engine=engine)
    for _ in range(3):
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert seen == []


@rule("O1", "L6")
async def test_a_restart_is_told():
    """Observers stay with the machine."""
    machine, recorder = await observed(hsm.define("M", hsm.state("a")))
    await machine.restart()
    kinds = [line for line in told(recorder) if line in ("Started", "Ended")]
    assert kinds == ["Started", "Ended", "Started"]


@rule("O1", "Q7")
@pytest.mark.needs_system
async def test_mistakes_are_refused():
    """What cannot be called, and another thread."""
    machine = await started(hsm.define("M", hsm.state("a")))
    with pytest.raises(TypeError, match=r"an observer is called with each record, and 5 cannot be"):
        machine.observe(5)
    assert isinstance(await in_thread(lambda: machine.observe(print)), hsm.LifecycleError)


# --- records ---------------------------------------------------------------------------------------------------


@rule("O3")
async def test_a_record_is_frozen_and_can_be_written():
    """As JSON, without the data of events unless that is asked for."""
    machine, recorder = await observed(hsm.define("M", hsm.state("a", on(Paid), on("e"))))
    await machine.dispatch(Paid(3))
    await machine.dispatch("e", {"a": 1})
    received = [record for record in recorder.records if isinstance(record, trace.Received)]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        received[0].event = None
    assert received[0].to_dict() == {
        "kind": "Received", "machine": "M", "time": 0.0, "step": 1, "cause": "event 'order.paid'", "event": "order.paid",
    }  # fmt: skip
    assert [record.to_dict(data=True)["data"] for record in received] == ["Paid(amount=3)", "{'a': 1}"]
    json.dumps([record.to_dict() for record in recorder.records])


@rule("O3")
async def test_a_recorder_keeps_the_last_records():
    """They can be written as lines of JSON, and read again."""
    recorder = trace.Recorder(last=5)
    model = hsm.define(
        "M", hsm.state("a", go("e", "../z", hsm.guard(says(True)), hsm.effect(fail("x")))), hsm.final("z")
    )
    machine = await started(model, observe=recorder)
    with pytest.raises(ValueError, match="x"):
        await machine.dispatch("e")
    assert len(recorder.records) == 5
    lines = recorder.to_json_lines()
    assert lines.count("\n") == 5
    again = trace.Recorder.from_json_lines(lines)
    assert again.to_json_lines() == lines
    assert [type(record) for record in again.records] == [type(record) for record in recorder.records]
    assert trace.Recorder.from_json_lines(lines.splitlines()).to_json_lines() == lines


@rule("O3")
def test_lines_of_json_end_where_json_says():
    """A name may have what else ends lines of text; other programs write it as it is."""
    recorder = trace.Recorder()
    recorder(trace.Entered(machine="M", time=0.0, step=1, cause="start", vertex="/M/a\u2028b\x85"))
    raw = json.dumps(recorder.records[0].to_dict(), ensure_ascii=False)
    for lines in (raw, raw + "\n", raw + "\r\n", recorder.to_json_lines()):
        assert trace.Recorder.from_json_lines(lines).records == recorder.records
    assert not trace.Recorder.from_json_lines("").records


@rule("O3")
@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"kind": "Nothing"}', '{"kind": "Entered"}', "5"])
def test_what_is_no_trace_is_refused(line):
    """With the number of the line."""
    with pytest.raises(ValueError, match="line 2 is no record of a trace"):
        good = '{"kind": "Ended", "machine": "M", "time": 0, "step": 1, "cause": "stop", "status": "stopped"}'
        trace.Recorder.from_json_lines(f"{good}\n{line}")


@rule("O1")
async def test_records_can_be_awaited():
    """One after the other, up to the end of the machine."""
    machine = await started(hsm.define("M", hsm.state("a", go("e", "."))))
    seen = []

    def keep(record):
        seen.append(type(record).__name__)

    async def follow():
        async for record in trace.records(machine):
            keep(record)

    following = asyncio.ensure_future(follow())
    await settle()
    await machine.dispatch("e")
    await settle()
    assert seen == ["Received", "StepBegan", "Exited", "Entered", "StepEnded"]
    await machine.stop()
    await following
    assert seen[-1] == "Ended"
    gc.collect()


# --- the log ---------------------------------------------------------------------------------------------------


@rule("O1")
async def test_the_log_has_a_line_for_each_step(caplog):
    """With what led where, and the fields as extra."""
    caplog.set_level(logging.DEBUG, "hsm.trace")
    model = hsm.define(
        "M", hsm.state("a", go("e", "../b", hsm.guard(says(True)))), hsm.state("b", on("f", hsm.effect(fail("x"))))
    )
    machine = await started(model, observe=trace.log())
    await machine.dispatch("e")
    with pytest.raises(ValueError, match="x"):
        await machine.dispatch("f")
    await machine.stop()
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "M: start taken: nothing -> a",
        "M: event 'e' taken: a -> b (says.answer True)",
        "M: event 'f' taken: b (fail.behave raised ValueError('x'))",
        "M: stop taken: b -> nothing",
    ]
    assert caplog.records[1].hsm_kind == "StepEnded"
    assert caplog.records[1].hsm_states == ["/M/b"]


@rule("O1")
async def test_the_log_may_have_a_line_for_each_record(caplog):
    """On a level and with a logger of one's own."""
    caplog.set_level(logging.INFO, "mine")
    machine = await started(hsm.define("M", hsm.state("a", go("e", "."))))
    detach = machine.observe(trace.log(logging.INFO, logging.getLogger("mine"), every=True))
    await machine.dispatch("e")
    detach()
    assert [record.getMessage() for record in caplog.records][:2] == [
        "M: Received event='e'",
        "M: StepBegan event='e' states=['/M/a']",
    ]


@rule("O1")
async def test_a_line_of_the_log_is_one_line(caplog):
    """Whatever the model and its events are called."""
    caplog.set_level(logging.DEBUG, "hsm.trace")
    machine = await started(hsm.define("M\n%s", hsm.state("a", on("e\n"))), observe=trace.log())
    await machine.dispatch("e\n")
    assert caplog.records[-1].getMessage() == r"M\n%s: event 'e\n' taken: a"


@rule("O2")
async def test_a_machine_that_nobody_observes_has_nothing_of_it():
    """Its steps are generated, and no observer is in their text."""
    model = hsm.define("M", hsm.state("a", go("e", ".", hsm.effect(note("x")))))
    machine, _ = await observed(model)
    assert machine._record.observation is not None
    other = await started(model, Log())
    await other.dispatch("e")
    assert other._record.observation is None
    assert "observ" not in hsm.generated(model, "e", "a")
