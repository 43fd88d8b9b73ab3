"""Events that a model does not know (rule T7)."""

from __future__ import annotations

import logging

import pytest
from support import Log, Paid, both_engines, go, in_thread, note, on, rule, sends, settle, started

import hsm
from hsm import Outcome

SAYS = "no transition and no deferral of model 'M' names event"


def door():
    """A new model each time: what was logged of one is not logged again."""
    return hsm.define(
        "M",
        hsm.state("closed", go("open", "../opened"), hsm.defer("order.*")),
        hsm.state("opened", go("close", "../closed"), on("send", hsm.effect(sends("opne")))),
    )


@pytest.fixture
def logged(caplog):
    """The messages of the `hsm` logger."""
    caplog.set_level(logging.WARNING, "hsm")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "hsm"]


@rule("T7", "T5")
@both_engines
async def test_an_unknown_event_is_ignored_and_logged_once(engine, logged):
    """With the closest names; once for all machines of the model, and again for another name."""
    model = door()
    for _ in range(2):
        machine = await started(model, engine=engine)
        for _ in range(5):
            assert await machine.dispatch("opne") is Outcome.IGNORED
    await machine.dispatch(hsm.Event("zzz"))
    assert logged() == [f"{SAYS} 'opne': did you mean 'open'?", f"{SAYS} 'zzz'"]


@rule("T7")
@both_engines
async def test_events_that_the_model_knows_are_not_logged(engine, logged):
    """Those of states that are not active, patterns, deferrals, and built-in names."""
    machine = await started(door(), engine=engine)
    for name in ("close", "order.paid", "order.", "hsm_error", "hsm_time"):
        await machine.dispatch(name)
    catching_all = await started(hsm.define("M", hsm.state("a", on("*", hsm.effect(note("x"))))), engine=engine)
    await catching_all.dispatch("whatever")
    deferring_all = await started(hsm.define("M", hsm.state("a", hsm.defer("*"))), engine=engine)
    await deferring_all.dispatch("whatever")
    assert logged() == []


@rule("T7")
@both_engines
async def test_unknown_events_are_logged_wherever_they_come_from(engine, logged):
    """From a behaviour, and as signals."""
    machine = await started(door(), engine=engine)
    await machine.dispatch("open")
    await machine.dispatch("send")
    await machine.dispatch(Paid(1))
    await settle()
    assert logged() == [f"{SAYS} 'opne': did you mean 'open'?"]
    other = await started(hsm.define("M", hsm.state("a", on("order.piad", hsm.effect(note("x"))))), engine=engine)
    await other.dispatch(Paid(1))
    assert logged()[1:] == [f"{SAYS} 'order.paid': did you mean 'order.piad'?"]


@rule("T7")
async def test_an_operation_is_not_sent(logged):
    """The message says how it is called."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.transition(hsm.on_call("measure")))))
    await machine.dispatch("measure")
    assert logged() == [f"{SAYS} 'measure': it is an operation, which 'machine.call' calls"]


@rule("T7")
async def test_what_is_logged_has_bounds(logged):
    """A sender of ever new names fills neither the log nor the memory; a long name is cut, and stays in one line."""
    machine = await started(door())
    for number in range(300):
        await machine.dispatch(f"name {number}")
    assert len(logged()) == 100
    machine = await started(door())
    await machine.dispatch("o\npen" + "n" * 10_000)
    assert len(logged()[100]) < 200
    assert "\n" not in logged()[100]


@rule("T7")
@both_engines
async def test_a_strict_machine_refuses_unknown_events(engine, logged):
    """Each time, where it is sent; what the model knows is ignored as ever, and nothing is logged."""
    model = door()
    lenient = await started(model, engine=engine)
    machine = await started(model, engine=engine, strict=True)
    for _ in range(5):
        await lenient.dispatch("close")
        with pytest.raises(hsm.UnknownEvent, match="did you mean 'open'"):
            machine.dispatch("opne")
        with pytest.raises(hsm.UnknownEvent, match="names event 'Log'"):
            machine.instance.dispatch(hsm.Event("Log"))
        assert await machine.dispatch("close") is Outcome.IGNORED
    assert logged() == []
    assert await lenient.dispatch("opne") is Outcome.IGNORED
    with pytest.raises(hsm.UnknownEvent):
        machine.dispatch("opne")
    assert await machine.dispatch("open") is Outcome.TAKEN


@rule("T7")
@both_engines
async def test_a_behaviour_of_a_strict_machine_is_refused_too(engine):
    """The error is the behaviour's own; from another thread it is in the future."""
    machine = await started(door(), engine=engine, strict=True)
    await machine.dispatch("open")
    with pytest.raises(hsm.UnknownEvent, match="opne"):
        await machine.dispatch("send")
    future = await in_thread(lambda: machine.dispatch_threadsafe("opne"))
    await settle()
    assert isinstance(future.exception(0), hsm.UnknownEvent)


@rule("T7", "L3a")
async def test_a_strict_machine_answers_questions_as_it_takes_events():
    """`can` raises what `dispatch` would; `explain` explains, as it says what is wrong."""
    machine = await started(door(), strict=True)
    with pytest.raises(hsm.UnknownEvent):
        machine.can("opne")
    assert (await machine.explain("opne")).outcome is Outcome.IGNORED
    assert await machine.can("open") is Outcome.TAKEN


@rule("T7", "L5")
async def test_a_strict_machine_that_has_ended_says_that_first():
    """Ignored once completed, refused once stopped, as every event."""
    model = hsm.define("M", hsm.state("a", go("end", "../z")), hsm.final("z"))
    machine = await started(model, strict=True)
    await machine.dispatch("end")
    assert await machine.dispatch("opne") is Outcome.IGNORED
    assert await machine.can("opne") is Outcome.IGNORED
    machine = await started(model, strict=True)
    await machine.stop()
    with pytest.raises(hsm.LifecycleError):
        machine.dispatch("opne")


@rule("T7")
async def test_a_restart_keeps_it_strict():
    """As all that `start` was given."""
    machine = await started(door(), Log(), strict=True)
    await hsm.restart(machine)
    with pytest.raises(hsm.UnknownEvent):
        machine.dispatch("opne")


@rule("T7")
@pytest.mark.parametrize("strict", ["yes", 1, None])
async def test_strict_is_a_bool(strict):
    """Anything else is refused, as it may be an argument in the wrong place."""
    with pytest.raises(ValueError, match="strict must be True or False, not"):
        await hsm.start(None, Log(), door(), strict=strict)
