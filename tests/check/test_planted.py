"""A package with planted mistakes: all of them are found where they are, and nothing else; and the examples have none."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from pathlib import Path

import pytest

import hsm.cli.main

PLANTED = Path(__file__).resolve().parent / "planted"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MARK = re.compile(r"# planted: (HSM\d+)")


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    """Nothing that is imported stays."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {*sys.modules}
    yield
    for name in {*sys.modules} - before:
        if not name.startswith("hsm"):
            del sys.modules[name]


def reported(*targets):
    """The exit code, and the file, line and code of everything that is reported."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = hsm.cli.main.main(["check", "--output-format", "json", *map(str, targets)])
    return code, [(Path(each["file"]).name, each["line"], each["code"]) for each in json.loads(printed.getvalue())]


def test_every_planted_mistake_is_found_at_its_line_and_nothing_else():
    """Of the package's sixteen mistakes each is reported once, at the line that says so, by either way to name it."""
    written = [
        (path.name, number, code)
        for path in sorted((PLANTED / "vending").glob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for code in MARK.findall(line)
    ]
    assert len(written) == 16
    assert reported(PLANTED / "vending") == (1, written)


def test_examples_are_clean():
    """Nothing is found in the examples, neither in all of them nor in one."""
    assert reported(EXAMPLES) == (0, [])
    assert reported(EXAMPLES / "door.py") == (0, [])
