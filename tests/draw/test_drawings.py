"""What drawings say: words, points that only a drawing has, what is omitted, and what can be drawn."""

from __future__ import annotations

import subprocess
import sys
import warnings
from datetime import UTC, datetime
from typing import get_args

import pytest
from draw import kiosk

import hsm
import hsm.draw
from hsm.draw.graph import graph_of
from hsm_classdsl import Machine, State, on


def f(ctx, instance, event):
    """A behaviour."""


def g(ctx, instance, event):
    """Another one."""
    return True


def chart_of(*parts):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        return hsm.chart(hsm.define("M", *parts))


def go(target, *parts):
    return hsm.transition(hsm.on("go"), hsm.target(target), *parts)


def details(chart):
    """The lines of the tree that say what is done, in order."""
    return [
        line.strip(" │") for line in hsm.draw.tree(chart).splitlines() if not line.lstrip("│ ").startswith(("├", "└"))
    ]


def arrows(chart, *, has_loops=True):
    """The arrows of a chart's graph, by what their ends are."""
    graph = graph_of(chart, has_loops=has_loops)
    ends = [(edge.tail, edge.head, edge.labels) for edge in graph.edges]
    return [(tail.title or tail.kind, head.title or head.kind, *labels) for tail, head, labels in ends]


# --- words ----------------------------------------------------------------------------------------------------


def test_a_tree_says_all_that_a_state_does():
    """Each action, each internal transition and each deferral is a line, and each transition one with its target."""
    chart = chart_of(
        hsm.state(
            "a",
            hsm.entry(f, g),
            hsm.exit(g),
            hsm.activity(f),
            hsm.defer("late", "b.*"),
            hsm.transition(hsm.on("in"), hsm.effect(f)),
            hsm.transition(hsm.on("nothing")),
            hsm.transition(hsm.on("x", "y.*", "*"), hsm.guard(g), hsm.target("../b"), hsm.effect(f, g)),
            hsm.transition(hsm.after(2.5), hsm.every(f), hsm.at(f), hsm.on_call("ask"), hsm.target("../b")),
            hsm.transition(hsm.at(datetime(2030, 1, 2, tzinfo=UTC)), hsm.when(hsm.not_(g)), hsm.target("../b")),
            hsm.transition(hsm.target("../b")),
        ),
        hsm.state("b"),
    )
    assert details(chart) == [
        "M",
        "initial → a",
        "entry / f, g",
        "exit / g",
        "do / f",
        "late, b.* / defer",
        "in / f",
        "nothing /",
        "x, y.*, * [g] / f, g → b",
        "after 2.5 s, every f, at f, ask() → b",
        "at 2030-01-02 00:00:00+00:00, when not g → b",
        "→ b",
    ]


def test_guards_read_as_they_are_read_aloud():
    """Combinations are words with brackets where they are needed, and states stand in quotes."""
    chart = chart_of(
        hsm.state(
            "a",
            go("../b", hsm.guard(hsm.all_of(g, hsm.any_of(f, hsm.not_(hsm.all_of(f, g)))))),
            go("../b", hsm.guard(hsm.any_of(hsm.in_state("/M/b"), hsm.in_state("/M")))),
        ),
        hsm.state("b"),
    )
    assert details(chart)[2:] == ["go [g and (f or not (f and g))] → b", "go [in 'b' or in '/M'] → b"]


def test_a_behaviour_has_its_short_name():
    """What a function is defined in is left out; a lambda is known by what made it."""

    class Inner:
        def method(self, ctx, instance, event): ...

    def make():
        return lambda ctx, instance, event: None

    chart = chart_of(hsm.state("a", hsm.entry(Inner().method, make())))
    assert details(chart)[-1] == "entry / method, make"


def test_the_last_branch_is_called_else():
    """A branch without a guard beside others with one is what remains; alone it has no label."""
    chart = chart_of(
        hsm.state("a", go("../c"), go("../d")),
        hsm.choice("c", hsm.transition(hsm.guard(g), hsm.target("a")), hsm.transition(hsm.target("b"))),
        hsm.junction("d", hsm.transition(hsm.target("b"))),
        hsm.state("b"),
    )
    assert details(chart)[-3:] == ["[g] → a", "[else] → b", "→ b"]
    assert "| `c` |  | *else* | `b` |" in hsm.draw.table(chart)


def test_a_transition_that_leaves_on_its_way_inwards_says_so():
    """Local is what an arrow inwards means; an external one is marked, in the table both are."""
    inner = hsm.state("b")
    chart = chart_of(hsm.state("a", inner, go("b"), hsm.transition(hsm.on("x"), hsm.target("b"), hsm.external())))
    assert details(chart)[-2:] == ["go → a/b", "x {external} → a/b"]
    table = hsm.draw.table(chart)
    assert "| `a` | `go` | `a/b` (local) |" in table
    assert "| `a` | `x` | `a/b` (external) |" in table


def test_a_table_has_no_empty_columns():
    """Only what occurs has a column; a model without a transition has no table of them, but its default entry."""
    table = hsm.draw.table(chart_of(hsm.state("a")))
    assert table == (
        "| state | kind |\n|---|---|\n| `/M` | state |\n| `a` | state |\n"
        "\n| from | trigger | to |\n|---|---|---|\n| `/M` | *initial* | `a` |\n"
    )
    assert hsm.draw.table(chart_of()) == "| state | kind |\n|---|---|\n| `/M` | state |\n"


def test_a_submachine_is_named():
    """A state that is an embedded model has that model's name behind its own."""
    motor = hsm.define("Motor", hsm.state("on"))
    chart = chart_of(hsm.submachine("left", motor))
    assert "└─ left : Motor" in hsm.draw.tree(chart)
    assert "| `left` | submachine `Motor` |" in hsm.draw.table(chart)


# --- points ---------------------------------------------------------------------------------------------------


def test_an_arrow_between_a_state_and_what_it_contains_has_a_point():
    """Inwards it starts at a point inside, outwards it leads over one outside; a loop does so where there are none."""
    chart = chart_of(
        hsm.state("a", hsm.state("b", hsm.transition(hsm.on("up"), hsm.target("..")), go(".")), go("b"), go("."))
    )
    common = [("b", "turn", "up"), ("turn", "a"), ("b", "b", "go"), ("origin", "b", "go")]
    dots = [("initial", "b"), ("initial", "a")]
    assert arrows(chart) == [*common, ("a", "a", "go"), *dots]
    loops = [("a", "turn", "go"), ("turn", "a")]
    assert arrows(chart, has_loops=False) == [*common, *loops, *dots]


def test_an_arrow_to_several_vertices_splits_at_a_bar():
    """Its label stands at the bar; from a fork the arrows lead on by themselves, and only the first has the label."""
    both = hsm.state(
        "both",
        hsm.region("r", hsm.state("a"), hsm.state("b")),
        hsm.region("s", hsm.state("c"), hsm.state("d")),
        hsm.initial(hsm.target("r/b", "s/d")),
    )
    chart = chart_of(
        hsm.state("x", hsm.transition(hsm.on("go"), hsm.target("../both/r/b", "../both/s/d")), go("../f")),
        hsm.fork("f", hsm.transition(hsm.target("both/r/b", "both/s/d"), hsm.effect(f))),
        both,
    )
    found = arrows(chart)
    for expected in (("x", "bar", "go"), ("bar", "b"), ("bar", "d"), ("f", "b", "/ f"), ("f", "d"), ("initial", "bar")):
        assert expected in found


def test_arrows_that_have_both_ends_in_common_are_one():
    """Each has its label there; those without one stay apart."""
    chart = chart_of(
        hsm.state("a", go("../b"), hsm.transition(hsm.on("x"), hsm.target("../b")), hsm.transition(hsm.target("../b"))),
        hsm.state("b"),
    )
    assert arrows(chart) == [("a", "b", "go", "x"), ("a", "b"), ("initial", "a")]


@pytest.mark.parametrize(
    "parts",
    [
        [hsm.entry(f), hsm.state("a")],
        [hsm.state("a", hsm.transition(hsm.on("x"), hsm.target("/M")))],
        [hsm.state("a"), hsm.transition(hsm.on("x"), hsm.target("a"))],
        [hsm.state("a", go("out")), hsm.exit_point("out")],
        [hsm.region("r", hsm.state("a")), hsm.region("s", hsm.state("b"))],
    ],
    ids=["entry", "target", "source", "point", "regions"],
)
def test_a_model_has_a_border_where_it_needs_one(parts):
    """A model that does something, or that arrows meet, is drawn around its states; any other is not."""
    assert [node.title for node in graph_of(chart_of(*parts), has_loops=True).nodes if node.title] == ["M"]
    bare = graph_of(chart_of(hsm.state("a")), has_loops=True)
    assert [node.title for node in bare.nodes if node.title] == ["a"]


# --- omissions ------------------------------------------------------------------------------------------------


def test_what_a_language_cannot_say_is_told_twice():
    """Each omission names what it concerns, and stands in the text as a comment."""
    for language, sign in (("mermaid", "%%"), ("dot", "//"), ("plantuml", "'")):
        diagram = hsm.draw.diagram(kiosk.MODEL, language)
        comments = [line for line in diagram.text.splitlines() if line.lstrip().startswith(sign + " ")]
        assert len(comments) == len(diagram.omissions) > 0
        for comment, omission in zip(comments, diagram.omissions, strict=True):
            assert omission.what.split(",")[0] in comment
            assert str(omission) == f"{omission.what}: {', '.join(omission.where)}"
            assert all(hsm.chart(kiosk.MODEL).vertex(path) for path in omission.where)
    concerned = {path for each in hsm.draw.diagram(kiosk.MODEL, "mermaid").omissions for path in each.where}
    symbols = {"region", "shallow_history", "deep_history", "junction", "entry_point", "exit_point", "choice", "final"}
    assert {vertex.path for vertex in hsm.chart(kiosk.MODEL).vertices if vertex.kind in symbols} <= concerned


def test_a_language_omits_nothing_of_a_plain_machine():
    """States and transitions can be said in all of them."""
    chart = chart_of(hsm.state("a", go("../b"), hsm.entry(f)), hsm.state("b", hsm.state("c")))
    assert all(hsm.draw.diagram(chart, language).omissions == () for language in get_args(hsm.draw.Format))


def test_histories_with_their_usual_names_are_not_named_twice():
    """What is called H or H* is drawn as that, without a name beside it, and no name is missed."""
    chart = chart_of(
        hsm.state("a", hsm.state("b"), hsm.shallow_history("H"), hsm.deep_history("H*")),
        hsm.state("c", go("../a/H"), hsm.transition(hsm.on("x"), hsm.target("../a/H*"))),
        hsm.transition(hsm.on("back"), hsm.source("a"), hsm.target("c")),
    )
    assert 'state "(H)" as' in hsm.draw.mermaid(chart)
    assert 'state "H" as' in hsm.draw.plantuml(chart)
    assert "xlabel" not in hsm.draw.dot(chart)
    assert hsm.draw.diagram(chart, "plantuml").omissions == ()


# --- what can be drawn ----------------------------------------------------------------------------------------


async def test_whatever_has_a_chart_can_be_drawn():
    """A model, its chart, a class that has it, in either front end, and a machine that runs are drawn alike."""

    class Door(Machine):
        class Closed(State["Door"]):
            on("open", target="Open")

        class Open(State["Door"]):
            pass

    class Holder(hsm.Instance):
        model = Door.model

    text = hsm.draw.tree(Door)
    assert text == "Door\n│    initial → Closed\n├─ Closed\n│       open → Open\n└─ Open\n"
    for subject in (Door.model, hsm.chart(Door.model), Holder):
        assert hsm.draw.tree(subject) == text
    async with hsm.start(None, Door(), Door.model) as machine:
        assert hsm.draw.tree(machine) == text


def test_each_language_has_its_function():
    """The function of a language gives the text of the diagram in it, which is the diagram as a string."""
    for language in get_args(hsm.draw.Format):
        diagram = hsm.draw.diagram(kiosk.MODEL, language)
        assert getattr(hsm.draw, language)(kiosk.MODEL) == diagram.text == str(diagram)


@pytest.mark.parametrize("subject", ["door.py", None, 3, str, hsm.Instance], ids=repr)
def test_what_has_no_chart_is_refused(subject):
    """The message says what can be drawn."""
    with pytest.raises(TypeError, match="a drawing is made of a model, a chart, a machine or its class, not of "):
        hsm.draw.mermaid(subject)


def test_an_unknown_language_is_refused():
    """The message names those that there are."""
    with pytest.raises(ValueError, match="format must be one of mermaid, dot, plantuml, table, tree, not 'svgg'"):
        hsm.draw.diagram(kiosk.MODEL, "svgg")


@pytest.mark.needs_system
def test_importing_the_drawings_loads_nothing():
    """Neither does `hsm` load them, nor do they load anything before one is used; a chart needs no run time."""
    program = """
import sys
import hsm
assert not {name for name in sys.modules if name.startswith("hsm.")}
import hsm.draw
print(*{name for name in sys.modules if name.startswith("hsm.")})
from hsm.charts import Chart, ChartVertex
hsm.draw.tree(Chart("M", (ChartVertex("/M", "state"),), ()))
print(*{name for name in sys.modules if name.startswith(("hsm.runtime", "hsm.compiler", "asyncio"))})
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "hsm.draw\n\n"
