"""Timers and the clock: rules A2 to A7."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from support import (
    Gated,
    after,
    anote,
    asays,
    at,
    both_engines,
    every,
    fail,
    go,
    held,
    logged,
    note,
    on,
    rule,
    says,
    settle,
    started,
)  # fmt: skip

import hsm


class ManualClock:
    """A clock of one's own: time goes on when `advance` says so, and every call that was asked for is kept."""

    class Call:
        """A call that was asked for."""

        def __init__(self, when, callback, args):
            self.when, self.callback, self.args = when, callback, args
            self.is_cancelled = False

        def cancel(self):
            self.is_cancelled = True

    def __init__(self, now=1000.0):
        self.now = now
        self.calls = []

    def time(self):
        return self.now

    def wall(self):
        return datetime(2030, 1, 1, tzinfo=UTC).timestamp() + self.now

    def call_at(self, when, callback, *args):
        call = self.Call(when, callback, args)
        self.calls.append(call)
        return call

    def advance(self, seconds):
        """Let time pass at once, then make the calls that are due by now."""
        self.now += seconds
        due = sorted((call for call in self.calls if call.when <= self.now), key=lambda call: call.when)
        for call in due:
            self.calls.remove(call)
            if not call.is_cancelled:
                call.callback(*call.args)

    def waiting(self):
        return [call for call in self.calls if not call.is_cancelled]


def stamp(clock):
    """A behaviour that writes the time and the number of the tick."""

    def behave(ctx, self, event):
        self.log.append((clock.time(), event.data.number))

    return behave


# --- A2: what a timer is given ----------------------------------------------------------------------------------


@rule("A2")
@pytest.mark.parametrize(
    "duration",
    [
        2,
        2.0,
        timedelta(seconds=2),
        says(2),
        says(timedelta(seconds=2)),
        asays(2.0),
        asays(timedelta(seconds=2)),
    ],
    ids=["int", "float", "timedelta", "returns int", "returns timedelta", "async float", "async timedelta"],
)
async def test_after_and_every_take_seconds_spans_and_functions(duration, clock):
    """All forms mean the same moment."""
    model = hsm.define(
        "M",
        hsm.state("a", after(duration, hsm.target("b"))),
        hsm.state("b", every(duration, hsm.effect(stamp(clock)))),
    )
    machine = await started(model)
    await clock.advance(1.9)
    assert machine.state() == "/M/a"
    await clock.advance(0.2)
    assert machine.state() == "/M/b"
    await clock.advance(4)
    assert machine.instance.log == [(4, 1), (6, 2)]


MOMENT = datetime(2024, 1, 1, 0, 0, 10, tzinfo=UTC)


@rule("A2")
@pytest.mark.parametrize("moment", [MOMENT, says(MOMENT), asays(MOMENT)], ids=["datetime", "function", "async"])
async def test_at_takes_a_moment_or_a_function_that_gives_one(moment, clock):
    """It is counted by the clock's wall time."""
    machine = await started(hsm.define("M", hsm.state("a", at(moment, hsm.effect(stamp(clock))))))
    await clock.advance(100)
    assert machine.instance.log == [(10, 1)]


@rule("A2")
async def test_a_moment_without_a_time_zone_is_local_time(clock):
    """As everywhere in Python."""
    naive = datetime.fromtimestamp(clock.wall() + 7)
    machine = await started(hsm.define("M", hsm.state("a", at(naive, hsm.effect(stamp(clock))))))
    await clock.advance(100)
    assert machine.instance.log == [(7, 1)]


@rule("A2")
async def test_a_function_is_given_the_event_that_caused_entry(clock):
    """So an event can bring the time along; it is asked anew on each entry."""

    def asked_for(ctx, self, event):
        return event.data

    model = hsm.define(
        "M",
        hsm.state("idle", go("wait", "waiting")),
        hsm.state("waiting", after(asked_for, hsm.target("idle"), hsm.effect(lambda ctx, self, event: self.log.append(clock.time())))),
    )  # fmt: skip
    machine = await started(model)
    await machine.dispatch("wait", 3)
    await clock.advance(10)
    await machine.dispatch("wait", timedelta(seconds=5))
    await clock.advance(10)
    assert machine.instance.log == [3, 15]


@rule("A2", "K5")
async def test_timers_are_armed_after_the_entry_actions_and_before_the_default_entry():
    """The order on entering a state."""

    def duration(ctx, self, event):
        self.log.append("timer")
        return 1

    model = hsm.define("M", hsm.state("a", after(duration, hsm.target(".")), hsm.entry(anote("+a")), logged("b")))
    machine = await started(model)
    assert machine.instance.log == ["+a", "timer", "+b"]


@rule("A2")
async def test_the_event_of_a_timer_tells_when_it_was_due(clock):
    """Its data is a `Tick`."""
    seen = []
    model = hsm.define("M", hsm.state("a", after(2, hsm.effect(lambda ctx, self, event: seen.append(event)))))
    await started(model)
    await clock.advance(3)
    assert [event.data for event in seen] == [hsm.Tick(due=2.0)]
    assert seen[0].name == "hsm_time"


@rule("A2")
async def test_a_timer_may_stand_elsewhere_than_its_source(clock):
    """It belongs to the source of its transition, wherever that is written."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state("b"),
        hsm.transition(hsm.source("b"), hsm.after(2), hsm.target("a")),
    )
    machine = await started(model)
    await clock.advance(5)
    assert machine.state() == "/M/a"
    await machine.dispatch("go")
    await clock.advance(1.5)
    assert machine.state() == "/M/b"
    await clock.advance(1)
    assert machine.state() == "/M/a"


# --- A3: one activation -----------------------------------------------------------------------------------------


@rule("A3")
async def test_leaving_the_state_stops_its_timer(clock):
    """And entering it again starts it from the beginning."""
    model = hsm.define(
        "M",
        hsm.state("a", after(3, hsm.effect(stamp(clock))), go("go", "b")),
        hsm.state("b", go("back", "a")),
    )
    machine = await started(model)
    await clock.advance(2)
    await machine.dispatch("go")
    await machine.dispatch("back")
    await clock.advance(2)
    assert machine.instance.log == []
    await clock.advance(2)
    assert machine.instance.log == [(5, 1)]


@rule("A3", "K2")
async def test_a_self_transition_starts_the_timer_again(clock):
    """The state was left and entered."""
    machine = await started(hsm.define("M", hsm.state("a", after(3, hsm.effect(stamp(clock))), go("go", "."))))
    await clock.advance(2)
    await machine.dispatch("go")
    await clock.advance(10)
    assert machine.instance.log == [(5, 1)]


@rule("A3", "K1")
async def test_an_internal_transition_leaves_the_timer_alone(clock):
    """So does a transition between substates, for a timer of the state around them."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            after(3, hsm.effect(stamp(clock))),
            hsm.state("b", go("go", "../c")),
            hsm.state("c"),
            on("x"),
        ),
    )
    machine = await started(model)
    await clock.advance(2)
    await machine.dispatch("x")
    await machine.dispatch("go")
    await clock.advance(10)
    assert machine.instance.log == [(3, 1)]


@rule("A3")
@pytest.mark.parametrize("target", [".", "../b"], ids=["entered again", "left"])
async def test_an_expiry_that_is_queued_when_the_state_is_left_is_void(target, clock):
    """The timer was due while a step was suspended that then left the state."""
    model = hsm.define(
        "M",
        hsm.state("a", after(1, hsm.effect(note("void"))), go("hold", target, hsm.effect(held))),
        hsm.state("b", go("back", "a")),
        go("x", "b"),
    )
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await clock.advance(2)
    machine.instance.gate.set()
    await answer
    await clock.advance(0.5)
    assert machine.instance.log == ["held", "freed"]


@rule("A3")
async def test_an_expiry_that_is_queued_fires_when_its_state_is_still_active(clock):
    """It waits for the step that is going on."""
    model = hsm.define("M", hsm.state("a", after(1, hsm.effect(note("tick"))), on("hold", hsm.effect(held))))
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await clock.advance(2)
    assert machine.instance.log == ["held"]
    machine.instance.gate.set()
    await answer
    await settle()
    assert machine.instance.log == ["held", "freed", "tick"]


@rule("A3")
async def test_of_two_timers_that_are_due_together_the_first_may_void_the_second(clock):
    """The state was left by the first."""
    model = hsm.define(
        "M",
        hsm.state("a", after(1, hsm.target(".")), after(1, hsm.effect(note("void"))), go("x", "b")),
        hsm.state("b"),
    )
    machine = await started(model)
    await clock.advance(1.5)
    assert machine.instance.log == []


@rule("A3")
async def test_after_fires_once(clock):
    """A transition that keeps its source active does not start it again, nor does a false guard."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            after(1, hsm.effect(note("once"))),
            after(1, hsm.guard(says(False, "asked")), hsm.effect(note("never"))),
        ),
    )
    machine = await started(model)
    await clock.advance(10)
    assert machine.instance.log == ["once", "asked"]


# --- A4: edges of time ------------------------------------------------------------------------------------------


@rule("A4")
@pytest.mark.parametrize(
    "trigger",
    [hsm.after(0), hsm.after(timedelta(0)), hsm.after(says(0)), hsm.at(datetime(2020, 1, 1, tzinfo=UTC)), hsm.at(says(datetime(2020, 1, 1, tzinfo=UTC)))],
    ids=["0", "timedelta", "function", "past", "function past"],
)  # fmt: skip
async def test_zero_and_a_past_moment_fire_on_the_next_turn(trigger, clock):
    """Not within the step that armed it, and without time passing."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.transition(trigger, hsm.target("b"))), hsm.state("b")))
    assert machine.state() == "/M/a"
    await settle()
    assert machine.state() == "/M/b"
    assert clock.time() == 0


@pytest.fixture(params=["UTC+9", "UTC", "UTC-9"])
def zone(request, monkeypatch):
    """The local time zone, where the system lets a program choose it."""
    choose = getattr(time, "tzset", lambda: None)
    with monkeypatch.context() as environment:
        environment.setenv("TZ", request.param)
        choose()
        yield request.param
    choose()


@rule("A4")
async def test_the_beginning_of_time_is_past_and_its_end_never_comes(zone, clock):
    """In any time zone `datetime.min` fires on the next iteration of the event loop, and `datetime.max` not in a thousand years."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            at(datetime.max, hsm.effect(note("end"))),
            at(datetime.min, hsm.effect(note("beginning"))),
        ),
    )
    machine = await started(model)
    await clock.advance(timedelta(days=365_000).total_seconds())
    assert machine.instance.log == ["beginning"]


@rule("A4")
@pytest.mark.parametrize(
    "trigger", [lambda: hsm.after(-1), lambda: hsm.after(timedelta(seconds=-1)), lambda: hsm.every(-1), lambda: hsm.every(0), lambda: hsm.every(timedelta(0))],
)  # fmt: skip
def test_a_literal_that_no_timer_can_have_is_an_error_of_the_model(trigger):
    """`define` refuses it."""
    with pytest.raises(hsm.DefinitionError):
        hsm.define("M", hsm.state("a", hsm.transition(trigger(), hsm.effect(note("x")))))


@rule("A4", "E2")
@pytest.mark.parametrize(
    ("trigger", "given"),
    [
        (hsm.after, -1),
        (hsm.after, timedelta(seconds=-1)),
        (hsm.after, float("nan")),
        (hsm.after, float("inf")),
        (hsm.after, "1"),
        (hsm.after, None),
        (hsm.every, -1),
        (hsm.every, 0),
        (hsm.every, timedelta(0)),
        (hsm.at, 5),
        (hsm.at, timedelta(seconds=1)),
    ],
)
async def test_a_function_that_gives_no_possible_time_is_an_error(trigger, given):
    """The error says what was given and what is taken; it goes the way of every error."""
    seen = []

    def span(ctx, self, event):
        return given

    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(trigger(span), hsm.effect(note("never")))),
        on("hsm_error", hsm.effect(lambda ctx, self, event: seen.append(event.data))),
    )
    machine = await started(model)
    await settle()
    assert machine.instance.log == []
    (error,) = seen
    assert isinstance(error, hsm.DurationError)
    assert f"returned {given!r}; " in str(error)
    assert "span" in str(error)


class Unshowable(int):
    """A number of seconds, and no possible one, that raises wherever it is shown."""

    def __repr__(self):
        raise RuntimeError("repr")

    __str__ = __repr__


@rule("A4", "E1")
@both_engines
@pytest.mark.parametrize(
    ("trigger", "given", "text"),
    [
        (hsm.after, 10**400, f"returned {'1' + '0' * 196}...; 'after' takes a finite time span of 0 or more"),
        (hsm.after, -(10**400), "'after' takes a finite time span of 0 or more"),
        (hsm.after, 10**5000, "returned <int>; 'after' takes a finite time span of 0 or more"),
        (hsm.every, 10**400, "'every' takes a finite time span of more than 0"),
        (hsm.every, 5e-324, "returned 5e-324; 'every' takes a finite time span of 1e-09 s or more"),
        (hsm.every, 9.9e-10, "returned 9.9e-10; 'every' takes a finite time span of 1e-09 s or more"),
        (hsm.after, Unshowable(-1), "returned <Unshowable>; 'after' takes a finite time span of 0 or more"),
        (hsm.at, Unshowable(1), "returned <Unshowable>; a function for 'at' must return a datetime"),
        (hsm.every, [Unshowable(1)], "returned <list>; a function for 'every' must return a timedelta or seconds"),
    ],
    ids=["large", "small", "long", "every-large", "tiniest", "tiny", "unshowable", "moment", "list"],
)
async def test_a_time_span_that_no_clock_can_count_is_an_error_of_its_function(trigger, given, text, engine):
    """A `DurationError`, whatever the number is, and however it can be shown; the timer is not armed."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", hsm.transition(trigger(says(given)))))
    machine = await started(model, engine=engine)
    with pytest.raises(hsm.DurationError) as caught:
        await machine.dispatch("go")
    assert text in str(caught.value)
    assert machine.state() == "/M/b"


@rule("A4")
@pytest.mark.parametrize(
    ("trigger", "text"),
    [
        (lambda: hsm.every(5e-324), "'every' of 5e-324 is shorter than a clock can tell"),
        (lambda: hsm.every(9.9e-10), "'every' of 9.9e-10 is shorter than a clock can tell"),
        (lambda: hsm.after(10**400), "would never fire"),
        (lambda: hsm.every(-(10**400)), "is negative"),
        (lambda: hsm.after(10**5000), "'after' of <int> would never fire"),
        (lambda: hsm.after(Unshowable(-1)), "'after' of <Unshowable> is negative"),
    ],
)
def test_a_literal_that_no_clock_can_count_is_an_error_of_the_model(trigger, text):
    """In the same words wherever it is written."""
    with pytest.raises(hsm.DefinitionError, match=text):
        hsm.define("M", hsm.state("a", hsm.transition(trigger(), hsm.effect(note("x")))))


@rule("A4", "A5")
@both_engines
@pytest.mark.parametrize("now", [0.0, 1e9])
async def test_the_shortest_period_ticks(now, engine):
    """Also on a clock whose time is too far on to tell two ticks apart: what it misses is counted."""
    clock = ManualClock(now)
    seen = []
    model = hsm.define("M", hsm.state("a", every(1e-9, hsm.effect(lambda ctx, self, event: seen.append(event.data)))))
    await started(model, clock=clock, engine=engine)
    for _ in range(3):
        clock.advance(1.0)
    numbers = [tick.number for tick in seen]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == pytest.approx(3e9)
    assert sum(1 + tick.missed for tick in seen) == numbers[-1]


# --- A5: every --------------------------------------------------------------------------------------------------


@rule("A5")
async def test_every_ticks_until_its_state_is_left(clock):
    """Tick n is due at the arming time and n periods."""
    model = hsm.define(
        "M",
        hsm.state("a", every(2, hsm.effect(stamp(clock))), go("go", "b")),
        hsm.state("b"),
    )
    machine = await started(model)
    await clock.advance(7)
    await machine.dispatch("go")
    await clock.advance(10)
    assert machine.instance.log == [(2, 1), (4, 2), (6, 3)]


@rule("A5")
async def test_every_does_not_drift_when_its_effects_take_time(clock):
    """An effect of 0.7 s leaves the ticks where they were."""

    async def slow(ctx, self, event):
        self.log.append(clock.time())
        await clock.advance(0.7)

    machine = await started(hsm.define("M", hsm.state("a", every(1, hsm.effect(slow)))))
    await clock.advance(5.5)
    assert machine.instance.log == [1, 2, 3, 4, 5]


@rule("A5")
async def test_every_does_not_drift_over_many_ticks(clock):
    """Ten thousand ticks of a tenth of a second are a thousand seconds."""
    machine = await started(hsm.define("M", hsm.state("a", every(0.1, hsm.effect(stamp(clock))))))
    await clock.advance(1000.05)
    assert len(machine.instance.log) == 10000
    when, number = machine.instance.log[-1]
    assert when == pytest.approx(1000)
    assert number == 10000


@rule("A5")
async def test_missed_ticks_are_skipped_and_counted(clock):
    """A machine that was busy for 3.5 periods gets one tick that tells of the three before it."""
    seen = []
    model = hsm.define(
        "M",
        hsm.state("a", every(1, hsm.effect(lambda ctx, self, event: seen.append(event.data))), on("hold", hsm.effect(held))),
    )  # fmt: skip
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await clock.advance(4.5)
    machine.instance.gate.set()
    await answer
    await clock.advance(1)
    assert seen == [hsm.Tick(due=4.0, number=4, missed=3), hsm.Tick(due=5.0, number=5, missed=0)]


@rule("A5")
async def test_a_clock_that_jumps_makes_one_tick():
    """After a jump the ticks go on in the old rhythm."""
    clock, seen = ManualClock(now=100), []
    model = hsm.define("M", hsm.state("a", every(10, hsm.effect(lambda ctx, self, event: seen.append(event.data)))))
    await started(model, clock=clock)
    for seconds in (35, 4, 1):
        clock.advance(seconds)
    assert seen == [hsm.Tick(due=130, number=3, missed=2), hsm.Tick(due=140, number=4, missed=0)]


@rule("A5")
async def test_a_false_guard_does_not_end_every(clock):
    """It is asked at each tick."""

    def odd(ctx, self, event):
        return event.data.number % 2 == 1

    machine = await started(hsm.define("M", hsm.state("a", every(1, hsm.guard(odd), hsm.effect(stamp(clock))))))
    await clock.advance(5.5)
    assert machine.instance.log == [(1, 1), (3, 3), (5, 5)]


@rule("A5", "E4")
async def test_a_failing_effect_does_not_end_every(clock):
    """Each error is handled, and the next tick comes."""
    model = hsm.define(
        "M",
        hsm.state("a", every(1, hsm.effect(fail("oops")))),
        on("hsm_error", hsm.effect(lambda ctx, self, event: self.log.append(clock.time()))),
    )
    machine = await started(model)
    await clock.advance(3.5)
    assert machine.instance.log == [1, 2, 3]


@rule("A5", "A3")
async def test_every_may_leave_its_own_state_and_come_again(clock):
    """Each activation counts for itself."""
    model = hsm.define("M", hsm.state("a", every(2, hsm.target("."), hsm.effect(stamp(clock)))))
    machine = await started(model)
    await clock.advance(7)
    assert machine.instance.log == [(2, 1), (4, 1), (6, 1)]


# --- A6: order and cost -----------------------------------------------------------------------------------------


@rule("A6")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_timers_that_are_due_together_fire_in_order_of_declaration(order, clock):
    """Of whatever kind, and however they came to be due at the same time."""
    triggers = [hsm.after(6), hsm.every(3), hsm.at(datetime(2024, 1, 1, 0, 0, 6, tzinfo=UTC))]
    model = hsm.define("M", hsm.state("a", *(hsm.transition(triggers[n], hsm.effect(note(n))) for n in order)))
    machine = await started(model)
    await clock.advance(4)
    machine.instance.taken()
    await clock.advance(4)
    assert machine.instance.log == list(order)


@rule("A6")
async def test_timers_of_different_states_that_are_due_together_fire_in_order_of_declaration(clock):
    """Across regions and levels too, whichever was armed first."""
    model = hsm.define(
        "M",
        after(3, hsm.effect(note("model"))),
        hsm.state(
            "s",
            after(3, hsm.effect(note("s"))),
            hsm.region("r", hsm.state("a", after(1, hsm.target("b"))), hsm.state("b", after(2, hsm.effect(note("late"))))),
            hsm.region("q", hsm.state("c", after(3, hsm.effect(note("early"))))),
        ),
    )  # fmt: skip
    machine = await started(model)
    await clock.advance(5)
    assert machine.instance.log == ["model", "s", "late", "early"]


@rule("A6")
async def test_timers_fire_in_the_order_in_which_they_are_due_even_when_the_machine_is_late():
    """A jump over several deadlines makes no difference."""
    clock = ManualClock()
    model = hsm.define("M", hsm.state("a", *(after(n, hsm.effect(note(n))) for n in (3, 1, 2, 1.5))))
    machine = await started(model, clock=clock)
    clock.advance(10)
    assert machine.instance.log == [1, 1.5, 2, 3]


@rule("A6")
async def test_timers_take_one_call_of_the_clock_and_no_task():
    """A hundred timers are one call at a time, for the one that is due first, and no task."""
    clock = ManualClock()
    model = hsm.define(
        "M",
        hsm.state("a", *(after(n, hsm.effect(note(n))) for n in range(1, 101)), go("go", "b")),
        hsm.state("b"),
    )
    tasks = asyncio.all_tasks()
    machine = await started(model, clock=clock)
    assert [call.when for call in clock.waiting()] == [1001]
    await settle()
    assert asyncio.all_tasks() == tasks
    clock.advance(10)
    assert machine.instance.log == list(range(1, 11))
    await machine.dispatch("go")
    assert len(clock.waiting()) == 1
    clock.advance(100)
    assert machine.instance.log == list(range(1, 11))
    assert clock.waiting() == []


# --- A7: the clock ----------------------------------------------------------------------------------------------


@rule("A7")
async def test_the_clock_of_a_machine_can_be_replaced():
    """Spans count by its `time`, moments by its `wall`; the loop's own time has no part in it."""
    clock = ManualClock()
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            after(5, hsm.effect(stamp(clock))),
            at(datetime.fromtimestamp(clock.wall() + 7, UTC), hsm.effect(stamp(clock))),
        ),
    )
    machine = await started(model, clock=clock)
    for _ in range(9):
        clock.advance(1)
    assert machine.instance.log == [(1005, 1), (1007, 1)]


@rule("A7", "A6")
async def test_a_clock_that_makes_a_call_after_it_was_called_off_does_no_harm():
    """A timer fires once, and one whose state was left does not fire."""

    class Hasty(ManualClock):
        """Makes every call that is due, called off or not."""

        class Call(ManualClock.Call):
            def cancel(self):
                """Too late."""

    clock = Hasty()
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            after(1, hsm.effect(note("one"))),
            after(1, hsm.effect(note("two"))),
            after(2, hsm.effect(note("void"))),
            go("go", "b"),
        ),
        hsm.state("b"),
    )
    machine = await started(model, clock=clock)
    clock.advance(1)
    assert machine.instance.log == ["one", "two"]
    await machine.dispatch("go")
    clock.advance(1)
    assert machine.instance.log == ["one", "two"]


@rule("A7", "L6")
async def test_a_restarted_machine_keeps_its_clock():
    """`restart` starts on the same clock."""
    clock = ManualClock()
    machine = await started(hsm.define("M", hsm.state("a", after(5, hsm.effect(stamp(clock))))), clock=clock)
    await hsm.restart(machine)
    clock.advance(5)
    assert machine.instance.log == [(1005, 1)]


@rule("A7")
async def test_on_a_virtual_clock_a_month_takes_no_time(clock):
    """The machine uses the loop's clock by itself."""
    machine = await started(hsm.define("M", hsm.state("a", after(timedelta(days=30), hsm.effect(stamp(clock))))))
    await clock.advance(timedelta(days=31).total_seconds())
    ((when, _),) = machine.instance.log
    assert when == pytest.approx(timedelta(days=30).total_seconds())


@rule("A7")
def test_on_an_ordinary_loop_a_timer_fires_in_real_time():
    """Without any clock given, `asyncio.run` suffices; the timer does not fire before its time."""

    async def main():
        begun = time.monotonic()
        machine = await started(hsm.define("M", hsm.state("a", after(0.01, hsm.target("f"))), hsm.final("f")))
        assert await asyncio.wait_for(machine.wait(), 60) is hsm.Status.COMPLETED
        return time.monotonic() - begun

    assert asyncio.run(main()) > 0.009


@rule("A7", "A2")
def test_on_an_ordinary_loop_a_moment_is_one_of_the_systems_clock():
    """`at` counts by the system's wall clock."""

    def soon(ctx, self, event):
        return datetime.now(UTC) + timedelta(seconds=0.01)

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", at(soon, hsm.target("f"))), hsm.final("f")))
        return await asyncio.wait_for(machine.wait(), 60)

    assert asyncio.run(main()) is hsm.Status.COMPLETED
