"""Copies: a machine runs one object, and nothing that looks like it."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import attrs
import pytest
from support import go, rule, settle, started

import hsm
from hsm_classdsl import Machine, State, on

MODEL = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b"))


class Plain(hsm.Instance):
    """Copied as Python does it."""


class CopiesItsAttributes(hsm.Instance):
    """Copies whatever attributes it has, as the models of pydantic do."""

    def __copy__(self):
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __deepcopy__(self, memo):
        twin = type(self).__new__(type(self))
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin


class GivesItsAttributes(hsm.Instance):
    """Says by itself what a copy or a pickle takes along: everything."""

    def __getstate__(self):
        return dict(self.__dict__)


class GivesAndTakes(GivesItsAttributes):
    """The same, and puts it in place by itself."""

    def __setstate__(self, state):
        self.__dict__.update(state)


class Reduced(hsm.Instance):
    """Says how it is made again."""

    def __reduce__(self):
        return (type(self), (), self.__dict__)


@dataclasses.dataclass
class Data(hsm.Instance):
    """A dataclass."""

    number: int = 0


@attrs.frozen
class Frozen(hsm.Instance):
    """A frozen class with slots."""

    number: int = 0


class Lamp(Machine):
    """A machine class that copies whatever attributes it has."""

    __getstate__ = GivesItsAttributes.__getstate__
    __copy__ = CopiesItsAttributes.__copy__

    class Off(State["Lamp"]):
        @on("go", target="On")
        def switch(self):
            pass

    class On(State["Lamp"]):
        pass


KINDS = [Plain, CopiesItsAttributes, GivesItsAttributes, GivesAndTakes, Reduced, Data, Frozen, Lamp]
WAYS = {"copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": lambda each: pickle.loads(pickle.dumps(each))}


def model_of(instance):
    """What *instance* is started with."""
    return Lamp.model if isinstance(instance, Lamp) else MODEL


@rule("L5")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_copy_is_run_by_nobody_however_it_was_made(kind, way):
    """What is asked of its machine is refused, and it can be started by itself; the original notices nothing."""
    one = kind()
    machine = await started(model_of(one), one)
    rests = machine.state()
    twin = WAYS[way](one)
    for ask in (twin.state, twin.states, twin.stop, lambda: twin.is_in("a"), lambda: twin.dispatch("go")):
        with pytest.raises(hsm.LifecycleError, match="has not been started"):
            ask()
    for ask in (hsm.stop, hsm.restart):
        with pytest.raises(hsm.LifecycleError, match="has not been started"):
            await ask(twin)
    with pytest.raises(hsm.LifecycleError, match="has not been started"):
        hsm.machine_of(twin)
    other = await started(model_of(twin), twin)
    assert await twin.dispatch("go") is hsm.Outcome.TAKEN
    assert (machine.state(), one.state()) == (rests, rests)
    assert twin.state() == other.state() != rests
    assert hsm.machine_of(one) is machine
    assert hsm.machine_of(twin) is other


@rule("L5")
@pytest.mark.parametrize(
    "replaced",
    [lambda one: dataclasses.replace(one, number=7), lambda one: attrs.evolve(Frozen(), number=7)],
    ids=["replace", "evolve"],
)
async def test_an_instance_with_other_values_is_run_by_nobody(replaced):
    """It is another one."""
    one = Data()
    await started(MODEL, one)
    twin = replaced(one)
    assert twin.number == 7
    with pytest.raises(hsm.LifecycleError, match="has not been started"):
        twin.dispatch("go")


@rule("L5")
async def test_what_a_copy_is_asked_for_says_that_it_is_one():
    """It looks as if it had been started."""
    one = CopiesItsAttributes()
    await started(MODEL, one)
    with pytest.raises(hsm.LifecycleError, match="it is a copy, which the machine of the original does not run"):
        copy.copy(one).dispatch("go")


@rule("L5")
async def test_a_copy_made_in_a_behaviour_is_run_by_nobody():
    """Also while the original is in the middle of a step."""

    def behave(ctx, self, event):
        self.twin = copy.copy(self)
        self.twin.dispatch("go")

    model = hsm.define(
        "M", hsm.state("a", hsm.transition(hsm.on("copy"), hsm.effect(behave)), go("go", "b")), hsm.state("b")
    )
    machine = await started(model, CopiesItsAttributes())
    with pytest.raises(hsm.LifecycleError, match="it is a copy"):
        await machine.dispatch("copy")
    assert machine.state() == "/M/a"


@rule("L5")
@pytest.mark.parametrize("way", WAYS)
async def test_a_copy_of_a_machine_that_copies_everything_is_in_no_block(way):
    """It has a block of its own, and the end of one it was never in is refused."""
    async with Lamp() as one:
        twin = WAYS[way](one)
        with pytest.raises(hsm.LifecycleError, match="this Lamp is in no block"):
            await twin.__aexit__(None, None, None)
        async with twin:
            await twin.dispatch("go")
            assert (one.state(), twin.state()) == ("/Lamp/Off", "/Lamp/On")
        assert one.state() == "/Lamp/Off"


@pytest.mark.parametrize("way", WAYS)
async def test_a_machine_says_that_it_cannot_be_copied(way):
    """It stands for what runs; a copy of its instance can be started."""
    machine = await started(MODEL, Plain())
    with pytest.raises(TypeError, match="a machine cannot be copied or pickled: start another one on a copy of its"):
        WAYS[way](machine)


@pytest.mark.parametrize("way", WAYS)
async def test_an_answer_says_that_it_cannot_be_copied(way):
    """It stands for one request, as a coroutine does."""
    starting = hsm.start(None, Plain(), MODEL)
    machine = await starting
    for answer in (starting, machine.dispatch("go"), machine.wait(), machine.dispatch("other")):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            WAYS[way](answer)
    await settle()


@rule("L5")
async def test_an_instance_that_shows_its_attributes_shows_no_tables():
    """What ties it to its machine is one short word among them."""

    class Shown(hsm.Instance):
        def __repr__(self):
            return f"Shown({vars(self)})"

    instance = Shown()
    await started(MODEL, instance)
    assert len(repr(instance)) < 200
