"""What the compiler makes of ways and triggers that say more than they need to."""

from __future__ import annotations

import pytest
from support import Log, logged, note, rule, says, started

import hsm


@rule("T2")
@pytest.mark.parametrize("pattern", ["a", "x.*", "*"])
async def test_event_named_twice_is_one_trigger(pattern):
    """A transition that names the same event twice is one candidate: its guard is asked once."""
    asked = hsm.transition(hsm.on(pattern, pattern), hsm.guard(says(False, "?")), hsm.target("s"))
    log = Log()
    machine = await started(hsm.define("M", hsm.state("s", asked)), log)
    event = {"a": "a", "x.*": "x.1", "*": "b"}[pattern]
    assert await machine.dispatch(event) is hsm.Outcome.IGNORED
    assert log.taken() == ["?"]


def leaving_by_an_exit_point():
    """A state of three regions that lead to its exit point; two of them lead to a join as well, which goes on to it."""

    def inside(name, *parts):
        out = hsm.transition(hsm.on("out", f"out of {name}"), hsm.target("/M/o/e"))
        return logged(name, out, *parts)

    def meeting(name):
        ready = hsm.state(f"{name}-ready", hsm.transition(hsm.target("/M/o/j")))
        meet = hsm.transition(hsm.on("meet"), hsm.target(f"../{name}-ready"))
        return inside(name, meet), ready

    return hsm.define(
        "M",
        logged(
            "o",
            hsm.region("r", *meeting("x")),
            hsm.region("q", *meeting("y")),
            hsm.region("t", inside("z")),
            hsm.join("j", hsm.transition(hsm.target("e"), hsm.effect(note("way")))),
            hsm.exit_point("e", hsm.transition(hsm.target("/M/done"))),
        ),
        logged("done"),
    )


@rule("R7")
async def test_join_beside_the_regions_leaves_by_a_shared_exit_point_at_once():
    """An exit point that waits for regions does not wait for a join beside them: what is left inside goes first."""
    log = Log()
    machine = await started(leaving_by_an_exit_point(), log)
    log.taken()
    await machine.dispatch("meet")
    assert log.taken() == ["-x", "-y", "-z", "way", "-o", "+done"]
    assert machine.state() == "/M/done"


@rule("R7")
async def test_way_out_of_one_region_to_a_shared_exit_point_waits_for_the_others():
    """The same exit point, reached from one region, leaves the content of that region alone, which then waits empty."""
    log = Log()
    machine = await started(leaving_by_an_exit_point(), log)
    log.taken()
    await machine.dispatch("out of x")
    assert log.taken() == ["-x"]
    assert machine.states() == ("/M/o/r", "/M/o/q/y", "/M/o/t/z")
    await machine.dispatch("out")
    assert log.taken() == ["-y", "-z", "-o", "+done"]
