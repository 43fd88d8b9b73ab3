"""Corners of the class front end: conditions that meet guards, builtins as guards, decorated histories."""

from __future__ import annotations

import asyncio

import attrs
import pytest

import hsm
from hsm_classdsl import DeepHistory, Machine, State, entry, exit, guard, in_state, on


async def test_conditions_and_guards_combine_in_either_order():
    """A condition of the functional front end may be on the left of a guard, too."""

    class M(Machine):
        ready = True

        class A(State["M"], initial=True):
            @guard
            def ready(self):
                return self.machine.ready

            both = on("both", target="B", guard=hsm.in_state("/M/A") & ready)
            either = on("either", target="B", guard=hsm.in_state("/M/B") | ready)
            neither = on("neither", target="B", guard=~in_state("/M/A"))

        class B(State["M"]):
            back = on("back", target="A")

    async with M() as m:
        assert await m.dispatch("neither") is hsm.Outcome.IGNORED
        assert await m.dispatch("both") is hsm.Outcome.TAKEN
        await m.dispatch("back")
        assert await m.dispatch("either") is hsm.Outcome.TAKEN


def test_a_behaviour_is_no_guard():
    """A marked method that is made a guard as well would lose its mark: it is refused."""
    with pytest.raises(TypeError, match="is already a behaviour"):

        class M(Machine):
            class A(State["M"], initial=True):
                @guard
                @entry
                def both(self):
                    return True


async def test_a_builtin_as_a_guard_gets_everything():
    """A callable with an unknown signature is called with all three arguments; what it raises is a guard's error."""

    class M(Machine):
        class A(State["M"], initial=True):
            go = on("go", target="B", guard=getattr)

        class B(State["M"]):
            pass

    async with M() as m:
        with pytest.raises(TypeError):
            await m.dispatch("go")
        assert m.state() == "/M/A"


async def test_a_guard_may_be_in_two_classes():
    """A guard that is assigned a second time stays the one guard."""

    class M(Machine):
        class A(State["M"], initial=True):
            @guard
            def willing(self):
                return True

            again = willing
            go = on("go", target="B", guard=again)

        class B(State["M"]):
            pass

    async with M() as m:
        assert await m.dispatch("go") is hsm.Outcome.TAKEN


async def test_a_decorated_history_keeps_its_place():
    """A history class that attrs makes anew stays a history."""

    class M(Machine):
        class A(State["M"], initial=True):
            into = on("into", target="On/Back")

        class On(State["M"]):
            class One(State["M"], initial=True):
                deeper = on("next", target="Two")

            class Two(State["M"]):
                pass

            @attrs.define
            class Back(DeepHistory["M"]):
                pass

            out = on("out", target="A")

    async with M() as m:
        for event in ("into", "next", "out", "into"):
            await m.dispatch(event)
        assert m.state() == "/M/On/Two"


async def test_a_class_reference_means_its_class_wherever_the_source_is_written():
    """A class named as a target is that class, also when the source is a path and has a child of the same name."""

    class N(Machine):
        class A(State["N"]):
            class B(State["N"]):
                class A(State["N"]):
                    pass

                class D(State["N"], initial=True):
                    to_a = on("a", target="A")

        go = on("x", source="/N/A/B", target=A)
        come = on("y", source="./A/B", target=A)

    async with N() as n:
        for event in ("x", "y"):
            await n.dispatch("a")
            assert n.state() == "/N/A/B/A"
            await n.dispatch(event)
            assert n.state() == "/N/A/B/D"


async def test_a_class_reference_in_a_state_body_means_its_class():
    """A state that names a class of the machine it refines means that one, and not a child of its own."""

    class Base(Machine):
        class A(State["Base"]):
            pass

        class B(State["Base"]):
            pass

        to = on("b", source=A, target=B)

    class M(Base):
        class B(Base.B):
            class C(State["M"], initial=True):
                up = on("up", target=Base.A)
                down = on("down", target="A")

            class A(State["M"]):
                pass

    async with M() as m:
        await m.dispatch("b")
        await m.dispatch("up")
        assert m.state() == "/M/A"


async def test_an_interrupt_while_a_state_object_is_made_does_not_tear_the_step():
    """An exception that is not an `Exception` is raised, and the step still goes on to its target."""

    class M(Machine):
        class Idle(State["M"], initial=True):
            go = on("go", target="Busy")

        class Busy(State["M"]):
            def __init__(self):
                raise asyncio.CancelledError

            class Inner(State["M"], initial=True):
                pass

            @exit
            def leave(self):
                pass

    machine = await hsm.start(None, M(), M.model)
    with pytest.raises(asyncio.CancelledError):
        await machine.dispatch("go")
    assert machine.state() == "/M/Busy/Inner"
