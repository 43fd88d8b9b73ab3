"""The data of machines: instances and objects of states, of every make; and what is queued around them."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import weakref
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest
from support import Gated, Log, forever, go, held, note, on, rule, settle, started

import hsm
import hsm_classdsl as dsl
from hsm.runtime.event_queue import Occurrence
from hsm.runtime.kernel import process_expiry, process_failure, process_return
from hsm.runtime.record import parts_of
from hsm.saved.coders import PLAIN
from hsm.saved.coding import Misfit

MODEL = hsm.define("M", hsm.state("a", go("on", "../b")), hsm.state("b"))


async def again(machine, model, instance, **options):
    """The machine that goes on where *machine* was, through JSON."""
    codec = {"codec": options["codec"]} if "codec" in options else {}
    text = machine.snapshot(**codec).to_json()
    await machine.detach()
    return await hsm.restore(None, instance, model, hsm.Snapshot.from_json(text), **options)


@attrs.frozen(eq=False)
class OfAttrs(hsm.Instance):
    at: date
    _size: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class OfDataclass(hsm.Instance):
    at: date
    size: int = 0


@attrs.define(eq=False, slots=False)
class Loose(hsm.Instance):
    at: date


class Slotted(hsm.Instance):
    __slots__ = ("at", "unset")
    at: date

    def __init__(self, at):
        self.at = at


class Saying(hsm.Instance):
    """One that says what is saved of it, and takes it back."""

    at: date

    def __init__(self, at):
        super().__init__()
        self.at = at
        self.lock = object()

    def __getstate__(self):
        return {"at": self.at}

    def __setstate__(self, state):
        if state["at"].year < 2000:
            raise ValueError("long ago")
        self.at = state["at"]


@rule("S1")
@rule("S2")
@pytest.mark.parametrize("kind", [OfAttrs, OfDataclass, Loose, Slotted, Saying])
async def test_an_instance_of_any_make_gets_its_data_back(kind):
    """Also a frozen one, and one with slots: the very instance that was given is filled."""
    machine = await started(MODEL, kind(date(2024, 1, 1)))
    await machine.dispatch("on")
    instance = kind(date(1999, 9, 9))
    machine = await again(machine, MODEL, instance)
    assert machine.instance is instance
    assert instance.at == date(2024, 1, 1)
    assert instance.state() == "/M/b"
    await machine.stop()


@rule("S4")
async def test_an_instance_that_refuses_its_data_is_not_run():
    """It is found out when it is filled: no machine runs it, and it may be started."""
    machine = await started(MODEL, Saying(date(1999, 1, 1)))
    snapshot = machine.snapshot()
    instance = Saying(date(2024, 1, 1))
    with pytest.raises(hsm.SnapshotError, match="long ago"):
        await hsm.restore(None, instance, MODEL, snapshot)
    assert instance.at == date(2024, 1, 1)
    assert hsm.machine_of(instance).status is hsm.Status.STOPPED
    await (await started(MODEL, instance)).stop()
    await machine.stop()


class Broken(hsm.Instance):
    """Ones that cannot be saved, for three reasons."""

    def __init__(self, state):
        super().__init__()
        self.__dict__["state_of"] = state

    def __getstate__(self):
        if self.state_of is None:
            raise OSError("not now")
        return self.state_of


@rule("S1")
@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "cannot be saved: the codec raised OSError('not now')"),
        ([1], "has a '__getstate__' that returns [1]; it must return a dict to be saved"),
        ({"a": 1j, "b": [object]}, "attribute 'b[0]' of 'Broken' is "),
    ],
)
async def test_everything_that_cannot_be_saved_is_named_at_once(state, message):
    """With the attribute and the place in it."""
    machine = await started(MODEL, Broken(state))
    with pytest.raises(hsm.SnapshotError) as caught:
        machine.snapshot()
    assert {each.code for each in caught.value.diagnostics} == {"HSM208"}
    assert len(caught.value.diagnostics) == (2 if state is not None and len(state) == 2 else 1)
    assert message in caught.value.diagnostics[-1].message
    await machine.stop()


class Fails:
    """A codec that raises."""

    def encode(self, value: Any, annotation: Any) -> Any:
        raise ZeroDivisionError("out")

    def decode(self, data: Any, annotation: Any) -> Any:
        raise ZeroDivisionError("in")


class Wraps:
    """A codec that says what it was asked."""

    def encode(self, value: Any, annotation: Any) -> Any:
        return {"of": getattr(annotation, "__name__", str(annotation)), "is": str(value)}

    def decode(self, data: Any, annotation: Any) -> Any:
        return f"{data['is']} of {data['of']}"


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@rule("S1")
async def test_a_codec_of_the_users_is_asked_for_everything():
    """Attributes with their annotations, events and arguments without one, signals with their class."""
    seen = []
    model = hsm.define(
        "M",
        hsm.state("a", hsm.defer("x", "ask", Paid), go("on", "../b")),
        hsm.state(
            "b",
            hsm.transition(hsm.on("x"), hsm.effect(lambda ctx, self, event: seen.append(event.data))),
            hsm.transition(hsm.on_call("ask"), hsm.effect(lambda ctx, self, event: seen.append(event.data))),
        ),
    )
    machine = await started(model, Loose(date(2024, 1, 1)))
    await machine.dispatch("x", 3)
    asked = asyncio.ensure_future(machine.call("ask", 1, by=2))
    await settle()
    machine = await again(machine, model, Loose(date(1999, 1, 1)), codec=Wraps())
    with pytest.raises(hsm.MachineStopped):
        await asked
    await machine.dispatch("on")
    assert machine.instance.at == "2024-01-01 of date"
    assert seen == ["3 of Any", hsm.Arguments(("1 of Any",), {"by": "2 of Any"})]
    await machine.stop()


@rule("S1")
async def test_what_a_codec_raises_is_an_error_of_the_snapshot():
    """For each attribute, event and argument; and when it is read for each of them as well."""
    model = hsm.define("M", hsm.state("a", hsm.defer("x", "ask", Paid)))
    machine = await started(model, Loose(date(2024, 1, 1)))
    await machine.dispatch("x", 3)
    await machine.dispatch(Paid(3))
    asked = asyncio.ensure_future(machine.call("ask", 1, by=2))
    await settle()
    with pytest.raises(hsm.SnapshotError) as caught:
        machine.snapshot(codec=Fails())
    assert len(caught.value.diagnostics) == 5
    assert all("ZeroDivisionError('out')" in each.message for each in caught.value.diagnostics)
    with pytest.raises(hsm.SnapshotError) as caught:
        hsm.restore(None, Loose(date(2024, 1, 1)), model, machine.snapshot(), codec=Fails())
    assert len(caught.value.diagnostics) == 5
    assert all("ZeroDivisionError('in')" in each.message for each in caught.value.diagnostics)
    await machine.stop()
    with pytest.raises(hsm.MachineStopped):
        await asked


@rule("S1")
async def test_two_signals_of_one_name_need_the_one_that_is_meant():
    """The model names both; `signals=` says which of them it was."""

    @attrs.frozen
    class Again(hsm.Signal, name="Paid"):
        amount: int

    model = hsm.define("M", hsm.state("a", hsm.defer(Paid, Again)))
    machine = await started(model)
    await machine.dispatch(Again(3))
    with pytest.raises(hsm.SnapshotError, match="2 classes have that name"):
        hsm.restore(None, Log(), model, machine.snapshot())
    machine = await again(machine, model, Log(), signals=[Again])
    assert machine.snapshot().deferred == (hsm.SnapshotEvent("signal", "Paid", {"amount": 3}),)
    await machine.stop()


class Careless(Wraps):
    """A codec that writes what JSON does not have."""

    def encode(self, value: Any, annotation: Any) -> Any:
        return {value}


@rule("S1")
@pytest.mark.parametrize("indent", [None, 2])
async def test_what_a_codec_writes_must_be_json(indent):
    """That is found out when it is written as text."""
    machine = await started(MODEL, Loose(date(2024, 1, 1)))
    with pytest.raises(hsm.SnapshotError, match="the data cannot be written as JSON"):
        machine.snapshot(codec=Careless()).to_json(indent=indent)
    await machine.stop()


def stateful(has_changed=False):
    """A machine class whose states have data of their own."""

    class M(dsl.Machine):
        class a(dsl.State["M"], initial=True):
            seen: dict[int, date]

            def __init__(self):
                self.seen = {1: date(2024, 1, 1)}

            def __new__(cls):
                if has_changed:
                    raise OSError("not now")
                return super().__new__(cls)

            @dsl.on("more")
            def more(self):
                self.seen[len(self.seen) + 1] = date(2024, 1, 2)

        @attrs.define
        class b(dsl.State["M"]):
            count: int = 0

            @dsl.on("more")
            def more(self):
                self.count += 1

        to_b = dsl.on("on", source="a", target="b")

    return M


@rule("S1")
@rule("S2")
async def test_objects_of_states_get_their_data_back():
    """Without their `__init__`; the way to the machine is that to the new instance."""
    kind = stateful()
    machine = await started(kind.model, kind())
    for events in (["more", "more"], ["on", "more", "more"], []):
        for event in events:
            await machine.dispatch(event)
        before = machine.snapshot().objects
        machine = await again(machine, kind.model, kind())
        assert machine.snapshot().objects == before
        (made,) = machine._record.state_objects.values()
        assert made.machine is machine.instance
    assert before == {"/M/b": {"count": 2}}
    await machine.stop()


@rule("S4")
async def test_an_object_that_cannot_be_made_is_refused():
    """With the state that it belongs to."""
    kind = stateful()
    machine = await started(kind.model, kind())
    snapshot = machine.snapshot()
    changed = stateful(has_changed=True)
    with pytest.raises(hsm.SnapshotError, match=r"the object of '/M/a' cannot be made: OSError\('not now'\)"):
        hsm.restore(None, changed(), changed.model, snapshot)
    await machine.stop()


@rule("S1")
@pytest.mark.needs_system
async def test_a_model_of_pydantic_gets_its_fields_back():
    """As the cookbook has it: a machine class that is a model at the same time."""
    pydantic = pytest.importorskip("pydantic")

    class Meta(type(dsl.Machine), type(pydantic.BaseModel)):
        pass

    class Model(dsl.Machine, pydantic.BaseModel, metaclass=Meta, abstract=True):
        pass

    class Line(pydantic.BaseModel):
        price: Decimal
        _checked: str = pydantic.PrivateAttr(default="")

    class Order(Model):
        item: str
        amount: int = pydantic.Field(gt=0)
        at: date = date(2024, 1, 1)
        lines: list[Line] = []
        _secret: str = "none"

        class Open(dsl.State["Order"], initial=True):
            @dsl.on("more", target=".")
            def _(self):
                self.machine.amount += 1

    Order.__annotations__["lines"] = list[Line]
    order = Order(item="tea", amount=2, lines=[Line(price="1.5")])
    order._secret = order.lines[0]._checked = "mine"
    machine = await hsm.start(None, order, Order.model)
    await machine.dispatch("more")
    fresh = Order(item="?", amount=1)
    machine = await again(machine, Order.model, fresh)
    assert (fresh.item, fresh.amount, fresh.at, fresh.model_dump()) == ("tea", 3, order.at, order.model_dump())
    assert (fresh._secret, fresh.lines[0]._checked, fresh.lines == order.lines) == ("mine", "mine", True)
    fresh._secret = "other"
    await machine.dispatch("more")
    assert (fresh.amount, fresh._secret) == (4, "other")
    await machine.stop()


@rule("S1")
@pytest.mark.needs_system
def test_fields_that_a_model_of_pydantic_does_not_declare_are_refused():
    """Nothing says of what type they are; and a `__getstate__` of the user's own is asked instead."""
    pydantic = pytest.importorskip("pydantic")

    class Open(pydantic.BaseModel, extra="allow"):
        a: int

    class Says(Open):
        def __getstate__(self):
            return {"a": self.a}

    with pytest.raises(Misfit, match="has fields that it does not declare"):
        PLAIN.encode(Open(a=1, b=2), Open)
    assert PLAIN.decode(PLAIN.encode(Says(a=1, b=2), Says), Says) == Says(a=1)


class Closed(Gated):
    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "gate"}


class Wordless(Exception):
    def __str__(self):
        raise OSError("no words")


@rule("S1")
async def test_everything_that_may_wait_in_the_queue_is_saved(clock):
    """An expiry, the end of an activity, an error without a text; a question is asked again by whoever asked it."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(forever()),
            hsm.transition(hsm.after(5), hsm.effect(note("after"))),
            on("hsm_error", hsm.effect(note("error"))),
            hsm.transition(hsm.target("../b")),
        ),
        hsm.state("b"),
    )
    machine = await started(model)
    record = machine._record
    queue = parts_of(record).queue
    due = record.timers.due
    queue.waiting.append(Occurrence(functools.partial(process_expiry, record.timers, due)))
    queue.waiting.append(Occurrence(lambda record, occurrence: iter(())))
    queue.waiting.append(Occurrence(None, hsm.Event("hsm_error", Wordless())))
    queue.urgent.append(Occurrence(functools.partial(process_return, 1)))
    snapshot = machine.snapshot()
    assert [(each.kind, each.name) for each in snapshot.queue] == [
        ("return", "/M/a"),
        ("timer", "/M/a#after.0"),
        ("error", "hsm_error"),
    ]
    assert snapshot.queue[2].data["type"] == "Wordless"
    queue.urgent.append(Occurrence(functools.partial(process_failure, ValueError("no"))))
    with pytest.raises(hsm.SnapshotError, match="has not been handled yet"):
        machine.snapshot()
    queue.clear()
    await machine.stop()
    machine = await hsm.restore(None, Log(), model, hsm.Snapshot.from_json(snapshot.to_json()))
    assert machine.instance.log == ["after", "error"]
    await machine.stop()


@rule("S1")
async def test_a_machine_that_is_about_to_stop_cannot_be_saved():
    """Its activity has asked for the stop, which comes next."""
    seen = []

    async def ends(ctx, self, event):
        machine = hsm.machine_of(self)
        machine.stop()
        with pytest.raises(hsm.SnapshotError, match="this machine is being stopped"):
            machine.snapshot()
        seen.append(machine.status)

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(ends))))
    await settle()
    assert seen == [hsm.Status.RUNNING]
    assert machine.status is hsm.Status.STOPPED


@rule("S2")
async def test_whoever_waits_for_the_end_of_a_step_is_told_when_the_machine_ends():
    """There is nothing left to wait for."""
    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(held))))
    machine = await started(model, Closed())
    sent = asyncio.ensure_future(machine.dispatch("go"))
    await settle()
    waiting = asyncio.ensure_future(machine.settled())
    stopping = asyncio.ensure_future(machine.stop())
    await settle()
    assert not waiting.done()
    machine.instance.gate.set()
    await asyncio.gather(sent, stopping, waiting)
    assert machine.status is hsm.Status.STOPPED


@rule("S2")
async def test_a_machine_without_timers_advances_to_nothing(clock):
    """And says that nothing is due; one whose expiry waits already fires once."""
    machine = await started(MODEL)
    assert await machine.advance(clock.wall() + 10) is None
    await machine.stop()


@rule("S5")
async def test_detaching_calls_off_a_restart():
    """And one that comes after the end of the step finds nothing to do."""
    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(held)), go("end", "../f")), hsm.final("f"))
    machine = await started(model, Closed())
    sent = asyncio.ensure_future(machine.dispatch("go"))
    await settle()
    restarting = asyncio.ensure_future(hsm.restart(machine))
    await settle()
    machine.detach()
    machine.instance.gate.set()
    with pytest.raises(hsm.MachineStopped, match="stopped while it was being restarted"):
        await restarting
    assert machine.status is hsm.Status.STOPPED
    assert await sent is hsm.Outcome.TAKEN

    def leaves(ctx, self, event):
        hsm.machine_of(self).detach()

    ended = await started(
        hsm.define(
            "M", hsm.state("a", hsm.transition(hsm.on("go"), hsm.effect(leaves), hsm.target("../f"))), hsm.final("f")
        )
    )
    await ended.dispatch("go")
    await settle()
    assert ended.status is hsm.Status.COMPLETED


def test_a_snapshot_reads_as_a_line():
    """With the moment, also one that no calendar has."""
    assert str(hsm.Snapshot("M", "", 0.0, "running", ("/M/a",), {})) == (
        "snapshot of 'M' in /M/a, taken 1970-01-01T00:00:00+00:00"
    )
    far = hsm.SnapshotTimer("/M/a#after.0", "after", 1e20)
    snapshot = hsm.Snapshot("M", "", 0.0, "running", ("/M/a",), {}, timers=(far,))
    assert json.loads(snapshot.to_json())["timers"][0]["due"] == 1e20
    assert hsm.Snapshot.from_json(snapshot.to_json()) == snapshot


# --- memory ----------------------------------------------------------------------------------------------------


def functional():
    """A model with timers and activities, and a class of its own."""

    @attrs.define(eq=False)
    class Own(hsm.Instance):
        point: Point
        log: list[str] = attrs.Factory(list)

        @classmethod
        def made(cls):
            return cls(Point(1))

    @attrs.define
    class Point:
        x: int

    Own.__annotations__["point"] = Point
    model = hsm.define(
        "M",
        hsm.defer("later"),
        hsm.state("a", hsm.activity(forever()), hsm.transition(hsm.after(9), hsm.target("../b")), go("on", "../b")),
        hsm.state("b"),
    )
    return model, Own.made, Point


def by_classes():
    """The same of a machine class with objects of states."""
    kind = stateful()
    return kind.model, kind, kind.a


@rule("S1")
@rule("S5")
@pytest.mark.parametrize("make", [functional, by_classes])
@pytest.mark.parametrize("engine", ["generated", "kernel"])
async def test_what_was_saved_and_restored_goes(make, engine):
    """The classes, whose coders are kept on them, the model, its names, the instances, and the snapshots."""
    model, new, other = make()
    snapshots = []
    instance = new()
    machine = await hsm.start(None, instance, model, engine=engine)
    for event in ("later", "on", "more", "on"):
        await machine.dispatch(event)
        machine = await again(machine, model, instance := new(), engine=engine)
        snapshots.append(machine.snapshot())
    await machine.detach()
    gone = [weakref.ref(each) for each in (model, machine, instance, type(instance), other, *snapshots)]
    del model, new, other, machine, instance, snapshots
    await settle()
    gc.collect()
    assert [each() for each in gone] == [None] * len(gone)
    assert len(asyncio.all_tasks()) == 1
