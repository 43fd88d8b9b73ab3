"""Each part of a snapshot matters: left out on purpose, it is noticed by the law of snapshots (rules S1 and S2)."""

from __future__ import annotations

import random

import attrs
import pytest
from laws.background import busy_operations, with_background
from laws.classes import build_classes
from laws.description import SYNC, Act, Cond, Description, Move, Node, build_functional
from laws.models import describe, operations
from laws.play import by_library
from laws.saving import SHARE, Saving
from laws.test_snapshots import going_on, in_microseconds
from support import both_engines, rule

import hsm


def machine(*parts):
    return Description(Node("model", "m", parts))


def state(name, *parts, **more):
    return Node("state", name, parts, **more)


def go(event, *target, effects=(), guards=()):
    return Move(on=(event,) if event else (), targets=(target,) if target else (), effects=effects, guards=guards)


def drawn(seed):
    """The random machine of *seed*, with timers and activities, and what happens to it."""
    source = random.Random(seed)
    description = describe(source)
    operations(source)
    return with_background(source, description, SHARE), busy_operations(source)


U = Cond("var", "u", "u")
SETS_U = (Act("s", "set", "u"),)
PARTS = {
    "kinds": drawn(1),
    "objects": drawn(1),
    "data": drawn(1),
    "timers": drawn(13),
    "history": (
        machine(
            state("p", state("x", go("a", "p", "y")), state("y"), Node("shallow_history", "h"), go("b", "q")),
            state("q", go("a", "p", "h")),
        ),
        ["a", "b", "a"],
    ),
    "parked": (
        machine(
            state(
                "p",
                Node("region", "l", (state("x", go("", "p", "j")),)),
                Node("region", "r", (state("y", go("a", "p", "r", "z")), state("z", go("", "p", "j")))),
                Node("join", "j", (go("", "q"),)),
            ),
            state("q"),
        ),
        ["a"],
    ),
    # it has completed once, and does not complete again when it is entered as it is, by its history
    "completed": (
        machine(
            state(
                "p", go("", "q", guards=(U,)), go("a", effects=SETS_U), go("b", "p", "h"), Node("deep_history", "h")
            ),
            state("q"),
        ),
        ["a", "b"],
    ),
    # one that has raised keeps its state from completing
    "activities": (
        machine(
            state(
                "p",
                state("x", go("a", "p", "f")),
                Node("final", "f"),
                go("", "q"),
                activities=(Act("*f", "fail", seconds=0.5),),
            ),
            state("q"),
        ),
        ["wait 1.0", "a"],
    ),
    "deferred": (machine(state("p", go("b", "q"), defers=("a",)), state("q", go("a", "p"))), ["a", "b"]),
    "conditions": (
        machine(state("p", Move(when=U, effects=(Act("c"),)), go("a", effects=SETS_U), go("b"))),
        ["a", "b", "b"],
    ),
    "queue": (machine(state("p", go("a", "q")), state("q", go("a", "p"))), ["b", "b"]),
}  # fmt: skip
"""For each part a machine that needs it, and what happens to it."""


class Link(hsm.Instance):
    """One of many machines, the behaviour of each of which dispatches to the next (rule Q9)."""

    def __init__(self, following):
        super().__init__()
        self.following = following


def passes_on(ctx, link, event):
    link.following.dispatch(event)


LINK = hsm.define("L", hsm.state("s", hsm.transition(hsm.on("a"), hsm.effect(passes_on))))


async def queued(recorder):
    """Send an event from so deep inside of other machines that it waits in the queue."""
    following = recorder
    for _ in range(50):
        following = Link(following)
        await hsm.start(None, following, LINK)
    following.dispatch("a")


@attrs.frozen
class Behind:
    """What happens between two operations: first, something is queued.

    Attributes:
        between: What happens then.
        queues: Whether that is so.
    """

    between: object
    queues: bool

    async def __call__(self, model, recorder):
        if self.queues:
            await queued(recorder)
        recorder = await self.between(model, recorder)
        await hsm.machine_of(recorder).settled()
        return recorder


def noticed(part, build, saving, engine):
    """Whether a machine that is saved by *saving* does otherwise than one that goes on, or cannot be restored."""
    description, sequence = PARTS[part]
    ways = [Behind(going_on, part == "queue"), Behind(saving, part == "queue")]
    kept, restored = (by_library(description, sequence, SYNC, build=build, between=way, engine=engine) for way in ways)
    return list(map(in_microseconds, kept)) != list(map(in_microseconds, restored))


@rule("S1")
@rule("S2")
@both_engines
@pytest.mark.parametrize("part", PARTS)
def test_each_part_that_is_left_out_is_noticed(part, engine):
    """With all of them, the machine that was saved does what the other does; without one, it does not."""
    builds = (build_classes,) if part in ("objects", "data") else (build_functional, build_classes)
    for build in builds:
        whole = Saving({"engine": engine})
        assert not noticed(part, build, whole, engine)
        assert whole.counts[part] > 0
        try:
            is_noticed = noticed(part, build, Saving({"engine": engine}, without=part), engine)
        except hsm.SnapshotError:
            is_noticed = True
        assert is_noticed


def test_nothing_that_a_snapshot_has_is_missing_here():
    """But for what every snapshot needs, and what is said of the snapshot itself."""
    known = set(attrs.fields_dict(hsm.Snapshot))
    assert known - set(PARTS) == {"model", "fingerprint", "taken", "status", "active"}
    for key in ("model", "fingerprint", "taken", "status", "active"):
        with pytest.raises(hsm.SnapshotError, match=f"the key '{key}' is missing"):
            hsm.Snapshot.from_dict({each: value for each, value in EMPTY.items() if each != key})


EMPTY = hsm.Snapshot("m", "", 0.0, "running", ("/m/p",), {}).to_dict()
