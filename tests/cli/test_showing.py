"""The commands that show what a model is: `chart`, `generated`, `explain` and `draw`."""

from __future__ import annotations

import json
import sys

import attrs
import pytest

import hsm
from hsm.cli.explain import explained

KIOSK = """
import hsm

def is_paid(ctx, kiosk, event): return True
def beep(ctx, kiosk, event): ...

model = hsm.define(
    "Kiosk",
    hsm.initial(hsm.target("Start")),
    hsm.junction("Start", hsm.transition(hsm.target("On"))),
    hsm.state(
        "On",
        hsm.transition(hsm.on("power"), hsm.target("Off")),
        hsm.region(
            "Sale",
            hsm.state(
                "Idle",
                hsm.transition(hsm.on("*"), hsm.effect(beep)),
                hsm.transition(hsm.on("coin.*"), hsm.target("Paying")),
                hsm.transition(hsm.on("coin.big"), hsm.guard(is_paid), hsm.target("Paying")),
            ),
            hsm.state("Paying", hsm.defer("coin.big"), hsm.transition(hsm.on("done"), hsm.guard(is_paid))),
        ),
        hsm.region("Light", hsm.state("Dark", hsm.transition(hsm.on("power"), hsm.effect(beep)))),
    ),
    hsm.state("Off", hsm.transition(hsm.on("power"), hsm.target("Choice"))),
    hsm.choice("Choice", hsm.transition(hsm.guard(is_paid), hsm.target("On")), hsm.transition(hsm.target("Off"))),
    hsm.state("Maybe", hsm.initial(hsm.target("Which")), hsm.choice(
        "Which", hsm.transition(hsm.guard(is_paid), hsm.target("A")), hsm.transition(hsm.target("B"))),
        hsm.state("A"), hsm.state("B")),
    hsm.transition(hsm.on("maybe"), hsm.target("Maybe")),
)
"""


@pytest.fixture
def kiosk(project):
    """A kiosk with regions, patterns and choices."""
    project(kiosk=KIOSK)
    return project


def test_chart_is_that_of_the_library(door, hsm_command):
    """`chart` writes JSON, to a file if one is named, and without places if nobody wants them."""
    ran = hsm_command("chart", "door.py:Door")
    assert json.loads(ran.out)["vertices"][1]["place"]["line"] > 1
    hsm_command("chart", "door.py:Door", "--no-places", "-o", "door.json")
    written = json.loads((door.path / "door.json").read_text())
    assert [each["path"] for each in written["vertices"]] == ["/Door", "/Door/Closed", "/Door/Open"]
    assert "place" not in written["vertices"][1]


def test_generated_shows_the_function(door, hsm_command):
    """`generated` prints the step where the machine starts, or where it is said to be."""
    assert "def step(record, event):" in hsm_command("generated", "counter.py:Counter", "add").out
    ran = hsm_command("generated", "door.py:Door", "kick", "--in", "Open")
    assert "def step(record, event):" in ran.out


def test_a_step_that_is_not_generated_says_so(project, hsm_command):
    """Where the kernel takes the step there is nothing to show."""
    project(busy=BUSY)
    ran = hsm_command("generated", "busy.py", "x")
    assert ran.code == 2
    assert "no function is generated for 'x' in /Busy/a" in ran.err


BUSY = """
import hsm

async def work(ctx, busy, event): ...

model = hsm.define("Busy", hsm.state("a", hsm.activity(work), hsm.transition(hsm.on("x"), hsm.target("."))))
"""


@pytest.mark.parametrize(
    ("event", "states", "text"),
    [
        (
            "coin.big",
            [],
            "'coin.big' in /Kiosk/On/Sale/Idle, /Kiosk/On/Light/Dark is taken by the first of these that its guard lets pass\n"
            "1. /Kiosk/On/Sale/Idle -> /Kiosk/On/Sale/Paying\n     = if:     is_paid\n     = why:    of the innermost active state\n    --> kiosk.py:20:17\n"
            "2. /Kiosk/On/Sale/Idle -> /Kiosk/On/Sale/Paying\n     = why:    of the innermost active state, by 'coin.*'\n    --> kiosk.py:19:17\n",
        ),
        (
            "power",
            ["On"],
            "'power' in /Kiosk/On/Sale/Idle is taken\n   /Kiosk/On/Sale/Idle -> (internal)\n     = effect: beep\n     = why:    of the innermost active state, by '*'\n    --> kiosk.py:18:17\n"
            "'power' in /Kiosk/On/Light/Dark is taken\n   /Kiosk/On/Light/Dark -> (internal)\n     = effect: beep\n     = why:    of the innermost active state\n    --> kiosk.py:24:47\n"
            "  = help: of two that would exit the same state, the region declared first wins (rule T4)\n",
        ),
        (
            "coin.big",
            ["On/Sale/Paying"],
            "'coin.big' in /Kiosk/On/Sale/Paying, /Kiosk/On/Light/Dark is deferred\n   deferral of /Kiosk/On/Sale/Paying\n     = why:    kept until no active state defers it\n    --> kiosk.py:22:13\n",
        ),
        (
            "done",
            ["On/Sale/Paying"],
            "'done' in /Kiosk/On/Sale/Paying, /Kiosk/On/Light/Dark is taken if its guard holds, and ignored otherwise\n   /Kiosk/On/Sale/Paying -> (internal)\n     = if:     is_paid\n     = why:    of the innermost active state\n    --> kiosk.py:22:56\n",
        ),
        (
            "maybe",
            ["Off"],
            "'maybe' in /Kiosk/Off is taken\n   /Kiosk -> /Kiosk/Maybe\n     = why:    of a state around the innermost active one\n    --> kiosk.py:31:5\n",
        ),
        ("done", ["Off"], "'done' is ignored in /Kiosk/Off\n  = why:  nothing that is active reacts to it\n  = help: it is taken in /Kiosk/On/Sale/Idle, /Kiosk/On/Sale/Paying\n"),
    ],
)  # fmt: skip
def test_explain_says_which_transition_and_why(kiosk, hsm_command, event, states, text):
    """Candidates come in the order in which they are tried, with guards, effects, reasons and places."""
    ran = hsm_command("explain", "kiosk.py", event, *[each for path in states for each in ("--in", path)])
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == text


def test_explain_knows_names_that_are_close(door, hsm_command):
    """An event that the model does not have is compared with those that it has."""
    assert "did you mean 'kick'?" in hsm_command("explain", "door.py", "kik").out
    assert "the model's events are Knock, kick" in hsm_command("explain", "door.py", "xxxxxxx").out
    door(silent='import hsm\nmodel = hsm.define("S", hsm.state("a"))\n')
    assert "the model's events are none" in hsm_command("explain", "silent.py", "x").out


def test_explain_says_when_no_candidate_is_certain(door, hsm_command):
    """Two guarded transitions may both be closed."""
    door(
        two="""
        import hsm
        def held(ctx, x, event): return True
        def other(ctx, x, event): return True
        model = hsm.define("T", hsm.state("a", hsm.transition(hsm.on("x"), hsm.guard(held)),
                                               hsm.transition(hsm.on("x"), hsm.guard(other))))
        """
    )
    assert (
        "is taken by the first of these that its guard lets pass, or ignored\n"
        in hsm_command("explain", "two.py", "x").out
    )


def test_explain_needs_no_places():
    """A chart may have none, as one that was read from elsewhere."""
    chart = hsm.chart(hsm.define("M", hsm.state("a", hsm.transition(hsm.on("x")))))
    bare = attrs.evolve(chart, transitions=tuple([attrs.evolve(each, place=None) for each in chart.transitions]))
    assert "-->" not in explained(bare, "x", ("/M/a",))


@pytest.mark.parametrize(
    ("states", "message"),
    [
        (["On/Sal"], "the chart of model 'Kiosk' has no vertex '/Kiosk/On/Sal': did you mean '/Kiosk/On/Sale'"),
        (["Choice"], "error: /Kiosk/Choice is never active: it is a choice\n  = help: name a state\n"),
        (["Off", "On/Sale"], "error: /Kiosk/Off and /Kiosk/On/Sale are never active at the same time\n"),
        (["Maybe"], "error: where /Kiosk/Maybe is entered depends on more than the model\n  = help: say what is active: --in PATH\n"),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_is_refused(kiosk, hsm_command, states, message):
    """The message says why, with exit code 2."""
    ran = hsm_command("explain", "kiosk.py", "x", *[each for path in states for each in ("--in", path)])
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


# --- drawing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["-f", "mermaid"], ["-o", "out.svg"], []])
def test_without_what_draws_one_line_says_what_to_install(door, hsm_command, monkeypatch, arguments):
    """Whatever format is asked for, and no traceback."""
    monkeypatch.setitem(sys.modules, "hsm.draw", None)
    ran = hsm_command("draw", "door.py", *arguments)
    assert ran.code == 2
    assert "cannot be drawn" in ran.err
    assert ran.err.endswith("  = help: pip install 'hsm-dsl[draw]'\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "door.xyz"], "error: 'door.xyz' does not say in which format to draw\n"),
        (["-f", "dot", "--trace", "door.jsonl"], "error: dot does not show a trace\n"),
        (["-f", "svg", "--trace", "nothing.jsonl"], "error: 'nothing.jsonl' cannot be read\n"),
    ],
)
def test_what_cannot_be_drawn_is_explained(door, hsm_command, arguments, message):
    """An ending without a format, a trace for a text, a trace that is not there."""
    (door.path / "door.jsonl").write_text("")
    ran = hsm_command("draw", "door.py", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(message)


def test_a_picture_has_one_model(door, hsm_command):
    """Two models do not fit into one SVG."""
    door(two='import hsm\na = hsm.define("A", hsm.state("a"))\nb = hsm.define("B", hsm.state("b"))\n')
    ran = hsm_command("draw", "two.py", "-o", "two.svg")
    assert (ran.code, ran.err) == (
        2,
        "error: 'two.py' has 2 models, and svg shows one\n  = help: name one: two.py:A\n  = help: it has 'A', 'B'\n",
    )


@pytest.mark.parametrize("form", ["mermaid", "dot", "plantuml", "table", "tree"])
def test_a_text_is_drawn(door, hsm_command, form):
    """Every format of text is written, to standard output or into a file; what it cannot say is said on standard error."""
    draw = pytest.importorskip("hsm.draw")
    if not hasattr(draw, "diagram"):
        pytest.skip("texts cannot be drawn here")
    ran = hsm_command("draw", "door.py:Door", "-f", form)
    import door as module

    drawn = draw.diagram(module.Door.model, form)
    assert (ran.code, ran.out) == (0, drawn.text)
    assert ran.err.count("warning: ") == len(drawn.omissions)
    hsm_command("draw", "door.py:Door", "-f", form, "-o", "door.out")
    assert (door.path / "door.out").read_text(encoding="utf-8") == drawn.text


def test_what_a_format_cannot_say_is_said(kiosk, hsm_command):
    """Mermaid has no junction: a warning names it, and several models follow each other."""
    draw = pytest.importorskip("hsm.draw")
    if not hasattr(draw, "diagram"):
        pytest.skip("texts cannot be drawn here")
    ran = hsm_command("draw", "kiosk.py", "-f", "mermaid")
    assert ran.code == 0
    assert ran.err.startswith("warning: mermaid cannot express all of 'Kiosk': ")


@pytest.mark.parametrize(("form", "begins"), [("svg", "<svg"), ("html", "<!")])
def test_a_picture_is_drawn(door, hsm_command, form, begins):
    """SVG and the page are written where what they need is installed; else one line says what to install."""
    draw = pytest.importorskip("hsm.draw")
    if not hasattr(draw, "svg"):
        pytest.skip("pictures cannot be drawn here")
    ran = hsm_command("draw", "door.py:Door", "-f", form)
    if ran.code == 0:
        assert begins.lower() in ran.out[:200].lower()
    else:
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_trace_that_cannot_be_played_is_explained(door, hsm_command):
    """What is not a trace, or one of another model, is a mistake of the arguments."""
    draw = pytest.importorskip("hsm.draw")
    if not hasattr(draw, "page"):
        pytest.skip("pictures cannot be drawn here")
    (door.path / "junk.jsonl").write_text("junk\n")
    ran = hsm_command("draw", "door.py:Door", "-f", "html", "--trace", "junk.jsonl")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: html cannot be drawn: ")
