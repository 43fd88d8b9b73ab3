"""The rules about events between models and the sources that send them."""

from __future__ import annotations

import pytest

from hsm.check.sources import Sources
from hsm.position import Place

MODEL = """
model = define("M", state("a", go("open", target("b")), go("close.*"), defer("later")), state("b",
    go("shut", target("a")), go("later")))
class Paid(Signal, name="order.paid"):
    pass
class Sent(Paid):
    name = "order.sent"
class Lost(Sent): ...
async def main(machine, names, **options):
"""


def sent(found_in, body, **others):
    """What is found where *body* sends events to the model."""
    return found_in(MODEL + "".join([f"    {line}\n" for line in body.splitlines()]), **others)


# --- HSM102 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        'machine.dispatch("opne")',
        'await machine.dispatch(event="opne", data=3)',
        'machine.dispatch_threadsafe("opne")',
        'machine.dispatch(Event("opne", 3))',
        "machine.dispatch(Lost())",
        'machine.dispatch("opne" if names else "open")',
        'for name in ("open", "opne"): machine.dispatch(name)',
        '[machine.dispatch(name) for name in ["opne"]]',
        'machine.dispatch(name := "opne")',
        'name: str = "opne"; machine.dispatch(name)',
        'machine.dispatch(await choose())\nasync def choose(): return "opne"',
        'send("opne")\ndef send(event): machine.dispatch(event)',
        'send(1, event="opne")\ndef send(number, event): machine.dispatch(event)',
        'self.send("opne")\nclass A:\n    def send(self, event): machine.dispatch(event)',
        'define("M", state("a", entry(lambda ctx, i, e: i.dispatch("opne"))))',
        'OPEN = "opne"; later = lambda: machine.dispatch(OPEN)',
    ],
)
def test_a_name_that_no_model_has_is_found(found_in, line):
    """Wherever it is written, also if it comes to `dispatch` through a variable, a loop, a parameter, or a function."""
    found = sent(found_in, line)
    assert [code for code, _ in found if code != "HSM103"] == ["HSM102"]


@pytest.mark.parametrize(
    "line",
    [
        'machine.dispatch("open"); machine.dispatch("close.now"); machine.dispatch("later"); machine.dispatch("shut")',
        'machine.dispatch("hsm_error")',
        "machine.dispatch(names)",
        'machine.dispatch(f"opne.{names}")',
        "machine.dispatch()",
        "dispatch('opne')",
        'machine.send("opne")',
        'define("Local", state("a", go("opne"))); machine.dispatch("opne")',
        'on(Lost, Event("x")); machine.dispatch(Lost()); machine.dispatch(Event("x"))',
    ],
)
def test_a_name_that_is_known_or_worked_out_is_fine(found_in, line):
    """By a trigger, a pattern or a deferral of any model, also of one that is never made; what is worked out is not judged."""
    assert [each for each in sent(found_in, line) if each[0] == "HSM102"] == []


@pytest.mark.parametrize(
    "line",
    [
        'machine.dispatch("strange")',
        'own = await start(None, 1, model); own.dispatch("strange")',
        'async with start(None, 1, model) as own: own.dispatch("strange")',
        'def f(own: "Other", it: Instance): it.dispatch("strange")',
        'own: Machine = names; own.dispatch("strange")',
        'class Door(Machine["x"]):\n    def f(self): self.dispatch("strange")',
        'class Thing(Instance): ...\nclass Door(Thing): ...\nown = Door(); own.dispatch("strange")',
        '(await start(None, 1, model)).dispatch("strange")',
        'self.machine.dispatch("strange")',
    ],
)
def test_whatever_a_machine_gets_is_judged(found_in, line):
    """By what it is called, by what it was set to, or by its annotation, it is a machine."""
    assert [code for code, _ in sent(found_in, line) if code != "HSM103"] == ["HSM102"]


@pytest.mark.parametrize(
    "line",
    [
        'store.dispatch("strange")',
        'self.bus.dispatch("strange")',
        'class Bus:\n    def f(self): self.dispatch("strange")',
        'Bus().dispatch("strange")',
        'with Bus() as bus: bus.dispatch("strange")',
        'bus: Bus = Bus(); bus.dispatch("strange")',
        'def f(bus: Bus, other, *more: Bus): bus.dispatch("strange")',
    ],
)
def test_what_something_else_gets_is_not(found_in, line):
    """A store or a bus may have a method called `dispatch`; only a name that is nearly right is reported there."""
    assert [each for each in sent(found_in, line) if each[0] == "HSM102"] == []
    nearly = line.replace("strange", "opne")
    assert [code for code, _ in sent(found_in, nearly) if code != "HSM103"] == ["HSM102"]


def test_the_closest_name_is_suggested(tmp_path, found_in):
    """The help has it; where nothing is close, it says what to do."""
    assert sent(found_in, 'machine.dispatch("opne")')[0][1] == 'machine.dispatch("opne")'


def test_other_files_are_read_as_well(found_in):
    """A file that imports one that imports the library counts; one that has nothing to do with it does not."""
    using = 'import program\nasync def run(machine): machine.dispatch("opne")\n'
    further = 'from .using import run\nasync def more(machine): machine.dispatch("opne")\n'
    foreign = 'async def run(machine): machine.dispatch("opne")\n'
    found = sent(found_in, "pass", using=using, further=further, foreign=foreign)
    assert [code for code, _ in found] == ["HSM102", "HSM102"]


def test_without_a_model_nothing_is_known(found_in):
    """The models may be somewhere else."""
    assert found_in('async def main(machine): machine.dispatch("open")') == []


def test_a_package_is_imported_by_its_name(found_in, tmp_path):
    """The name of an ``__init__`` is that of its folder."""
    (tmp_path / "pack").mkdir()
    others = {"pack/__init__": "import hsm\n", "user": 'import pack.inner\ndef f(m): m.dispatch("opne")\n'}
    assert [code for code, _ in sent(found_in, "pass", **others)] == ["HSM102"]


# --- HSM103 ---------------------------------------------------------------------------------------------------

DOOR = """
class Paid(Signal, metaclass=type, name="order.paid"): ...
model = define("M", state("a", go("open", target("b")), defer("later")), state("b",
    go("shut", target("a")), go("later"), go("more.*"), go("hsm_error"), transition(on(Paid), target("a")),
    transition(on_call("ask"))))
async def main(machine, names):
    machine.dispatch("open")
    machine.dispatch("later")
"""


def unsent(found_in, body):
    found = found_in(DOOR + "".join([f"    {line}\n" for line in body.splitlines()]))
    assert {code for code, _ in found} <= {"HSM103"}
    return len(found)


def test_an_event_that_nobody_sends_is_found(found_in):
    """Of a model whose other events are sent; patterns, deferrals, calls and built-in names are left alone."""
    assert unsent(found_in, "pass") == 2  # shut, and order.paid


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ('machine.dispatch("shut")', 1),
        ('x = {"shut": 1}', 1),
        ("machine.dispatch(Paid())", 1),
        ("make = Paid", 1),
        ("make = [names.Paid]", 1),
        ('x = f"sh{names}"', 1),
        ('"""shut"""', 2),
        ('names.is_in("shut")', 2),
        ("x: Paid", 2),
        ('x: str = "shut"', 1),
        ('x = f"sh {names}"', 2),
        ("def f(x: Paid = None) -> Paid: ...", 2),
        ("class Sub(Paid): ...", 2),
        ("del Paid", 2),
        ('y = target("shut")', 2),
        ('y = entry(say("shut"))', 1),
        ("machine.dispatch(names)", 0),
        ("machine.dispatch(undefined)", 0),
        ("(name := 'shut'); machine.dispatch(name)", 1),
        ("def choose():\n    if names: return\n    return 'shut'\nmachine.dispatch(choose())", 1),
        ("def send(name): machine.dispatch(name)\nN = 'shut'; send(N); send(N)", 1),
        ("machine.dispatch(names.event)", 0),
        ("machine.dispatch(*names)", 0),
        ('machine.dispatch(f"{names}")', 0),
        ('machine.dispatch(f"sh{names}")', 1),
        ("machine.dispatch(anything())", 0),
        ("for name in names: machine.dispatch(name)", 0),
        ('for name in ["shut", *names]: machine.dispatch(name)', 0),
        ('for x, name in [(1, "shut")]: machine.dispatch(name)', 0),
        ("with names as name: machine.dispatch(name)", 0),
        ("name: str\nmachine.dispatch(name)", 0),
        ("def send(name): machine.dispatch(name)", 0),
        ("def send(name): machine.dispatch(name)\nsend()", 0),
        ("def send(name): machine.dispatch(name)\nsend('shut')", 1),
        ("a = 'shut' if names else b\nb = 'shut' if names else a\nmachine.dispatch(a)", 0),
        ("def send(name): send(name); machine.dispatch(name)", 0),
        ("import asyncio as machine_of; from hsm.testing import run as go_on; go_on(1)", 2),
    ],
)
def test_what_may_be_sent_is_not_reported(found_in, line, left):
    """A string or a signal that is named anywhere but in a model may be sent; and anything, where a name comes from outside."""
    assert unsent(found_in, line) == left


def test_a_misspelt_name_is_one_mistake(found_in):
    """What is sent under a wrong name is not reported as never sent, too."""
    found = found_in(DOOR + '    machine.dispatch("shutt")\n    machine.dispatch("order.paid")\n')
    assert [code for code, _ in found] == ["HSM102"]


def test_a_pattern_may_be_meant_by_an_event(found_in):
    """A model none of whose events is sent is one that others use."""
    program = """
        define("One", state("a", go("x"), go("y")))
        define("Two", state("a", go("p"),
            go("q")))
        def main(m): m.dispatch("p")
        """
    assert found_in(program) == [("HSM103", 'go("q")))')]


# --- sources --------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_left_out(found_in, tmp_path):
    """Importing it says why; what else there is, is checked."""
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\nimport hsm\nname = '\xe4'\n")
    others = {"broken": "import hsm\nx = = 1\n", "nul": "import hsm\0\n"}
    assert [code for code, _ in sent(found_in, 'machine.dispatch("opne")', **others)] == ["HSM102"]


def test_a_comment_ignores_codes(found_in):
    """On the first line of what is reported, or on its last; for the codes that it names."""
    program = """
        define("M", state("a", go("x", target("b"))), state("b", go("x", target("a")), go("y", target("c")), go("z", target("d"))),
            state("c"),  # hsm: ignore[HSM101]
            state("d",
                entry(act),
            ),  # noqa # hsm: ignore[HSM102 , HSM101]
            state("e"),  # hsm: ignore[HSM102]
            go("w", target("e")), initial(target("b")))
        """
    assert found_in(program.replace('go("w", target("e")), ', ""), knows=["HSM060"]) == []


def test_a_mark_in_a_class_is_narrowed_to_itself(found_in):
    """Of a deferral in a class the line is that of the mark, although the vertex is the class."""
    program = """
        from hsm_classdsl import Machine, State, after, defer as keep, guard as cond, on as trigger

        def same(function): return function

        @same
        class Door(Machine):
            class A(State["Door"]):
                first = trigger("x", target="B")
                wait = keep("nothing")

            class B(State["Door"]):
                @cond
                def held(self): return True
                first = trigger("x", target="A", guard=held)
                second = trigger("x", target=".", guard=held)

            class C(B):
                third = trigger("y", target="A")

            go_on = trigger("c", target="C")
        """
    assert found_in(program) == [
        ("HSM107", 'wait = keep("nothing")'),
        ("HSM109", 'second = trigger("x", target=".", guard=held)'),
    ]


def test_places_without_columns_are_whole_lines(tmp_path):
    """Python may keep no columns: what is on the lines counts then; what cannot be read has nothing on it."""
    file = tmp_path / "plain.py"
    file.write_text('import hsm\nmodel = hsm.define("M",\n    hsm.state("a", hsm.defer("x")))\n')
    sources = Sources([file])
    narrowed = sources.narrowed(Place(str(file), 2, end_line=3), "defer", "x")
    assert (narrowed.line, narrowed.column) == (3, 19)
    assert sources.narrowed(Place(str(file), 1), "defer", "x") == Place(str(file), 1)
    nowhere = Place(str(tmp_path / "nowhere.py"), 1)
    assert sources.narrowed(nowhere, "defer", "x") == nowhere
    assert not sources.is_in_function(nowhere)
    assert sources.text(nowhere) is None
