"""Paths: the shortest sequences of inputs to every state and transition, found by running the machine."""

from __future__ import annotations

import asyncio
import datetime
import threading

import attrs
import pytest
from draw.kiosk import MODEL as KIOSK
from support import go, on

import hsm
import hsm.testing
from hsm.testing import Call, Path, Send, Wait, paths, run
from hsm_classdsl import Machine, State, after
from hsm_classdsl import on as marked_on


class Turnstile(hsm.Instance):
    def __init__(self, price=2):
        self.price = price
        self.paid = 0


def pay(ctx, turnstile, event):
    turnstile.paid += event.data


def is_paid(ctx, turnstile, event):
    return turnstile.paid >= turnstile.price


turnstile = hsm.define(
    "Turnstile",
    hsm.state(
        "locked",
        on("coin", hsm.effect(pay)),
        go("push", "../open", hsm.guard(is_paid)),
        go("break", "../broken"),
    ),
    hsm.state("open", hsm.transition(hsm.after(5), hsm.target("../locked"))),
    hsm.state("broken"),
)


def shown(found):
    """The paths as text, with what they reach."""
    return {str(path): path.reaches for path in found}


# --- what is found -------------------------------------------------------------------------------------------


def test_paths_lead_to_every_state_and_transition():
    """Shortest first, each with what no shorter one reaches; data is tried as it is given."""
    found = paths(turnstile, Turnstile, data={"coin": [1, 2]})
    assert shown(found) == {
        "start": ("/Turnstile/locked",),
        "coin(1)": ("/Turnstile/locked#0",),
        "break": ("/Turnstile/broken", "/Turnstile/locked#2"),
        "coin(2),push": ("/Turnstile/open", "/Turnstile/locked#1"),
        "coin(2),push,+5s": ("/Turnstile/open#0",),
    }
    assert found.missing == ()
    assert found.is_complete
    found.check()
    assert found[3] == Path((Send("coin", 2), Send("push"))) or found[3].states == ("/Turnstile/open",)
    assert [*found[1:3]] == [*found][1:3]
    assert repr(found) == "<Paths of 'Turnstile': 5, 0 not reached>"


def test_paths_are_values():
    """Two searches give equal paths, and the text of one is code for it."""
    one, other = (paths(turnstile, Turnstile, data={"coin": [1, 2]}) for _ in range(2))
    assert [*one] == [*other]
    path = one.to("/Turnstile/open#0")
    assert repr(path) == "Path(inputs=(Send('coin', 2), Send('push'), Wait(5.0)))"
    assert attrs.evolve(eval(repr(path)), reaches=path.reaches, states=path.states) == path
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        path.inputs = ()


def test_a_shorter_path_through_known_states_is_found():
    """One that differs from a longer one in data alone, which is looked at later."""

    def is_three(ctx, counter, event):
        return counter.n == 3

    def add(n):
        def effect(ctx, counter, event):
            counter.n = min(counter.n + n, 9)

        return effect

    class Counter(hsm.Instance):
        n = 0

    model = hsm.define(
        "M",
        hsm.state("a", on("one", hsm.effect(add(1))), go("go", "../b", hsm.guard(is_three))),
        hsm.state("b"),
    )
    assert [str(each) for each in paths(model, Counter)] == ["start", "one", "one,one,one,go"]
    model = hsm.define(
        "M",
        hsm.state("a", go("far", "../x"), on("three", hsm.effect(add(3))), go("go", "../b", hsm.guard(is_three))),
        hsm.state("x", go("next", "../y")),
        hsm.state("y", go("next", "../b")),
        hsm.state("b"),
    )
    assert str(paths(model, Counter).to("/M/b")) == "three,go"


def test_a_class_is_its_own_factory():
    """A machine class needs no other argument."""

    class Lamp(Machine):
        class Off(State["Lamp"]):
            marked_on("press", target="On")

        class On(State["Lamp"]):
            after(minutes=1.5, target="Off")

    assert [str(each) for each in paths(Lamp)] == ["start", "press", "press,+90s"]


def test_time_that_activities_need_is_waited_for():
    """A sleep of an activity is waited for as a timer is; one that never leads to anything is given up."""

    async def heat(ctx, kettle, event):
        await asyncio.sleep(120)

    async def poll(ctx, kettle, event):
        for _ in range(1000):
            await asyncio.sleep(1)

    model = hsm.define(
        "Kettle",
        hsm.state("heating", hsm.activity(heat), hsm.transition(hsm.target("../hot"))),
        hsm.state("hot", hsm.activity(poll)),
    )
    found = paths(model)
    assert shown(found) == {
        "start": ("/Kettle/heating",),
        "+120s": ("/Kettle/hot", "/Kettle/heating#0"),
    }


def test_a_timer_is_reached_behind_another_that_ticks():
    """Time passes to the far one at once, and to that which comes first."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.transition(hsm.after(300), hsm.target("../b")),
            hsm.state("b", hsm.transition(hsm.every(1), hsm.effect(lambda ctx, thing, event: None)), go("e", ".")),
        ),
        hsm.state("b", go("off", "../a")),
    )
    assert {"+1s", "+300s"} <= {str(each) for each in paths(model)}


def test_timers_that_are_disarmed_are_not_waited_for():
    """What was due in a state that was left is not offered."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.after(5), hsm.target("../b")), go("e", "../c")),
        hsm.state("b"),
        hsm.state("c"),
    )
    found = paths(model)
    assert [str(each) for each in found] == ["start", "e", "+5s"]
    assert found.runs <= 6


def test_what_the_machine_sends_itself_is_not_offered():
    """Neither built-in events nor those that behaviours and activities dispatch."""

    def finish(ctx, job, event):
        job.dispatch("done")

    async def work(ctx, job, event):
        await asyncio.sleep(3)
        job.dispatch("worked")

    model = hsm.define(
        "Job",
        hsm.state("idle", go("begin", "../busy"), go("done", "../odd")),
        hsm.state("busy", hsm.entry(finish), go("done", "../later")),
        hsm.state("later", hsm.activity(work), go("worked", "../idle"), on("hsm_error")),
        hsm.state("odd"),
    )
    found = paths(model)
    assert [str(each) for each in found] == ["start", "begin", "begin,+3s"]
    assert str(found) == (
        "model 'Job': 3 paths, 3 not reached, 3 runs\n"
        "  /Job/odd: no transition that leads to it was taken: /Job/idle#1\n"
        "  /Job/idle#1 (on done to /Job/odd): the machine sends itself 'done', so that it was not offered: name it in "
        "'data' to offer it\n"
        "  /Job/later#1 (on hsm_error): nothing that was tried took it"
    )
    with pytest.raises(AssertionError, match="3 not reached"):
        found.check()
    with pytest.raises(KeyError, match="/Job/odd was not reached: no transition"):
        found.to("/Job/odd")
    with pytest.raises(KeyError, match="has no state and no transition '/Job/x'"):
        found.to("/Job/x")
    offered = paths(model, data={"done": [None]})
    assert str(offered.to("/Job/odd")) == "done"


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@attrs.frozen
class Seen(hsm.Signal):
    pass


def test_signals_operations_and_patterns_are_offered():
    """Signals are made where they need no arguments; operations are called, patterns tried with a name of their kind."""

    def take(ctx, shop, event):
        return event.data.args[0]

    model = hsm.define(
        "Shop",
        hsm.state(
            "open",
            on(Seen),
            go(Paid, "../paid"),
            hsm.transition(hsm.on_call("close"), hsm.target("../closed")),
            hsm.transition(hsm.on_call("take"), hsm.effect(take)),
            on("log.*"),
            on("order.*"),
        ),
        hsm.state("paid", on("*")),
        hsm.state("closed"),
    )
    found = paths(model, data={"take": [1, hsm.Arguments((2, 3), {})], "order.new": ["x"]})
    assert [str(each) for each in found] == [
        "start", "Seen()", "order.new('x')", "log.something", "close()", "take(1)"
    ]  # fmt: skip
    assert [each.reason for each in found.missing][1] == (
        "the signal 'Paid' cannot be made without arguments: give it in 'data'"
    )
    found = paths(model, data={"Paid": [Paid(3)], "take": [1]})
    assert str(found.to("/Shop/paid")) == "Paid(amount=3)"
    assert repr(found.to("/Shop/paid")) == "Path(inputs=(Send(Paid(amount=3)),))"
    assert str(found.to("/Shop/paid#0")) == "Paid(amount=3),Paid(amount=3)"
    assert repr(found.to("/Shop/open#3")) == "Path(inputs=(Call('take', (1,)),))"
    assert repr(found.to("/Shop/open#2")) == "Path(inputs=(Call('close'),))"
    with pytest.raises(ValueError, match="data: model 'Turnstile' does not react to 'coins'"):
        paths(turnstile, Turnstile, data={"coins": [1]})


def test_what_was_not_reached_has_its_reason():
    """A guard that always said the same, or was never asked; an event that raised; a state without a way in."""

    def no(ctx, thing, event):
        return False

    def yes(ctx, thing, event):
        return True

    def flips(ctx, thing, event):
        thing.flipped = not getattr(thing, "flipped", False)
        return thing.flipped

    def price(ctx, thing, event):
        return event.data.price

    with pytest.warns(hsm.DefinitionWarning, match="can never be reached"):
        model = hsm.define(
            "M",
            hsm.state(
                "a",
                go("e", "../b", hsm.guard(hsm.all_of(no, yes, hsm.in_state("../c")))),
                go("pay", "../c", hsm.guard(yes), hsm.effect(price)),
                go("inside", "../d/e"),
                go("flip", "../b", hsm.guard(hsm.all_of(flips, no))),
            ),
            hsm.state("b", go("back", "../a")),
            hsm.state("c"),
            hsm.state("d", hsm.state("e"), hsm.initial(hsm.target("e"))),
            hsm.state("lost"),
        )
    found = paths(model)
    here = "test_what_was_not_reached_has_its_reason"
    assert {each.name: each.reason for each in found.missing} == {
        "/M/b": "no transition that leads to it was taken: /M/a#0, /M/a#3",
        "/M/c": "no transition that leads to it was taken: /M/a#1",
        "/M/lost": "no transition leads to it",
        "/M/a#0": f"guard {here}.no was always False; guard {here}.yes was never asked",
        "/M/a#1": "'pay' raised AttributeError(\"'NoneType' object has no attribute 'price'\"): if it needs data, give it in 'data'",
        "/M/a#3": f"guard {here}.no was always False",
        "/M/b#0": "its source was not reached",
        "/M/d#default": "nothing that was tried took it",
    }


def test_a_search_has_bounds():
    """It ends at them, and says so; and it ends at once where everything was reached."""

    def tick(ctx, counter, event):
        counter.n += 1

    class Counter(hsm.Instance):
        n = 0

    def is_far(ctx, counter, event):
        return counter.n > 1000

    model = hsm.define(
        "M", hsm.state("a", on("tick", hsm.effect(tick)), go("go", "../b", hsm.guard(is_far))), hsm.state("b")
    )
    found = paths(model, Counter, runs=20)
    assert found.runs == 20
    assert not found.is_complete
    assert str(found).startswith(
        "model 'M': 2 paths, 2 not reached, 20 runs; the search ended at its bounds, 20 runs of up to 20 inputs"
    )
    found = paths(model, Counter, longest=3)
    assert not found.is_complete
    assert found.runs == 7
    with pytest.raises(ValueError, match="not 0"):
        paths(model, Counter, runs=0)
    with pytest.raises(TypeError, match="a model or a machine class, not 5"):
        paths(5)
    with pytest.raises(TypeError, match="a model or a machine class"):
        paths(hsm.Instance)


def test_machines_that_cannot_be_saved_are_searched():
    """Nothing is saved: each path runs from the start. What cannot be compared counts as equal."""

    class Odd:
        def __getstate__(self):
            raise ValueError("not me")

    class Held(hsm.Instance):
        def __init__(self):
            self.lock = threading.Lock()
            self.odd = Odd()
            self.when = [datetime.date(2024, 1, 1), {1}, frozenset(), print, int, {"deep": [[[[[[[1]]]]]]]}]
            self.nothing = object()

    model = hsm.define(
        "M", hsm.state("a", go("e", "../b"), hsm.defer("later")), hsm.state("b", go("later", "../c")), hsm.state("c")
    )
    assert [str(each) for each in paths(model, Held)] == ["start", "e", "e,later"]


def test_what_behaviours_raise_ends_a_path():
    """Also in an activity, where nobody awaits it; what the start raises comes out."""

    async def fails(ctx, thing, event):
        await asyncio.sleep(1)
        raise ValueError("in an activity")

    model = hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b", hsm.activity(fails), go("f", "../a")))
    assert [str(each) for each in paths(model)] == ["start", "e", "e,f"]

    def at_once(ctx, thing, event):
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        paths(hsm.define("M", hsm.entry(at_once), hsm.state("a")))


def test_a_kiosk_with_everything_in_it():
    """Through regions, fork, join, histories, submachines and timers; what no input can reach is named."""
    found = paths(KIOSK, runs=150)
    assert str(found.to("/Kiosk/serving/poured#0")) == "card,ground,hot,flow.done"
    assert str(found.to("/Kiosk/cleaning/done#0")) == "card,abort,clean,+20s,dry"
    assert found.missing[0].name == "/Kiosk/decide#1"


# --- replaying -----------------------------------------------------------------------------------------------

FOUND = paths(turnstile, Turnstile, data={"coin": [1, 2]})


@pytest.mark.parametrize("path", FOUND)
async def test_a_path_is_replayed(path):
    """On a machine of one's own, which then is where the path leads."""
    async with hsm.start(None, Turnstile(), turnstile) as machine:
        await path.replay(machine)
        assert machine.states() == path.states


def test_a_path_is_the_name_of_its_test(request):
    """Its inputs, in short."""
    names = [item.name for item in request.session.items if item.name.startswith("test_a_path_is_replayed")]
    assert "test_a_path_is_replayed[coin(2),push,+5s]" in names or not names


async def test_a_replay_that_ends_elsewhere_fails():
    """Where what it reaches is not reached, or other states are active in the end."""
    dear = Turnstile(price=3)
    await hsm.start(None, dear, turnstile)
    with pytest.raises(AssertionError) as caught:
        await FOUND.to("/Turnstile/open").replay(dear)
    assert str(caught.value) == (
        "coin(2),push did not reach /Turnstile/open, /Turnstile/locked#1: /Turnstile/locked is active"
    )
    with pytest.raises(AssertionError) as caught:
        await Path((), states=()).replay(dear)
    assert str(caught.value) == "start leads to nothing in the model that it was found for: /Turnstile/locked is active"
    await Path((Send(hsm.Event("coin", 3)), Send("push"))).replay(dear)
    assert dear.state() == "/Turnstile/open"
    await dear.stop()
    with pytest.raises(AssertionError, match=r"nothing is active$"):
        await Path((), states=("/Turnstile/open",)).replay(dear)


@pytest.mark.virtual_time(False)
async def test_in_real_time_events_are_replayed_and_waits_are_not():
    """Nothing waits for real; the error says what makes such loops."""
    machine = await hsm.start(None, Turnstile(), turnstile)
    await Path((Send("coin", 2), Send("push"))).replay(machine)
    with pytest.raises(RuntimeError, match="no loop is running in virtual time"):
        await Path((Wait(5),)).replay(machine)
    await machine.stop()


async def test_a_call_is_replayed():
    """With its arguments."""

    def take(ctx, shop, event):
        shop.taken = event.data.args

    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.on_call("take"), hsm.effect(take))))
    instance = hsm.Instance()
    await hsm.start(None, instance, model)
    await Path((Call("take", (1, 2)),)).replay(instance)
    assert instance.taken == (1, 2)
    await instance.stop()


def test_the_clock_says_when_something_is_due():
    """In how many seconds, once everything has happened that can; nothing, where nothing is."""

    async def main():
        clock = hsm.testing.running_clock()
        assert await clock.until_next() is None
        sleeping = asyncio.ensure_future(asyncio.sleep(7))
        assert await clock.until_next() == 7
        await sleeping

    run(main())
