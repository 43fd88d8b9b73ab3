"""The words that tests share; each has one meaning, wherever it is used.

``behaviors`` has instances with a log and the behaviours that write into it, ``parts`` short ways to write a
transition or a state, ``machines`` what starts, drives and watches a machine. All of these are imported from
``support`` itself; ``models`` and ``checkers`` serve a few tests, which name them.
"""

from __future__ import annotations

import pytest

from support.behaviors import (
    Gated,
    Log,
    Paid,
    afail,
    anote,
    asays,
    fail,
    forever,
    held,
    note,
    note_name,
    says,
    sends,
    until_open,
)
from support.machines import codes, driven, errors_of_loop, in_thread, pause, problems, settle, started
from support.parts import after, at, every, go, logged, noting, on, then

__all__ = [
    "Gated",
    "Log",
    "Paid",
    "afail",
    "after",
    "anote",
    "asays",
    "at",
    "both_engines",
    "codes",
    "driven",
    "errors_of_loop",
    "every",
    "fail",
    "forever",
    "go",
    "held",
    "in_thread",
    "logged",
    "note_name",
    "note",
    "noting",
    "on",
    "pause",
    "problems",
    "rule",
    "says",
    "sends",
    "settle",
    "started",
    "then",
    "until_open",
]

rule = pytest.mark.rule
both_engines = pytest.mark.parametrize("engine", ["generated", "kernel"])
