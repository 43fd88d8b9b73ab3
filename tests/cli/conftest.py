"""What tests of the command share: a folder with a user's files, and the command, called in this process."""

from __future__ import annotations

import io
import linecache
import sys
import textwrap
from pathlib import Path

import attrs
import pytest

from hsm.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DOOR = """
import attrs
import hsm
from hsm_classdsl import Machine, State, after, guard, on


@attrs.frozen
class Knock(hsm.Signal):
    who: str


class Door(Machine):
    known = "Ada"

    class Closed(State["Door"]):
        @guard
        def is_known(self, event: Knock) -> bool:
            return event.who == self.machine.known

        @on(Knock, target="Open", guard=is_known)
        def welcome(self) -> None:
            print("come in")

        refuse = on(Knock)

    class Open(State["Door"]):
        shut = after(seconds=5, target="Closed")
        kick = on("kick", target="Closed")
"""
COUNTER = """
import hsm


def has_room(ctx, counter, event):
    return counter.value < counter.limit


def count(ctx, counter, event):
    counter.value += event.data


class Counter(hsm.Instance):
    def __init__(self, limit, *rest, value=0):
        super().__init__()
        self.limit = limit
        self.value = value

    model = hsm.define(
        "Counter",
        hsm.state(
            "counting",
            hsm.transition(hsm.on("add"), hsm.guard(has_room), hsm.effect(count)),
            hsm.transition(hsm.on("add"), hsm.target("full")),
        ),
        hsm.state("full"),
    )
"""


@attrs.frozen
class Ran:
    """What a call of the command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The working directory, in which ``project(name=text)`` writes files; what is imported from it does not stay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    before = {*sys.modules}

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__slash__', '/')}.py"
            # another test may have imported the example of that name
            if str(EXAMPLES) in str(getattr(sys.modules.get(path.stem), "__file__", "")):
                monkeypatch.delitem(sys.modules, path.stem)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        linecache.checkcache()
        return tmp_path

    def forget():
        for name in {*sys.modules} - before:
            file = str(getattr(sys.modules[name], "__file__", ""))
            if str(tmp_path) in file or str(EXAMPLES) in file:
                del sys.modules[name]

    write.path = tmp_path
    write.forget = forget
    yield write
    forget()


@pytest.fixture
def hsm_command(project, capsys, monkeypatch):
    """``hsm_command("check", "door.py")``: the exit code, and what is printed; *typed* is standard input."""

    def run(*arguments, typed=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        project.forget()  # as every command is a process of its own
        code = main([str(each) for each in arguments])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


@pytest.fixture
def door(project):
    """A project with a door and a counter."""
    project(door=DOOR, counter=COUNTER)
    return project
