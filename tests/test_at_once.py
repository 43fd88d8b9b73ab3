"""Async functions without an ``await``: the plain twin that is called in their place, and code that calls nothing."""

from __future__ import annotations

import asyncio
import functools
import inspect
import opcode
import os
import traceback
from types import FunctionType

import pytest
from support import Log, both_engines, on, rule, started

import hsm
from hsm.behaviors import at_once, calls_nothing

SCALE = 10


async def scaled(number, factor=2, *, offset=0):
    return number * factor * SCALE + offset


async def fails(ctx, self, event):
    text = "oops"
    raise ValueError(text)


async def waits(ctx, self, event):
    await asyncio.sleep(0)


async def generates(ctx, self, event):
    yield 1


async def loops(ctx, self, event):
    async for _ in event:
        pass


async def enters(ctx, self, event):
    async with event:
        pass


async def comprehends(ctx, self, event):
    return [each async for each in event]


def plain(ctx, self, event):
    return 1


def counter():
    """A function that returns the next number, and one that returns how far that came."""
    count = 0

    async def step():
        nonlocal count
        count += 1
        return count

    return step, lambda: count


def test_a_twin_gives_the_value_and_no_coroutine():
    """Positional, default and keyword-only arguments and globals are those of the function."""
    twin = at_once(scaled)
    assert twin(3) == asyncio.run(scaled(3)) == 60
    assert twin(3, 1, offset=4) == asyncio.run(scaled(3, 1, offset=4)) == 34
    assert not inspect.iscoroutinefunction(twin)
    assert inspect.signature(twin) == inspect.signature(scaled)
    assert twin.__name__ == scaled.__name__


def test_a_twin_leaves_the_function_as_it_is():
    """It is a copy: the function returns a coroutine as before."""
    twin = at_once(scaled)
    assert twin.__code__ is not scaled.__code__
    assert inspect.iscoroutinefunction(scaled)
    assert asyncio.run(scaled(1)) == 20


def test_a_twin_shares_the_cells_of_the_function():
    """What either writes into a variable outside, the other one reads."""
    step, count = counter()
    twin = at_once(step)
    assert [twin(), twin(), asyncio.run(step()), twin()] == [1, 2, 3, 4]
    assert count() == 4


def test_an_exception_of_a_twin_has_the_file_and_line_of_the_function():
    """A traceback shows the line that was written."""
    with pytest.raises(ValueError, match="oops") as by_twin:
        at_once(fails)(None, None, None)
    with pytest.raises(ValueError, match="oops") as by_function:
        asyncio.run(fails(None, None, None))
    mine, its = (traceback.extract_tb(raised.value.__traceback__)[-1] for raised in (by_twin, by_function))
    assert mine.line == "raise ValueError(text)"
    assert (mine.filename, mine.lineno, mine.name, mine.colno, mine.end_colno) == (
        its.filename, its.lineno, its.name, its.colno, its.end_colno,
    )  # fmt: skip


def test_a_twin_lets_a_stop_iteration_through():
    """What a coroutine would have made a RuntimeError of is an error either way, and never as a result."""

    async def stops():
        raise StopIteration(7)

    with pytest.raises(RuntimeError):
        asyncio.run(stops())
    with pytest.raises((RuntimeError, StopIteration)):
        at_once(stops)()


def test_branches_loops_and_handlers_of_a_twin_go_where_they_went():
    """Jumps and tables of exceptions are right in the copy."""

    async def winding(numbers):
        found = []
        for number in numbers:
            try:
                if number < 0:
                    continue
                found.append(10 // number)
            except ZeroDivisionError as error:
                found.append(type(error).__name__)
            finally:
                found.append("f")
        else:
            found.append("else")
        return found, [number for number in numbers if number], {number: (lambda: number)() for number in numbers}

    numbers = [5, -1, 0, 2]
    assert at_once(winding)(numbers) == asyncio.run(winding(numbers))
    assert at_once(winding)(numbers)[0] == [2, "f", "f", "ZeroDivisionError", "f", 5, "f", "else"]


@pytest.mark.parametrize(
    "other",
    [
        plain, waits, generates, loops, enters, comprehends, functools.partial(scaled, 1), staticmethod(scaled), len,
        Log, None, "scaled", Log().dispatch,
    ],
    ids=lambda other: getattr(other, "__name__", type(other).__name__),
)  # fmt: skip
def test_nothing_else_has_a_twin(other):
    """What is plain already, what may suspend, and what is no function is left alone."""
    assert at_once(other) is None


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("self.log = event", True),
        ("return self.x < 3 and not event", True),
        ("return [1, 2, {'a': self.x}][0]", True),
        ("if self.x: self.x += 1", True),
        ("return lambda: print(1)", True),
        ("print(event)", False),
        ("return self.check()", False),
        ("import os", False),
        ("for each in event: pass", False),
        ("with event: pass", False),
        ("a, b = event", False),
        ("return [*event]", False),
        ("return {*event}", False),
        ("return [each for each in event]", False),
        ("@event\n def f(): pass", False),
        ("class A: pass", False),
    ],
)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_code_that_calls_nothing_is_known_by_its_looks(kind, source, says):
    """Neither a call nor what Python calls by itself: iteration, blocks, imports."""
    names: dict[str, object] = {}
    exec(f"{kind} behave(ctx, self, event):\n {source}", names)
    assert calls_nothing(names["behave"]) is says


def test_what_is_no_python_function_may_call_anything():
    """Builtins and classes cannot be looked into; what wraps a function is as the function is."""
    assert not calls_nothing(len)
    assert not calls_nothing(Log)
    assert calls_nothing(functools.partial(plain, None))
    assert not calls_nothing(functools.partial(os.fspath, "x"))


@rule("Q3")
@both_engines
async def test_a_machine_does_at_once_what_has_no_await(engine):
    """Async behaviours without an ``await`` have run when `dispatch` returns, on either engine."""

    async def write(ctx, self, event):
        self.log.append(event.name)

    async def is_wanted(ctx, self, event):
        return event.data is None

    model = hsm.define("M", hsm.state("a", on("e", hsm.guard(is_wanted), hsm.effect(write))))
    machine = await started(model, engine=engine)
    machine.dispatch("e")
    machine.dispatch("e", 1)
    assert machine.instance.log == ["e"]


@rule("E1")
@both_engines
@pytest.mark.parametrize("is_async", [False, True])
async def test_an_error_in_what_runs_at_once_shows_the_users_line(engine, is_async):
    """The last frame of the traceback is the behaviour's own, at its own line."""

    def plainly(ctx, self, event):
        raise ValueError("oops")

    async def at_its_end(ctx, self, event):
        raise ValueError("oops")

    behavior = at_its_end if is_async else plainly
    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(behavior))))
    machine = await started(model, engine=engine)
    with pytest.raises(ValueError, match="oops") as raised:
        await machine.dispatch("e")
    frames = traceback.extract_tb(raised.value.__traceback__)
    last = next(frame for frame in reversed(frames) if frame.filename == __file__)
    assert last.line == 'raise ValueError("oops")'
    assert last.name == behavior.__name__


def test_a_coroutine_function_whose_code_has_an_unknown_form_stays_one():
    """As later versions of Python, or tools that rewrite code, may give it."""

    async def behave(ctx, self, event):
        return 1

    code = behave.__code__
    make = opcode.opmap["RETURN_GENERATOR"]
    without = bytes(
        opcode.opmap["NOP"] if byte == make and at % 2 == 0 else byte for at, byte in enumerate(code.co_code)
    )
    assert at_once(FunctionType(code.replace(co_code=without), {})) is None
