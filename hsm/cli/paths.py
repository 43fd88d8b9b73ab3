"""The command `paths`: the shortest way to each state and each transition of a model.

The search is `hsm.testing.paths`, which runs the machine. What its behaviours print meanwhile is nobody's concern: a
machine is run a hundred times and more.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import hsm
from hsm.cli.colours import show
from hsm.cli.inputs import Events, Send, parsed
from hsm.cli.instances import Instances
from hsm.cli.output import write
from hsm.cli.problems import FINDINGS, Problem
from hsm.cli.targets import Found, one
from hsm.names import safe_repr
from hsm.testing import Call, Path, Paths, Wait, paths


def run_paths(given: argparse.Namespace) -> int:
    """Show the paths; the exit code says whether everything that was asked for was reached."""
    found = one(given.target)
    chart = hsm.chart(found.model)
    wanted = None if given.to is None else _name(chart, given.to)
    searched = _search(found, chart, given)
    names = _names(searched, chart)
    if wanted is not None:
        if wanted not in names:
            raise Problem(f"{wanted} is a default entry that is not written anywhere", "name a state or a transition")
        names = [wanted]
    if given.format == "json":
        write(json.dumps(as_data(searched, names), indent=2, ensure_ascii=False), given.output)
    elif given.output is not None:
        write(as_text(searched, names), given.output)
    else:
        show(as_text(searched, names), given.color)
    return FINDINGS if any(each.name in names for each in searched.missing) else 0


def _search(found: Found, chart: hsm.Chart, given: argparse.Namespace) -> Paths:
    """The paths of the model that was found.

    Raises:
        Problem: It cannot be run, or an event is none of it.
    """
    make = Instances(found, given.instance).made
    data = _data(found, chart, given.events or ())
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return paths(found.model, make, data=data, longest=given.longest, runs=given.runs)
    except Problem:
        raise
    except Exception as error:  # of the arguments; or of the start of a machine, which may raise anything
        why = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise Problem(f"no paths of '{chart.name}' can be found: {why}") from None


def _data(found: Found, chart: hsm.Chart, lines: Sequence[str]) -> dict[str, list[Any]]:
    """What comes with events, by name, as *lines* say it."""
    events = Events(found.module)
    data: dict[str, list[Any]] = {}
    for line in lines:
        meant = parsed(line, chart.events)
        if not isinstance(meant, Send):
            raise Problem(f"'{line}' is not an event", 'write a name, and its data as JSON: pay {"amount": 3}')
        is_signal = events.signal(meant.name) is not None
        data.setdefault(meant.name, []).append(events.made(meant) if is_signal else meant.data)
    return data


def _name(chart: hsm.Chart, name: str) -> str:
    """The path of a state, or the identifier of a transition, as *name* says it; it may lack the name of the model.

    Raises:
        Problem: There is none, or it is nothing that a search looks for.
    """
    full = name if name.startswith("/") else f"/{chart.name}{'' if name.startswith('#') else '/'}{name}"
    try:
        if "#" in name:
            return chart.transition(full).id
        vertex = chart.vertex(name)
    except ValueError as error:
        raise Problem(str(error)) from None
    if vertex.kind not in ("state", "final") or vertex.parent is None:
        what = "the whole model" if vertex.parent is None else f"a {vertex.kind.replace('_', ' ')}"
        raise Problem(f"{vertex.path} is {what}", "name a state or a transition")
    return vertex.path


def _names(searched: Paths, chart: hsm.Chart) -> list[str]:
    """What was searched for, in the order of the chart: states, then transitions."""
    known = {name for path in searched for name in path.reaches} | {each.name for each in searched.missing}
    return [each for each in [*[v.path for v in chart.vertices], *[t.id for t in chart.transitions]] if each in known]


def as_text(searched: Paths, names: Sequence[str]) -> str:
    """One line for each of *names*: what it is, and the path; what was not reached comes last, with the reasons."""
    return "\n".join([*_lines(searched, names), *_unreached(searched, names)])


def _lines(searched: Paths, names: Sequence[str]) -> Iterator[str]:
    by_name = {name: path for path in searched for name in path.reaches}
    wide = max([len(name) for name in names if name in by_name], default=0)
    yield from [f"{name:{wide}}  {by_name[name]}" for name in names if name in by_name]


def _unreached(searched: Paths, names: Sequence[str]) -> Iterator[str]:
    missing = [each for each in searched.missing if each.name in names]
    for each in missing:
        yield f"warning: {each.text} was not reached"
        yield f"  = why:  {_said(each.reason)}"
    if missing and not searched.is_complete:
        yield f"  = help: the search ended at its bounds, after {searched.runs} runs: try --runs, --longest"


def _said(reason: str) -> str:
    """A reason for those who have options, and no arguments."""
    return reason.replace("'data'", "--event")


def as_data(searched: Paths, names: Sequence[str]) -> dict[str, Any]:
    """The same as values that JSON has; data of events that it does not have is text."""
    return {
        "model": searched.model,
        "runs": searched.runs,
        "is_complete": searched.is_complete,
        "paths": [
            {
                "reaches": [name for name in path.reaches if name in names],
                "text": str(path),
                "inputs": [*_inputs(path)],
                "states": list(path.states or ()),
            }
            for path in searched
            if any(name in names for name in path.reaches)
        ],
        "missing": [
            {"name": each.name, "reason": _said(each.reason)} for each in searched.missing if each.name in names
        ],
    }


def _inputs(path: Path) -> Iterator[dict[str, Any]]:
    for each in path.inputs:
        if isinstance(each, Wait):
            yield {"wait": each.seconds}
        elif isinstance(each, Call):
            yield {"call": each.operation, "arguments": [_plain(value) for value in each.arguments]}
        else:
            yield {"send": each.name, "data": _plain(each.data if isinstance(each.event, str) else each.event)}


def _plain(value: object) -> object:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return safe_repr(value)
    return value
