"""Two engines, one meaning: generated steps where they hand over to the kernel, and the kernel alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest
from support import Log, anote, both_engines, fail, go, logged, note, on, rule, says, settle, started, then
from support.inside import calls_of_rules, diamonds

import hsm
from hsm.runtime.record import AWAITED, BUSY, QUEUED
from hsm_classdsl import Machine, State, entry, exit
from hsm_classdsl import on as mark


def stop_iteration(ctx, self, event):
    raise StopIteration("oops")


async def refuse(ctx, self, event):
    await asyncio.sleep(0)
    return False


def interrupt(ctx, self, event):
    raise KeyboardInterrupt


async def test_a_machine_shows_what_users_may_call_and_nothing_else():
    """What it is made of is in its record."""
    machine = await started(hsm.define("M", hsm.state("a")))
    assert [name for name in dir(machine) if not name.startswith("_")] == [
        "advance",
        "call",
        "can",
        "chart",
        "context",
        "detach",
        "dispatch",
        "dispatch_threadsafe",
        "events",
        "explain",
        "instance",
        "is_in",
        "is_over",
        "next_due",
        "observe",
        "observers",
        "program",
        "restart",
        "settled",
        "snapshot",
        "state",
        "states",
        "status",
        "stop",
        "until",
        "wait",
    ]
    private = [name for name in dir(machine) if name.startswith("_") and not name.startswith("__")]
    assert [name for name in private if name != "_is_protocol"] == ["_record"]  # which `Generic` adds on Python 3.11
    assert not hasattr(machine, "__dict__")


# --- which engine takes a step -------------------------------------------------------------------------------


async def test_a_machine_that_rests_knows_its_steps_and_on_the_kernel_it_never_does():
    """The kernel alone makes no step and keeps none; it answers all the same."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b"))
    generated, kernel = [await started(model, engine=engine) for engine in ("generated", "kernel")]
    assert await generated.dispatch("go") is await kernel.dispatch("go") is hsm.Outcome.TAKEN
    record = generated._record
    assert record.steps is record.cache.tables[record.leaves]
    assert record.parts is None
    assert kernel._record.steps is QUEUED
    assert kernel._record.cache is None
    assert generated.states() == kernel.states() == ("/M/b",)


@pytest.mark.parametrize("engine", ["fast", "Kernel", "", None, True])
async def test_what_is_no_engine_is_refused(engine):
    """The message names the two that there are."""
    with pytest.raises(ValueError, match=f"engine must be 'generated' or 'kernel', not {engine!r}"):
        hsm.start(None, Log(), hsm.define("M", hsm.state("a")), engine=engine)


async def test_machines_of_one_model_share_their_steps():
    """What one of them has had made, the other one finds."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b"))
    first, second = [await started(model, engine="generated") for _ in range(2)]
    await first.dispatch("go")
    made = first._record.cache.tables[second._record.leaves]["go"]
    assert made.__code__.co_name == "step"
    assert await second.dispatch("nothing") is hsm.Outcome.IGNORED
    assert second._record.steps["go"] is made
    assert second._record.cache is first._record.cache


async def test_a_machine_says_that_a_step_is_under_way():
    """In a behaviour its table is the one of a busy machine; after a dispatch from there, that of an awaited one."""
    seen = []

    def look(ctx, self, event):
        machine = seen[0]
        seen.append(machine._record.steps is BUSY)
        machine.dispatch("other")
        seen.append(machine._record.steps is AWAITED)

    machine = await started(hsm.define("M", hsm.state("a", on("look", hsm.effect(look)))), engine="generated")
    seen.append(machine)
    await machine.dispatch("look")
    await settle()
    assert seen[1:] == [True, True]
    record = machine._record
    assert record.steps is record.cache.tables[record.leaves]


@rule("T2")
@both_engines
async def test_an_event_is_handled_eight_levels_up(engine):
    """The states between pass it on, and all that is inside is left."""
    inner = logged("s8")
    for level in range(7, 0, -1):
        inner = logged(f"s{level}", inner)
    model = hsm.define(
        "M", logged("s0", inner, go("up", "/M/end"), on("stay", hsm.effect(note("stayed")))), logged("end")
    )
    machine = await started(model, engine=engine)
    machine.instance.taken()
    assert await machine.dispatch("stay") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/s0/s1/s2/s3/s4/s5/s6/s7/s8"
    assert await machine.dispatch("up") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["stayed", *(f"-s{level}" for level in range(8, -1, -1)), "+end"]


# --- handing over --------------------------------------------------------------------------------------------


@rule("R5")
@both_engines
@pytest.mark.parametrize("effect", [anote("late"), fail("oops")], ids=["suspends", "raises"])
async def test_a_history_behind_a_suspended_or_failed_effect_restores(engine, effect):
    """What follows the effect is done by the kernel, which finds what is remembered."""
    owner = hsm.state("a", hsm.deep_history("h"), hsm.state("x", go("next", "../y")), hsm.state("y"), go("out", "/M/b"))
    machine = await started(
        hsm.define("M", owner, hsm.state("b", go("back", "/M/a/h", hsm.effect(effect)))), engine=engine
    )
    for event in ("next", "out"):
        await machine.dispatch(event)
    with contextlib.suppress(ValueError):
        await machine.dispatch("back")
    assert machine.state() == "/M/a/y"


@rule("R5")
@both_engines
async def test_a_history_behind_a_suspended_effect_falls_back_on_its_default(engine):
    """Nothing is remembered: the default of the history is entered."""
    owner = hsm.state("a", hsm.deep_history("h", hsm.target("/M/a/y")), hsm.state("x"), hsm.state("y"))
    start = hsm.initial(hsm.target("b"))
    machine = await started(
        hsm.define("M", start, owner, hsm.state("b", go("go", "/M/a/h", hsm.effect(anote("late"))), go("x", "/M/a"))),
        engine=engine,
    )
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/a/y"


@rule("A3")
@both_engines
async def test_a_timer_of_a_state_around_a_failed_exit_is_disarmed(clock, engine):
    """The exit of the inner state raises; the outer one is left by the kernel, with its timer."""
    late = hsm.transition(hsm.after(5), hsm.effect(note("late")))
    outer = hsm.state("a", hsm.state("x", hsm.exit(fail("oops"))), late, go("out", "/M/b"))
    machine = await started(hsm.define("M", outer, hsm.state("b")), engine=engine)
    with pytest.raises(ValueError, match="oops"):
        await machine.dispatch("out")
    assert machine.state() == "/M/b"
    await clock.advance(10)
    assert machine.instance.log == []


@rule("D1", "D2")
@both_engines
async def test_a_guard_that_suspends_and_refuses_leaves_the_event_to_be_held_back(engine):
    """The step that began with an async guard ends with the event held back, and it comes back."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "b", hsm.guard(refuse)), hsm.defer("e"), go("next", "b")),
        hsm.state("b", on("e", hsm.effect(note("recalled")))),
    )
    machine = await started(model, engine=engine)
    assert await machine.dispatch("e") is hsm.Outcome.DEFERRED
    await machine.dispatch("next")
    await settle()
    assert machine.instance.log == ["recalled"]


@rule("T3", "E2")
@both_engines
async def test_a_guard_that_gives_no_truth_value_is_an_error_that_counts_as_false(engine):
    """A step that is handed something else than True or False lets the kernel say so."""
    model = hsm.define("M", hsm.state("a", go("e", "b", hsm.guard(says("yes")))), hsm.state("b"))
    machine = await started(model, engine=engine)
    with pytest.raises(hsm.GuardError, match=r"returned 'yes' \(str\)"):
        await machine.dispatch("e")
    assert machine.state() == "/M/a"


@rule("E2")
@both_engines
async def test_in_a_nested_condition_a_failing_guard_makes_the_whole_false(engine):
    """Not even `not_` around it makes it true; the next transition has its chance."""
    condition = hsm.any_of(hsm.not_(fail("oops")), says(True, "asked"))
    state = hsm.state("a", go("e", "b", hsm.guard(condition)), go("e", "c"))
    machine = await started(hsm.define("M", state, hsm.state("b"), hsm.state("c")), engine=engine)
    with pytest.raises(ValueError, match="oops"):
        await machine.dispatch("e")
    assert machine.state() == "/M/c"
    assert machine.instance.log == []


@rule("E1", "E2")
@both_engines
@pytest.mark.parametrize(("part", "state"), [(hsm.effect, "/M/b"), (hsm.guard, "/M/a")], ids=["effect", "guard"])
async def test_a_stop_iteration_of_a_behaviour_is_an_error_like_any_other(engine, part, state):
    """It ends no generator of ours on its way: whoever takes the error sees it as it was raised."""

    def keep(ctx, self, event):
        self.log.append((type(event.data), str(event.data)))

    model = hsm.define(
        "M",
        hsm.state("a", go("e", "b", part(stop_iteration))),
        hsm.state("b"),
        hsm.transition(hsm.on("hsm_error"), hsm.effect(keep)),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("e")
    assert machine.instance.log == [(StopIteration, "oops")]
    assert machine.state() == state


@rule("E1")
async def test_the_error_of_a_state_object_is_one_of_its_entry():
    """What its class raises is told, and the state is entered without; the rest of the step follows."""

    class M(Machine):
        is_broken = True
        entered = 0

        class A(State["M"], initial=True):
            @mark("go", target="B")
            def go(self):
                pass

        class B(State["M"]):
            def __init__(self):
                if self.machine.is_broken:
                    raise ValueError("no object")

            @entry
            def enter(self):
                self.machine.entered += 1

            @mark("again", target="A")
            def again(self):
                pass

            @exit
            def leave(self):
                self.machine.entered += 100

    results = []
    for engine in ("generated", "kernel"):
        instance = M()
        machine = await hsm.start(None, instance, M.model, engine=engine)
        told = []
        for event in ("go", "again"):
            try:
                told.append(await machine.dispatch(event))
            except Exception as error:
                several = error.exceptions if isinstance(error, ExceptionGroup) else [error]
                told.append([(type(each), str(each), each.__notes__[0].split(" (")[0]) for each in several])
        instance.is_broken = False
        told.append(machine.state())
        told.append(instance.entered)
        results.append(told)
    assert results[0] == results[1]
    assert results[0][0][0][:2] == (ValueError, "no object")
    assert results[0][2] == "/M/A"


@rule("Q8")
@both_engines
@pytest.mark.parametrize(("count", "budget"), [(15, 10), (25, 20)])
async def test_completions_with_guards_between_them_are_counted(count, budget, engine):
    """As many as the budget allows follow each other, and no more."""
    states = [hsm.state(f"s{n}", then(f"../s{n + 1}", hsm.guard(says(True)))) for n in range(count)]
    model = hsm.define("M", hsm.state("a", go("go", "s0")), *states, hsm.state(f"s{count}"))
    machine = await started(model, engine=engine, step_budget=budget)
    with pytest.raises(hsm.LoopBudgetError, match=f"{budget} internal steps"):
        await machine.dispatch("go")
    assert machine.state() == f"/M/s{budget + 1}"


@rule("R4", "T2")
@both_engines
async def test_a_chain_of_junctions_with_closed_ends_is_looked_through_once(engine):
    """Routes that part and join again twenty times are a million; each guard is asked once, and each junction too."""

    async def calls_for(size):
        machine = await started(diamonds(size), engine=engine)
        with calls_of_rules() as calls:
            assert await machine.dispatch("go") is hsm.Outcome.IGNORED
        assert machine.instance.log == [*(f"j{n}" for n in range(size)), "end", "end 2"]
        return len(calls)

    few, many = await calls_for(10), await calls_for(20)
    assert many < (3 * few if engine == "kernel" else 200_000)


# --- stop ----------------------------------------------------------------------------------------------------


@rule("L4")
@both_engines
async def test_what_an_exit_action_sends_while_the_machine_stops_is_dropped(engine, caplog):
    """The stop is done at once; the event that came from inside it is answered, and named in a warning."""
    answers = []

    def send(ctx, self, event):
        answers.append(self.dispatch("late"))

    machine = await started(
        hsm.define("M", hsm.state("a", hsm.exit(send), on("late", hsm.effect(note("late"))))), engine=engine
    )
    with caplog.at_level(logging.WARNING, "hsm"):
        await machine.stop()
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.log == []
    assert "'M' was stopped before it processed 'late'" in caplog.text
    assert await answers[0] is hsm.Outcome.QUEUED
    with pytest.raises(hsm.LifecycleError, match="was stopped"):
        machine.dispatch("late")


@rule("L4")
@both_engines
async def test_a_stop_from_inside_a_step_comes_after_the_step(engine):
    """It gives at once; the step is done first, and nothing else."""

    async def leave(ctx, self, event):
        self.log.append("asked")
        await hsm.stop(self)
        self.log.append("effect goes on")

    state = logged("a", go("go", "b", hsm.effect(leave)))
    machine = await started(hsm.define("M", state, logged("b", on("late", hsm.effect(note("late"))))), engine=engine)
    machine.instance.taken()
    await machine.dispatch("go")
    await settle()
    assert machine.status is hsm.Status.STOPPED
    assert machine.instance.taken() == ["-a", "asked", "effect goes on", "+b", "-b"]


@rule("L4", "E4")
@both_engines
async def test_an_exit_that_fails_while_the_machine_stops_is_told_to_who_stops_it(engine):
    """The rest is left all the same."""
    outer = hsm.state("a", hsm.state("x", hsm.exit(fail("oops"))), hsm.exit(note("-a")))
    machine = await started(hsm.define("M", outer), engine=engine)
    with pytest.raises(ValueError, match="oops"):
        await machine.stop()
    assert machine.instance.log == ["-a"]
    assert machine.status is hsm.Status.STOPPED


@rule("L4")
@both_engines
async def test_an_exit_that_suspends_while_the_machine_stops_is_waited_for(engine):
    """The await of the stop ends when everything is left."""
    machine = await started(
        hsm.define("M", hsm.state("a", hsm.state("x", hsm.exit(anote("-x"))), hsm.exit(note("-a")))), engine=engine
    )
    stopping = machine.stop()
    assert machine.instance.log == []
    await stopping
    assert machine.instance.log == ["-x", "-a"]
    assert machine.status is hsm.Status.STOPPED


# --- what only the kernel does, asked of both ----------------------------------------------------------------


@rule("T4")
@both_engines
async def test_of_two_regions_that_leave_the_whole_model_the_first_does(engine):
    """Both transitions leave everything that is active: only one of them can fire."""
    first = hsm.region("r", hsm.state("a", go("out", "/M/x", hsm.effect(note("first")))))
    second = hsm.region("s", hsm.state("a", go("out", "/M/y", hsm.effect(note("second")))))
    model = hsm.define("M", hsm.state("p", first, second), hsm.state("x"), hsm.state("y"))
    machine = await started(model, engine=engine)
    assert await machine.dispatch("out") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["first"]
    assert machine.state() == "/M/x"


@rule("T4")
@both_engines
async def test_of_two_regions_that_leave_and_enter_the_model_anew_the_first_does(engine):
    """A transition to the model itself leaves everything, whatever else was chosen."""
    first = hsm.region("r", logged("a", go("reset", "/M", hsm.effect(note("first")))))
    second = hsm.region("s", logged("b", go("reset", "/M", hsm.effect(note("second")))))
    machine = await started(hsm.define("M", first, second), engine=engine)
    machine.instance.taken()
    assert await machine.dispatch("reset") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["-b", "-a", "first", "+a", "+b"]


@rule("D3")
@both_engines
async def test_one_region_that_defers_holds_the_event_back_for_all(engine):
    """The other one could take it, and does as soon as the first defers no longer."""
    first = hsm.region("r", hsm.state("a", hsm.defer("e"), go("next", "../b")), hsm.state("b"))
    second = hsm.region("s", hsm.state("a", on("e", hsm.effect(note("taken")))))
    machine = await started(hsm.define("M", hsm.state("p", first, second)), engine=engine)
    assert await machine.dispatch("e") is hsm.Outcome.DEFERRED
    assert machine.instance.log == []
    await machine.dispatch("next")
    await settle()
    assert machine.instance.log == ["taken"]


@rule("T6")
@both_engines
async def test_a_change_that_was_noted_in_a_state_that_is_left_by_then_does_not_fire(engine):
    """Two changes of one step: the first leaves the state of the second."""

    def rises(ctx, self, event):
        self.high = True

    def is_high(ctx, self, event):
        return getattr(self, "high", False)

    inner = hsm.state("x", hsm.transition(hsm.when(is_high), hsm.target("/M/b"), hsm.effect(note("inner"))))
    outer = hsm.state(
        "a", inner, on("rise", hsm.effect(rises)), hsm.transition(hsm.when(is_high), hsm.effect(note("outer")))
    )
    machine = await started(hsm.define("M", outer, hsm.state("b")), engine=engine)
    assert await machine.dispatch("rise") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/b"
    assert machine.instance.log == ["inner"]


@rule("E7")
@both_engines
async def test_something_fatal_in_an_exit_ends_its_list_and_not_the_step(engine):
    """The step is done to its end, and then it is raised from the await."""
    machine = await started(
        hsm.define("M", hsm.state("a", hsm.exit(interrupt, note("never")), go("go", "b")), logged("b")), engine=engine
    )
    with pytest.raises(KeyboardInterrupt):
        await machine.dispatch("go")
    assert machine.instance.log == ["+b"]
    assert machine.state() == "/M/b"
    assert await machine.dispatch("other") is hsm.Outcome.IGNORED


@rule("C3", "R7")
@both_engines
async def test_an_exit_point_of_the_model_ends_it(engine):
    """Nothing is outside to go on to: the machine is complete."""
    model = hsm.define("M", hsm.state("a", go("go", "/M/out", hsm.effect(note("gone")))), hsm.exit_point("out"))
    machine = await started(model, engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.status is hsm.Status.COMPLETED
    assert machine.instance.log == ["gone"]


@rule("Q2")
@both_engines
async def test_what_a_behaviour_awaits_may_start_tasks_that_are_inside(engine):
    """An `await` of something made elsewhere calls nothing by itself, and runs what does."""
    outcomes = []

    class Holder(Log):
        """Keeps a coroutine that nobody has begun."""

    async def later(instance):
        outcomes.append(await instance.dispatch("x"))

    async def held(instance):
        instance.task = asyncio.create_task(later(instance))
        await instance.task

    async def act(ctx, self, event):
        await self.held

    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.on("go"), hsm.effect(act)), hsm.transition(hsm.on("x"))))
    instance = Holder()
    instance.held = held(instance)
    machine = await started(model, instance, engine=engine)
    await machine.dispatch("go")
    assert outcomes == [hsm.Outcome.QUEUED]


@rule("L4", "E4")
@both_engines
async def test_a_callback_that_raises_at_the_end_does_not_keep_the_end_from_being_told(engine):
    """Its error is one that nobody awaits; whoever waits for the machine, or stops it, goes on."""
    caught = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(str(context["exception"])))

    def leave(ctx, self, event):
        ctx.on_cancel(fails)

    def fails():
        raise RuntimeError("callback")

    machine = await started(hsm.define("M", hsm.state("a", hsm.entry(leave))), engine=engine)
    waiting = asyncio.ensure_future(machine.wait())
    await settle()
    await machine.stop()
    assert await waiting is hsm.Status.STOPPED
    assert caught == ["callback"]


async def test_more_guards_than_can_be_worked_out_go_to_the_kernel():
    """Twelve hundred guarded transitions on one event are asked one after the other all the same."""
    many = (hsm.transition(hsm.on("e"), hsm.guard(lambda ctx, self, event: False)) for _ in range(1200))
    machine = await started(hsm.define("M", hsm.state("a", *many)))
    assert await machine.dispatch("e") is hsm.Outcome.IGNORED
