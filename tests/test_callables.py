"""What was passed in is what is called: decorator objects, wrappers, marked functions, mocks, and what they return."""

from __future__ import annotations

import asyncio
import datetime
import functools
import inspect
import sys
import types
from decimal import Decimal
from fractions import Fraction
from unittest import mock

import numpy
import pytest
import wrapt
from support import Log, anote, both_engines, codes, note, on, rule, settle, started

import hsm
from hsm.behaviors import qualified_name


@wrapt.decorator
def locked(wrapped, instance, arguments, keywords):
    """A decorator object: it says that it is the function, and has its code."""
    arguments[1].log.append("locked")
    return wrapped(*arguments, **keywords)


class Pretender:
    """A decorator object of nobody's: whatever it is asked, the function answers."""

    def __init__(self, function):
        self._function = function

    def __getattr__(self, name):
        return getattr(self._function, name)

    @property
    def __class__(self):
        return type(self._function)

    @property
    def __wrapped__(self):
        return self._function

    def __call__(self, *arguments):
        arguments[1].log.append("locked")
        return self._function(*arguments)


DECORATORS = pytest.mark.parametrize("decorated", [locked, Pretender], ids=["wrapt", "pretender"])


class Refusing:
    """An object that raises whatever it is asked for, as a proxy does outside of its context."""

    def __getattribute__(self, name):
        raise RuntimeError(f"no {name} outside of a request")


async def model_of(*parts, engine, instance=None):
    """A machine with one state that has *parts*."""
    return await started(hsm.define("M", hsm.state("a", *parts)), instance, engine=engine)


# --- decorator objects ----------------------------------------------------------------------------------------


@rule("Q3")
@DECORATORS
@both_engines
async def test_a_decorator_object_around_an_action_is_called(engine, decorated):
    """A coroutine function without an ``await`` is not called in place of what stands for it."""

    @decorated
    async def write(ctx, self, event):
        self.log.append(event.name)

    machine = await model_of(hsm.entry(write), on("go", hsm.effect(write)), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await machine.stop()
    assert machine.instance.log == ["locked", "hsm_initial", "locked", "go"]


@rule("Q3", "T3")
@DECORATORS
@both_engines
async def test_a_decorator_object_around_a_guard_is_called(engine, decorated):
    """What its coroutine returns decides, and the decorator has had its say before."""

    @decorated
    async def is_wanted(ctx, self, event):
        return event.data is None

    machine = await model_of(on("go", hsm.guard(is_wanted)), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert await machine.dispatch("go", 1) is hsm.Outcome.IGNORED
    assert machine.instance.log == ["locked", "locked"]


@rule("A1", "A2")
@DECORATORS
@both_engines
async def test_a_decorator_object_around_an_activity_and_a_duration_is_called(engine, decorated):
    """Whatever calls it, it is the decorator that is called."""

    @decorated
    async def work(ctx, self, event):
        self.log.append("worked")

    @decorated
    async def span(ctx, self, event):
        return 1

    parts = (hsm.activity(work), hsm.transition(hsm.after(span), hsm.effect(note("fired"))))
    machine = await model_of(*parts, engine=engine, instance=Log())
    await asyncio.sleep(2)
    assert sorted(machine.instance.log) == ["fired", "locked", "locked", "worked"]


async def test_a_decorator_object_is_named_as_the_function_in_it():
    """An error of its guard has the name that its author knows."""

    @locked
    def says_nothing(ctx, self, event):
        pass

    machine = await model_of(on("go", hsm.guard(says_nothing)), engine="generated")
    with pytest.raises(hsm.GuardError, match=r"says_nothing' returned None"):
        await machine.dispatch("go")


# --- wrappers and their arguments -----------------------------------------------------------------------------


@both_engines
async def test_a_wrapper_that_can_be_called_is_not_refused_for_what_it_wraps(engine):
    """The function behind `functools.wraps` may take less, or more, than the wrapper does."""

    def fitted(function, *given):
        @functools.wraps(function)
        def wrapper(*arguments):
            function(arguments[1], *given)

        return wrapper

    def plainly(instance):
        instance.log.append("plainly")

    def much(instance, a, b, c, d):
        instance.log.append(a + b + c + d)

    machine = await model_of(on("go", hsm.effect(fitted(plainly), fitted(much, *"abcd"))), engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == ["plainly", "abcd"]


def test_a_wrapper_that_cannot_be_called_is_refused():
    """Neither ``__wrapped__`` nor ``__signature__`` makes a function fit that does not take the arguments."""

    def behave(ctx, self, event):
        pass

    @functools.wraps(behave)
    def wrapper(event):
        pass

    def signed(event):
        pass

    signed.__signature__ = inspect.signature(behave)
    assert codes(hsm.state("a", hsm.entry(wrapper, signed))) == ["HSM006", "HSM006"]


@pytest.mark.parametrize(
    "wrong",
    [
        functools.partial(lambda ctx, self, event: None, 1),
        functools.partial(lambda: None, 1, 2),
        functools.partial(lambda ctx, self, event: None, event=1),
        types.MethodType(lambda: None, 1),
        types.MethodType(lambda self, event: None, 1),
        functools.partial(staticmethod(lambda event: None)),
    ],
    ids=["partial", "partial of too much", "partial by name", "method of nothing", "method", "partial of static"],
)
def test_what_is_around_a_function_counts(wrong):
    """What a partial or a method passes by itself leaves fewer arguments."""
    assert codes(hsm.state("a", hsm.entry(wrong))) == ["HSM006"]


def test_annotations_that_cannot_be_evaluated_do_not_matter():
    """Only the parameters are looked at."""

    def behave(ctx, self, event, more: Unknown = None):  # noqa: F821
        pass

    hsm.define("M", hsm.state("a", hsm.entry(behave)))


# --- what is awaited ------------------------------------------------------------------------------------------


async def write_later(instance, text, result=True):
    await asyncio.sleep(0)
    instance.log.append(text)
    return result


def returning(make, *, has_await):
    """A coroutine function that returns what *make* makes of the instance, with an ``await`` before, or without one."""

    async def without(ctx, self, event):
        return make(self)

    async def within(ctx, self, event):
        await asyncio.sleep(0)
        return make(self)

    return within if has_await else without


class CalledLater(functools.partial):
    """A partial that is async itself."""

    async def __call__(self, ctx, instance, event):
        await asyncio.sleep(0)
        instance.log.append("called later")
        return super().__call__(ctx, instance, event)


@types.coroutine
def by_generator(ctx, self, event):
    yield from asyncio.sleep(0).__await__()
    self.log.append("by generator")


@rule("Q3")
@both_engines
@pytest.mark.parametrize(
    ("behaviour", "written"),
    [
        (CalledLater(note("partial")), ["called later", "partial"]),
        (by_generator, ["by generator"]),
    ],
    ids=["subclass of partial", "types.coroutine"],
)
async def test_what_a_call_returns_is_awaited_whatever_was_called(engine, behaviour, written):
    """The type of what is called is not what it calls inside, and a generator may be awaitable."""
    machine = await model_of(on("go", hsm.effect(behaviour)), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == written


@rule("Q3")
@both_engines
@pytest.mark.parametrize("text", ["later", None], ids=["a coroutine", "nothing"])
async def test_a_function_that_is_marked_as_a_coroutine_function_is_a_plain_one(engine, text):
    """It is called, and what it returns is awaited if it can be; it may also return nothing."""

    def relay(ctx, self, event):
        self.log.append("called")
        return None if text is None else write_later(self, text)

    mark = getattr(inspect, "markcoroutinefunction", lambda function: function)  # new in Python 3.12
    machine = await model_of(on("go", hsm.effect(mark(relay))), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == (["called"] if text is None else ["called", text])


def through_two(instance):
    async def between():
        return write_later(instance, "two")

    return between()


@rule("Q3")
@both_engines
@pytest.mark.parametrize("has_await", [False, True], ids=["without await", "with await"])
@pytest.mark.parametrize("is_partial", [False, True], ids=["function", "partial"])
async def test_a_coroutine_that_a_coroutine_function_returns_is_awaited(engine, has_await, is_partial):
    """With an ``await`` in the function and without one, directly or in a partial, however many are in one another."""
    makers = [lambda it: write_later(it, "one"), through_two, lambda it: by_generator(None, it, None)]
    behaviors = [returning(make, has_await=has_await) for make in makers]
    if is_partial:
        behaviors = [functools.partial(behave) for behave in behaviors]
    machine = await model_of(on("go", hsm.effect(*behaviors)), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["one", "two", "by generator"]


@rule("T3", "A1", "A2")
@both_engines
@pytest.mark.parametrize("has_await", [False, True], ids=["without await", "with await"])
async def test_it_is_awaited_for_a_guard_an_activity_and_a_duration_as_well(engine, has_await):
    """A guard's answer, a time span and the end of an activity are those of the innermost coroutine."""
    late = functools.partial(returning, has_await=has_await)
    parts = (
        on("go", hsm.guard(late(lambda it: write_later(it, "asked")))),
        hsm.activity(
            late(lambda it: write_later(it, "worked")), functools.partial(late(lambda it: write_later(it, "too")))
        ),
        hsm.transition(hsm.after(late(lambda it: write_later(it, "measured", 1))), hsm.effect(note("fired"))),
    )
    machine = await model_of(*parts, engine=engine, instance=Log())
    await settle()
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert sorted(machine.instance.taken()) == ["asked", "measured", "too", "worked"]
    await asyncio.sleep(2)
    assert machine.instance.log == ["fired"]


@rule("Q3")
@both_engines
@pytest.mark.parametrize("has_await", [False, True], ids=["without await", "with await"])
async def test_a_task_that_a_coroutine_function_returns_goes_on_by_itself(engine, has_await):
    """It runs anyway: the step waits no longer than whoever awaits the coroutine would, with an ``await`` or without."""
    tasks = []

    def start(instance):
        tasks.append(asyncio.ensure_future(asyncio.sleep(1)))
        return tasks[-1]

    machine = await model_of(
        on("go", hsm.effect(returning(start, has_await=has_await))),
        hsm.activity(returning(start, has_await=has_await)),
        engine=engine,
    )
    await settle()
    await machine.dispatch("go")
    assert [task.done() for task in tasks] == [False, False]
    await asyncio.gather(*tasks)


@rule("Q1")
@both_engines
@pytest.mark.parametrize("has_await", [False, True], ids=["without await", "with await"])
async def test_an_operation_returns_what_the_innermost_coroutine_does(engine, has_await):
    """`call` gets the value, also of an answer of `dispatch`."""
    late = functools.partial(returning, has_await=has_await)
    machine = await model_of(
        hsm.transition(hsm.on_call("write"), hsm.effect(late(lambda it: write_later(it, "x")))),
        hsm.transition(hsm.on_call("send"), hsm.effect(late(lambda it: it.dispatch("more")))),
        engine=engine,
    )
    assert await machine.call("write") is True
    assert await machine.call("send") is hsm.Outcome.QUEUED


# --- what guards return ---------------------------------------------------------------------------------------


class Verdict:
    """A boolean of a library's own, as some have: it equals one of Python's, and hashes alike."""

    def __init__(self, value):
        self.value = bool(value)

    def __bool__(self):
        return self.value

    def __eq__(self, other):
        return self.value == other

    def __hash__(self):
        return hash(self.value)


@rule("T3")
@both_engines
@pytest.mark.parametrize("boolean", [numpy.bool_, Verdict])
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_guard_may_return_a_boolean_of_another_library(engine, boolean, is_async):
    """It holds or does not, in a step that repeats as well, and in combinations."""

    def holds(ctx, self, event):
        return boolean(event.data)

    async def will_hold(ctx, self, event):
        await asyncio.sleep(0)
        return boolean(event.data)

    check = will_hold if is_async else holds
    machine = await model_of(on("go", hsm.guard(check)), on("no", hsm.not_(check)), engine=engine)
    for _ in range(4):
        assert await machine.dispatch("go", 1) is hsm.Outcome.TAKEN
        assert await machine.dispatch("go", 0) is hsm.Outcome.IGNORED
        assert await machine.dispatch("no", 0) is hsm.Outcome.TAKEN


@rule("T6")
@both_engines
async def test_a_change_may_be_a_boolean_of_another_library(engine):
    """A comparison of numpy's numbers is a condition."""
    instance = Log()
    instance.level = numpy.float64(1)
    high = hsm.when(lambda ctx, self, event: self.level > 2)
    machine = await model_of(hsm.transition(high, hsm.effect(note("high"))), on("go"), engine=engine, instance=instance)
    instance.level = numpy.float64(3)
    await machine.dispatch("go")
    assert instance.log == ["high"]


@rule("E2")
@both_engines
@pytest.mark.parametrize(
    "answer",
    [
        "yes", None, 1, 0, 1.0, Decimal(1), Fraction(1), numpy.int64(1), numpy.float32(0), numpy.array([True]), mock.ANY,
        mock.Mock(), mock.MagicMock(), [], {}, "True",
    ],
    ids=lambda answer: f"{type(answer).__name__} {answer}" if not isinstance(answer, mock.Mock) else type(answer).__name__,
)  # fmt: skip
async def test_nothing_else_is_an_answer_of_a_guard(engine, answer):
    """A number that equals a boolean is a number, and what equals everything is nothing in particular."""
    machine = await model_of(on("go", hsm.guard(lambda ctx, self, event: answer)), engine=engine)
    with pytest.raises(hsm.GuardError, match="a guard must return True or False"):
        await machine.dispatch("go")


@rule("E2")
@both_engines
async def test_a_boolean_that_cannot_say_what_it_is_fails_its_guard(engine):
    """What ``bool`` raises counts as raised by the guard."""

    class Unknown(Verdict):
        def __bool__(self):
            raise LookupError("not known yet")

    machine = await model_of(on("go", hsm.guard(lambda ctx, self, event: Unknown(True))), engine=engine)
    with pytest.raises(LookupError, match="not known yet"):
        await machine.dispatch("go")


# --- mocks and other objects that answer for something else ---------------------------------------------------


@both_engines
@pytest.mark.parametrize("kind", [mock.Mock, mock.MagicMock, mock.AsyncMock, mock.create_autospec])
@pytest.mark.parametrize(
    "behaviour", [note("x"), anote("x"), Log().dispatch, Log], ids=["def", "async", "method", "class"]
)
async def test_a_mock_of_anything_is_a_behaviour(engine, kind, behaviour):
    """It is called once, with the three arguments, whatever it is a mock of."""
    if kind is mock.create_autospec:
        behaviour = note("x") if behaviour is Log or inspect.ismethod(behaviour) else behaviour
        double = kind(behaviour)
    else:
        double = kind(spec=behaviour)
    machine = await model_of(on("go", hsm.effect(double)), engine=engine)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    double.assert_called_once()
    assert double.call_args.args[1] is machine.instance


def test_a_mock_has_a_name():
    """What it says of itself are mocks as well."""
    assert qualified_name(mock.Mock(spec=note("x"))) == "Mock.__call__"
    assert qualified_name(mock.NonCallableMock(spec=note("x"))) == "NonCallableMock"


STRANGERS = {  # made in the test: pytest asks its parameters for attributes as well
    "refusing": Refusing,
    "mock of a function": lambda: mock.NonCallableMock(spec=note("x")),
    "mock of str": lambda: mock.NonCallableMock(spec=str),
    "mock of a state": lambda: mock.NonCallableMock(spec=hsm.state("b")),
    "mock of a model": lambda: mock.NonCallableMock(spec=hsm.define("N", hsm.state("b"))),
    "mock of a timedelta": lambda: mock.NonCallableMock(spec=datetime.timedelta(1)),
    "mock of a datetime": lambda: mock.NonCallableMock(spec=datetime.datetime(2000, 1, 1)),
    "proxy of str": lambda: wrapt.ObjectProxy("text"),
    "proxy of a state": lambda: wrapt.ObjectProxy(hsm.state("b")),
    "proxy of a number": lambda: wrapt.ObjectProxy(1.5),
    "array": lambda: numpy.array([1, 2]),
}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda it: hsm.state("a", hsm.entry(it)), "HSM005"),
        (lambda it: hsm.state("a", on("go", hsm.guard(it))), "HSM005"),
        (lambda it: hsm.state("a", on("go", hsm.all_of(it, it))), "HSM005"),
        (lambda it: hsm.state("a", it), "HSM002"),
        (lambda it: hsm.state("a", hsm.transition(it)), "HSM002"),
        (lambda it: hsm.state(it), "HSM003"),
        (lambda it: hsm.state("a", on(it)), "HSM007"),
        (lambda it: hsm.state("a", hsm.transition(hsm.on_call(it))), "HSM007"),
        (lambda it: hsm.state("a", hsm.defer(it)), "HSM007"),
        (lambda it: hsm.state("a", on("go", hsm.target(it))), "HSM009"),
        (lambda it: hsm.state("a", hsm.transition(hsm.after(it))), "HSM018"),
        (lambda it: hsm.state("a", hsm.transition(hsm.at(it))), "HSM018"),
        (lambda it: hsm.submachine("s", it), "HSM050"),
    ],
)
def test_an_object_is_judged_by_its_type_whatever_it_says(stranger, make, code):
    """The model is refused with a diagnostic, whatever such an object claims to be, or raises when it is asked."""
    assert code in codes(make(STRANGERS[stranger]()), hsm.state("z"))


def test_a_module_that_raises_when_it_is_asked_does_not_stop_a_warning(monkeypatch):
    """Some packages put objects among the modules that load on access, or fail to."""
    monkeypatch.setitem(sys.modules, "lazy", Refusing())
    code = compile('hsm.define("M", hsm.state("a"), hsm.state("b"))', "nowhere.py", "exec")  # in none of the modules
    with pytest.warns(hsm.DefinitionWarning, match="HSM060"):
        exec(code, {"hsm": hsm})
