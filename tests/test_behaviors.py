"""What may be a behaviour: functions, methods, partials, objects that can be called, and what only looks like one."""

from __future__ import annotations

import asyncio
import functools
from typing import ClassVar

import pytest
from support import Log, both_engines, on, rule, started

import hsm
from hsm.behaviors import Bound, ScopedBehavior


class Recorder(Log):
    """An instance with behaviours of its own."""

    @staticmethod
    def static(ctx, self, event):
        self.log.append("static")

    @classmethod
    def of_class(cls, ctx, self, event):
        self.log.append(f"class {cls.__name__}")


class Counter:
    """An object that can be called, and has a method that is a behaviour."""

    def __init__(self, text):
        self.text = text

    def __call__(self, ctx, instance, event):
        instance.log.append(self.text)

    async def wait(self, ctx, instance, event):
        await asyncio.sleep(0)
        instance.log.append(f"{self.text} waited")


def say(text, ctx, self, event, *, mark="."):
    self.log.append(text + mark)


async def say_later(text, ctx, self, event):
    await asyncio.sleep(0)
    self.log.append(text)


def wrapped(function):
    """A decorator that keeps the name."""

    @functools.wraps(function)
    def wrapper(*args):
        args[1].log.append("wrapped")
        return function(*args)

    return wrapper


@wrapped
async def plain(ctx, self, event):
    await asyncio.sleep(0)
    self.log.append("plain")


@rule("Q3", "K6")
@pytest.mark.parametrize(
    ("behaviour", "written"),
    [
        (functools.partial(say, "partial"), ["partial."]),
        (functools.partial(say, "partial", mark="!"), ["partial!"]),
        (functools.partial(functools.partial(say_later), "twice"), ["twice"]),
        (Counter("object"), ["object"]),
        (Counter("method").wait, ["method waited"]),
        (functools.partial(Counter("object")), ["object"]),
        (Recorder.static, ["static"]),
        (Recorder.of_class, ["class Recorder"]),
        (Recorder.__dict__["static"], ["static"]),
        (plain, ["wrapped", "plain"]),
    ],
    ids=["partial", "with keyword", "nested", "object", "method", "partial of object", "static", "class", "staticmethod", "wrapper"],
)  # fmt: skip
async def test_anything_that_can_be_called_as_a_behaviour_is_one(behaviour, written):
    """It is run to its end before the dispatch is over, whether or not anybody can see that it may suspend."""
    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(behaviour))))
    machine = await started(model, Recorder())
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == written


@rule("E1")
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: functools.partial(say, "x"), "say"),
        (lambda: Counter("x"), "Counter.__call__"),
        (lambda: Counter("x").wait, "Counter.wait"),
        (lambda: Recorder.static, "Recorder.static"),
    ],
    ids=["partial", "object", "method", "static"],
)
async def test_a_guard_is_named_as_its_author_knows_it(make, name):
    """The error of a guard that returns no bool names the function behind partials, methods and objects."""
    model = hsm.define("M", hsm.state("a", on("go", hsm.guard(make()))))
    machine = await started(model)
    with pytest.raises(hsm.GuardError, match=f"'{name}' returned None"):
        await machine.dispatch("go")


@pytest.mark.parametrize(
    "wrong",
    [functools.partial(say, "x", None), Counter, Recorder.__dict__["of_class"], Counter.wait],
    ids=["partial", "class", "classmethod object", "unbound method"],
)
def test_what_cannot_be_called_as_a_behaviour_is_refused(wrong):
    """`define` sees that the arguments do not fit, or that nothing can be called at all."""
    with pytest.raises(hsm.DefinitionError):
        hsm.define("M", hsm.state("a", hsm.entry(wrong)))


async def test_a_scoped_behaviour_that_cannot_be_made_plain_is_run_where_it_is_called():
    """A partial of a coroutine function is no function: its coroutine is made, and ends at once."""

    async def act(self, word):
        self.log.append(word)

    class Named(ScopedBehavior):
        forms: ClassVar = {2: "(self, word)"}

        def __init__(self, function):
            self.function = function

        def for_vertex(self, vertex):
            return Bound(lambda instance, event: self.function(instance, event.name), ("event",))

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(Named(functools.partial(act)))))))
    machine.dispatch("go")
    assert machine.instance.log == ["go"]


@both_engines
async def test_what_a_coroutine_without_an_await_gives_is_not_awaited_again(engine):
    """An async guard that returns a future returns no bool: nothing waits for that future."""
    future = asyncio.get_running_loop().create_future()

    async def guard(ctx, self, event, given):
        return given

    asked = functools.partial(guard, given=future)
    model = hsm.define("M", hsm.state("a", on("go", hsm.guard(asked))))
    machine = await started(model, engine=engine)
    with pytest.raises(hsm.GuardError, match=r"returned <Future pending"):
        await machine.dispatch("go")
