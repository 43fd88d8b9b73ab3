"""The playground without a browser: its models run, and its Python side answers as ``hsm simulate`` does."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from pathlib import Path

import pytest

import hsm.testing
from hsm.draw import engine

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "playground"
MODELS = sorted((FOLDER / "models").glob("*.py"))

pytestmark = pytest.mark.needs_system


@pytest.fixture
def play(monkeypatch, tmp_path):
    """The page's module, as Python in the browser has it; models that it imports do not stay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {*sys.modules}
    spec = importlib.util.spec_from_file_location("play", FOLDER / "play.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in {*sys.modules} - before:
        if name in {each.stem for each in MODELS} or name.startswith("written"):
            del sys.modules[name]


def opened(play, name="door.py"):
    return json.loads(play.opened(name, (FOLDER / "models" / name).read_text(encoding="utf-8")))


def entered(play, line):
    return json.loads(play.entered(line))


def words(answer, kind):
    return [each["text"].strip() for each in answer["lines"] if each["kind"] == kind]


def names(answer):
    return [each["name"] for each in answer["events"]]


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_each_model_runs(play, file):
    """It starts, and something can be done with it."""
    answer = opened(play, file.name)
    assert answer["events"]
    assert answer["lines"][0]["text"].strip().startswith("0 s: start taken: nothing -> ")


def test_the_checker_has_nothing_to_say_of_the_models():
    """They are examples to readers."""
    command = [sys.executable, "-m", "hsm", "check", "docs/playground/models"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_picture_comes_once_with_its_colours(play):
    """With nothing marked: the page does that."""
    pytest.importorskip("quickjs", reason="needs QuickJS: pip install 'hsm-dsl[draw]'")
    if not engine.SCRIPT.exists():
        pytest.skip("needs elkjs: python .ci/elkjs.py")
    answer = opened(play)
    assert answer["svg"].startswith("<svg ")
    assert 'active"' not in answer["svg"]
    assert ".play-picture .box" in answer["styles"]
    assert "[data-md-color-scheme=slate] .play-picture .box" in answer["styles"]
    assert "svg" not in entered(play, "Knock")


def test_the_page_offers_the_models_that_are_there():
    """All files, and no other."""
    offered = re.findall(r'\["(\w+\.py)", "', (FOLDER / "play.js").read_text(encoding="utf-8"))
    assert sorted(offered) == [each.name for each in MODELS]


def test_the_page_loads_what_the_library_needs():
    """The packages of Pyodide that it names are the dependencies of the wheel, and Pyodide's version is a fixed one."""
    page = (ROOT / "docs" / "playground.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [re.match(r"[\w-]+", each)[0] for each in project["dependencies"]]
    assert re.search(r'data-packages="([^"]*)"', page)[1].split() == needed
    assert re.search(r'data-pyodide="https://cdn\.jsdelivr\.net/pyodide/v314\.\d+\.\d+/full/"', page)
    if folder := os.environ.get("HSM_PYODIDE"):
        assert set(needed) <= set(json.loads(Path(folder, "pyodide-lock.json").read_text(encoding="utf-8"))["packages"])


def test_events_and_time_go_to_the_machine(play):
    """Each answer has what was printed and said, where the machine is, what it took, and what it can do next."""
    start = opened(play)
    assert [start["where"], names(start), start["events"][0]["data"]] == [
        "/Door/Closed, 0 s",
        ["Knock"],
        '{"who": "Ada"}',
    ]
    assert start["timers"] == []
    opening = entered(play, 'Knock {"who": "Ada"}')
    assert words(opening, "entered") == ['Knock {"who": "Ada"}']
    assert words(opening, "printed") == ["Come in, Ada."]
    assert opening["steps"] == [{"active": ["/Door", "/Door/Open"], "taken": ["/Door/Closed#0"]}]
    assert [each["line"] for each in opening["timers"]] == ["+5s"]
    assert entered(play, "+1750ms")["timers"][0]["line"] == "+3250ms"
    shut = entered(play, "+3250ms")
    assert [shut["where"], shut["done"]] == ["/Door/Closed, 5 s", 3]
    assert words(shut, "printed") == ["Closing after 1 guest(s)."]


def test_steps_that_follow_each_other_are_all_told(play):
    """Of a minute of an order, each step that took a transition, in turn."""
    opened(play, "order.py")
    told = entered(play, "+60s")
    ways = [path for step in told["steps"] for path in step["taken"]]
    assert ways[:3] == ["/Order/open/reserving#0", "/Order/open/charging#1", "/Order/open/pausing#0"]
    assert ways[-1] == "/Order/open/charging#0"
    assert entered(play, "+60s")["where"] == "/Order/delivered, 120 s"


def test_undo_goes_back(play):
    """Before the last input that did something; at the beginning, that is said."""
    opened(play)
    assert words(entered(play, "undo"), "said") == ["nothing has been done yet"]
    entered(play, "Knock")
    back = entered(play, "undo")
    assert words(back, "said") == ["back in /Door/Closed, 0 s"]
    assert [back["done"], back["steps"][-1]["active"]] == [0, ["/Door", "/Door/Closed"]]


def test_other_inputs_only_tell(play):
    """Questions, help, and the test that a session becomes leave the machine as it is."""
    opened(play)
    entered(play, "Knock")
    assert "chosen" in words(entered(play, "? Knock"), "said")[0]
    assert words(entered(play, "?"), "said")[0].startswith("/Door/Open, 0 s\n  Knock  -> (internal)")
    assert "let time pass" in words(entered(play, "help"), "said")[0]
    assert "close the page" in words(entered(play, "quit"), "said")[0]
    test = words(entered(play, "save"), "said")[0]
    assert "from door import Door, Knock" in test
    compile(test, "test_door.py", "exec")
    assert entered(play, "")["lines"] == [{"kind": "entered", "text": ""}]
    assert entered(play, "+0s")["done"] == 2


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("+soon", "error: '+soon' is not a time"),
        ("Knock {", "error: what follows the event is not JSON"),
        ('Knock {"whom": 1}', "error: 'Knock' cannot be made"),
    ],
)
def test_a_wrong_input_is_answered_with_what_is_wrong(play, line, wrong):
    """The machine stays where it is."""
    opened(play)
    answer = entered(play, line)
    assert words(answer, "wrong")[0].startswith(wrong)
    assert answer.get("where", "/Door/Closed, 0 s") == "/Door/Closed, 0 s"


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("import hsm\n1 +\n", "written.py' cannot be imported"),
        ("import hsm\nmodel = hsm.define('M', hsm.state('a', hsm.transition(hsm.target('b'))))\n", "error[HSM021]"),
        ("import hsm\n", "defines no model"),
        ("import hsm\nmodel = hsm.define('M', hsm.state('a', hsm.entry(lambda c, i, e: 1 / 0)))\n", "does not start"),
    ],
)
def test_a_model_that_does_not_run_is_answered_with_why(play, tmp_path, source, wrong):
    """What the compiler and the command say of it; messages name the file alone. The next one runs."""
    answer = json.loads(play.opened("written.py", source))
    assert wrong in answer["wrong"]
    assert str(tmp_path) not in answer["wrong"]
    assert "where" in opened(play)


def test_a_time_that_does_not_pass_is_told(play, monkeypatch):
    """A model without an end to its steps does not take the page with it."""
    source = (
        "import asyncio\nimport hsm\n\n"
        "async def spin(ctx, instance, event):\n    while True:\n        await asyncio.sleep(0)\n\n"
        "model = hsm.define('M', hsm.state('a', hsm.transition(hsm.on('go'), hsm.target('b'))), "
        "hsm.state('b', hsm.activity(spin)))\n"
    )
    monkeypatch.setitem(hsm.testing.VirtualClock.__init__.__kwdefaults__, "patience", 1000)
    json.loads(play.opened("written_endless.py", source))
    assert entered(play, "go")["wrong"].startswith("RuntimeError: time stands still at 0 s")


def test_an_edited_model_is_read_anew(play):
    """Also when it has the same name, length and second as the one before."""
    source = "import hsm\nmodel = hsm.define('M', hsm.state('{}'))\nprint('made')\n"
    for name in "ab":
        answer = json.loads(play.opened("written.py", source.format(name)))
        assert answer["where"] == f"/M/{name}, 0 s"
        assert words(answer, "printed") == ["made"]


def test_names_and_fields_become_lines_that_can_be_entered(play):
    """Names that need quotes get them, fields without a default a value of their type; a pattern is no event."""
    source = """
        from __future__ import annotations
        import attrs, hsm

        @attrs.frozen
        class Pay(hsm.Signal):
            amount: int
            to: str
            at: list

        @attrs.frozen
        class Ring(hsm.Signal):
            pass

        model = hsm.define("M", hsm.state("a",
            hsm.transition(hsm.on(Pay, Ring, "two words", "all.*"), hsm.effect(lambda c, i, e: print(e, end=""))),
            hsm.transition(hsm.after(0.0001), hsm.target("b"))), hsm.state("b"))
    """
    answer = json.loads(play.opened("written.py", textwrap.dedent(source)))
    assert [(each["line"], each["data"]) for each in answer["events"]] == [
        ("Pay", '{"amount": 1, "to": "", "at": null}'),
        ("Ring", ""),
        ('"two words"', ""),
    ]
    assert [each["line"] for each in answer["timers"]] == ["+1ms"]
    assert words(entered(play, '"two words"'), "printed") == ["Event('two words')"]


def test_without_the_means_for_a_picture_the_rest_works(play, monkeypatch):
    """The answer says why there is none."""
    monkeypatch.setattr(play, "drawn", lambda chart: (_ for _ in ()).throw(play.DrawError("drawing needs a pencil")))
    answer = opened(play)
    assert answer["missing"] == "drawing needs a pencil"
    assert answer["where"] == "/Door/Closed, 0 s"


def test_loops_do_without_sockets_where_there_are_none(play, monkeypatch):
    """As in a browser, in which a loop runs already, too."""
    from asyncio.selector_events import BaseSelectorEventLoop

    for name in ("_make_self_pipe", "_close_self_pipe", "_write_to_self"):
        monkeypatch.setattr(BaseSelectorEventLoop, name, getattr(BaseSelectorEventLoop, name))
    play.without_sockets()

    async def reader():
        opened(play)
        return entered(play, "Knock")["where"], asyncio.get_running_loop() is not None

    assert hsm.testing.run(reader()) == ("/Door/Open, 0 s", True)


def test_the_docs_build_where_nothing_can_be_made_for_the_page(monkeypatch, caplog):
    """The site goes without it, and nothing but remarks are made, so that a strict build passes."""
    hook = hook_of_mkdocs()
    monkeypatch.setattr(hook.sys, "executable", shutil.which("false"))
    with caplog.at_level(logging.INFO):
        assert hook.on_files([], None) == []
    assert [(each.levelname, each.message.partition(":")[0]) for each in caplog.records] == [
        ("INFO", "the playground will not run"),
        ("INFO", "the playground will show no machine at first"),
    ]


def test_how_each_model_starts_is_known_when_the_site_is_built(play):
    """By what Python says then, unless there are no pictures; the page shows it before it has Python."""
    started = hook_of_mkdocs().started()
    wanted = {file.stem: opened(play, file.name) for file in MODELS}
    assert started == {name: answer for name, answer in wanted.items() if "svg" in answer}


def hook_of_mkdocs():
    pytest.importorskip("mkdocs", reason="needs mkdocs: pip install 'hsm-dsl[dev]'")
    spec = importlib.util.spec_from_file_location("hook", ROOT / ".ci" / "playground.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
