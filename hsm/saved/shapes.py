"""Shapes: what JSON has to look like that comes from somewhere else.

In: data, and what it has to be. Out: the data, and everything that is wrong with it. Never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from hsm.errors import Diagnostic
from hsm.kinds import type_of
from hsm.names import shown

Shape: TypeAlias = tuple[Callable[[Any], bool], str]
"""What something has to be: a check, and the words for it."""


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_texts(value: Any) -> bool:
    return type_of(value) is list and all(type(each) is str for each in value)


def _is_object(value: Any) -> bool:
    return type_of(value) is dict and all(type(key) is str for key in value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and value == value and abs(value) < _MOST


_MOST = 1.7e308
"""Seconds beyond which sums of them could be infinite."""
SHORTEST = 1e-9
"""Seconds between two ticks, at least: the Program's own limit (rule A4), which what reads JSON does not know."""
_FAR = 1e12
"""Seconds from 1970 to a time when no machine was saved."""
TEXT: Shape = (_is_text, "a string")
TEXTS: Shape = (_is_texts, "a list of strings")
OBJECT: Shape = (_is_object, "an object")
LIST: Shape = (lambda value: type_of(value) is list, "a list")
BOOL: Shape = (lambda value: type(value) is bool, "true or false")
COUNT: Shape = (lambda value: type(value) is int and 0 <= value < 1 << 62, "a whole number, 0 or more")
PERIOD: Shape = (lambda value: _is_number(value) and value >= SHORTEST, "a number of seconds, more than 0")
ANY: Shape = (lambda value: True, "anything")
_MOMENT = "a moment such as 2026-01-31T12:00:00+00:00"
MOMENT: Shape = (lambda value: seconds_of(value) is not None, _MOMENT)
NEAR_MOMENT: Shape = (lambda value: (at := seconds_of(value)) is not None and abs(at) < _FAR, _MOMENT)
"""One that periods can be counted from: beside a number that is too large they would be nothing."""


def one_of(*words: str) -> Shape:
    """One of these *words*."""
    return (lambda value: type(value) is str and value in words), "one of " + ", ".join(words)


def seconds_of(value: Any) -> float | None:
    """The moment that *value* is, in seconds since 1970; ``None`` if it is none."""
    if type(value) is str:
        try:
            moment = datetime.fromisoformat(value)
            return moment.timestamp() if moment.tzinfo is not None else None
        except (ValueError, OverflowError):
            return None
    return float(value) if _is_number(value) else None


class Shapes:
    """The reading of one piece of JSON, with everything that is wrong with it.

    Attributes:
        problems: What is wrong.
    """

    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []

    def wrong(self, where: str, message: str, help_: str = "") -> None:
        """Note that something *where* in the snapshot is wrong."""
        self.problems.append(Diagnostic("HSM201", message, None, within=where, help=(help_,) if help_ else ()))

    def keys(self, given: Any, known: Mapping[str, Shape], required: tuple[str, ...], where: str) -> dict[str, Any]:
        """*given*, an object with the keys that are *known*; empty if it is none."""
        if type_of(given) is not dict:
            self.wrong(where, f"{shown(given, 60)} is not an object")
            return {}
        found: dict[Any, Any] = given
        for key, value in found.items():
            check, words = known.get(key, (None, ""))
            if check is None:
                self.wrong(where, f"the key {shown(key, 60)} is not one of {', '.join(known)}")
            elif not check(value):
                self.wrong(f"{where}.{key}" if where else key, f"{shown(value, 60)} is not {words}")
        for key in required:
            if key not in found:
                self.wrong(where, f"the key '{key}' is missing")
        return found

    def each(self, given: Any, read: Callable[[Any, str], Any], where: str) -> tuple[Any, ...]:
        """What *read* makes of each in the list *given*; nothing if it is none, which has been noted."""
        several: list[Any] = given if type_of(given) is list else []
        return tuple([read(each, f"{where}[{at}]") for at, each in enumerate(several)])

    def each_of(self, given: Any, check: Shape, where: str) -> dict[str, Any]:
        """*given*, an object all of whose values pass *check*."""
        found: dict[str, Any] = given if type_of(given) is dict else {}
        for key, value in found.items():
            if not check[0](value):
                self.wrong(f"{where}[{shown(key, 60)}]", f"{shown(value, 60)} is not {check[1]}")
        return found
