"""Colours: how a report looks in a terminal, with `rich` where that is installed.

In: plain text in the style of the error catalogue. Out: the same text, on a stream. Colours need a terminal, or to be
asked for; `NO_COLOR` and `TERM=dumb` turn them off. Without `rich` everything is plain.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, TextIO, TypeAlias

Colour: TypeAlias = Literal["auto", "always", "never"]

_STYLES = (
    (re.compile(r"^error(\[HSM\d+\])?", re.MULTILINE), "bold red"),
    (re.compile(r"^warning(\[HSM\d+\])?", re.MULTILINE), "bold yellow"),
    (re.compile(r"^ *-->", re.MULTILINE), "blue"),
    (re.compile(r"^ *\d* \|", re.MULTILINE), "blue"),
    (re.compile(r"(?<=\| ) *\^+.*$", re.MULTILINE), "red"),
    (re.compile(r"^ *= help:", re.MULTILINE), "bold cyan"),
    (re.compile(r"^ *= \w+:", re.MULTILINE), "cyan"),
    (re.compile(r"HSM\d{3}(?= )"), "bold yellow"),
    (re.compile(r"^> .*$", re.MULTILINE), "bold"),
)


def show(text: str, colour: Colour = "auto", stream: TextIO | None = None) -> None:
    """Write *text* and a line break to *stream*, by default standard output."""
    out = sys.stdout if stream is None else stream
    if not text:
        return
    if is_coloured(out, colour):
        _shown(text, out)
    else:
        out.write(f"{text}\n")


def is_coloured(stream: TextIO, colour: Colour) -> bool:
    """Whether what is written to *stream* has colours."""
    if colour == "never" or (colour == "auto" and not _is_colourful(stream)):
        return False
    return find_spec("rich") is not None


def _is_colourful(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _shown(text: str, stream: TextIO) -> None:
    # not by an import statement: type checkers need not have it
    console: Any = import_module("rich.console").Console(file=stream, force_terminal=True, highlight=False)
    styled: Any = import_module("rich.text").Text(text)
    for pattern, style in _STYLES:
        for found in pattern.finditer(text):
            styled.stylize(style, found.start(), found.end())
    console.print(styled, soft_wrap=True)  # lines stay lines: a terminal breaks them, and what is copied is whole
