"""Forks and joins: rule R6."""

from __future__ import annotations

import asyncio

import pytest
from support import both_engines, codes, go, logged, note, rule, says, settle, started, then

import hsm


@rule("R6")
async def test_a_fork_enters_its_targets_and_all_other_regions_by_default():
    """Effects of the way in and of every branch come first, then entries outermost first."""
    model = hsm.define(
        "M",
        logged("i", go("e", "../f", hsm.effect(note("effect")))),
        hsm.fork("f", then("../o/t/d", hsm.effect(note("one"))), then("../o/r/s/b", hsm.effect(note("two")))),
        logged(
            "o",
            hsm.region("r", logged("a"), logged("s", logged("b"))),
            hsm.region("q", logged("c")),
            hsm.region("t", logged("x"), logged("d")),
            go("x", "r/a"),
            go("y", "t/x"),
        ),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-i", "effect", "one", "two", "+o", "+s", "+b", "+c", "+d"]
    assert machine.states() == ("/M/o/r/s/b", "/M/o/q/c", "/M/o/t/d")


@rule("R6")
async def test_a_fork_reaches_into_nested_regions_histories_doors_and_submachines():
    """Whatever can be a target can be one of a fork."""
    part = hsm.define("Part", hsm.state("p"), hsm.state("q"), go("x", "q"))
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../f")),
        hsm.fork("f", then("../o/r/s/door"), then("../o/q/h"), then("../o/t/sub/q"), then("../o/u/n/y/w")),
        hsm.state(
            "o",
            hsm.region("r", hsm.state("s", hsm.entry_point("door", then("../b")), hsm.state("b"))),
            hsm.region("q", hsm.shallow_history("h", hsm.target("../d")), hsm.state("d")),
            hsm.region("t", hsm.submachine("sub", part)),
            hsm.region(
                "u",
                hsm.state("n", hsm.region("x", hsm.state("v")), hsm.region("y", hsm.state("w"))),
            ),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.states() == ("/M/o/r/s/b", "/M/o/q/d", "/M/o/t/sub/q", "/M/o/u/n/x/v", "/M/o/u/n/y/w")


@rule("R6")
async def test_a_fork_beside_the_regions_is_reached_after_its_owner_was_entered():
    """The fork may stand in the orthogonal state itself."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../o/f")),
        logged(
            "o",
            hsm.fork("f", then("../r/b", hsm.effect(note("fork"))), then("../q/d")),
            hsm.region("r", logged("b")),
            hsm.region("q", logged("d")),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+o", "fork", "+b", "+d"]


@rule("R6")
@pytest.mark.parametrize(
    "branches",
    [
        (then("../o/r/a"),),
        (then("../o/r/a"), then("../o/r/b")),
        (then("../o/r/a"), then("../z")),
        (then("../o/r/a"), then("../o/q/c", hsm.guard(says(True)))),
    ],
)
def test_a_fork_leads_into_different_regions_of_one_state_without_guards(branches):
    """One target, one region twice, a target elsewhere, a guard: each is an error."""
    found = codes(
        hsm.state("i", go("e", "../f")),
        hsm.fork("f", *branches),
        hsm.state("o", hsm.region("r", hsm.state("a"), hsm.state("b")), hsm.region("q", hsm.state("c"))),
        hsm.state("z"),
    )
    assert set(found) == {"HSM036"}


def joined(*parts, owner=()):
    """Two regions whose second states lead into a join that leads to 'end'."""
    return hsm.define(
        "M",
        hsm.initial(hsm.target("o")),
        logged(
            "o",
            hsm.region("r", logged("a", go("1", "../b")), logged("b", then("/M/j", hsm.effect(note("from b"))))),
            hsm.region("q", logged("c", go("2", "../d")), logged("d", then("/M/j", hsm.effect(note("from d"))))),
            *owner,
        ),
        hsm.join("j", then("../end", hsm.effect(note("join")), *parts)),
        logged("end", go("again", "../o")),
    )


@rule("R6")
@pytest.mark.parametrize("order", ["12", "21"])
async def test_a_join_fires_when_every_source_is_complete_in_whatever_order(order):
    """Each incoming transition fires on its own, and the last one leaves the owner before its effects run."""
    machine = await started(joined())
    machine.instance.taken()
    exits, effects = {"1": ["-a", "+b", "-b"], "2": ["-c", "+d", "-d"]}, {"1": "from b", "2": "from d"}
    await machine.dispatch(order[0])
    assert machine.instance.taken() == [*exits[order[0]], effects[order[0]]]
    assert machine.is_in("/M/o")
    await machine.dispatch(order[1])
    assert machine.instance.taken() == [*exits[order[1]], "-o", effects[order[1]], "join", "+end"]
    assert machine.states() == ("/M/end",)


@rule("R6")
async def test_a_join_begins_anew_when_its_owner_is_entered_again():
    """What waited the last time does not count the next time."""
    machine = await started(joined(owner=(go("reset", "."),)))
    await machine.dispatch("1")
    await machine.dispatch("reset")
    await machine.dispatch("2")
    assert machine.is_in("/M/o")
    await machine.dispatch("1")
    assert machine.state() == "/M/end"
    await machine.dispatch("again")
    await machine.dispatch("2")
    assert machine.is_in("/M/o")


@rule("R6")
async def test_the_owner_can_be_left_while_one_region_waits():
    """Exits run for what is still active, and once."""
    machine = await started(joined(owner=(go("out", "/M/end"),)))
    await machine.dispatch("1")
    machine.instance.taken()
    await machine.dispatch("out")
    assert machine.instance.taken() == ["-c", "-o", "+end"]


@rule("R6")
async def test_a_region_that_was_entered_again_does_not_wait_at_the_join_any_more():
    """A local transition of the owner brings a state in; the join waits for its source again."""
    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", hsm.state("a", then("/M/j")), hsm.state("x")),
            hsm.region("q", hsm.state("b", go("go", "../c")), hsm.state("c", then("/M/j"))),
            go("again", "r/x"),
        ),
        hsm.join("j", then("../end")),
        hsm.state("end"),
    )
    machine = await started(model)
    await machine.dispatch("again")
    await machine.dispatch("go")
    assert machine.is_in("/M/o/r/x")


@rule("R6")
async def test_a_join_without_an_open_way_behind_it_does_not_fire():
    """The last source stays where it is; the one that waits goes on waiting."""
    machine = await started(joined(hsm.guard(says(False, "asked"))))
    await machine.dispatch("1")
    machine.instance.taken()
    await machine.dispatch("2")
    assert machine.instance.taken() == ["-c", "+d", "asked"]
    assert machine.is_in("/M/o/q/d")


@rule("R6")
async def test_a_join_waits_for_composite_sources_and_activities():
    """A source is complete when rule C1 says so, not when it is entered."""

    async def works(ctx, self, event):
        self.log.append("worked")

    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.region("r", hsm.state("a", hsm.activity(works), then("/M/j"))),
            hsm.region("q", hsm.state("c", hsm.state("x", go("fin", "../f")), hsm.final("f"), then("/M/j"))),
        ),
        hsm.join("j", then("../end")),
        hsm.state("end"),
    )
    machine = await started(model)
    await machine.dispatch("fin")
    assert machine.is_in("/M/o/r/a")
    assert not machine.is_in("/M/end")
    await settle()
    assert (machine.state(), machine.instance.taken()) == ("/M/end", ["worked"])


@rule("R6")
async def test_a_join_in_a_region_of_an_outer_state_moves_that_region_alone():
    """The inner orthogonal state is left, the outer region goes on, its sibling is not touched."""
    model = hsm.define(
        "M",
        logged(
            "p",
            hsm.region(
                "r1",
                logged(
                    "o",
                    hsm.region("a", logged("a1", then("/M/p/r1/j"))),
                    hsm.region("b", logged("b1", go("go", "../b2")), logged("b2", then("/M/p/r1/j"))),
                ),
                hsm.join("j", then("../z", hsm.effect(note("join")))),
                logged("z"),
            ),
            hsm.region("r2", logged("y")),
        ),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("go")
    assert machine.instance.taken() == ["-b1", "+b2", "-b2", "-o", "join", "+z"]
    assert machine.states() == ("/M/p/r1/z", "/M/p/r2/y")


@rule("R6")
async def test_a_join_may_lead_through_a_choice_and_back_into_its_owner():
    """What is behind a join is a way like others; the owner is left and entered again."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.region("r", logged("a", go("e", "../b")), logged("b", then("/M/j"))),
            hsm.region("q", logged("c", go("e", "../d")), logged("d", then("/M/j"))),
        ),
        hsm.join("j", then("../c", hsm.effect(note("join")))),
        hsm.choice("c", then("../o", hsm.guard(says(True, "asked"))), then("../z")),
        hsm.state("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == [
        "-a", "+b", "-c", "+d", "-b", "-d", "-o", "join", "asked", "+o", "+a", "+c",
    ]  # fmt: skip


@rule("R6")
async def test_a_join_of_the_models_own_regions_restarts_the_model():
    """Nothing is outside: the way behind the join leads in again, through the model."""
    model = hsm.define(
        "M",
        hsm.exit(note("-M")),
        hsm.entry(note("+M")),
        hsm.region("r", logged("a", go("e", "../b")), logged("b", then("/M/j"))),
        hsm.region("q", logged("c", go("e", "../d")), logged("d", then("/M/j"))),
        hsm.join("j", then("/M")),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "+b", "-c", "+d", "-b", "-d", "-M", "+M", "+a", "+c"]


@rule("R6")
@pytest.mark.parametrize(
    ("into", "code"),
    [
        ((go("e", "/M/j"), then("/M/j")), "HSM038"),
        ((then("/M/j", hsm.guard(says(True))), then("/M/j")), "HSM038"),
        ((go("e", "../b"), then("/M/j")), "HSM037"),
    ],
)
def test_a_join_is_reached_by_completion_from_several_regions(into, code):
    """A trigger, a guard, or one source alone is an error."""
    found = codes(
        hsm.state(
            "o",
            hsm.region("r", hsm.state("a", into[0]), hsm.state("b")),
            hsm.region("q", hsm.state("c", into[1])),
        ),
        hsm.join("j", then("../end")),
        hsm.state("end"),
    )
    assert set(found) == {code}


def standing(place, target):
    """Two regions in `p/o` that lead into a join at *place*, which leads to *target*; a third one stays as it is."""
    path = {"model": "/M/j", "p": "/M/p/j", "o": "/M/p/o/j", "r": "/M/p/o/r/j"}[place]
    join = {place: [hsm.join("j", then(target, hsm.effect(note("join"))))]}
    return hsm.define(
        "M",
        logged(
            "p",
            logged(
                "o",
                hsm.region(
                    "r",
                    logged("a", go("1", "../b")),
                    logged("b", then(path, hsm.effect(note("from b")))),
                    logged("x"),
                    *join.get("r", ()),
                ),
                hsm.region("q", logged("c", go("2", "../d")), logged("d", then(path, hsm.effect(note("from d"))))),
                hsm.region("t", logged("y")),
                go("to x", "r/x"),
                *join.get("o", ()),
            ),
            logged("z"),
            go("to z", "z"),
            *join.get("p", ()),
        ),
        *join.get("model", ()),
    )


@rule("R6", "K4")
@both_engines
@pytest.mark.parametrize(
    ("place", "target", "expected"),
    [
        ("model", "/M/p/z", "-y -d -o -p from d join +p +z"),
        ("model", "/M/p/o", "-y -d -o -p from d join +p +o +a +c +y"),
        ("model", "/M/p/o/r/x", "-y -d -o -p from d join +p +o +x +c +y"),
        ("p", "/M/p/z", "-y -d -o from d join +z"),
        ("p", "/M/p/o/r/x", "-y -d -o from d join +o +x +c +y"),
        ("p", "/M/p", "-y -d -o from d -p join +p +o +a +c +y"),
        ("o", "/M/p/z", "-y -d from d -o join +z"),
        ("o", "/M/p/o/r/x", "-y -d from d -o join +o +x +c +y"),
        ("r", "/M/p/z", "-y -d from d -o join +z"),
        ("r", "/M/p/o/r/x", "-y -d from d -o join +o +x +c +y"),
    ],
)
async def test_the_last_transition_into_a_join_exits_what_does_not_contain_both_before_its_effects(
    place, target, expected, engine
):
    """Wherever the join stands, and also if it leads back into one of its regions: then all is entered again."""
    machine = await started(standing(place, target), engine=engine)
    await machine.dispatch("1")
    assert machine.states() == ("/M/p/o/r", "/M/p/o/q/c", "/M/p/o/t/y")
    machine.instance.taken()
    await machine.dispatch("2")
    assert " ".join(machine.instance.taken()) == f"-c +d {expected}"
    ends = {"/M/p/z": ("/M/p/z",), "/M/p/o/r/x": ("/M/p/o/r/x", "/M/p/o/q/c", "/M/p/o/t/y")}
    assert machine.states() == ends.get(target, ("/M/p/o/r/a", "/M/p/o/q/c", "/M/p/o/t/y"))


@rule("R6")
@both_engines
async def test_the_last_transition_into_a_join_in_its_own_region_leaves_the_other_regions_to_the_join(engine):
    """That region contains both; the rest of the state is exited on the way out of the join."""
    machine = await started(standing("r", "/M/p/z"), engine=engine)
    await machine.dispatch("2")
    machine.instance.taken()
    await machine.dispatch("1")
    assert machine.instance.taken() == ["-a", "+b", "-b", "from b", "-y", "-o", "join", "+z"]


@rule("R6", "K5")
@both_engines
async def test_the_last_transition_into_a_join_ends_timers_and_activities_before_its_effects(clock, engine):
    """What belongs to the state around the regions has ended when the effects run."""

    async def stays(ctx, self, event):
        try:
            await asyncio.sleep(100)
        finally:
            self.log.append("ended")

    model = hsm.define(
        "M",
        hsm.state(
            "o",
            hsm.activity(stays),
            hsm.exit(note("-o")),
            hsm.region("r", hsm.state("a", then("/M/j"))),
            hsm.region("q", hsm.state("b", go("e", "../c")), hsm.state("c", then("/M/j", hsm.effect(note("effect"))))),
        ),
        hsm.join("j", then("../z")),
        hsm.state("z"),
    )
    machine = await started(model, engine=engine)
    await clock.advance(1)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["ended", "-o", "effect"]


@rule("R6", "R5")
@both_engines
async def test_a_history_remembers_what_was_active_before_the_regions_came_to_the_join(engine):
    """Also where the last one exits the state around them."""
    model = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.deep_history("h"),
            hsm.state(
                "o",
                hsm.region("r", hsm.state("a", go("1", "../b")), logged("b", then("/M/j"))),
                hsm.region("q", hsm.state("c", go("2", "../d")), logged("d", then("/M/j"))),
            ),
        ),
        hsm.join("j", then("../z")),
        hsm.state("z", go("back", "../p/h")),
    )
    machine = await started(model, engine=engine)
    for event in ("1", "2"):
        await machine.dispatch(event)
    assert (machine.state(), machine.instance.taken()) == ("/M/z", ["+b", "-b", "+d", "-d"])
    await machine.dispatch("back")  # both were complete when they were remembered, so they join again
    assert (machine.state(), machine.instance.taken()) == ("/M/z", ["+b", "+d", "-b", "-d"])
