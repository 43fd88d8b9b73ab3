"""The picture as SVG: what is in it, what is marked, and that it is the same each time."""

from __future__ import annotations

import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest
from picture.kiosk import MODEL, Kiosk
from support import Log, started

import hsm
import hsm.draw
from hsm import trace
from hsm.draw import engine

pytestmark = [pytest.mark.needs_system, pytest.mark.usefixtures("elk")]

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
TINY = hsm.define("Tiny", hsm.state("a", hsm.transition(hsm.on("go"), hsm.target("b"))), hsm.state("b"))


def marked(svg, word):
    """What is marked with a *word*: paths of vertices, identifiers of arrows."""
    groups = [each for each in ET.fromstring(svg).iter(f"{SVG}g") if word in each.get("class").split()]
    return {each.get("data-path") or each.get("data-id") for each in groups}


def texts(svg):
    return [each.text for each in ET.fromstring(svg).iter(f"{SVG}text")]


def test_everything_that_a_model_says_is_written():
    """Names, compartments, triggers, guards and effects, in short words."""
    svg = hsm.draw.svg(MODEL)
    words = " ".join(texts(svg))
    for text in (
        "Kiosk idle", "entry / show_menu", "exit / stop_pump", "do / watch_temperature", "card, coin / defer",
        "sugar / add_sugar", "every 1 s / blink", "after 300 s", "service [is_service_key_turned]", "when tank_is_empty",
        "unplug()", "flow.*", "decide", "paid", "aborted", "H*", "water", "[tank_is_empty or in 'maintenance']", "scrapped",
        "and not payment_failed_three_times]",
    ):  # fmt: skip
        assert text in words


def test_each_kind_of_vertex_has_its_group():
    """With its path, and inside of the group of what contains it."""
    root = ET.fromstring(hsm.draw.svg(MODEL))
    above = {child: parent for parent in root.iter() for child in parent}
    groups = {each.get("data-path"): each for each in root.iter(f"{SVG}g") if each.get("data-path")}
    for vertex in hsm.chart(MODEL).vertices:
        group = groups[vertex.path]
        assert group.get("class").split()[0] == vertex.kind.replace("_", "-")
        assert vertex.parent is None or above[group] is groups[vertex.parent]


def test_the_second_picture_takes_little_time():
    """The engine stays loaded, and what it has laid out is kept."""
    hsm.draw.svg(MODEL)
    before = time.perf_counter()
    hsm.draw.svg(MODEL, active=["idle"])
    assert time.perf_counter() - before < 0.3


def test_a_picture_is_the_same_in_each_process():
    """To the last byte, whatever was drawn before."""
    program = """if True:
        import sys
        sys.path[:0] = [".", "tests"]
        import hsm.draw
        from picture.test_picture import MODEL, TINY
        hsm.draw.svg(TINY)
        sys.stdout.write(hsm.draw.svg(MODEL))
    """
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)
    assert ended.stdout.decode() == hsm.draw.svg(MODEL)


def test_a_machine_marks_what_is_active():
    """Paths do as well; what is around something active is active, too."""
    assert marked(hsm.draw.svg(TINY, active=["a"]), "active") == {"/Tiny", "/Tiny/a"}
    assert marked(hsm.draw.svg(TINY, active="/Tiny/b"), "active") == {"/Tiny", "/Tiny/b"}
    assert marked(hsm.draw.svg(TINY), "active") == marked(hsm.draw.svg(TINY), "taken") == set()
    with pytest.raises(ValueError, match="did you mean"):
        hsm.draw.svg(TINY, active=["Tiny/a"])


async def test_an_observed_machine_marks_its_last_transition():
    """A recorder among its observers knows it; the instance does as well as the machine."""
    machine = await started(TINY)
    assert machine.observers == ()
    end = machine.observe(print)
    recorder = trace.Recorder()
    machine.observe(recorder)
    await machine.dispatch("go")
    assert machine.observers == (print, recorder)
    for active in (machine, machine.instance):
        svg = hsm.draw.svg(machine, active=active)
        assert marked(svg, "active") == {"/Tiny", "/Tiny/b"}
        assert marked(svg, "taken") == {"/Tiny/a#0"}
    end()
    assert machine.observers == (recorder,)
    await hsm.stop(machine)


async def test_a_machine_that_nobody_observes_has_no_last_transition():
    """Nobody knows it."""
    machine = await started(TINY)
    await machine.dispatch("go")
    svg = hsm.draw.svg(TINY, active=machine)
    assert marked(svg, "active") == {"/Tiny", "/Tiny/b"}
    assert marked(svg, "taken") == set()


async def test_a_trace_marks_the_end_of_what_it_tells():
    """A recorder, its records, or its lines."""
    recorder = trace.Recorder()
    machine = await started(TINY, observe=recorder)
    await machine.dispatch("go")
    for told in (recorder, list(recorder.records), recorder.to_json_lines()):
        svg = hsm.draw.svg(TINY, trace=told)
        assert marked(svg, "active") == {"/Tiny", "/Tiny/b"}
        assert marked(svg, "taken") == {"/Tiny/a#0"}
    assert marked(hsm.draw.svg(TINY, active=["a"], trace=recorder), "active") == {"/Tiny", "/Tiny/a"}
    with pytest.raises(ValueError, match=r"the trace is of another model: the chart of 'Kiosk' has no '/Tiny'"):
        hsm.draw.svg(MODEL, trace=recorder)


def test_marks_colour_what_was_gone_through_and_say_so():
    """States, arrows with their labels and initial dots, and lines of compartments; what has no mark stays as it is."""
    model = hsm.define(
        "M",
        hsm.initial(hsm.target("a")),
        hsm.state("a", hsm.transition(hsm.on("in")), hsm.transition(hsm.on("e"), hsm.target("../b"))),
        hsm.state("b", hsm.transition(hsm.on("in"))),
    )
    marks = {"/M/a": "covered", "/M/b": "missed", "/M#default": "covered", "/M/a#0": "missed", "/M/a#1": "partly"}
    svg = hsm.draw.svg(model, marks=marks)
    assert marked(svg, "covered") - {None} == {"/M/a", "/M#default"}  # the legend has no name
    assert marked(svg, "partly") - {None} == {"/M/a#1"}
    assert marked(svg, "missed") - {None} == {"/M/b"}
    assert svg.count('<text class="missed"') == 1
    assert [line for line in svg.splitlines() if 'class="initial' in line] == [
        '<g class="initial covered" data-id="/M#default">'
    ]
    plain = hsm.draw.svg(model)
    assert "legend" not in plain
    assert "covered" not in plain
    before, after = [float(ET.fromstring(each).get("height")) for each in (plain, svg)]
    assert after > before
    assert svg.count('<g class="legend ') == 3
    assert "prefers-color-scheme" in hsm.draw.svg(model, marks={}, theme="auto")


def test_marks_of_another_model_are_refused():
    """So is a mark that there is not."""
    with pytest.raises(ValueError, match="marks: model 'Tiny' has no vertex and no transition '/M/a'"):
        hsm.draw.svg(TINY, marks={"/M/a": "covered"})
    with pytest.raises(ValueError, match="marks: '/Tiny/a' is 'covered', 'partly' or 'missed', not 'red'"):
        hsm.draw.svg(TINY, marks={"/Tiny/a": "red"})


def test_colours_are_light_dark_or_the_readers():
    """And no others."""
    light, dark, auto = (hsm.draw.svg(TINY, theme=theme) for theme in ("light", "dark", "auto"))
    assert "prefers-color-scheme" in auto
    assert "prefers-color-scheme" not in light + dark
    assert light != dark
    with pytest.raises(ValueError, match="the themes are 'light', 'dark' and 'auto', not 'red'"):
        hsm.draw.svg(TINY, theme="red")


def test_whatever_a_name_has_in_it_the_picture_is_valid():
    """Markup is escaped; what XML cannot have is replaced."""
    names = [
        "<script>&\"'",
        "]]>",
        "a\x00b\x1b\ud800\uffff",
        "\u732b\u732b",
        "e\u0301",
        "\U0001f408",
        "x" * 300,
        "\u2192\tz",
    ]
    svg = hsm.draw.svg(hsm.define("<g>", *[hsm.region(name, hsm.state(name)) for name in names]))
    assert ET.fromstring(svg.encode()) is not None
    written = "".join([text for text in texts(svg) if text])
    assert "<script>&\"'" in written
    assert "\u732b\u732b" in written


def test_charts_and_classes_are_drawn_as_their_models():
    """Whatever has a chart; nothing else."""
    assert hsm.draw.svg(hsm.chart(TINY)) == hsm.draw.svg(TINY)

    class Machine(hsm.Instance):
        model = TINY

    assert hsm.draw.svg(Machine) == hsm.draw.svg(TINY)
    with pytest.raises(TypeError, match="a drawing is made of a model"):
        hsm.draw.svg(42)


def test_what_is_missing_is_told_in_one_line(monkeypatch, tmp_path):
    """QuickJS comes with an extra; elkjs with the wheel."""
    engine._laid_out.cache_clear()
    engine._engine.cache_clear()
    model = hsm.define("Unseen", hsm.state("never drawn before"))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "SCRIPT", tmp_path / "none.js")
        with pytest.raises(hsm.draw.DrawError, match=r"^drawing needs elkjs, .*.ci/elkjs.py' in a checkout$"):
            hsm.draw.svg(model)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "quickjs", None)
        with pytest.raises(hsm.draw.DrawError, match=r"^drawing needs QuickJS; .* pip install 'hsm-dsl\[draw\]'$"):
            hsm.draw.svg(model)
    assert "never drawn before" in texts(hsm.draw.svg(model))


def test_another_release_of_elkjs_works_a_little_slower(monkeypatch, tmp_path):
    """Where its function for hashes is not found, it is left as it is."""
    script = engine.SCRIPT.read_text(encoding="utf-8")
    other = tmp_path / "elk.js"
    other.write_text(
        engine._HASH.sub(lambda found: found[0].replace("var b,c;", "var b,c;/**/"), script), encoding="utf-8"
    )
    wanted = hsm.draw.svg(TINY)
    for cache in (engine._laid_out, engine._engine, hsm.draw.svg.__globals__["drawn"]):
        cache.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "SCRIPT", other)
        assert hsm.draw.svg(TINY) == wanted
    engine._engine.cache_clear()


def test_a_browser_runs_elkjs_itself(monkeypatch):
    """Where Python is run by JavaScript, pictures need no QuickJS, come out the same, and leave nothing behind there."""
    context = pytest.importorskip("quickjs").Context()
    context.set_max_stack_size(2**20)
    context.eval("""
        var self = globalThis, theirs = () => "theirs", kept = theirs;
        const only = (found) => { if (found !== globalThis) throw new TypeError("Illegal invocation"); };
        Object.defineProperty(globalThis, "onmessage", {get() { return kept; }, set(to) { only(this); kept = to; }});
        globalThis.postMessage = theirs;
    """)
    before = context.eval("Object.keys(globalThis).join()")
    host = SimpleNamespace(Function=SimpleNamespace(new=lambda body: lambda: context.eval(f"(() => {{ {body} }})()")))
    wanted = hsm.draw.svg(TINY)
    for cache in (engine._laid_out, engine._engine, hsm.draw.svg.__globals__["drawn"]):
        cache.cache_clear()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "quickjs", None)
        patch.setitem(sys.modules, "js", host)
        assert hsm.draw.svg(TINY) == wanted
    engine._engine.cache_clear()
    assert context.eval("self.onmessage === theirs && self.postMessage === theirs")
    assert context.eval("Object.keys(globalThis).join()") == before


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs os.fork")
def test_a_forked_process_draws_as_well():
    """Its parent's thread is not there; it makes one of its own."""
    program = """if True:
        import os, sys, warnings
        warnings.simplefilter("ignore")
        import hsm, hsm.draw
        model = lambda name: hsm.define("M", hsm.state(name))
        hsm.draw.svg(model("a"))
        child = os.fork()
        if child == 0:
            os._exit(0 if "new" in hsm.draw.svg(model("new")) else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_a_notebook_shows_models_and_classes(monkeypatch):
    """As pictures; where these cannot be made, it has the repr, and nothing is raised."""
    from hsm_classdsl import Machine, State

    class Door(Machine):
        class Closed(State["Door"]):
            pass

    class Unfinished(Machine, abstract=True):
        pass

    for shown in (TINY, Door):
        assert shown._repr_mimebundle_() == {"image/svg+xml": hsm.draw.svg(shown)}
        assert shown._repr_svg_() == hsm.draw.svg(shown)
    assert Unfinished._repr_mimebundle_(include=None, exclude=None) == {}
    assert Unfinished._repr_svg_() is None
    monkeypatch.setattr(engine, "SCRIPT", engine.SCRIPT / "none")
    engine._engine.cache_clear()
    assert hsm.define("Other", hsm.state("not drawn either"))._repr_mimebundle_() == {}
    assert not hasattr(Log(), "_repr_svg_")
    assert Kiosk.__name__ == "Kiosk"
