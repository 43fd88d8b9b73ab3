"""How a `DefinitionWarning` reaches the user: through Python's filters, as of the line that it is about."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

import hsm

PROGRAM = """\
import hsm

def build():
    return hsm.define("Player", hsm.state("playing"), hsm.state("paused"))

build()
build()
"""


@pytest.fixture
def printed(tmp_path):
    """The warnings that a separate Python prints, for its arguments and its input; `player.py` is the program."""
    (tmp_path / "player.py").write_text(PROGRAM, encoding="utf-8")

    def run(*arguments, given=""):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, input=given, capture_output=True, text=True, check=True
        )
        return done.stderr

    return run


@pytest.mark.needs_system
@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["player.py"], ""),
        (["-m", "player"], ""),
        (["-c", "import player"], ""),
        (["-c", PROGRAM], ""),
        (["-c", "import runpy; runpy.run_path('player.py')"], ""),
        ([], PROGRAM),
        (["-i"], PROGRAM.replace('paused"))\n', 'paused"))\n\n')),
        (["-c", f"exec(compile({PROGRAM!r}, 'cell 1', 'exec'), {{}})"], ""),
    ],
    ids=["script", "module", "import", "command", "run_path", "stdin", "interactive", "exec"],
)
def test_warning_is_printed_once_wherever_the_model_is_written(printed, arguments, given):
    """By default a warning is printed, once for a line, also of code that is in no module's file."""
    assert printed(*arguments, given=given).count("DefinitionWarning: warning[HSM060]") == 1


@pytest.mark.needs_system
def test_warning_is_of_the_line_of_the_call(printed):
    """Python shows the warning with the file and the line of the call."""
    assert "player.py:4: DefinitionWarning: warning[HSM060]" in printed("-c", "import player")


@pytest.mark.needs_system
def test_warning_can_be_filtered_by_the_users_module(printed):
    """A filter by module means the module that the model is written in."""
    assert printed("-W", "ignore:::player", "-c", "import player") == ""
    assert "HSM060" in printed("-W", "ignore:::other", "-c", "import player")


@pytest.mark.needs_system
def test_every_warning_can_be_shown(printed):
    """With the filter `always`, each model that is defined is warned about."""
    assert printed("-W", "always", "player.py").count("DefinitionWarning: warning[HSM060]") == 2


def test_warning_can_be_made_an_error():
    """With the filter `error`, a warning is raised from `define`."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", hsm.DefinitionWarning)
        with pytest.raises(hsm.DefinitionWarning, match=r"warning\[HSM060\]: /Player/paused"):
            hsm.define("Player", hsm.state("playing"), hsm.state("paused"))
