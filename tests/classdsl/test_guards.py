"""Guards of the class front end: references that combine, can be called, and know whose they are."""

from __future__ import annotations

import asyncio
import dataclasses

import attrs
import pytest

import hsm
from hsm_classdsl import Machine, State, guard, in_state, on, when


class Switches(Machine):
    """A machine with three switches to ask for."""

    def __init__(self, a=False, b=False, c=False):
        self.a, self.b, self.c, self.asked = a, b, c, []

    class Idle(State["Switches"]):
        @guard
        def a(self):
            self.machine.asked.append("a")
            return self.machine.a

        @guard
        async def b(self, event):
            await asyncio.sleep(0)
            self.machine.asked.append("b")
            return self.machine.b

        @guard
        def c(self, ctx, event):
            self.machine.asked.append("c")
            return self.machine.c

        one = on("a", target=".", guard=a)
        all = on("a & b", target=".", guard=a & b)
        any = on("a | b", target=".", guard=a | b)
        none = on("~a", target=".", guard=~a)
        mixed = on("a & b | ~c", target=".", guard=a & b | ~c)


@pytest.mark.parametrize("a", [False, True])
@pytest.mark.parametrize("b", [False, True])
@pytest.mark.parametrize("c", [False, True])
@pytest.mark.parametrize("text", ["a", "a & b", "a | b", "~a", "a & b | ~c"])
async def test_guards_combine(a, b, c, text):
    """`a & b`, `a | b` and `~a` are what they say, for sync and async guards of every form."""
    expected = {"a": a, "a & b": a and b, "a | b": a or b, "~a": not a, "a & b | ~c": (a and b) or not c}[text]
    async with Switches(a, b, c) as machine:
        outcome = await machine.dispatch(text)
    assert (outcome is hsm.Outcome.TAKEN) is expected


async def test_combined_guards_stop_where_the_answer_is_known():
    """`a & b` does not ask `b` when `a` is false, `a | b` not when it is true."""
    async with Switches() as machine:
        await machine.dispatch("a & b")
        machine.a = True
        await machine.dispatch("a | b")
    assert machine.asked == ["a", "a"]


async def test_guard_can_be_called():
    """A guard is a method as well: `self.unlocked()` returns its answer."""

    class M(Machine):
        class A(State["M"]):
            @guard
            def ready(self):
                """Whether it is ready."""
                return self.machine.ready

            @on("x", guard=ready)
            def act(self):
                self.machine.found = self.ready()

        ready = True

        @guard
        def all_well(self):
            return True

    assert M().all_well() is True
    assert M.A.ready.__doc__ == "Whether it is ready."
    async with M() as machine:
        await machine.dispatch("x")
    assert machine.found is True


def test_python_s_own_words_do_not_combine_guards():
    """`a and b` would drop `a` without a word; it raises, as `not a` does."""

    @guard
    def a(self):
        return True

    @guard
    def b(self):
        return True

    with pytest.raises(TypeError):
        a and b  # noqa: B018 - what a user may write
    with pytest.raises(TypeError):
        not a  # noqa: B018


async def test_functions_and_conditions_are_guards_too():
    """A function with the arguments of a method may be a guard, and so may a condition of calls."""

    class M(Machine):
        class A(State["M"]):
            ready = False

            def is_ready(self):
                return self.ready

            by_function = on("function", target=".", guard=is_ready)
            by_lambda = on("lambda", target=".", guard=lambda self, event: event.data)
            by_condition = on("condition", target=".", guard=hsm.not_(hsm.in_state("../B")))

        class B(State["M"]):
            back = on("back", target="A")

        to_b = on("b", source=A, target=B)

    async with M() as machine:
        assert await machine.dispatch("function") is hsm.Outcome.IGNORED
        assert await machine.dispatch("lambda", False) is hsm.Outcome.IGNORED
        assert await machine.dispatch("lambda", True) is hsm.Outcome.TAKEN
        assert await machine.dispatch("condition") is hsm.Outcome.TAKEN


async def test_guard_of_the_machine_gets_the_machine():
    """In a guard on the machine `self` is the machine."""

    class M(Machine):
        n = 3

        class A(State["M"]):
            pass

        @guard
        def many(self):
            return self.n > 2

        again = on("x", source=A, target=A, guard=many)

    async with M() as machine:
        assert await machine.dispatch("x") is hsm.Outcome.TAKEN


async def test_guard_of_a_state_named_on_the_machine_gets_the_state():
    """`guard=Idle.ready` in a transition on the machine asks the guard with the object of its state."""

    class M(Machine):
        class A(State["M"]):
            limit = 1

            @guard
            def ready(self):
                return self.limit == 1

        class B(State["M"]):
            pass

        go = on("x", source=A, target=B, guard=A.ready)

    async with M() as machine:
        assert await machine.dispatch("x") is hsm.Outcome.TAKEN


class Gate(Machine):
    """A machine that other ones refine, with guards of a state that transitions elsewhere name."""

    def __init__(self):
        self.asked = []

    @guard
    def allowed(self):
        self.asked.append(self)
        return True

    class Shut(State["Gate"]):
        is_free = False

        @guard
        def free(self):
            self.machine.asked.append(self)
            return self.is_free

        class Inner(State["Gate"]):
            pass

        class Other(State["Gate"]):
            pass

    class Wide(State["Gate"]):
        pass

    swing = on("swing", source=Shut, target=Wide, guard=Shut.free)
    jolt = on("jolt", source=Shut.Inner, target=Shut.Other, guard=~Shut.free)
    free = when(Shut.free, source="Shut", target=Wide)


class FreeGate(Gate):
    """The state is refined, and asks the machine it refines in a guard of its own."""

    class Shut(Gate.Shut):
        is_free = True

    class Wide(Gate.Wide):
        close = on("close", target="Shut", guard=Gate.allowed)


class LooseGate(Gate):
    """The guard is refined."""

    class Shut(Gate.Shut):
        @guard
        def free(self):
            self.machine.asked.append("refined")
            return True


async def test_guard_of_a_state_named_on_the_machine_is_that_of_the_refined_state():
    """A machine that refines the state has its guard asked, with an object of its class, around a source as well."""
    async with Gate() as gate:
        assert await gate.dispatch("swing") is hsm.Outcome.IGNORED
        assert await gate.dispatch("jolt") is hsm.Outcome.TAKEN
        assert {type(each) for each in gate.asked} == {Gate.Shut}
        assert len(set(gate.asked)) == 1
    async with FreeGate() as gate:
        assert gate.state() == "/FreeGate/Wide"
        assert {type(each) for each in gate.asked} == {FreeGate.Shut}
    async with LooseGate() as gate:
        assert gate.state() == "/LooseGate/Wide"
        assert set(gate.asked) == {"refined"}


async def test_guard_of_the_machine_named_in_a_state_gets_the_machine():
    """`guard=Base.allowed` in a state of a machine derived from `Base` asks the machine."""
    async with FreeGate() as gate:
        gate.asked.clear()
        assert await gate.dispatch("close") is hsm.Outcome.TAKEN
        assert gate.asked[0] is gate


async def test_guard_of_a_class_that_is_neither_gets_the_state_that_names_it():
    """A plain class may only collect guards: they are asked as if they were written in the state."""

    class Rules:
        @guard
        def many(self):
            return self.n > 1

    class M(Machine):
        class A(State["M"]):
            n = 2
            go = on("go", target=".", guard=Rules.many)

    async with M() as machine:
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN


@pytest.mark.parametrize("slotted", [attrs.define, attrs.frozen, dataclasses.dataclass(slots=True)])
async def test_guard_of_a_class_with_slots_is_its_own(slotted):
    """A decorator that makes the class a second time leaves the guard that of the class that there is."""

    class M(Machine):
        @slotted
        class A(State["M"]):
            n: int = 0

            @guard
            def ready(self):
                return self.n == 0

            inside = on("x", target="B", guard=ready)

        class B(State["M"]):
            pass

        outside = on("y", source=A, target=B, guard=~A.ready)

    async with M() as machine:
        assert await machine.dispatch("y") is hsm.Outcome.IGNORED
        assert await machine.dispatch("x") is hsm.Outcome.TAKEN


@pytest.mark.parametrize("source", ["A", "A/In", "/M/A", "/M/A/In", "./A", "A/In/.."])
async def test_guard_of_a_mixin_of_a_state_is_asked_with_the_state(source):
    """It is found at the source, or around it, wherever the class is in which it is written."""

    class Checks:
        @guard
        def ready(self):
            return self.flag

    class M(Machine):
        flag = False

        class A(Checks, State["M"]):
            flag = True

            class In(State["M"]):
                flag = False
                deep = on("deep", target="/M/B", guard=Checks.ready)
                up = on("up", source="..", target="/M/B", guard=Checks.ready)
                outer = on("outer", source="A", target="/M/B", guard=Checks.ready)

        class B(State["M"]):
            pass

        go = on("go", source=source, target=B, guard=A.ready)

    for event in ("go", "deep", "up", "outer"):
        async with M() as machine:
            assert await machine.dispatch(event) is hsm.Outcome.TAKEN


async def test_guard_of_a_state_is_asked_for_a_state_that_a_function_made_in_it():
    """The source is not a class; the guard is found around it."""

    class M(Machine):
        class A(State["M"]):
            inner = hsm.state("inner")

            @guard
            def ready(self):
                return True

        class B(State["M"]):
            pass

        go = on("go", source="A/inner", target=B, guard=A.ready)

    async with M() as machine:
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN


async def test_guard_of_a_class_that_a_sibling_refines_is_that_of_the_sibling():
    """Both are in the machine; the transition leaves one of them."""

    class M(Machine):
        class Base(State["M"]):
            ok = False

            @guard
            def ready(self):
                return self.ok

        class A(Base, initial=True):
            ok = True

        go = on("e", source=A, target=Base, guard=A.ready)

    async with M() as machine:
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN


def test_guard_of_a_state_that_another_class_replaced_is_reported():
    """An inherited transition asks a guard that the new state does not have."""
    with pytest.raises(hsm.DefinitionError, match=r"the guard's state 'Gate\.Shut' does not name a vertex"):

        class Replaced(Gate):
            class Shut(State["Replaced"]):
                class Inner(State["Replaced"]):
                    pass

                class Other(State["Replaced"]):
                    pass


@pytest.mark.parametrize(
    "combine",
    [
        lambda a, b: hsm.all_of(a, b),
        lambda a, b: hsm.guard(a & b),
        lambda a, b: hsm.guard(~in_state("A")),
    ],
)
def test_guard_of_a_class_in_a_function_of_hsm_is_reported_with_the_cure(combine):
    """The message names the guard, and how guards of a class are combined."""
    with pytest.raises(hsm.DefinitionError) as told:

        class M(Machine):
            @guard
            def a(self):
                return True

            @guard
            def b(self):
                return True

            class A(State["M"]):
                pass

            go = hsm.transition(hsm.on("go"), hsm.target("A"), combine(a, b))

    text = str(told.value)
    assert "is not callable" in text
    assert "with &, | and ~" in text
    assert "object at" not in text
    assert "GuardCombination" not in text


def test_guard_of_a_state_outside_of_the_machine_is_reported():
    """The message names the class."""

    class Elsewhere(State["Gate"]):
        @guard
        def free(self):
            return True

    with pytest.raises(hsm.DefinitionError, match=r"HSM021.*: the guard's state '.*Elsewhere' does not name a vertex"):

        class M(Machine):
            class A(State["M"]):
                go = on("go", target=".", guard=Elsewhere.free)


async def test_guard_of_a_class_in_several_places_is_that_of_the_source():
    """Each of two states that refine one class has an object of its own."""

    class Lamp(State["M"]):
        power = 0

        @guard
        def bright(self):
            return self.power > 1

    class M(Machine):
        class Dim(Lamp):
            power = 1

        class Bright(Lamp):
            power = 2

        one = on("ask", source=Dim, target=Bright, guard=~Lamp.bright)
        two = on("ask", source=Bright, target=Dim, guard=Lamp.bright)

    async with M() as machine:
        assert await machine.dispatch("ask") is hsm.Outcome.TAKEN
        assert await machine.dispatch("ask") is hsm.Outcome.TAKEN


class Tank(Machine):
    """A machine with a guard that states may name, and one that is a function of several states' own."""

    def __init__(self):
        self.level, self.told = 0, []

    @guard
    def full(self):
        self.told.append("asked")
        return self.level > 9


def is_overfull(self):
    """A predicate that each state asks of itself."""
    self.machine.told.append(type(self).__name__)
    return self.machine.level > 99


@pytest.mark.rule("T6")
async def test_guard_of_the_machine_in_several_change_triggers_is_one_change():
    """Wherever it is named it is asked of the machine: the innermost state takes the change."""

    class Filled(Tank):
        @on("fill")
        def fill(self):
            self.level += 10

        class Outer(State["Filled"]):
            @when(Tank.full)
            def outer(self):
                self.machine.told.append("outer")

            class Inner(State["Filled"]):
                @when(Tank.full)
                def inner(self):
                    self.machine.told.append("inner")

    async with Filled() as tank:
        tank.told.clear()
        await tank.dispatch("fill")
        assert tank.told == ["asked", "inner", "asked"]


@pytest.mark.rule("T6")
async def test_a_function_in_change_triggers_of_several_states_is_a_predicate_of_each():
    """It is called on another object in each: the changes are two."""

    class Filled(Tank):
        @on("fill")
        def fill(self):
            self.level += 100

        class Outer(State["Filled"]):
            over = guard(is_overfull)

            @when(over)
            def outer(self):
                self.machine.told.append("outer")

            class Inner(State["Filled"]):
                over = guard(is_overfull)

                @when(over)
                def inner(self):
                    self.machine.told.append("inner")

    async with Filled() as tank:
        tank.told.clear()
        await tank.dispatch("fill")
        assert [line for line in tank.told if line.islower()] == ["inner", "outer"]
        assert tank.told[:2] == ["Inner", "Outer"]


async def test_guard_as_a_change_condition():
    """`when(guard)` fires when the guard has become true, also for a combination."""

    class M(Machine):
        n = 0

        class A(State["M"]):
            @guard
            def many(self):
                return self.machine.n > 1

            @guard
            def too_many(self):
                return self.machine.n > 5

            @on("inc")
            def inc(self):
                self.machine.n += 1

            grown = when(many & ~too_many, target="B")

        class B(State["M"]):
            pass

    async with M() as machine:
        await machine.dispatch("inc")
        assert machine.state() == "/M/A"
        await machine.dispatch("inc")
        assert machine.state() == "/M/B"


async def test_guard_that_returns_no_bool_is_an_error():
    """A guard that returns anything else counts as false, and the error is raised if nothing takes it."""

    class M(Machine):
        class A(State["M"]):
            @guard
            def ask(self):
                return "yes"

            go = on("x", target=".", guard=ask)

    async with M() as machine:
        with pytest.raises(hsm.GuardError, match=r"M\.A\.ask"):
            await machine.dispatch("x")


def test_guard_with_other_arguments_is_an_error():
    """A guard that fits none of the forms is reported when it is used."""
    with pytest.raises(hsm.DefinitionError, match=r"\(self, ctx, event\)"):

        class M(Machine):
            class A(State["M"]):
                @guard
                def ask(self, a, b, c):
                    return True

                go = on("x", guard=ask)


def test_guard_by_name_is_an_error():
    """A guard is named by its reference: a string is reported as what it is."""
    with pytest.raises(hsm.DefinitionError, match="'ready' is not callable"):

        class M(Machine):
            class A(State["M"]):
                @guard
                def ready(self):
                    return True

                go = on("x", guard="ready")
