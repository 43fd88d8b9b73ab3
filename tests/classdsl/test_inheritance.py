"""Machine and state classes that extend others: what is refined, replaced, removed and added."""

from __future__ import annotations

import asyncio

import pytest
from support.models import erased

import hsm
from hsm_classdsl import Final, Machine, Region, State, Submachine, after, entry, exit, guard, initial, on


class Gate(Machine):
    """What the machines below extend."""

    is_locked = False

    def __init__(self):
        self.log = []

    class Closed(State["Gate"], initial=True):
        @guard
        def unlocked(self):
            return not self.machine.is_locked

        @entry
        def close(self):
            self.machine.log.append("closed")

        @on("open", target="Opened", guard=unlocked)
        def opening(self):
            self.machine.log.append("opening")

        def span(self):
            return 60

        wear = after(span, target="Opened")

    class Opened(State["Gate"]):
        shut = on("shut", target="Closed")

        class Wide(State["Gate"]):
            @entry
            def widen(self):
                self.machine.log.append("wide")

    @on("reset", source=Opened, target=Closed)
    def reset(self):
        self.log.append("reset")


async def log_of(kind, *events):
    """What a machine of *kind* wrote while it took *events*, and where it was at the end; a number is a time to wait."""
    machine = kind()
    async with machine:
        for event in events:
            if isinstance(event, int):
                await asyncio.sleep(event)
            else:
                await machine.dispatch(event)
        return [*machine.log, machine.state().removeprefix(f"/{kind.__name__}/")]


async def test_machine_without_a_body_is_the_same_machine_under_another_name():
    """A machine class that adds nothing has the same model, called after itself."""

    class Same(Gate):
        pass

    assert Same.model.name == "Same"
    assert erased(Same.model).parts == erased(Gate.model).parts
    assert await log_of(Same, "open", "reset") == ["closed", "opening", "wide", "reset", "closed", "Closed"]


async def test_base_is_as_it_was():
    """Extending a machine, or a state, changes nothing in what is extended."""
    before = erased(Gate.model)

    class Extended(Gate):
        class Closed(Gate.Closed):
            opening = None
            extra = on("extra", target="Opened")

    assert erased(Gate.model) == before
    assert await log_of(Gate, "extra", "open") == ["closed", "opening", "wide", "Opened/Wide"]


async def test_refined_state_gets_substates():
    """`class Closed(Gate.Closed)` adds substates to what `Closed` is in the base."""

    class Deep(Gate):
        class Closed(Gate.Closed):
            class Latched(State["Deep"]):
                @entry
                def latch(self):
                    self.machine.log.append("latched")

    assert await log_of(Deep, "open", "shut") == [
        "closed",
        "latched",
        "opening",
        "wide",
        "closed",
        "latched",
        "Closed/Latched",
    ]


async def test_override_without_a_decorator_keeps_the_mark():
    """A method that overrides a marked one is what runs, under the inherited mark; `super()` works."""

    class Loud(Gate):
        class Closed(Gate.Closed):
            def opening(self):
                super().opening()
                self.machine.log.append("loudly")

        def reset(self):
            super().reset()
            self.log.append("loudly")

    assert await log_of(Loud, "open", "reset") == [
        "closed", "opening", "loudly", "wide", "reset", "loudly", "closed", "Closed",
    ]  # fmt: skip


async def test_override_with_a_decorator_replaces_the_mark():
    """A method that is decorated again has the new mark alone."""

    class Pushed(Gate):
        class Closed(Gate.Closed):
            @on("push", target="Opened")
            def opening(self):
                self.machine.log.append("pushed")

    assert await log_of(Pushed, "open") == ["closed", "Closed"]
    assert await log_of(Pushed, "push") == ["closed", "pushed", "wide", "Opened/Wide"]


async def test_none_removes_what_was_inherited():
    """An attribute set to None takes the transition, the behaviour or the state away."""

    class Less(Gate):
        class Closed(Gate.Closed):
            wear = None
            close = None

        class Opened(Gate.Opened):
            Wide = None

        reset = None

    assert await log_of(Less, 100) == ["Closed"]
    assert await log_of(Less, "open", "reset") == ["opening", "Opened"]


async def test_overridden_guard_is_what_inherited_transitions_ask():
    """A guard that is overridden, decorated or not, is asked by the transitions that name the inherited one."""

    class Stuck(Gate):
        class Closed(Gate.Closed):
            def unlocked(self):
                return False

    class StuckToo(Gate):
        class Closed(Gate.Closed):
            @guard
            def unlocked(self):
                return False

    assert await log_of(Stuck, "open") == ["closed", "Closed"]
    assert await log_of(StuckToo, "open") == ["closed", "Closed"]


async def test_overridden_duration_is_what_inherited_timers_take():
    """A duration method that is overridden is what the inherited timer calls."""

    class Quick(Gate):
        class Closed(Gate.Closed):
            def span(self):
                return 1

    assert await log_of(Quick, 2) == ["closed", "wide", "Opened/Wide"]


async def test_method_that_a_behaviour_calls_may_be_overridden():
    """A helper that is not a declaration is overridden as in any class."""

    class Base(Machine):
        def __init__(self):
            self.log = []

        class A(State["Base"]):
            @entry
            def enter(self):
                self.machine.log.append(self.text())

            def text(self):
                return "base"

    class Other(Base):
        class A(Base.A):
            def text(self):
                return "other"

    assert await log_of(Other) == ["other", "A"]


async def test_replaced_is_where_it_stood_and_added_comes_after():
    """What overrides keeps its place, also as priority; what is new comes behind what is inherited."""

    class Base(Machine):
        def __init__(self):
            self.log = []

        class A(State["Base"]):
            first = on("x", guard=lambda self: True)
            second = on("x", target="B", guard=lambda self: True)

        class B(State["Base"]):
            pass

    class Other(Base):
        class C(State["Other"]):
            pass

        class A(Base.A):
            third = on("x", target="C", guard=lambda self: True)

            @on("x", guard=lambda self: True)
            def first(self):
                self.machine.log.append("replaced")

            also = on("c", target="C")

    assert [part.name for part in Other.model.parts] == ["A", "B", "C"]
    assert await log_of(Other, "x") == ["replaced", "A"]


async def test_state_replaced_by_a_new_class_has_nothing_of_the_old_one():
    """A nested class that does not derive from the base's state replaces it whole; inherited references mean it."""

    class Other(Gate):
        class Opened(State["Other"]):
            @exit
            def leave(self):
                self.machine.log.append("left the new one")

    assert await log_of(Other, "open", "shut") == ["closed", "opening", "Opened"]
    assert await log_of(Other, "open", "reset") == [
        "closed",
        "opening",
        "left the new one",
        "reset",
        "closed",
        "Closed",
    ]


async def test_default_entry_can_be_changed():
    """`initial=False` and `initial=True` on refined states move the default entry."""

    class Other(Gate):
        class Closed(Gate.Closed, initial=False):
            pass

        class Opened(Gate.Opened, initial=True):
            pass

    assert (await log_of(Other))[-1] == "Opened/Wide"


async def test_default_entry_of_a_base_is_overridden_by_its_name():
    """An `initial(...)` attribute is overridden like any other."""

    class Base(Machine):
        class A(State["Base"]):
            go = on("go", target="B")

        class B(State["Base"]):
            go = on("go", target="A")

        begin = initial("A")

    class Other(Base):
        begin = initial("B")

    async with Other() as machine:
        assert machine.state() == "/Other/B"


async def test_three_generations():
    """Refinement goes on through any number of classes, substates included."""

    class One(Machine):
        def __init__(self):
            self.log = []

        class A(State["One"]):
            class B(State["One"]):
                @entry
                def enter(self):
                    self.machine.log.append("one")

                go = on("go", target="C")

            class C(State["One"]):
                pass

    class Two(One):
        class A(One.A):
            class B(One.A.B):
                def enter(self):
                    super().enter()
                    self.machine.log.append("two")

    class Three(Two):
        class A(Two.A):
            class B(Two.A.B):
                def enter(self):
                    super().enter()
                    self.machine.log.append("three")

    assert await log_of(Three, "go") == ["one", "two", "three", "A/C"]
    assert await log_of(Two) == ["one", "two", "A/B"]


async def test_mixin_of_a_machine_contributes_transitions():
    """A plain class beside `Machine` contributes its marked methods to the machine."""

    class Resets:
        @on("reset")
        def reset(self):
            self.log.append(f"reset {type(self).__name__}")

    class M(Resets, Machine):
        def __init__(self):
            self.log = []

        class A(State["M"]):
            pass

    class N(M):
        pass

    assert await log_of(M, "reset") == ["reset M", "A"]
    assert await log_of(N, "reset") == ["reset N", "A"]


async def test_mixin_of_states_contributes_transitions_and_data():
    """A class beside `State` contributes its marked methods to every state that derives from it."""

    class Counts:
        n = 0

        @on("count")
        def count(self):
            self.n += 1
            self.machine.log.append(f"{type(self).__name__} {self.n}")

    class M(Machine):
        def __init__(self):
            self.log = []

        class A(Counts, State["M"]):
            go = on("go", target="B")

        class B(State["M"], Counts):
            pass

    assert await log_of(M, "count", "count", "go", "count") == ["A 1", "A 2", "B 1", "B"]


async def test_mixin_with_a_nested_state():
    """A state that a mixin of the machine brings is a state of the machine."""

    class Alarmed:
        class Alarm(State["M"]):
            calm = on("calm", target="A")

        alarm = on("alarm", target=Alarm)

    class M(Alarmed, Machine):
        def __init__(self):
            self.log = []

        class A(State["M"]):
            pass

        begin = initial(A)

    assert await log_of(M, "alarm") == ["Alarm"]
    assert await log_of(M, "alarm", "calm") == ["A"]


async def test_state_class_outside_the_machine_is_put_in_by_an_attribute():
    """A state class written elsewhere is in a machine under the name of the attribute that it is assigned to."""

    class Waiting(State["M"]):
        @on("x", target=".")
        def act(self):
            self.machine.log.append(type(self).__name__)

    class M(Machine):
        def __init__(self):
            self.log = []

        First = Waiting

    assert await log_of(M, "x") == ["Waiting", "First"]


async def test_inherited_class_references_mean_the_refined_states():
    """`source=Opened` written in the base leaves the refined `Opened` in the machine that extends it."""

    class Other(Gate):
        class Opened(Gate.Opened):
            @exit
            def leave(self):
                self.machine.log.append("left")

        class Closed(Gate.Closed):
            @exit
            def leave(self):
                self.machine.log.append("left closed")

    assert await log_of(Other, "open", "reset") == [
        "closed", "left closed", "opening", "wide", "left", "reset", "closed", "Closed",
    ]  # fmt: skip


async def test_regions_finals_and_submachines_are_inherited():
    """Regions, final states and submachines are refined and inherited as states are."""

    class Motor(Machine):
        class Off(State["Motor"]):
            pass

    class Base(Machine):
        def __init__(self):
            self.log = []

        class Left(Region):
            class A(State["Base"]):
                end = on("end", target="Done")

            class Done(Final):
                pass

        class Right(Region):
            motor = Submachine(Motor)

    class Other(Base):
        class Left(Base.Left):
            class B(State["Other"]):
                pass

            go = on("go", source="A", target="B")

    async with Other() as machine:
        await machine.dispatch("go")
        assert machine.states() == ("/Other/Left/B", "/Other/Right/motor/Off")


async def test_machine_base_without_states_has_no_model():
    """A machine class that declares nothing has no model, and can be a base of ones that do."""

    class Base(Machine):
        def __init__(self):
            self.log = []

        def note(self, text):
            self.log.append(text)

    class M(Base):
        class A(State["M"]):
            @entry
            def enter(self):
                self.machine.note("entered")

    with pytest.raises(AttributeError, match="'Base' declares no states"):
        _ = Base.model
    assert await log_of(M) == ["entered", "A"]


async def test_machine_runs_the_model_of_its_base():
    """An instance of the extending class may be run with the model of the base."""

    class Other(Gate):
        class Closed(Gate.Closed):
            opening = None

    machine = Other()
    async with hsm.start(None, machine, Gate.model):
        await machine.dispatch("open")
        assert machine.state() == "/Gate/Opened/Wide"
