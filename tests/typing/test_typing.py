"""Planted mistakes, held against mypy and pyright, both strict and without a plug-in.

The files beside this one are programs of users. A line that ends in ``# E`` must be an error for both checkers, one
that ends in ``# E mypy`` or ``# E pyright`` for that one alone. A line with ``# R: Model[Counter]`` must reveal that
type to both, one with ``# R pyright: ...`` to that one, whatever the other makes of it. Every other line must be clean.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import defaultdict
from pathlib import Path

import pytest
from support.checkers import STRICT_MYPY, mypy, pyright

HERE = Path(__file__).parent
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
    of_mypy = mypy(request.config.cache.mkdir("typing"), *STRICT_MYPY, *map(str, PROGRAMS))
    for checker, sayings in (("mypy", of_mypy), ("pyright", pyright("--project", str(HERE)))):
        for said in sayings:
            told = summary(said.is_note, said.message)
            if told is not None:
                found[checker][said.file][said.line].append((told, said.message))
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
    assert list(mypy(request.config.cache.mkdir("typing-packages"))) == []


def test_packages_are_clean_for_pyright():
    """Pyright in strict mode is content with both packages, as pyproject.toml configures it."""
    assert list(pyright()) == []
