"""Snapshots as they were written once: each is written so today, and can be restored for ever.

Beside this file: `golden/<name>.json`. A file of a format that has been published is never changed: a new format gets
files of its own, and these stay readable. `golden/queued.json` was written by hand, as a machine at rest rarely has a
queue.

    python tests/saved/test_golden_snapshots.py --update     writes those of a format that nobody has seen yet
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from support.everything import Everything, Paid

import hsm
from hsm.testing import run

HERE = Path(__file__).resolve().parent
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def order_workflow():
    """The module of the example."""
    spec = importlib.util.spec_from_file_location(
        "saved_order_workflow", HERE.parents[1] / "examples/order_workflow.py"
    )
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


ORDERS = order_workflow()


class Order(ORDERS.Order):
    """An order that leaves the shop out: the process that restores it has one."""

    def __getstate__(self):
        return {
            name: getattr(self, name) for name in ("number", "item", "price", "attempts", "is_reserved", "may_be_paid")
        }


def order():
    """A fresh order, in a shop whose gateway is down twice."""
    gateway = ORDERS.Gateway({"A1": 2})
    return Order(ORDERS.Shop({"teapot": 1}, gateway.charge, gateway.refund), "A1", "teapot", 40)


async def ordered(seconds, *events):
    """An order, *seconds* after it was made, and after *events*."""
    machine = await hsm.start(None, order(), ORDERS.MODEL)
    await asyncio.sleep(seconds)
    for event in events:
        await machine.dispatch(event)
    return machine


async def working():
    """A machine with everything: it waits at a join, for timers, activities and a condition, and defers events."""
    instance = Everything()
    instance.fill()
    machine = await hsm.start(None, instance, Everything.model)
    for event in ("work", "pause", "deeper", "back", "work"):
        await machine.dispatch(event)
        await asyncio.sleep(1)
    await asyncio.sleep(5)
    await machine.dispatch("later", {"n": 1})
    await machine.dispatch(Paid(Decimal("9.90")))
    call = asyncio.ensure_future(machine.call("ask", 1, by="ada"))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.sleep(0)
    return machine


async def paused():
    """A machine in a state that has completed, and is not left."""
    instance = Everything()
    instance.fill()
    machine = await hsm.start(None, instance, Everything.model)
    for event in ("work", "pause", "end"):
        await machine.dispatch(event)
        await asyncio.sleep(1)
    return machine


MAKERS = {
    "everything": working,
    "completed": paused,
    "order_reserving": lambda: ordered(0.5),
    "order_charging": lambda: ordered(1.5),
    "order_pausing": lambda: ordered(3),
    "order_undoing": lambda: ordered(1.5, ORDERS.Cancel("too slow")),
    "order_shipping": lambda: ordered(20),
    "order_delivered": lambda: ordered(100),
}
"""What the golden files are made of, by their names."""


def fresh(name):
    """A fresh instance for the golden file called *name*, and its model."""
    return (order(), ORDERS.MODEL) if name.startswith("order") else (Everything(), Everything.model)


async def text_of(name):
    """What is written today in the place of the golden file called *name*."""
    machine = await MAKERS[name]()
    text = machine.snapshot().to_json(indent=2) + "\n"
    await machine.detach()
    return text


@pytest.mark.parametrize("name", MAKERS)
def test_a_snapshot_is_written_as_it_was(name):
    """The same machine at the same moment gives the golden file, to the letter."""
    assert run(text_of(name), wall=BEGIN) == (HERE / "golden" / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({*MAKERS} - {"order_delivered"}))
def test_a_golden_snapshot_is_restored_whole(name, golden):
    """A machine that is restored from it and saved again at once gives the same, but for the moment."""

    async def again():
        machine = await hsm.restore(None, *fresh(name), hsm.Snapshot.from_dict(data))
        found = machine.snapshot().to_dict()
        await machine.detach()
        return found

    data = golden(name)
    assert run(again(), wall=datetime.fromisoformat(data["taken"])) == data


def test_a_machine_that_has_everything_goes_on_from_its_golden_snapshot(golden):
    """Timers, activities, the join, the history, deferred events and all of the data are there again."""
    data = golden("everything")

    async def on():
        machine = await hsm.restore(None, Everything(), Everything.model, hsm.Snapshot.from_dict(data))
        everything = machine.instance
        pattern = Everything()
        pattern.fill()
        for name in Everything.__annotations__.keys() - {"log"}:
            assert getattr(everything, name) == getattr(pattern, name), name
        await asyncio.sleep(5)
        await machine.dispatch("meet")
        assert everything.state() == "/Everything/Done"
        await machine.dispatch("resume")
        await asyncio.sleep(1)
        assert everything.state() == "/Everything/Paused/Other"  # as its history says
        log = everything.log
        await machine.stop()
        return log[len(data["data"]["log"]) :]

    assert run(on(), wall=datetime.fromisoformat(data["taken"])) == [
        "watch",
        "tick 2",
        "later: {'n': 1}",
        "paid 9.90",
        "asked Arguments(args=(1,), kwargs={'by': 'ada'})",
        "saved",
    ]


def test_a_state_of_a_golden_snapshot_that_has_completed_does_not_do_so_again(golden):
    """What opens the way meanwhile does not lead on: the completion is over."""
    data = golden("completed")

    async def on():
        machine = await hsm.restore(None, Everything(), Everything.model, hsm.Snapshot.from_dict(data))
        machine.instance.is_open = True
        await machine.dispatch("nothing")
        state = machine.state()
        await machine.stop()
        return state

    assert run(on(), wall=datetime.fromisoformat(data["taken"])) == "/Everything/Paused/End"


def test_what_is_queued_in_a_golden_snapshot_is_processed_in_order(golden):
    """Every kind of thing that can wait: an event, a signal, a call, an error, a tick, an expiry, an end of activities."""
    data = golden("queued")

    async def on():
        machine = await hsm.restore(None, *fresh("queued"), hsm.Snapshot.from_dict(data), activities="forget")
        log = machine.instance.log
        await machine.stop()
        return log

    assert run(on(), wall=datetime.fromisoformat(data["taken"])) == [
        "tick 2",
        "later: {'n': 1}",
        "paid 9.90",
        "asked Arguments(args=(1,), kwargs={'by': 'ada'})",
        "hsm_error: ValueError: no paper",
    ]


def test_the_order_of_a_golden_snapshot_is_delivered(golden):
    """Restored wherever it was, the order ends as it would have, with the shop of the new process."""

    async def on(data):
        machine = await hsm.restore(None, order(), ORDERS.MODEL, hsm.Snapshot.from_dict(data))
        await machine.wait()
        return machine.state()

    names = [name for name in MAKERS if name.startswith("order") and name != "order_delivered"]
    ends = {name: run(on(golden(name)), wall=datetime.fromisoformat(golden(name)["taken"])) for name in names}
    assert ends == {name: "/Order/cancelled" if name == "order_undoing" else "/Order/delivered" for name in names}


def test_what_has_ended_is_readable_all_the_same(golden):
    """Its data are what is left of it; there is nothing to go on with."""
    snapshot = hsm.Snapshot.from_dict(golden("order_delivered"))
    assert (snapshot.status, snapshot.active) == ("completed", ("/Order/delivered",))
    assert json.loads(snapshot.to_json()) == golden("order_delivered")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update")
    for each in MAKERS:
        Path(HERE, "golden", f"{each}.json").write_text(run(text_of(each), wall=BEGIN), encoding="utf-8")
