"""Completion in shells, by `argcomplete`, which is in the extra ``cli``."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from hsm.cli.output import write
from hsm.cli.problems import Problem


def run_completion(given: argparse.Namespace) -> int:
    """Print what the shell has to run."""
    write(_argcomplete().shellcode(["hsm"], shell=given.shell), None)
    return 0


def answer(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks for completions, and end the process; nothing where that cannot be done."""
    try:
        _argcomplete().autocomplete(parser)
    except Problem:
        return


def _argcomplete() -> Any:
    try:
        return import_module("argcomplete")
    except ImportError:
        raise Problem("completion needs argcomplete", "pip install 'hsm-dsl[cli]'") from None
