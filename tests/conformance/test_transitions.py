"""Which transition fires: rules T1 to T6, outside regions."""

from __future__ import annotations

import attrs
import pytest
from support import (
    Log,
    after,
    anote,
    both_engines,
    fail,
    go,
    logged,
    note,
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


@rule("T1")
async def test_an_event_sent_in_an_effect_is_handled_after_the_step():
    """What an effect dispatches waits until exits, effects and entries are done."""
    model = hsm.define(
        "M",
        logged("a", go("e", "../b", hsm.effect(sends("x"), note("effect")))),
        logged("b", noting("x", "x in b")),
        on("x", hsm.source("a"), hsm.effect(note("x in a"))),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "x queued", "effect", "+b", "x in b"]


@rule("T1")
async def test_an_event_that_comes_while_a_step_suspends_waits_for_its_end():
    """Async behaviours do not let another event into the step."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../b", hsm.effect(anote("one"), anote("two")))),
        hsm.state("b", hsm.entry(anote("+b")), noting("x")),
    )
    machine = await started(model)
    first, second = machine.dispatch("e"), machine.dispatch("x")
    assert (await second, await first) == (hsm.Outcome.TAKEN, hsm.Outcome.TAKEN)
    assert machine.instance.taken() == ["one", "two", "+b", "x"]


@rule("T1")
async def test_events_sent_during_entry_at_start_are_handled_in_order_before_start_returns():
    """The first entry may talk to its own machine."""
    model = hsm.define("M", hsm.state("a", hsm.entry(sends("x", "y")), noting("x"), noting("y")))
    machine = await started(model)
    assert machine.instance.taken() == ["x queued", "y queued", "x", "y"]


@rule("T2")
async def test_the_innermost_state_wins():
    """A nested transition is taken, the one around it is not even asked."""
    model = hsm.define(
        "M",
        noting("e", "model", hsm.guard(says(True, "model asked"))),
        hsm.state("a", noting("e", "a"), hsm.state("b", noting("e", "b"), hsm.state("c"))),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["b"]


@rule("T2")
async def test_in_one_state_the_first_transition_whose_guard_holds_wins():
    """Guards are asked in order of declaration up to the first that holds."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            noting("e", "one", hsm.guard(says(False, "1?"))),
            noting("e", "two", hsm.guard(says(True, "2?"))),
            noting("e", "three", hsm.guard(says(True, "3?"))),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["1?", "2?", "two"]


@rule("T2")
async def test_an_outer_transition_is_tried_after_every_inner_guard_said_no():
    """Closed inner transitions let the event go outwards."""
    model = hsm.define(
        "M",
        hsm.state("a", noting("e", "a"), hsm.state("b", noting("e", "b", hsm.guard(says(False, "b?"))))),
    )
    machine = await started(model)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["b?", "a"]


@rule("T2")
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_transition_with_a_source_counts_where_it_is_written(is_first):
    """Written on the model before the state, it comes before the state's own; after it, behind."""
    elsewhere = on("e", hsm.source("/M/a"), hsm.guard(says(True)), hsm.effect(note("elsewhere")))
    own = hsm.state("a", noting("e", "own", hsm.guard(says(True))))
    machine = await started(hsm.define("M", *((elsewhere, own) if is_first else (own, elsewhere))))
    await machine.dispatch("e")
    assert machine.instance.taken() == ["elsewhere" if is_first else "own"]


@rule("T2")
async def test_every_guard_is_asked_once_whatever_pattern_lets_it_in():
    """A transition that three of its triggers match is asked once, in the place of the best of them."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            noting("o.*", "2", hsm.guard(says(False, "prefix"))),
            hsm.transition(hsm.on("*", "o.*", "o.p.q"), hsm.guard(says(False, "all three"))),
            noting("o.p.*", "3", hsm.guard(says(False, "longer prefix"))),
            noting("*", "4", hsm.guard(says(False, "any"))),
        ),
    )
    machine = await started(model)
    assert await machine.dispatch("o.p.q") is hsm.Outcome.IGNORED
    assert machine.instance.taken() == ["all three", "longer prefix", "prefix", "any"]


@rule("T2")
async def test_an_exact_name_beats_prefixes_and_a_longer_prefix_a_shorter():
    """Within one state the better pattern wins, whatever was declared first."""
    model = hsm.define(
        "M",
        hsm.state("a", noting("*"), noting("o.*"), noting("o.p.*"), noting("o.p.q")),
    )
    machine = await started(model)
    for name in ("o.p.q", "o.p.z", "o.p.", "o.p", "o.", "o", "x"):
        await machine.dispatch(name)
    assert machine.instance.taken() == ["o.p.q", "o.p.*", "o.p.*", "o.*", "o.*", "*", "*"]


@rule("T2")
async def test_an_inner_wildcard_beats_an_outer_exact_name():
    """Nesting decides before the pattern does."""
    model = hsm.define("M", noting("e", "exact"), hsm.state("a", noting("*", "wild")))
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["wild"]


@rule("T2")
async def test_a_wildcard_does_not_match_built_in_events():
    """Errors, completions, timers and changes pass every `*` and every prefix by."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            noting("*", "any"),
            noting("hsm_e.*", "prefix"),
            after(1, hsm.effect(note("tick"))),
            noting("hsm_error", "error"),
            on("bad", hsm.effect(fail("no"))),
        ),
    )
    machine = await started(model)
    await machine.dispatch("bad")
    assert machine.instance.taken() == ["error"]
    for name in ("hsm_completion", "hsm_initial", "hsm_final", "hsm_time", "hsm_change"):
        assert await machine.dispatch(name) is hsm.Outcome.IGNORED
    assert machine.instance.taken() == []


@rule("T2")
async def test_a_signal_is_found_by_its_name():
    """A class, its name and a pattern all name the same event."""

    @attrs.frozen
    class Paid(hsm.Signal, name="order.paid"):
        amount: int

    model = hsm.define(
        "M",
        noting("order.*", "pattern"),
        hsm.state("a", go(Paid, "../b", hsm.guard(lambda ctx, self, event: event.amount > 1))),
        hsm.state("b", go(hsm.Event("order.paid"), "../c")),
        hsm.state("c"),
    )
    machine = await started(model)
    await machine.dispatch(Paid(1))
    assert (machine.instance.taken(), machine.state()) == (["pattern"], "/M/a")
    await machine.dispatch(Paid(2))
    await machine.dispatch(Paid(2))
    assert machine.state() == "/M/c"


@rule("T3")
async def test_all_guards_of_a_transition_are_required_up_to_the_first_no():
    """The second guard says no, so the third is not asked."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on(
                "e",
                hsm.guard(says(True, "1")),
                hsm.guard(says(False, "2")),
                hsm.guard(says(True, "3")),
                hsm.effect(note("fired")),
            ),
        ),
    )
    machine = await started(model)
    assert await machine.dispatch("e") is hsm.Outcome.IGNORED
    assert machine.instance.taken() == ["1", "2"]


@rule("T3")
@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (hsm.all_of(says(True, "1"), says(True, "2")), ["1", "2", "yes"]),
        (hsm.all_of(says(False, "1"), says(True, "2")), ["1", "no"]),
        (hsm.any_of(says(False, "1"), says(True, "2"), says(True, "3")), ["1", "2", "yes"]),
        (hsm.any_of(says(False, "1"), says(False, "2")), ["1", "2", "no"]),
        (hsm.not_(says(False, "1")), ["1", "yes"]),
        (hsm.not_(hsm.any_of(says(False, "1"), hsm.not_(says(True, "2")))), ["1", "2", "yes"]),
        (hsm.guard(hsm.all_of(hsm.guard(says(True, "1")), hsm.not_(says(True, "2")))), ["1", "2", "no"]),
        (hsm.guard(says(True, "1"), says(True, "2")), ["1", "2", "yes"]),
        (hsm.guard(says(True, "1"), hsm.not_(says(True, "2")), says(True, "3")), ["1", "2", "no"]),
    ],
)
async def test_guards_combine_and_ask_no_more_than_they_must(condition, asked):
    """`all_of`, `any_of`, `not_` and `guard` nest, and stop as soon as the answer is known."""
    model = hsm.define("M", hsm.state("a", noting("e", "yes", condition), noting("e", "no")))
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == asked


@rule("T3")
async def test_async_guards_are_awaited():
    """A coroutine function is as good a guard, also inside a combination."""

    async def slow(ctx, self, event):
        await anote("asked")(ctx, self, event)
        return True

    model = hsm.define("M", hsm.state("a", noting("e", "yes", hsm.not_(hsm.not_(slow)))))
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["asked", "yes"]


@rule("T5")
async def test_an_event_that_nothing_handles_is_dropped():
    """It is ignored now and does not come back later."""
    model = hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b", noting("x")))
    machine = await started(model)
    assert await machine.dispatch("x") is hsm.Outcome.IGNORED
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.state()) == ([], "/M/b")


@rule("T6")
async def test_a_transition_without_trigger_fires_when_its_state_completes():
    """A simple state without activities is left as soon as it is entered."""
    model = hsm.define("M", logged("a", then("../b", hsm.effect(note("effect")))), logged("b"))
    machine = await started(model)
    assert machine.instance.taken() == ["+a", "-a", "effect", "+b"]


@rule("T6")
async def test_completion_transitions_are_asked_in_order_and_once():
    """The first that is open fires; when none is, the completion is gone."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            then("../b", hsm.guard(says(False, "1"))),
            then("../b", hsm.guard(says(False, "2"))),
            noting("e"),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["1", "2", "e"]
    assert machine.state() == "/M/a"


@rule("T6")
async def test_an_internal_completion_transition_runs_once():
    """Without a target nothing is left, so the state does not complete again."""
    model = hsm.define("M", logged("a", hsm.transition(hsm.effect(note("done"))), noting("e")))
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+a", "done", "e"]


class Meter(Log):
    level = 0


def above(limit):
    def predicate(ctx, self, event):
        return self.level > limit

    return predicate


def rises(ctx, self, event):
    self.level += 1


def falls(ctx, self, event):
    self.level -= 1


@rule("T6")
async def test_a_change_trigger_fires_when_its_condition_becomes_true_and_not_while_it_stays_so():
    """Only the way from false to true counts, each time anew."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on("up", hsm.effect(rises)),
            on("down", hsm.effect(falls)),
            hsm.transition(hsm.when(above(1)), hsm.effect(note("high"))),
        ),
    )
    machine = await started(model, Meter())
    seen = []
    for name in ("up", "up", "up", "down", "down", "up"):
        await machine.dispatch(name)
        seen.append(machine.instance.taken())
    assert seen == [[], ["high"], [], [], [], ["high"]]


@rule("T6")
async def test_a_change_trigger_is_asked_also_after_a_step_that_its_own_effect_was_part_of():
    """A change that a change causes is seen within the same dispatch."""
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.state("a", hsm.transition(hsm.when(above(0)), hsm.target("../b"), hsm.effect(rises))),
        logged("b", hsm.transition(hsm.when(hsm.all_of(above(1), hsm.in_state("."))), hsm.target("../c"))),
        logged("c"),
    )
    machine = await started(model, Meter())
    await machine.dispatch("up")
    assert (machine.state(), machine.instance.taken()) == ("/M/c", ["+b", "-b", "+c"])


@rule("T6")
async def test_a_change_trigger_with_a_closed_guard_does_not_fire_later():
    """The change is over when the guard says no; the next change counts again."""
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        on("down", hsm.effect(falls)),
        hsm.state("a", hsm.transition(hsm.when(above(0)), hsm.guard(says(False, "asked")), hsm.target("../b"))),
        hsm.state("b"),
    )
    machine = await started(model, Meter())
    for name in ("up", "up", "down", "down", "up"):
        await machine.dispatch(name)
    assert (machine.state(), machine.instance.taken()) == ("/M/a", ["asked", "asked"])


@rule("T6")
async def test_a_change_trigger_is_not_asked_while_its_state_is_not_active():
    """What is not active is not asked, and does not remember."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../b")),
        hsm.state("b", hsm.transition(hsm.when(says(True, "asked")), hsm.effect(note("fired"))), go("e", "../a")),
    )
    machine = await started(model)
    await settle()
    assert machine.instance.taken() == []
    for _ in range(3):
        await machine.dispatch("e")
    assert machine.instance.taken().count("fired") == 2


def asked(level, text="asked"):
    """A predicate that writes that it was asked, and whether the meter stands above *level*."""

    def predicate(ctx, self, event):
        self.log.append(text)
        return self.level > level

    return predicate


@rule("T6", "T2")
@both_engines
async def test_triggers_with_one_predicate_share_one_change_event(engine):
    """The innermost state takes it, the predicate is called once a step, and what is outside stays as it is."""
    is_high = asked(0)
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.state(
            "s",
            hsm.transition(hsm.when(is_high), hsm.target("../z"), hsm.effect(note("outer"))),
            hsm.state("a", hsm.transition(hsm.when(is_high), hsm.effect(note("inner")))),
        ),
        hsm.state("z"),
    )
    machine = await started(model, Meter(), engine=engine)
    machine.instance.taken()
    await machine.dispatch("up")
    assert machine.instance.taken() == ["asked", "inner", "asked"]
    assert machine.state() == "/M/s/a"


@rule("T6", "T2")
@both_engines
async def test_a_change_event_that_the_innermost_state_does_not_take_goes_outwards(engine):
    """A closed guard, or a closed junction, leaves it to the state around."""
    is_high = asked(0)
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.transition(hsm.when(is_high), hsm.effect(note("model"))),
        hsm.state(
            "s",
            hsm.transition(hsm.when(is_high), hsm.target("j")),
            hsm.junction("j", then("a", hsm.guard(says(False, "junction")))),
            hsm.state("a", hsm.transition(hsm.when(is_high), hsm.guard(says(False, "guard")))),
        ),
    )
    machine = await started(model, Meter(), engine=engine)
    machine.instance.taken()
    await machine.dispatch("up")
    assert [line for line in machine.instance.taken() if line != "asked"] == ["guard", "junction", "model"]


@rule("T6", "T4")
@both_engines
async def test_in_regions_each_takes_a_change_event_for_itself(engine):
    """As with any event: all fire in the order of regions, and none of what is around them."""
    is_high = asked(0)
    taken = {name: hsm.transition(hsm.when(is_high), hsm.effect(note(name))) for name in ("r", "q", "o")}
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.state(
            "o",
            taken["o"],
            hsm.region("r", hsm.state("a", taken["r"])),
            hsm.region("q", hsm.state("b", taken["q"])),
            hsm.region("t", hsm.state("c")),
        ),
    )
    machine = await started(model, Meter(), engine=engine)
    machine.instance.taken()
    await machine.dispatch("up")
    assert [line for line in machine.instance.taken() if line != "asked"] == ["r", "q"]


@rule("T6", "T2")
@both_engines
async def test_of_two_triggers_of_one_state_with_one_predicate_the_first_takes_the_change(engine):
    """In order of declaration."""
    is_high = asked(0)
    first, second = (hsm.transition(hsm.when(is_high), hsm.effect(note(name))) for name in ("first", "second"))
    machine = await started(
        hsm.define("M", on("up", hsm.effect(rises)), hsm.state("a", first, second)), Meter(), engine=engine
    )
    await machine.dispatch("up")
    assert [line for line in machine.instance.taken() if line != "asked"] == ["first"]


@rule("T6")
@both_engines
@pytest.mark.parametrize(
    ("one", "other", "are_shared"),
    [
        (lambda f: f, lambda f: f, True),
        (hsm.not_, hsm.not_, True),
        (lambda f: hsm.all_of(f, hsm.in_state("/M/s")), lambda f: hsm.all_of(f, hsm.in_state("/M/s")), True),
        (lambda f: f, lambda f: hsm.any_of(f, f), False),
        (lambda f: f, lambda f: asked(0), False),
    ],
    ids=["itself", "its opposite", "combined", "another combination", "another predicate"],
)
async def test_a_condition_is_the_same_when_it_is_made_of_the_same_predicates(one, other, are_shared, engine):
    """Written twice, or kept in a variable. Two conditions that are not the same are two events."""
    is_high = asked(0)
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        on("down", hsm.effect(falls)),
        hsm.state(
            "s",
            hsm.transition(hsm.when(one(is_high)), hsm.effect(note("outer"))),
            hsm.state("a", hsm.transition(hsm.when(other(is_high)), hsm.effect(note("inner")))),
        ),
    )
    machine = await started(model, Meter(), engine=engine)
    machine.instance.taken()
    for name in ("up", "down"):
        await machine.dispatch(name)
    told = [line for line in machine.instance.taken() if line != "asked"]
    assert told == (["inner"] if are_shared else ["inner", "outer"])


@rule("T6")
async def test_a_bound_method_is_the_same_predicate_wherever_it_is_taken_from_its_object():
    """Each look at it makes another object; what is called is the same."""

    class Sensor:
        def is_high(self, ctx, meter, event):
            return meter.level > 0

    sensor, twin = Sensor(), Sensor()
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.transition(hsm.when(twin.is_high), hsm.effect(note("twin"))),
        hsm.state(
            "s",
            hsm.transition(hsm.when(sensor.is_high), hsm.effect(note("outer"))),
            hsm.state("a", hsm.transition(hsm.when(sensor.is_high), hsm.effect(note("inner")))),
        ),
    )
    machine = await started(model, Meter())
    await machine.dispatch("up")
    assert machine.instance.taken() == ["inner", "twin"]


@rule("T6")
@both_engines
async def test_a_state_that_is_entered_later_has_a_change_of_its_own(engine):
    """The condition counts as false before: what is outside has had its change, and gets no other."""
    is_high = asked(0)
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.state(
            "s",
            hsm.transition(hsm.when(is_high), hsm.effect(note("outer"))),
            hsm.state("a", go("in", "../b")),
            hsm.state("b", hsm.transition(hsm.when(is_high), hsm.effect(note("inner")))),
        ),
    )
    machine = await started(model, Meter(), engine=engine)
    told = []
    for name in ("up", "in"):
        await machine.dispatch(name)
        told.append([line for line in machine.instance.taken() if line != "asked"])
    assert told == [["outer"], ["inner"]]


@rule("T6", "E2")
@both_engines
async def test_a_shared_predicate_that_raises_is_one_error(engine):
    """It was called once, and counts as false inside of `not_`, too."""
    calls = []

    def breaks_at_first(ctx, self, event):
        calls.append(event.name)
        if len(calls) == 1:
            raise ValueError("broken")
        return False

    model = hsm.define(
        "M",
        noting("hsm_error", "error"),
        hsm.state(
            "s",
            hsm.transition(hsm.when(breaks_at_first), hsm.effect(note("outer"))),
            hsm.state("a", hsm.transition(hsm.when(hsm.not_(breaks_at_first)), hsm.effect(note("inner")))),
        ),
    )
    machine = await started(model, engine=engine)
    assert machine.instance.taken() == ["error", "inner"]
    assert calls == ["hsm_initial", "hsm_error", "hsm_change"]


@rule("T6")
@both_engines
async def test_a_change_whose_state_another_change_has_exited_is_void(engine):
    """Both became true in one step; the first leads away from the state of the second."""
    model = hsm.define(
        "M",
        on("up", hsm.effect(rises)),
        hsm.state(
            "s",
            hsm.transition(hsm.when(above(0)), hsm.effect(note("never"))),
            hsm.state("a", hsm.transition(hsm.when(above(0)), hsm.target("/M/z"))),
        ),
        logged("z"),
    )
    machine = await started(model, Meter(), engine=engine)
    await machine.dispatch("up")
    assert machine.instance.taken() == ["+z"]
