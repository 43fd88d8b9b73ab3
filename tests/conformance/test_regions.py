"""Orthogonal regions: rules R3, T4 and K4 where several states are active at once."""

from __future__ import annotations

import pytest
from support import (
    after,
    both_engines,
    codes,
    forever,
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


def nested(*parts):
    """An orthogonal state inside a region of another one, with *parts* for the outer one."""
    return logged(
        "p",
        hsm.region(
            "r1",
            logged(
                "o",
                hsm.region("a", logged("a1"), logged("a2")),
                hsm.region("b", logged("b1"), logged("b2")),
            ),
            logged("z"),
        ),
        hsm.region("r2", logged("y1"), logged("y2")),
        *parts,
    )


EVERYWHERE = (
    go("x", "p/r1/o/a/a2"),
    go("x1", "p/r1/o/b/b2"),
    go("x2", "p/r1/z"),
    go("x3", "p/r2/y2"),
)
"""So that no state of `nested` is out of reach."""


@rule("R3")
async def test_entering_an_orthogonal_state_enters_every_region():
    """Earlier regions before later ones, each down to its leaf, at every level."""
    machine = await started(hsm.define("M", nested(), *EVERYWHERE))
    assert machine.instance.taken() == ["+p", "+o", "+a1", "+b1", "+y1"]
    assert machine.states() == ("/M/p/r1/o/a/a1", "/M/p/r1/o/b/b1", "/M/p/r2/y1")


@rule("R3")
async def test_the_state_is_the_innermost_that_contains_every_leaf():
    """`state()` names a state, never a region; `is_in` knows regions as well."""
    machine = await started(hsm.define("M", nested(), *EVERYWHERE))
    assert machine.state() == "/M/p"
    assert [machine.is_in(f"p/{path}") for path in ("r1", "r1/o", "r1/o/b", "r1/o/b/b1", "r1/o/b/b2", "r1/z")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    await machine.dispatch("x2")
    assert (machine.state(), machine.states()) == ("/M/p", ("/M/p/r1/z", "/M/p/r2/y1"))


@rule("R3")
async def test_a_region_that_is_not_targeted_gets_its_default_entry():
    """A target deep in one region brings all others in, in the order of regions."""
    model = hsm.define(
        "M", hsm.initial(hsm.target("i")), nested(), *EVERYWHERE, hsm.state("i", go("e", "/M/p/r1/o/b/b2"))
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+p", "+o", "+a1", "+b2", "+y1"]


@rule("R3")
async def test_several_targets_enter_several_regions():
    """`target` with two paths; the third region gets its default."""
    model = hsm.define(
        "M",
        hsm.state("i", on("e", hsm.target("../o/t/f", "../o/r/b"), hsm.effect(note("effect")))),
        logged(
            "o",
            hsm.region("r", logged("a"), logged("b")),
            hsm.region("q", logged("c")),
            hsm.region("t", logged("d"), logged("f")),
            go("x", "r/a"),
            go("x1", "t/d"),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["effect", "+o", "+b", "+c", "+f"]


@rule("R3")
async def test_the_model_itself_may_have_regions():
    """Then the model is what contains all leaves."""
    model = hsm.define(
        "M",
        hsm.region("r", logged("a", go("e", "../b")), logged("b")),
        hsm.region("q", logged("c", go("e", "../d")), logged("d")),
    )
    machine = await started(model)
    assert machine.state() == "/M"
    await machine.dispatch("e")
    assert machine.states() == ("/M/r/b", "/M/q/d")


@rule("R3")
async def test_regions_of_the_model_are_left_and_entered_by_a_self_transition_of_it():
    """Out in reverse, in again in order."""
    model = hsm.define(
        "M",
        hsm.entry(note("+M")),
        hsm.exit(note("-M")),
        hsm.region("r", logged("a", go("n", "../b")), logged("b", go("e", "/M"))),
        hsm.region("q", logged("c")),
    )
    machine = await started(model)
    await machine.dispatch("n")
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-c", "-b", "-M", "+M", "+a", "+c"]


@rule("R3")
async def test_a_choice_that_leads_out_while_regions_are_entered_ends_the_entry():
    """The regions behind it are never entered, and what was entered is left."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../o")),
        logged(
            "o",
            hsm.region("r", logged("a")),
            hsm.region(
                "q",
                hsm.initial(hsm.target("c")),
                hsm.choice("c", then("../b", hsm.guard(says(False))), then("/M/z")),
                logged("b"),
            ),
            hsm.region("t", logged("d")),
        ),
        logged("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+o", "+a", "-a", "-o", "+z"]
    assert machine.states() == ("/M/z",)


@rule("R3")
async def test_a_choice_that_leaves_an_inner_orthogonal_state_does_not_end_the_entry_of_the_outer():
    """The other region of the inner state is given up, that of the outer one entered."""
    model = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.region(
                "r1",
                logged(
                    "o",
                    hsm.region(
                        "a",
                        hsm.initial(hsm.target("c")),
                        hsm.choice("c", then("../a1", hsm.guard(says(False))), then("/M/p/r1/z")),
                        logged("a1"),
                    ),
                    hsm.region("b", logged("b1")),
                ),
                logged("z"),
            ),
            hsm.region("r2", logged("y")),
        ),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+o", "-o", "+z", "+y"]
    assert machine.states() == ("/M/p/r1/z", "/M/p/r2/y")


@rule("T4")
async def test_each_region_chooses_for_itself_in_order_of_declaration():
    """One event moves two regions; the third has nothing to do with it."""
    model = hsm.define(
        "M",
        hsm.region("r", logged("a", go("e", "../b", hsm.effect(note("r")))), logged("b")),
        hsm.region("q", logged("c")),
        hsm.region("t", logged("d", go("e", "../f", hsm.effect(note("t")))), logged("f")),
    )
    machine = await started(model)
    machine.instance.taken()
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["-a", "r", "+b", "-d", "t", "+f"]


@rule("T4")
async def test_all_regions_choose_before_any_of_them_moves():
    """The second region's guard still sees the first one where it was."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", go("e", "../b")), hsm.state("b")),
        hsm.region(
            "q",
            hsm.state("c", go("e", "../d", hsm.in_state("/M/r/b")), noting("e", "too early", hsm.in_state("/M/r/a"))),
            hsm.state("d"),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.states(), machine.instance.taken()) == (("/M/r/b", "/M/q/c"), ["too early"])
    await machine.dispatch("e")
    assert machine.states() == ("/M/r/b", "/M/q/d")


@rule("T4")
async def test_a_nested_transition_preempts_that_of_every_state_around_it():
    """What one region takes, the owner of the regions does not take again, nor asks its guard."""
    model = hsm.define(
        "M",
        noting("e", "model"),
        hsm.state(
            "o",
            noting("e", "owner", hsm.guard(says(True, "owner asked"))),
            hsm.region(
                "r",
                hsm.state(
                    "s",
                    noting("e", "s"),
                    hsm.region("x", hsm.state("deep", noting("e", "deep"))),
                    hsm.region("y", hsm.state("other")),
                ),
            ),
            hsm.region("q", hsm.state("t", noting("f", "t"))),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["deep"]


@rule("T4")
async def test_the_owner_takes_once_what_no_region_takes():
    """Its guard is asked once, however many regions were asked before."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            noting("e", "owner", hsm.guard(says(True, "asked"))),
            hsm.region("r", hsm.state("a", noting("e", "a", hsm.guard(says(False, "a?"))))),
            hsm.region("q", hsm.state("b")),
            hsm.region("t", hsm.state("c", noting("e", "c", hsm.guard(says(False, "c?"))))),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["a?", "c?", "asked", "owner"]


@rule("T4")
@pytest.mark.parametrize("first", ["r", "q"])
async def test_of_two_transitions_that_would_exit_the_same_region_the_first_region_wins(first):
    """One region stays inside and the other leaves the owner: the order of regions decides."""
    stays = hsm.region("q", logged("b", go("e", "../c")), logged("c"))
    leaves = hsm.region("r", logged("a", go("e", "/M/z")))
    regions = (leaves, stays) if first == "r" else (stays, leaves)
    model = hsm.define("M", hsm.state("o", go("x", "q/c"), *regions), logged("z"))
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == (["-b", "-a", "+z"] if first == "r" else ["-b", "+c"])


@rule("T4")
@both_engines
async def test_one_that_gives_way_is_no_reason_for_another_to_give_way(engine):
    """The second of three conflicts with both others; as the first wins against it, the third fires."""
    inner = logged(
        "i",
        hsm.region("p", logged("x", go("e", "/M/z"))),
        hsm.region("q", logged("y", go("e", "/M/o/right/k"))),
    )
    model = hsm.define(
        "M",
        hsm.state(
            "o", hsm.region("left", logged("a", go("e", "../b")), logged("b")), hsm.region("right", inner, logged("k"))
        ),
        logged("z"),
    )
    machine = await started(model, engine=engine)
    machine.instance.taken()
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["-a", "+b", "-y", "-x", "-i", "+k"]


@rule("T4")
async def test_a_junction_on_the_way_counts_for_what_would_be_left():
    """The path behind a junction leaves the owner, so it conflicts with the other region."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("q", logged("b", go("e", "../c")), logged("c")),
            hsm.region("r", logged("a", go("e", "../j")), hsm.junction("j", then("/M/z"))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-b", "+c"]


@rule("T4")
async def test_what_an_earlier_transition_of_the_step_has_left_does_not_fire_any_more():
    """A choice decides only on arrival: here it leaves the owner, with the other region's source."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", logged("a", go("e", "../c")), hsm.choice("c", then("/M/z"))),
            hsm.region("q", logged("b", go("e", "../d", hsm.effect(note("never")))), logged("d")),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["-a", "-b", "+z"]


@rule("T4")
async def test_what_was_left_and_entered_again_in_the_same_step_does_not_react_to_the_event():
    """A choice in the first region restarts the owner; the second region's transition was for the old state."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.region("r", hsm.state("a", go("e", "../c")), hsm.choice("c", then("/M/o"))),
            hsm.region("q", hsm.state("b", go("e", "../d")), hsm.state("d")),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.states() == ("/M/o/r/a", "/M/o/q/b")


@rule("T4")
async def test_an_internal_transition_conflicts_with_nothing():
    """It fires before another region's transition leaves the owner."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", logged("a", noting("e", "internal"))),
            hsm.region("q", logged("b", go("e", "/M/z"))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["internal", "-b", "-a", "+z"]


@rule("T4")
async def test_a_wildcard_in_one_region_does_not_beat_an_exact_name_in_another():
    """Regions do not compete: both fire."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", noting("*", "wild"))),
        hsm.region("q", hsm.state("b", noting("e", "exact"))),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["wild", "exact"]


@rule("K4")
async def test_later_regions_are_left_before_earlier_ones_and_innermost_first():
    """Nested regions are left completely before the region around them is."""
    machine = await started(hsm.define("M", nested(go("e", "/M/end")), *EVERYWHERE, logged("end")))
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-y1", "-b1", "-a1", "-o", "-p", "+end"]


@rule("K4")
async def test_a_transition_inside_a_region_leaves_the_other_regions_alone():
    """Only what stands in the region of source and target moves."""
    model = hsm.define("M", nested(), *EVERYWHERE, on("e", hsm.source("p/r1/o"), hsm.target("../z")))
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-b1", "-a1", "-o", "+z"]


@rule("K4")
async def test_a_local_transition_of_the_owner_into_one_region_leaves_only_that_region():
    """K3 for an orthogonal state: the other regions stay as they are."""
    machine = await started(hsm.define("M", nested(go("e", "r2/y2")), *EVERYWHERE))
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-y1", "+y2"]


@rule("K4")
async def test_a_local_transition_into_several_regions_leaves_these_later_ones_first():
    """Exits of all of them, then the effect, then entries of all of them."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.region("r", logged("a"), logged("a2")),
            hsm.region("q", logged("b"), logged("b2")),
            hsm.region("t", logged("c")),
            on("e", hsm.target("q/b2", "r/a2"), hsm.effect(note("effect"))),
            on("x", hsm.target("q/b2", "r/a2"), hsm.effect(note("effect")), hsm.external()),
        ),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-b", "-a", "effect", "+a2", "+b2"]
    await machine.dispatch("x")
    assert machine.instance.taken() == ["-c", "-b2", "-a2", "-o", "effect", "+o", "+a2", "+b2", "+c"]


@rule("K4")
async def test_a_target_around_the_source_restarts_all_its_regions():
    """From deep in one nested region to the outer orthogonal state."""
    model = hsm.define("M", nested(), *EVERYWHERE, on("e", hsm.source("p/r1/o/a/a2"), hsm.target("/M/p")))
    machine = await started(model)
    await machine.dispatch("x")
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-y1", "-b1", "-a2", "-o", "-p", "+p", "+o", "+a1", "+b1", "+y1"]


@rule("R3")
async def test_timers_of_one_region_are_not_touched_by_another(clock):
    """A self-transition in one region restarts that region's timer alone."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", after(5, hsm.target("../b"))), hsm.state("b")),
        hsm.region("q", hsm.state("c", after(5, hsm.target("../d")), go("e", ".")), hsm.state("d")),
    )
    machine = await started(model)
    await clock.advance(3)
    await machine.dispatch("e")
    await clock.advance(2)
    assert machine.states() == ("/M/r/b", "/M/q/c")
    await clock.advance(3)
    assert machine.states() == ("/M/r/b", "/M/q/d")


@rule("R3")
async def test_activities_of_one_region_end_only_with_their_own_state():
    """Leaving a state of one region cancels its activity, and no other."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", hsm.activity(forever("a ended")), go("e", "../b")), hsm.state("b")),
        hsm.region("q", hsm.state("c", hsm.activity(forever("c ended")), go("f", "../d")), hsm.state("d")),
    )
    machine = await started(model)
    await settle()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["a ended"]
    await machine.dispatch("f")
    assert machine.instance.taken() == ["c ended"]


@rule("R3")
async def test_an_event_sent_by_one_region_reaches_all_of_them_in_the_next_step():
    """Regions talk through the machine's queue."""
    model = hsm.define(
        "M",
        hsm.region("r", hsm.state("a", on("e", hsm.effect(sends("told"))), go("told", "../b")), hsm.state("b")),
        hsm.region("q", hsm.state("c", go("told", "../d"), noting("e", "c")), hsm.state("d")),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.states(), machine.instance.taken()) == (("/M/r/b", "/M/q/d"), ["told queued", "c"])


@rule("R3")
@pytest.mark.parametrize("beside", [hsm.state("s"), hsm.final("s")])
def test_a_state_has_regions_or_substates_but_not_both(beside):
    """Substates beside regions would belong to no region."""
    found = codes(hsm.region("r", hsm.state("a")), beside)
    assert "HSM044" in found
