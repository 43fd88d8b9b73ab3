"""An order that is saved between any two steps, and goes on in a new process, ends as one that was never stopped."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from saved.orders import FRONTS, Bank, World
from support import both_engines, rule

import hsm

PROGRAM = Path(__file__).with_name("orders.py")
WORLDS = {
    "paid at the third attempt": (2, 1, None),
    "never paid": (9, 1, None),
    "cancelled while pausing": (9, 1, "/Order/open/paying/pausing"),
    "cancelled while shipping": (0, 1, "/Order/open/shipping"),
    "sold out": (0, 0, None),
}
"""How many payments fail, how many teapots there are, and where the customer cancels."""


def world_of(name):
    failures, stock, cancels_in = WORLDS[name]
    return World(Bank(failures), {"teapot": stock}, cancels_in)


async def without(name, kind, model, engine):
    """How an order ends that goes on all the time."""
    world = world_of(name)
    return await world.until_the_end(await hsm.start(None, world.order(kind), model, engine=engine))


async def save_at_every_point(name, kind, model, engine, directory):
    """Save an order between any two of its steps, which are at whole and half seconds; returns the states."""
    world, seen, states = world_of(name), [], []
    machine = await hsm.start(None, world.order(kind), model, engine=engine)
    ending = asyncio.ensure_future(world.until_the_end(machine))
    while True:
        await asyncio.sleep(0.25)
        if machine.status is not hsm.Status.RUNNING:
            break
        snapshot = machine.snapshot()
        point = attrs.evolve(snapshot, taken=0.0)
        if point not in seen:
            seen.append(point)
            states.append(machine.state())
            stem = f"{name.replace(' ', '-')}-{len(seen):02}"
            directory.joinpath(f"{stem}.snapshot.json").write_text(snapshot.to_json(indent=2), "utf-8")
            directory.joinpath(f"{stem}.world.json").write_text(json.dumps(attrs.asdict(world)), "utf-8")
        await asyncio.sleep(0.25)
    await ending
    return states


@rule("S1")
@rule("S2")
@rule("S3")
@pytest.mark.needs_system
@both_engines
@pytest.mark.parametrize("front", FRONTS)
async def test_an_order_that_is_stopped_anywhere_ends_as_without_in_a_new_process(front, engine, tmp_path):
    """Saved to a file at every point between two steps: the same end, stock and account of the bank."""
    kind, model = FRONTS[front]
    ends, states = {}, set()
    for name in WORLDS:
        ends[name.replace(" ", "-")] = await without(name, kind, model, engine)
        states.update(await save_at_every_point(name, kind, model, engine, tmp_path))
    inside = {"open/reserving", "open/paying/charging", "open/paying/pausing", "open/shipping", "undoing"}
    assert states == {f"/Order/{each}" for each in inside}
    command = [sys.executable, str(PROGRAM), front, engine, str(tmp_path)]
    same = os.environ | {"PYTHONPATH": str(Path(hsm.__file__).parents[1])}  # the very code that is tested
    done = subprocess.run(command, capture_output=True, text=True, env=same)  # noqa: ASYNC221  # virtual time waits
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 20
    assert {name: end for name, end in found.items() if end != ends[name[:-3]]} == {}
    assert done.stderr == ""
