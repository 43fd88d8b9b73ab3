"""What tests of the check share: a file with a program, and what is found in it."""

from __future__ import annotations

import linecache
import re
import runpy
import sys
import textwrap

import pytest

import hsm
from hsm.check import check

HEAD = """import asyncio, contextlib, functools
import hsm
from hsm import *

def held(ctx, instance, event): return True
def other(ctx, instance, event): return True
def counted(number, ctx, instance, event): return True
def act(ctx, instance, event): ...
def say(ctx, instance, event): ...

"""
"""What every program begins with."""
SHORT = {r'\bgo\(("[^"]*")': r"transition(on(\1)", r'\bto\(("[^"]*")': r"transition(target(\1)"}
"""What programs may write in short: ``go("x", ...)`` and ``to("a", ...)``; a function would be where they are written."""


def long(text):
    """*text*, written out."""
    for short, whole in SHORT.items():
        text = re.sub(short, whole, text)
    return text


def short(text):
    """*text* as it was before `long`."""
    return re.sub(r'transition\(target\(("[^"]*")\)', r"to(\1", re.sub(r'transition\(on\(("[^"]*")\)', r"go(\1", text))


@pytest.fixture
def found_in(tmp_path, monkeypatch):
    """Runs programs as files beside each other, and gives what is found: each time the code and the line's text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def found(program, *, knows=(), **others):
        names = {"program": HEAD + long(textwrap.dedent(program)), **{k: textwrap.dedent(v) for k, v in others.items()}}
        for name, text in names.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        linecache.checkcache()
        for name in others:
            sys.modules.pop(name, None)
        with hsm.collect() as collected:
            runpy.run_path(str(tmp_path / "program.py"))
        charts = [hsm.chart(each) for each in collected.models if each.derived.error is None]
        known = collected.diagnostics
        assert {each.code for each in known} == {*knows}
        result = check(charts, [tmp_path / f"{name}.py" for name in names], known=known)
        assert all(each.is_warning and each.help for each in result)
        return [(each.code, short(each.where.place().text.partition("  #")[0].strip())) for each in result]

    return found
