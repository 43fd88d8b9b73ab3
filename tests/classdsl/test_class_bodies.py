"""What is written in a class body counts: without a name, under a name that is used again, wherever it was made."""

from __future__ import annotations

import functools
import gc
import threading
import types
import typing

import pytest

import hsm
from hsm.elements.nodes import Transition
from hsm_classdsl import Machine, State, Submachine, after, entry, every, exit, guard, initial, on, transition

pytestmark = pytest.mark.filterwarnings("ignore::hsm.DefinitionWarning")


async def driven(kind, *events):
    """The state and the log of a machine of *kind* after *events*; paths without the machine's name."""
    async with kind() as machine:
        for event in events:
            await machine.dispatch(event)
        return machine.state().removeprefix(f"/{kind.__name__}/"), getattr(machine, "log", "")


def transitions(kind, state="A"):
    """How many transitions *state* of *kind* has."""
    (found,) = [part for part in kind.model.parts if getattr(part, "name", None) == state]
    return sum(isinstance(part, Transition) for part in found.parts)


def codes(define):
    """The codes that are reported for the classes that *define* makes."""
    with pytest.raises(hsm.DefinitionError) as caught:
        define()
    return [each.code for each in caught.value.diagnostics]


# --- without a name ---------------------------------------------------------------------------------------------


async def test_methods_called_underscore_all_count():
    """Any number of methods may be called `_`, each with its marks; none takes another's place."""

    class M(Machine):
        log = ""

        class A(State["M"]):
            @on("x")
            @on("y")
            def _(self):
                self.machine.log += "1"

            @entry
            @exit
            def _(self):
                self.machine.log += "e"

            @on("z")
            def _(self):
                self.machine.log += "2"

        @on("z")
        def _(self):
            self.log += "never"

    assert await driven(M, "x", "y", "z") == ("A", "e112")


async def test_marks_without_a_name_are_transitions():
    """A mark alone in a body is a transition, in the order in which it was written."""

    class M(Machine):
        class A(State["M"]):
            on("x", target="B", guard=lambda self: False)
            on("x", target="C")
            on("x", target="B")

        class B(State["M"]):
            transition(target="C")

        class C(State["M"]):
            after(seconds=1, target="A")

        on("b", source=A, target=B)
        on("m", source=A, target=C)(lambda self: None)

    assert await driven(M, "x") == ("C", "")
    assert await driven(M, "b") == ("C", "")
    assert await driven(M, "m") == ("C", "")


@pytest.mark.parametrize(
    "event", ["yes", "loop 1", "list 0", "dict x", "generator 1", "exec", "eval", "lambda", "helper 1"]
)
async def test_a_mark_counts_where_it_was_made(event):
    """Made in a branch, a loop, a comprehension, by `exec`, or in a function that the body calls: a mark counts."""

    def helper(count):
        for number in range(count):
            on(f"helper {number}", target="B")

    class M(Machine):
        class A(State["M"]):
            if event:
                on("yes", target="B")
            else:
                on("no", target="B")
            for number in range(2):
                on(f"loop {number}", target="B")
            kept = [on(f"list {number}", target="B") for number in range(2)]
            {name: on(f"dict {name}", target="B") for name in "xy"}
            tuple(on(f"generator {number}", target="B") for number in range(2))
            exec("on('exec', target='B')")
            eval("on('eval', target='B')")
            (lambda: on("lambda", target="B"))()
            helper(2)

        class B(State["M"]):
            pass

    assert await driven(M, event) == ("B", "")
    assert await driven(M, "no") == ("A", "")


def test_a_whole_module_of_text_is_read_as_any_other():
    """A class statement that is executed from text keeps its nameless parts, whatever namespaces `exec` is given."""
    text = "class M(Machine):\n class A(State['M']):\n  on('x', target='B')\n class B(State['M']): pass\n"
    names = {"Machine": Machine, "State": State, "on": on}
    for given in ([dict(names)], [dict(names), {}]):
        exec(text, *given)
        assert transitions(given[-1]["M"]) == 1


async def test_elements_without_a_name_count_as_well():
    """A part of the functional front end alone in a body is a part of the class; parts of parts are not."""

    def waiting():
        return hsm.transition(hsm.on("wait"), hsm.target("/M/B"))

    class M(Machine):
        hsm.initial(hsm.target("A"))

        class B(State["M"]):
            hsm.defer("later")
            hsm.state("C", waiting(), hsm.transition(hsm.on("y"), hsm.target("/M/A")))
            waiting()

        class A(State["M"]):
            hsm.transition(hsm.on("x"), hsm.guard(lambda ctx, instance, event: True), hsm.target("B"))
            parts = [hsm.transition(hsm.on("z"))]

        inner = Submachine(
            type("Other", (Machine,), {"X": type("X", (State,), {})}), hsm.transition(hsm.on("s"), hsm.target("B"))
        )
        other = hsm.Event("not a part")

    assert await driven(M, "x") == ("B/C", "")
    assert transitions(M) == 2
    assert [type(part).__name__ for part in M.model.parts] == ["Initial", "State", "State", "Submachine"]


def test_a_model_made_in_a_body_lends_it_nothing():
    """Elements of a model that a class body defines belong to that model."""

    class M(Machine):
        hsm.define("Other", hsm.state("x", hsm.transition(hsm.on("go"), hsm.target("y"))), hsm.state("y"))

        class A(State["M"]):
            pass

    assert [part.name for part in M.model.parts] == ["A"]


async def test_functions_from_elsewhere_may_be_marked_in_a_body():
    """A function that is marked and not bound is a behaviour, once; so is one that is bound, in each body for itself."""

    def note(self):
        self.machine.log += "n"

    class M(Machine):
        log = ""

        class A(State["M"]):
            entry(note)
            on("x", target="B")

        class B(State["M"]):
            again = entry(note)
            on("x", target="C")(functools.partial(note))

        class C(State["M"]):
            n = exit(entry(note))
            on("x", target="A")

    assert await driven(M, "x", "x", "x") == ("A", "nnnnnn")


async def test_a_function_that_is_marked_outside_has_that_mark_in_every_body():
    """Marks that were put on a function outside of class bodies count in all; those of one body only there."""

    @entry
    def note(self):
        self.machine.log += "n"

    class M(Machine):
        log = ""

        class A(State["M"]):
            first = on("a")(note)
            on("x", target="B")

        class B(State["M"]):
            second = on("b")(note)

    assert await driven(M, "a", "b", "x", "a", "b") == ("B", "nnnn")


async def test_what_has_two_names_counts_once():
    """A second name for a marked function, a mark or an element does not make it twice."""

    class M(Machine):
        log = ""

        class A(State["M"]):
            @entry
            def enter(self):
                self.machine.log += "e"

            also = enter
            go = come = on("x", target="B")
            part = same = hsm.transition(hsm.on("y"), hsm.target("B"))
            n = exit(enter)

        class B(State["M"]):
            pass

    assert await driven(M, "x") == ("B", "ee")
    assert transitions(M) == 2


async def test_a_plain_mixin_keeps_what_has_no_name():
    """`def _` and marks without a name count in a mixin of any class, too."""

    class Mixin:
        @on("x")
        def _(self):
            self.machine.log += "x"

        @on("y")
        def _(self):
            self.machine.log += "y"

        on("b", target="B")
        hsm.transition(hsm.on("c"), hsm.target("B"))
        for number in range(2):
            on(f"b{number}", target="B")

    class M(Machine):
        log = ""

        class A(Mixin, State["M"]):
            pass

        class B(State["M"]):
            pass

    assert await driven(M, "x", "y", "b") == ("B", "xy")
    assert await driven(M, "c") == ("B", "")
    assert await driven(M, "b1") == ("B", "")


async def test_what_has_no_name_is_never_overridden():
    """A subclass adds its own methods called `_` to those of its base."""

    class Base(State):
        @on("x")
        def _(self):
            self.machine.log += "x"

    class M(Machine):
        log = ""

        class A(Base):
            @on("y")
            def _(self):
                self.machine.log += "y"

    class N(M):
        @on("z")
        def _(self):
            self.log += "z"

    assert await driven(N, "x", "y", "z") == ("A", "xyz")


async def test_a_deleted_name_is_gone():
    """What a body deletes is not declared; neither is it reported as lost."""

    class M(Machine):
        class A(State["M"]):
            go = on("x", target="B")
            del go
            on("y", target="B")

            @on("x")
            def come(self):
                pass

            del come

            @careless
            @on("x", target="B")
            def lost(self):
                pass

            del lost
            go = on("z", target="B")

        class B(State["M"]):
            pass

    assert await driven(M, "x") == ("A", "")
    assert await driven(M, "y") == ("B", "")
    assert await driven(M, "z") == ("B", "")
    assert transitions(M) == 2


async def test_bindings_that_are_not_seen_count_as_well():
    """What is put into the namespace past the binding of names, or by an `__init_subclass__`, is declared."""

    class Base(Machine, abstract=True):
        def __init_subclass__(cls, **keywords):
            super().__init_subclass__(**keywords)
            cls.Extra = type("Extra", (State,), {})

    class M(Base):
        class A(State["M"], initial=True):
            locals().update(go=on("x", target="Extra"))
            vars()["come"] = on("y", target="Extra")

    assert await driven(M, "x") == ("Extra", "")
    assert await driven(M, "y") == ("Extra", "")


async def test_a_class_that_a_function_makes_keeps_its_marks():
    """Marks of a class that is made by a call are not taken for those of the body around."""

    def make(name, target):
        return type(name, (State,), {"go": on("go", target=target)})

    def fill(namespace):
        namespace["go"] = on("go", target="A")
        namespace["enter"] = entry(lambda self: None)

    class M(Machine):
        A = make("A", "B")
        B = make("B", "C")
        C = types.new_class("C", (State,), {}, fill)

    assert [type(part).__name__ for part in M.model.parts] == ["State"] * 3
    assert await driven(M, "go", "go") == ("C", "")
    assert (M.A.__module__, M.C.__module__) == (__name__, __name__)


def test_the_order_of_a_namespace_that_a_function_fills_is_kept():
    """`types.new_class` fills a namespace by a function: the first state is the first one there, too."""

    def fill(namespace):
        namespace["first"] = type("A", (State,), {})
        namespace["second"] = type("B", (State,), {})

    made = types.new_class("M", (Machine,), {}, fill)
    assert [part.name for part in made.model.parts] == ["first", "second"]


# --- a name that is used again ----------------------------------------------------------------------------------


def test_what_python_binds_again_is_no_mistake():
    """Property pairs, overloads, and a function that is marked, wrapped or made a guard under its own name."""

    def logged(method):
        @functools.wraps(method)
        def inner(self):
            return method(self)

        return inner

    class M(Machine):
        class A(State["M"]):
            n = 0

            @property
            def value(self):
                return 1

            @value.setter
            def value(self, value):
                self.n = value

            @typing.overload
            def go(self) -> None: ...
            @typing.overload
            def go(self, event: object) -> None: ...
            @on("x")
            def go(self, event=None):
                pass

            def enter(self):
                pass

            enter = entry(enter)
            enter = logged(enter)

            def act(ctx, instance, event):
                pass

            act = staticmethod(entry(act))

            def ready(self):
                return True

            ready = guard(ready)
            ready = ready

            def plain(self):
                pass

            def plain(self):
                pass

            come = on("y", guard=ready)

            @come
            def come(self):
                pass

            kept = on("kept")
            there = kept
            kept = None
            kept = there

    assert transitions(M) == 3


def twice_a_method():
    class M(Machine):
        class A(State["M"]):
            @on("x")
            def go(self):
                pass

            @on("y")
            def go(self):
                pass


def data_after_a_mark():
    class M(Machine):
        class A(State["M"]):
            go = on("x")
            go = 5


def a_mark_after_data():
    class M(Machine):
        class A(State["M"]):
            go = 5
            go = on("x")


def two_guards():
    class M(Machine):
        class A(State["M"]):
            @guard
            def ready(self):
                return True

            @guard
            def ready(self):
                return False


def a_mark_after_a_state():
    class M(Machine):
        class A(State["M"]):
            pass

        A = on("x", source=".")


def a_mark_in_a_loop():
    class M(Machine):
        class A(State["M"]):
            for number in range(100):
                go = on(f"x{number}")


def a_plain_method_before():
    class M(Machine):
        class A(State["M"]):
            def go(self):
                pass

            @on("x")
            def go(self):
                pass


def an_element_twice():
    class M(Machine):
        part = hsm.state("A")
        part = hsm.state("B")


def in_a_mixin():
    class Mixin:
        @on("x")
        def go(self):
            pass

        @on("y")
        def go(self):
            pass

    class M(Machine):
        class A(Mixin, State["M"]):
            pass


@pytest.mark.parametrize(
    "define",
    [
        twice_a_method,
        data_after_a_mark,
        a_mark_after_data,
        two_guards,
        a_mark_after_a_state,
        a_plain_method_before,
        an_element_twice,
        in_a_mixin,
    ],
    ids=lambda define: define.__name__,
)
def test_a_name_that_is_bound_twice_is_reported(define):
    """Where one of two things with one name declares something, the class statement says so, once."""
    assert codes(define) == ["HSM019"]


def test_a_loop_that_binds_one_name_is_reported_once():
    """A mark that a loop binds to the same name every time is one mistake, at one place."""
    assert codes(a_mark_in_a_loop) == ["HSM019"]


def test_two_states_of_one_name_are_reported_as_in_calls():
    """`class A` twice in one body has the code that two states of one name have in the functional front end."""

    def define():
        class M(Machine):
            class A(State["M"]):
                pass

            class A(State["M"]):
                pass

    assert codes(define) == ["HSM004"]


# --- marks that are lost ----------------------------------------------------------------------------------------


def careless(method):
    """A decorator without `functools.wraps`."""

    def inner(self):
        return method(self)

    return inner


def dropped_in_a_state():
    class M(Machine):
        class A(State["M"]):
            @careless
            @on("x")
            def go(self):
                pass


def dropped_without_a_name():
    class M(Machine):
        class A(State["M"]):
            @careless
            @on("x")
            def _(self):
                pass


def dropped_in_a_mixin():
    class Mixin:
        @careless
        @on("x")
        def go(self):
            pass

    class M(Machine):
        class A(Mixin, State["M"]):
            pass


@pytest.mark.parametrize("define", [dropped_in_a_state, dropped_without_a_name, dropped_in_a_mixin])
def test_a_mark_that_a_decorator_drops_is_reported(define):
    """A decorator without `functools.wraps` above a mark loses it: the class statement says so."""
    assert codes(define) == ["HSM020"]


async def test_a_decorator_with_wraps_keeps_the_mark():
    """`functools.wraps` takes the mark along, and what was decorated is what runs."""

    def logged(method):
        @functools.wraps(method)
        def inner(self):
            self.machine.log += "("
            method(self)
            self.machine.log += ")"

        return inner

    class M(Machine):
        log = ""

        class A(State["M"]):
            @logged
            @on("x")
            def go(self):
                self.machine.log += "x"

            @logged
            @on("y")
            def _(self):
                self.machine.log += "y"

    assert await driven(M, "x", "y") == ("A", "(x)(y)")


def test_a_method_of_a_mixin_that_is_deleted_is_not_reported():
    """Where bindings are not noted, a marked method that has no name any more was deleted on purpose."""

    class Mixin:
        @on("x")
        def go(self):
            pass

        del go

    class M(Machine):
        class A(Mixin, State["M"]):
            pass

    assert transitions(M) == 0


def test_marks_on_classes_are_reported():
    """A mark decorates a function: on a class, or on a machine to embed, it is reported, and not dropped."""

    def define():
        class M(Machine):
            @on("x")
            class Plain:
                pass

            @entry
            class A(State["M"]):
                pass

            @on("y")
            class Inner(Machine):
                class X(State["Inner"]):
                    pass

            kept = on("z")(Submachine(type("Other", (Machine,), {"X": type("X", (State,), {})})))

    assert codes(define) == ["HSM005"] * 4


def test_classes_with_marks_that_are_no_states_are_reported():
    """Function marks, marks alone, states and elements in a class that is no state: each would come to nothing."""

    def define():
        class M(Machine):
            class A(State["M"]):
                class Marked:
                    @entry
                    def _(self):
                        pass

            class Alone:
                on("x", target="A")

            class Around:
                class Inner(State["M"]):
                    pass

            class Elements:
                lock = hsm.state("locked")

    assert codes(define) == ["HSM064"] * 4


def test_a_class_whose_marks_are_used_is_no_mistake():
    """A class that only keeps what the machine declares under names of its own is none; nor is a typed dictionary."""

    class M(Machine):
        class Kept:
            lock = hsm.state("locked")
            go = on("go", target="locked")

            @entry
            def enter(self):
                pass

        class Row(typing.NamedTuple):
            number: int

        class Options(typing.TypedDict):
            number: int

        class A(State["M"]):
            pass

        locked = Kept.lock
        go = Kept.go
        enter = Kept.enter

    assert [type(part).__name__ for part in M.model.parts] == ["Entry", "State", "State", "Transition"]


# --- around it ----------------------------------------------------------------------------------------------------


@pytest.mark.needs_system
def test_bodies_in_several_threads_do_not_mix():
    """Class statements that run in several threads at once keep their notes apart."""
    counts = []

    def work():
        for _ in range(25):

            class M(Machine):
                class A(State["M"]):
                    [on(f"e{number}", target="B") for number in range(3)]
                    on("z", target="B")
                    hsm.transition(hsm.on("y"), hsm.target("B"))

                class B(State["M"]):
                    pass

            counts.append(transitions(M))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert counts == [5] * 100


def test_a_body_that_fails_leaves_nothing():
    """A class body that raises is forgotten with its frame."""
    from hsm_classdsl import notes

    with pytest.raises(ZeroDivisionError):

        class M(Machine):
            class A(State["M"]):
                on("x")
                raise ZeroDivisionError

    gc.collect()
    assert not list(notes._open)


@pytest.mark.needs_system
def test_marks_made_where_no_class_body_runs_are_just_marks():
    """A mark that is made in a function or a thread belongs to nothing until a class has it."""
    found = []
    thread = threading.Thread(target=lambda: found.append(on("x", target=".")))
    thread.start()
    thread.join()

    class M(Machine):
        class A(State["M"]):
            go = found[0]

    assert transitions(M) == 1


# --- timers, options --------------------------------------------------------------------------------------------


def test_timers_take_days():
    """`after` and `every` add up days, hours, minutes and seconds."""

    class M(Machine):
        class A(State["M"]):
            after(days=1, seconds=2, target=".")
            every(days=2)

    (state,) = M.model.parts
    first, second = state.parts
    assert [first.parts[0].duration.total_seconds(), second.parts[0].duration.days] == [86402, 2]


def test_a_misspelt_option_is_one_mistake():
    """A misspelt unit of a timer is reported as that, and not as a missing duration besides."""

    def define():
        class M(Machine):
            class A(State["M"]):
                every(day=2)
                on("x", tarjet="B")

    assert codes(define) == ["HSM027", "HSM027"]


# --- the default entry ------------------------------------------------------------------------------------------


async def test_the_default_entry_of_a_subclass_replaces_the_inherited_one():
    """`initial=True` in a subclass moves the default entry, however the base class says it."""

    class Base(Machine):
        class A(State["Base"], initial=True):
            pass

        class B(State["Base"]):
            on("x", target="A")

        on("c", source=B, target=A)

    class Added(Base):
        class C(State["Added"], initial=True):
            on("x", target="B")

    class Refined(Base):
        class B(Base.B, initial=True):
            pass

    class Later(Added):
        class A(Added.A):
            pass

        class C(Added.C):
            pass

    class Marked(Added):
        begin = initial("B")

    class MarkedAgain(Marked):
        @initial("A")
        @on("again")
        def begin_too(self):
            pass

    class Element(MarkedAgain):
        hsm.initial(hsm.target("B"))

    class Removed(Added):
        class C(Added.C, initial=False):
            pass

    class Embedded(Base):
        inner = Submachine(Base, initial=True)

    kinds = [Base, Added, Refined, Later, Marked, MarkedAgain, Element, Removed, Embedded]
    assert [(await driven(kind))[0] for kind in kinds] == ["A", "C", "B", "C", "B", "A", "B", "A", "inner/A"]


async def test_a_base_state_that_says_initial_yields_to_the_class_that_uses_it():
    """A state of a machine may have `initial=True` from a base class of its own; that is said where it is used."""

    class First(State, initial=True):
        pass

    class Base(Machine):
        class A(State["Base"], initial=True):
            on("x", target="B")

        class B(State["Base"]):
            on("x", target="A")

    class M(Base):
        class C(First):
            on("x", target="A")

    assert await driven(M) == ("C", "")
