"""Formats: a report of `check` for people, for editors, and for the services that show findings beside code.

In: diagnostics. Out: text. Lines and columns count from 1 in all of them; paths in the working directory are relative
to it, with ``/`` between their parts.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hsm import __version__
from hsm.errors import Diagnostic
from hsm.names import one_line
from hsm.position import Place

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def written(found: Sequence[Diagnostic], form: str, models: int) -> str:
    """The report on *found* in the *form* of one of the five names; *models* were looked at."""
    if form == "full":
        return full(found, models)
    return _FORMS[form](found)


def full(found: Sequence[Diagnostic], models: int) -> str:
    """Each with its source line and help, as Python's errors show them, and a last line that counts."""
    if not found:
        return f"no problems in {_counted(models, 'model')}"
    files = {each.where.place().file for each in found if each.where is not None}
    last = f"{_counted(len(found), 'problem')} in {_counted(len(files), 'file')}"
    return "\n\n".join([*[each.render() for each in found], last])


def fitted(report: str, width: int) -> str:
    """The full *report* for a terminal of *width* columns: a label that would be broken gets a line of its own."""
    return _LABEL.sub(lambda found: _own_line(found, width), report)


_LABEL = re.compile(r"^(?P<margin> *\| )(?P<before>\s*)(?P<caret>\^+) (?P<label>.+)$", re.MULTILINE)


def _own_line(found: re.Match[str], width: int) -> str:
    margin, before, caret, label = found.group("margin", "before", "caret", "label")
    if len(found[0]) <= width:
        return found[0]
    indent = max(0, min(len(before), width - len(margin) - len(label)))
    return f"{margin}{before}{caret}\n{margin}{' ' * indent}{label}"


def concise(found: Sequence[Diagnostic]) -> str:
    """One line each: ``door.py:4:41: HSM021 target ...``."""
    return "\n".join([_concise(each) for each in found])


def as_json(found: Sequence[Diagnostic]) -> str:
    """A list of objects with all that is known."""
    return json.dumps([_object(each) for each in found], indent=2, ensure_ascii=False)


def sarif(found: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0, which code scanning takes."""
    codes = sorted({each.code for each in found})
    driver = {
        "name": "hsm",
        "version": __version__,
        "rules": [{"id": code, "name": code} for code in codes],
    }
    results = [_result(each, codes.index(each.code)) for each in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def github(found: Sequence[Diagnostic]) -> str:
    """The commands by which a workflow on GitHub annotates lines."""
    return "\n".join([_command(each) for each in found])


_FORMS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "concise": concise,
    "json": as_json,
    "sarif": sarif,
    "github": github,
}


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _place(diagnostic: Diagnostic) -> Place | None:
    return None if diagnostic.where is None else diagnostic.where.place()


def _file(place: Place) -> str:
    """The file, relative to the working directory if it is in it."""
    inside = os.getcwd() + os.sep
    return place.file.removeprefix(inside).replace(os.sep, "/")


def _uri(place: Place) -> str:
    """The file as a URI: relative to the working directory if it is in it, else absolute."""
    inside = _file(place)
    return Path(inside).as_uri() if os.path.isabs(inside) else quote(inside)


def _severity(diagnostic: Diagnostic) -> str:
    return "warning" if diagnostic.is_warning else "error"


def _region(place: Place) -> dict[str, int]:
    """Lines and columns from 1, the last column being that after the end; what is unknown is left out."""
    known = {
        "startLine": place.line,
        "startColumn": None if place.column is None else place.column + 1,
        "endLine": place.end_line,
        "endColumn": None if place.end_column is None else place.end_column + 1,
    }
    return {name: number for name, number in known.items() if number is not None}


def _concise(diagnostic: Diagnostic) -> str:
    place = _place(diagnostic)
    where = "" if place is None else f"{_file(place)}:{place.line}:{(place.column or 0) + 1}: "
    return f"{where}{diagnostic.code} {one_line(diagnostic.message)}"


def _object(diagnostic: Diagnostic) -> dict[str, Any]:
    place = _place(diagnostic)
    region = {} if place is None else _region(place)
    return {
        "code": diagnostic.code,
        "severity": _severity(diagnostic),
        "message": diagnostic.message,
        "file": None if place is None else _file(place),
        "line": region.get("startLine"),
        "column": region.get("startColumn"),
        "end_line": region.get("endLine"),
        "end_column": region.get("endColumn"),
        "label": diagnostic.label,
        "in": diagnostic.within,
        "help": list(diagnostic.help),
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = ": ".join(filter(None, [diagnostic.message, diagnostic.label]))
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _severity(diagnostic),
        "message": {"text": ". ".join([text, *diagnostic.help])},
    }
    place = _place(diagnostic)
    if place is not None:
        location = {"artifactLocation": {"uri": _uri(place)}, "region": _region(place)}
        result["locations"] = [{"physicalLocation": location}]
    return result


def _command(diagnostic: Diagnostic) -> str:
    place = _place(diagnostic)
    fields = {"title": diagnostic.code}
    if place is not None:
        region = _region(place)
        fields = {"file": _file(place), "line": str(place.line), "title": diagnostic.code}
        if "startColumn" in region:
            fields["col"] = str(region["startColumn"])
    written = ",".join([f"{name}={_escaped(value, ',:')}" for name, value in fields.items()])
    text = "\n".join([": ".join(filter(None, [diagnostic.message, diagnostic.label])), *diagnostic.help])
    return f"::{_severity(diagnostic)} {written}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """*text* as GitHub's commands have it."""
    for character in ("%", "\r", "\n", *more):
        text = text.replace(character, f"%{ord(character):02X}")
    return text
