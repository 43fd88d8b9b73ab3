"""Files and standard streams: text into one, and out of one.

In: text. Out: the same, in UTF-8 wherever it is kept: in files, and where standard output leads to one or to a pipe. A
terminal gets what it can show. A stream that was closed takes everything and keeps nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, TextIO

from hsm.cli.problems import Problem

_PLAIN = str.maketrans({"│": "|", "├": "|", "└": "`", "─": "-", "→": ">", "…": "."})
"""What stands for the lines and arrows of a tree in a terminal that has none."""


def prepare() -> None:
    """Make the standard streams take any text, also those that are closed, and those of an old terminal."""
    if sys.stdin is None:
        sys.stdin = io.StringIO()
    if sys.stdout is None:
        sys.stdout = _nowhere()
    if sys.stderr is None:
        sys.stderr = _nowhere()
    out: TextIO | io.TextIOWrapper[Any] = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        # a picture says that it is in UTF-8, and JSON is; a terminal says itself what it takes
        out.reconfigure(encoding=None if out.isatty() else "utf-8", errors="backslashreplace")


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def write(text: str, file: str | None) -> None:
    """Write *text*, which ends its last line, to *file*, or to standard output.

    Raises:
        Problem: The file cannot be written.
    """
    ended = text if text.endswith("\n") else f"{text}\n"
    if file is None:
        sys.stdout.write(_showable(ended, sys.stdout))
        return
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            out.write(ended)
    except OSError as error:
        raise Problem(f"'{file}' cannot be written", str(error.strerror)) from error


def _showable(text: str, stream: TextIO) -> str:
    """*text* as *stream* can show it: lines and arrows in ASCII where it lacks them."""
    try:
        text.encode(stream.encoding or "utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.translate(_PLAIN)
    return text


def discard(stream: TextIO) -> None:
    """Let *stream* lead nowhere, so that what it still holds does no harm when Python ends."""
    with contextlib.suppress(io.UnsupportedOperation):  # it leads to no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def read(file: str) -> str:
    """The text of *file*.

    Raises:
        Problem: It cannot be read.
    """
    try:
        with open(file, encoding="utf-8") as source:
            return source.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"'{file}' cannot be read", str(error)) from None
