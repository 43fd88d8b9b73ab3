"""The chart: what is in it, how it is asked, how it reads."""

from __future__ import annotations

import gc
import os
import pickle
import warnings
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from support import Log, rule, started
from support.charts import checked, erased_chart

import hsm
from hsm.program import Kind
from hsm_classdsl import Machine, State, on


def f(ctx, instance, event):
    """A behaviour; which one does not matter."""


def g(ctx, instance, event):
    """Another one."""
    return True


def chart_of(*parts):
    """The chart of a model called M of these *parts*, valid by the schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        return checked(hsm.chart(hsm.define("M", *parts)))


def go(target, *parts):
    return hsm.transition(hsm.on("go"), hsm.target(target), *parts)


def names(behaviors):
    return [each.name for each in behaviors]


def triggers_of(*parts):
    """The triggers of a transition with these parts, and the chart that it is in."""
    chart = chart_of(hsm.state("a", hsm.transition(*parts)))
    return chart.transition("/M/a#0").triggers


# --- vertices -------------------------------------------------------------------------------------------------


def test_a_vertex_has_all_its_compartments():
    """Entry, exit, activities and deferrals are there in order, an effect directly in a state among the entries."""
    chart = chart_of(
        hsm.state(
            "a",
            hsm.entry(f, g),
            hsm.effect(f),
            hsm.exit(g),
            hsm.activity(f),
            hsm.defer("late", "b.*", "early"),
            go("../b"),
        ),
        hsm.state("b"),
    )
    a = chart.vertex("a")
    assert (names(a.entry), names(a.exit), names(a.activities)) == (["f", "g", "f"], ["g"], ["f"])
    assert a.deferrals == ("early", "late", "b.*")
    assert [each.id for each in a.entry] == ["/M/a#entry.0", "/M/a#entry.1", "/M/a#entry.2"]
    assert [each.id for each in (*a.exit, *a.activities)] == ["/M/a#exit.0", "/M/a#activity.0"]


def test_every_kind_has_its_name_in_uml():
    """Each kind of vertex is a word of its own, the same as the function that makes it."""
    chart = chart_of(
        hsm.state(
            "s",
            hsm.entry_point("in"),
            hsm.exit_point("out", hsm.transition(hsm.target("../../j"))),
            hsm.shallow_history("H", hsm.target("a")),
            hsm.deep_history("H*", hsm.target("a")),
            hsm.state("a", go("../out")),
            hsm.final("end"),
        ),
        hsm.choice("c", hsm.transition(hsm.target("s"))),
        hsm.junction("j", hsm.transition(hsm.target("c"))),
        hsm.terminate("x"),
        hsm.state("two", hsm.region("r1", hsm.state("a")), hsm.region("r2", hsm.state("b"))),
        hsm.fork("fork", hsm.transition(hsm.target("two/r1/a", "two/r2/b"))),
        hsm.join("join", hsm.transition(hsm.target("x"))),
        hsm.transition(hsm.source("two/r1/a"), hsm.target("join")),
        hsm.transition(hsm.source("two/r2/b"), hsm.target("join")),
    )
    assert {vertex.kind for vertex in chart.vertices} == {kind.name.lower() for kind in Kind}
    assert chart.vertex("two").regions == ("/M/two/r1", "/M/two/r2")
    assert chart.vertex("join").joined_regions == ("/M/two/r1", "/M/two/r2")
    assert [vertex.name for vertex in chart.children("s")] == ["in", "out", "H", "H*", "a", "end"]
    assert [vertex.path for vertex in chart.states[:3]] == ["/M", "/M/s", "/M/s/a"]


@rule("R1")
@rule("R2")
def test_default_entries_are_transitions_of_their_own():
    """An `initial` is a transition with its effects, one that is implied has no place, and both say what is initial."""
    chart = chart_of(
        hsm.initial(hsm.target("b/d"), hsm.effect(f)),
        hsm.state("a", hsm.state("c")),
        hsm.state("b", hsm.state("d"), go("../a")),
    )
    written, implied = chart.transition("/M#default"), chart.transition("/M/a#default")
    assert (written.source, written.targets, names(written.effects)) == ("/M", ("/M/b/d",), ["f"])
    assert (implied.source, implied.targets, implied.effects) == ("/M/a", ("/M/a/c",), ())
    assert written.place is not None
    assert implied.place is None
    assert {each.role for each in (written, implied)} == {"default_entry"}
    assert chart.vertex("a").default_entry == "/M/a#default"
    assert [vertex.path for vertex in chart.vertices if vertex.is_initial] == ["/M/a/c", "/M/b/d"]
    assert chart.vertex("a/c").default_entry is None


def test_writing_down_what_was_implied_renames_nothing():
    """The identifiers of a state's transitions stay when its default entry is written down."""
    inner = hsm.state("a", go("../b")), hsm.state("b"), hsm.transition(hsm.on("x"), hsm.target("b"))
    implied, written = chart_of(*inner), chart_of(hsm.initial(hsm.target("a")), *inner)
    assert {each.id for each in implied.transitions} == {each.id for each in written.transitions}


@rule("R5")
def test_a_history_has_its_default_as_a_transition():
    """Where a history without memory leads is a transition in a role of its own; without a target there is none."""
    chart = chart_of(
        hsm.state(
            "s",
            hsm.state("a", go("../b")),
            hsm.state("b"),
            hsm.shallow_history("H", hsm.target("b"), hsm.effect(f)),
            hsm.deep_history("H*"),
        ),
        hsm.transition(hsm.on("x"), hsm.target("s/H")),
        hsm.transition(hsm.on("y"), hsm.target("s/H*")),
    )
    (default,) = chart.transitions_from("s/H")
    assert (default.role, default.kind, default.targets) == ("history_default", "external", ("/M/s/b",))
    assert names(default.effects) == ["f"]
    assert chart.transitions_from("s/H*") == ()


@rule("R9")
def test_a_submachine_is_expanded_and_named():
    """The state has what the embedded model has, knows that model's name, and where its exit points lead from here."""
    motor = hsm.define("Motor", hsm.state("on", go("out")), hsm.exit_point("out"))
    chart = chart_of(
        hsm.submachine("left", motor, hsm.exit_point("out", hsm.transition(hsm.target("../end")))), hsm.state("end")
    )
    assert chart.vertex("left").submachine == "Motor"
    assert chart.vertex("end").submachine is None
    assert [vertex.path for vertex in chart.children("left")] == ["/M/left/on", "/M/left/out"]
    (onwards,) = chart.transitions_from("left/out")
    assert (onwards.role, onwards.targets) == ("branch", ("/M/end",))


# --- transitions ----------------------------------------------------------------------------------------------


@rule("K1")
@rule("K2")
@rule("K3")
def test_a_transition_says_of_what_kind_it_is():
    """Internal without a target, local from a state inwards, external else: also a transition to itself."""
    chart = chart_of(
        hsm.state(
            "a",
            hsm.state("b"),
            hsm.transition(hsm.on("1"), hsm.effect(f)),
            hsm.transition(hsm.on("2"), hsm.target("b")),
            hsm.transition(hsm.on("3"), hsm.target("b"), hsm.external()),
            hsm.transition(hsm.on("4"), hsm.target(".")),
            hsm.transition(hsm.on("5"), hsm.target("../c")),
        ),
        hsm.state("c"),
    )
    kinds = [each.kind for each in chart.transitions_from("a")]
    assert kinds == ["internal", "local", "external", "external", "external"]


def test_triggers_are_data_in_the_order_in_which_they_were_written():
    """Every kind of trigger has what it waits for, and an identifier that counts the kinds apart."""
    moment = datetime(2030, 1, 2, tzinfo=UTC)
    found = triggers_of(
        hsm.on("x", "b.*"),
        hsm.after(timedelta(minutes=1)),
        hsm.on("*"),
        hsm.on_call("ask"),
        hsm.every(0.5),
        hsm.when(hsm.not_(g)),
        hsm.at(moment),
        hsm.after(f),
        hsm.at(f),
        hsm.on("x"),
        hsm.effect(f),
    )
    assert [(each.id.removeprefix("/M/a#").removeprefix("0."), each.kind, each.name) for each in found] == [
        ("event.0", "event", "x"),
        ("prefix.0", "prefix", "b."),
        ("after.0", "after", None),
        ("any.0", "any", None),
        ("call.0", "call", "ask"),
        ("every.0", "every", None),
        ("when.0", "when", None),
        ("at.0", "at", None),
        ("after.1", "after", None),
        ("at.1", "at", None),
    ]
    assert [each.seconds for each in found] == [None, None, 60.0, None, None, 0.5, None, None, None, None]
    assert [each.moment for each in found if each.moment] == [moment]
    assert [each.function.id for each in found if each.function] == ["/M/a#0.duration.0", "/M/a#0.duration.1"]
    assert [str(each.condition) for each in found if each.condition] == ["not_(g)"]
    texts = ["x", "b.*", "after 60 s", "*", "ask()", "every 0.5 s", "when not_(g)", f"at {moment}", "after f", "at f"]
    assert [str(each) for each in found] == texts


@rule("A4")
def test_a_time_span_of_nothing_is_not_left_out():
    """`after(0)` keeps its number, also in JSON, where what is empty is left out."""
    chart = chart_of(hsm.state("a", hsm.transition(hsm.after(0), hsm.target("../b"))), hsm.state("b"))
    (trigger,) = chart.transition("/M/a#0").triggers
    assert trigger.seconds == 0.0
    assert chart.to_dict()["transitions"][0]["triggers"][0]["seconds"] == 0.0


@rule("T6")
def test_a_transition_without_a_trigger_waits_for_completion():
    """A state's transition without a trigger has completion as its trigger; a branch has none at all."""
    chart = chart_of(
        hsm.state("a", hsm.transition(hsm.target("../c"))),
        hsm.choice("c", hsm.transition(hsm.target("b"))),
        hsm.state("b"),
    )
    (trigger,) = chart.transition("/M/a#0").triggers
    assert (trigger.kind, trigger.id, str(trigger)) == ("completion", "/M/a#0.completion.0", "")
    assert chart.transition("/M/c#0").triggers == ()


@rule("T3")
def test_guards_are_one_tree():
    """Several guards are all of them; combinations keep their order, and states are named by their paths."""
    several = [hsm.guard(hsm.any_of(f, hsm.not_(hsm.in_state("/M/b")))), hsm.guard(g)]
    chart = chart_of(hsm.state("a", go("../b", *several), go("../b", several[1]), go("../b")), hsm.state("b"))
    both, one, none = [each.guard for each in chart.transitions_from("a")]
    assert str(both) == "all_of(any_of(f, not_(in_state('/M/b'))), g)"
    assert (str(one), one.kind, one.behavior.id) == ("g", "call", "/M/a#1.guard.0")
    assert both.parts[0].parts[1].parts[0].vertex == "/M/b"
    assert none is None


def test_a_label_reads_as_beside_an_arrow():
    """Triggers, guard and effects are one line, as UML has it; what is not there leaves nothing behind."""
    chart = chart_of(
        hsm.state(
            "a",
            hsm.transition(hsm.on("x", "y"), hsm.guard(g), hsm.effect(f, g), hsm.target("../b")),
            hsm.transition(hsm.target("../b")),
            hsm.transition(hsm.on("two\nlines"), hsm.target("../b")),
        ),
        hsm.state("b"),
    )
    assert [each.label for each in chart.transitions_from("a")] == ["x, y [g] / f, g", "", "two\\nlines"]


def test_every_transition_trigger_and_behaviour_has_an_identifier_of_its_own():
    """No two share one, also where two behaviours are the same function; predicates of change triggers are shared."""
    chart = chart_of(
        hsm.state(
            "a",
            hsm.entry(f, f),
            hsm.transition(hsm.when(g), hsm.effect(f, f)),
            hsm.transition(hsm.when(g), hsm.guard(g), hsm.effect(f)),
            hsm.transition(hsm.on("a#0"), hsm.effect(f)),
        ),
        hsm.state("a#0", hsm.entry(f), go("../a")),
        hsm.transition(hsm.on("x"), hsm.source("a#0"), hsm.target("a")),
    )
    behaviors = [each for vertex in chart.vertices for each in (*vertex.entry, *vertex.exit)]
    behaviors += [each for transition in chart.transitions for each in transition.effects]
    triggers = [each for transition in chart.transitions for each in transition.triggers]
    ids = [each.id for each in (*behaviors, *triggers, *chart.transitions)]
    assert len(set(ids)) == len(ids)
    first, second = [each.triggers[0].condition for each in chart.transitions_from("a")[:2]]
    assert first.behavior is second.behavior
    assert [each.id for each in chart.transitions_from("a#0")] == ["/M/a#0#0", "/M/a#0#1"]


# --- asking it ------------------------------------------------------------------------------------------------


def test_it_knows_every_name():
    """All names and patterns of triggers and deferrals are listed once; built-in names and operations are not."""
    chart = chart_of(
        hsm.state(
            "a",
            hsm.transition(hsm.on("x", "hsm_error", "order.*"), hsm.effect(f)),
            hsm.transition(hsm.on_call("ask"), hsm.effect(f)),
            hsm.defer("*", "later", "x"),
        )
    )
    assert chart.events == ("later", "x", "order.*", "*")
    assert chart.operations == ("ask",)


def test_a_name_that_is_not_there_gets_the_closest_as_a_hint():
    """A wrong path or identifier is a ValueError that names what comes close; what is no string a TypeError."""
    chart = chart_of(hsm.state("open", go("../closed")), hsm.state("closed"))
    with pytest.raises(
        ValueError, match=r"the chart of model 'M' has no vertex '/M/opne': did you mean '/M/open' or '/M/closed'\?"
    ):
        chart.vertex("opne")
    with pytest.raises(ValueError, match=r"has no vertex '/Q'$"):
        chart.vertex("/Q")
    with pytest.raises(ValueError, match=r"has no transition '/M/open#1': did you mean '/M/open#0'"):
        chart.transition("/M/open#1")
    with pytest.raises(TypeError, match=r"a path is a string such as '/M/a', not 3"):
        chart.vertex(3)


WRITTEN = """\
import hsm
model = hsm.define("M",
    hsm.state("a", hsm.state("b"),
        hsm.transition(hsm.on("x"), hsm.target("../c")), hsm.transition(hsm.on("y"), hsm.target("../c"))),
    hsm.state("c"))
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The chart of a model in a file of the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "door.py").write_text(WRITTEN)
    scope = {}
    exec(compile(WRITTEN, str(tmp_path / "door.py"), "exec"), scope)
    return hsm.chart(scope["model"])


def test_an_editor_finds_what_is_written_at_a_position(written, tmp_path):
    """The innermost vertex or transition around a line, or a line and a column, of a file named in any way."""
    for file in ("door.py", tmp_path / "door.py", os.path.join(".", "door.py")):
        assert written.vertex_at(file, 5).path == "/M/c"
    assert written.vertex_at("door.py", 2).path == "/M"
    assert written.vertex_at("door.py", 3, 20).path == "/M/a/b"
    assert written.vertex_at("door.py", 4).path == "/M/a"
    assert written.transition_at("door.py", 4).id == "/M/a#0"
    assert written.transition_at("door.py", 4, 60).id == "/M/a#1"
    for file, line, column in (("other.py", 4, None), ("door.py", 1, None), ("door.py", 3, None), ("door.py", 4, 4)):
        assert written.transition_at(file, line, column) is None


def test_a_line_is_enough_where_no_columns_are_known(written):
    """Positions without columns, as of an interpreter that keeps none, are found by their lines."""
    bare = [attrs.evolve(each, place=attrs.evolve(each.place, column=None, end_line=None)) for each in written.vertices]
    assert attrs.evolve(written, vertices=tuple(bare)).vertex_at("door.py", 5, 7).path == "/M/c"


def test_files_are_made_relative_to_a_directory(written, tmp_path):
    """With a root, the names of files inside it are relative and have slashes; others, and without one, stay."""
    (tmp_path / "inside").mkdir()
    where = {"line": 5, "column": 4, "end_line": 5, "end_column": 18}
    for root, file in ((None, str(tmp_path / "door.py")), (tmp_path, "door.py")):
        assert written.to_dict(root=root)["vertices"][-1]["place"] == {"file": file, **where}
    away = written.to_dict(root=tmp_path / "inside")
    assert away["vertices"][-1]["place"]["file"] == str(tmp_path / "door.py")
    parent = written.to_dict(root=tmp_path.parent)
    assert parent["vertices"][-1]["place"]["file"] == f"{tmp_path.name}/door.py"
    assert "place" not in written.to_json(has_places=False)


# --- as a value -----------------------------------------------------------------------------------------------


def both(name):
    """The same machine twice, written in different places."""
    return [hsm.define("M", hsm.state("a", hsm.entry(f), go("../b")), hsm.state(name)) for _ in range(2)]


def test_charts_are_values():
    """Equal models have equal charts, wherever they are written; another model has another one; pickles are equal."""
    one, twin = [hsm.chart(model) for model in both("b")]
    assert one == twin
    assert hash(one) == hash(twin)
    assert one.vertices[1].place != twin.vertices[1].place or one.vertices[1].place is not twin.vertices[1].place
    assert one != attrs.evolve(one, name="N")
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.name = "N"


def test_a_chart_keeps_nothing_of_the_users_alive():
    """It is data only: no function of the user's is reachable from it."""
    pending, seen = [hsm.chart(both("b")[0])], set()
    while pending:
        each = pending.pop()
        if id(each) not in seen and not isinstance(each, type):
            seen.add(id(each))
            assert each is not f
            pending += gc.get_referents(each)


async def test_a_machine_knows_its_chart():
    """What a machine tells of its chart is what `hsm.chart` tells of its model."""
    model = both("b")[0]
    machine = await started(model, Log())
    assert machine.chart() == hsm.chart(model)


def test_what_is_no_model_has_no_chart():
    """Anything but a model is a TypeError that says what is wanted."""
    with pytest.raises(TypeError, match=r"chart takes the model that hsm.define gave, not 'M'"):
        hsm.chart("M")


def test_a_class_and_its_twin_have_one_chart():
    """The chart of a machine class is that of its functional twin, names of behaviours and places aside."""

    class M(Machine):
        class A(State["M"]):
            @on("x", target="B")
            def leave(self):
                pass

        class B(State["M"]):
            pass

    twin = hsm.define(
        "M",
        hsm.state("A", hsm.transition(hsm.on("x"), hsm.target("B"), hsm.effect(f))),
        hsm.state("B"),
    )
    by_class = checked(hsm.chart(M.model))
    assert erased_chart(by_class) == erased_chart(hsm.chart(twin))
    (effect,) = by_class.transition("/M/A#0").effects
    assert effect.name.endswith("M.A.leave")
    assert by_class.transition_at(__file__, effect.place.line) == by_class.transition("/M/A#0")


# --- the repr of a model ---------------------------------------------------------------------------------------


def test_the_repr_of_a_model_is_short():
    """A model shows its name and the first of its vertices, on one line, whatever they are called."""
    states = [hsm.state(f"s{number}", hsm.entry(f)) for number in range(7)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        assert repr(hsm.define("M", *states[:2])) == "<model M: s0, s1>"
        assert repr(hsm.define("M", *states)) == "<model M: s0, s1, s2, s3, s4, s5, ...>"
        assert repr(hsm.define("M", hsm.region("r", states[0]), hsm.transition(hsm.on("x")))) == "<model M: r>"
        assert repr(hsm.define("two\nlines", hsm.state("a\nb"))) == "<model two\\nlines: a\\nb>"
        assert repr(hsm.define("Empty")) == "<model Empty>"
