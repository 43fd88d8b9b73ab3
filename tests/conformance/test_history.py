"""Shallow and deep history: rule R5."""

from __future__ import annotations

import pytest
from support import after, codes, driven, go, logged, note, on, rule, started, then

import hsm


def player(*histories, leave=()):
    """A state with two levels inside and *histories*, and a state outside that leads back to them."""
    return hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            *histories,
            hsm.state("a", go("n", "../t")),
            hsm.state("t", hsm.state("x", go("n", "../y")), hsm.state("y", go("fin", "/M/s/f"))),
            hsm.final("f"),
            go("out", "../off"),
            go("again", "a"),
            *leave,
        ),
        hsm.state("off", go("back", "../s/h"), go("in", "../s")),
    )


@rule("R5")
async def test_shallow_history_restores_the_child_which_then_enters_by_default():
    """What was active inside the child is not remembered."""
    machine = await driven(player(hsm.shallow_history("h")), "n", "n", "out", "back")
    assert machine.state() == "/M/s/t/x"


@rule("R5")
async def test_deep_history_restores_the_leaf():
    """However deep it was."""
    machine = await driven(player(hsm.deep_history("h")), "n", "n", "out", "back")
    assert machine.state() == "/M/s/t/y"


@rule("R5")
async def test_a_history_is_entered_like_its_child_owner_first():
    """Entries from the owner in, and no effect of an initial that is skipped."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("off")),
        logged(
            "s",
            hsm.initial(hsm.target("a"), hsm.effect(note("initial"))),
            hsm.deep_history("h", hsm.target("../a"), hsm.effect(note("no memory"))),
            logged("a", go("n", "../t")),
            logged("t", hsm.initial(hsm.target("x"), hsm.effect(note("initial"))), logged("x")),
            go("out", "../off"),
        ),
        hsm.state("off", go("back", "../s/h", hsm.effect(note("effect")))),
    )
    machine = await driven(model, "back")
    assert machine.instance.taken() == ["effect", "+s", "no memory", "+a"]
    for event in ("n", "out", "back"):
        machine.instance.taken()
        await machine.dispatch(event)
    assert machine.instance.taken() == ["effect", "+s", "+t", "+x"]


@rule("R5")
async def test_the_memory_is_that_of_the_last_time():
    """Every leaving of the owner writes it anew."""
    machine = await driven(player(hsm.deep_history("h")), "n", "out", "back", "n", "out", "in", "out", "back")
    assert machine.state() == "/M/s/a"


@rule("R5")
@pytest.mark.parametrize("kind", [hsm.choice, hsm.junction, hsm.exit_point])
async def test_an_owner_left_through_a_pseudostate_inside_it_is_remembered(kind):
    """The way out may pass a choice, a junction or an exit point of the owner."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            hsm.shallow_history("h"),
            hsm.state("a", go("n", "../b")),
            hsm.state("b", go("out", "../p")),
            kind("p", then("/M/off")),
        ),
        hsm.state("off", go("back", "../s/h")),
    )
    machine = await driven(model, "n", "out", "back")
    assert machine.state() == "/M/s/b"


@rule("R5")
async def test_an_entry_that_leads_out_before_any_child_does_not_erase_the_memory():
    """The last active child is still the last active child."""
    leads_out = []
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            hsm.initial(hsm.target("c")),
            hsm.choice("c", then("/M/off", hsm.guard(lambda ctx, self, event: bool(leads_out))), then("../a")),
            hsm.shallow_history("h"),
            hsm.state("a", go("n", "../b")),
            hsm.state("b"),
            go("out", "../off"),
        ),
        hsm.state("off", go("in", "../s"), go("back", "../s/h")),
    )
    machine = await driven(model, "n", "out")
    leads_out.append(True)
    await machine.dispatch("in")
    leads_out.clear()
    await machine.dispatch("back")
    assert machine.state() == "/M/s/b"


@rule("R5")
async def test_without_memory_the_default_target_is_entered():
    """The owner has not been active yet."""
    model = hsm.define(
        "M",
        hsm.state("off", go("back", "../s/h"), go("in", "../s")),
        hsm.state("s", hsm.state("a"), hsm.state("b"), hsm.shallow_history("h", hsm.target("../b"))),
    )
    machine = await driven(model, "back")
    assert machine.state() == "/M/s/b"


@rule("R5")
async def test_without_memory_and_default_target_the_owner_is_entered_by_default():
    """With the effects of the owner's initial."""
    model = hsm.define(
        "M",
        hsm.state("off", go("back", "../s/h")),
        logged("s", hsm.initial(hsm.target("b"), hsm.effect(note("initial"))), logged("b"), hsm.deep_history("h")),
    )
    machine = await driven(model, "back")
    assert machine.instance.taken() == ["+s", "initial", "+b"]


@rule("R5")
async def test_the_default_of_a_history_may_lead_to_a_choice():
    """The way behind the default is a way like others."""
    model = hsm.define(
        "M",
        hsm.state("off", go("back", "../s/h")),
        logged(
            "s",
            hsm.shallow_history("h", hsm.target("../c"), hsm.effect(note("default"))),
            hsm.choice("c", then("../t/x", hsm.effect(note("choice")))),
            logged("t", logged("x")),
        ),
    )
    machine = await driven(model, "back")
    assert machine.instance.taken() == ["+s", "default", "choice", "+t", "+x"]


@rule("R5", "R1")
def test_a_default_entry_that_leads_to_an_own_history_without_default_is_an_error():
    """Without memory the history leads to the owner's default entry, which is the history."""
    found = codes(hsm.state("s", hsm.initial(hsm.target("h")), hsm.shallow_history("h"), hsm.state("a"), go("x", "a")))
    assert found == ["HSM034"]


@rule("R5")
async def test_leaving_through_the_final_state_clears_the_memory():
    """The owner had ended, so it begins anew."""
    model = player(hsm.deep_history("h"), leave=(then("../off"),))
    machine = await driven(model, "n", "n", "fin", "back")
    assert machine.state() == "/M/s/a"


@rule("R5")
async def test_leaving_by_an_event_while_the_final_state_is_active_clears_the_memory_as_well():
    """It does not matter which transition leaves an owner that has ended."""
    machine = await driven(player(hsm.shallow_history("h")), "n", "n", "out", "back", "n", "fin", "out", "back")
    assert machine.state() == "/M/s/a"


@rule("R5")
async def test_restart_clears_the_memory():
    """A restarted machine has never been anywhere."""
    machine = await driven(player(hsm.deep_history("h")), "n", "n", "out")
    await machine.restart()
    await machine.dispatch("out")
    await machine.dispatch("back")
    assert machine.state() == "/M/s/a"


@rule("R5")
async def test_the_memory_belongs_to_the_machine():
    """Two machines of one model remember each for itself."""
    model = player(hsm.deep_history("h"))
    first, second = await driven(model, "n", "n", "out"), await driven(model, "out")
    await first.dispatch("back")
    await second.dispatch("back")
    assert (first.state(), second.state()) == ("/M/s/t/y", "/M/s/a")


@rule("R5")
async def test_deep_history_restores_every_leaf_of_every_region():
    """Regions in regions come back as they were."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        logged(
            "s",
            hsm.deep_history("h"),
            logged(
                "o",
                hsm.region(
                    "r",
                    logged(
                        "p",
                        hsm.region("x", logged("a", go("n", "../b")), logged("b")),
                        hsm.region("y", logged("c", go("n", "../d")), logged("d")),
                    ),
                ),
                hsm.region("q", logged("u", go("m", "../v")), logged("v")),
                hsm.region("t", logged("w")),
            ),
            go("out", "../off"),
        ),
        hsm.state("off", go("back", "../s/h")),
    )
    machine = await driven(model, "n", "m", "out", "back")
    assert machine.states() == ("/M/s/o/r/p/x/b", "/M/s/o/r/p/y/d", "/M/s/o/q/v", "/M/s/o/t/w")
    assert machine.instance.taken() == ["+s", "+o", "+p", "+b", "+d", "+v", "+w"]


@rule("R5")
async def test_shallow_history_of_an_orthogonal_child_enters_its_regions_by_default():
    """The child is remembered, its regions are not."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            hsm.shallow_history("h"),
            hsm.state("a", go("n", "../o")),
            hsm.state(
                "o", hsm.region("r", hsm.state("x", go("n", "../y")), hsm.state("y")), hsm.region("q", hsm.state("z"))
            ),
            go("out", "../off"),
        ),
        hsm.state("off", go("back", "../s/h")),
    )
    machine = await driven(model, "n", "n", "out", "back")
    assert machine.states() == ("/M/s/o/r/x", "/M/s/o/q/z")


REGIONS = hsm.define(
    "M",
    hsm.initial(hsm.target("o")),
    hsm.state(
        "o",
        hsm.region(
            "r",
            hsm.shallow_history("h"),
            hsm.state("a", go("n", "../c")),
            hsm.state("c", hsm.state("c1", go("n", "../c2")), hsm.state("c2")),
        ),
        hsm.region(
            "q",
            hsm.deep_history("h"),
            hsm.state("b", go("n", "../d")),
            hsm.state("d", hsm.state("d1", go("n", "../d2")), hsm.state("d2")),
        ),
        go("out", "../off"),
        go("restore", "r/h"),
        go("reset", "r/a"),
    ),
    hsm.state("off", on("both", hsm.target("../o/r/h", "../o/q/h")), go("one", "../o/q/h")),
)
"""A history in each of two regions."""


@rule("R5")
async def test_each_region_has_a_history_of_its_own():
    """One target per region: shallow in the one, deep in the other."""
    machine = await driven(REGIONS, "n", "n", "out", "both")
    assert machine.states() == ("/M/o/r/c/c1", "/M/o/q/d/d2")


@rule("R5")
async def test_the_history_of_one_region_leaves_the_others_to_their_default():
    """Only the region that was asked for is restored."""
    machine = await driven(REGIONS, "n", "n", "out", "one")
    assert machine.states() == ("/M/o/r/a", "/M/o/q/d/d2")


@rule("R5")
async def test_the_history_of_a_region_is_found_while_its_owner_stays_active():
    """A local transition of the owner restores the region's last child; the other region is not touched."""
    machine = await driven(REGIONS, "n", "n", "restore")
    assert machine.states() == ("/M/o/r/c/c1", "/M/o/q/d/d2")
    machine = await driven(REGIONS, "n", "reset", "restore")
    assert machine.states() == ("/M/o/r/a", "/M/o/q/d/d1")


@rule("R5")
async def test_history_over_regions_restores_a_region_that_had_ended_while_another_had_not():
    """The owner had not ended, so all of it is remembered."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("o")),
        hsm.state(
            "o",
            hsm.deep_history("h"),
            hsm.region("r", hsm.state("a", go("fin", "../f")), hsm.final("f")),
            hsm.region("q", hsm.state("b", go("n", "../c")), hsm.state("c", go("end", "../f")), hsm.final("f")),
            go("out", "../off"),
        ),
        hsm.state("off", go("back", "../o/h")),
    )
    machine = await driven(model, "fin", "n", "out", "back")
    assert machine.states() == ("/M/o/r/f", "/M/o/q/c")
    machine = await driven(model, "fin", "n", "end", "out", "back")
    assert machine.states() == ("/M/o/r/a", "/M/o/q/b")


@rule("R5")
async def test_deep_history_remembers_every_region_when_one_of_them_leads_out_of_a_door():
    """The region of the source is left first, and still counts."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("o")),
        hsm.state(
            "o",
            hsm.deep_history("h"),
            hsm.region("r", hsm.state("a", go("n", "../b")), hsm.state("b", go("out", "/M/o/door"))),
            hsm.region("q", hsm.state("c", go("n", "../d")), hsm.state("d")),
            hsm.exit_point("door", then("/M/off")),
        ),
        hsm.state("off", go("back", "../o/h")),
    )
    machine = await driven(model, "n", "out", "back")
    assert machine.states() == ("/M/o/r/b", "/M/o/q/d")


@rule("R5")
async def test_a_region_that_was_left_by_a_join_is_remembered():
    """Waiting at the join, the region is empty; its last child is remembered all the same."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("o")),
        hsm.state(
            "o",
            hsm.region("r", hsm.shallow_history("h"), hsm.state("a", go("n", "../b")), hsm.state("b", then("/M/j"))),
            hsm.region("q", hsm.state("c", go("n", "../d")), hsm.state("d", then("/M/j"))),
        ),
        hsm.join("j", then("../off")),
        hsm.state("off", go("back", "../o/r/h")),
    )
    machine = await driven(model, "n", "back")
    assert machine.is_in("/M/o/r")
    # b completes at once and waits again: with a lost memory 'a' would be active
    assert machine.states() == ("/M/o/r", "/M/o/q/c")


@rule("R5")
async def test_an_outer_and_an_inner_history_remember_side_by_side():
    """The inner one is written whenever its owner is left, also when the outer owner stays."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            hsm.shallow_history("h"),
            hsm.state("t", hsm.shallow_history("h"), hsm.state("x", go("n", "../y")), hsm.state("y"), go("m", "../u")),
            hsm.state("u"),
            go("out", "../off"),
        ),
        hsm.state("off", go("outer", "../s/h"), go("inner", "../s/t/h")),
    )
    machine = await driven(model, "n", "m", "out", "outer", "out", "inner")
    assert machine.state() == "/M/s/t/y"
    machine = await driven(model, "n", "m", "out", "outer")
    assert machine.state() == "/M/s/u"


@rule("R5")
async def test_a_history_is_written_when_the_machine_of_another_level_restarts_the_owner():
    """A self-transition of the owner's parent leaves the owner too."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("p")),
        hsm.state(
            "p",
            hsm.initial(hsm.target("s/h")),
            hsm.state("s", hsm.deep_history("h", hsm.target("../a")), hsm.state("a", go("n", "../b")), hsm.state("b")),
            go("again", "."),
        ),
    )
    machine = await driven(model, "n", "again")
    assert machine.state() == "/M/p/s/b"


@rule("R5")
async def test_a_restored_state_starts_its_timers_anew(clock):
    """Memory is of states, not of what ran in them."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("s")),
        hsm.state(
            "s",
            hsm.deep_history("h"),
            hsm.state("a", after(3, hsm.target("../b"))),
            hsm.state("b"),
            go("out", "../off"),
        ),
        hsm.state("off", go("back", "../s/h")),
    )
    machine = await started(model)
    await clock.advance(2)
    await machine.dispatch("out")
    await machine.dispatch("back")
    await clock.advance(2)
    assert machine.state() == "/M/s/a"
    await clock.advance(1)
    assert machine.state() == "/M/s/b"
