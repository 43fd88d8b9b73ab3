"""Saving: a session as a test for pytest, which does the same and expects the same.

In: a session. Out: the text of a file. It needs nothing but pytest: `virtual_time` makes a plain function of the test.
"""

from __future__ import annotations

import ast
import os
import re

import hsm
from hsm.cli.inputs import Send, Wait, fields_of
from hsm.cli.problems import Problem
from hsm.cli.session import Done, Session
from hsm.cli.targets import Found


def test_of(session: Session, file: str) -> str:
    """The text of a test in *file* that repeats what was done in *session*.

    Raises:
        Problem: Nobody else can import the model.
    """
    found = session.found
    if found.module is None:
        raise Problem(f"'{found.model.name}' cannot be imported: no name in its module leads to it")
    if not all(map(str.isidentifier, found.module.__name__.split("."))):
        raise Problem(f"'{found.model.name}' cannot be imported: its file has the name of another module")
    model = found.name if isinstance(found.value, hsm.Model) else f"{found.name}.model"
    names = {_root(model), *_roots(session.instances.expression)} - {"hsm", "copy"}
    body = [_expected(session.first)]
    others: dict[str, set[str]] = {}
    for each in session.done:
        body += _step(session, each, others)
    others.setdefault(found.module.__name__, set()).update(names & set(vars(found.module)))
    errors = any(each.error is not None for each in session.done)
    kinds = ["import copy"] if "copy." in session.instances.expression else []
    wall = ", ".join(map(str, session.wall.timetuple()[:6]))
    return "\n".join(
        [
            f'"""A run of {found.model.name}, saved by `hsm simulate`."""',
            "",
            *kinds,
            "import sys",
            "from datetime import datetime",
            "from pathlib import Path",
            "",
            *(["import pytest", ""] if errors else []),
            "import hsm",
            "from hsm.testing import running_clock, virtual_time",
            "",
            f"sys.path.insert(0, str(Path(__file__).resolve().parent{_way(found, file)}))",
            *[
                f"from {module} import {', '.join(sorted(each))}  # noqa: E402"
                for module, each in sorted(others.items())
            ],
            "",
            "",
            f"@virtual_time(wall=datetime({wall}))",
            f"async def test_{_identifier(found.model.name)}() -> None:",
            f'    """{found.model.name} does what it did in the simulation."""',
            "    clock = running_clock()",
            f"    machine = await hsm.start(None, {session.instances.expression}, {model})",
            "    await clock.settle()",
            *[f"    {line}" for line in body],
            "    await machine.stop()",
            "",
        ]
    )


def _step(session: Session, done: Done, others: dict[str, set[str]]) -> list[str]:
    """The lines that repeat *done*; what they need of other modules is added to *others*."""
    what = done.what
    if isinstance(what, Wait):
        return [f"await clock.advance({what.seconds:g})", _expected(done.states)]
    sending = f"await machine.dispatch({_event(session, what, others)})"
    settled = ["await clock.settle()", _expected(done.states)]
    if done.error is None:
        return [f"assert {sending} is hsm.Outcome.{(done.outcome or hsm.Outcome.TAKEN).name}", *settled]
    kind = type(done.error)
    if kind.__module__ != "builtins":
        others.setdefault(kind.__module__, set()).add(_root(kind.__qualname__))
    return [f"with pytest.raises({kind.__qualname__}):", f"    {sending}", *settled]


def _event(session: Session, send: Send, others: dict[str, set[str]]) -> str:
    kind = session.events.signal(send.name)
    if kind is None:
        return f"{send.name!r}" if send.data is None else f"{send.name!r}, {send.data!r}"
    others.setdefault(kind.__module__, set()).add(_root(kind.__qualname__))
    return f"{kind.__qualname__}({', '.join([f'{name}={value!r}' for name, value in fields_of(send).items()])})"


def _expected(states: tuple[str, ...]) -> str:
    return f"assert machine.states() == {states!r}"


def _way(found: Found, file: str) -> str:
    """From the folder of *file* to where the module is imported from, as parts of a path."""
    assert found.module is not None
    module = os.path.abspath(found.module.__file__ or "")
    folder = os.path.dirname(module)
    depth = found.module.__name__.count(".") + (os.path.basename(module) == "__init__.py")
    for _ in range(depth):
        folder = os.path.dirname(folder)
    way = os.path.relpath(folder, os.path.dirname(os.path.abspath(file)))
    return "" if way == "." else f" / {way.replace(os.sep, '/')!r}"


def _root(name: str) -> str:
    return name.partition(".")[0]


def _roots(expression: str) -> set[str]:
    """The names in *expression*."""
    return {node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name)}


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()
