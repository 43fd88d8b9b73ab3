"""`hsm.collect`: all mistakes of a module at once, and what a broken model or class stands for afterwards."""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import sys
import textwrap
import threading
import warnings

import attrs
import pytest
from support import go, started

import hsm
from hsm.testing import run
from hsm_classdsl import Machine, Region, State, Submachine, on

WRONG = "HSM021"
"""A path that names nothing."""


def f(ctx, instance, event):
    """A behaviour; which one does not matter."""


def wrong(name="M", target="../nowhere"):
    """A model with a transition to nowhere."""
    return hsm.define(name, hsm.state("a", hsm.transition(hsm.on("x"), hsm.target(target))))


def codes(found):
    return [each.code for each in found.diagnostics]


async def start_fails(model, instance=None):
    """The error with which a start of *model* fails."""
    with pytest.raises(hsm.DefinitionError) as caught:
        await hsm.start(None, instance if instance is not None else hsm.Instance(), model)
    return caught.value


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Imports the text of a module in a block, and returns what was found in it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    names = []

    def collected(name="example", **texts):
        for each, text in texts.items():
            (tmp_path / f"{each}.py").write_text(textwrap.dedent(text))
            names.append(each)
        importlib.invalidate_caches()
        with hsm.collect() as found:
            importlib.import_module(name)
        return found

    yield collected
    for each in names:
        sys.modules.pop(each, None)


# --- a module -------------------------------------------------------------------------------------------------


def test_all_mistakes_of_a_module_are_found_at_once(module):
    """Errors and warnings of calls and of classes are there in source order, by file, each once, and with its place."""
    found = module(
        example="""
            import hsm
            import other
            from hsm_classdsl import Machine, State, on

            class Door(Machine):
                class Closed(State["Door"]):
                    knock = on("knock", target="Opne")

            first = hsm.define("First", hsm.state("a", hsm.transition(hsm.on("x"), hsm.target("../b"))))

            class Counter(hsm.Instance):
                state = 0

            def make(name):
                return hsm.define(name, hsm.state("a"), hsm.state("b"))

            class Base(Machine, abstract=True):
                class A(State["Base"]):
                    pass

            class Good(Base):
                class B(State["Good"]):
                    go = on("go", target="A")

            class Plain:
                class Inner(Machine):
                    class A(State["Inner"]):
                        pass

            made = [make("One"), make("Two")]
            """,
        other="""
            import hsm
            elsewhere = hsm.define("Elsewhere", hsm.state("a", hsm.entry(3), hsm.exit(4)))
            """,
    )
    example = sys.modules["example"]
    assert [(d.code, d.where.place().short, d.is_warning) for d in found.diagnostics] == [
        ("HSM021", "example.py:8", False),
        ("HSM021", "example.py:10", False),
        ("HSM063", "example.py:12", False),
        ("HSM060", "example.py:16", True),
        ("HSM060", "example.py:23", True),
        ("HSM005", "other.py:3", False),
        ("HSM005", "other.py:3", False),
    ]
    assert [each.name for each in found.models] == ["Elsewhere", "Door", "First", "Good", "Inner", "One", "Two"]
    assert [each.instance_type for each in found.models[1:5]] == [
        example.Door,
        hsm.Instance,
        example.Good,
        example.Plain.Inner,
    ]


def test_what_was_found_reads_like_an_error(module):
    """Its text is that of every diagnostic, with the user's lines; nothing wrong gives an empty one."""
    found = module(
        example="""
            import hsm
            hsm.define("M", hsm.state("a", hsm.transition(hsm.on("x"), hsm.target("b"))), hsm.state("c d/"))
            """
    )
    assert str(found).startswith("error[HSM021]: target 'b' does not name a vertex\n --> example.py:3:60\n")
    assert "\n\nerror[HSM003]: 'c d/' is not a valid name\n" in str(found)
    assert repr(found) == "<collected: diagnostics 2, models 1>"
    with hsm.collect() as nothing:
        hsm.define("M", hsm.state("a"))
    assert str(nothing) == ""


def test_what_ends_a_module_ends_the_block_and_nothing_is_lost():
    """Other exceptions pass through, and what was found before is there."""
    with pytest.raises(ZeroDivisionError), hsm.collect() as found:
        wrong()
        raise ZeroDivisionError
    assert codes(found) == [WRONG]
    assert len(found.models) == 1


def test_outside_of_a_block_everything_is_as_before():
    """After a block mistakes are raised again, and warnings issued, also from classes and assignments."""
    with hsm.collect():
        wrong()
    with pytest.raises(hsm.DefinitionError):
        wrong()
    with pytest.warns(hsm.DefinitionWarning, match="HSM060"):
        hsm.define("M", hsm.state("a"), hsm.state("b"))
    with pytest.raises(hsm.DefinitionError, match="HSM063"):
        type("Hides", (hsm.Instance,), {"state": 1})


def test_warnings_are_kept_and_not_issued():
    """In a block no warning is issued, even where warnings are errors."""
    with warnings.catch_warnings(), hsm.collect() as found:
        warnings.simplefilter("error")
        model = hsm.define("M", hsm.state("a"), hsm.state("b"))
    assert codes(found) == ["HSM060"]
    assert hsm.chart(model).name == "M"


async def test_warnings_of_a_start_are_kept_too():
    """A machine that is started in a block runs, and what is only wrong of a model that runs alone is found."""
    with hsm.collect() as found:
        model = hsm.define("M", hsm.state("a"), hsm.transition(hsm.target("a")))
        async with hsm.start(None, hsm.Instance(), model) as machine:
            assert machine.state() == "/M/a"
    assert codes(found) == ["HSM066"]


# --- what a broken model stands for ---------------------------------------------------------------------------


async def test_a_broken_model_raises_its_error_whenever_it_is_started():
    """Starting it, charting it and showing its steps raise the same diagnostics each time, in the block and after it."""
    with hsm.collect() as found:
        model = wrong()
        inside = await start_fails(model)
    for _ in range(2):
        error = await start_fails(model)
        assert error is not inside
        assert (error.model, error.diagnostics) == ("M", found.diagnostics)
    for ask in (hsm.chart, lambda model: hsm.generated(model, "x", "a")):
        with pytest.raises(hsm.DefinitionError, match="HSM021"):
            ask(model)
    assert repr(model) == "<model M: a>"


async def test_a_broken_model_can_be_embedded():
    """What embeds it is checked, takes every path into it, reports nothing of it again, and does not start either."""
    with hsm.collect() as found:
        inner = wrong("Inner")
        outer = hsm.define(
            "Outer",
            hsm.submachine(
                "s",
                inner,
                hsm.exit_point("out", hsm.transition(hsm.target("../t"))),
                hsm.transition(hsm.on("y"), hsm.target("../u")),
            ),
            hsm.state("t", go("x", "../s/anything/at/all"), go("y", "../nothing")),
        )
        around = hsm.define("Around", hsm.submachine("s", outer))
    assert [(each.code, each.within) for each in found.diagnostics] == [
        (WRONG, "transition of /Inner/a on 'x'"),
        (WRONG, "transition of /Outer/s on 'y'"),
        (WRONG, "transition of /Outer/t on 'y'"),
    ]
    assert len((await start_fails(outer)).diagnostics) == 3
    assert len((await start_fails(around)).diagnostics) == 3
    fine = hsm.define("Fine", hsm.state("a"))
    assert (await started(fine, hsm.Instance())).state() == "/Fine/a"


async def test_what_embeds_a_broken_model_is_broken_with_nothing_else_wrong():
    """An otherwise good model that embeds a broken one raises what is wrong with that, also when defined later."""
    with hsm.collect() as found:
        inner = wrong("Inner", "/Inner/nowhere")
        outer = hsm.define("Outer", hsm.submachine("s", inner))
    error = await start_fails(outer)
    assert codes(found) == [WRONG]
    assert (error.model, error.diagnostics) == ("Outer", found.diagnostics)
    with pytest.raises(hsm.DefinitionError) as caught:
        hsm.define("Later", hsm.submachine("s", inner))
    assert caught.value.diagnostics == found.diagnostics


def test_a_model_that_is_too_deep_can_be_embedded():
    """HSM058 ends the check of its model, and neither that of what embeds it nor Python."""
    deep = hsm.state("s")
    for _ in range(3000):
        deep = hsm.state("s", deep)
    with hsm.collect() as found:
        hsm.define("Outer", hsm.submachine("s", hsm.define("Deep", deep)), hsm.state("t", go("x", "../u")))
    assert sorted(codes(found)) == [WRONG, "HSM058"]


# --- what a broken class stands for ---------------------------------------------------------------------------


async def test_a_broken_machine_class_is_a_class():
    """It has a model, instances and states, can be embedded and derived from, and its start raises its error."""
    with hsm.collect() as found:

        class Motor(Machine):
            class Off(State["Motor"]):
                go = on("go", target="Nowhere")

        class Car(Machine):
            motor = Submachine(Motor)

            class Parked(State["Car"]):
                drive = on("drive", target="motor/Off")
                fly = on("fly", target="Air")

        class Van(Motor):
            class Loud(State["Van"]):
                hush = on("hush", target="Off")
                boom = on("boom", target="Bang")

    assert [each.message for each in found.diagnostics] == [
        "target 'Nowhere' does not name a vertex",
        "target 'Air' does not name a vertex",
        "target 'Bang' does not name a vertex",
    ]
    assert [each.instance_type for each in found.models] == [Motor, Car, Van]
    assert [each.__name__ for each in Van] == ["Off", "Loud"]
    for machine, count in ((Motor, 1), (Car, 2), (Van, 2)):
        assert len((await start_fails(machine.model, machine())).diagnostics) == count
        with pytest.raises(hsm.DefinitionError):
            async with machine():
                pass


def test_what_comes_too_late_is_collected_as_well():
    """An assignment to a finished class is reported, is done, and is no model; a broken class is finished, too."""
    with hsm.collect() as found:

        class Good(Machine):
            class A(State["Good"]):
                pass

        class Bad(Machine):
            class A(State["Bad"]):
                go = on("go", target="Nowhere")

        Good.extra = on("x")
        Bad.A.extra = on("x")
    assert sorted(codes(found)) == [WRONG, "HSM065", "HSM065"]
    assert [each.instance_type for each in found.models] == [Good, Bad]
    assert hsm.chart(Good.model).events == ()
    with pytest.raises(hsm.DefinitionError, match="HSM065"):
        Good.another = on("y")


async def test_a_class_that_hides_a_name_is_made_and_never_started():
    """HSM063 is collected, the class and what derives from it exist, and a start of an instance raises the error."""
    with hsm.collect() as found:

        class Counter(hsm.Instance):
            state = 0

        class More(Counter):
            pass

        class Door(Machine):
            dispatch = None

            class Open(State["Door"]):
                pass

    assert [each.message for each in found.diagnostics] == [
        "'state' of class 'Counter' hides 'Instance.state'",
        "'dispatch' of class 'Door' hides 'Machine.dispatch'",
    ]
    model = hsm.define("M", hsm.state("a"))
    for instance in (Counter(), More()):
        assert (await start_fails(model, instance)).diagnostics == found.diagnostics[:1]
    assert (await start_fails(Door.model, Door())).diagnostics == found.diagnostics[1:]
    assert (await started(model, hsm.Instance())).state() == "/M/a"


def test_a_class_that_is_made_a_second_time_counts_once():
    """A decorator that makes the class anew, as attrs does for slots, leaves one model and each mistake once."""
    with hsm.collect() as found:

        @attrs.define(eq=False)
        class Door(Machine):
            times: int = 0
            state = 3

            class A(State["Door"]):
                go = on("go", target="Nowhere")

    assert codes(found) == ["HSM063", WRONG]
    assert [each.instance_type for each in found.models] == [Door]


# --- blocks ---------------------------------------------------------------------------------------------------


def test_the_inner_of_two_blocks_collects_alone():
    """What a block inside of another collects is not in the outer one, which goes on afterwards."""
    with hsm.collect() as outer:
        first = wrong("First")
        with hsm.collect() as inner:
            second = wrong("Second")
        third = wrong("Third", "x")
    assert outer.models == (first, third)
    assert inner.models == (second,)
    assert [len(outer.diagnostics), len(inner.diagnostics)] == [2, 1]


@pytest.mark.needs_system
def test_other_threads_do_not_collect():
    """A thread of its own raises as usual, and one that runs in the context of the block collects."""
    raised = []

    def define():
        try:
            wrong()
        except hsm.DefinitionError as error:
            raised.append(error)

    with hsm.collect() as found:
        here = contextvars.copy_context()
        for thread in (threading.Thread(target=define), threading.Thread(target=here.run, args=(define,))):
            thread.start()
            thread.join()
    assert len(raised) == len(found.models) == 1


def test_tasks_collect_as_long_as_the_block_lasts():
    """A task of the block collects, one that outlives it raises, and tasks beside it have never heard of the block."""

    async def main():
        told = []

        async def define(name, when):
            await when.wait()
            try:
                wrong(name)
            except hsm.DefinitionError:
                told.append(name)

        now, later = asyncio.Event(), asyncio.Event()
        beside = asyncio.ensure_future(define("beside", now))
        with hsm.collect() as outer:
            with hsm.collect() as inner:
                tasks = [
                    asyncio.ensure_future(define("outlives one", now)),
                    asyncio.ensure_future(define("both", later)),
                ]
                wrong("in the inner")
            now.set()
            await asyncio.gather(beside, tasks[0])
        later.set()
        await tasks[1]
        return told, [[each.name for each in found.models] for found in (outer, inner)]

    told, names = run(main())
    assert told == ["beside", "both"]
    assert names == [["outlives one"], ["in the inner"]]


def test_a_block_may_end_in_another_context():
    """As of a fixture whose halves run in different contexts: the block ends, and nothing is raised."""
    block = hsm.collect()
    contextvars.copy_context().run(block.__enter__)
    block.__exit__(None, None, None)
    with pytest.raises(hsm.DefinitionError):
        wrong()


def test_mistakes_of_a_loop_are_those_of_one_place():
    """Models made by one call with the same mistake report it once; with different ones, each."""
    with hsm.collect() as found:
        for name in ("One", "Two"):
            wrong(name)
        for target in ("x", "y"):
            wrong("Three", target)
    assert [each.message for each in found.diagnostics] == [
        f"target '{target}' does not name a vertex" for target in ("../nowhere", "x", "y")
    ]
    assert len(found.models) == 4


def test_what_is_inherited_is_reported_once():
    """Errors and warnings of a base class are not those of what derives from it, whose name the messages would have."""
    with hsm.collect() as found:

        class Base(Machine):
            class A(State["Base"]):
                pass

            class B(State["Base"]):
                pass

        class Derived(Base):
            class C(State["Derived"]):
                go = on("go", target="/Base/A")

        class Further(Derived):
            pass

    assert [each.message for each in found.diagnostics] == [
        "/Base/B can never be reached",
        "target '/Base/A' does not start with the model's name",
    ]
    with pytest.raises(hsm.DefinitionError, match="in model 'Further'"):
        hsm.chart(Further.model)


def test_regions_of_classes_are_checked_too():
    """Classes that are nested deeper are a part of their machine and no models."""
    with hsm.collect() as found:

        class M(Machine):
            class Left(Region):
                class A(State["M"]):
                    go = on("go", target="B")

            class Right(Region):
                class B(State["M"]):
                    pass

    assert codes(found) == [WRONG]
    assert found.models == (M.model,)
