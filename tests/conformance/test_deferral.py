"""Deferral: rules D1 to D4."""

from __future__ import annotations

import pytest
from support import (
    Log,
    Paid,
    after,
    anote,
    both_engines,
    errors_of_loop,
    fail,
    go,
    note,
    note_name,
    noting,
    on,
    rule,
    says,
    sends,
    settle,
    started,
    then,
)

import hsm
from hsm import Outcome


def takes(*events):
    """An internal transition that writes the name of the event."""
    return hsm.transition(hsm.on(*events), hsm.effect(note_name))


@rule("D1")
async def test_an_event_is_deferred_while_the_state_is_active():
    """It is handled in the first state that does not defer it."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x"), go("e", "../b")),
        hsm.state("b", hsm.defer("x"), go("e", "../c")),
        hsm.state("c", takes("x")),
    )
    machine = await started(model)
    await machine.dispatch("x")
    await machine.dispatch("e")
    assert machine.instance.taken() == []
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x"]


@rule("D1")
async def test_a_transition_of_the_same_state_beats_its_deferral():
    """Only while its guard holds: a closed one leaves the event to the deferral."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.defer("x"),
            on("x", hsm.guard(lambda ctx, self, event: event.data), hsm.effect(note("taken"))),
        ),
    )
    machine = await started(model)
    assert await machine.dispatch("x", True) is Outcome.TAKEN
    assert await machine.dispatch("x", False) is Outcome.DEFERRED


@rule("D1")
async def test_the_innermost_decision_counts():
    """An inner transition beats an outer deferral, an inner deferral an outer transition."""
    model = hsm.define(
        "M",
        takes("y"),
        hsm.state("s", hsm.defer("x"), takes("z"), hsm.state("t", hsm.defer("y", "z"), hsm.state("a", takes("x")))),
    )
    machine = await started(model)
    outcomes = [await machine.dispatch(event) for event in "xyz"]
    assert outcomes == [Outcome.TAKEN, Outcome.DEFERRED, Outcome.DEFERRED]
    assert machine.instance.taken() == ["x"]


@rule("D1")
async def test_a_transition_that_finds_its_junction_closed_leaves_the_event_to_the_deferral():
    """A transition without an open path is not enabled."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x"), go("x", "../j"), go("e", "../b")),
        hsm.junction("j", then("../b", hsm.guard(says(False)))),
        hsm.state("b", takes("x")),
    )
    machine = await started(model)
    assert await machine.dispatch("x") is Outcome.DEFERRED
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x"]


@rule("D1")
@pytest.mark.parametrize(
    ("pattern", "deferred"),
    [
        ("order.*", ["order.paid", "order.sent"]),
        ("order.p.*", []),
        ("*", ["order.paid", "order.sent", "other"]),
        (Paid, ["order.paid"]),
        (hsm.Event("other"), ["other"]),
        ("order", []),
    ],
)
async def test_deferrals_are_written_like_triggers(pattern, deferred):
    """Names, prefixes, everything, events and signal classes."""
    model = hsm.define("M", hsm.state("a", hsm.defer(pattern)))
    machine = await started(model)
    outcomes = {
        event.name: await machine.dispatch(event) for event in (Paid(), hsm.Event("order.sent"), hsm.Event("other"))
    }
    assert [event for event, outcome in outcomes.items() if outcome is Outcome.DEFERRED] == deferred


@rule("D1")
async def test_deferring_everything_does_not_defer_completions_errors_and_timers(clock):
    """Built-in events are matched by no wildcard."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.defer("*"),
            hsm.transition(hsm.effect(fail("broken"))),
            noting("hsm_error", "error"),
            after(1, hsm.effect(note("timer"))),
        ),
    )
    machine = await started(model)
    await clock.advance(1)
    assert machine.instance.taken() == ["error", "timer"]


@rule("D1")
async def test_a_final_state_does_not_end_the_deferral_of_the_state_around_it():
    """The state is active until it is left."""
    model = hsm.define(
        "M",
        takes("x"),
        hsm.state("s", hsm.defer("x"), hsm.state("a", go("e", "../f")), hsm.final("f"), go("out", "../b")),
        hsm.state("b"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert await machine.dispatch("x") is Outcome.DEFERRED
    await machine.dispatch("out")
    assert machine.instance.taken() == ["x"]


@rule("D2")
async def test_deferred_events_come_back_first_in_first_out_before_queued_ones():
    """What the step itself sent comes after them."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x", "y"), go("e", "../b", hsm.effect(sends("queued")))),
        hsm.state("b", takes("x", "y", "queued")),
    )
    machine = await started(model)
    for event in "xyx":
        await machine.dispatch(event)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["queued queued", "x", "y", "x", "queued"]


@rule("D2")
async def test_deferred_events_come_back_before_queued_ones_also_while_the_machine_starts():
    """The first entry sends three events; the first is deferred until the second has moved the machine."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.entry(sends("x", "y", "z")), hsm.defer("x"), go("y", "../b", hsm.effect(note_name))),
        hsm.state("b", takes("x", "z")),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["x queued", "y queued", "z queued", "y", "x", "z"]


@rule("D2", "L1")
async def test_start_returns_after_deferred_events_have_been_recalled():
    """Also when a behaviour of theirs suspends."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.entry(sends("x", "y")), hsm.defer("x"), go("y", "../b")),
        hsm.state("b", on("x", hsm.effect(anote("x")))),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["x queued", "y queued", "x"]


@rule("D2")
async def test_completions_come_before_deferred_events():
    """The step is over when its completions are; only then events come back."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x"), go("e", "../b")),
        hsm.state("b", then("../c"), noting("x", "too early")),
        hsm.state("c", takes("x")),
    )
    machine = await started(model)
    await machine.dispatch("x")
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x"]


@rule("D2")
async def test_each_deferred_event_comes_back_once():
    """Handled or not, it is gone afterwards."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x", "unknown"), go("e", "../b")),
        hsm.state("b", takes("x"), go("e", "../c")),
        hsm.state("c", takes("x", "unknown")),
    )
    machine = await started(model)
    for event in ("x", "unknown", "e", "e"):
        await machine.dispatch(event)
    assert machine.instance.taken() == ["x"]


@rule("D2")
async def test_a_step_that_changes_nothing_brings_nothing_back():
    """After an internal transition the deferred event is not even offered."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.defer("x"),
            on("x", hsm.guard(says(False, "asked")), hsm.effect(note("never"))),
            takes("e"),
        ),
    )
    machine = await started(model)
    await machine.dispatch("x")
    await machine.dispatch("e")
    assert machine.instance.taken() == ["asked", "e"]


@rule("D2")
async def test_the_order_is_kept_when_only_some_events_come_back():
    """An event that is deferred for longer keeps its place before those that came after it."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("1", "2", "3"), go("e", "../b")),
        hsm.state("b", hsm.defer("2"), go("1", "../c", hsm.effect(note_name))),
        hsm.state("c", takes("2", "3")),
    )
    machine = await started(model)
    for event in "123":
        await machine.dispatch(event)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["1", "2", "3"]


@rule("D2")
async def test_an_event_that_was_deferred_again_keeps_its_place():
    """The second event moves the machine to where the first is free: it comes before the third."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("1", "2", "3"), go("e", "../b")),
        hsm.state("b", hsm.defer("1"), go("2", "../c", hsm.effect(note_name))),
        hsm.state("c", takes("1", "3")),
    )
    machine = await started(model)
    for event in "123":
        await machine.dispatch(event)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["2", "1", "3"]


@rule("D2")
async def test_an_event_that_came_back_may_move_the_machine_to_where_the_next_is_deferred_again():
    """The next one is deferred again, and comes back in its turn."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x"), go("e", "../b")),
        hsm.state("b", go("x", "../a", hsm.effect(note_name))),
    )
    machine = await started(model)
    for event in "xxx":
        await machine.dispatch(event)
    for _ in range(3):
        await machine.dispatch("e")
        assert (machine.instance.taken(), machine.state()) == (["x"], "/M/a")
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.state()) == ([], "/M/b")


@rule("D2")
async def test_a_self_transition_offers_the_event_again():
    """The configuration was left and entered, so a guard gets a second chance."""

    class Counting(Log):
        entries = 0

    def counts(ctx, self, event):
        self.entries += 1

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.entry(counts),
            hsm.defer("x"),
            on("x", hsm.guard(lambda ctx, self, event: self.entries > 1), hsm.effect(note_name)),
            go("e", "."),
        ),
    )
    machine = await started(model, Counting())
    await machine.dispatch("x")
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x"]


@rule("D2")
async def test_a_timer_and_an_activity_bring_events_back_as_well(clock):
    """Whatever changes the configuration does."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x", "y"), after(1, hsm.target("../b"))),
        hsm.state("b", hsm.defer("y"), takes("x"), hsm.activity(anote("worked")), then("../c")),
        hsm.state("c", takes("y")),
    )
    machine = await started(model)
    await machine.dispatch("y")
    await machine.dispatch("x")
    await clock.advance(1)
    await settle()
    assert machine.instance.taken() == ["x", "worked", "y"]


@rule("D2")
async def test_the_data_and_identity_of_an_event_survive():
    """The very same object comes back."""
    seen = []
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer(Paid), go("e", "../b")),
        hsm.state("b", on(Paid, hsm.effect(lambda ctx, self, event: seen.append(event)))),
    )
    machine = await started(model)
    paid = Paid(5)
    await machine.dispatch(paid)
    await machine.dispatch("e")
    assert len(seen) == 1
    assert seen[0] is paid


@rule("D2")
async def test_restart_forgets_what_was_deferred():
    """The new life does not begin with old events."""
    model = hsm.define("M", hsm.state("a", hsm.defer("x"), go("e", "../b")), hsm.state("b", takes("x")))
    machine = await started(model)
    await machine.dispatch("x")
    await machine.restart()
    await machine.dispatch("e")
    assert machine.instance.taken() == []


@rule("D2")
async def test_a_history_that_restores_a_deferring_state_defers_again():
    """Deferral is a matter of what is active, however it became so."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            hsm.deep_history("h"),
            hsm.state("a", go("n", "../b")),
            hsm.state("b", hsm.defer("x")),
            go("out", "../off"),
        ),
        hsm.state("off", go("back", "../s/h"), takes("x")),
    )
    machine = await started(model)
    for event in ("n", "out", "back"):
        await machine.dispatch(event)
    assert await machine.dispatch("x") is Outcome.DEFERRED
    await machine.dispatch("out")
    assert machine.instance.taken() == ["x"]


@rule("D3")
async def test_an_event_that_one_region_defers_is_kept_from_the_others_too():
    """The other region gets it when the deferring state is left."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", hsm.defer("x"), go("e", "../b")), hsm.state("b")),
        hsm.region("q", hsm.state("c", takes("x"))),
    )
    machine = await started(model)
    assert await machine.dispatch("x") is Outcome.DEFERRED
    assert machine.instance.taken() == []
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x"]


@rule("D3")
async def test_a_transition_inside_the_deferring_state_wins_over_its_deferral():
    """Then both regions take the event."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("s", hsm.defer("x"), hsm.state("a", takes("x")))),
        hsm.region("q", hsm.state("c", takes("x"))),
    )
    machine = await started(model)
    assert await machine.dispatch("x") is Outcome.TAKEN
    assert machine.instance.taken() == ["x", "x"]


@rule("D3")
async def test_a_deferral_of_the_owner_yields_to_a_transition_in_any_region():
    """The regions are inside the owner, so they decide first."""
    model = hsm.define(
        "M",
        takes("y"),
        hsm.state(
            "o",
            hsm.defer("x", "y"),
            hsm.region("r", hsm.state("a")),
            hsm.region("q", hsm.state("c", takes("x"))),
        ),
    )
    machine = await started(model)
    assert await machine.dispatch("x") is Outcome.TAKEN
    assert await machine.dispatch("y") is Outcome.DEFERRED
    assert machine.instance.taken() == ["x"]


@rule("D2", "D1")
@both_engines
async def test_a_transition_further_in_than_the_deferral_takes_an_event_when_it_is_decided_on_anew(engine):
    """The state that defers is still active; the others keep their place, before what comes later."""
    model = hsm.define(
        "M",
        hsm.state(
            "s",
            hsm.defer("1", "2", "3"),
            hsm.state("a", go("e", "../b")),
            hsm.state("b", takes("2"), go("e", "../c")),
            hsm.state("c", takes("1", "3")),
        ),
    )
    machine = await started(model, engine=engine)
    told = []
    for event in ("1", "2", "3", "e", "3", "e"):
        await machine.dispatch(event)
        told.append(machine.instance.taken())
    assert told == [[], [], [], ["2"], [], ["1", "3", "3"]]


@rule("D2", "R4")
@both_engines
async def test_a_guard_decides_anew_on_a_deferred_event_each_time_the_configuration_has_changed(engine):
    """Not while it stays the same, whatever else happens."""

    def is_open(ctx, self, event):
        self.log.append("asked")
        return self.is_in("r/b")

    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", go("e", "../b"), on("nothing")), hsm.state("b")),
        hsm.region("q", hsm.state("c", hsm.defer("x"), on("x", hsm.guard(is_open), hsm.effect(note_name)))),
    )
    machine = await started(model, engine=engine)
    told = []
    for event in ("x", "nothing", "e", "nothing"):
        await machine.dispatch(event)
        told.append(machine.instance.taken())
    assert told == [["asked"], [], ["asked", "x"], []]


@rule("D4")
async def test_dispatch_of_a_deferred_event_returns_deferred_at_once():
    """Nobody waits for the recall, and the recall tells nobody."""
    model = hsm.define("M", hsm.state("a", hsm.defer("x"), go("e", "../b")), hsm.state("b", takes("x")))
    machine = await started(model)
    assert await machine.dispatch("x") is Outcome.DEFERRED
    assert await machine.dispatch("x") is Outcome.DEFERRED
    assert await machine.dispatch("e") is Outcome.TAKEN
    assert machine.instance.taken() == ["x", "x"]


@rule("D4")
async def test_from_inside_a_behaviour_a_deferred_event_is_queued_like_any_other():
    """Whether it is deferred is found out when its turn comes."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x"), on("s", hsm.effect(sends("x"))), go("e", "../b")),
        hsm.state("b", takes("x")),
    )
    machine = await started(model)
    await machine.dispatch("s")
    await settle()
    assert machine.instance.taken() == ["x queued"]
    await machine.dispatch("e")
    assert machine.instance.taken() == ["x"]


@rule("Q8", "D2")
@both_engines
@pytest.mark.parametrize("budget", [48, 49, 50, 51])
async def test_an_event_that_is_deferred_in_its_own_wake_meets_the_budget(engine, budget):
    """Its guard fails, the error re-enters the state, the event comes back: that does not go on for ever."""
    asked = []

    def broken(ctx, self, event):
        asked.append(event.name)
        raise ValueError("guard")

    model = hsm.define(
        "M",
        hsm.state("s", hsm.defer("e"), on("e", hsm.guard(broken)), go("hsm_error", ".")),
    )
    machine = await started(model, step_budget=budget, engine=engine)
    caught = errors_of_loop()
    assert await machine.dispatch("e") is Outcome.DEFERRED
    await settle()
    assert len(asked) <= budget
    assert [type(error) for error in caught] == [hsm.LoopBudgetError]
    assert machine.state() == "/M/s"


@rule("Q8", "D2")
@both_engines
async def test_what_comes_back_is_nothing_new_from_outside(engine):
    """A machine that feeds itself meets the budget, although every round recalls what is deferred, and defers it again."""
    rounds = []

    def again(ctx, self, event):
        rounds.append(event.name)
        self.dispatch("f")

    model = hsm.define("M", hsm.state("a", hsm.defer("e"), go("f", ".", hsm.effect(again))))
    machine = await started(model, step_budget=50, engine=engine)
    caught = errors_of_loop()
    assert await machine.dispatch("e") is Outcome.DEFERRED
    machine.dispatch("f")
    await settle()
    assert len(rounds) == 51
    assert [type(error) for error in caught] == [hsm.LoopBudgetError]
