"""Snapshots that no machine ever made: whatever is in them, they are refused as a whole or they run (rule S4)."""

from __future__ import annotations

import asyncio
import copy
import json
import math
from collections import OrderedDict
from types import MappingProxyType

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws.test_laws import law
from support import forever, note, rule

import hsm
import hsm_classdsl
from hsm.testing import VirtualClock

EVENTS = ("go", "back", "x", "end", "hold", "ask")


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@attrs.define(eq=False)
class Rich(hsm.Instance):
    """An instance with typed data."""

    log: list[str] = attrs.Factory(list)
    amounts: dict[int, float] = attrs.Factory(dict)
    place: tuple[int, str] | None = None


def rich():
    """A model with something of everything that a snapshot has."""
    return hsm.define(
        "M",
        hsm.defer("hold", Paid),
        hsm.state(
            "a",
            hsm.activity(forever(), name="poll"),
            hsm.transition(hsm.after(5, name="limit"), hsm.target("/M/b")),
            hsm.transition(hsm.every(2), hsm.effect(note("tick"))),
            hsm.transition(hsm.when(lambda ctx, self, event: bool(self.place)), hsm.target("/M/b")),
            hsm.transition(hsm.on("go"), hsm.target("/M/both")),
            hsm.transition(hsm.on("hsm_error"), hsm.effect(note("error"))),
        ),
        hsm.state(
            "both",
            hsm.region(
                "left",
                hsm.state("x", hsm.transition(hsm.target("/M/both/j"))),
                hsm.state("x2", hsm.transition(hsm.on("x"), hsm.target("/M/both/left/f"))),
                hsm.final("f"),
                hsm.shallow_history("h"),
            ),
            hsm.region(
                "right",
                hsm.state("y", hsm.transition(hsm.on("x"), hsm.target("../z"))),
                hsm.state("z", hsm.transition(hsm.target("/M/both/j"))),
            ),
            hsm.join("j", hsm.transition(hsm.target("/M/b"))),
            hsm.deep_history("h"),
            hsm.transition(hsm.on("back"), hsm.target("/M/b")),
            hsm.transition(hsm.on("end"), hsm.target("/M/both/left/x2")),
            hsm.transition(hsm.every(3), hsm.effect(note("tock"))),
        ),
        hsm.state(
            "b",
            hsm.activity(forever()),
            hsm.transition(hsm.on("go"), hsm.target("/M/both/h")),
            hsm.transition(hsm.on("x"), hsm.target("/M/both/left/h")),
            hsm.transition(hsm.on("back"), hsm.target("/M/a")),
            hsm.transition(hsm.on_call("ask"), hsm.effect(note("asked"))),
            hsm.transition(hsm.on("hold", Paid), hsm.effect(note("held"))),
        ),
    )


def by_classes():
    """A machine class with state objects, and a model that it embeds."""

    class N(hsm_classdsl.Machine):
        count: int = 0

        class p(hsm_classdsl.State["N"], initial=True):
            def __init__(self):
                self.seen = 0

            @hsm_classdsl.on("x", target="q")
            def x(self):
                self.machine.count += 1

            later = hsm_classdsl.after(4, target="q")

        class q(hsm_classdsl.State["N"]):
            go = hsm_classdsl.on("go", target="p")

            @hsm_classdsl.every(1)
            def tick(self):
                pass

    return N


async def taken(model, instance, events, seconds=1.0):
    """The JSON of the machine after *events* and *seconds*."""
    machine = await hsm.start(None, instance, model)
    for event in events:
        await machine.dispatch(event)
    await asyncio.sleep(seconds)
    written = json.loads(machine.snapshot().to_json())
    await machine.detach()
    return written


MODEL, CLASS = rich(), by_classes()
MODELS = (MODEL, CLASS.model)
MAKE = (Rich, CLASS)


async def real():
    """Snapshots of both models, with everything that JSON of one may have."""
    found = [
        (0, await taken(MODEL, Rich(), [Paid(3), hsm.Event("hold", {"deep": [1, {"n": None}]})], 3)),
        (0, await taken(MODEL, Rich(amounts={1: 2.5}, place=None), ["go"])),
        (0, await taken(MODEL, Rich(), ["go", "back", "hold"])),
        (1, await taken(CLASS.model, CLASS(), [])),
        (1, await taken(CLASS.model, CLASS(), ["x"])),
    ]
    first = copy.deepcopy(found[0][1])
    first["queue"] = [
        {"kind": "event", "name": "x", "data": [1.5], "is_fed": True},
        {"kind": "call", "name": "ask", "data": {"args": [1], "kwargs": {"by": "me"}}},
        {"kind": "error", "name": "hsm_error", "data": {"type": "ValueError", "text": "no"}},
        {"kind": "tick", "name": "hsm_time", "data": {"due": 1704067201.0, "number": 2, "missed": 1}},
        {"kind": "timer", "name": "/M/a#every.0"},
        {"kind": "return", "name": "/M/a"},
        {"kind": "signal", "name": "Paid", "data": {"amount": 4}},
    ]
    found.append((0, first))
    return found


REAL = VirtualClock().run(real())

JUNK = (
    None, True, False, 0, -1, 1, 2**63, -(2**70), 10**400, 0.5, -0.0, 1e300, -1e299, 1e308, 5e-324, math.nan, math.inf,
    -math.inf, "", "x", "\ud800", "\x00", "/", "/M", "/M/a", "/M/b", "/M/both", "/M/both/left", "/M/both/right/z",
    "/M/both/left/f", "/M/both/j", "/M/both/h", "/N/p", "/N/q", "/M/a#every.0", "/M/a#after.limit", "hsm_initial",
    "hsm_completion", "hsm_time", "hsm_error", "__class__", "__dict__", "_hsm_run", "machine", "dispatch", "log",
    "2024-01-01T00:00:00+00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024-01-01", "timer",
    "return", "tick", "call", "error", "signal", "event", "every", "after", "at", "stopped", "running", "failed",
    "x" * 5000, [], {}, [[]], [None], ["/M/a", "/M/a"], ["/M/a", "/M/b"], {"": None}, {"a": {"b": []}}, [1] * 50,
)  # fmt: skip


def places(data, path=()):
    """The paths of everything in *data*."""
    yield path
    for key, value in data.items() if type(data) is dict else enumerate(data) if type(data) is list else ():
        yield from places(value, (*path, key))


def at(data, path):
    for step in path:
        data = data[step]
    return data


def mutated(source, data):
    """*data* with one thing in it that is otherwise."""
    path = source.choice([*places(data)])
    way = source.choice(("junk", "junk", "delete", "double", "swap", "rename", "nest", "add"))
    if not path:
        return source.choice(JUNK) if way == "junk" else data
    holder, key = at(data, path[:-1]), path[-1]
    if way == "junk":
        holder[key] = copy.deepcopy(source.choice(JUNK))
    elif way == "delete":
        del holder[key]
    elif way == "double" and type(holder) is list:
        holder.insert(key, copy.deepcopy(holder[key]))
    elif way == "swap":
        holder[key] = copy.deepcopy(at(data, source.choice([*places(data)])))
    elif way == "rename" and type(holder) is dict:
        holder[str(source.choice(JUNK))[:40]] = holder.pop(key)
    elif way == "add" and type(holder[key]) is dict:
        holder[key][str(source.choice(JUNK))[:40]] = copy.deepcopy(source.choice(JUNK))
    elif way == "nest":
        for _ in range(source.choice((1, 3, 60))):
            holder[key] = [holder[key]] if source.random() < 0.5 else {"a": holder[key]}
    return data


def read(text):
    """The snapshot in *text*, if it is one; it then is what it is written as."""
    try:
        snapshot = hsm.Snapshot.from_json(text)
    except hsm.SnapshotError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.diagnostics
        assert str(refused)
        return None
    try:
        again = snapshot.to_json()
    except hsm.SnapshotError:
        return snapshot
    assert hsm.Snapshot.from_json(again).to_json() == again
    return snapshot


async def run(which, snapshot, policies):
    """Restore *snapshot*: it is refused and nothing has changed, or the machine runs, and leaves nothing behind."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    instance = MAKE[which]()
    before = copy.deepcopy(instance.__getstate__())
    try:
        machine = await hsm.restore(None, instance, MODELS[which], snapshot, **policies)
    except hsm.SnapshotError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.diagnostics
        assert str(refused)
        assert instance.__getstate__() == before
        with pytest.raises(hsm.LifecycleError, match="has not been started"):
            instance.state()
        assert len(asyncio.all_tasks()) == 1
        return False
    assert machine.instance is instance
    assert machine.status is not hsm.Status.CREATED
    assert hsm.machine_of(instance) is machine
    if machine.status is hsm.Status.RUNNING:
        await machine.settled()
        machine.snapshot()
    for event in EVENTS:
        async with asyncio.timeout(100):
            assert await machine.dispatch(event) in hsm.Outcome
        await asyncio.sleep(1.5)
    due = machine.next_due()
    if due is not None and due < 1e10:
        await machine.advance(due)
    await machine.stop()
    assert machine.next_due() is None
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1
    return True


@law(400)
@rule("S4")
@given(
    st.sampled_from(REAL),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
    st.sampled_from(("due", "remaining", "restart")),
    st.sampled_from(("restart", "fail", "forget")),
    st.sampled_from(("generated", "kernel")),
    st.booleans(),
)
def test_a_snapshot_with_junk_in_it_is_refused_or_runs(found, source, count, timers, activities, engine, is_of_other):
    """Wherever it is changed, and also into another model: `SnapshotError` and nothing has changed, or it runs."""
    which, data = found
    data = copy.deepcopy(data)
    for _ in range(count):
        data = mutated(source, data)
    snapshot = read(json.dumps(data))
    if snapshot is not None:
        which ^= is_of_other and count == 1
        options = {"timers": timers, "activities": activities, "engine": engine}
        VirtualClock().run(run(which, snapshot, options))


@law(300)
@rule("S4")
@given(
    st.one_of(
        st.binary(max_size=60), st.text(max_size=60), st.sampled_from(REAL).map(lambda each: json.dumps(each[1]))
    ),
    st.data(),
)
def test_any_text_and_any_bytes_are_refused_or_a_snapshot(text, data):
    """Also real ones with a piece cut out."""
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    read(text[:first] + text[last:])


@rule("S4")
@pytest.mark.parametrize(
    "data",
    [None, 3, [], "{}", {}, {1: 2}, {(): []}, {"format": True}, {"format": 1.0}, {"format": [1]}, OrderedDict(), MappingProxyType({"format": 2})],
)  # fmt: skip
def test_what_is_no_snapshot_is_refused(data):
    """Whatever else a function of the user's may have returned."""
    with pytest.raises(hsm.SnapshotError):
        hsm.Snapshot.from_dict(data)


class Hostile(dict):
    """A mapping that does not let itself be read."""

    def keys(self):
        raise OSError("no")

    __iter__ = items = keys


@rule("S4")
def test_a_mapping_that_cannot_be_read_is_refused():
    """What its methods raise is no matter of whoever restores."""
    with pytest.raises(hsm.SnapshotError):
        hsm.Snapshot.from_dict(Hostile(format=1))
    with pytest.raises(hsm.SnapshotError):
        hsm.Snapshot.from_dict(REAL[0][1] | {"data": Hostile()})


@rule("S4")
@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, '{"data": {"log": ' + "[" * 900 + "]" * 900 + "}}"])
def test_deep_nesting_is_refused(deep):
    """At once, and not by the end of Python's stack."""
    with pytest.raises(hsm.SnapshotError):
        hsm.Snapshot.from_json(deep)


@rule("S4")
async def test_data_that_is_nested_as_deeply_as_json_can_be_is_refused_or_comes_back():
    """Also where JSON takes a little more than the codec."""
    for depth in (10, 500, 900, 950, 990):
        data = copy.deepcopy(REAL[0][1])
        nested = "[" * depth + "]" * depth
        data["deferred"][1]["data"] = "-"
        snapshot = read(json.dumps(data).replace('"-"', nested))
        if snapshot is not None:
            await run(0, snapshot, {})


def refusal(changes, which=0):
    """What is wrong with a real snapshot with *changes*: the messages."""
    data = copy.deepcopy(next(found for each, found in REAL if each == which)) | changes
    with pytest.raises(hsm.SnapshotError) as caught:
        hsm.restore(None, MAKE[which](), MODELS[which], hsm.Snapshot.from_dict(data))
    return [each.message for each in caught.value.diagnostics]


PARKED = {"region": "/M/both/left", "join": "/M/both/j", "leaves": ["/M/both/left/x"]}
LEFT = {
    "active": ["/M/both/left", "/M/both/right/y"], "kinds": {"/M/both/left": "region", "/M/both/j": "join"},
    "activities": [], "timers": [], "conditions": {}, "deferred": [],
}  # fmt: skip


TIMER = {"id": "/M/a#after.limit", "kind": "after", "due": "2024-01-01T00:00:00+00:00"}


@rule("S4")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"active": []}, "no state is active"),
        ({"active": ["/M/both"]}, "'/M/both' cannot be an active leaf"),
        ({"active": ["/M"]}, "'/M' cannot be an active leaf"),
        ({"active": ["/M/a", "/M/a"]}, "a leaf is listed twice"),
        ({"active": ["/M/a", "/M/b"]}, "'/M/a' and '/M/b' cannot be active together"),
        ({"active": ["/M/both", "/M/both/left/x"]}, "'/M/both' is not a leaf: more is active inside it"),
        ({"active": ["/M/both/left/x"]}, "nothing is active in '/M/both/right'"),
        (LEFT, "nothing is active in '/M/both/left', and it waits at no join"),
        (LEFT | {"parked": [PARKED | {"region": "/M/both/right"}]}, "'/M/both/right' does not wait at '/M/both/j'"),
        (LEFT | {"parked": [PARKED | {"leaves": ["/M/a"]}]}, "'/M/both/left' does not wait at '/M/both/j'"),
        (LEFT | {"parked": [PARKED | {"leaves": ["/M/z"]}]}, "model 'M' has no vertex '/M/z'"),
        (
            LEFT | {"parked": [PARKED | {"leaves": ["/M/both/left/x", "/M/both/left/x2"]}]},
            "'/M/both/left/x' and '/M/both/left/x2' cannot be active together",
        ),
        ({"history": {"/M/a": []}}, "'/M/a' has no history of "),
        ({"history": {"/M/both": ["/M/a"]}}, "'/M/both' has no history of /M/a"),
        ({"history": {"/M/both": ["/M/z"]}}, "model 'M' has no vertex '/M/z'"),
        ({"history": {"/M/both": ["/M/both/left/x"]}}, "nothing is active in '/M/both/right'"),
        ({"completed": ["/M/b"]}, "the completion of '/M/b' needs '/M/b' to be active, and it is not"),
        ({"queue": [{"kind": "timer", "name": "/M/both#every.0"}]}, "timer '/M/both#every.0' is queued, but not armed"),
        ({"deferred": [{"kind": "timer", "name": "/M/a#every.0"}]}, "a 'timer' is not an event, and cannot be deferred"),
        ({"deferred": [{"kind": "return", "name": "/M/a"}]}, "a 'return' is not an event, and cannot be deferred"),
        ({"queue": [{"kind": "event", "name": ""}]}, "an event has no name"),
        ({"queue": [{"kind": "call", "name": "ask", "data": [1]}]}, "[1] is not the arguments of the call 'ask'"),
        (
            {"queue": [{"kind": "tick", "name": "hsm_time", "data": {"due": 10**400, "number": 1, "missed": 0}}]},
            "{'due': 1000000",
        ),
        ({"queue": [{"kind": "signal", "name": "Paid", "data": 3}]}, "the data of the event 'Paid' is 3, not 'Paid'"),
        (
            {"deferred": [{"kind": "signal", "name": "Paid", "data": {"amount": "x"}}]},
            "the data of the event 'Paid' at '.amount' is 'x', not 'int'",
        ),
        ({"queue": [{"kind": "signal", "name": "Lost"}]}, "the event 'Lost' is an hsm.Signal, and no class of that name is known"),
        ({"data": {"log": [3]}}, "attribute 'log[0]' of 'Rich' is 3, not 'str'"),
        ({"data": {"_hsm_run": None}}, "attribute '_hsm_run' of 'Rich' cannot be data of such an object"),
        ({"data": {"__class__": None}}, "attribute '__class__' of 'Rich' cannot be data of such an object"),
        ({"data": {"dispatch": None}}, "attribute 'dispatch' of 'Rich' cannot be data of such an object"),
        ({"conditions": {"/M/a#when.7": True}}, "model 'M' has no change trigger '/M/a#when.7'"),
        ({"timers": [TIMER, TIMER]}, "'/M/a#after.limit' is listed twice"),
        ({"timers": [TIMER | {"kind": "at"}]}, "timer '/M/a#after.limit' was 'at', and is 'after' now"),
        ({"timers": [TIMER | {"id": "/M/z#after.0"}]}, "model 'M' has no timer '/M/z#after.0'"),
        ({"objects": {"/M/a": {}}}, "'/M/a' no longer has a state object"),
        ({"objects": {"/M/b": {}}}, "the object of '/M/b' needs '/M/b' to be active, and it is not"),
    ],
)  # fmt: skip
async def test_what_no_machine_can_be_is_refused(changes, message):
    """Each in the words of what is wrong with it."""
    found = refusal(changes)
    assert any(message in each for each in found), found


@rule("S4")
async def test_an_object_of_a_state_takes_its_own_data_alone():
    """The way to the machine is not among it."""
    assert refusal({"objects": {"/N/p": {"machine": 3}}}, 1) == [
        "attribute 'machine' of 'by_classes.<locals>.N.p' cannot be data of such an object"
    ]


@rule("S4")
@pytest.mark.parametrize(
    "changes",
    [
        {"since": -1e299}, {"since": "x"}, {"number": -1}, {"number": True}, {"period": 0}, {"period": 1e-300},
        {"period": math.nan}, {"due": math.inf}, {"due": "2024-01-01"}, {"kind": "after"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_tick_that_no_clock_could_count_is_refused(changes):
    """It would be due over and over, at the same time."""
    data = copy.deepcopy(REAL[0][1])
    at = next(at for at, timer in enumerate(data["timers"]) if timer["kind"] == "every")
    data["timers"][at] |= changes
    with pytest.raises(hsm.SnapshotError) as caught:
        hsm.Snapshot.from_dict(data)
    assert {each.within.partition(".")[0] for each in caught.value.diagnostics} == {f"timers[{at}]"}


def test_half_a_character_can_be_written_to_a_file():
    """As in the name of a file that is not text: it is escaped, and what is whole stays readable."""
    for text in ("\ud800", "\ud83d", "ü"):
        snapshot = hsm.Snapshot("M", "", 0.0, "running", ("/M/a",), {"name": text})
        written = snapshot.to_json().encode()
        assert hsm.Snapshot.from_json(written) == snapshot
    assert "ü".encode() in written
