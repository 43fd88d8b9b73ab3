"""Errors that cannot be handled like others: nothing that is done about an error fails a step (rule E1a)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import attrs
import pytest
from support import Log, after, both_engines, errors_of_loop, go, logged, on, rule, settle, started

import hsm


@dataclass(frozen=True)
class Frozen(Exception):
    """Refuses every attribute."""

    reason: str = "frozen"


@attrs.frozen
class FrozenByAttrs(Exception):
    """Refuses every attribute but those that an exception needs."""

    reason: str = "frozen"


class Hostile(Exception):
    """Raises from whatever may be done with an error."""

    def __getattribute__(self, name):
        if name in ("__notes__", "add_note"):
            raise RuntimeError("no notes")
        return super().__getattribute__(name)

    def _refuse(self, *args):
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __hash__ = __setattr__ = __bool__ = __format__ = _refuse


class Noted(Exception):
    """Has something odd where notes are kept."""

    def __init__(self, notes):
        super().__init__("noted")
        self.__notes__ = notes


class Grim:
    """Raises when it is compared."""

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None


REFUSING = pytest.mark.parametrize(
    "make", [Frozen, FrozenByAttrs, Hostile, lambda: Noted(7), lambda: Noted([Grim()])],
    ids=["frozen", "attrs", "hostile", "number", "odd note"],
)  # fmt: skip


def raises(make):
    """A behaviour that raises what *make* makes."""

    def behave(ctx, self, event):
        raise self.made[-1]

    def prepare(ctx, self, event):
        self.made.append(make())
        return behave(ctx, self, event)

    return prepare


class Maker(Log):
    """Keeps what its behaviours raise."""

    def __init__(self) -> None:
        super().__init__()
        self.made = []


@rule("E1a", "E1")
@REFUSING
@both_engines
@pytest.mark.parametrize("place", ["exit", "effect", "entry", "guard"])
async def test_an_error_that_refuses_notes_tears_no_step(make, engine, place):
    """The step goes on to its target, and the sender gets the very error."""
    bad = raises(make)
    first = [hsm.exit(bad)] if place == "exit" else []
    leaving = {"effect": [hsm.effect(bad)], "guard": [hsm.guard(bad)]}.get(place, [])
    second = [hsm.entry(bad)] if place == "entry" else []
    model = hsm.define("M", hsm.state("a", go("go", "../b", *leaving), *first), hsm.state("b", *second, on("x")))
    machine = await started(model, Maker(), engine=engine)
    with pytest.raises(Exception) as raised:  # of any kind: the object is compared
        await machine.dispatch("go")
    assert raised.value is machine.instance.made[-1]
    assert machine.state() == ("/M/a" if place == "guard" else "/M/b")
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED


@rule("E1a", "E3")
@REFUSING
@both_engines
async def test_an_error_that_refuses_notes_becomes_an_event(make, engine):
    """A transition takes it like any other."""

    def handle(ctx, self, event):
        assert event.data is self.made[-1]
        self.log.append("handled")

    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(raises(make))), on("hsm_error", hsm.effect(handle))))
    machine = await started(model, Maker(), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["handled"]


@rule("E1a", "E2", "E4")
@REFUSING
async def test_an_activity_or_a_timer_may_raise_what_refuses_notes(make):
    """The error is reported, and not lost."""
    caught = errors_of_loop()
    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(raises(make)), after(1, hsm.effect(raises(make)), hsm.target("../b"))),
        logged("b"),
    )
    machine = await started(model, Maker())
    await asyncio.sleep(2)
    assert [id(error) for error in caught] == [id(error) for error in machine.instance.made]
    assert len(caught) == 2
    assert machine.instance.log == ["+b"]


@rule("E1a", "E8")
@REFUSING
async def test_a_start_that_fails_with_what_refuses_notes_leaves_nothing_started(make):
    """What was entered is exited, and the instance can be started again."""
    instance = Maker()
    with pytest.raises(Exception) as raised:  # of any kind: the object is compared
        await started(hsm.define("M", logged("a", hsm.state("b", hsm.entry(raises(make))))), instance)
    assert raised.value is instance.made[-1]
    assert instance.log == ["+a", "-a"]
    assert (await started(hsm.define("M", hsm.state("a")), instance)).state() == "/M/a"


@rule("E1a", "L4")
@REFUSING
async def test_a_stop_whose_exit_action_raises_what_refuses_notes_is_a_stop(make):
    """The error is raised, and the machine has ended."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(raises(make)))), Maker())
    with pytest.raises(Exception) as raised:  # as above
        await machine.stop()
    assert raised.value is machine.instance.made[-1]
    assert machine.status is hsm.Status.STOPPED


@rule("E1a", "E4")
async def test_a_handler_that_raises_while_it_is_told_of_an_error_fails_no_step():
    """Neither the loop's exception handler nor one of logging is part of a step."""

    class Raising(logging.Handler):
        def emit(self, record):
            raise RuntimeError("no log")

    def raise_again(loop, context):
        raise RuntimeError("no report")

    asyncio.get_running_loop().set_exception_handler(raise_again)
    handler = Raising()
    logging.getLogger().addHandler(handler)
    try:
        model = hsm.define(
            "M", hsm.state("a", after(1, hsm.effect(raises(ValueError)), hsm.target("../b"))), logged("b")
        )
        machine = await started(model, Maker())
        await asyncio.sleep(2)
    finally:
        logging.getLogger().removeHandler(handler)
    await settle()
    assert machine.instance.log == ["+b"]
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED
