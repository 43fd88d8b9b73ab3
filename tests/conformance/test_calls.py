"""Calls: an event whose sender gets a value back (`hsm.on_call` and `machine.call`)."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from support import (
    Gated,
    anote,
    asays,
    both_engines,
    fail,
    go,
    held,
    logged,
    note,
    noting,
    on,
    rule,
    says,
    settle,
    started,
    then,
)

import hsm


def on_call(operation, *parts):
    return hsm.transition(hsm.on_call(operation), *parts)


ADDER = hsm.define("M", hsm.state("a", on_call("add", hsm.effect(lambda ctx, self, event: sum(event.data.args)))))


@pytest.mark.parametrize("effect", [says(42), asays(42)], ids=["plain", "async"])
async def test_a_call_returns_what_the_effect_returned(effect):
    """Plain and async effects alike."""
    machine = await started(hsm.define("M", hsm.state("a", on_call("ask", hsm.effect(effect)))))
    assert await machine.call("ask") == 42


async def test_the_arguments_are_the_data_of_the_event():
    """The event is named after the operation, and its data is an `hsm.Arguments`."""
    seen = []
    model = hsm.define("M", hsm.state("a", on_call("ask", hsm.effect(lambda ctx, self, event: seen.append(event)))))
    machine = await started(model)
    await machine.call("ask", 1, 2, key="word")
    await machine.call("ask")
    assert seen == [hsm.Event("ask", hsm.Arguments((1, 2), {"key": "word"})), hsm.Event("ask", hsm.Arguments((), {}))]


async def test_an_argument_may_have_any_name():
    """`operation` and `self` too."""
    seen = []
    model = hsm.define(
        "M", hsm.state("a", on_call("ask", hsm.effect(lambda ctx, self, event: seen.append(event.data))))
    )
    machine = await started(model)
    await machine.call("ask", event=1, data=2)
    assert seen == [hsm.Arguments((), {"event": 1, "data": 2})]


async def test_guards_choose_by_the_arguments():
    """A call is taken as an event is: the first transition whose guard holds, from the leaf outwards."""

    def is_small(ctx, self, event):
        return event.data.args[0] < 10

    model = hsm.define(
        "M",
        hsm.state("a", on_call("size", hsm.guard(is_small), hsm.effect(says("small")))),
        on_call("size", hsm.effect(says("large"))),
    )
    machine = await started(model)
    assert [await machine.call("size", n) for n in (5, 50)] == ["small", "large"]


async def test_the_value_is_that_of_the_last_effect():
    """Of several effects the last one provides it; without any it is `None`."""
    machine = await started(
        hsm.define("M", hsm.state("a", on_call("two", hsm.effect(says(1), says(2))), on_call("none")))
    )
    assert await machine.call("two") == 2
    assert await machine.call("none") is None


async def test_entry_actions_do_not_change_the_value():
    """The effect's value stands whatever is entered behind it."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(says("exit")), on_call("move", hsm.target("b"), hsm.effect(says("effect")))),
        hsm.state("b", hsm.entry(says("entry")), then("c", hsm.effect(says("completion")))),
        hsm.state("c"),
    )
    machine = await started(model)
    assert await machine.call("move") == "effect"
    assert machine.state() == "/M/c"


@rule("T1")
async def test_the_caller_waits_for_the_whole_step():
    """It gets its value when the target has been entered and what follows is done."""
    model = hsm.define(
        "M", hsm.state("a", on_call("move", hsm.target("b"), hsm.effect(says(7)))), hsm.state("b", hsm.entry(held))
    )
    machine = await started(model, Gated())
    task = asyncio.create_task(machine.call("move"))
    await settle()
    assert not task.done()
    machine.instance.gate.set()
    assert await task == 7
    assert machine.instance.log == ["held", "freed"]


@rule("Q3")
async def test_a_call_that_cannot_suspend_is_done_at_once():
    """No iteration of the event loop, as for `dispatch`."""
    machine, turns = await started(ADDER), []
    asyncio.get_running_loop().call_soon(turns.append, "turn")
    assert await machine.call("add", 1, 2, 3) == 6
    assert turns == []


@rule("Q5")
async def test_a_call_waits_for_its_turn():
    """It is queued behind what came before it."""
    model = hsm.define(
        "M",
        hsm.state("a", on("hold", hsm.effect(held)), noting("go", "gone"), on_call("ask", hsm.effect(note("asked"), says(1)))),
    )  # fmt: skip
    machine = await started(model, Gated())
    for name in ("hold", "go"):
        machine.dispatch(name)
    task = asyncio.create_task(machine.call("ask"))
    await settle()
    machine.instance.gate.set()
    assert await task == 1
    assert machine.instance.log == ["held", "freed", "gone", "asked"]


@rule("Q6")
async def test_a_queued_call_keeps_the_callers_context():
    """The effect sees the caller's variables."""
    user = contextvars.ContextVar("user", default="nobody")
    model = hsm.define(
        "M", hsm.state("a", on("hold", hsm.effect(held)), on_call("who", hsm.effect(lambda *given: user.get())))
    )
    machine = await started(model, Gated())
    machine.dispatch("hold")

    async def ask():
        user.set("ann")
        return await machine.call("who")

    task = asyncio.create_task(ask())
    await settle()
    machine.instance.gate.set()
    assert await task == "ann"


async def test_a_call_that_no_transition_takes_is_an_error():
    """The error names the operation and the active states; the machine goes on."""
    machine = await started(
        hsm.define("M", logged("a", on_call("no", hsm.guard(says(False))), on_call("yes", hsm.effect(says(1)))))
    )
    for operation in ("what", "no"):
        with pytest.raises(hsm.CallError, match=f"'{operation}' in /M/a"):
            await machine.call(operation)
    assert await machine.call("yes") == 1


async def test_a_call_that_no_transition_takes_is_an_error_behind_a_suspended_guard_too():
    """The error comes out of the await, and the machine goes on."""
    machine = await started(
        hsm.define("M", hsm.state("a", on_call("no", hsm.guard(asays(False))), on_call("yes", hsm.effect(says(1)))))
    )
    with pytest.raises(hsm.CallError, match="'no' in /M/a"):
        await machine.call("no")
    assert await machine.call("yes") == 1


@rule("T2")
async def test_calls_and_events_are_different_things():
    """No event triggers `on_call`, and no call triggers `on`, not even a wildcard."""
    model = hsm.define("M", hsm.state("a", on_call("ask", hsm.effect(note("call"))), on("go"), noting("*", "event")))
    machine = await started(model)
    await machine.dispatch("ask")
    assert machine.instance.log == ["event"]
    for operation in ("go", "other"):
        with pytest.raises(hsm.CallError):
            await machine.call(operation)


def deferring(*events, then_on="ask"):
    """A state that defers *events* until 'go' leads to one that takes a call of 'ask', or another on 'stay'."""
    return hsm.define(
        "M",
        hsm.state("a", hsm.defer(*events), go("go", "b"), go("stay", "c"), go("end", "/M/end")),
        hsm.state(
            "b", on_call(then_on, hsm.effect(lambda ctx, self, event: (self.log.append("asked"), event.data)[1]))
        ),
        hsm.state("c"),
        hsm.final("end"),
    )


@rule("D4", "D1")
@both_engines
@pytest.mark.parametrize("pattern", ["ask", "*", "now.*"])
async def test_a_call_that_is_deferred_waits_for_its_value(pattern, engine):
    """It is recalled in the first state that does not defer it; a wildcard matches it as it does an event."""
    operation = "now.ask" if pattern == "now.*" else "ask"
    machine = await started(deferring(pattern, then_on=operation), engine=engine)
    task = asyncio.create_task(machine.call(operation, 1, key=2))
    await settle()
    assert (task.done(), machine.instance.log) == (False, [])
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert await task == hsm.Arguments((1,), {"key": 2})
    assert machine.instance.log == ["asked"]


@rule("D4")
@both_engines
async def test_a_deferred_call_that_nothing_takes_when_it_is_recalled_is_an_error(engine):
    """The caller gets the `CallError` that it would have got at once without the deferral."""
    machine = await started(deferring("ask"), engine=engine)
    answer = machine.call("ask")
    await machine.dispatch("stay")
    with pytest.raises(hsm.CallError, match="'ask' in /M/c"):
        await answer


@rule("D4", "L4")
@both_engines
@pytest.mark.parametrize("end", ["stop", "complete", "restart"])
async def test_a_deferred_call_ends_with_its_machine(end, engine):
    """Whoever waits gets `MachineStopped`, however the machine ended."""
    machine = await started(deferring("ask"), engine=engine)
    answer = machine.call("ask")
    await {"stop": machine.stop, "restart": machine.restart, "complete": lambda: machine.dispatch("end")}[end]()
    with pytest.raises(hsm.MachineStopped, match="'ask'"):
        await answer
    assert machine.instance.log == []


@rule("D4", "D2")
@both_engines
async def test_deferred_calls_and_events_come_back_in_the_order_in_which_they_came(engine):
    """One queue for both, and each once; a call that is deferred again keeps its place."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("*"), on("go", hsm.target("b"))),
        hsm.state("b", hsm.defer("two"), go("three", "c", hsm.effect(note("three")))),
        hsm.state(
            "c",
            on_call("one", hsm.effect(note("one"))),
            on_call("two", hsm.effect(note("two"), says(2))),
            noting("four"),
        ),
        on_call("one", hsm.effect(note("one"), says(1))),
    )
    machine = await started(model, engine=engine)
    answers = [machine.call(name) for name in ("one", "two")]
    for name in ("three", "four"):
        assert await machine.dispatch(name) is hsm.Outcome.DEFERRED
    await machine.dispatch("go")
    assert [await answer for answer in answers] == [1, 2]
    assert machine.instance.log == ["one", "three", "two", "four"]


@rule("D4", "Q4")
async def test_a_deferred_call_goes_on_when_its_caller_does_not_wait_any_more():
    """As any other step."""
    machine = await started(deferring("ask"))
    task = asyncio.create_task(machine.call("ask"))
    await settle()
    task.cancel()
    await settle()
    await machine.dispatch("go")
    assert (task.cancelled(), machine.instance.log) == (True, ["asked"])


@rule("D4", "Q6")
async def test_a_deferred_call_is_recalled_in_its_callers_context():
    """It is still the caller's, and not one of whoever moved the machine."""
    user = contextvars.ContextVar("user", default="nobody")
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("who"), go("go", "b")),
        hsm.state("b", on_call("who", hsm.effect(lambda *given: user.get()))),
    )
    machine = await started(model)

    async def ask():
        user.set("ann")
        return await machine.call("who")

    task = asyncio.create_task(ask())
    await settle()
    await machine.dispatch("go")
    assert await task == "ann"


@rule("D4", "E4")
@both_engines
async def test_an_error_of_the_step_that_defers_a_call_is_its_answer(engine):
    """A guard raised, and no transition took the error: the caller hears of it at once, and the call is over."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("ask"), on_call("ask", hsm.guard(fail("oops"))), go("go", "b")),
        hsm.state("b", on_call("ask", hsm.effect(note("asked")))),
    )
    machine = await started(model, engine=engine)
    with pytest.raises(ValueError, match="oops"):
        await machine.call("ask")
    await machine.dispatch("go")
    assert machine.instance.log == []


@rule("D4", "Q8")
@both_engines
async def test_a_deferred_call_that_moves_its_machine_again_and_again_meets_the_budget(engine):
    """Each time its guard fails the machine is exited and entered again, and the call is decided on anew."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("ask"), on_call("ask", hsm.guard(fail("oops"))), go("hsm_error", ".")),
    )
    machine = await started(model, engine=engine, step_budget=20)
    with pytest.raises(hsm.LoopBudgetError):
        await machine.call("ask")


@rule("T4")
async def test_in_regions_every_taker_fires_and_the_last_one_gives_the_value():
    """A call is offered as an event is."""
    model = hsm.define(
        "M",
        hsm.state(
            "s",
            hsm.region("r", hsm.state("a", on_call("ask", hsm.effect(note("a"), says("of a"))))),
            hsm.region("q", hsm.state("b", on_call("ask", hsm.effect(note("b"), says("of b"))))),
        ),
    )
    machine = await started(model)
    assert await machine.call("ask") == "of b"
    assert machine.instance.log == ["a", "b"]


@rule("E4")
@pytest.mark.parametrize("place", ["guard", "effect", "entry"])
async def test_an_unhandled_error_is_raised_from_the_call(place):
    """Wherever in the step it happened."""
    bad = {"guard": hsm.guard(fail("oops")), "effect": hsm.effect(fail("oops"))}
    model = hsm.define(
        "M",
        hsm.state("a", on_call("ask", hsm.target("b"), *([bad[place]] if place in bad else []))),
        hsm.state("b", hsm.entry(fail("oops") if place == "entry" else note("+b"))),
        on_call("ask"),
    )
    machine = await started(model)
    with pytest.raises(ValueError, match="oops"):
        await machine.call("ask")
    assert machine.state() == ("/M/a" if place == "guard" else "/M/b")


@rule("E3")
async def test_a_handled_error_of_the_effect_leaves_no_value():
    """The transition on `hsm_error` took it; the call returns `None`."""
    model = hsm.define(
        "M",
        hsm.state("a", on_call("ask", hsm.effect(fail("oops"), says(1)))),
        on("hsm_error", hsm.effect(note("handled"), says(2))),
    )
    machine = await started(model)
    assert await machine.call("ask") is None
    assert machine.instance.log == ["handled"]


@rule("E3")
async def test_an_effect_that_failed_gives_no_value_though_an_earlier_one_did():
    """The list of effects ended in an error, so the call returns `None`."""
    machine = await started(
        hsm.define("M", hsm.state("a", on_call("ask", hsm.effect(says(1), fail("oops"))), on("hsm_error")))
    )
    assert await machine.call("ask") is None


@rule("Q2")
async def test_a_behaviour_cannot_wait_for_a_call_of_its_own_machine():
    """The error says to dispatch instead, and comes at once, not after a deadlock."""

    async def ask(ctx, self, event):
        await self._runner.call("ask")

    machine = await started(
        hsm.define("M", hsm.state("a", on("go", hsm.effect(ask)), on_call("ask", hsm.effect(says(1)))))
    )
    with pytest.raises(hsm.LifecycleError, match="dispatch 'ask'"):
        await machine.dispatch("go")
    assert await machine.call("ask") == 1


async def test_a_behaviour_may_wait_for_a_call_of_another_machine():
    """It gets the value."""
    adder = await started(ADDER)

    async def ask(ctx, self, event):
        self.log.append(await adder.call("add", 2, 3))

    machine = await started(hsm.define("N", hsm.state("a", on("go", hsm.effect(ask)))))
    await machine.dispatch("go")
    assert machine.instance.log == [5]


@rule("Q4")
async def test_cancelling_a_caller_does_not_stop_the_step():
    """The call goes on to its end."""
    model = hsm.define("M", hsm.state("a", on_call("ask", hsm.effect(held, anote("done")))))
    machine = await started(model, Gated())
    task = asyncio.create_task(machine.call("ask"))
    await settle()
    task.cancel()
    await settle()
    assert task.cancelled()
    machine.instance.gate.set()
    await settle()
    assert machine.instance.log == ["held", "freed", "done"]


@rule("L4", "L5")
async def test_a_call_needs_a_running_machine():
    """A call that waits when the machine stops raises `MachineStopped`; one that comes later is refused."""
    machine = await started(hsm.define("M", hsm.state("a", on("hold", hsm.effect(held)), on_call("ask"))), Gated())
    machine.dispatch("hold")
    task = asyncio.create_task(machine.call("ask"))
    await settle()
    machine.instance.gate.set()
    await machine.stop()
    with pytest.raises(hsm.MachineStopped):
        await task
    with pytest.raises(hsm.LifecycleError, match="needs a running machine"):
        machine.call("ask")


@rule("L5", "C3")
@pytest.mark.parametrize("end", [hsm.final("end"), hsm.terminate("end")], ids=["completed", "terminated"])
async def test_a_call_that_waits_when_the_machine_ends_by_itself_gives_no_outcome(end):
    """Whoever asked for a value gets a `MachineStopped` instead."""
    model = hsm.define("M", hsm.state("a", go("go", "end", hsm.effect(held)), on_call("ask")), end)
    machine = await started(model, Gated())
    machine.dispatch("go")
    answer = machine.call("ask")
    machine.instance.gate.set()
    with pytest.raises(hsm.MachineStopped, match="'ask'"):
        await answer


@rule("D2")
@both_engines
@pytest.mark.parametrize("write", [says, asays], ids=["plain", "async"])
async def test_a_call_whose_effect_returns_an_outcome_is_run_once(write, engine):
    """The value is the effect's and may be anything; the call is not deferred, and does not come back."""
    model = hsm.define(
        "M", hsm.state("a", on_call("ask", hsm.effect(write(hsm.Outcome.DEFERRED, "asked"))), go("go", "."))
    )
    machine = await started(model, engine=engine)
    assert await machine.call("ask") is hsm.Outcome.DEFERRED
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert machine.instance.log == ["asked"]


@rule("D4", "D1")
@both_engines
@pytest.mark.parametrize(("pattern", "name"), [("ask", "ask"), ("as.*", "as.k"), ("*", "ask")])
async def test_a_state_that_takes_an_event_may_defer_the_call_of_that_name(pattern, name, engine):
    """The event is taken, the call waits; so nothing warns that the deferral is of no use."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer(pattern), noting(pattern, "event"), go("go", "b")),
        hsm.state("b", on_call(name, hsm.effect(says("call")))),
    )
    machine = await started(model, engine=engine)
    answer = machine.call(name)
    assert await machine.dispatch(name) is hsm.Outcome.TAKEN
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert await answer == "call"
