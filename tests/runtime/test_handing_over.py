"""Handing over: what a generated step has done by then is not done again, whatever comes of the rest."""

from __future__ import annotations

import contextlib

import pytest
from support import anote, asays, both_engines, fail, go, logged, note, on, rule, says, settle, started, then
from support.inside import is_generated

import hsm
from hsm.rules import settling
from hsm_classdsl import Machine, State, entry, exit
from hsm_classdsl import on as mark

ERROR = on("hsm_error", hsm.effect(note("error")))


def raises(text):
    """A behaviour that writes *text* and raises it."""

    def behave(ctx, self, event):
        self.log.append(text)
        raise ValueError(text)

    return behave


@pytest.fixture
def replays(monkeypatch):
    """The configurations in which the rules of an event began."""
    begun = []
    on_event = settling.on_event

    def listen(step, name):
        begun.append(step.leaves)
        return on_event(step, name)

    monkeypatch.setattr(settling, "on_event", listen)
    return begun


async def at_rest(model, *events, engine="generated"):
    """A machine whose steps on *events* are generated where it rests, and which has not taken any of them."""
    machine = await started(model, engine=engine)
    if engine == "generated":
        assert all(hsm.generated(model, event, *machine.states()) is not None for event in events)
    machine.instance.taken()
    return machine


@rule("E2", "T3")
@both_engines
async def test_a_guard_that_raises_is_asked_once_and_so_are_the_others(engine):
    """Those before it, those behind it, and those of the pseudostates that follow."""
    model = hsm.define(
        "M",
        logged(
            "a",
            go("e", "b", hsm.guard(says(False, "1"))),
            go("e", "b", hsm.guard(hsm.not_(raises("2")))),
            go("e", "c", hsm.guard(says(True, "3")), hsm.effect(note("effect"))),
        ),
        hsm.choice("c", then("b", hsm.guard(says(False, "4"))), then("d", hsm.guard(raises("5"))), then("b")),
        logged("b"),
        logged("d"),
        ERROR,
    )
    machine = await at_rest(model, "e", engine=engine)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["1", "2", "3", "-a", "effect", "4", "5", "+b", "error", "error"]
    assert machine.state() == "/M/b"


@rule("E1", "E3")
@both_engines
@pytest.mark.parametrize("place", range(7))
async def test_an_action_that_raises_ends_its_list_and_nothing_is_called_twice(engine, place):
    """Wherever it stands: the rest of the step is done, then the error is handled, then the completion."""
    behaviors = [note(f"{number}") for number in range(7)]
    behaviors[place] = raises(f"{place}")
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.state("x", hsm.exit(behaviors[0], behaviors[1])),
            hsm.exit(behaviors[2]),
            go("e", "b", hsm.guard(says(True, "asked")), hsm.effect(behaviors[3], behaviors[4])),
        ),
        hsm.state("b", hsm.entry(behaviors[5], behaviors[6]), then("c")),
        logged("c"),
        ERROR,
    )
    machine = await at_rest(model, "e", engine=engine)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    skipped = {0: {"1"}, 3: {"4"}, 5: {"6"}}.get(place, set())
    called = [each for each in "0123456" if each not in skipped]
    assert machine.instance.taken() == ["asked", *called, "error", "+c"]
    assert machine.state() == "/M/c"


class Lamp(Machine):
    """A state with an object that cannot always be made."""

    is_broken = True

    def __init__(self):
        super().__init__()
        self.log = []

    class off(State["Lamp"], initial=True):
        @exit
        def leave(self):
            self.machine.log.append("-off")

        @mark("press", target="lit")
        def press(self):
            self.machine.log.append("press")

    class lit(State["Lamp"]):
        def __init__(self):
            self.machine.log.append("made")
            if self.machine.is_broken:
                raise ValueError("no object")

        @entry
        def enter(self):
            self.machine.log.append("+lit")

        class bright(State["Lamp"], initial=True):
            @entry
            def enter(self):
                self.machine.log.append("+bright")

        again = mark("again", target="off")

    @mark("hsm_error")
    def take(self, event):
        self.log.append(f"error {event.data}")


@rule("E1")
@both_engines
async def test_a_state_object_that_cannot_be_made_is_tried_once(engine):
    """Without it the entry actions are passed over; the states inside are entered, and then the error is handled."""
    machine = await hsm.start(None, Lamp(), Lamp.model, engine=engine)
    assert await machine.dispatch("press") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["-off", "press", "made", "+bright", "error no object"]
    assert machine.state() == "/Lamp/lit/bright"
    machine.instance.log.clear()
    machine.instance.is_broken = False
    for event in ("again", "press"):
        assert await machine.dispatch(event) is hsm.Outcome.TAKEN
    assert machine.instance.log == ["-off", "press", "made", "+lit", "+bright"]


@rule("R5")
@both_engines
async def test_a_memory_that_was_not_foreseen_is_restored_and_nothing_is_done_twice(engine):
    """A final state further in is one: only simple states are tried when a history is explored."""
    inner = hsm.state("inner", logged("x", go("end", "../f")), hsm.final("f"), hsm.entry(note("+inner")))
    model = hsm.define(
        "M",
        hsm.state("a", hsm.entry(note("+a")), hsm.deep_history("h"), inner, go("out", "/M/b")),
        logged("b", go("back", "/M/a/h", hsm.guard(says(True, "asked")), hsm.effect(note("effect")))),
    )
    machine = await started(model, engine=engine)
    for event in ("end", "out"):
        await machine.dispatch(event)
    machine.instance.taken()
    assert hsm.generated(model, "back", "/M/b") is not None
    assert await machine.dispatch("back") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["asked", "-b", "effect", "+a", "+inner"]
    assert machine.state() == "/M/a/inner/f"


@rule("Q3")
@pytest.mark.parametrize(
    ("guard", "effect", "count"),
    [
        (says(True), note("x"), 0),
        (asays(True), note("x"), 0),
        (asays(False), note("x"), 0),
        (says(True), anote("x"), 0),
        (asays(True), anote("x"), 0),
        (fail("oops"), note("x"), 1),
        (asays("yes"), note("x"), 1),
        (says(True), fail("oops"), 1),
        (asays(True), fail("oops"), 1),
        (fail("oops"), fail("oops"), 1),
    ],
)  # fmt: skip
async def test_the_rules_run_again_only_for_an_answer_that_was_not_foreseen(replays, guard, effect, count):
    """What suspends is followed as it was explored; what raises is found by the rules, from the same beginning."""
    model = hsm.define("M", hsm.state("a", go("e", "b", hsm.guard(guard), hsm.effect(effect))), hsm.state("b"))
    machine = await started(model, engine="generated")
    assert is_generated(machine, "e")
    begin = machine._record.leaves
    replays.clear()
    with contextlib.suppress(ExceptionGroup, ValueError, hsm.GuardError):
        await machine.dispatch("e")
    assert replays == [begin] * count


@rule("C2", "E3")
@both_engines
async def test_a_completion_behind_a_step_that_was_handed_over_is_given_its_own_event(engine):
    """An error on the way is an event of its own as well; each behaviour sees what it is about."""

    def told(word, error=None):
        def behave(ctx, self, event):
            self.log.append(f"{word} {event.name}")
            if error is not None:
                raise error

        return behave

    model = hsm.define(
        "M",
        hsm.state("a", go("e", "b", hsm.effect(told("1")))),
        hsm.state("b", then("c", hsm.effect(told("2", ValueError()), told("never"))), hsm.exit(told("-b"))),
        hsm.state("c", hsm.entry(told("+c")), then("d", hsm.effect(told("3")))),
        hsm.state("d"),
        on("hsm_error", hsm.effect(told("4"))),
    )
    machine = await at_rest(model, "e", engine=engine)
    await machine.dispatch("e")
    await settle()
    assert machine.instance.taken() == [
        "1 e",
        "-b hsm_completion",
        "2 hsm_completion",
        "+c hsm_completion",
        "4 hsm_error",
        "3 hsm_completion",
    ]
