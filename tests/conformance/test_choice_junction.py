"""Choices and junctions: rule R4."""

from __future__ import annotations

import inspect
import itertools
import sys

import pytest
from support import Log, anote, both_engines, codes, go, logged, note, noting, on, rule, says, started, then

import hsm


class Flag(Log):
    flag = False


def raises_flag(ctx, self, event):
    self.flag = True


def flag(ctx, self, event):
    return self.flag


@rule("R4")
@pytest.mark.parametrize(("kind", "found"), [(hsm.choice, "/M/yes"), (hsm.junction, "/M/no")])
async def test_a_choice_sees_what_the_effects_did_and_a_junction_does_not(kind, found):
    """The guard behind the one is asked after the effect, behind the other before it."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../p", hsm.effect(raises_flag))),
        kind("p", then("../yes", hsm.guard(flag)), then("../no")),
        hsm.state("yes"),
        hsm.state("no"),
    )
    machine = await started(model, Flag())
    await machine.dispatch("e")
    assert machine.state() == found


@rule("R4")
async def test_a_choice_is_made_after_exits_and_effects():
    """Exits, effects, guards in order, the branch's effects, entries."""
    model = hsm.define(
        "M",
        logged("a", go("e", "../c", hsm.effect(note("effect")))),
        hsm.choice(
            "c",
            then("../b", hsm.guard(says(False, "1?"))),
            then("../b", hsm.guard(says(True, "2?")), hsm.effect(note("branch"), anote("slowly"))),
            then("../z", hsm.effect(note("never"))),
        ),
        logged("b"),
        hsm.state("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "effect", "1?", "2?", "branch", "slowly", "+b"]


@rule("R4")
async def test_the_last_branch_of_a_choice_is_taken_when_no_guard_holds():
    """A choice never gets stuck."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../c")),
        hsm.choice("c", then("../b", hsm.guard(says(False))), then("../z")),
        hsm.state("b"),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.state() == "/M/z"


@rule("R4")
def test_a_choice_that_may_find_no_branch_open_is_an_error():
    """Its last branch has no guard."""
    found = codes(hsm.state("a", go("e", "../c")), hsm.choice("c", then("../b", hsm.guard(flag))), hsm.state("b"))
    assert found == ["HSM031"]


@rule("R4")
async def test_a_junction_is_decided_before_anything_is_left():
    """All guards of the path come first, then exits, effects of all segments, entries."""
    model = hsm.define(
        "M",
        logged("a", go("e", "../j", hsm.guard(says(True, "guard")), hsm.effect(note("effect")))),
        hsm.junction(
            "j",
            then("../b", hsm.guard(says(False, "1?"))),
            then("../k", hsm.guard(says(True, "2?")), hsm.effect(note("j"))),
        ),
        hsm.junction("k", then("../b", hsm.guard(says(True, "3?")), hsm.effect(note("k")))),
        logged("b"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["guard", "1?", "2?", "3?", "-a", "effect", "j", "k", "+b"]


@rule("R4")
async def test_a_junction_without_an_open_path_leaves_the_transition_disabled():
    """The next transition gets its chance, and then the states around."""
    model = hsm.define(
        "M",
        noting("e", "model"),
        logged("a", go("e", "../j", hsm.effect(note("effect")))),
        hsm.junction("j", then("../b", hsm.guard(says(False)))),
        hsm.state("b"),
    )
    machine = await started(model)
    machine.instance.taken()
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert (machine.instance.taken(), machine.state()) == (["model"], "/M/a")


@rule("R4")
async def test_a_junction_turns_back_from_a_path_that_is_closed_further_on():
    """An open first segment that leads to a closed junction is given up for the next."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../j")),
        hsm.junction("j", then("../k", hsm.effect(note("via k"))), then("../b", hsm.effect(note("direct")))),
        hsm.junction("k", then("../z", hsm.guard(says(False, "k?")))),
        hsm.state("b"),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.state()) == (["k?", "direct"], "/M/b")


@rule("R4")
async def test_a_junction_that_two_paths_lead_to_is_asked_once():
    """Both branches of the first junction lead to the second; its guard is asked once."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../j")),
        hsm.junction("j", then("../k"), then("../k")),
        hsm.junction("k", then("../b", hsm.guard(says(False, "k?")))),
        hsm.state("b"),
    )
    machine = await started(model)
    assert await machine.dispatch("e") is hsm.Outcome.IGNORED
    assert machine.instance.taken() == ["k?"]


@rule("T2", "R4")
async def test_the_guard_of_a_junction_is_asked_once_for_two_transitions_that_lead_to_it():
    """Inner and outer transition share the junction: one event, one question."""
    model = hsm.define(
        "M",
        hsm.state("s", hsm.state("a", go("e", "/M/j")), go("e", "/M/j")),
        hsm.junction("j", then("../z", hsm.guard(says(False, "asked")))),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["asked"]


@rule("R4")
async def test_a_junction_behind_a_choice_is_decided_when_the_choice_is():
    """From the choice on, what the effects did counts; a closed junction closes the branch."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../c", hsm.effect(raises_flag))),
        hsm.choice("c", then("../j", hsm.guard(says(True))), then("../b")),
        hsm.junction("j", then("../no", hsm.guard(hsm.not_(flag))), then("../yes")),
        hsm.state("b"),
        hsm.state("no"),
        hsm.state("yes"),
    )
    machine = await started(model, Flag())
    await machine.dispatch("e")
    assert machine.state() == "/M/yes"


@rule("R4")
async def test_the_event_is_passed_on_through_choice_and_junction():
    """Guards, effects, exits and entries on the whole way see the event that led in."""

    def shows(word):
        def behave(ctx, self, event):
            self.log.append(f"{word} {event.name} {event.data}")
            return True

        return behave

    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../j"), hsm.exit(lambda ctx, self, event: self.log.append(event.name))),
        hsm.junction("j", then("../c", hsm.guard(shows("junction")))),
        hsm.choice("c", then("../b", hsm.guard(shows("choice"))), then("../b", hsm.guard(says(False))), then("../a")),
        hsm.state("b", hsm.entry(shows("entry"))),
    )
    machine = await started(model)
    await machine.dispatch("e", 7)
    assert machine.instance.taken() == ["junction e 7", "e", "choice e 7", "entry e 7"]


@rule("R4")
async def test_a_completion_may_lead_through_a_choice():
    """Without a trigger the completion leads in."""
    model = hsm.define(
        "M",
        logged("a", then("../c")),
        hsm.choice("c", then("../b", hsm.guard(says(True, "asked"))), then("../z")),
        logged("b"),
        hsm.state("z"),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+a", "-a", "asked", "+b"]


@rule("R4")
async def test_a_choice_inside_the_target_is_reached_after_that_states_entry():
    """Its branch out of the state leaves it again."""
    model = hsm.define(
        "M",
        logged("a", go("e", "../s/c", hsm.effect(note("effect")))),
        logged(
            "s",
            logged("x"),
            hsm.choice("c", then("../x", hsm.guard(says(False, "asked"))), then("/M/a", hsm.effect(note("back")))),
        ),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "effect", "+s", "asked", "-s", "back", "+a"]


@rule("R4")
async def test_a_choice_outside_the_source_leaves_the_source_even_if_it_leads_back():
    """To be at the choice, the source has been left."""
    model = hsm.define(
        "M",
        logged("s", go("e", "../c"), logged("a"), logged("b")),
        hsm.choice("c", then("../s/b")),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "-s", "+s", "+b"]


@rule("R4")
async def test_a_choice_may_lead_to_the_state_that_it_stands_in():
    """That state is left and entered by default."""
    model = hsm.define(
        "M",
        logged("s", logged("a", go("n", "../b")), logged("b", go("e", "../c")), hsm.choice("c", then(".."))),
    )
    machine = await started(model)
    await machine.dispatch("n")
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-b", "-s", "+s", "+a"]


@rule("R4")
async def test_a_junction_merges_many_ways_into_one():
    """Two sources share what is behind the junction."""
    model = hsm.define(
        "M",
        logged("a", go("e", "../j")),
        logged("b", go("e", "../j"), go("x", "../a")),
        hsm.junction("j", then("../b", hsm.guard(hsm.in_state("/M/a"))), then("../a", hsm.effect(note("back")))),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "+b", "-b", "back", "+a"]


@rule("R4")
def test_pseudostates_in_a_cycle_are_an_error():
    """A cycle with no state in it would never end."""
    found = codes(hsm.state("a", go("e", "../c")), hsm.choice("c", then("../d")), hsm.choice("d", then("../c")))
    assert found == ["HSM034"]


@rule("R4", "T2", "T4")
@both_engines
async def test_a_junction_that_two_regions_lead_to_asks_each_guard_once(engine):
    """What its guard said to the first region holds for the second as well, whose transition loses the conflict."""
    region = hsm.state("x", go("e", "/M/j", hsm.effect(note("left"))))
    model = hsm.define(
        "M",
        hsm.state("p", hsm.region("r", region), hsm.region("s", region)),
        hsm.junction(
            "j",
            hsm.transition(hsm.guard(says(False, "asked 1")), hsm.target("a")),
            hsm.transition(hsm.guard(says(True, "asked 2")), hsm.target("b")),
        ),
        hsm.state("a"),
        hsm.state("b"),
    )
    machine = await started(model, engine=engine)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/b"
    assert machine.instance.log == ["asked 1", "asked 2", "left"]


def row(kind, count, *last):
    """So many pseudostates of one *kind*, each with a branch, or two, to the next one; *last* are those of the last."""
    open_, name = hsm.guard(says(True)), [f"p{number}" for number in range(count)]
    return [
        *(kind(here, then(next_, open_), then(next_)) for here, next_ in itertools.pairwise(name)),
        kind(name[-1], *last),
    ]


@rule("R4")
@both_engines
@pytest.mark.parametrize("count", [20, 200, 2000])
@pytest.mark.parametrize("kind", [hsm.choice, hsm.junction], ids=["choice", "junction"])
async def test_a_route_may_have_any_number_of_pseudostates(kind, count, engine):
    """A long row of them is walked once, and no deeper than a short one."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "p0")),
        *row(kind, count, then("b", hsm.effect(note("there")))),
        logged("b", go("e", "a")),
    )
    machine = await started(model, engine=engine, generate_after=1)
    for _ in range(3):
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN
        assert machine.instance.taken() == ["there", "+b"]
        await machine.dispatch("e")
        machine.instance.taken()


@rule("R4")
@both_engines
@pytest.mark.parametrize("count", [20, 200, 2000])
async def test_what_is_closed_is_closed_for_every_route_that_leads_there(count, engine):
    """Junctions whose branches join again at the next: each guard is asked once, not once for every route."""
    model = hsm.define(
        "M",
        on("e", hsm.effect(note("outer"))),
        hsm.state("a", go("e", "p0"), go("e", "p1"), go("e", "p0")),
        *row(hsm.junction, count, then("b", hsm.guard(says(False, "asked")))),
        hsm.state("b"),
    )
    machine = await started(model, engine=engine, generate_after=1)
    for _ in range(3):
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN
        assert machine.instance.taken() == ["asked", "outer"]


@rule("R1", "R4", "R7")
@both_engines
@pytest.mark.parametrize("count", [200, 2000])
async def test_a_default_entry_may_lead_through_any_number_of_pseudostates(count, engine):
    """As any other route."""
    model = hsm.define(
        "M",
        hsm.state("s", hsm.initial(hsm.target("p0")), *row(hsm.choice, count, then("b")), logged("b", go("e", "/M/s"))),
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+b", "-b", "+b"]


@rule("K4", "T2")
@both_engines
async def test_a_state_ninety_levels_deep_is_entered_with_little_of_the_stack(engine):
    """What lies one inside the other is entered one after the other."""
    inner = hsm.state("leaf", go("out", "/M/z"))
    path = "leaf"
    for level in range(90):
        inner, path = hsm.state(f"s{level}", inner), f"s{level}/{path}"
    model = hsm.define("M", hsm.state("a", go("e", f"/M/{path}")), inner, logged("z", go("e", "a")))
    machine = await started(model, engine=engine)
    depth = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        answer = machine.dispatch("e")
    finally:
        sys.setrecursionlimit(depth)
    assert await answer is hsm.Outcome.TAKEN
    assert machine.state() == f"/M/{path}"
