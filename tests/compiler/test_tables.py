"""What the compiler makes of ways and triggers that say more than they need to."""

from __future__ import annotations

import pytest
from support import Log, logged, rule, says, started

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
    """A state of two regions that both lead to its exit point, as does a choice beside them."""
    out = hsm.transition(hsm.on("out"), hsm.target("/M/o/e"))
    return hsm.define(
        "M",
        logged(
            "o",
            hsm.region(
                "r",
                logged(
                    "x",
                    out,
                    hsm.transition(hsm.on("leave"), hsm.target("/M/o/c")),
                    hsm.transition(hsm.on("one"), hsm.target("/M/o/e")),
                ),
            ),
            hsm.region("q", logged("y", out)),
            hsm.choice("c", hsm.transition(hsm.target("e"))),
            hsm.exit_point("e", hsm.transition(hsm.target("/M/done"))),
        ),
        logged("done"),
    )


@rule("R7")
async def test_way_beside_the_regions_to_a_shared_exit_point_leaves_at_once():
    """An exit point that waits for regions does not wait for them on a way that lies beside all of them."""
    log = Log()
    machine = await started(leaving_by_an_exit_point(), log)
    log.taken()
    await machine.dispatch("leave")
    assert log.taken() == ["-y", "-x", "-o", "+done"]
    assert machine.state() == "/M/done"


@rule("R7")
async def test_way_out_of_one_region_to_a_shared_exit_point_waits_for_the_other():
    """The same exit point, reached from one region, leaves the content of that region alone, which then waits empty."""
    log = Log()
    machine = await started(leaving_by_an_exit_point(), log)
    log.taken()
    await machine.dispatch("one")
    assert log.taken() == ["-x"]
    assert machine.states() == ("/M/o/r", "/M/o/q/y")
    await machine.dispatch("out")
    assert log.taken() == ["-y", "-o", "+done"]
