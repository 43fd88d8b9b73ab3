"""Scalars: how single values become what JSON has, and come back: numbers, text, moments, enumerations, literals.

In: types. Out: coders. Each refuses what is not exactly of its type.
"""

from __future__ import annotations

import base64
import enum
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

from hsm.names import shown
from hsm.saved.attributes import Coder
from hsm.saved.coding import Misfit


def nothing(annotation: Any) -> Coder:
    """The coder of what cannot be written."""

    def refuse(value: Any) -> Any:
        raise Misfit(f"is {shown(value, 60)}, and '{type_name(annotation)}' cannot be saved")

    return Coder(refuse, refuse)


def type_name(annotation: Any) -> str:
    """*annotation* in a message."""
    return annotation.__qualname__ if isinstance(annotation, type) else str(annotation).removeprefix("typing.")


def _exact(kind: type) -> Coder:
    """The coder of a type that JSON has."""

    def check(value: Any) -> Any:
        if type(value) is kind:
            return value
        raise other_than(value, kind)

    return Coder(check, check)


def other_than(value: Any, kind: Any) -> Misfit:
    """What is wrong with *value*, which is none of *kind*."""
    return Misfit(f"is {shown(value, 60)}, not {type_name(kind)!r}")


def by_text(kind: type, write: Callable[[Any], str], read: Callable[[str], Any]) -> Coder:
    """The coder of a type that is written as text."""
    exact = type(kind()) if kind in (Path, PurePath) else kind  # these make paths of this system

    def encode(value: Any) -> str:
        if type(value) is exact:
            return write(value)
        raise other_than(value, kind)

    def decode(data: Any) -> Any:
        if type(data) is not str:
            raise other_than(data, kind)
        try:
            return read(data)
        except (ValueError, InvalidOperation, LookupError, OSError):  # the last two of time zones
            raise other_than(data, kind) from None

    return Coder(encode, decode)


def _read_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _write_moment(value: Any) -> str:
    """With the name of its time zone, where it has one: that decides what an hour later is."""
    name = getattr(value.tzinfo, "key", None)
    return f"{value.isoformat()}[{name}]" if type(name) is str else str(value.isoformat())


def _read_moment(text: str) -> datetime:
    moment, is_named, name = text.partition("[")
    found = datetime.fromisoformat(moment)
    if not is_named or found.tzinfo is None:
        return found
    from zoneinfo import ZoneInfo  # imported late: hardly anything needs it

    return found.astimezone(ZoneInfo(name.removesuffix("]")))


def _write_time(value: Any) -> str:
    if value.tzinfo is not None and value.utcoffset() is None:
        raise Misfit(f"is {shown(value, 60)}, whose time zone is another one from day to day")
    return time.isoformat(value)


_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""The floats that JSON does not have."""


def _write_float(value: Any) -> Any:
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if type(value) is int:
        return value  # what is annotated as a float may be an int, and stays one
    raise other_than(value, float)


def _read_float(data: Any) -> Any:
    if type(data) in (float, int):
        return data
    if type(data) is str and data in _WORDS:
        return _WORDS[data]
    raise other_than(data, float)


_EXACT = 1e9
"""Seconds within which a float counts microseconds."""


def _write_span(value: Any) -> Any:
    if type(value) is not timedelta:
        raise other_than(value, timedelta)
    seconds = value.total_seconds()
    if abs(seconds) > _EXACT or timedelta(seconds=seconds) != value:
        return f"{value // timedelta(microseconds=1)} us"
    return int(seconds) if seconds.is_integer() else seconds


def _read_span(data: Any) -> timedelta:
    try:
        if type(data) in (int, float):
            return timedelta(seconds=data)
        if type(data) is str and data.endswith(" us"):
            return timedelta(microseconds=int(data.removesuffix(" us")))
    except (OverflowError, ValueError):
        pass
    raise other_than(data, timedelta)


def literal(known: tuple[Any, ...]) -> Coder:
    """The coder of one of the *known* values: as it is where JSON has it, else its number in a list."""
    written = [each if type(each) in _NATIVE else [number] for number, each in enumerate(known)]

    def encode(value: Any) -> Any:
        for each, data in zip(known, written, strict=True):
            if type(each) is type(value) and each == value:
                return data
        raise Misfit(f"is {shown(value, 60)}, not one of {', '.join(map(repr, known))}")

    def decode(data: Any) -> Any:
        for each, own in zip(known, written, strict=True):
            if type(own) is type(data) and own == data:
                return each
        raise Misfit(f"is {shown(data, 60)}, not one of {', '.join(map(repr, known))}")

    return Coder(encode, decode)


_NATIVE = (str, int, bool, type(None))


def enumeration(kind: type[enum.Enum]) -> Coder:
    """The coder of an enumeration: by value where that can be read, by a person and by a program; else by name."""

    def encode(value: Any) -> Any:
        if not isinstance(value, kind):
            raise other_than(value, kind)
        given = value.value
        if type(given) in (int, str) or isinstance(value, enum.Flag):
            return int(given) if type(given) is not str else given
        return value.name

    def decode(data: Any) -> Any:
        if type(data) not in (str, int):
            raise other_than(data, kind)
        try:
            return kind(data)
        except ValueError:
            if type(data) is str and data in kind.__members__:
                return kind[data]
            raise other_than(data, kind) from None

    return Coder(encode, decode)


SIMPLE: dict[type, Coder] = {
    type(None): _exact(type(None)),
    bool: _exact(bool),
    int: _exact(int),
    str: _exact(str),
    float: Coder(_write_float, _read_float),
    timedelta: Coder(_write_span, _read_span),
    datetime: by_text(datetime, _write_moment, _read_moment),
    date: by_text(date, date.isoformat, date.fromisoformat),
    time: by_text(time, _write_time, time.fromisoformat),
    UUID: by_text(UUID, str, UUID),
    Decimal: by_text(Decimal, str, Decimal),
    bytes: by_text(bytes, lambda value: base64.b64encode(value).decode(), _read_bytes),
    Path: by_text(Path, str, Path),
}  # fmt: skip
"""The coders of types that are written in one piece."""
