"""Terminate: rule R8."""

from __future__ import annotations

import asyncio

from support import after, anote, every, go, logged, note, noting, rule, sends, settle, started, then

import hsm


@rule("R8")
async def test_terminate_runs_no_exit_action_of_what_is_still_active():
    """The source of the transition is left as ever; nothing around it is."""
    model = hsm.define(
        "M",
        hsm.exit(note("-M")),
        logged("s", logged("t", logged("a", go("e", "../end", hsm.effect(note("effect")))), hsm.terminate("end"))),
    )
    machine = await started(model)
    machine.instance.taken()
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["-a", "effect"]
    assert machine.status is hsm.Status.TERMINATED
    assert await machine.wait() is hsm.Status.TERMINATED


@rule("R8")
async def test_a_terminated_machine_ignores_events_also_those_already_queued():
    """Nothing is processed after the step that terminated."""
    model = hsm.define(
        "M",
        noting("x"),
        hsm.state("a", go("e", "../end", hsm.effect(sends("x"), anote("slowly")))),
        hsm.terminate("end"),
    )
    machine = await started(model)
    first, second = machine.dispatch("e"), machine.dispatch("x")
    assert (await first, await second) == (hsm.Outcome.TAKEN, hsm.Outcome.IGNORED)
    assert await machine.dispatch("x") is hsm.Outcome.IGNORED
    assert machine.instance.taken() == ["x queued", "slowly"]


@rule("R8")
async def test_terminate_cancels_activities_waits_for_them_and_stops_timers(clock):
    """Everything that still ran has ended when the step has."""

    async def works(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.log.append(f"ended, done: {ctx.done}")

    model = hsm.define(
        "M",
        hsm.activity(works),
        after(5, hsm.effect(note("timer"))),
        hsm.region("r", hsm.state("a", go("e", "../end")), hsm.terminate("end")),
        hsm.region("q", logged("b", hsm.activity(works), every(2, hsm.effect(note("tick"))))),
    )
    machine = await started(model)
    await settle()
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["ended, done: True"] * 2
    await clock.advance(20)
    assert machine.instance.taken() == []


@rule("R8")
async def test_no_other_region_goes_on_in_the_step_that_terminates():
    """What another region had chosen for the same event does not fire any more."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", go("e", "../end")), hsm.terminate("end")),
        hsm.region("q", logged("b", go("e", "../c")), logged("c")),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.status) == ([], hsm.Status.TERMINATED)


@rule("R8")
async def test_terminate_reached_during_entry_ends_the_entry():
    """Regions that were not entered yet stay out, and no completion follows."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../o")),
        logged(
            "o",
            hsm.region("r", hsm.initial(hsm.target("end")), hsm.terminate("end"), hsm.state("a")),
            go("x", "r/a"),
            hsm.region("q", logged("b", hsm.transition(hsm.effect(note("completion"))))),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.status) == (["+o"], hsm.Status.TERMINATED)


@rule("R8")
async def test_a_machine_may_terminate_while_it_starts():
    """`start` returns a machine that has ended."""
    model = hsm.define("M", hsm.initial(hsm.target("c")), hsm.choice("c", then("../end")), hsm.terminate("end"))
    machine = await started(model)
    assert machine.status is hsm.Status.TERMINATED
    assert await machine.dispatch("x") is hsm.Outcome.IGNORED


@rule("R8")
async def test_terminate_in_a_submachine_ends_the_whole_machine():
    """The machine that runs is one, whatever models it is made of."""
    part = hsm.define("Part", hsm.state("a", go("e", "../end")), hsm.terminate("end"))
    model = hsm.define("M", hsm.exit(note("-M")), hsm.submachine("s", part, hsm.exit(note("-s"))))
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.status) == ([], hsm.Status.TERMINATED)


@rule("R8")
async def test_deferred_events_of_a_terminated_machine_are_gone():
    """Nothing is recalled after the end."""
    model = hsm.define(
        "M",
        hsm.state("s", hsm.defer("d"), hsm.state("a", go("e", "/M/end"))),
        noting("d"),
        hsm.terminate("end"),
    )
    machine = await started(model)
    await machine.dispatch("d")
    await machine.dispatch("e")
    await settle()
    assert machine.instance.taken() == []


@rule("R8")
async def test_a_terminated_machine_can_be_restarted():
    """Then it begins like a new one."""
    model = hsm.define("M", logged("a", go("e", "../end")), hsm.terminate("end"))
    machine = await started(model)
    await machine.dispatch("e")
    machine.instance.taken()
    await hsm.restart(machine)
    assert (machine.instance.taken(), machine.status) == (["+a"], hsm.Status.RUNNING)
