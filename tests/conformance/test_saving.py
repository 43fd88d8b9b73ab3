"""Saving and restoring: rules S1 to S5."""

from __future__ import annotations

import asyncio
import json
import logging

import attrs
import pytest
from support import Gated, Log, errors_of_loop, go, held, note, rule, settle, started

import hsm


class Kept(Gated):
    """A `Gated` that can be saved: its gate is left out, and a fresh one is closed."""

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "gate"}


async def forever(ctx, log, event):
    """An activity that goes on until it is cancelled."""
    await asyncio.Event().wait()


def on(event, *actions, target=None):
    """A transition on *event*."""
    return _transition(hsm.on(event), actions, target)


def after(seconds, *actions, target=None):
    """A transition after *seconds*."""
    return _transition(hsm.after(seconds), actions, target)


def every(seconds, *actions):
    """An internal transition every *seconds*."""
    return _transition(hsm.every(seconds), actions, None)


def _transition(trigger, actions, target):
    parts = ([hsm.effect(*actions)] if actions else []) + ([hsm.target(target)] if target else [])
    return hsm.transition(trigger, *parts)


async def again(machine, model, *, written=None, instance=None, **options):
    """The machine that goes on where *machine* was, which is detached; as a snapshot is *written* in between."""
    text = machine.snapshot().to_json() if written is None else json.dumps(written)
    await machine.detach()
    return await hsm.restore(None, instance or type(machine.instance)(), model, hsm.Snapshot.from_json(text), **options)


def codes_of(error):
    """The codes of what is wrong."""
    return [each.code for each in error.diagnostics]


# --- S1 --------------------------------------------------------------------------------------------------------


@rule("S1")
async def test_a_snapshot_has_everything_that_a_machine_waits_for(clock):
    """Timers in wall time with their numbers, what is deferred, what runs beside, and the data."""

    async def poll(ctx, log, event):
        await forever(ctx, log, event)

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.defer("later"),
            hsm.activity(poll, name="poll"),
            hsm.transition(hsm.after(5, name="timeout"), hsm.target("../b")),
            hsm.transition(hsm.every(2), hsm.effect(note("tick"))),
            hsm.transition(hsm.when(lambda ctx, log, event: False), hsm.target("../b")),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    await machine.dispatch("later", {"n": 1})
    await asyncio.sleep(2.5)
    found = machine.snapshot().to_dict()
    assert found | {"fingerprint": ""} == {
        "format": 1,
        "model": "M",
        "fingerprint": "",
        "taken": "2024-01-01T00:00:02.500000+00:00",
        "status": "running",
        "active": ["/M/a"],
        "conditions": {"/M/a#when.0": False},
        "timers": [
            {"id": "/M/a#after.timeout", "kind": "after", "due": "2024-01-01T00:00:05+00:00"},
            {
                "id": "/M/a#every.0",
                "kind": "every",
                "due": "2024-01-01T00:00:04+00:00",
                "since": "2024-01-01T00:00:00+00:00",
                "number": 1,
                "period": 2.0,
            },
        ],
        "activities": [
            {"id": "/M/a#activity.poll", "status": "running", "event": {"kind": "event", "name": "hsm_initial"}}
        ],
        "deferred": [{"kind": "event", "name": "later", "data": {"n": 1}}],
        "data": {"log": ["tick"]},
    }
    await machine.stop()


@rule("S1")
async def test_in_the_middle_of_a_step_there_is_no_snapshot():
    """From inside of a behaviour, and from outside while one is suspended; `settled` waits for the end."""
    seen = []

    def inside(ctx, log, event):
        with pytest.raises(hsm.SnapshotError, match="from outside") as caught:
            hsm.machine_of(log).snapshot()
        seen.extend(codes_of(caught.value))

    model = hsm.define("M", hsm.state("a", on("go", inside, held, target="../b")), hsm.state("b"))
    machine = await started(model, Kept())
    sent = asyncio.ensure_future(machine.dispatch("go"))
    await settle()
    with pytest.raises(hsm.SnapshotError, match="a step of this machine is under way"):
        machine.snapshot()
    waiting = asyncio.ensure_future(machine.settled())
    await settle()
    assert not waiting.done()
    machine.instance.gate.set()
    await waiting
    assert machine.snapshot().active == ("/M/b",)
    assert seen == ["HSM200"]
    await sent
    await machine.stop()


@rule("S1")
async def test_settled_waits_for_what_is_queued_as_well():
    """One step after the other, until nothing is left; at rest, and at the end, it returns at once."""
    model = hsm.define("M", hsm.state("a", on("go", held)))
    machine = await started(model, Kept())
    sent = [asyncio.ensure_future(machine.dispatch("go")) for _ in range(3)]
    await settle()
    machine.instance.gate.set()
    await machine.settled()
    assert machine.instance.log == ["held", "freed"] * 3
    await machine.settled()
    await machine.stop()
    await machine.settled()
    assert machine.snapshot().status == "stopped"
    await asyncio.gather(*sent)


@rule("S1")
async def test_a_machine_that_was_not_started_or_is_being_stopped_cannot_be_saved():
    """There is nothing to save yet, or nothing for long."""
    model = hsm.define("M", hsm.state("a"))
    starting = hsm.start(None, Log(), model)
    with pytest.raises(hsm.SnapshotError, match="has not been started"):
        starting._machine.snapshot()
    machine = await starting
    busy = await started(hsm.define("M", hsm.state("a", on("go", held))), Kept())
    sent = asyncio.ensure_future(busy.dispatch("go"))
    await settle()
    stopping = asyncio.ensure_future(hsm.restart(busy))
    await settle()
    with pytest.raises(hsm.SnapshotError, match="a step of this machine is under way"):
        busy.snapshot()
    busy.instance.gate.set()
    await stopping
    assert await sent is hsm.Outcome.TAKEN
    await busy.stop()
    await machine.stop()


@rule("S1")
@rule("S2")
async def test_a_deferred_signal_comes_back_as_an_object_of_its_class():
    """The model knows it by its triggers and deferrals."""

    @attrs.frozen
    class Paid(hsm.Signal):
        amount: int

    seen = []
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer(Paid), go("go", "../b")),
        hsm.state("b", hsm.transition(hsm.on(Paid), hsm.effect(lambda ctx, log, event: seen.append(event)))),
    )
    machine = await started(model)
    await machine.dispatch(Paid(3))
    machine = await again(machine, model)
    await machine.dispatch("go")
    assert seen == [Paid(3)]
    await machine.stop()


@rule("S1")
async def test_a_signal_that_the_model_does_not_name_needs_its_class():
    """A pattern says nothing about classes: `signals=` does."""

    @attrs.frozen
    class Paid(hsm.Signal):
        amount: int

    seen = []
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("*"), go("go", "../b")),
        hsm.state("b", hsm.transition(hsm.on("*"), hsm.effect(lambda ctx, log, event: seen.append(event)))),
    )
    machine = await started(model)
    await machine.dispatch(Paid(3))
    snapshot = machine.snapshot()
    with pytest.raises(hsm.SnapshotError, match=r"signals=\[...\]") as caught:
        hsm.restore(None, Log(), model, snapshot)
    assert codes_of(caught.value) == ["HSM207"]
    machine = await again(machine, model, signals=[Paid])
    await machine.dispatch("go")
    assert seen == [Paid(3)]
    await machine.stop()


@rule("S1")
async def test_of_an_exception_its_type_and_its_text_remain(clock):
    """An activity that was started by an error is given what is left of it."""
    seen = []

    async def repair(ctx, log, event):
        seen.append(event.data)
        await forever(ctx, log, event)

    def break_(ctx, log, event):
        raise ValueError("no paper")

    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.on("go"), hsm.effect(break_)), go("hsm_error", "../b")),
        hsm.state("b", hsm.activity(repair)),
    )
    machine = await started(model)
    await machine.dispatch("go")
    await settle()
    machine = await again(machine, model)
    await settle()
    assert [type(each) for each in seen] == [ValueError, hsm.RestoredError]
    assert str(seen[1]) == "ValueError: no paper"
    await machine.stop()


@rule("S1")
async def test_a_tick_says_when_it_was_due_in_wall_time_as_well(clock):
    """The clock of another process begins anew; seconds since 1970 are the same everywhere."""
    seen = []
    model = hsm.define(
        "M", hsm.state("a", hsm.transition(hsm.every(2), hsm.effect(lambda ctx, log, event: seen.append(event.data))))
    )
    machine = await started(model)
    await asyncio.sleep(2)
    machine = await again(machine, model)
    await asyncio.sleep(2)
    epoch = 1704067200.0  # of the virtual clock
    assert [(tick.number, tick.wall) for tick in seen] == [(1, epoch + 2), (2, epoch + 4)]
    await machine.stop()


# --- S2 --------------------------------------------------------------------------------------------------------


def waiting():
    """A model with an `after` of 5 s that leads on, and an `every` of 2 s."""

    def ticked(ctx, log, event):
        log.log.append(f"tick {event.data.number}, {event.data.missed} missed")

    return hsm.define(
        "M",
        hsm.state("a", hsm.entry(note("a")), after(5, note("after"), target="../b"), every(2, ticked)),
        hsm.state("b", hsm.entry(note("b"))),
    )


@rule("S2")
async def test_no_entry_action_runs_and_timers_go_on(clock):
    """What was left of a timer's time is left of it still."""
    model = waiting()
    machine = await started(model)
    await asyncio.sleep(3)
    machine = await again(machine, model)
    assert machine.state() == "/M/a"
    assert machine.instance.log == ["a", "tick 1, 0 missed"]
    await asyncio.sleep(2)
    assert machine.instance.log == ["a", "tick 1, 0 missed", "tick 2, 0 missed", "after", "b"]
    await machine.stop()


@rule("S2")
async def test_overdue_timers_fire_at_once_in_order_and_say_what_they_missed(clock):
    """Before the restored machine is given back: what is sent to it then comes later."""
    model = waiting()
    machine = await started(model)
    text = machine.snapshot().to_json()
    await machine.detach()
    await asyncio.sleep(100)
    machine = await hsm.restore(None, Log(), model, hsm.Snapshot.from_json(text))
    # the tick of 2 s is due first, and late: it stands for all that were missed
    assert machine.instance.log == ["a", "tick 50, 49 missed", "after", "b"]
    await machine.stop()


@rule("S2")
async def test_overdue_timers_may_lead_a_restored_machine_to_its_end(clock):
    """It is given back as one that has completed, as a start gives it back; a block around it ends as any."""
    model = hsm.define("M", hsm.state("a", after(1, note("after"), target="../f")), hsm.final("f"))
    machine = await started(model)
    snapshot = machine.snapshot()
    await machine.detach()
    await asyncio.sleep(2)
    machine = await hsm.restore(None, Log(), model, snapshot)
    assert (machine.status, machine.instance.log) == (hsm.Status.COMPLETED, ["after"])
    async with hsm.restore(None, Log(), model, snapshot) as machine:
        assert machine.is_over()


@rule("S2")
@pytest.mark.parametrize(("policy", "expected"), [("remaining", 2.0), ("restart", 5.0)])
async def test_timers_may_have_the_rest_of_their_time_or_all_of_it(clock, policy, expected):
    """As if the machine had slept, or as if its states were entered now."""
    model = hsm.define("M", hsm.state("a", after(5, target="../b")), hsm.state("b"))
    machine = await started(model)
    await asyncio.sleep(3)
    text = machine.snapshot().to_json()
    await machine.detach()
    await asyncio.sleep(100)
    machine = await hsm.restore(None, Log(), model, hsm.Snapshot.from_json(text), timers=policy)
    assert machine.next_due() == clock.wall() + expected
    await asyncio.sleep(expected)
    assert machine.state() == "/M/b"
    await machine.stop()


@rule("S2")
async def test_a_timer_that_is_armed_anew_asks_its_function_again(clock):
    """It is given the event of a start; what it raises is an error as any other."""
    seen = []

    async def span(ctx, log, event):
        seen.append(event.name)
        return 7

    model = hsm.define("M", hsm.state("a", after(span, target="../b"), every(3, note("tick"))), hsm.state("b"))
    machine = await started(model)
    await asyncio.sleep(2)
    machine = await again(machine, model, timers="restart")
    assert seen == ["hsm_initial", "hsm_initial"]
    assert machine.next_due() == clock.wall() + 3
    await asyncio.sleep(7)
    assert machine.state() == "/M/b"
    await machine.stop()


@rule("S2")
async def test_an_error_of_an_overdue_timer_is_reported_as_that_of_any_timer(clock):
    """Nobody awaits it: not whoever restores the machine."""

    def fails(ctx, log, event):
        raise ValueError("late")

    model = hsm.define("M", hsm.state("a", after(1, fails, target="../b")), hsm.state("b"))
    machine = await started(model)
    text = machine.snapshot().to_json()
    await machine.detach()
    await asyncio.sleep(2)
    errors = errors_of_loop()
    machine = await hsm.restore(None, Log(), model, hsm.Snapshot.from_json(text))
    assert [str(each) for each in errors] == ["late"]
    assert machine.state() == "/M/b"
    with pytest.raises(ValueError, match="late"):
        async with hsm.restore(None, Log(), model, hsm.Snapshot.from_json(text)):
            pass
    await machine.stop()


@rule("S2")
async def test_a_block_restores_the_machine_and_stops_it(clock):
    """As a block around a start does."""
    model = hsm.define("M", hsm.state("a", hsm.exit(note("left"))))
    machine = await started(model)
    snapshot = machine.snapshot()
    await machine.detach()
    log = Log()
    async with hsm.restore(None, log, model, snapshot) as machine:
        assert machine.state() == "/M/a"
    assert log.log == ["left"]


@rule("S2")
async def test_a_restore_that_is_cancelled_leaves_nothing(clock):
    """The machine is detached, and not stopped: it goes on from its snapshot another time."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(note("left")), after(1, held, target="../b")),
        hsm.state("b", hsm.exit(note("left b"))),
    )
    machine = await started(model, Kept())
    snapshot = machine.snapshot()
    await machine.detach()
    await asyncio.sleep(2)
    gated = Kept()
    task = asyncio.ensure_future(hsm.restore(None, gated, model, snapshot))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gated.gate.set()
    await settle()
    assert hsm.machine_of(gated).status is hsm.Status.STOPPED
    assert gated.log == ["left", "held", "freed"]  # what the timer's own transition does, and not the end of /M/b


@rule("S2")
async def test_histories_are_kept(clock):
    """What was last active in a state that is not active now."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.state("x", go("on", "../y")), hsm.state("y"), hsm.shallow_history("h"), go("out", "../b")),
        hsm.state("b", go("back", "../a/h")),
    )
    machine = await started(model)
    for event in ("on", "out"):
        await machine.dispatch(event)
    assert machine.snapshot().history == {"/M/a": ("/M/a/y",)}
    machine = await again(machine, model)
    await machine.dispatch("back")
    assert machine.state() == "/M/a/y"
    await machine.stop()


@rule("S2")
async def test_a_region_that_waits_at_a_join_waits_still(clock):
    """The join goes on when the last region comes."""
    model = hsm.define(
        "M",
        hsm.state(
            "both",
            hsm.region("left", hsm.state("x", hsm.transition(hsm.target("/M/both/j")))),
            hsm.region(
                "right", hsm.state("y", go("on", "../z")), hsm.state("z", hsm.transition(hsm.target("/M/both/j")))
            ),
            hsm.join("j", hsm.transition(hsm.target("/M/done"))),
        ),
        hsm.state("done"),
    )
    machine = await started(model)
    snapshot = machine.snapshot()
    assert snapshot.parked == (hsm.SnapshotRegion("/M/both/left", "/M/both/j", ("/M/both/left/x",)),)
    assert snapshot.kinds == {"/M/both/left": "region", "/M/both/j": "join"}
    machine = await again(machine, model)
    await machine.dispatch("on")
    assert machine.state() == "/M/done"
    await machine.stop()


@rule("S2")
async def test_a_deferred_call_does_what_it_did_with_nobody_to_answer(clock):
    """Its effect runs when it is recalled; whoever called was told that the machine is gone."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("ask"), go("on", "../b")),
        hsm.state(
            "b", hsm.transition(hsm.on_call("ask"), hsm.effect(lambda ctx, log, event: log.log.append(event.data)))
        ),
    )
    machine = await started(model)
    call = asyncio.ensure_future(machine.call("ask", 1, by="me"))
    await settle()
    machine = await again(machine, model)
    with pytest.raises(hsm.MachineStopped):
        await call
    await machine.dispatch("on")
    assert machine.instance.log == [hsm.Arguments((1,), {"by": "me"})]
    await machine.stop()


@rule("S2")
async def test_a_restored_machine_can_be_observed(clock):
    """The first record says what is active; overdue timers come after it."""
    model = hsm.define("M", hsm.state("a", after(1, target="../b")), hsm.state("b"))
    machine = await started(model)
    snapshot = machine.snapshot()
    await machine.detach()
    await asyncio.sleep(2)
    seen = []
    machine = await hsm.restore(None, Log(), model, snapshot, observe=seen.append)
    assert [type(each).__name__ for each in seen][:3] == ["Started", "TimerFired", "StepBegan"]
    assert seen[0].states == ("/M/a",)
    await machine.stop()


# --- S3 --------------------------------------------------------------------------------------------------------


def polling(on_restore=None):
    """A model with an activity that runs until it is cancelled, and a transition on errors."""

    async def poll(ctx, log, event):
        log.log.append(f"poll on {event.name}")
        await forever(ctx, log, event)

    return hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(poll, on_restore=on_restore),
            hsm.transition(hsm.on("hsm_error"), hsm.effect(lambda ctx, log, event: log.log.append(str(event.data)))),
            go("on", "../b"),
        ),
        hsm.state("b"),
    )


@rule("S3")
@pytest.mark.parametrize(
    ("own", "general", "expected"),
    [
        (None, "restart", ["poll on hsm_initial"]),
        (None, "forget", []),
        (None, "fail", ["does not start again"]),
        ("restart", "forget", ["poll on hsm_initial"]),
        ("fail", "restart", ["does not start again"]),
        ("forget", "fail", []),
    ],
)
async def test_a_running_activity_starts_again_or_fails_or_is_forgotten(clock, own, general, expected):
    """For the whole machine, or as the activity itself says."""
    model = polling(own)
    machine = await started(model)
    await settle()
    instance = Log()
    machine = await again(machine, model, instance=instance, activities=general)
    await settle()
    (begun, *log) = instance.log
    assert begun == "poll on hsm_initial"
    assert len(log) == len(expected)
    assert all(part in line for part, line in zip(expected, log, strict=True))
    await machine.stop()


@rule("S3")
async def test_an_activity_that_is_lost_does_not_complete_its_state(clock):
    """Nor does one that is forgotten: neither has returned."""
    for policy in ("fail", "forget"):
        model = hsm.define(
            "M",
            hsm.state(
                "a",
                hsm.activity(forever),
                hsm.state("x", go("end", "../f")),
                hsm.final("f"),
                hsm.transition(hsm.target("../b")),
                hsm.transition(hsm.on("hsm_error")),
            ),
            hsm.state("b"),
        )
        machine = await started(model)
        await settle()
        machine = await again(machine, model, activities=policy)
        machine = await again(machine, model)  # it is not taken for one that has returned later, either
        await machine.dispatch("end")
        assert machine.state() == "/M/a/f"
        await machine.stop()


@rule("S3")
async def test_an_activity_that_has_returned_does_not_start_again_and_completes_its_state(clock):
    """Its state completes as soon as everything else in it has."""

    async def once(ctx, log, event):
        log.log.append("once")

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(once),
            hsm.state("x", go("end", "../f")),
            hsm.final("f"),
            hsm.transition(hsm.target("../b")),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    await settle()
    assert machine.snapshot().activities[0].status == "returned"
    machine = await again(machine, model)
    await settle()
    assert machine.instance.log == ["once"]
    await machine.dispatch("end")
    assert machine.state() == "/M/b"
    await machine.stop()


# --- S4 --------------------------------------------------------------------------------------------------------


@rule("S4")
async def test_everything_that_does_not_fit_is_named_with_the_closest_names():
    """And nothing has been changed."""
    old = hsm.define("M", hsm.state("open", hsm.activity(forever), after(5, target="../shut")), hsm.state("shut"))
    new = hsm.define(
        "M",
        hsm.state("opened"),
        hsm.state("shut"),
        hsm.transition(hsm.on("x"), hsm.source("opened"), hsm.target("shut")),
    )
    machine = await started(old)
    snapshot = machine.snapshot()
    log = Log()
    with pytest.raises(hsm.SnapshotError, match="did you mean '/M/opened'") as caught:
        hsm.restore(None, log, new, snapshot)
    assert codes_of(caught.value) == ["HSM204", "HSM204", "HSM204"]
    assert log.log == []
    with pytest.raises(hsm.LifecycleError, match="has not been started"):
        hsm.machine_of(log)
    await machine.stop()


@rule("S4")
async def test_a_model_may_change_where_no_snapshot_looks():
    """New states, other behaviours, other transitions: what is named is there still."""
    old = hsm.define("M", hsm.state("a", after(5, target="../b")), hsm.state("b"))
    new = hsm.define(
        "M",
        hsm.state("z"),
        hsm.state("a", on("x", note("x")), after(5, target="../z")),
        hsm.state("b"),
        hsm.transition(hsm.on("y"), hsm.source("z"), hsm.target("a")),
        hsm.transition(hsm.on("w"), hsm.source("z"), hsm.target("b")),
    )
    machine = await started(old)
    machine = await again(machine, new)
    await machine.dispatch("x")
    assert machine.instance.log == ["x"]
    assert machine.next_due() is not None
    await machine.stop()


@rule("S4")
async def test_what_was_renamed_is_found_under_its_new_name():
    """The model itself, a state with everything in it, a timer: the longest that fits counts."""
    old = hsm.define("Old", hsm.state("a", hsm.state("x", after(5, target="../y")), hsm.state("y")))
    new = hsm.define(
        "New",
        hsm.state(
            "b",
            hsm.state("z", after(5, name="t", target="../y"))
            if False
            else hsm.state("z", hsm.transition(hsm.after(5, name="t"), hsm.target("../y"))),
            hsm.state("y"),
        ),
        hsm.renamed("/Old", "/New"),
        hsm.renamed("/Old/a", "/New/b"),
        hsm.renamed("/Old/a/x", "/New/b/z"),
        hsm.renamed("/Old/a/x#after.0", "/New/b/z#after.t"),
    )
    machine = await started(old)
    machine = await again(machine, new)
    assert machine.state() == "/New/b/z"
    assert machine.snapshot().timers[0].id == "/New/b/z#after.t"
    await machine.stop()


@rule("S4")
async def test_a_function_of_the_user_migrates_what_is_old():
    """It gets the snapshot as a dict, and only where the model is another one."""
    old = hsm.define("M", hsm.state("a"), hsm.state("b"), hsm.transition(hsm.on("x"), hsm.source("a"), hsm.target("b")))
    new = hsm.define("M", hsm.state("c"))
    asked = []

    def migrate(data):
        asked.append(data["active"])
        return data | {"active": ["/M/c"]}

    machine = await started(old)
    text = machine.snapshot().to_json()
    machine = await again(machine, new, migrate=migrate)
    assert machine.state() == "/M/c"
    machine = await again(machine, new, migrate=migrate)
    assert asked == [["/M/a"]]
    for wrong in (None, 3, {}):
        with pytest.raises(hsm.SnapshotError):
            hsm.restore(None, Log(), new, hsm.Snapshot.from_json(text), migrate=lambda data, wrong=wrong: wrong)
    await machine.stop()


@rule("S4")
@pytest.mark.parametrize(
    ("new", "code"),
    [
        (hsm.define("N", hsm.state("a")), "HSM203"),
        (hsm.define("M", hsm.state("a", hsm.state("x"), after(5))), "HSM205"),
        (
            hsm.define(
                "M", hsm.state("a", every(5, note("x")), hsm.transition(hsm.after(5, name="t"), hsm.effect(note("x"))))
            ),
            "HSM204",
        ),
        (hsm.define("M", hsm.final("a")), "HSM205"),
    ],
)
async def test_what_is_of_another_kind_now_does_not_fit(new, code):
    """A model of another name, a state that has substates now, a final state."""
    machine = await started(hsm.define("M", hsm.state("a", after(5, note("x")))))
    with pytest.raises(hsm.SnapshotError) as caught:
        hsm.restore(None, Log(), new, machine.snapshot())
    assert code in codes_of(caught.value)
    await machine.stop()


@rule("S4")
async def test_a_machine_that_has_ended_can_be_saved_and_not_restored():
    """There is nothing to go on with."""
    model = hsm.define("M", hsm.state("a", go("end", "../f")), hsm.final("f"))
    machine = await started(model)
    await machine.dispatch("end")
    snapshot = machine.snapshot()
    assert snapshot.status == "completed"
    with pytest.raises(hsm.SnapshotError, match="has completed"):
        hsm.restore(None, Log(), model, snapshot)


# --- S5 --------------------------------------------------------------------------------------------------------


@rule("S5")
async def test_a_detached_machine_exits_nothing(clock):
    """Activities are cancelled and awaited, timers end, whoever awaits an event is told."""
    seen = []

    async def poll(ctx, log, event):
        try:
            await asyncio.sleep(100)
        finally:
            seen.append("cancelled")

    model = hsm.define("M", hsm.state("a", hsm.exit(note("left")), hsm.activity(poll), after(5, note("late"))))
    machine = await started(model)
    await settle()
    await machine.detach()
    assert seen == ["cancelled"]
    assert machine.status is hsm.Status.STOPPED
    assert machine.states() == ()
    await asyncio.sleep(10)
    assert machine.instance.log == []
    await machine.detach()


@rule("S5")
async def test_detaching_from_inside_takes_effect_after_the_step(clock):
    """As a stop does; what is queued behind is not processed."""

    def leave(ctx, log, event):
        hsm.machine_of(log).detach()
        log.dispatch("more")

    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(note("left")), on("go", leave, target="../b")),
        hsm.state("b", hsm.exit(note("left b")), on("more", note("more"))),
    )
    machine = await started(model)
    await machine.dispatch("go")
    await settle()
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == ["left"]


@rule("S5")
async def test_events_that_no_snapshot_has_are_named_in_a_warning(caplog):
    """Those that the last snapshot has are safe."""
    model = hsm.define("M", hsm.state("a", hsm.defer("x", "y")))
    machine = await started(model)
    await machine.dispatch("x")
    machine.snapshot()
    await machine.dispatch("y")
    with caplog.at_level(logging.WARNING, logger="hsm"):
        await machine.detach()
    assert [record.getMessage() for record in caplog.records] == ["machine 'M' was stopped before it processed 'y'"]


# --- hosts that let machines sleep -----------------------------------------------------------------------------


@rule("S2")
async def test_a_machine_says_when_its_next_timer_is_due(clock):
    """In seconds since 1970; with nothing armed there is nothing."""
    model = waiting()
    machine = await started(model)
    assert machine.next_due() == clock.wall() + 2
    await asyncio.sleep(5)
    assert machine.next_due() is None
    await machine.stop()
    assert machine.next_due() is None


@rule("S2")
async def test_advancing_fires_what_is_due_by_then_in_order(clock):
    """Without the loop's timers; what that arms comes later. A timer fires once, whoever comes first."""
    model = waiting()
    machine = await started(model)
    assert await machine.advance() == clock.wall() + 2
    assert machine.instance.log == ["a"]
    assert await machine.advance(clock.wall() + 4.5) == clock.wall() + 5
    assert machine.instance.log == ["a", "tick 2, 1 missed"]
    assert await machine.advance(clock.wall() + 5) is None
    assert machine.instance.log == ["a", "tick 2, 1 missed", "after", "b"]
    await asyncio.sleep(10)
    assert machine.instance.log == ["a", "tick 2, 1 missed", "after", "b"]
    await machine.stop()


@rule("S2")
async def test_advancing_waits_for_the_steps(clock):
    """Also where a behaviour is suspended; from inside of a step it would wait for itself."""
    seen = []

    async def inside(ctx, log, event):
        machine = hsm.machine_of(log)
        for wait in (machine.settled, machine.advance):
            with pytest.raises(hsm.LifecycleError, match="would wait for itself"):
                await wait()
        await asyncio.sleep(1)
        seen.append("over")

    model = hsm.define("M", hsm.state("a", after(5, inside, target="../b")), hsm.state("b"))
    machine = await started(model)
    await machine.advance(clock.wall() + 5)
    assert (seen, machine.state()) == (["over"], "/M/b")
    await machine.stop()


@rule("S2")
async def test_what_is_queued_goes_on_as_well():
    """An event, an expiry and the end of an activity that waited when the machine was saved."""
    model = hsm.define(
        "M",
        hsm.state(
            "a", hsm.activity(forever), after(5, note("after")), on("x", note("x")), hsm.transition(hsm.target("../b"))
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    written = machine.snapshot().to_dict()
    written["activities"][0]["status"] = "returned"
    written["queue"] = [
        {"kind": "event", "name": "x", "is_fed": True},
        {"kind": "timer", "name": "/M/a#after.0"},
        {"kind": "return", "name": "/M/a"},
    ]
    await machine.detach()
    machine = await again(machine, model, written=written | {"queue": written["queue"][:2]})
    assert machine.instance.log == ["x", "after"]
    machine = await again(machine, model, written=written)
    assert (machine.instance.log, machine.state()) == ([], "/M/b")  # the end of an activity comes first (rule C2)
    await machine.stop()


def test_restore_refuses_what_it_does_not_take():
    """In the words of what it takes."""
    model = hsm.define("M", hsm.state("a"))
    with pytest.raises(TypeError, match=r"restore takes an hsm\.Snapshot"):
        hsm.restore(None, Log(), model, "{}")
    snapshot = hsm.Snapshot("M", "", 0.0, "running", ("/M/a",), {})
    with pytest.raises(ValueError, match="timers must be 'due', 'remaining' or 'restart', not 'never'"):
        hsm.restore(None, Log(), model, snapshot, timers="never")
    with pytest.raises(ValueError, match="activities must be"):
        hsm.restore(None, Log(), model, snapshot, activities="again")
    with pytest.raises(TypeError, match="restore takes the model"):
        hsm.restore(None, Log(), "M", snapshot)
