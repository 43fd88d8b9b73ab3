"""Activities: behaviours that run beside the steps, as tasks of the machine (rules A1, K5 and C1)."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from support import (
    Gated,
    afail,
    anote,
    errors_of_loop,
    fail,
    go,
    logged,
    note,
    noting,
    on,
    rule,
    settle,
    started,
    then,
    until_open,
)

import hsm


def work(text):
    """An activity that works until it is cancelled, and writes its beginning and its end."""

    async def act(ctx, self, event):
        self.log.append(f"{text} begins")
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"{text} ends")

    return act


@rule("A1")
async def test_an_activity_runs_in_a_task_of_its_own_while_its_state_is_active():
    """The step that entered the state does not wait for it."""
    tasks = []
    model = hsm.define(
        "M", hsm.state("a", hsm.activity(lambda *given: tasks.append(asyncio.current_task()), work("x")), hsm.entry(note("+a")))
    )  # fmt: skip
    machine = await started(model)
    assert machine.instance.log == ["+a"]
    await settle()
    assert machine.instance.log == ["+a", "x begins"]
    assert tasks[0] not in (None, asyncio.current_task())


@rule("A1")
async def test_an_activity_is_given_the_event_that_caused_entry():
    """With a context of its own, and the instance."""
    seen = []

    async def act(ctx, self, event):
        seen.append((ctx, self, event))

    machine = await started(hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", hsm.activity(act, act))))
    event = hsm.Event("go", 7)
    await machine.dispatch(event)
    await settle()
    assert all(given is event and instance is machine.instance for _, instance, given in seen)
    assert len({id(ctx) for ctx, _, _ in seen}) == 2


@rule("A1", "K5")
async def test_exit_cancels_and_awaits_activities_before_the_exit_actions():
    """All of them have ended, async clean-up included, when the exit actions run."""

    async def slow_to_end(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.log.append("slow ends")

    model = hsm.define("M", hsm.state("a", hsm.activity(slow_to_end), hsm.exit(note("-a")), go("go", "b")), logged("b"))
    machine = await started(model)
    await settle()
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["slow ends", "-a", "+b"]


@rule("A1", "K5")
async def test_activities_of_nested_states_end_innermost_first():
    """Each before the exit of its own state."""
    model = hsm.define(
        "M",
        logged("a", hsm.activity(work("outer")), logged("b", hsm.activity(work("inner"))), go("go", "c")),
        logged("c"),
    )
    machine = await started(model)
    await settle()
    machine.instance.taken()
    await machine.dispatch("go")
    assert machine.instance.log == ["inner ends", "-b", "outer ends", "-a", "+c"]


@rule("A1")
async def test_an_inner_transition_does_not_disturb_the_activities_around_it():
    """Only what is left loses its activities."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(work("outer")),
            hsm.state("b", go("go", "../c")),
            hsm.state("c"),
            noting("x"),
        ),
    )
    machine = await started(model)
    await settle()
    await machine.dispatch("go")
    await machine.dispatch("x")
    assert machine.instance.log == ["outer begins", "x"]


@rule("A1", "K2")
async def test_a_self_transition_begins_the_activity_again():
    """The old one has ended before the new one begins."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(work("x")), go("go", "."))))
    await settle()
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["x begins", "x ends", "x begins"]


@rule("A1")
async def test_one_that_refuses_to_end_is_abandoned_and_reported(clock):
    """The exit waits `grace` seconds at most, and the error names the activity."""
    caught = errors_of_loop()

    async def refuse(ctx, self, event):
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.log.append("refused")

    model = hsm.define("M", hsm.state("a", hsm.activity(refuse), go("go", "b")), logged("b"))
    machine = await started(model, Gated(), grace=3)
    await settle()
    await machine.dispatch("go")
    assert clock.time() == 3
    assert machine.instance.log == ["refused", "+b"]
    (error,) = caught
    assert isinstance(error, TimeoutError)
    assert "activity of /M/a" in str(error)
    assert "3 s" in str(error)
    machine.instance.gate.set()
    await settle()
    assert machine.instance.log == ["refused", "+b"]


@rule("A1")
async def test_the_time_of_grace_is_one_for_all_activities_of_a_state(clock):
    """Three that refuse to end are waited for together."""
    caught = errors_of_loop()

    async def refuse(ctx, self, event):
        while not self.gate.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.gate.wait()

    model = hsm.define("M", hsm.state("a", hsm.activity(refuse, refuse, refuse), go("go", "b")), logged("b"))
    machine = await started(model, Gated(), grace=2)
    await settle()
    await machine.dispatch("go")
    assert clock.time() == 2
    assert [type(error) for error in caught] == [TimeoutError] * 3
    machine.instance.gate.set()
    await settle()


@rule("A1")
async def test_the_time_of_grace_is_five_seconds_unless_told(clock):
    """One that needs less is waited for to its end."""

    async def tidy(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            await clock.advance(4.5)
            self.log.append("tidied up")

    caught = errors_of_loop()
    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(tidy), hsm.exit(note("-a")))))
    await settle()
    await machine.stop()
    assert machine.instance.log == ["tidied up", "-a"]
    assert clock.time() == 4.5
    assert caught == []


@rule("A1")
@pytest.mark.parametrize("end", ["stop", "final", "terminate"])
async def test_none_outlives_its_machine(end):
    """Whichever way the machine ends, its activities have ended by then."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(work("x")), go("final", "done"), go("terminate", "dead")),
        hsm.activity(work("M")),
        hsm.final("done"),
        hsm.terminate("dead"),
    )
    tasks = asyncio.all_tasks()
    machine = await started(model)
    await settle()
    await (machine.stop() if end == "stop" else machine.dispatch(end))
    assert machine.instance.log[2:] == ["x ends", "M ends"]
    assert asyncio.all_tasks() == tasks


@rule("A1")
async def test_an_activity_may_send_an_event_that_exits_its_own_state():
    """It is cancelled where it awaits the outcome, and the transition is made."""

    async def leaving(ctx, self, event):
        try:
            await self.dispatch("go")
        finally:
            self.log.append("cancelled")

    model = hsm.define("M", logged("a", hsm.activity(leaving), go("go", "b")), logged("b"))
    machine = await started(model)
    await settle()
    assert machine.state() == "/M/b"
    assert machine.instance.log == ["+a", "cancelled", "-a", "+b"]


@rule("A1")
async def test_what_an_ending_activity_sends_is_processed_after_the_step():
    """Clean-up may dispatch too; the step waits for it, so that it gets `QUEUED`."""

    async def parting(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append((await self.dispatch("bye")).value)

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(parting), go("go", "b")),
        logged("b", noting("bye")),
    )
    machine = await started(model)
    await settle()
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["queued", "+b", "bye"]


@rule("A1", "C1")
async def test_a_state_completes_when_its_activities_have_returned():
    """Not before the last one has."""
    model = hsm.define("M", hsm.state("a", hsm.activity(until_open, anote("quick")), then("b")), logged("b"))
    machine = await started(model, Gated())
    await settle()
    assert machine.state() == "/M/a"
    machine.instance.gate.set()
    await settle()
    assert machine.instance.log == ["quick", "+b"]


@rule("A1", "C1")
async def test_a_plain_function_is_an_activity_that_returns_at_once():
    """It runs on the next iteration of the event loop, and the state completes."""
    model = hsm.define("M", hsm.state("a", hsm.activity(note("x")), then("b")), logged("b"))
    machine = await started(model)
    assert machine.instance.log == []
    await settle()
    assert machine.instance.log == ["x", "+b"]


@rule("A1", "C1")
async def test_a_composite_waits_for_its_activities_as_well_as_its_final_state():
    """Both orders lead to one completion."""
    for first, second in (("fin", "open"), ("open", "fin")):
        model = hsm.define(
            "M",
            hsm.state(
                "a",
                hsm.activity(until_open),
                hsm.state("b", go("fin", "../done")),
                hsm.final("done"),
                then("c"),
            ),
            logged("c"),
        )
        machine = await started(model, Gated())
        for word in (first, second):
            assert machine.instance.log == []
            if word == "fin":
                await machine.dispatch("fin")
            else:
                machine.instance.gate.set()
            await settle()
        assert machine.instance.log == ["+c"]


@rule("A1", "C2")
async def test_an_activity_that_returns_while_its_state_is_being_left_completes_nothing():
    """The transition that leaves wins, and its completion transition does not fire."""

    async def ends_when_told(ctx, self, event):
        while not ctx.done:
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                return

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(ends_when_told), then("wrong"), go("go", "b")),
        hsm.state("wrong"),
        logged("b"),
    )
    machine = await started(model)
    await settle()
    await machine.dispatch("go")
    await settle()
    assert machine.state() == "/M/b"


@rule("A1", "C2")
async def test_an_activity_that_returns_during_the_step_that_leaves_its_state_completes_nothing():
    """It returned by itself before its state was left; the completion comes too late."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(anote("returned")),
            then("wrong"),
            go("hold", "b", hsm.guard(until_open)),
        ),
        hsm.state("wrong"),
        logged("b"),
    )
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await settle()
    machine.instance.gate.set()
    await answer
    await settle()
    assert machine.instance.log == ["returned", "+b"]


@rule("A1", "C2")
async def test_an_activity_that_returns_while_its_state_is_being_reentered_completes_nothing():
    """The state is active again, and its new activity has not returned."""

    async def first_only(ctx, self, event):
        self.log.append("begins")
        if len(self.log) > 1:
            await asyncio.Event().wait()

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(first_only),
            then("wrong"),
            go("hold", ".", hsm.guard(until_open)),
        ),
        hsm.state("wrong"),
    )
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await settle()
    machine.instance.gate.set()
    await answer
    await settle()
    assert machine.state() == "/M/a"


@rule("A1", "C2")
async def test_an_activity_of_an_earlier_activation_completes_nothing():
    """The state was left and entered again; only the new activity counts."""

    async def stubborn(ctx, self, event):
        self.count = getattr(self, "count", 0) + 1
        number = self.count
        while not self.gate.is_set() or number == 2:
            try:
                await self.gate.wait()
                if number == 2:
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                if number == 2:
                    raise

    errors_of_loop()
    model = hsm.define("M", hsm.state("a", hsm.activity(stubborn), go("go", "."), then("b")), hsm.state("b"))
    machine = await started(model, Gated(), grace=1)
    await settle()
    await machine.dispatch("go")
    await settle()
    machine.instance.gate.set()
    await settle()
    assert machine.state() == "/M/a"


@rule("A1", "E2")
async def test_an_activity_that_raised_does_not_complete_its_state():
    """Its error is an event, and the state stays."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(fail("oops")), then("b")),
        hsm.state("b"),
        noting("hsm_error", "error"),
    )
    machine = await started(model)
    await settle()
    assert machine.state() == "/M/a"
    assert machine.instance.log == ["error"]


@rule("A1", "E2")
async def test_an_error_of_an_activity_waits_for_the_step_that_is_going_on():
    """It is handled after it, before queued events."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(afail("oops")), on("hold", hsm.effect(until_open, note("held"))), noting("go", "gone")),
        noting("hsm_error", "error"),
    )  # fmt: skip
    machine = await started(model, Gated())
    answers = [machine.dispatch("hold"), machine.dispatch("go")]
    await settle()
    assert machine.instance.log == []
    machine.instance.gate.set()
    await asyncio.gather(*answers)
    assert machine.instance.log == ["held", "error", "gone"]


@rule("A1", "L4")
async def test_an_activity_may_stop_another_machine_and_wait_for_it():
    """Only its own machine is stopped without waiting."""
    other = await started(hsm.define("N", hsm.state("a", hsm.exit(anote("-a")))))

    async def killer(ctx, self, event):
        await other.stop()
        self.log.append(other.status.value)

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(killer))))
    await settle()
    assert machine.instance.log == ["stopped"]
    assert other.instance.log == ["-a"]
