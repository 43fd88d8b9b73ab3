"""The machine class itself: its data, its model, its life in an `async with` block."""

from __future__ import annotations

import abc
import asyncio
import copy
import dataclasses
import pickle
from typing import Generic, TypeVar

import attrs
import pytest
from support import pause, rule

import hsm
from hsm_classdsl import Machine, State, activity, after, entry, exit, on

T = TypeVar("T")


class Door(Machine):
    """A door that counts how often it was opened."""

    opened: int = 0

    def __init__(self, name="front"):
        self.name = name
        self.log = []

    class Closed(State["Door"], initial=True):
        @on("open", target="Opened")
        def count(self):
            self.machine.opened += 1

        @exit
        def leave(self):
            self.machine.log.append("left")

    class Opened(State["Door"]):
        shut = after(seconds=5, target="Closed")

        @on("break")
        def crash(self):
            raise ValueError("broken")

        @activity
        async def watch(self):
            await pause(3)
            if self.machine.name == "fragile":
                raise OSError("watching")


def test_model_is_compiled_when_the_class_is_made():
    """`Door.model` is a Model called after the class, the same one every time, also on an instance."""
    assert isinstance(Door.model, hsm.Model)
    assert Door.model.name == "Door"
    assert Door.model is Door.model
    assert Door().model is Door.model


def test_nested_classes_stay_classes():
    """A nested state is an ordinary class afterwards."""
    assert isinstance(Door.Closed, type)
    assert Door.Closed.__qualname__ == "Door.Closed"
    assert issubclass(Door.Closed, State)


@rule("L1")
async def test_block_starts_and_stops_the_machine():
    """`async with Door() as door` binds the running instance, and stops it at the end."""
    async with Door() as door:
        assert type(door) is Door
        assert door.state() == "/Door/Closed"
        assert await door.dispatch("open") is hsm.Outcome.TAKEN
    assert door.log == ["left"]
    assert door.state() == ""
    with pytest.raises(hsm.LifecycleError):
        await door.dispatch("open")


async def test_block_stops_the_machine_when_the_body_raises():
    """An exception of the body goes on, after the machine was stopped."""
    door = Door()
    with pytest.raises(ZeroDivisionError):
        async with door:
            raise ZeroDivisionError
    assert door.log == ["left"]


async def test_block_may_be_entered_again():
    """The same instance can be run again when its block is over."""
    door = Door()
    for _ in range(2):
        async with door:
            await door.dispatch("open")
    assert door.opened == 2


async def test_error_that_is_awaited_is_raised_from_the_await():
    """An error of a behaviour that nothing takes is raised from `dispatch`, in the block."""
    async with Door() as door:
        await door.dispatch("open")
        with pytest.raises(ValueError, match="broken"):
            await door.dispatch("break")
        assert door.state() == "/Door/Opened"


@rule("E6")
async def test_background_error_ends_the_block():
    """An unhandled error of an activity cancels the body and is raised from the block."""
    with pytest.raises(OSError, match="watching"):
        async with Door("fragile") as door:
            await door.dispatch("open")
            await pause(100)
    assert door.state() == ""


@rule("E8")
async def test_start_that_fails_is_raised_from_the_block():
    """When the start fails the body does not run, what was entered is left, and the instance can start again."""

    class M(Machine):
        is_bad = True

        class A(State["M"]):
            @entry
            def enter(self):
                if self.machine.is_bad:
                    raise ValueError("bad")

    machine = M()
    with pytest.raises(ValueError, match="bad"):
        async with machine:
            pytest.fail("the body ran")
    machine.is_bad = False
    async with machine:
        assert machine.state() == "/M/A"


@rule("L5")
async def test_block_inside_its_own_block_is_refused_and_the_outer_one_goes_on():
    """Entering the block of a running machine raises, and the outer block still stops the machine at its end."""
    door = Door()
    async with door:
        with pytest.raises(hsm.LifecycleError):
            async with door:
                pytest.fail("the body ran")
        assert door.state() == "/Door/Closed"
    assert door.state() == ""
    assert door.log == ["left"]


async def test_machine_may_be_stopped_inside_its_block():
    """Stopping in the block is fine; the end of the block does nothing more."""
    async with Door() as door:
        await door.stop()
        await hsm.stop(door)
    assert door.log == ["left"]


async def test_start_works_as_for_any_model():
    """`hsm.start(None, door, Door.model)` returns a machine whose instance is the door."""
    door = Door()
    machine = await hsm.start(None, door, Door.model)
    assert machine.instance is door
    assert await machine.dispatch("open") is hsm.Outcome.TAKEN
    assert door.opened == 1
    await hsm.stop(door)


async def test_cancelled_body_stops_the_machine():
    """A block whose task is cancelled stops its machine and lets the cancellation go on."""
    door = Door()

    async def body():
        async with door:
            await pause(100)

    task = asyncio.create_task(body())
    await pause(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert door.log == ["left"]


async def test_class_attributes_are_defaults_of_each_machine():
    """Data of one machine are not data of another."""
    async with Door() as one, Door() as other:
        await one.dispatch("open")
        assert (one.opened, other.opened, Door.opened) == (1, 0, 0)


@pytest.mark.parametrize(
    "decorate",
    [attrs.define, attrs.define(slots=False), dataclasses.dataclass, dataclasses.dataclass(slots=True)],
    ids=["attrs", "attrs without slots", "dataclass", "dataclass with slots"],
)
async def test_machine_may_be_decorated_as_data(decorate):
    """A machine may get its `__init__` from attrs or dataclasses; the class that they make runs as the first would."""

    @decorate
    class M(Machine):
        n: int = 3

        class A(State["M"]):
            @on("x", target="B")
            def act(self):
                self.machine.n += 1

        class B(State["M"]):
            pass

    async with M(n=5) as machine:
        await machine.dispatch("x")
        assert machine.n == 6
        assert machine.state() == "/M/B"
    assert M.model.name == "M"


async def test_frozen_machine_runs():
    """A machine whose data are frozen can be run: the machine keeps nothing of its own in them."""

    @attrs.frozen
    class M(Machine):
        n: int = 3

        class A(State["M"]):
            go = on("go", target="B")

        class B(State["M"]):
            pass

    async with M() as machine:
        await machine.dispatch("go")
        assert machine.state() == "/M/B"


async def test_machine_takes_metaclasses_generics_and_slots():
    """A machine class may have a metaclass of the user's, type parameters, abstract methods and slots."""

    class M(Machine, Generic[T], abc.ABC):
        __slots__ = ("found",)

        class A(State["M[int]"]):
            @on("x")
            def act(self):
                self.machine.found = self.machine.value()

        @abc.abstractmethod
        def value(self): ...

    class N(M[int]):
        def value(self):
            return 3

    with pytest.raises(TypeError):
        M()
    async with N() as machine:
        await machine.dispatch("x")
        assert machine.found == 3


def test_arguments_that_nothing_takes_are_an_error():
    """A machine without `__init__` takes no arguments, as any class."""

    class M(Machine):
        class A(State["M"]):
            pass

    with pytest.raises(TypeError):
        M(3)


def test_misspelt_keyword_of_a_state_is_an_error():
    """A keyword that a class statement does not know is reported by Python."""
    with pytest.raises(TypeError, match="keyword"):

        class M(Machine):
            class A(State["M"], inital=True):
                pass


@pytest.mark.parametrize("name", ["dispatch", "state", "stop"])
def test_marked_method_that_hides_one_of_the_machine_is_reported(name):
    """A transition with the name of a method that every machine has would hide that method: it is an error."""
    with pytest.raises((hsm.DefinitionError, hsm.DefinitionWarning, TypeError)):
        type("M", (Machine,), {"A": type("A", (State,), {}), name: on("x", target="A")})


class Copied(Machine):
    """At module level, so that it can be pickled."""

    count = 0

    class A(State["Copied"]):
        @on("inc")
        def inc(self):
            self.machine.count += 1


@rule("L5")
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
async def test_a_copy_of_a_machine_in_its_block_is_another_machine(copied):
    """It takes the data along, and neither the run nor the block."""
    async with Copied() as one:
        await one.dispatch("inc")
        twin = copied(one)
        assert vars(twin) == {"count": 1}
        async with twin as other:
            await other.dispatch("inc")
    assert (one.count, twin.count) == (1, 2)
