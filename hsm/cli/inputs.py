"""Inputs: what is typed into a simulation, and the events that it stands for.

In: a line. Out: one of the values below, or a `Problem` that says what a line can be. Events come as names, and as the
signals that their names belong to, with the fields as JSON.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, TypeAlias

import attrs

import hsm
from hsm.cli.problems import Problem

HELP = """\
open                   send an event
pay {"amount": 3}      send one with data, or with the fields of a signal, as JSON
+5s   +250ms   +2m     let time pass
?                      list what is possible now
? pay {"amount": 3}    say what an event would do, and why
undo                   go back before the last input that did something
save test_door.py      write what was done so far as a test
quit                   end; so does the end of the input
An event that is called as one of these words comes first; ':undo' is always the word."""

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TIME = re.compile(r"\+\s*(\d+(?:\.\d+)?)\s*([a-z]*)")
_WORDS = ("undo", "save", "help", "quit")


@attrs.frozen
class Send:
    """An event to send.

    Attributes:
        name: Its name.
        data: What was written after it; ``None`` if nothing was.
    """

    name: str
    data: Any = None


@attrs.frozen
class Wait:
    """*seconds* that pass."""

    seconds: float


@attrs.frozen
class Ask:
    """A question: about *event*, or, without one, about what is possible."""

    event: Send | None = None


@attrs.frozen
class Command:
    """One of the words, with what follows it."""

    word: str
    rest: str = ""


Input: TypeAlias = Send | Wait | Ask | Command


def parsed(line: str, events: Sequence[str]) -> Input | None:
    """What *line* means to a machine with *events*; ``None`` for an empty one, or a comment.

    Raises:
        Problem: It means nothing.
    """
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    if text.startswith("+"):
        return _wait(text)
    if text.startswith("?"):
        return Ask(_send(text[1:].strip()) if text[1:].strip() else None)
    word, _, rest = text.removeprefix(":").partition(" ")
    if word in _WORDS and (text.startswith(":") or word not in events):
        return Command(word, rest.strip())
    if text.startswith(":"):
        raise Problem(f"':{word}' is not a word of a simulation", f"the words are {', '.join(_WORDS)}")
    return _send(text)


def _wait(text: str) -> Wait:
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        raise Problem(f"'{text}' is not a time", "write a number and one of ms, s, m, h or d, such as +5s")
    return Wait(float(found[1]) * _UNITS[found[2]])


def _send(text: str) -> Send:
    """The event in *text*: a name, in quotes if it has spaces, and JSON."""
    decoder = json.JSONDecoder()
    try:
        if text.startswith('"'):
            name, end = decoder.raw_decode(text)
        else:
            name = text.split(maxsplit=1)[0]
            end = len(name)
        rest = text[end:].strip()
        return Send(name, json.loads(rest) if rest else None)
    except ValueError as error:
        raise Problem(f"what follows the event is not JSON: {error}", 'write it as in: pay {"amount": 3}') from None


# --- events --------------------------------------------------------------------------------------------------


class Events:
    """Makes the events of a simulation; *module* is where signals are looked for first."""

    def __init__(self, module: ModuleType | None) -> None:
        self._module = module.__name__ if module is not None else ""

    def signal(self, name: str) -> type[hsm.Signal] | None:
        """The class of the signals called *name*, if there is one."""
        found = [each for each in _signals(hsm.Signal) if each.name == name and is_importable(each)]
        return max(found, key=lambda each: each.__module__ == self._module, default=None)

    def made(self, send: Send) -> hsm.Event[Any]:
        """The event that *send* stands for.

        Raises:
            Problem: The signal does not take these fields.
        """
        kind = self.signal(send.name)
        if kind is None:
            return hsm.Event(send.name, send.data)
        try:
            return kind(**fields_of(send))
        except Exception as error:
            fields = ", ".join([f'"{name}": ...' for name in inspect.signature(kind).parameters])
            raise Problem(f"'{send.name}' cannot be made: {error}", f"write: {send.name} {{{fields}}}") from None


def fields_of(send: Send) -> dict[str, Any]:
    """The fields of a signal, as they were written.

    Raises:
        TypeError: They are not an object.
    """
    if send.data is None:
        return {}
    fields: Any = send.data
    if type(fields) is not dict:
        raise TypeError("its fields are written as an object: {...}")
    return {**fields}


def is_importable(kind: type) -> bool:
    """Whether its module has *kind* under its name; a class that attrs made anew has left another behind."""
    found: Any = sys.modules.get(kind.__module__)
    for step in kind.__qualname__.split("."):
        found = getattr(found, step, None)
    return found is kind


def _signals(kind: type[hsm.Signal]) -> Iterator[type[hsm.Signal]]:
    for each in kind.__subclasses__():
        yield each
        yield from _signals(each)
