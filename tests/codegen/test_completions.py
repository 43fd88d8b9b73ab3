"""Completions in generated steps: written out behind the transition that they follow from, each a step of its own."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from support import Log, anote, both_engines, fail, go, note, pause, rule, says, settle, started, then
from support.inside import is_generated

import hsm
from hsm.codegen.explore import COMPLETIONS


def named(word):
    """Note *word* and the event."""

    def behave(ctx, self, event):
        self.log.append(f"{word} {event.name}")

    return behave


@rule("C1", "C2", "T6")
@both_engines
async def test_each_completion_is_given_an_event_of_its_own(engine):
    """Behaviours of the first transition see the event that was sent, those behind it the completion."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(named("-a")), go("go", "b")),
        hsm.state("b", hsm.entry(named("+b")), then("c", hsm.guard(says(True)), hsm.effect(named("->")))),
        hsm.state("c", hsm.entry(named("+c")), hsm.state("x", then("../f")), hsm.final("f"), then("a")),
    )
    machine = await started(model, engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["-a go", "+b go", "-> hsm_completion", "+c hsm_completion"]
    assert machine.state() == "/M/a"
    assert is_generated(machine, "go") is (engine == "generated")


@rule("C2", "E3")
@both_engines
async def test_an_error_comes_before_the_completions_that_wait(engine):
    """What an entry action raised is handled, and only then what the state leads to."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state("b", hsm.entry(fail("oops")), then("c", hsm.effect(note("complete")))),
        hsm.state("c"),
        hsm.transition(hsm.on("hsm_error"), hsm.effect(note("error"))),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == ["error", "complete"]
    assert machine.state() == "/M/c"


@rule("C2", "E2")
@both_engines
async def test_a_guard_that_raises_leaves_the_other_completions_to_their_turn(engine):
    """The error is handled before the second state's completion, and the first one rests."""
    model = hsm.define(
        "M",
        hsm.state("idle", go("go", "/M/p")),
        hsm.state(
            "p",
            hsm.region("l", hsm.state("a", then("../b", hsm.guard(fail("oops")))), hsm.state("b")),
            hsm.region("r", hsm.state("a", then("../b", hsm.effect(note("right")))), hsm.state("b")),
        ),
        hsm.transition(hsm.on("hsm_error"), hsm.effect(note("error"))),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == ["error", "right"]
    assert machine.states() == ("/M/p/l/a", "/M/p/r/b")


@rule("C2", "Q3")
@both_engines
async def test_completions_wait_for_a_behaviour_that_suspends(engine):
    """What was complete before the step had to wait is handled when it has gone on."""
    model = hsm.define(
        "M",
        hsm.state("idle", go("go", "/M/p")),
        hsm.state(
            "p",
            hsm.region("l", hsm.state("a", then("../b", hsm.effect(note("left")))), hsm.state("b")),
            hsm.region("r", hsm.state("a", hsm.entry(anote("waited")))),
        ),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == ["waited", "left"]
    assert machine.states() == ("/M/p/l/b", "/M/p/r/a")


@rule("C2", "Q3")
@both_engines
async def test_a_completion_that_suspends_goes_on_with_its_own_event(engine):
    """After the wait the rest of the completion's transition is done, and then what follows from it."""

    async def waits(ctx, self, event):
        await pause(1)
        self.log.append(f"waited {event.name}")

    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state("b", then("c", hsm.effect(waits, named("and")))),
        hsm.state("c", hsm.entry(named("+c")), then("d", hsm.effect(named("->")))),
        hsm.state("d"),
    )
    machine = await started(model, engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == [f"{word} hsm_completion" for word in ("waited", "and", "+c", "->")]


@rule("C1")
@both_engines
async def test_a_state_completes_again_when_it_is_entered_again_by_whatever_engine(engine):
    """What the kernel knows of a state that is complete is over when a generated step leaves it."""

    def go_on(ctx, self, event):
        self.dispatch("on")  # one for the kernel: it waits for the end of this step

    model = hsm.define(
        "M",
        hsm.state("a", go("go", "x")),
        hsm.state("x", hsm.entry(go_on), go("on", "s")),
        hsm.state("s", go("back", "x"), then("a", hsm.guard(says(False, "asked")))),
    )
    machine = await started(model, engine=engine)
    for event in ("go", "back", "back"):
        assert await machine.dispatch(event) is hsm.Outcome.TAKEN
    assert machine.state() == "/M/s"
    assert machine.instance.log == ["asked"] * 3


@rule("C1")
@both_engines
async def test_a_completion_that_was_left_is_not_handled(engine):
    """The first of two completions leaves the state of the second, which is complete no more."""
    model = hsm.define(
        "M",
        hsm.state("idle", go("go", "/M/p")),
        hsm.state(
            "p",
            hsm.region("l", hsm.state("a", then("/M/end", hsm.effect(note("left"))))),
            hsm.region("r", hsm.state("a", then("../b", hsm.effect(note("right")))), hsm.state("b")),
        ),
        hsm.state("end"),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == ["left"]
    assert machine.state() == "/M/end"


@rule("C1", "R5")
@both_engines
async def test_a_state_with_nothing_but_a_history_completes_once(engine):
    """Going to that history leaves nothing, so that the state does not complete another time."""

    def enter(ctx, self, event):
        self.dispatch("in")

    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state(
            "b",
            hsm.entry(enter),
            hsm.deep_history("h"),
            go("in", "h", hsm.effect(note("in"))),
            then("a", hsm.guard(says(False, "asked"))),
        ),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    await machine.dispatch("in")
    assert machine.instance.log == ["asked", "in", "in"]


@rule("Q8")
@both_engines
@pytest.mark.parametrize("last", [note("!"), anote("!")], ids=["plain", "async"])
@pytest.mark.parametrize(("budget", "times"), [(5, 1), (6, 1), (7, 1), (11, 3), (12, 3), (13, 3), (29, 9)])
async def test_the_budget_counts_completions(engine, budget, times, last):
    """Events that the machine sent to itself and completions, together: exactly the budget is fine, more is not."""
    caught = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context["exception"]))

    def again(ctx, self, event):
        if event.data:
            self.dispatch("more", event.data - 1)

    model = hsm.define(
        "M",
        hsm.state("a", go("more", "b", hsm.effect(again))),
        hsm.state("b", then("c")),
        hsm.state("c", then("a", hsm.effect(last))),
    )
    machine = await started(model, engine=engine, step_budget=budget)
    await machine.dispatch("more", times)
    await settle()
    assert (caught, machine.state()) == ([], "/M/a")
    await machine.dispatch("more", times + 1)
    await settle()
    assert [type(error) for error in caught] == [hsm.LoopBudgetError]


@rule("Q8")
@both_engines
@pytest.mark.parametrize(("budget", "is_enough"), [(3, False), (5, True), (9, True), (10, True)])
async def test_a_budget_may_be_smaller_than_what_a_step_completes(engine, budget, is_enough):
    """Five completions behind one event take a budget of five."""
    states = [hsm.state(f"s{n}", then(f"../s{n + 1}")) for n in range(5)]
    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "s0")), *states, hsm.state("s5")), engine=engine, step_budget=budget
    )
    if is_enough:
        await machine.dispatch("go")
        assert machine.state() == "/M/s5"
    else:
        with pytest.raises(hsm.LoopBudgetError):
            await machine.dispatch("go")


@rule("Q8")
@both_engines
@pytest.mark.parametrize("budget", range(40, 53))
async def test_a_spent_budget_ends_what_goes_round_wherever_it_is_spent(engine, budget):
    """At the event that goes round, or at a completion in its wake: once, and then nothing more is sent."""
    caught, rounds = [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context["exception"]))

    def again(ctx, self, event):
        rounds.append(event.name)
        self.dispatch("again")

    model = hsm.define(
        "M", hsm.state("a", go("again", "b", hsm.effect(again))), hsm.state("b", then("c")), hsm.state("c", then("a"))
    )
    machine = await started(model, engine=engine, step_budget=budget)
    machine.dispatch("again")
    await settle()
    assert [type(error) for error in caught] == [hsm.LoopBudgetError]
    assert len(rounds) == budget // 3 + 1


@rule("Q8")
@both_engines
async def test_the_message_of_a_spent_budget_names_completions(engine):
    """Also those of the step that came from outside, which began it all."""
    caught = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(str(context["exception"])))

    def often(ctx, self, event):
        for _ in range(9):
            self.dispatch("more")

    states = [hsm.state(f"s{n}", then(f"../s{n + 1}")) for n in range(2)]
    model = hsm.define(
        "M", hsm.state("a", go("go", "s0", hsm.effect(often))), *states, hsm.state("s2", hsm.transition(hsm.on("more")))
    )
    machine = await started(model, engine=engine, step_budget=10)
    await machine.dispatch("go")
    await settle()
    assert caught == [
        "10 internal steps without an event from outside; cycle: 'more' (9x), 'completion of /M/s0' (1x), "
        "'completion of /M/s1' (1x); events that the machine sent to itself were dropped"
    ]


@rule("Q8")
@both_engines
async def test_completions_without_end_are_one_for_the_budget(engine):
    """Two states that complete into each other are stopped by it, and the machine goes on."""
    model = hsm.define(
        "M", hsm.state("a", go("go", "b")), hsm.state("b", then("c")), hsm.state("c", then("b")), go("back", "a")
    )
    machine = await started(model, engine=engine)
    with pytest.raises(hsm.LoopBudgetError):
        await machine.dispatch("go")
    assert await machine.dispatch("back") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/a"


def raises(ctx, self, event):
    raise ValueError("oops")


@rule("Q8")
@both_engines
@pytest.mark.parametrize("which", [0, 4, COMPLETIONS - 1])
@pytest.mark.parametrize(("effect", "errors"), [(anote("late"), 0), (raises, 1)], ids=["suspends", "raises"])
@pytest.mark.parametrize("is_enough", [True, False])
async def test_a_completion_that_is_under_way_when_a_step_hands_over_is_counted_once(
    engine, which, effect, errors, is_enough
):
    """A budget that fits exactly suffices, wherever the kernel takes the step over; one less does not.

    What is spent: the completions, the error if there is one, and an event that the machine sends to itself.
    """
    caught = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context["exception"]))

    def send(ctx, self, event):
        self.dispatch("more")

    effects = {which: [hsm.effect(effect)]}
    states = [hsm.state(f"s{n}", then(f"../s{n + 1}", *effects.get(n, []))) for n in range(COMPLETIONS)]
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "s0", hsm.effect(send))),
        *states,
        hsm.state(f"s{COMPLETIONS}", hsm.transition(hsm.on("more"), hsm.effect(note("more")))),
        hsm.transition(hsm.on("hsm_error"), hsm.effect(note("error"))),
    )
    budget = COMPLETIONS + errors + is_enough
    machine = await started(model, engine=engine, step_budget=budget)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert machine.state() == f"/M/s{COMPLETIONS}"
    assert [type(error) for error in caught] == [hsm.LoopBudgetError] * (not is_enough)
    assert machine.instance.log.count("more") == is_enough
    assert is_generated(machine, "more") is (engine == "generated")


@rule("Q8", "L1")
@both_engines
@pytest.mark.parametrize("budget", [20, 21, 22])
async def test_the_budget_counts_the_completions_of_a_start(engine, budget):
    """What the default entry completes is part of what follows from it."""

    def again(ctx, self, event):
        self.log.append(event.name)
        self.dispatch("loop")

    model = hsm.define("M", hsm.state("a", then("b")), hsm.state("b", hsm.entry(again), go("loop", ".")))
    instance = Log()
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    with contextlib.suppress(hsm.LoopBudgetError):
        await started(model, instance, engine=engine, step_budget=budget)
    await settle()
    assert len(instance.log) == budget


@rule("L1", "C2")
@both_engines
async def test_starting_handles_completions(engine):
    """The default entry and everything that follows from it are done when start returns."""
    model = hsm.define("M", hsm.state("a", then("b", hsm.effect(note("->")))), hsm.state("b", hsm.entry(note("+b"))))
    machine = await started(model, engine=engine)
    assert machine.instance.log == ["->", "+b"]
    assert machine.state() == "/M/b"
