"""mypy and pyright, run as a user runs them, and what they say in one form."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
STRICT_MYPY = ("--config-file=", "--strict", "--python-version=3.11")


@attrs.frozen
class Saying:
    """One message of a checker; lines count from 1."""

    file: str
    line: int
    is_note: bool
    message: str


def mypy(cache: Path, *arguments: str) -> Iterator[Saying]:
    """What mypy says with *arguments*; *cache* is the folder that it may keep its results in."""
    for line in _run("mypy", "--no-error-summary", "--output=json", f"--cache-dir={cache}", *arguments).splitlines():
        said = json.loads(line)
        yield Saying(Path(said["file"]).name, said["line"], said["severity"] == "note", said["message"])


def pyright(*arguments: str) -> Iterator[Saying]:
    """What pyright says with *arguments*."""
    output = _run("pyright", "--outputjson", "--pythonpath", sys.executable, *arguments)
    for said in json.loads(output)["generalDiagnostics"]:
        line = said["range"]["start"]["line"] + 1  # pyright counts from 0
        yield Saying(Path(said["file"]).name, line, said["severity"] == "information", said["message"])


def _run(*arguments: str) -> str:
    """The output of a module of this interpreter, run in the root of the repository."""
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout
