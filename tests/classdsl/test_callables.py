"""Methods that are not plain functions, what they are called with, and attributes that only look like something."""

from __future__ import annotations

import asyncio
import functools
import inspect
import types
from unittest import mock

import numpy
import pytest
import wrapt
from support import both_engines

import hsm
from hsm_classdsl import Machine, State, activity, after, entry, guard, on
from hsm_classdsl.marks import marks_of


class Logging(Machine):
    """Keeps a log."""

    def __init__(self):
        self.log = []


async def log_of(kind, *events, engine="generated"):
    """What a machine of *kind* wrote while it was started, took *events* and was stopped."""
    machine = kind()
    async with hsm.start(None, machine, kind.model, engine=engine):
        for event in events:
            await machine.dispatch(event)
    return machine.log


def arguments(*given):
    """What a method wrote: its arguments but the first, by what they are."""
    return [each if isinstance(each, int) else "ctx" if type(each) is hsm.Context else each.name for each in given]


# --- how many arguments ---------------------------------------------------------------------------------------

FORMS = {
    "self": ("self", []),
    "self, event": ("self, event", ["x"]),
    "self, other": ("self, other", ["x"]),
    "self, ctx, event": ("self, ctx, event", ["ctx", "x"]),
    "a default is the author's": ("self, to=0", [0]),
    "several defaults": ("self, to=0, by=1", [0, 1]),
    "an optional event": ("self, event=None", ["x"]),
    "an optional event and another": ("self, event=None, to=0", ["x", 0]),
    "an event and a default": ("self, event, to=0", ["x", 0]),
    "an optional event behind the context": ("self, ctx, event=None", ["ctx", "x"]),
    "both optional": ("self, ctx=None, event=None", ["ctx", "x"]),
    "an optional context": ("self, ctx=1", [1]),
    "three and a default": ("self, ctx, event, to=0", ["ctx", "x", 0]),
    "names of the author's": ("self, a, b", ["ctx", "x"]),
    "positional only": ("self, event, to=0, /", ["x", 0]),
    "a star": ("self, *more", ["ctx", "x"]),
    "an event and a star": ("self, event, *more", ["x"]),
    "a context and a star": ("self, ctx, *more", ["ctx", "x"]),
    "both and a star": ("self, ctx, event, *more", ["ctx", "x"]),
    "a default and a star": ("self, to=0, *more", [0]),
    "only a star": ("*more", ["ctx", "x"]),
}


def method_with(parameters):
    """A method with those *parameters* that writes what it got for them."""
    names = [each.strip().partition("=")[0] for each in parameters.split(",") if each.strip() != "/"]
    got = ", ".join(name for name in names if name != "self")
    own, got = ("more[0]", "*more[1:]") if names == ["*more"] else ("self", got)
    scope: dict[str, object] = {"arguments": arguments}
    exec(f"def act({parameters}): {own}.log += arguments({got})", scope)
    return scope["act"]


def passing(method):
    @functools.wraps(method)
    def wrapper(*args, **kwargs):
        return method(*args, **kwargs)

    return wrapper


def passing_self(method):
    @functools.wraps(method)
    def wrapper(self, *args, **kwargs):
        return method(self, *args, **kwargs)

    return wrapper


@wrapt.decorator
def passing_object(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs)


class Passing:
    """A decorator that is an object, and binds itself to the instance as a function does."""

    def __init__(self, method):
        functools.update_wrapper(self, method)

    def __get__(self, instance, owner):
        return types.MethodType(self, instance)

    def __call__(self, *args):
        return self.__wrapped__(*args)


def signed(method):
    def wrapper(*args):
        return method(*args)

    wrapper.__signature__ = inspect.signature(method)
    return wrapper


WRAPPERS = [
    lambda method: method,
    passing,
    passing_self,
    passing_object,
    Passing,
    signed,
    lambda method: passing(passing_self(passing_object(method))),
    functools.partial,
    functools.lru_cache,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "wrapper", WRAPPERS, ids=["bare", "wraps", "self", "wrapt", "object", "signed", "all", "partial", "cached"]
)
async def test_a_method_is_called_with_what_it_takes(form, wrapper):
    """A default keeps its value unless it is the event's, a star takes what is left; a wrapper passes it on."""
    parameters, expected = FORMS[form]
    method = wrapper(method_with(parameters))

    class M(Logging):
        class A(State["M"]):
            pass

        act = on("x")(method)

    assert await log_of(M, "x") == expected


@both_engines
async def test_the_outermost_function_that_spells_its_arguments_out_is_called_with_them(engine):
    """A wrapper that takes less, or more, than the method in it is called with what it takes itself."""

    def with_session(method):
        @functools.wraps(method)
        def wrapper(self):
            return method(self, "session")

        return wrapper

    def with_event(method):
        @functools.wraps(method)
        def wrapper(self, event, *more):
            self.machine.log.append(event.name)
            return method(self, *more)

        return wrapper

    class M(Logging):
        class A(State["M"]):
            @on("x")
            @with_session
            def work(self, session):
                self.machine.log.append(session)

            @on("y")
            @with_event
            def alone(self):
                self.machine.log.append("alone")

            @on("z")
            @passing
            @with_session
            def both(self, session):
                self.machine.log.append(session)

    assert await log_of(M, "x", "y", "z", engine=engine) == ["session", "y", "alone", "session"]


async def test_guards_activities_and_timers_are_called_alike():
    """A default of theirs is the author's as well."""

    class M(Logging):
        class A(State["M"]):
            @guard
            def is_open(self, least=3):
                return least == 3

            @on("x", guard=is_open)
            def act(self, to=0):
                self.machine.log.append(to)

            @activity
            async def watch(self, every=5):
                self.machine.log.append(every)

            def span(self, seconds=60):
                self.machine.log.append(seconds)
                return seconds

            late = after(span)

    machine = M()
    async with machine:
        await asyncio.sleep(0)
        await machine.dispatch("x")
    assert sorted(machine.log) == [0, 5, 60]


@pytest.mark.parametrize(
    "method",
    [
        lambda: None,
        lambda self, event, session: None,
        lambda self, event, ctx: None,
        lambda self, a, b, c: None,
        lambda self, *, more: None,
        functools.partial(lambda self, event: None, 1, 2, 3),
    ],
    ids=["none", "session", "order", "four", "keyword", "partial of too much"],
)
def test_a_method_that_needs_something_else_is_refused(method):
    """What nobody passes has to have a default, and the event is not passed where the context belongs."""
    with pytest.raises(hsm.DefinitionError, match="HSM006"):

        class M(Machine):
            class A(State["M"]):
                act = on("x")(method)


@pytest.mark.parametrize("kind", [classmethod, functools.partialmethod, functools.singledispatchmethod])
def test_what_only_becomes_a_method_on_an_object_is_refused(kind):
    """Such an object of a class body cannot be called: the mark belongs on the function in it."""
    with pytest.raises(hsm.DefinitionError, match=r"HSM005.*is not callable"):

        class M(Machine):
            class A(State["M"]):
                act = on("x")(kind(lambda self, event: None))


async def test_a_method_whose_arguments_nobody_knows_gets_them_all():
    """It is written in C, or stands for something else without end."""

    class M(Logging):
        class A(State["M"]):
            pass

        listed = on("x")(mock.Mock(return_value=None))
        endless = on("z")(mock.call)
        judged = on("y", guard=max)

    machine = M()
    async with machine:
        await machine.dispatch("x")
        await machine.dispatch("z")
        own, ctx, event = M.listed.call_args.args
        assert (own, type(ctx), event.name) == (machine, hsm.Context, "x")
        with pytest.raises(TypeError, match="not supported between"):
            await machine.dispatch("y")


# --- what is called -------------------------------------------------------------------------------------------


@wrapt.decorator
async def recording(wrapped, instance, args, kwargs):
    """A decorator object that looks at what its method is bound to."""
    machine = getattr(instance, "machine", instance)
    machine.log.append((type(instance).__name__, len(args)))
    return await wrapped(*args, **kwargs)


@both_engines
async def test_a_decorator_object_around_a_method_is_called_as_a_method(engine):
    """It has the machine, or the state's object, as its instance: around an ``async def`` without an ``await`` too."""

    class M(Logging):
        @on("x")
        @recording
        async def act(self):
            self.log.append("act")

        class A(State["M"]):
            @guard
            @recording
            async def is_open(self):
                return True

            @entry
            @recording
            async def begin(self, event):
                self.machine.log.append(event.name)

            @on("y", guard=is_open)
            @recording
            async def work(self, ctx, event):
                self.machine.log.append("work")

    assert await log_of(M, "x", "y", engine=engine) == [
        ("A", 1), "hsm_initial", ("M", 0), "act", ("A", 0), ("A", 2), "work",
    ]  # fmt: skip


async def test_a_guard_can_be_called_whatever_it_is():
    """``self.is_open()`` calls a decorator object, a partial, or an object of the user's with ``self`` first."""

    class Callable:
        def __call__(self, machine):
            return machine.number

    class M(Machine):
        number = 7
        decorated = guard(passing_object(lambda self: self.number))
        partial = guard(functools.partial(lambda self: self.number))
        plain = guard(Callable())

        class A(State["M"]):
            go = on("x")

    machine = M()
    assert (machine.decorated(), machine.partial(), machine.plain()) == (7, 7, 7)
    assert repr(M.partial).endswith("<lambda>>")


@both_engines
async def test_a_guard_method_may_return_a_boolean_of_numpy(engine):
    """As in the functional front end."""

    class M(Logging):
        level = numpy.float64(3)

        @guard
        def is_high(self):
            return self.level > 2

        @on("x", guard=is_high)
        def act(self):
            self.log.append("high")

        class A(State["M"]):
            pass

    assert await log_of(M, "x", "x", "x", "x", engine=engine) == ["high"] * 4


# --- what is looked at in a class body ------------------------------------------------------------------------


class Refusing:
    """An object that raises whatever it is asked for, as a proxy does outside of its context."""

    def __getattribute__(self, name):
        raise RuntimeError(f"no {name} outside of a request")

    def __call__(self):
        """Proxies can be called, too."""


class Agreeing:
    """An object that has every attribute."""

    def __getattr__(self, name):
        return self


MARK, ELEMENT = on("x"), hsm.state("s")  # made out here: in a class body, they would be declarations without a name


class Tools:
    """A class that is mixed in, and knows nothing of machines."""

    request = Refusing()
    anything = Agreeing()
    double = mock.MagicMock()
    template = mock.Mock(spec=State)
    marked = mock.Mock(spec=MARK)
    part = mock.NonCallableMock(spec=ELEMENT)
    proxy = wrapt.ObjectProxy(ELEMENT)
    array = numpy.array([1, 2])


async def test_attributes_that_raise_or_lie_do_not_concern_a_class_statement():
    """A mixin may have proxies, mocks and arrays in a machine, in a state, and in a class that is only written there."""

    class M(Tools, Logging):
        class A(Tools, State["M"]):
            @on("x")
            def act(self):
                self.machine.log.append("x")

        class Other(Tools):
            pass

    assert [each.name for each in M.model.parts if hasattr(each, "name")] == ["A"]
    assert await log_of(M, "x") == ["x"]


def test_an_attribute_that_has_every_attribute_makes_no_machine_abstract():
    """It is not a method that a subclass has to define, whatever it answers."""

    class M(Machine):
        anything = Agreeing()
        called = mock.call

        class A(State["M"]):
            anything = Agreeing()

    assert not M.__abstractmethods__ | M.A.__abstractmethods__
    assert type(M().anything) is type(M.A.anything) is Agreeing


def test_a_marked_object_that_lies_about_its_name_is_reported_as_what_it_is():
    """It has no name in the class, and cannot be called."""
    with pytest.raises(hsm.DefinitionError, match=r"HSM005.*is not callable"):

        class M(Machine):
            class A(State["M"]):
                entry(Agreeing())


def test_an_object_that_raises_or_lies_cannot_be_marked():
    """The error says what a mark is for; an object that takes the mark has it, and nothing else does."""
    for stranger in (Refusing(), 5, "text"):
        with pytest.raises(TypeError, match="a mark decorates a function"):
            entry(stranger)
    agreeing = Agreeing()
    assert marks_of(agreeing) == marks_of(Refusing()) == ()
    assert len(marks_of(entry(agreeing))) == 1
    assert len(marks_of(entry(mock.Mock()))) == 1


def test_a_marked_partial_cannot_be_a_guard():
    """The error names the function in it."""
    with pytest.raises(TypeError, match=r"'.*log_of' is already a behaviour"):
        guard(entry(functools.partial(log_of)))
