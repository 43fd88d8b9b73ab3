"""Default entry: rules R1 and R2."""

from __future__ import annotations

import pytest
from support import codes, go, logged, note, on, rule, says, started, then

import hsm


@rule("R1")
async def test_the_initials_effects_run_between_the_owners_entry_and_the_childs():
    """Owner, initial, child, at every level."""
    model = hsm.define(
        "M",
        hsm.entry(note("+M")),
        hsm.initial(hsm.target("s"), hsm.effect(note("initial of M"))),
        logged("s", hsm.initial("start", hsm.target("b"), hsm.effect(note("initial of s"), note("more"))), logged("b")),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+M", "initial of M", "+s", "initial of s", "more", "+b"]


@rule("R1")
async def test_an_initial_may_skip_levels():
    """The states between are entered on the way, without their own initials."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s/t/b")),
        logged(
            "s",
            hsm.initial(hsm.target("a"), hsm.effect(note("not taken"))),
            logged("a"),
            logged("t", logged("a"), logged("b"), go("x", "a")),
            go("y", "."),
        ),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+s", "+t", "+b"]
    assert machine.state() == "/M/s/t/b"


@rule("R1")
async def test_an_initial_may_lead_to_a_choice_to_a_junction_and_to_a_history():
    """Which child is the default can be decided on entry."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("c")),
        hsm.choice(
            "c",
            then("../never", hsm.guard(says(False, "asked"))),
            then("../s"),
        ),
        hsm.state("never"),
        hsm.state(
            "s",
            hsm.initial(hsm.target("j"), hsm.effect(note("initial"))),
            hsm.junction("j", then("../t", hsm.effect(note("junction")))),
            logged(
                "t",
                hsm.initial(hsm.target("h")),
                hsm.shallow_history("h", hsm.target("../b"), hsm.effect(note("no memory"))),
                logged("b"),
            ),
        ),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["asked", "initial", "junction", "+t", "no memory", "+b"]
    assert machine.state() == "/M/s/t/b"


@rule("R1")
async def test_a_choice_behind_an_initial_may_lead_out_of_the_state_that_is_being_entered():
    """The state was entered, so it is left; nothing inside it was ever active."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s/t")),
        logged(
            "s",
            logged(
                "t",
                hsm.initial(hsm.target("c")),
                hsm.choice("c", then("/M/z", hsm.effect(note("out")))),
            ),
        ),
        logged("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+s", "+t", "-t", "-s", "out", "+z"]
    assert machine.state() == "/M/z"


@rule("R1")
@pytest.mark.parametrize(
    ("part", "code"),
    [
        (hsm.on("e"), "HSM012"),
        (hsm.guard(says(True)), "HSM012"),
        (hsm.after(1), "HSM012"),
    ],
)
def test_an_initial_has_neither_trigger_nor_guard(part, code):
    """There is nothing to wait for and nothing to ask."""
    found = codes(hsm.initial(hsm.target("a"), part), hsm.state("a"))
    assert found == [code]


@rule("R1")
@pytest.mark.parametrize("path", [".", "..", "../z", "/M/z", "/M"])
def test_an_initial_does_not_lead_out_of_its_owner(path):
    """Its target lies strictly inside."""
    found = codes(hsm.state("s", hsm.initial(hsm.target(path)), hsm.state("a")), hsm.state("z"))
    assert "HSM011" in found


@rule("R1")
@pytest.mark.parametrize("path", ["..", "/M/s"])
def test_a_default_entry_that_leads_round_to_its_owner_is_an_error(path):
    """Owner, initial, choice, owner: the machine would never rest."""
    found = codes(hsm.state("s", hsm.initial(hsm.target("c")), hsm.choice("c", then(path)), hsm.state("a")))
    assert found == ["HSM034"]


@rule("R1")
async def test_an_initial_of_an_orthogonal_state_chooses_in_some_regions():
    """Regions that it does not name get their own default entry."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.initial(hsm.target("r/b", "t/b"), hsm.effect(note("initial"))),
            hsm.region("r", logged("a"), logged("b", go("x", "../a"))),
            hsm.region("q", logged("c")),
            hsm.region("t", logged("a"), logged("b", go("x", "../a"))),
        ),
    )
    machine = await started(model)
    assert machine.states() == ("/M/o/r/b", "/M/o/q/c", "/M/o/t/b")
    assert machine.instance.taken() == ["+o", "initial", "+b", "+c", "+b"]


@rule("R2")
async def test_without_an_initial_the_first_substate_is_the_default():
    """Pseudostates declared before it, transitions and behaviours do not count."""
    model = hsm.define(
        "M",
        hsm.choice("c", then("../b")),
        go("e", "c"),
        hsm.state("s", hsm.shallow_history("h", hsm.target("../y")), hsm.state("x"), hsm.state("y")),
        hsm.state("b", go("e", "../s/h")),
    )
    machine = await started(model)
    assert machine.state() == "/M/s/x"


@rule("R2")
async def test_a_final_state_may_be_the_first_substate():
    """Such a state completes as soon as it is entered."""
    model = hsm.define(
        "M",
        hsm.state("s", hsm.final("f"), then("../z")),
        hsm.state("z"),
    )
    assert (await started(model)).state() == "/M/z"


@rule("R2")
async def test_every_region_has_a_first_substate_of_its_own():
    """Also submachines count as substates."""
    part = hsm.define("Part", hsm.state("p"))
    model = hsm.define(
        "M",
        hsm.region(
            "r",
            hsm.submachine("s", part),
            hsm.state("t"),
            on("x", hsm.source("s"), hsm.target("../t")),
        ),
        hsm.region("q", hsm.state("u")),
    )
    assert (await started(model)).states() == ("/M/r/s/p", "/M/q/u")
