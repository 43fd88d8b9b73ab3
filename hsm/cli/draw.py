"""The command `draw`: a model as a picture or as text.

Drawing itself is in `hsm.draw`. What a language cannot say of a model is said on standard error, and in a comment of
the text; what a picture needs, and is not installed, in one line.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import Any

import hsm
from hsm.cli.colours import show
from hsm.cli.output import read, write
from hsm.cli.problems import Problem
from hsm.cli.targets import Found, names_of, some

_ENDINGS = {
    ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".puml": "plantuml",
    ".plantuml": "plantuml", ".md": "table", ".txt": "tree", ".svg": "svg", ".html": "html", ".htm": "html",
}  # fmt: skip
"""The format that the ending of a file stands for."""
_PICTURES = {"svg": "svg", "html": "page"}
"""Formats of which one file has one model, and the functions that draw them."""


def run_draw(given: argparse.Namespace) -> int:
    """Draw the models of the target, one after the other."""
    form = given.format or _format_of(given.output)
    found = some(given.target)
    trace = None if given.trace is None else read(given.trace)
    if form in _PICTURES:
        text = _picture(form, found, given.target, trace)
    elif trace is not None:
        raise Problem(f"{form} does not show a trace", "draw it with -f svg or -f html")
    else:
        text = "\n".join([_text(form, each, given) for each in found])
    write(text, given.output)
    return 0


def _format_of(file: str | None) -> str:
    """The format for *file*; ``tree`` for standard output.

    Raises:
        Problem: Its ending says nothing.
    """
    if file is None:
        return "tree"
    ending = os.path.splitext(file)[1].lower()
    if ending not in _ENDINGS:
        raise Problem(f"'{file}' does not say in which format to draw", "name one, such as -f mermaid")
    return _ENDINGS[ending]


def _text(form: str, found: Found, given: argparse.Namespace) -> str:
    drawn: Any = _drawing(form, "diagram")(found.model, form)
    for omission in drawn.omissions:
        show(f"warning: {form} cannot express all of '{found.model.name}': {omission}", given.color, sys.stderr)
    text: str = drawn.text
    return text


def _picture(form: str, several: list[Found], target: str, trace: str | None) -> str:
    if len(several) > 1:
        names = ", ".join([f"'{each}'" for each in names_of(several)])
        example = f"{target.rstrip(':')}:{several[0].model.name}"
        raise Problem(
            f"'{target}' has {len(several)} models, and {form} shows one", f"name one: {example}", f"it has {names}"
        )
    draw = _drawing(form, _PICTURES[form])
    try:
        text: str = draw(several[0].model, trace=trace)
    except (hsm.HsmError, ValueError) as error:  # something is not installed; or the trace is one of another model
        raise Problem(f"{form} cannot be drawn: {error}") from None
    return text


def _drawing(form: str, name: str) -> Any:
    """The function of `hsm.draw` called *name*.

    Raises:
        Problem: What it needs is not installed.
    """
    try:
        return getattr(import_module("hsm.draw"), name)
    except (ImportError, AttributeError) as error:
        raise Problem(f"{form} cannot be drawn: {error}", "pip install 'hsm-dsl[draw]'") from None
