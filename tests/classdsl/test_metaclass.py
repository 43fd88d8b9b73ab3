"""Classes of machines and states as objects: what they mix with, what they show, and what may be changed about them."""

from __future__ import annotations

import abc
import asyncio
import copy
import dataclasses
import enum
import functools
import gc
import pickle
import sys
import types
import typing
import unittest.mock
import weakref

import attrs
import pytest
import typing_extensions
from support import rule

import hsm
from hsm.elements.nodes import Transition
from hsm_classdsl import Choice, Final, Machine, Region, State, Submachine, entry, guard, on, transition

T = typing.TypeVar("T")

pytestmark = pytest.mark.filterwarnings("ignore::hsm.DefinitionWarning")


class Pick(Machine):
    """At module level, so that it can be pickled."""

    class A(State["Pick"], initial=True):
        on("x", target="B")

        class Inner(State["Pick"]):
            pass

    class B(State["Pick"]):
        pass


def codes(define):
    """The codes that are reported for what *define* does."""
    with pytest.raises(hsm.DefinitionError) as caught:
        define()
    return [each.code for each in caught.value.diagnostics]


def transitions(kind):
    """How many transitions a machine of *kind* has itself."""
    return sum(isinstance(part, Transition) for part in kind.model.parts)


# --- mixing -----------------------------------------------------------------------------------------------------


async def test_machines_and_states_mix_with_protocols_and_abstract_classes():
    """ABCs, protocols of both modules and type parameters may be bases of machines and of states."""

    @typing.runtime_checkable
    class Closes(typing.Protocol):
        def close(self): ...

    @typing_extensions.runtime_checkable
    class ClosesToo(typing_extensions.Protocol):
        def close(self): ...

    class Counts(abc.ABC):
        @abc.abstractmethod
        def count(self): ...

    class M(Machine, Closes, ClosesToo, Counts, typing.Generic[T]):
        closed = 0

        def close(self):
            self.closed += 1

        def count(self):
            return self.closed

        class A(State["M[int]"], Closes):
            def close(self):
                self.machine.close()

            @entry
            def _(self):
                self.close()

    class N(Machine, Counts):
        class A(State["N"]):
            pass

    with pytest.raises(TypeError, match="abstract"):
        N()
    Counts.register(int)
    M.register(float)
    assert isinstance(3, Counts)
    assert isinstance(1.0, M)
    assert not isinstance(3, N)
    assert issubclass(M, Closes)
    assert isinstance(M(), ClosesToo)
    assert typing.get_args(M[int]) == (int,)
    async with M() as machine:
        assert machine.count() == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is younger")
async def test_type_parameters_in_brackets_are_no_hindrance():
    """`class M[T](Machine)` is read like any other body, and its position is the class statement."""
    text = """\
class M[T](Machine):
    class A[U](State["M"], initial=True):
        on("x", target="B")
        [on(f"k{number}", target="B") for number in range(2)]
        @on("y")
        def _(self, event: T) -> U: self.machine.log = "y"
        @on("z")
        def _(self): self.machine.log += "z"
    class B(State["M"]): pass
"""
    names = {"Machine": Machine, "State": State, "on": on, "__name__": __name__}
    exec(compile(text, "text.py", "exec"), names)
    kind = names["M"]
    assert [str(each.hsm_where.place()) for each in (kind, kind.A)] == ["text.py:1:1", "text.py:2:5"]
    async with kind() as machine:
        for event in ("y", "z", "k1"):
            await machine.dispatch(event)
        assert (machine.state(), machine.log) == ("/M/B", "yz")


@pytest.mark.parametrize(
    "decorate",
    [
        attrs.define,
        attrs.define(slots=False),
        attrs.frozen,
        attrs.frozen(slots=False),
        attrs.define(eq=False),
        attrs.define(kw_only=True),
        dataclasses.dataclass,
        dataclasses.dataclass(frozen=True),
        dataclasses.dataclass(slots=True),
        dataclasses.dataclass(slots=True, frozen=True),
    ],
    ids=[
        "define",
        "dict",
        "frozen",
        "frozen dict",
        "identity",
        "keywords",
        "data",
        "frozen data",
        "slots",
        "frozen slots",
    ],
)
async def test_classes_that_are_made_anew_keep_what_has_no_name(decorate):
    """Attrs and dataclasses make a class a second time: nameless parts and the position are those of the first."""

    @decorate
    class M(Machine):
        n: int = 0

        @decorate
        class A(State["M"], initial=True):
            m: int = 0
            on("x", target="B")

            @on("y")
            def _(self):
                pass

            @on("z")
            def _(self):
                pass

        class B(State["M"]):
            pass

        @on("m")
        def _(self):
            pass

        @on("n", source=A, target=B)
        def _(self):
            pass

    assert M(n=3).n == 3
    assert transitions(M) == 2
    assert [each.__name__ for each in M] == ["A", "B"]
    assert str(M.A) == "/M/A"
    assert M.hsm_where.place().file == M.A.hsm_where.place().file == __file__
    for event in ("x", "n"):
        async with M() as machine:
            for each in ("y", "z", event):
                assert await machine.dispatch(each) is hsm.Outcome.TAKEN
            assert machine.state() == "/M/B"


def test_zero_argument_super_and_class_cells_work():
    """`super()` in methods of machines and states means the class that it is written in."""

    class Base(State):
        def __init__(self):
            self.n = 1

    class M(Machine):
        def __init__(self):
            super().__init__()
            self.k = __class__

        class A(Base):
            def __init__(self):
                super().__init__()
                self.n += 1

    assert M().k is M
    assert M.A().n == 2


def test_enumerations_in_a_body_and_as_names_are_plain_values():
    """An enumeration may be nested, and its members may name events; as a base class Python refuses it."""

    class Names(str, enum.Enum):  # noqa: UP042 - as one writes it for Python 3.10
        GO = "go"

    class M(Machine):
        class Colour(enum.Enum):
            RED = 1

        class A(State["M"]):
            on(Names.GO, target=".")

    assert [part.name for part in M.model.parts] == ["A"]
    with pytest.raises(TypeError, match="metaclass conflict"):
        types.new_class("N", (Machine, enum.Enum))


class Unbound:
    """A proxy that cannot answer anything yet."""

    def __getattr__(self, name):
        raise RuntimeError(f"not bound: {name}")


class UnboundClass(Unbound):
    """One that does not even say what it is, and wants to know its name."""

    named = ()

    @property
    def __class__(self):
        raise RuntimeError("not bound")

    @property
    def __dict__(self):
        raise RuntimeError("not bound")

    def __set_name__(self, owner, name):
        type(self).named = (owner, name)


async def test_an_attribute_that_raises_is_no_hindrance():
    """An attribute whose `__getattr__`, or even `__class__`, raises may be in any class body: nothing of it is read."""

    class Mixin:
        lazy = Unbound()

    class M(Machine):
        lazy = Unbound()

        class A(Mixin, State["M"]):
            very_lazy = UnboundClass()
            on("x", target="B")

        class B(State["M"]):
            pass

    assert type(M.__dict__["lazy"]) is Unbound
    assert UnboundClass.named == (M.A, "very_lazy")
    async with M() as machine:
        await machine.dispatch("x")
        assert machine.state() == "/M/B"


def test_classes_are_freed():
    """Nothing keeps a machine class alive."""

    class M(Machine):
        class A(State["M"]):
            on("x")

    found = weakref.ref(M)
    del M
    gc.collect()
    assert found() is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_classes_are_copied_and_pickled_as_any_other(copied):
    """A copy of a class is the class; a copy of a machine has its data."""
    machine = Pick()
    machine.k = 1
    assert copied(Pick) is Pick
    assert copied(Pick.A) is Pick.A
    assert copied(machine).k == 1


# --- what they show ---------------------------------------------------------------------------------------------


def test_a_state_class_prints_its_path():
    """`str` of a state is its path in the machine that it was written in; its repr says what it is."""

    class Sub(Pick):
        pass

    assert (str(Pick.A.Inner), f"{Pick.B}") == ("/Pick/A/Inner", "/Pick/B")
    assert str(Sub.A) == "/Pick/A"
    assert repr(Pick) == str(Pick) == f"<machine {__name__}.Pick: A, B>"
    assert repr(Pick.A) == f"<state {__name__}.Pick.A: Inner>"
    assert repr(State) == "<state hsm_classdsl.vertices.State>"
    assert repr(Choice.__mro__[-3]).startswith("<vertex hsm_classdsl.vertices.Vertex")


def test_a_state_that_is_in_no_machine_has_no_path():
    """A base class for states prints as what it is; in an abstract machine it has its path."""

    class Loose(State):
        class Inner(State):
            pass

    assert str(Loose.Inner) == repr(Loose.Inner)

    class Plain:
        class Inner(State):
            pass

    class Base(Machine, abstract=True):
        class A(State["Base"]):
            pass

        again = Loose

    assert str(Base.A) == "/Base/A"
    assert str(Plain.Inner) == repr(Plain.Inner)
    assert str(Loose.Inner) == "/Base/again/Inner"


def test_a_long_repr_is_cut():
    """The repr of a class with many states names the first."""
    inner = {f"S{number}": type(f"S{number}", (State,), {}) for number in range(9)}
    made = type("M", (Machine,), inner)
    assert repr(made) == f"<machine {__name__}.M: S0, S1, S2, S3, S4, S5, ...>"


def test_iterating_over_a_class_yields_its_vertices():
    """The vertex classes directly in a machine or a state, inherited ones first, without those that were removed."""

    class M(Machine):
        class A(State["M"]):
            class Left(Region):
                class X(State["M"]):
                    pass

        class Way(Choice["M"]):
            transition(target="A")

        class End(Final):
            pass

    class N(M):
        A = None
        on("x", source="B", target="Way")

        class B(State["N"], initial=True):
            pass

        class Way(Choice["N"]):
            transition(target="B")

    assert list(M) == [M.A, M.Way, M.End]
    assert list(M.A) == [M.A.Left]
    assert list(N) == [N.Way, N.End, N.B] == [N.Way, M.End, N.B]
    assert list(State) == []


@rule("L2")
async def test_is_in_takes_the_class_of_a_state():
    """`is_in(Door.Opened)` is `is_in` of the path that the class has in this very machine."""

    class Busy(State):
        pass

    class Motor(Machine):
        class Off(State["Motor"]):
            on("on", target="On")

        class On(State["Motor"]):
            pass

    class M(Machine):
        class A(State["M"], initial=True):
            on("x", target="B")

        class B(Busy):
            on("x", target="C")

        class C(Busy):
            on("x", target="motor")

        motor = Submachine(Motor)

    class N(M):
        class A(M.A):
            pass

    async with N() as n:
        assert n.is_in(N.A)
        assert n.is_in(M.A)
        assert n.is_in(N)
        assert not n.is_in(N.B)
        assert not n.is_in(Busy)
        machine = hsm.machine_of(n)
        await n.dispatch("x")
        assert machine.is_in(N.B)
        assert n.is_in(Busy)
        await n.dispatch("x")
        assert n.is_in(Busy)
        assert not n.is_in(Motor)
        await n.dispatch("x")
        await n.dispatch("on")
        assert not n.is_in(Busy)
        assert n.is_in(Motor)
        assert n.is_in(Motor.On)
        assert not n.is_in(Motor.Off)
        with pytest.raises(ValueError, match=r"Pick\.A.* is not a state of machine class 'N'"):
            n.is_in(Pick.A)
        with pytest.raises(TypeError):
            n.is_in(3)


async def test_a_class_is_no_path_where_no_class_declares_the_model():
    """A model of the functional front end has no classes: paths are strings there."""
    machine = await hsm.start(None, hsm.Instance(), hsm.define("M", hsm.state("a")))
    with pytest.raises(TypeError, match="a path is a string such as '/Model/state', not <state"):
        machine.is_in(Pick.A)


# --- abstract ---------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
async def test_an_abstract_machine_is_not_judged():
    """A base that only subclasses complete has no model, no errors and no warnings; its subclasses have."""

    class Base(Machine, abstract=True):
        class A(State["Base"], initial=True):
            on("go", target="B")

        class Never(State["Base"]):
            on("go", target="nowhere")

    with pytest.raises(AttributeError, match="'Base' is abstract"):
        Base.model  # noqa: B018

    class Still(Base, abstract=True):
        Never = None

    class M(Still):
        class B(State["M"]):
            pass

    with pytest.raises(AttributeError, match="'Still' is abstract"):
        Still().model  # noqa: B018
    async with M() as machine:
        await machine.dispatch("go")
        assert machine.state() == "/M/B"
    with pytest.raises(hsm.DefinitionError, match="nowhere"):
        types.new_class("N", (Base,))


async def test_an_abstract_machine_may_be_data():
    """Attrs makes an abstract machine a second time, and it stays abstract; so does one that keeps the keyword back."""

    @attrs.define(eq=False)
    class Base(Machine, abstract=True):
        n: int = 0

        class A(State["Base"]):
            on("go", target="B")

    class Keeps(Base, abstract=True):
        def __init_subclass__(cls, **keywords):
            super().__init_subclass__()

    class Abstract(Keeps, abstract=True):
        pass

    class M(Abstract):
        class B(State["M"]):
            pass

    assert [each.hsm_model for each in (Base, Keeps, Abstract)] == [None] * 3
    async with M(n=2) as machine:
        await machine.dispatch("go")
        assert machine.state() == "/M/B"


def test_a_misspelt_keyword_of_a_machine_is_an_error():
    """Python refuses a keyword that a class statement does not know."""
    with pytest.raises(TypeError, match="keyword"):
        types.new_class("M", (Machine,), {"abstrakt": True})


# --- changes that come too late ---------------------------------------------------------------------------------


class Common(State):
    """A base class of states."""

    @entry
    def enter(self):
        pass


def late():
    """A machine class that is finished."""

    class Base(Machine, abstract=True):
        pass

    class M(Base):
        class A(Common):
            go = on("x", target="B")

            @guard
            def ready(self):
                return True

        class B(State["M"]):
            pass

        def plain(self):
            return 1

    return M


@pytest.mark.parametrize(
    "change",
    [
        lambda kind: setattr(kind, "C", type("C", (State,), {})),
        lambda kind: setattr(kind, "A", None),
        lambda kind: setattr(kind, "part", hsm.state("z")),
        lambda kind: setattr(kind, "inner", Submachine(Pick)),
        lambda kind: setattr(kind.A, "come", on("y")),
        lambda kind: setattr(kind.A, "go", None),
        lambda kind: setattr(kind.A, "ready", lambda self: False),
        lambda kind: setattr(kind.A, "marked", entry(lambda self: None)),
        lambda kind: delattr(kind, "A"),
        lambda kind: delattr(kind.A, "go"),
        lambda kind: setattr(kind.__mro__[1], "C", type("C", (State,), {})),
        lambda kind: setattr(Common, "enter", None),
        lambda kind: unittest.mock.patch.object(kind.A, "ready").start(),
    ],
)
def test_a_declaration_that_comes_too_late_is_refused(change):
    """States, marks, guards and elements cannot be added to a finished class, nor to its bases, nor taken from it."""
    kind = late()
    assert codes(lambda: change(kind)) == ["HSM065"]


def test_a_late_change_is_reported_with_its_place():
    """The report names the class in the model and shows the assignment."""
    kind = late()
    with pytest.raises(hsm.DefinitionError) as caught:
        kind.A.come = on("y")
    (problem,) = caught.value.diagnostics
    assert problem.within == "/M/A"
    assert problem.where.place().text.strip() == 'kind.A.come = on("y")'


def test_everything_else_about_a_class_may_be_changed():
    """Plain attributes, methods, documentation, patches of them: a finished class is a class."""
    kind = late()
    kind.A = kind.A
    kind.plain = lambda self: 2
    kind.new = 3
    kind.A.attribute = 4
    del kind.new
    kind.__doc__ = "x"
    kind.cached = functools.cached_property(lambda self: 1)
    abc.update_abstractmethods(kind)
    typing.get_type_hints(kind)
    unittest.mock.create_autospec(kind)
    with unittest.mock.patch.object(kind, "plain", return_value=9):
        assert kind().plain() == 9
    assert kind().plain() == 2


# --- names of the library's -------------------------------------------------------------------------------------


NAMES = ("state", "states", "stop", "dispatch", "is_in", "_runner")
MACHINES = ("Machine", "Machine, abc.ABC", "Mixed, Machine")
INSTANCES = ("hsm.Instance", "hsm.Instance, abc.ABC")


@pytest.mark.parametrize(
    ("base", "name"),
    [(base, name) for base in MACHINES for name in ("model", "_block", *NAMES)]
    + [(base, name) for base in INSTANCES for name in NAMES],
)
@pytest.mark.parametrize(
    "body",
    [
        "{}: str = 'x'",
        "{}: str",
        "{}: 'Unknown'",
        "def {}(self): ...",
        "class {}(State): ...",
        "class {}: ...",
        "{} = on('x')",
        "@property\n  def {}(self): ...",
    ],
)
def test_a_name_that_hides_the_librarys_is_reported(name, body, base):
    """A field, a method or a nested class with the name of something that every instance has is an error."""
    text = f"class M(Base):\n  {body.format(name)}\n"
    if base == "Mixed, Machine":
        text = f"class Mixed:\n  {body.format(name)}\nclass M(Mixed, Machine): ...\n"
    names = dict(globals())
    with pytest.raises(hsm.DefinitionError) as caught:
        exec(text.replace("Base", base), names)
    (problem,) = caught.value.diagnostics
    assert problem.code == "HSM063"
    assert f"'{name}'" in problem.message
    assert problem.where.place().file == "<string>"


def test_all_names_that_hide_something_are_reported_at_once():
    """Each name is a problem of its own, in the order of the library."""

    def define():
        class M(Machine):
            model: int
            state: int
            stop = None

    assert codes(define) == ["HSM063"] * 3


def test_a_mixin_behind_the_library_hides_nothing():
    """What a base class has that comes after the library's is hidden itself, which is Python's way."""

    class Mixin:
        def stop(self):
            pass

    class M(Machine, Mixin):
        class A(State["M"]):
            pass

    assert M.stop is hsm.Instance.stop


def test_a_class_that_was_reported_once_is_not_reported_again():
    """Only what a class, or a mixin of its own, adds is looked at."""

    class Counter(hsm.Instance):
        count: int = 0

    class Double(Counter):
        other: int = 0

    assert Double.count == 0


def test_a_thread_that_makes_a_class_gets_its_report():
    """Where nothing of the class's module is being executed, the call that makes the class is its position."""
    found = []

    def handle(loop, context):
        found.append(context["exception"])

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(handle)
    loop.call_soon(functools.partial(type, "M", (hsm.Instance,), {"state": 3, "__module__": "elsewhere"}))
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    (problem,) = found[0].diagnostics
    assert problem.where.place().file == asyncio.events.__file__
