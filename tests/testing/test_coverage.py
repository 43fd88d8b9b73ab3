"""Coverage: how much of their models machines have gone through."""

from __future__ import annotations

import asyncio

import pytest
from draw.kiosk import MODEL as KIOSK
from picture.conftest import elk as elk  # a fixture
from support import go, on

import hsm
import hsm.draw
from hsm.testing import Coverage, paths
from hsm.testing.following import possible_pairs


def yes(ctx, thing, event):
    return True


def is_even(ctx, thing, event):
    return event.data % 2 == 0


def define():
    return hsm.define(
        "M",
        hsm.state(
            "a", go("e", "../b", hsm.guard(hsm.all_of(yes, hsm.not_(is_even), hsm.in_state("/M/a")))), go("go", "../c")
        ),
        hsm.state("b", go("back", "../a"), hsm.transition(hsm.after(5), hsm.target("../a"))),
        hsm.choice("c", hsm.transition(hsm.guard(yes), hsm.target("b")), hsm.transition(hsm.target("f"))),
        hsm.final("f"),
    )


model = define()


async def test_states_transitions_guards_and_pairs_are_counted():
    """Each by itself; what a choice leads on by is a transition, and no part of a pair."""
    coverage = Coverage()
    async with hsm.start(None, hsm.Instance(), model, observe=coverage.observer(model)) as machine:
        for name, data in (("e", 2), ("e", 1), ("back", None), ("go", None)):
            await machine.dispatch(name, data)
        await machine.restart()
        await machine.dispatch("go")
    (counts,) = coverage.models
    assert counts.states == {"/M/a": 3, "/M/b": 3, "/M/f": 0}
    assert counts.transitions == {
        "/M/a#0": 1, "/M/a#1": 2, "/M/b#0": 1, "/M/b#1": 0, "/M/c#0": 2, "/M/c#1": 0,
    }  # fmt: skip
    assert counts.guards == {"/M/a#0.guard.0": [0, 2], "/M/a#0.guard.1": [1, 1], "/M/c#0.guard.0": [0, 2]}
    assert {pair: count for pair, count in counts.pairs.items() if count} == {
        ("/M/a#0", "/M/b#0"): 1,
        ("/M/b#0", "/M/a#1"): 1,
    }
    assert counts.covered == (2 + 4 + 4, 3 + 6 + 6)
    assert counts.percent == coverage.percent
    marks = counts.marks()
    assert {name for name, mark in marks.items() if mark == "missed"} == {"/M/f", "/M/b#1", "/M/c#1"}
    assert {name for name, mark in marks.items() if mark == "partly"} == {"/M/a#0", "/M/c#0"}
    place = "tests/testing/test_coverage.py"
    assert str(coverage).replace("\\", "/") == (
        "model  states  transitions  guards  pairs  seen\n"
        "M         2/3          4/6     4/6    2/8   67%\n"
        "\n"
        "M: not seen\n"
        "  state /M/f\n"
        f"  transition /M/b#1 (on after 5 s to /M/a), {place}:32\n"
        f"  transition /M/c#1 (to /M/f), {place}:33\n"
        f"  guard yes of /M/a#0, {place}:30, was never False\n"
        f"  guard yes of /M/c#0, {place}:33, was never False"
    )


async def test_every_machine_in_a_block_is_counted():
    """Also restored ones, and whoever starts them; a model that nobody runs counts if it was named."""
    coverage = Coverage(model, KIOSK)
    with coverage.watching():
        machine = await hsm.start(None, hsm.Instance(), model)
        snapshot = machine.snapshot()
        await machine.dispatch("e", 1)
        restored = await hsm.restore(None, hsm.Instance(), model, snapshot)
    outside = await hsm.start(None, hsm.Instance(), model)
    await restored.dispatch("e", 1)
    await outside.dispatch("e", 1)
    mine, kiosk = coverage.models
    assert mine.transitions["/M/a#0"] == 2
    assert kiosk.covered[0] == 0
    assert "all" in str(coverage)
    assert "M: not seen" in str(coverage)
    for each in (machine, restored, outside):
        await each.stop()


def test_machines_of_a_search_are_not_counted():
    """They are no tests."""
    coverage = Coverage()
    with coverage.watching():
        assert paths(define(), data={"e": [1]})
    assert coverage.models == []
    assert coverage.percent == 100
    assert str(Coverage(hsm.define("Small"))) == (
        "model  states  transitions  guards  pairs  seen\nSmall       -            -       -      -  100%"
    )
    assert str(coverage) == "model  states  transitions  guards  pairs  seen"


async def test_counts_are_added():
    """Those of other processes, which know the same model by its name and its parts."""
    coverage = Coverage()
    with coverage.watching():
        machine = await hsm.start(None, hsm.Instance(), model)
        await machine.dispatch("e", 1)
        await machine.dispatch("back")
        await machine.stop()
    written = coverage.to_dict()
    other = Coverage()
    other.add(written)
    other.add(written)
    assert len(other.models) == 1
    assert other.models[0].transitions["/M/a#0"] == 2
    assert other.models[0].guards["/M/a#0.guard.1"] == [2, 0]
    assert other.models[0].pairs[("/M/a#0", "/M/b#0")] == 2
    assert other.percent == coverage.percent
    again = Coverage()
    again.add(written)
    assert again.to_dict() == written
    with pytest.raises(ValueError, match="the format of the counts is 2, not 1"):
        other.add({"format": 2})


async def test_two_models_of_one_name_are_two():
    """Where they differ, or stand in different places; the same one, made twice, is one."""
    coverage = Coverage()
    same = [define(), define()]
    other = hsm.define("M", hsm.state("a", on("e")))
    with coverage.watching():
        for each in (*same, other):
            machine = await hsm.start(None, hsm.Instance(), each)
            await machine.stop()
    assert [counts.states.get("/M/a") for counts in coverage.models] == [2, 1]


async def test_what_happens_only_when_a_machine_ends_is_no_pair():
    """A transition is a pair with the one before it in the same machine alone, whatever others do meanwhile."""
    coverage = Coverage(model)
    machines = [await hsm.start(None, hsm.Instance(), model, observe=coverage.observer(model)) for _ in range(2)]
    await machines[0].dispatch("e", 1)
    await machines[1].dispatch("go")
    await asyncio.sleep(5)
    assert {pair: count for pair, count in coverage.models[0].pairs.items() if count} == {
        ("/M/a#0", "/M/b#1"): 1,
        ("/M/a#1", "/M/b#1"): 1,
    }
    for each in machines:
        await each.stop()


async def test_pairs_that_happen_are_possible():
    """Through everything a model can have: what the chart says may follow is what does."""
    coverage = Coverage(KIOSK)
    (counts,) = coverage.models
    chart = hsm.chart(KIOSK)
    assert [*counts.pairs] == [*possible_pairs(chart)]
    pairs = {*possible_pairs(chart)}
    for pair in (
        ("/Kiosk/idle#0", "/Kiosk/serving/brewing/water/heating#0"),  # through a choice and an entry point
        ("/Kiosk/idle#0", "/Kiosk/serving/brewing/beans/grinding#0"),  # into the other region
        ("/Kiosk/maintenance#0", "/Kiosk/serving/cup#0"),  # by a history
        ("/Kiosk/idle#1", "/Kiosk/idle#0"),  # after an internal one
        ("/Kiosk/serving/brewing#0", "/Kiosk/maintenance#0"),  # through an exit point
        ("/Kiosk/maintenance#3", "/Kiosk/cleaning/rinsing#0"),
    ):
        assert pair in pairs, pair
    assert ("/Kiosk/idle#2", "/Kiosk/maintenance#0") not in pairs
    assert not [pair for pair in pairs if pair[0] == "/Kiosk/maintenance#6"]  # nothing follows the end


def test_an_entry_point_without_a_transition_enters_by_default():
    """And pseudostates that lead round to where they began are followed once."""
    model = hsm.define(
        "M",
        hsm.state("a", go("in", "../s/in"), go("h", "../s/H")),
        hsm.state(
            "s", hsm.entry_point("in"), hsm.state("t", go("e", "/M/a")), hsm.shallow_history("H", hsm.target("t"))
        ),
    )
    assert [*possible_pairs(hsm.chart(model))] == [
        ("/M/a#0", "/M/s/t#0"),
        ("/M/a#1", "/M/s/t#0"),
        ("/M/s/t#0", "/M/a#0"),
        ("/M/s/t#0", "/M/a#1"),
    ]


@pytest.mark.needs_system
@pytest.mark.usefixtures("elk")
async def test_what_was_gone_through_can_be_drawn():
    """With the chart of the model; counts that were added have one only if it was given, or the model ran here too."""
    coverage = Coverage(model)
    (counts,) = coverage.models
    svg = counts.svg()
    assert svg == hsm.draw.svg(model, marks=counts.marks(), theme="auto")
    assert svg.count('class="state missed"') == 2
    added = Coverage()
    added.add(coverage.to_dict())
    with pytest.raises(ValueError, match="there is no chart of model 'M': these are counts that were added"):
        added.models[0].svg()
    added.add(coverage.to_dict(), [counts.chart])
    assert added.models[0].svg("auto") == svg
