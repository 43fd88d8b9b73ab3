"""The command `simulate`: what can be typed, what it does, and the test that it saves."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import hsm
from hsm.cli.inputs import HELP


def lines_of(ran):
    assert ran.err == ""
    return ran.out.splitlines()


def test_events_and_time_are_shown_step_by_step(door, hsm_command):
    """Each input is repeated, and each step is a line with the time, the cause, where it leads and what ran."""
    ran = hsm_command(
        "simulate", "door.py", typed='Knock {"who": "Eve"}\n\n# a remark\nKnock {"who": "Ada"}\n+2s\n+3500ms\n'
    )
    assert ran.code == 0
    assert lines_of(ran) == [
        "  0 s: start taken: nothing -> Closed",
        "  /Door/Closed, 0 s",
        '> Knock {"who": "Eve"}',
        "  0 s: event 'Knock' taken: Closed (Door.Closed.is_known False)",
        "> # a remark",
        '> Knock {"who": "Ada"}',
        "come in",
        "  0 s: event 'Knock' taken: Closed -> Open (Door.Closed.is_known True, Door.Closed.welcome)",
        "> +2s",
        "  2 s: nothing happens",
        "> +3500ms",
        "  5 s: after of Open taken: Open -> Closed",
    ]


def test_a_question_lists_what_is_possible(door, hsm_command):
    """``?`` has the events with where they lead, what becomes of them now, and the timers that run."""
    ran = hsm_command("simulate", "counter.py", "--instance", "Counter(0)", typed="?\nadd\n?\n")
    assert lines_of(ran)[2:] == [
        "> ?",
        "  /Counter/counting, 0 s",
        "  add  -> (internal) if has_room; -> /Counter/full  (now: taken)",
        "> add",
        "  0 s: event 'add' taken: counting -> full (has_room False)",
        "> ?",
        "  /Counter/full, 0 s",
        "  nothing can happen",
    ]
    ran = hsm_command("simulate", "door.py", typed='?\nKnock {"who": "Ada"}\n+1s\n?\n')
    assert lines_of(ran)[3:5] == [
        "  /Door/Closed, 0 s",
        "  Knock  -> /Door/Open if Door.Closed.is_known; -> (internal)",
    ]
    assert lines_of(ran)[-3:] == [
        "  /Door/Open, 1 s",
        "  kick  -> /Door/Closed",
        "  after 5 s, due in 4 s  -> /Door/Closed",
    ]


def test_what_needs_data_is_listed_without_an_answer(door, hsm_command):
    """Where a guard raises without data, what becomes of the event now is not said."""
    door(
        data="""
        import hsm
        def is_much(ctx, i, event): return event.data > 3
        model = hsm.define("D", hsm.state("a", hsm.transition(hsm.on("x"), hsm.guard(is_much))))
        """
    )
    ran = hsm_command("simulate", "data.py", typed="?\n")
    assert "  x  -> (internal) if is_much\n" in ran.out


def test_a_question_about_an_event_is_explained(door, hsm_command):
    """``? event`` gives the machine's own explanation, with the guards' answers for these data, and changes nothing."""
    ran = hsm_command("simulate", "door.py", typed='? Knock {"who": "Eve"}\n?\n')
    assert "'Knock' would be taken in /Door/Closed" in ran.out
    assert "   = guard: Door.Closed.is_known returned False\n" in ran.out
    assert "  /Door/Closed, 0 s\n" in ran.out


def test_undo_goes_back_before_the_last_input(door, hsm_command):
    """A new machine is given all inputs but the last, without showing them again; there is nothing before the first."""
    ran = hsm_command(
        "simulate",
        "counter.py",
        "--instance",
        "Counter(2)",
        typed="undo\nadd 1\nadd 1\nundo\nadd 1\n? add\n:undo\n:undo\n:undo\n",
    )
    shown = lines_of(ran)
    assert shown[2:4] == ["> undo", "  nothing has been done yet"]
    assert shown[8:10] == ["> undo", "  back in /Counter/counting, 0 s"]
    assert "   = guard: has_room returned False" in shown  # two, not three
    assert shown[-6:] == [
        "> :undo", "  back in /Counter/counting, 0 s", "> :undo", "  back in /Counter/counting, 0 s", "> :undo",
        "  nothing has been done yet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("+5x", "error: '+5x' is not a time\n"),
        ("+", "error: '+' is not a time\n"),
        ("kick {", "error: what follows the event is not JSON"),
        ("Knock", "error: 'Knock' cannot be made: "),
        ("Knock [1]", "error: 'Knock' cannot be made: its fields are written as an object: {...}\n"),
        (":frob", "error: ':frob' is not a word of a simulation\n"),
        ("save", "error: 'save' needs a file\n"),
        ("save door.py", "error: there is a file 'door.py' already\n"),
    ],
)
def test_a_line_that_means_nothing_is_explained(door, hsm_command, typed, message):
    """The rest goes on; at the end the exit code is that of a usage mistake."""
    ran = hsm_command("simulate", "door.py", typed=f"{typed}\nkick\n")
    assert ran.code == 2
    assert message in ran.out
    assert "event 'kick' ignored" in ran.out


def test_words_can_be_events(project, hsm_command):
    """An event that is called as a word is that event; with a colon it is the word; quotes allow spaces."""
    project(
        words="""
        import hsm
        def held(ctx, i, event): return event.data is None
        model = hsm.define("W", hsm.state("a", hsm.transition(hsm.on("undo", "a b", "x.*"), hsm.guard(held), hsm.target("."))))
        """
    )
    ran = hsm_command("simulate", "words.py", typed='undo\n"a b"\n"a b" 1\n?\nhelp\n:quit\nnever\n')
    assert "event 'undo' taken" in ran.out
    assert "event 'a b' taken" in ran.out
    assert "event 'a b' ignored" in ran.out
    assert (
        "  undo  -> /W/a if held  (now: taken)\n  a b  -> /W/a if held  (now: taken)\n  x.*  -> /W/a if held\n"
        in ran.out
    )
    assert HELP in ran.out
    assert "never" not in ran.out


FAILING = """
import asyncio
import hsm

class Refused(Exception):
    pass

def refuse(ctx, i, event):
    raise Refused("no")

async def work(ctx, i, event):
    await asyncio.sleep(1)
    raise Refused("too late")

model = hsm.define(
    "F",
    hsm.state(
        "a",
        hsm.transition(hsm.on("x"), hsm.effect(refuse)),
        hsm.transition(hsm.on("w"), hsm.target("b")),
        hsm.transition(hsm.on("end"), hsm.target("over")),
        hsm.transition(hsm.on("attribute"), hsm.effect(lambda ctx, i, event: i.missing)),
        hsm.transition(hsm.every(10)),
        hsm.transition(hsm.after(lambda ctx, i, event: 25)),
        hsm.transition(hsm.at(lambda ctx, i, event: __import__("datetime").datetime(2100, 1, 1))),
    ),
    hsm.state("b", hsm.activity(work), hsm.transition(hsm.on("d"), hsm.target("c"))),
    hsm.state("c", hsm.defer("later"), hsm.transition(hsm.on("d"), hsm.target("a"))),
    hsm.final("over"),
)
"""


def test_errors_are_shown_and_the_machine_goes_on(project, hsm_command):
    """What a behaviour raises, and what nobody takes of an activity, is a line; so is the end of the machine."""
    project(failing=FAILING)
    ran = hsm_command("simulate", "failing.py", typed="x\nattribute\nfrob\nw\n+2s\nd\n?\nd\nend\nx\n?\n")
    assert "  raised Refused: no\n" in ran.out
    assert (
        "  raised AttributeError: 'Instance' object has no attribute 'missing'\n  = help: it runs on a plain hsm.Instance; --instance EXPR says on what else\n"
        in ran.out
    )
    assert "  no transition and no deferral of model 'F' names event 'frob'" in ran.out
    assert "  nobody handles Refused: too late\n" in ran.out
    assert "  later  deferred\n" in ran.out
    assert ran.out.count("  the machine is completed\n") == 2
    assert ran.out.endswith("nothing can happen\n")
    assert ran.err == ""


def test_timers_are_listed_with_when_they_are_due(project, hsm_command):
    """Each timer that runs is there, `every` with its next tick; one whose time span a function gives as well."""
    project(failing=FAILING)
    ran = hsm_command("simulate", "failing.py", typed="?\n+12s\n?\n+20s\n?\nw\n?\n")
    due = [line for line in ran.out.splitlines() if "due in" in line]
    assert [each.partition(",")[0].split()[0] for each in due[:3]] == ["every", "after", "at"]
    assert due[0].startswith("  every 10 s, due in 10 s")
    assert "due in 25 s" in due[1]
    assert due[3].startswith("  every 10 s, due in 8 s")
    assert "  at <lambda>, due in 2" in due[2]
    assert due[2].endswith(" days  -> (internal)")
    assert len(due) == 8


def test_two_timers_of_one_kind_are_told_apart(project, hsm_command):
    """Of two `after` of a state each has its own time."""
    project(
        two="""
        import hsm
        model = hsm.define("T", hsm.state("a", hsm.transition(hsm.after(9)), hsm.transition(hsm.after(3))))
        """
    )
    ran = hsm_command("simulate", "two.py", typed="?\n+5s\n?\n")
    assert [line.split("  ")[1] for line in ran.out.splitlines() if "due in" in line] == [
        "after 3 s, due in 3 s",
        "after 9 s, due in 9 s",
        "after 9 s, due in 4 s",
    ]


# --- what it runs on ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (None, "error: making a Counter needs arguments\n  = help: say how to make one, with values: --instance 'Counter(limit=...)'\n"),
        ("Counter(", "error: the instance 'Counter(' cannot be made\n  = help: SyntaxError: "),
        ("Counter(1, 2, wrong=3)", "error: the instance 'Counter(1, 2, wrong=3)' cannot be made\n  = help: TypeError: "),
        ("1 + 1", "error: '1 + 1' is 2\n  = help: a machine runs on an hsm.Instance\n"),
    ],
)  # fmt: skip
def test_an_instance_that_cannot_be_made_is_explained(door, hsm_command, expression, message):
    """The message says which arguments are needed, or what is wrong with the expression."""
    ran = hsm_command("simulate", "counter.py:Counter", *(["--instance", expression] if expression else []))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(message)


@pytest.mark.parametrize("has_instance", [True, False])
def test_a_machine_that_does_not_start_says_why(door, hsm_command, has_instance):
    """An error of the start is a finding, not a usage mistake, and no traceback."""
    door(
        start="""
        import hsm
        class Mine(hsm.Instance): ...
        def fail(ctx, i, event): raise ValueError("not today")
        model = hsm.define("S", hsm.state("a", hsm.entry(fail)))
        """
    )
    ran = hsm_command("simulate", "start.py:model", *(["--instance", "Mine()"] if has_instance else []))
    hint = "" if has_instance else "  = help: it runs on a plain hsm.Instance; --instance EXPR says on what else\n"
    assert (ran.code, ran.err) == (1, f"error: the machine does not start: ValueError: not today\n{hint}")


def test_every_kind_of_target_can_run(door, hsm_command):
    """A class, an instance, a model, and one that only a function knows."""
    path = door.path / "door.py"
    path.write_text(
        path.read_text()
        + "\nspare = Door()\nspare.known = 'Eve'\nplain = hsm.define('Plain', hsm.state('a'))\n"
        + "def make():\n    class Local(Machine):\n        class A(State['Local']): pass\n    return Local\nmake()\n"
    )
    for target, where in {"Door": "/Door/Closed", "plain": "/Plain/a", "Local": "/Local/A"}.items():
        assert f"  {where}, 0 s\n" in hsm_command("simulate", f"door.py:{target}").out
    typed = 'Knock {"who": "Eve"}\nundo\nKnock {"who": "Eve"}\n'
    assert hsm_command("simulate", "door.py:spare", typed=typed).out.count("come in") == 2


# --- in a terminal --------------------------------------------------------------------------------------------


class Keyboard(io.StringIO):
    """Standard input that says that it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_is_asked_with_a_prompt(door, hsm_command, monkeypatch, capsys):
    """The prompt says what is active, and a mistake there is no exit code; the end of the input ends it."""
    from hsm.cli.main import main

    asked = []
    answers = iter(["frob {", "kick"])

    def ask(prompt):
        asked.append(prompt)
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(sys, "stdin", Keyboard())
    assert main(["simulate", "door.py"]) == 0
    assert asked == ["/Door/Closed, 0 s > "] * 3
    shown = capsys.readouterr().out
    assert "  /Door/Closed, 0 s   ('help' says what to type)\n" in shown
    assert "event 'kick' ignored" in shown
    assert "> kick" not in shown


# --- saving ---------------------------------------------------------------------------------------------------


def run_saved(pytester, path):
    return pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function", str(path)
    )


@pytest.mark.needs_system
def test_ctrl_c_ends_a_simulation_at_once(door):
    """It does not wait for the next line."""
    pty = pytest.importorskip("pty")
    parent, child = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(hsm.__file__).parents[1])}
    command = [sys.executable, "-m", "hsm", "simulate", "door.py"]
    with subprocess.Popen(command, stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as ran:
        assert ran.stdout is not None
        while b"type" not in ran.stdout.readline():  # the first line of help: now it asks
            pass
        ran.send_signal(signal.SIGINT)
        ran.wait(timeout=10)
    os.close(parent)
    os.close(child)
    assert ran.returncode == 130


def test_a_simulation_runs_in_any_thread(door, hsm_command):
    """Signals belong to the main thread; others leave them alone."""
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(hsm_command, "simulate", "door.py", typed="+1s\n").result()
    assert (ran.code, ran.err) == (0, "")


def test_a_run_is_saved_as_a_test_that_passes(pytester, door, hsm_command):
    """The test does the same in the same time, and expects the same outcomes and states; from another folder as well."""
    (door.path / "tests").mkdir()
    typed = 'Knock {"who": "Eve"}\nKnock {"who": "Ada"}\n+2s\nkick\nfrob {"a": [1]}\nsave tests/test_door.py\n'
    ran = hsm_command("simulate", "door.py:Door", typed=typed)
    assert "  saved as tests/test_door.py: run it with pytest\n" in ran.out
    saved = door.path / "tests" / "test_door.py"
    text = saved.read_text()
    assert "from door import Door, Knock  # noqa: E402\n" in text
    assert "    assert await machine.dispatch(Knock(who='Ada')) is hsm.Outcome.TAKEN\n" in text
    assert "    await clock.advance(2)\n" in text
    run_saved(pytester, saved).assert_outcomes(passed=1)
    saved.write_text(text.replace("Knock(who='Ada')", "Knock(who='Eve')"))
    run_saved(pytester, saved).assert_outcomes(failed=1)


def test_a_saved_run_has_errors_and_expressions(pytester, project, hsm_command):
    """Exceptions are expected where they came, and what the machine runs on is made as it was."""
    project(failing=FAILING + "\nclass Mine(hsm.Instance):\n    def __init__(self, missing):\n        self.missing = missing\nspare = Mine(1)\n",
            pkg__slash____init__="", pkg__slash__inner="import hsm\nclass Own(hsm.Instance):\n    model = hsm.define('Own', hsm.state('a', hsm.transition(hsm.on('x'), hsm.effect(lambda c, i, e: 1 / 0))))\nitem = Own()\n")  # fmt: skip
    hsm_command(
        "simulate", "failing.py:model", "--instance", "Mine(missing=2)", typed="x\nattribute\nsave test_failing.py\n"
    )
    text = (project.path / "test_failing.py").read_text()
    assert "    machine = await hsm.start(None, Mine(missing=2), model)\n" in text
    assert "    with pytest.raises(Refused):\n" in text
    run_saved(pytester, project.path / "test_failing.py").assert_outcomes(passed=1)
    hsm_command("simulate", "pkg.inner:item", typed="x\nsave test_item.py\n")
    text = (project.path / "test_item.py").read_text()
    assert "    machine = await hsm.start(None, copy.deepcopy(item), item.model)\n" in text
    assert "    with pytest.raises(ZeroDivisionError):\n" in text
    run_saved(pytester, project.path / "test_item.py").assert_outcomes(passed=1)


def test_a_model_without_a_name_cannot_be_saved(project, hsm_command):
    """Nobody else could import it; nor a file that is called as a module which everybody else means."""
    project(local="import hsm\ndef make():\n    hsm.define('Local', hsm.state('a'))\nmake()\n")
    ran = hsm_command("simulate", "local.py", typed="save test_local.py\n")
    assert "error: 'Local' cannot be imported: no name in its module leads to it\n" in ran.out
    project(json="import hsm\nmodel = hsm.define('M', hsm.state('a'))\n")
    ran = hsm_command("simulate", "json.py", typed="save test_local.py\n")
    assert "error: 'M' cannot be imported: its file has the name of another module\n" in ran.out
