"""Every contender, by the name that the command line gives it; a library is imported when its contender is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from bench.subject import Contender

MODULES = {
    "handwritten": "handwritten",
    "hsm": "hsm_functional",
    "hsm-classes": "hsm_classes",
    "stateforward": "stateforward",
    "transitions": "transitions_async",
    "transitions-nested": "transitions_async",
    "python-statemachine": "python_statemachine",
    "xstate": "xstate",
    "pysm": "pysm_async",
    "statesman": "statesman_async",
    "sismic": "sismic_sync",
    "automat": "automat_sync",
}
"""Module of each contender; the first is what the others are compared with, the first three need no other library."""

REFERENCE = "handwritten"
OURS = ("hsm", "hsm-classes")


def load(keys: Iterable[str]) -> tuple[list[Contender], dict[str, str]]:
    """The contenders called *keys* that are installed, and for each other one what its import said."""
    found: list[Contender] = []
    missing: dict[str, str] = {}
    for key in keys:
        try:
            module = importlib.import_module(f"bench.contenders.{MODULES[key]}")
        except ImportError as problem:
            missing[key] = str(problem)
        else:
            found.extend(each() for each in module.CONTENDERS if each.key == key)
    return found, missing
