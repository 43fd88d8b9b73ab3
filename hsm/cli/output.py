"""Files: text into one, or to standard output, and out of one."""

from __future__ import annotations

import sys

from hsm.cli.problems import Problem


def write(text: str, file: str | None) -> None:
    """Write *text*, which ends its last line, to *file*, or to standard output.

    Raises:
        Problem: The file cannot be written.
    """
    ended = text if text.endswith("\n") else f"{text}\n"
    if file is None:
        sys.stdout.write(ended)
        return
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            out.write(ended)
    except OSError as error:
        raise Problem(f"'{file}' cannot be written", str(error.strerror)) from error


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
