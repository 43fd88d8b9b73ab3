"""The command as a whole: its arguments, its exit codes, and how fast it starts."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hsm
from hsm.cli import colours, main, problems

PROCESS = {**os.environ, "PYTHONPATH": str(Path(hsm.__file__).parents[1])}
"""The environment of a process in another folder."""
CLEAN = 'import hsm\nmodel = hsm.define("M", hsm.state("a", hsm.transition(hsm.on("x"), hsm.target("."))))\n'


def test_help_names_every_command(hsm_command):
    """``--help`` ends with 0; without a command the same text is on standard error, and the code is that of a mistake."""
    shown = hsm_command("--help")
    assert shown.code == 0
    for command in ("check", "draw", "simulate", "explain", "paths", "chart", "generated", "completion"):
        assert f"\n    {command}" in shown.out
    ran = hsm_command()
    assert (ran.code, ran.out) == (2, "")
    assert "usage: hsm" in ran.err


def test_version_is_that_of_the_package(hsm_command, monkeypatch):
    """``hsm --version`` says what is installed, to whoever listens."""
    assert hsm_command("--version").out == f"hsm {hsm.__version__}\n"
    monkeypatch.setattr(sys, "stdout", None)
    assert main.main(["--version"]) == 0


@pytest.mark.parametrize("arguments", [["frob"], ["check"], ["check", "a.py", "--output-format", "xml"]])
def test_wrong_arguments_are_a_usage_mistake(hsm_command, arguments):
    """What argparse refuses gives its message, and exit code 2."""
    ran = hsm_command(*arguments)
    assert ran.code == 2
    assert ran.err.startswith("usage: hsm")


def test_an_interrupted_command_says_nothing(project, hsm_command):
    """Ctrl+C during the import ends the command with the code that shells use for it."""
    project(slow="import hsm\nraise KeyboardInterrupt\n")
    ran = hsm_command("check", "slow.py")
    assert (ran.code, ran.out, ran.err) == (130, "", "")


@pytest.mark.needs_system
def test_a_closed_pipe_is_no_error(project):
    """``hsm ... | head`` ends without a traceback."""
    project(clean=CLEAN)
    program = "import sys; from hsm.cli.main import main; sys.exit(main(['chart', 'clean.py']))"
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, text=True, env=PROCESS
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.needs_system
@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_closed_pipe_leaves_the_exit_code(project, stream):
    """``hsm check ... | head`` is 1 if something was found, whoever stops reading, and 2 for a mistake."""
    project(bad=CLEAN.replace('"."', '"../nowhere"'))
    for target, code in (("bad.py", 1), ("nowhere.py", 2)):
        command = f"set -o pipefail; '{sys.executable}' -m hsm check {target} {stream}>&1 2>/dev/null | true"
        if stream == "2":
            command = f"set -o pipefail; '{sys.executable}' -m hsm check {target} 2>&1 >/dev/null | true"
        assert subprocess.run(["bash", "-c", command], env=PROCESS, check=False).returncode == code


@pytest.mark.needs_system
def test_closed_streams_are_no_error(project):
    """A service may start without standard streams: what is written is dropped, and there is nothing to read."""
    project(clean=CLEAN)
    for arguments, code in (("--version", 0), ("draw clean.py", 0), ("simulate clean.py", 0), ("draw nowhere.py", 2)):
        command = f"'{sys.executable}' -m hsm {arguments} <&- >&- 2>&-"
        assert subprocess.run(["bash", "-c", command], env=PROCESS, check=False).returncode == code


@pytest.mark.needs_system
def test_a_full_disk_is_said(project):
    """What cannot be written is said in one line, with the exit code of a mistake."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    project(clean=CLEAN)
    for command in ("draw", "check"):
        ended = subprocess.run(
            ["bash", "-c", f"'{sys.executable}' -m hsm {command} clean.py >/dev/full"],
            stderr=subprocess.PIPE,
            text=True,
            env=PROCESS,
            check=False,
        )
        assert ended.returncode == 2
        assert ended.stderr.startswith("error: reading or writing failed\n  = help: ")


def test_a_program_may_take_what_is_printed(project, monkeypatch):
    """`main` called with another standard output, as a program does that wants the text."""
    project(clean=CLEAN)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main.main(["draw", "clean.py"]) == 0
    assert sys.stdout.getvalue().startswith("M\n")


ASCII = {**PROCESS, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""An environment in which a terminal shows ASCII alone."""


@pytest.mark.needs_system
def test_what_goes_into_a_file_is_utf_8(project):
    """Whatever the terminal's encoding is, a drawing that is kept is the same to the byte."""
    project(clean=CLEAN.replace('"a"', '"größe"'))
    for form in ("tree", "mermaid", "svg"):
        if form == "svg":
            pytest.importorskip("quickjs")
        command = [sys.executable, "-m", "hsm", "draw", "clean.py", "-f", form]
        here, there = [
            subprocess.run(command, capture_output=True, env=each, check=True).stdout for each in (PROCESS, ASCII)
        ]
        assert here == there
        assert "größe" in there.decode()


@pytest.mark.needs_system
def test_a_terminal_without_unicode_shows_a_tree_in_ascii(project):
    """Lines and arrows become ASCII where a terminal has no others, and letters are written as Python does."""
    pty = pytest.importorskip("pty")
    project(clean=CLEAN.replace('"a"', '"größe"'))
    parent, child = pty.openpty()
    subprocess.run([sys.executable, "-m", "hsm", "draw", "clean.py"], stdout=child, env=ASCII, check=True)
    os.close(child)
    shown = os.read(parent, 4096).decode()
    os.close(parent)
    assert shown.splitlines() == ["M", "|    initial > gr\\xf6\\xdfe", "`- gr\\xf6\\xdfe", "        x > gr\\xf6\\xdfe"]


@pytest.mark.needs_system
def test_runs_as_a_module(project):
    """``python -m hsm`` is the command."""
    project(clean=CLEAN)
    ended = subprocess.run(
        [sys.executable, "-m", "hsm", "check", "clean.py"], capture_output=True, text=True, env=PROCESS
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "no problems in 1 model\n", "")


@pytest.mark.needs_system
def test_the_arguments_need_nothing_of_the_library():
    """``hsm --help`` loads argparse and the texts of the arguments, so that it starts at once."""
    program = "import sys; from hsm.cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {*ended.stderr.split()}
    assert {each for each in loaded if each.partition(".")[0] == "hsm"} == {
        "hsm",
        "hsm.cli",
        "hsm.cli.main",
        "hsm.cli.problems",
    }
    assert not loaded & {"attrs", "attr", "asyncio", "rich", "argcomplete", "typing_extensions"}


# --- colours --------------------------------------------------------------------------------------------------

TEXT = "error[HSM021]: wrong\n --> a.py:1:2\n  |\n1 | ab\n  |  ^ here\n  = in:   /M\n  = help: do this"


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


def shown(stream, colour="auto"):
    colours.show(TEXT, colour, stream)
    return stream.getvalue()


def test_a_terminal_has_colours(monkeypatch):
    """In a terminal the parts of a message have styles, and the text is the same without them."""
    pytest.importorskip("rich")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    styled = shown(Terminal())
    assert "\x1b[1;31merror[HSM021]" in styled
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", styled) == f"{TEXT}\n"


@pytest.mark.parametrize("setting", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_colours_gets_none(monkeypatch, setting):
    """`NO_COLOR` and a dumb terminal are respected; ``never`` is, everywhere."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert shown(Terminal(), "never") == f"{TEXT}\n"
    monkeypatch.setenv(*setting)
    assert shown(Terminal()) == f"{TEXT}\n"


def test_colours_can_be_asked_for(monkeypatch):
    """``always`` colours what goes into a pipe; without rich it is plain."""
    pytest.importorskip("rich")
    assert "\x1b[" in shown(io.StringIO(), "always")
    monkeypatch.setattr(colours, "find_spec", lambda name: None)
    assert shown(io.StringIO(), "always") == f"{TEXT}\n"
    assert shown(Terminal(), "always") == f"{TEXT}\n"


def test_a_problem_reads_like_a_diagnostic():
    """The message, its place and its helps, as the error catalogue has them; a place that cannot be read is named."""
    problem = problems.Problem("wrong", "", "do this", place=hsm.position.Place("nowhere.py", 12))
    assert str(problem) == "error: wrong\n  --> nowhere.py:12\n   = help: do this"


# --- completion -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", main.SHELLS)
def test_shells_get_what_completes_the_command(hsm_command, shell):
    """``hsm completion fish`` prints a script that names the command."""
    pytest.importorskip("argcomplete")
    ran = hsm_command("completion", shell)
    assert ran.code == 0
    assert "hsm" in ran.out


def test_without_argcomplete_completion_says_what_to_install(hsm_command, monkeypatch):
    """One line, and exit code 2; and a shell that asks gets nothing."""
    monkeypatch.setitem(sys.modules, "argcomplete", None)
    ran = hsm_command("completion", "bash")
    assert (ran.code, ran.err) == (2, "error: completion needs argcomplete\n  = help: pip install 'hsm-dsl[cli]'\n")
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    assert hsm_command("--version").code == 0


@pytest.mark.needs_system
def test_a_shell_that_asks_gets_commands(tmp_path):
    """Completing ``hsm ch`` gives the commands that begin so."""
    pytest.importorskip("argcomplete")
    answer = tmp_path / "answer"
    environment = {
        **PROCESS, "_ARGCOMPLETE": "1", "COMP_LINE": "hsm ch", "COMP_POINT": "6", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "hsm"], env=environment, check=True)
    assert {*answer.read_text().split("\x0b")} == {"chart", "check"}
