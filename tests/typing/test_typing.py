"""Planted mistakes, held against mypy and pyright, both strict and without a plug-in.

The files beside this one are programs of users. A line that ends in ``# E`` must be an error for both checkers, one
that ends in ``# E mypy`` or ``# E pyright`` for that one alone. A line with ``# R: Model[Counter]`` must reveal that
type to both, one with ``# R pyright: ...`` to that one, whatever the other makes of it. Every other line must be clean.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tokenize
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = sorted(file for file in HERE.glob("*.py") if file.name != Path(__file__).name)
CHECKERS = ("mypy", "pyright")
MARK = re.compile(r"#\s*(E|R)(?: (mypy|pyright))?(?:: (.+?))?\s*$")
PREFIX = re.compile(r"([A-Za-z_]\w*\.)+|Self@")  # of a type: the module, or mypy's and pyright's ways to say self
ANYTHING = "anything"


def expected(text, checker):
    """What *checker* has to say to a program, by line: ``error``, or ``reveals T``."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        mark = MARK.match(token.string) if token.type == tokenize.COMMENT else None
        if mark is None:
            continue
        kind, only, revealed = mark.groups()
        if kind == "R":
            found[token.start[0]] = f"reveals {revealed}" if only in (None, checker) else ANYTHING
        elif only in (None, checker):
            found[token.start[0]] = "error"
    return found


def run(*arguments):
    """The output of a module of this interpreter, run in the root of the repository."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def ask_mypy(cache):
    """What mypy says: ``(file, line, is it a note, message)``."""
    options = ("--config-file=", "--strict", "--python-version=3.11", "--output=json", f"--cache-dir={cache}")
    for line in run("mypy", *options, *map(str, PROGRAMS)).splitlines():
        said = json.loads(line)
        yield Path(said["file"]).name, said["line"], said["severity"] == "note", said["message"]


def ask_pyright():
    """What pyright says, in the same form; its lines count from 0."""
    options = ("--outputjson", "--pythonpath", sys.executable, "--project", str(HERE))
    for said in json.loads(run("pyright", *options))["generalDiagnostics"]:
        line = said["range"]["start"]["line"] + 1
        yield Path(said["file"]).name, line, said["severity"] == "information", said["message"]


def summary(is_note, message):
    """``reveals T`` without module names, ``error``, or nothing for a note that explains an error."""
    if not is_note:
        return "error"
    revealed = re.match(r'(?:Revealed type is|Type of .* is) "(.+)"$', message, re.DOTALL)
    return "reveals " + PREFIX.sub("", revealed[1]) if revealed else None


@pytest.fixture(scope="session")
def verdicts(request):
    """What each checker says, by file and line: the summary, and its own words. Each runs once."""
    found = {checker: defaultdict(lambda: defaultdict(list)) for checker in CHECKERS}
    for checker, sayings in (("mypy", ask_mypy(request.config.cache.mkdir("typing"))), ("pyright", ask_pyright())):
        for file, line, is_note, message in sayings:
            told = summary(is_note, message)
            if told is not None:
                found[checker][file][line].append((told, message))
    return found


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda file: file.stem)
def test_checker_finds_what_is_planted_and_nothing_else(program, checker, verdicts):
    """A strict checker reports every planted mistake, reveals every promised type, and is content with the rest."""
    text = program.read_text()
    lines = text.splitlines()
    wanted, said = expected(text, checker), verdicts[checker][program.name]
    wrong = []
    for line in sorted({*wanted, *said}):
        want, told = wanted.get(line, "nothing"), said.get(line, [("nothing", "")])
        if want != ANYTHING and {summed for summed, _ in told} != {want}:
            wrong.append(f"{program.name}:{line}: wanted {want}, got {' and '.join(summed for summed, _ in told)}")
            wrong.append(f"    {lines[line - 1].strip()}")
            wrong += [f"    | {each}" for _, words in told for each in words.splitlines()]
    assert not wrong, f"{checker} disagrees\n" + "\n".join(wrong)


def test_packages_are_clean_for_mypy(request):
    """mypy --strict is content with both packages, as pyproject.toml configures it."""
    cache = request.config.cache.mkdir("typing-packages")
    assert run("mypy", "--no-error-summary", f"--cache-dir={cache}") == ""


def test_packages_are_clean_for_pyright():
    """Pyright in strict mode is content with both packages, as pyproject.toml configures it."""
    said = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable))
    assert [(each["file"], each["range"]["start"], each["message"]) for each in said["generalDiagnostics"]] == []
