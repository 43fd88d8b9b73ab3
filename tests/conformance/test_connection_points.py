"""Entry points and exit points: rule R7."""

from __future__ import annotations

import pytest
from support import codes, go, logged, note, noting, rule, says, started, then

import hsm


@rule("R7")
async def test_inwards_the_effects_of_an_entry_point_run_between_the_states_entry_and_the_inner_entries():
    """Source exits, transition effects, the state's entry, the entry point's effects, inner entries."""
    model = hsm.define(
        "M",
        logged("i", go("e", "../s/in", hsm.effect(note("effect")))),
        logged(
            "s",
            hsm.entry_point("in", then("../t/b", hsm.effect(note("point")))),
            logged("t", logged("b")),
        ),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-i", "effect", "+s", "point", "+t", "+b"]


@rule("R7")
async def test_outwards_the_order_is_the_mirror_image():
    """Inner exits, the effects of the route to the exit point, the state's exit, the effects behind it, entries."""
    model = hsm.define(
        "M",
        logged(
            "s",
            logged("t", logged("a", go("e", "/M/s/out", hsm.effect(note("effect"))))),
            hsm.exit_point("out", then("/M/z", hsm.effect(note("point")))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "-t", "effect", "-s", "point", "+z"]


@rule("R7")
async def test_an_entry_point_without_a_route_leads_to_the_default_entry():
    """The entry point is just a name for coming in."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s/in")),
        logged("s", hsm.entry_point("in"), hsm.initial(hsm.target("b"), hsm.effect(note("initial"))), logged("b")),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+s", "initial", "+b"]


@rule("R7")
async def test_the_routes_behind_an_entry_point_may_lead_into_several_regions():
    """One way for each; the other regions get their default entry."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../o/in")),
        logged(
            "o",
            hsm.entry_point("in", then("../q/d", hsm.effect(note("one"))), then("../r/b", hsm.effect(note("two")))),
            hsm.region("r", logged("b")),
            hsm.region("q", logged("d")),
            hsm.region("t", logged("f")),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+o", "one", "two", "+b", "+d", "+f"]


@rule("R7")
async def test_a_route_may_go_on_through_a_choice_or_another_entry_point():
    """One behind the other: each state is entered, then the effects of its own entry point run."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s/in")),
        logged(
            "s",
            hsm.entry_point("in", then("../c", hsm.effect(note("outer point")))),
            hsm.choice("c", then("../t/in", hsm.guard(says(True, "asked"))), then("../t")),
            logged("t", hsm.entry_point("in", then("../b", hsm.effect(note("inner point")))), logged("b")),
        ),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+s", "outer point", "asked", "+t", "inner point", "+b"]


@rule("R7")
async def test_an_exit_point_may_lead_on_through_the_exit_point_of_the_state_around():
    """Each boundary has its exits and its effects."""
    model = hsm.define(
        "M",
        logged(
            "s",
            logged(
                "t",
                logged("a", go("e", "../out")),
                hsm.exit_point("out", then("/M/s/out", hsm.effect(note("inner point")))),
            ),
            hsm.exit_point("out", then("/M/z", hsm.effect(note("outer point")))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "-t", "inner point", "-s", "outer point", "+z"]


@rule("R7")
async def test_an_entry_point_reached_from_inside_does_not_enter_its_state_again():
    """From a substate, or from the state itself, the route to the exit point stays inside."""
    model = hsm.define(
        "M",
        logged(
            "s",
            hsm.entry_point("in", then("../b", hsm.effect(note("point")))),
            logged("a", go("inner", "../in")),
            logged("b"),
            go("own", "in"),
            go("external", "in", hsm.external()),
        ),
    )
    machine = await started(model)
    seen = []
    for event in ("inner", "own", "external"):
        machine.instance.taken()
        await machine.dispatch(event)
        seen.append(machine.instance.taken())
    assert seen == [["-a", "point", "+b"], ["-b", "point", "+b"], ["-b", "-s", "+s", "point", "+b"]]


@rule("R7")
async def test_a_closed_exit_point_leaves_the_transition_to_it_disabled():
    """When no transition behind an exit point is open, the way out is not taken."""
    model = hsm.define(
        "M",
        logged(
            "s",
            logged(
                "a",
                go("e", "../out", hsm.effect(note("effect"))),
                noting("e", "second"),
            ),
            hsm.exit_point("out", then("/M/z", hsm.guard(says(False, "point")))),
        ),
        hsm.state("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.state()) == (["point", "second"], "/M/s/a")


@rule("R7")
async def test_of_several_transitions_behind_an_exit_point_the_first_open_one_is_taken():
    """An exit point may lead to different places."""
    model = hsm.define(
        "M",
        hsm.state(
            "s",
            hsm.state("a", go("e", "../out")),
            hsm.exit_point("out", then("/M/y", hsm.guard(says(False, "1"))), then("/M/z", hsm.guard(says(True, "2")))),
        ),
        hsm.state("y"),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert (machine.instance.taken(), machine.state()) == (["1", "2"], "/M/z")


@rule("R7")
async def test_a_completion_may_go_out_through_an_exit_point():
    """Without an event, as soon as the inner state is complete."""
    model = hsm.define(
        "M",
        logged("s", logged("a", then("../out")), hsm.exit_point("out", then("/M/z"))),
        logged("z"),
    )
    machine = await started(model)
    assert machine.instance.taken() == ["+s", "+a", "-a", "-s", "+z"]


@rule("R7")
async def test_a_default_entry_may_lead_straight_out_of_an_exit_point():
    """The state is entered and left."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s")),
        logged(
            "s",
            hsm.initial(hsm.target("c")),
            hsm.choice("c", then("../out", hsm.guard(says(True)), hsm.effect(note("effect"))), then("../a")),
            logged("a"),
            hsm.exit_point("out", then("/M/z", hsm.effect(note("point")))),
        ),
        logged("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["+s", "effect", "-s", "point", "+z"]


@rule("R7")
async def test_the_exit_point_of_an_orthogonal_state_ends_all_its_regions():
    """The source's region first, then the effects, the others, and the state itself."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.region("r", logged("a", go("e", "/M/o/out", hsm.effect(note("effect"))))),
            hsm.region("q", logged("b")),
            hsm.exit_point("out", then("/M/z", hsm.effect(note("point")))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "effect", "-b", "-o", "point", "+z"]


@rule("R7")
async def test_an_exit_point_that_several_regions_lead_to_waits_for_all_of_them():
    """It acts as a join: the first region to arrive waits for the other."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.region("r", logged("a", go("1", "/M/o/out", hsm.effect(note("one"))))),
            hsm.region("q", logged("b", go("2", "/M/o/out", hsm.effect(note("two"))))),
            hsm.exit_point("out", then("/M/z", hsm.effect(note("point")))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("2")
    assert (machine.instance.taken(), machine.state()) == (["-b", "two"], "/M/o")
    await machine.dispatch("1")
    assert machine.instance.taken() == ["-a", "one", "-o", "point", "+z"]


@rule("R7")
async def test_on_the_way_from_a_state_to_its_own_exit_point_effects_come_before_the_inner_exits():
    """Nothing is left until the exit point is passed (PSSM Transition 011-D)."""
    model = hsm.define(
        "M",
        logged(
            "s",
            logged("a"),
            hsm.exit_point("out", then("/M/z", hsm.effect(note("point")))),
            go("e", "out", hsm.effect(note("effect"))),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["effect", "-a", "-s", "point", "+z"]


@rule("R7")
async def test_the_effects_of_an_entry_point_that_leads_to_its_own_state_come_after_the_default_entry():
    """Such a route is a local transition to the state, which is then entered (PSSM Transition 011-B)."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s/in", hsm.effect(note("effect")))),
        logged("s", hsm.entry_point("in", then("..", hsm.effect(note("point")))), logged("a")),
    )
    machine = await started(model)
    await machine.dispatch("e")
    assert machine.instance.taken() == ["effect", "+s", "+a", "point"]


@rule("R7")
async def test_the_event_is_passed_on_through_connection_points():
    """Behaviours on both sides of a boundary see what led there."""

    def shows(ctx, self, event):
        self.log.append((event.name, event.data))

    model = hsm.define(
        "M",
        hsm.state("s", hsm.state("a", go("e", "../out")), hsm.exit_point("out", then("/M/t/in", hsm.effect(shows)))),
        hsm.state("t", hsm.entry_point("in", then("../b", hsm.effect(shows))), hsm.state("b", hsm.entry(shows))),
    )
    machine = await started(model)
    await machine.dispatch("e", 5)
    assert machine.instance.taken() == [("e", 5)] * 3


@rule("R7")
@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((hsm.state("s", hsm.entry_point("in")), hsm.state("a", go("e", "../s/in"))), "HSM040"),
        (
            (hsm.state("s", hsm.entry_point("in", then("/M/a")), hsm.state("b")), hsm.state("a", go("e", "../s/in"))),
            "HSM041",
        ),
        (
            (hsm.state("s", hsm.exit_point("out", then("/M/a")), hsm.state("b")), hsm.state("a", go("e", "../s/out"))),
            "HSM042",
        ),
        ((hsm.state("s", hsm.exit_point("out"), hsm.state("b", go("e", "../out"))),), "HSM043"),
        (
            (
                hsm.state("s", hsm.entry_point("in", then("../b", hsm.guard(says(True)))), hsm.state("b")),
                hsm.state("a", go("e", "../s/in")),
            ),
            "HSM049",
        ),
    ],
)
def test_connection_points_that_lead_nowhere_or_the_wrong_way_are_errors(parts, code):
    """A simple state, a route to outside, an exit from outside, nothing behind an exit, a guarded route."""
    found = codes(*parts)
    assert found == [code]


@rule("R7", "R4")
async def test_regions_that_reach_an_exit_point_together_wait_there_if_it_is_closed():
    """Each saw that it would wait for the other; the last finds no way out, and the state stays as it is."""
    model = hsm.define(
        "M",
        logged(
            "o",
            hsm.exit_point("out", then("/M/z", hsm.guard(says(False, "asked")))),
            hsm.region("r", logged("a", go("e", "/M/o/out"))),
            hsm.region("q", logged("b", go("e", "/M/o/out"))),
            go("x", "/M/z"),
        ),
        logged("z"),
    )
    machine = await started(model)
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["-a", "-b", "asked"]
    assert machine.states() == ("/M/o/r", "/M/o/q")
    await machine.dispatch("x")
    assert machine.instance.taken() == ["-o", "+z"]
