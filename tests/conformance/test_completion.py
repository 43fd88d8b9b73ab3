"""Completion and final states: rules C1 to C3."""

from __future__ import annotations

import asyncio

import pytest
from support import (
    Log,
    afail,
    anote,
    both_engines,
    every,
    fail,
    forever,
    go,
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


def works(seconds, text="worked"):
    """An activity that takes *seconds*, and then writes *text*."""

    async def behave(ctx, self, event):
        await asyncio.sleep(seconds)
        self.log.append(text)

    return behave


@rule("C1")
async def test_a_simple_state_completes_after_its_entry_actions():
    """Also when these have to be awaited."""
    model = hsm.define("M", hsm.state("a", hsm.entry(anote("1"), note("2")), then("../b")), logged("b"))
    machine = await started(model)
    assert machine.instance.taken() == ["1", "2", "+b"]


@rule("C1")
async def test_a_simple_state_with_activities_completes_when_all_have_returned(clock):
    """The longest activity decides."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(works(1, "one"), works(3, "three")), hsm.activity(works(2, "two")), then("../b")),
        logged("b"),
    )
    machine = await started(model)
    await clock.advance(2.5)
    assert (machine.instance.taken(), machine.state()) == (["one", "two"], "/M/a")
    await clock.advance(1)
    assert machine.instance.taken() == ["three", "+b"]


@rule("C1")
async def test_a_state_that_was_entered_again_waits_for_its_new_activities(clock):
    """What the cancelled activity did does not count."""
    model = hsm.define("M", hsm.state("a", hsm.activity(works(3)), then("../b"), go("e", ".")), hsm.state("b"))
    machine = await started(model)
    await clock.advance(2)
    await machine.dispatch("e")
    await clock.advance(2)
    assert machine.state() == "/M/a"
    await clock.advance(1)
    await settle()
    assert (machine.state(), machine.instance.taken()) == ("/M/b", ["worked"])


@rule("C1")
async def test_a_composite_completes_with_its_final_state_alone():
    """That a substate is complete does not complete what is around it."""
    model = hsm.define(
        "M",
        hsm.state("s", hsm.state("a"), go("e", "f"), hsm.final("f"), then("../b")),
        hsm.state("b"),
    )
    machine = await started(model)
    assert machine.state() == "/M/s/a"
    await machine.dispatch("e")
    assert machine.state() == "/M/b"


@rule("C1")
async def test_a_composite_with_an_activity_completes_when_both_have_ended_in_either_order(clock):
    """Final state first, or activity first."""
    model = hsm.define(
        "M",
        hsm.state("s", hsm.activity(works(2)), hsm.state("a", go("e", "../f")), hsm.final("f"), then("../b")),
        hsm.state("b"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.state() == "/M/s/f"
    await clock.advance(2)
    await settle()
    assert machine.state() == "/M/b"
    machine = await started(model)
    await clock.advance(2)
    await settle()
    assert machine.state() == "/M/s/a"
    await machine.dispatch("e")
    assert machine.state() == "/M/b"


@rule("C1")
async def test_an_orthogonal_state_completes_when_every_region_has_ended():
    """The last region decides; its activity counts as well."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", hsm.state("a", go("1", "../f")), hsm.final("f")),
            hsm.region("q", hsm.state("b", go("2", "../f")), hsm.final("f")),
            hsm.region("t", hsm.final("f")),
            hsm.activity(works(0)),
            then("../z"),
        ),
        hsm.state("z"),
    )
    machine = await started(model)
    await settle()
    await machine.dispatch("2")
    assert machine.states() == ("/M/o/r/a", "/M/o/q/f", "/M/o/t/f")
    await machine.dispatch("1")
    assert machine.state() == "/M/z"


@rule("C1")
async def test_a_composite_completes_again_when_its_final_state_is_entered_again():
    """A local transition takes it out of its final state; the next final state completes it anew."""
    is_open = []
    model = hsm.define(
        "M",
        hsm.state(
            "s",
            hsm.state("a", go("fin", "../f")),
            hsm.final("f"),
            go("again", "a"),
            then("../z", hsm.guard(lambda ctx, self, event: bool(is_open))),
        ),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("fin")
    await machine.dispatch("again")
    is_open.append(True)
    await machine.dispatch("fin")
    assert machine.state() == "/M/z"


@rule("C1")
async def test_an_orthogonal_state_completes_again_when_one_region_ends_again():
    """The same with regions."""
    is_open = []
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", hsm.state("a", go("fin", "../f")), hsm.final("f")),
            hsm.region("q", hsm.state("b", go("fin", "../f")), hsm.final("f")),
            go("again", "r/a"),
            then("../z", hsm.guard(lambda ctx, self, event: bool(is_open))),
        ),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("fin")
    await machine.dispatch("again")
    is_open.append(True)
    await machine.dispatch("fin")
    assert machine.state() == "/M/z"


@rule("C1")
async def test_an_activity_that_raises_does_not_complete_its_state(clock):
    """The error is handled, the state stays."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(afail("broken"), works(1)),
            then("../b"),
            noting("hsm_error", "error"),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    await clock.advance(2)
    assert (machine.state(), machine.instance.taken()) == ("/M/a", ["error", "worked"])


@rule("C1")
async def test_a_plain_function_as_activity_returns_at_once():
    """The state completes on the next iteration of the event loop."""
    model = hsm.define("M", hsm.state("a", hsm.activity(note("plain")), then("../b")), hsm.state("b"))
    machine = await started(model)
    assert machine.state() == "/M/a"
    await settle()
    assert (machine.state(), machine.instance.taken()) == ("/M/b", ["plain"])


@rule("C2")
async def test_completions_come_before_queued_events_inner_before_outer():
    """What an entry sent waits until the whole chain of completions has run."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s")),
        hsm.state(
            "s",
            hsm.state(
                "a",
                hsm.entry(sends("x")),
                noting("x", "too early"),
                then("../f", hsm.effect(note("inner"))),
            ),
            hsm.final("f"),
            then("../b", hsm.effect(note("outer"))),
        ),
        hsm.state("b", noting("x", "x in b")),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x queued", "inner", "outer", "x in b"]


@rule("C2")
async def test_the_end_of_an_activity_comes_before_events_that_are_queued_already():
    """While a step suspends an event is queued and the activity returns: the completion is first."""
    done = asyncio.Event()

    async def waits(ctx, self, event):
        await done.wait()

    async def releases(ctx, self, event):
        done.set()
        for _ in range(5):
            await asyncio.sleep(0)

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(waits),
            on("e", hsm.effect(releases)),
            noting("x", "too early"),
            then("../b"),
        ),
        hsm.state("b", noting("x", "x in b")),
    )
    machine = await started(model)
    await settle()
    first, second = machine.dispatch("e"), machine.dispatch("x")
    assert (await first, await second) == (hsm.Outcome.TAKEN, hsm.Outcome.TAKEN)
    assert machine.instance.taken() == ["x in b"]


@rule("C2")
async def test_an_ancestor_does_not_see_the_completion_of_a_descendant():
    """Completion transitions of states around it do not fire."""
    model = hsm.define("M", hsm.state("s", hsm.transition(hsm.effect(note("never"))), hsm.state("t", hsm.state("a"))))
    machine = await started(model)
    await machine.dispatch("x")
    assert machine.instance.taken() == []


@rule("C2")
async def test_nobody_can_send_a_completion_by_name():
    """An event with the name of the built-in one completes nothing."""
    model = hsm.define("M", hsm.state("a", hsm.activity(works(5)), then("../b")), hsm.state("b"))
    machine = await started(model)
    for name in ("hsm_completion", "hsm_final"):
        assert await machine.dispatch(name) is hsm.Outcome.IGNORED
    assert machine.state() == "/M/a"
    await machine.stop()


@rule("C2")
async def test_a_completion_is_void_when_its_state_was_left_before():
    """An error that comes first takes the state away; its completion does not fire elsewhere."""
    model = hsm.define(
        "M",
        logged("a", hsm.entry(fail("broken")), then("../b", hsm.effect(note("completion"))), go("hsm_error", "../c")),
        logged("b"),
        logged("c"),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+a", "-a", "+c"]


@rule("C2")
async def test_a_completion_of_an_activation_that_is_over_does_not_count_for_the_next():
    """The state is left and entered again before its first completion: it completes once."""

    def breaks(ctx, self, event):
        if event.name != "hsm_error":
            raise ValueError("broken")

    model = hsm.define(
        "M",
        logged("a", hsm.entry(breaks), hsm.transition(hsm.effect(note("completion"))), go("hsm_error", ".")),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+a", "-a", "+a", "completion"]


@rule("C2")
async def test_a_state_completes_anew_each_time_it_is_entered():
    """One completion for each activation."""

    class Thrice:
        asked = 0

        def __call__(self, ctx, instance, event):
            self.asked += 1
            return self.asked <= 3

    model = hsm.define("M", logged("a", then(".", hsm.guard(Thrice()))))
    machine = await started(model)
    assert machine.instance.taken() == ["+a"] + ["-a", "+a"] * 3


@rule("C2")
async def test_states_of_several_regions_complete_in_the_order_of_regions():
    """Each by a step of its own; what is completed in one does not wait for the other's chain."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", logged("a", then("../b")), logged("b", then("../f")), hsm.final("f")),
            hsm.region("q", logged("c", then("../f")), hsm.final("f")),
            then("../z"),
        ),
        logged("z"),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+a", "+c", "-a", "+b", "-c", "-b", "+z"]


@rule("C2")
async def test_a_completion_whose_guard_is_closed_is_gone():
    """Opening the guard later does not bring it back."""
    is_open = []
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            then("../b", hsm.guard(lambda ctx, self, event: bool(is_open))),
            noting("x"),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    is_open.append(True)
    await machine.dispatch("x")
    assert (machine.state(), machine.instance.taken()) == ("/M/a", ["x"])


@rule("C3")
async def test_the_models_final_state_completes_the_machine():
    """What is active stays listed, the model's own exit actions run, later events are ignored."""
    model = hsm.define("M", hsm.exit(note("-M")), logged("a", go("e", "../f")), hsm.final("f"))
    machine = await started(model)
    machine.instance.taken()
    waiter = asyncio.ensure_future(machine.wait())
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert await waiter is hsm.Status.COMPLETED
    assert (machine.status, machine.state(), machine.states()) == (hsm.Status.COMPLETED, "/M/f", ("/M/f",))
    assert await machine.dispatch("e") is hsm.Outcome.IGNORED
    await machine.stop()
    assert machine.instance.taken() == ["-a", "-M"]
    assert (machine.status, machine.is_in("f")) == (hsm.Status.COMPLETED, True)


@rule("C3")
async def test_a_model_with_regions_is_completed_when_all_of_them_have_ended():
    """One region's final state alone ends nothing."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", go("1", "../f")), hsm.final("f")),
        hsm.region("q", hsm.state("b", go("2", "../f")), hsm.final("f")),
    )
    machine = await started(model)
    await machine.dispatch("1")
    assert machine.status is hsm.Status.RUNNING
    await machine.dispatch("2")
    assert (machine.status, machine.states()) == (hsm.Status.COMPLETED, ("/M/r/f", "/M/q/f"))


@rule("C3")
async def test_completing_cancels_the_models_activities_and_stops_its_timers(clock):
    """The model does not wait for its activities as a state would."""
    model = hsm.define(
        "M",
        hsm.activity(forever("cancelled")),
        every(1, hsm.effect(note("tick"))),
        hsm.state("a", go("e", "../f")),
        hsm.final("f"),
    )
    machine = await started(model)
    await clock.advance(1)
    await machine.dispatch("e")
    await clock.advance(10)
    assert (machine.instance.taken(), machine.status) == (["tick", "cancelled"], hsm.Status.COMPLETED)


@rule("C3")
async def test_queued_and_deferred_events_of_a_completed_machine_are_ignored():
    """Nothing runs after the end, not even what came before it."""
    model = hsm.define(
        "M",
        hsm.transition(hsm.on("x", "d"), hsm.effect(note("never"))),
        hsm.state("a", hsm.defer("d"), go("e", "../f", hsm.effect(sends("x"), anote("effect")))),
        hsm.final("f"),
    )
    machine = await started(model)
    assert await machine.dispatch("d") is hsm.Outcome.DEFERRED
    first, second = machine.dispatch("e"), machine.dispatch("x")
    assert (await first, await second) == (hsm.Outcome.TAKEN, hsm.Outcome.IGNORED)
    await settle()
    assert machine.instance.taken() == ["x queued", "effect"]


@rule("C3")
async def test_a_nested_final_state_does_not_complete_the_machine():
    """Only the model's own does; a completed state without completion transition just stays."""
    model = hsm.define("M", hsm.state("s", hsm.state("a", go("e", "../f")), hsm.final("f")), go("x", "s"))
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.status, machine.state()) == (hsm.Status.RUNNING, "/M/s/f")
    await machine.dispatch("x")
    assert machine.state() == "/M/s/a"


@rule("C3")
async def test_a_machine_may_be_completed_by_its_start():
    """`start` returns a machine that has ended, and waiting for it returns at once."""
    machine = await started(hsm.define("M", hsm.state("a", then("../f")), hsm.final("f")))
    assert await machine.wait() is hsm.Status.COMPLETED


@rule("C3")
@both_engines
async def test_the_models_exit_actions_run_once_after_activities_and_timers_have_ended(clock, engine):
    """They see the final state as active, and no timer fires while they take their time."""

    async def looks(ctx, self, event):
        self.log.append(f"-M in {self.state()} {self.is_in('f')} {self._runner.status.value}")
        await asyncio.sleep(5)
        self.log.append("left")

    model = hsm.define(
        "M",
        hsm.activity(forever("cancelled")),
        every(1, hsm.effect(note("tick"))),
        hsm.exit(looks, note("-M")),
        logged("a", go("e", "../f", hsm.effect(note("effect")))),
        hsm.final("f"),
    )
    machine = await started(model, engine=engine)
    await clock.advance(1)
    machine.instance.taken()
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["-a", "effect", "cancelled", "-M in /M/f True running", "left", "-M"]
    await machine.stop()
    await clock.advance(5)
    assert (machine.instance.taken(), machine.states()) == ([], ("/M/f",))


@rule("C3")
@both_engines
@pytest.mark.parametrize(
    "parts",
    [
        (hsm.state("a", then("../f")), hsm.final("f")),
        (hsm.region("r", hsm.state("a", then("../f")), hsm.final("f")), hsm.region("q", hsm.final("f"))),
        (hsm.state("a", hsm.activity(works(1)), then("../f")), hsm.final("f")),
        (hsm.state("a", hsm.transition(hsm.after(1), hsm.target("../f"))), hsm.final("f")),
        (hsm.exit_point("out"), hsm.state("a", then("out"))),
    ],
    ids=["start", "regions", "activity", "timer", "exit point"],
)
async def test_the_models_exit_actions_run_however_it_completes(clock, parts, engine):
    """By its start, by the last of its regions, behind an activity, a timer, an exit point of its own."""
    machine = await started(hsm.define("M", hsm.exit(note("-M")), *parts), engine=engine)
    await clock.advance(2)
    await settle()
    assert machine.status is hsm.Status.COMPLETED
    assert [line for line in machine.instance.taken() if line != "worked"] == ["-M"]


@rule("C3", "R8")
async def test_a_terminated_machine_runs_no_exit_actions_of_the_model():
    """Only a completion does."""
    model = hsm.define("M", hsm.exit(note("-M")), logged("a", go("e", "../t")), hsm.terminate("t"))
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a"]


@rule("C3", "E4")
@both_engines
async def test_an_error_in_the_models_exit_actions_is_raised_from_the_dispatch_that_completed_it(engine):
    """It ends the list; no `hsm_error` is handled any more, and the machine is completed all the same."""
    model = hsm.define(
        "M",
        hsm.exit(note("-M"), fail("broken"), note("never")),
        noting("hsm_error", "handled"),
        hsm.state("a", go("e", "../f")),
        hsm.final("f"),
    )
    machine = await started(model, engine=engine)
    with pytest.raises(ValueError, match="broken"):
        await machine.dispatch("e")
    assert (machine.instance.taken(), machine.status) == (["-M"], hsm.Status.COMPLETED)


@rule("C3", "E8")
@both_engines
async def test_a_start_that_completes_and_fails_exits_the_model_once(engine):
    """What is active is exited as after any start that failed, but the model's own exit actions have run."""
    model = hsm.define(
        "M", hsm.exit(note("-M"), fail("broken")), hsm.state("s", hsm.exit(note("-s")), then("../f")), hsm.final("f")
    )
    log = Log()
    with pytest.raises(ValueError, match="broken"):
        await started(model, log, engine=engine)
    assert log.taken() == ["-s", "-M"]


@rule("C3", "Q1")
async def test_what_the_models_exit_actions_send_is_ignored():
    """The machine has come to its end."""
    model = hsm.define("M", hsm.exit(sends("x")), noting("x", "never"), hsm.state("a", go("e", "../f")), hsm.final("f"))
    machine = await started(model)
    await machine.dispatch("e")
    await settle()
    assert machine.instance.taken() == ["x queued"]
