"""The object of a state: one for each activation, with the machine on it and data that live as long."""

from __future__ import annotations

import asyncio
import gc
import weakref

import attrs
from support import both_engines, pause, rule

import hsm
from hsm_classdsl import (
    Choice,
    Machine,
    Region,
    State,
    activity,
    after,
    defer,
    entry,
    every,
    exit,
    guard,
    initial,
    on,
    on_call,
    transition,
    when,
)


class Lamp(Machine):
    """Writes down which object ran what."""

    def __init__(self):
        self.log = []

    class Off(State["Lamp"]):
        presses = 0

        @entry
        def enter(self):
            self.machine.log.append("off")

        @on("press")
        def press(self):
            self.presses += 1
            self.machine.log.append(f"press {self.presses}")

        @on("again", target=".")
        def again(self):
            self.machine.log.append(f"again after {self.presses}")

        @exit
        def leave(self):
            self.machine.log.append(f"left after {self.presses}")

        @on("switch", target="On")
        def switch(self):
            self.machine.log.append(f"switched after {self.presses}")

    class On(State["Lamp"]):
        off = on("off", target="Off")


async def run(machine, *events):
    """What *machine* wrote while it took *events*."""
    async with machine:
        for event in events:
            await machine.dispatch(event)
        written, machine.log = machine.log, []
    return written


async def test_machine_of_a_state_object_is_the_instance():
    """`self.machine` is the instance that was started."""
    found = []

    class M(Machine):
        class A(State["M"]):
            @entry
            def enter(self):
                found.append(self.machine)

    machine = M()
    await hsm.start(None, machine, M.model)
    assert found == [machine]


async def test_data_live_as_long_as_the_state_is_active():
    """What a behaviour sets on `self` is there for the state's next behaviour."""
    assert await run(Lamp(), "press", "press") == ["off", "press 1", "press 2"]


async def test_data_are_there_in_the_exit_and_in_the_effect_that_leaves():
    """The exit action and the effect of the transition that leaves the state still see its data."""
    written = await run(Lamp(), "press", "switch")
    assert written[-2:] == ["left after 1", "switched after 1"]


async def test_data_are_fresh_when_the_state_is_entered_again():
    """A state that was left and is entered again has a new object."""
    assert (await run(Lamp(), "press", "switch", "off", "press"))[-2:] == ["off", "press 1"]


async def test_self_transition_makes_a_new_object():
    """A transition to the state itself leaves it, so its data are dropped after the effect."""
    written = await run(Lamp(), "press", "again", "press")
    assert written == ["off", "press 1", "left after 1", "again after 1", "off", "press 1"]


async def test_restart_makes_new_objects():
    """Nothing on a state's object survives a restart."""
    machine = Lamp()
    await hsm.start(None, machine, Lamp.model)
    await machine.dispatch("press")
    machine.log.clear()
    await hsm.restart(machine)
    await machine.dispatch("press")
    assert machine.log == ["left after 1", "off", "press 1"]


async def test_class_itself_is_not_changed():
    """Data that a behaviour sets are on the object, never on the class."""
    await run(Lamp(), "press", "press")
    assert Lamp.Off.presses == 0


async def test_two_machines_of_one_class_share_no_state_object():
    """Every machine has state objects of its own."""
    one, other = Lamp(), Lamp()
    async with one, other:
        await one.dispatch("press")
        await one.dispatch("press")
        await other.dispatch("press")
    assert "press 2" not in other.log


async def test_objects_are_dropped_when_the_state_is_left():
    """Nothing holds the object of a state that is no longer active, nor one of a stopped machine."""
    made = []

    class M(Machine):
        class A(State["M"]):
            @entry
            def enter(self):
                made.append(weakref.ref(self))

            go = on("go", target="B")

            class Inner(State["M"]):
                @entry
                def enter(self):
                    made.append(weakref.ref(self))

        class B(State["M"]):
            @entry
            def enter(self):
                made.append(weakref.ref(self))

    async with M() as machine:
        assert all(made_of() is not None for made_of in made)
        await machine.dispatch("go")
        gc.collect()
        assert [made_of() is not None for made_of in made] == [False, False, True]
    gc.collect()
    assert [made_of() for made_of in made] == [None, None, None]


async def test_object_is_made_when_the_state_is_entered():
    """The `__init__` of a state runs on its entry, with `self.machine` there, not when a behaviour first needs it."""

    class M(Machine):
        level = 1

        class A(State["M"]):
            def __init__(self):
                self.level = self.machine.level

            @on("ask")
            def ask(self):
                self.machine.found = self.level

    async with M() as machine:
        machine.level = 2
        await machine.dispatch("ask")
        assert machine.found == 1


@rule("E1")
async def test_init_that_raises_is_an_error_of_the_behaviour():
    """It becomes `hsm_error` once, as an exception in an entry action does: the list ends, and the state is active."""
    caught = []

    class M(Machine):
        class A(State["M"]):
            def __init__(self):
                raise ValueError("broken")

            @entry
            def enter(self):
                caught.append("never")

            @entry
            def enter_again(self):
                caught.append("never")

        @on("hsm_error")
        def failed(self, event):
            caught.append(repr(event.data))

    async with M() as machine:
        assert machine.state() == "/M/A"
    assert caught == ["ValueError('broken')"]


async def test_every_behaviour_of_a_state_gets_the_same_object():
    """Entry, activity, guard, effect, timer, condition, default entry and exit of one activation share `self`."""
    seen = {}

    class M(Machine):
        class A(State["M"]):
            @entry
            def enter(self):
                seen["entry"] = self

            @activity
            async def watch(self):
                seen["activity"] = self

            @guard
            def ask(self):
                seen["guard"] = self
                return True

            @on("x", guard=ask)
            def act(self):
                seen["effect"] = self

            @on("z", source="B", target="B")
            def act_for_a_substate(self):
                seen["effect of a substate's transition"] = self

            def span(self):
                seen["duration"] = self
                return 1

            @after(span)
            def later(self):
                seen["timer"] = self

            @when(lambda self: seen.setdefault("condition", self) is None)
            def changed(self):
                pass

            @initial("B")
            def begin(self):
                seen["initial"] = self

            @exit
            def leave(self):
                seen["exit"] = self

            class B(State["M"]):
                @on("y")
                def inner(self):
                    seen["substate"] = self

    async with M() as machine:
        for event in ("x", "y", "z"):
            await machine.dispatch(event)
        await pause(2)
    inner = seen.pop("substate")
    assert type(inner) is M.A.B
    assert type(seen["entry"]) is M.A
    assert set(map(id, seen.values())) == {id(seen["entry"])}
    assert len(seen) == 10


async def test_regions_and_choices_have_objects_too():
    """`self` in a method of a choice or of a region is an object of that class, with the machine on it."""
    seen = []

    class M(Machine):
        class Left(Region):
            @on("go", source="A", target="Way")
            def go(self):
                seen.append((type(self), self.machine))

            class A(State["M"]):
                pass

            class B(State["M"]):
                pass

            class Way(Choice["M"]):
                @transition(target="B")
                def on_the_way(self):
                    seen.append((type(self), self.machine))

    async with M() as machine:
        await machine.dispatch("go")
        assert seen == [(M.Left, machine), (M.Left.Way, machine)]


async def test_the_object_of_a_choice_lasts_for_one_passage():
    """What a choice keeps on `self` is gone when it is passed through the next time."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class A(State["M"]):
            go = on("go", target="Way")

        class Way(Choice["M"]):
            passed = 0

            @transition(target="A")
            def on_the_way(self):
                self.passed += 1
                self.machine.log.append(self.passed)

    assert await run(M(), "go", "go") == [1, 1]


@both_engines
async def test_the_object_of_a_choice_lasts_for_one_passage_of_several_in_a_step(engine):
    """A completion or an error that leads through it again finds a new one."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class A(State["M"], initial=True):
            go = on("go", target="Way")
            err = on("hsm_error", target="Way")

        class Way(Choice["M"]):
            passed = 0

            @transition(target="A")
            def on_the_way(self):
                self.passed += 1
                self.machine.log.append(self.passed)
                if len(self.machine.log) == 1:
                    raise ValueError("once")

    machine = await hsm.start(None, M(), M.model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == [1, 1]


@both_engines
async def test_the_object_of_a_region_is_new_when_it_is_entered_again(engine):
    """Leaving and entering in one step is an end and a beginning."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class S(State["M"]):
            class R1(Region):
                n = 0

                @initial("A")
                def begin(self):
                    self.n += 1
                    self.machine.log.append(self.n)

                class A(State["M"]):
                    pass

            class R2(Region):
                class B(State["M"]):
                    pass

            again = on("again", target=".")

    machine = await hsm.start(None, M(), M.model, engine=engine)
    await machine.dispatch("again")
    await machine.dispatch("again")
    assert machine.instance.log == [1, 1, 1]


@both_engines
async def test_the_object_of_a_state_that_only_lends_a_method_lasts_for_one_step(engine):
    """A method written in one state, for a transition of another, finds no object that stayed."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class B(State["M"], initial=True):
            pass

        class A(State["M"]):
            n = 0

            @on("x", source="../B")
            def x(self):
                self.n += 1
                self.machine.log.append(self.n)

            go = on("go", source="../B", target="A")

    machine = await hsm.start(None, M(), M.model, engine=engine)
    await machine.dispatch("x")
    await machine.dispatch("x")
    assert machine.instance.log == [1, 1]


async def test_objects_in_regions_are_apart():
    """States of the same name in two regions have an object each."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class Left(Region):
            class A(State["M"]):
                n = 0

                @on("left")
                def count(self):
                    self.n += 1
                    self.machine.log.append(f"left {self.n}")

        class Right(Region):
            class A(State["M"]):
                n = 0

                @on("right")
                def count(self):
                    self.n += 1
                    self.machine.log.append(f"right {self.n}")

    assert await run(M(), "left", "left", "right") == ["left 1", "left 2", "right 1"]


async def test_one_class_in_two_places_has_an_object_in_each():
    """A state class that is in a machine twice, by inheritance, has one object for each place."""

    class Common(State["M"]):
        n = 0

        @on("count")
        def count(self):
            self.n += 1
            self.machine.log.append(f"{type(self).__name__} {self.n}")

    class M(Machine):
        def __init__(self):
            self.log = []

        class One(Common):
            go = on("go", target="Two")

        class Two(Common):
            pass

    assert await run(M(), "count", "go", "count") == ["One 1", "Two 1"]


async def test_activity_keeps_its_object_until_it_has_ended():
    """The activity that is cancelled on exit and the exit action after it see the data of the state."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class A(State["M"]):
            @activity
            async def count(self):
                self.n = 0
                try:
                    while True:
                        await pause(1)
                        self.n += 1
                finally:
                    self.machine.log.append(f"cancelled at {self.n}")

            @exit
            def leave(self):
                self.machine.log.append(f"left at {self.n}")

    machine = M()
    async with machine:
        await pause(3.5)
    assert machine.log == ["cancelled at 3", "left at 3"]


async def test_deferred_event_finds_the_object_of_the_new_state():
    """A recalled event is handled by the object of the state that is active then."""

    class M(Machine):
        def __init__(self):
            self.log = []

        class A(State["M"]):
            held = defer("x")
            go = on("go", target="B")

        class B(State["M"]):
            @on("x")
            def act(self):
                self.machine.log.append(type(self).__name__)

    assert await run(M(), "x", "go") == ["B"]


async def test_call_is_answered_with_data_of_the_state():
    """`machine.call` returns the value of the `@on_call` method."""

    class M(Machine):
        class A(State["M"]):
            n = 0

            @every(seconds=1)
            def count(self):
                self.n += 1

            @on_call("read")
            def read(self, event):
                return self.n, event.data.args

    machine = await hsm.start(None, M(), M.model)
    await pause(2.5)
    assert await machine.call("read", "argument") == (2, ("argument",))
    await machine.stop()


async def test_attrs_and_slots_work_for_state_classes():
    """A state class may be decorated with `attrs.define`, which makes its data fresh with every object."""

    class M(Machine):
        def __init__(self):
            self.log = []

        @attrs.define
        class A(State["M"]):
            seen: list[str] = attrs.field(factory=list)

            @on("x")
            def act(self, event):
                self.seen.append(event.name)
                self.machine.log.append(len(self.seen))

            again = on("again", target=".")

    assert await run(M(), "x", "x", "again", "x") == [1, 2, 1]


@rule("A1")
async def test_activity_context_is_done_when_the_state_is_left():
    """`(self, ctx, event)` of an activity gets the context that ends with its state."""

    class M(Machine):
        class A(State["M"]):
            @activity
            async def watch(self, ctx, event):
                self.machine.ctx = ctx
                await pause(100)

            go = on("go", target="B")

        class B(State["M"]):
            pass

    async with M() as machine:
        await asyncio.sleep(0)
        assert not machine.ctx.done
        await machine.dispatch("go")
        assert machine.ctx.done


@rule("T6")
@both_engines
async def test_object_that_a_condition_made_is_dropped_with_the_step(engine):
    """A change condition of a state that is not active is a method of an object of that step alone."""

    class M(Machine):
        def __init__(self):
            self.seen = []

        class A(State["M"]):
            pass

        class Lender(State["M"]):
            asked = 0

            def count(self, name):
                self.asked += 1
                self.machine.seen.append((name, self.asked))
                return False

            @guard
            def poll(self):
                return self.count("poll")

            @guard
            def ready(self):
                return self.count("ready")

            change = when(poll, source="../A", target="../A")
            event = on("e", source="../A", guard=ready, target="../A")
            into = on("lend", source="../A", target="../Lender")

    machine = M()
    await hsm.start(None, machine, M.model, engine=engine)
    assert machine.seen == [("poll", 1)]
    for _ in range(2):
        machine.seen.clear()
        await machine.dispatch("e")
        assert machine.seen == [("ready", 1), ("poll", 1)]
