"""Recorders that are compared with lines, and properties that watch a machine."""

from __future__ import annotations

import asyncio

import pytest
from support import Log, go, note, on, says

import hsm
from hsm import trace
from hsm.testing import Recorder, watch
from hsm.testing.properties import events_of
from hsm.testing.recording import differences

door = hsm.define(
    "Door",
    hsm.state("shut", go("open", "../open", hsm.guard(says(True)), hsm.effect(note("x"))), hsm.defer("later")),
    hsm.state("open", hsm.transition(hsm.after(5), hsm.target("../shut")), go("break", "../f")),
    hsm.final("f"),
)


async def test_a_recorder_is_equal_to_what_happened():
    """One line for each step, as the log has them."""
    recorder = Recorder()
    async with hsm.start(None, Log(), door, observe=recorder) as machine:
        recorder.clear()
        assert recorder == []
        await machine.dispatch("open")
        await asyncio.sleep(5)
        expected = [
            "event 'open' taken: shut -> open (says.answer True, note.behave)",
            "after of open taken: open -> shut",
        ]
        assert recorder == expected
        assert recorder == tuple(expected)
        assert recorder != expected[:1]
        assert recorder != "open"
        assert recorder == recorder
        assert str(recorder) == "\n".join(expected)
        assert len({recorder, recorder}) == 1
        assert repr(recorder).startswith("<Recorder of ")
        assert differences(recorder, [*expected[:1], "after"])[1:] == [
            f"  {expected[0]}",
            "- after",
            f"+ {expected[1]}",
        ]


never_open = hsm.define(
    "NeverLong",
    hsm.state("shut", go("entered./Door/open", "../open")),
    hsm.state("open", hsm.transition(hsm.after(3), hsm.target("../violated")), go("exited./Door/open", "../shut")),
    hsm.state("violated"),
)


async def test_a_property_has_the_time_of_what_it_watches():
    """Its timers run on the same clock; a violation stays, and says what was seen last."""
    machine = await hsm.start(None, Log(), door)
    found = await watch(machine.instance, never_open)
    found.check()
    await machine.dispatch("open")
    found.check()
    await asyncio.sleep(4)
    with pytest.raises(AssertionError) as caught:
        found.check()
    assert str(caught.value) == (
        "property 'NeverLong' is violated by entered./Door/open at 0 s, in step 1, on event 'open'; the last steps:\n"
        "  event 'open' taken: shut -> open (says.answer True, note.behave)"
    )
    await machine.stop()
    await found.stop()


async def test_a_property_that_comes_to_its_end_is_violated():
    """By a final state, or by a terminate."""
    for end in (hsm.final("end"), hsm.terminate("end")):
        model = hsm.define("P", hsm.state("ok", go("received.open", "../end"), on("took.*"), on("ended.*")), end)
        machine = await hsm.start(None, Log(), door)
        found = await watch(machine, model)
        await machine.dispatch("later")
        found.check()
        await machine.dispatch("open")
        with pytest.raises(AssertionError, match=r"violated by received.open at 0 s"):
            found.check()
        await machine.dispatch("break")
        await found.stop()


async def test_a_property_that_is_violated_at_its_start_says_so():
    """There is nothing that it has seen."""
    machine = await hsm.start(None, Log(), door)
    found = await watch(machine, hsm.define("P", hsm.state("violated")), hsm.Instance())
    with pytest.raises(AssertionError, match=r"violated by entered\./P/violated"):
        found.check()
    await found.stop()
    await machine.stop()


async def test_a_property_that_cannot_start_watches_nothing():
    """And what it raises later is raised when it is checked."""

    def fail(ctx, thing, event):
        raise ValueError("in a property")

    machine = await hsm.start(None, Log(), door)
    with pytest.raises(ValueError, match="in a property"):
        await watch(machine, hsm.define("P", hsm.entry(fail), hsm.state("a")))
    await machine.dispatch("later")
    found = await watch(machine, hsm.define("P", hsm.state("a", on("received.open", hsm.effect(fail)))))
    await machine.dispatch("open")
    with pytest.raises(ValueError, match="in a property"):
        found.check()
    await found.stop()
    await machine.stop()


def test_records_are_events():
    """By their kind, and what they are about."""
    common = {"machine": "M", "time": 0.0, "step": 1, "cause": "start"}
    event, about = hsm.Event("e"), {"role": "effect", "vertex": "/M", "place": "", "id": "/M/a#0.effect.0"}
    records = {
        "entered./M/a": trace.Entered(vertex="/M/a", **common),
        "exited./M/a": trace.Exited(vertex="/M/a", **common),
        "received.e": trace.Received(event=event, **common),
        "deferred.e": trace.Deferred(event=event, **common),
        "dropped.e": trace.Dropped(event=event, reason="ignored", **common),
        "ran.f": trace.Ran(behavior="f", **about, **common),
        "failed.f": trace.Failed(behavior="f", error="x", **about, **common),
        "fired./M/a": trace.TimerFired(vertex="/M/a", timer="after", id="/M/a#0.timer.0", **common),
        "ended.stopped": trace.Ended(status=hsm.Status.STOPPED, **common),
    }
    assert {events_of(record): record for record in records.values()} == {
        (name,): each for name, each in records.items()
    }
    assert events_of(trace.Started(states=(), **common)) == ()
    step = {"event": event, "outcome": hsm.Outcome.TAKEN, "states": ("/M/b",), **common}
    assert events_of(trace.StepEnded(transitions=("/M/a#0", "/M/j#1"), **step)) == ("took./M/a#0", "took./M/j#1")


async def test_a_property_sees_each_transition_of_a_step():
    """Also two that have equal effects, and each segment of a route; the message names the one that violated it."""
    model = hsm.define(
        "M",
        hsm.state("a", go("x", "../j"), go("y", "../j")),
        hsm.junction("j", hsm.transition(hsm.target("a"))),
    )
    once = hsm.define(
        "Once",
        hsm.state("none", go("took./M/a#1", "../one")),
        hsm.state("one", go("took./M/j#0", "../two")),
        hsm.state("two", go("took./M/j#0", "../violated")),
        hsm.state("violated"),
    )
    async with hsm.start(None, Log(), model) as machine:
        found = await watch(machine, once)
        for name in ("x", "y"):
            await machine.dispatch(name)
        found.check()
        assert found.machine.state() == "/Once/two"
        await machine.dispatch("x")
        await machine.dispatch("y")
        with pytest.raises(AssertionError, match=r"violated by took\./M/j#0 at 0 s, in step 3, on event 'x'"):
            found.check()
        await found.stop()
