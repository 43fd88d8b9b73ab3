"""Loading: one code object for each shape, and lines that debuggers and tracebacks can show."""

from __future__ import annotations

import gc
import inspect
import linecache
import traceback
import weakref
from itertools import pairwise

import pytest
from support import go, note, says
from support import started as started_on
from support.inside import step_of

import hsm
from hsm.codegen import load
from hsm.runtime.generated import SHAPES


def fails(ctx, self, event):
    raise ValueError("oops")


async def started(model):
    """A machine whose steps are generated, whatever the other tests run on."""
    return await started_on(model, engine="generated")


async def test_equal_shapes_of_different_models_share_one_code_object():
    """In the whole process; what they are bound to is their own."""

    def ring(names):
        states = [
            hsm.state(name, hsm.entry(note(f"+{name}")), go("turn", f"../{after}"))
            for name, after in zip(names, names[1:] + names[:1], strict=True)
        ]
        return hsm.define(f"Of{names}", *states)

    first, second = await started(ring("abc")), await started(ring("wxyz"))
    steps = [step_of(machine, "turn") for machine in (first, second)]
    assert steps[0] is not steps[1]
    assert steps[0].__code__ is steps[1].__code__
    for _ in range(2):
        await first.dispatch("turn")
        await second.dispatch("turn")
    assert (first.state(), second.state()) == ("/Ofabc/c", "/Ofwxyz/y")
    assert (first.instance.log, second.instance.log) == (["+a", "+b", "+c"], ["+w", "+x", "+y"])


async def test_a_thousand_equal_states_compile_one_function():
    """What is made for another one of them is a closure."""
    size = 1000
    states = [
        hsm.state(
            f"s{n}",
            hsm.exit(note("-")),
            hsm.exit(note("-2")),
            go("ring.on", f"../s{(n + 1) % size}", hsm.effect(note("!"))),
        )
        for n in range(size)
    ]
    machine = await started(hsm.define("M", *states))
    known = len(SHAPES)
    for _ in range(size):
        await machine.dispatch("ring.on")
    assert len(SHAPES) <= known + 1
    assert len(machine.instance.log) == 3 * size


async def test_a_debugger_finds_the_text_of_a_step():
    """`inspect.getsource` and `linecache` show the whole factory, also after the caches have been checked."""
    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "b", hsm.effect(fails, note("x")))), hsm.state("b"))
    )
    step = step_of(machine, "go")
    linecache.checkcache()
    lines = linecache.getlines(step.__code__.co_filename)
    assert lines[0].startswith("def bind(")
    assert lines[step.__code__.co_firstlineno - 1] == "    def step(record, event):\n"
    linecache.checkcache(step.__code__.co_filename)
    assert linecache.getlines(step.__code__.co_filename) == lines
    assert inspect.getsource(step).startswith("    def step(record, event):\n")


async def test_the_lines_of_a_shared_step_name_its_first_users():
    """Where several places share a line, it says so, up to as many as one cares to read."""

    def unlike(ctx, self, event):
        """A behaviour that no other test has in this shape."""

    shape = (hsm.guard(hsm.any_of(fails, unlike)), hsm.effect(unlike, unlike, unlike))
    states = [hsm.state(f"s{n}", go("shape", f"../s{(n + 1) % 6}", *shape)) for n in range(6)]
    machine = await started(hsm.define("M", *states))
    program = machine.program
    codes = [step_of(machine, "shape", (leaf,)).__code__ for leaf in range(1, 7)]
    assert len(set(codes)) == 1
    text = "".join(linecache.getlines(codes[0].co_filename))
    noted = next(line for line in text.splitlines() if "guard_1(" in line)
    assert [f"guard of {program.vertices[leaf].path} on 'shape'" in noted for leaf in range(1, 7)] == [True] * 3 + [
        False
    ] * 3


async def test_a_traceback_through_a_step_shows_its_line():
    """The frame of the step stands before the behaviour's own, with the line that called it."""
    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "b", hsm.effect(note("x"), fails))), hsm.state("b"))
    )
    name = step_of(machine, "go").__code__.co_filename
    with pytest.raises(ValueError, match="oops") as raised:
        await machine.dispatch("go")
    frames = traceback.extract_tb(raised.value.__traceback__)
    step, behavior = next(pair for pair in pairwise(frames) if pair[0].filename == name)
    assert step.name == "step"
    assert step.line.startswith("result = effect_")
    assert "# effect of /M/a on 'go' (" in step.line
    assert (behavior.filename, behavior.name, behavior.line) == (__file__, "fails", 'raise ValueError("oops")')
    assert step.line in "".join(traceback.format_exception(raised.value))


def unlike(count):
    """Parts of a transition that no other test has in this shape."""
    return (hsm.guard(hsm.all_of(*[fails] * count)), hsm.effect(*[fails] * (20 - count)))


async def test_a_shape_goes_with_the_last_program_that_uses_it():
    """With its code and with its lines; while somebody uses it, both stay."""

    async def user(name):
        machine = await started(hsm.define(name, hsm.state("a", go("go", "b", *unlike(7))), hsm.state("b")))
        return machine, step_of(machine, "go").__code__

    gc.collect()
    before = len(SHAPES)
    first, code = await user("First")
    in_use = len(SHAPES)
    assert in_use > before
    second, same = await user("Second")
    file = code.co_filename
    assert same is code
    assert len(SHAPES) == in_use
    assert "guard of /First/a on 'go'" in "".join(linecache.getlines(file))
    del first
    gc.collect()
    assert len(SHAPES) == in_use
    assert file in linecache.cache
    gone = weakref.ref(code)
    del code, same, second
    gc.collect()
    assert gone() is None
    assert len(SHAPES) == before
    assert file not in linecache.cache


async def test_the_lines_name_only_programs_that_are_still_there():
    """A program that is gone is not kept for the sake of a note."""

    async def user(name):
        machine = await started(hsm.define(name, hsm.state("a", go("go", "b", *unlike(8))), hsm.state("b")))
        return machine, step_of(machine, "go").__code__.co_filename

    first, file = await user("First")
    second, _ = await user("Second")
    del first
    gc.collect()
    text = "".join(linecache.getlines(file))
    assert "guard of /Second/a on 'go'" in text
    assert "/First" not in text
    del second
    gc.collect()


async def test_the_lines_name_later_users_when_the_first_are_gone():
    """A shape that shows a few of its users has room for another one when those have gone."""

    async def user(name):
        machine = await started(hsm.define(name, hsm.state("a", go("go", "b", *unlike(5))), hsm.state("b")))
        return machine, step_of(machine, "go").__code__.co_filename

    first = [await user(f"First{n}") for n in range(load.SHOWN)]
    file = first[0][1]
    beyond, same = await user("Beyond")
    assert same == file
    first.clear()
    gc.collect()
    later, same = await user("Later")
    assert same == file
    text = "".join(linecache.getlines(file))
    assert "guard of /Later/a on 'go'" in text
    assert "/First" not in text
    assert beyond.status is later.status is hsm.Status.RUNNING


async def test_the_lines_name_one_place_once():
    """A model that is made twice by the same lines is no second place."""

    async def user():
        machine = await started(hsm.define("Twin", hsm.state("a", go("go", "b", *unlike(6))), hsm.state("b")))
        return machine, step_of(machine, "go").__code__.co_filename

    twins, files = zip(await user(), await user(), strict=True)
    first, second = (machine.program for machine in twins)
    assert first == second
    assert first is not second
    assert len(set(files)) == 1
    assert "".join(linecache.getlines(files[0])).count("guard of /Twin/a on 'go'") == 6


async def test_a_debugger_that_asks_too_late_is_shown_nothing():
    """Who holds the entry of the cache when the shape goes finds no lines behind it."""
    machine = await started(hsm.define("M", hsm.state("a", go("go", "b", *unlike(9))), hsm.state("b")))
    (lines,) = linecache.cache[step_of(machine, "go").__code__.co_filename]
    assert lines().startswith("def bind(")
    del machine
    gc.collect()
    assert lines() == ""


async def test_behaviours_are_described_when_somebody_looks(monkeypatch):
    """Not while a step is made or taken: that would read the users' files."""
    described = []
    describe = load.describe_behavior

    def listen(program, behavior):
        described.append(behavior.name)
        return describe(program, behavior)

    monkeypatch.setattr(load, "describe_behavior", listen)
    quiet = (hsm.guard(hsm.all_of(*[says(True)] * 3)), hsm.effect(*[note("x")] * 9))
    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "b", *quiet)), hsm.state("b", go("go", "a", *quiet)))
    )
    for _ in range(4):
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert described == []
    assert len(linecache.getlines(step_of(machine, "go").__code__.co_filename)) > 30
    assert len(described) == 2 * (3 + 9)
