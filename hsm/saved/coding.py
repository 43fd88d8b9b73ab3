"""Coding: values as what JSON has, and back by their annotations.

In: a value and what its attribute is annotated with. Out: dicts, lists, strings, numbers; and the same value again.
What would not come back as it was is refused when it is written, and not noticed when it is read. Never imports what
knows machines: an instance, a state object and a signal are objects with attributes here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from hsm.kinds import type_of
from hsm.names import shown


class Codec(Protocol):
    """How data becomes what JSON has, and back: `hsm.restore` and `Machine.snapshot` take one.

    Whatever the two functions raise becomes a `SnapshotError` that names the attribute.
    """

    def encode(self, value: Any, annotation: Any, /) -> Any:
        """*value* as dicts with strings as keys, lists, strings, numbers, booleans and ``None``.

        Args:
            value: What an attribute has, or what an event carries.
            annotation: What the attribute is annotated with; ``Any`` where it is not.
        """
        ...

    def decode(self, data: Any, annotation: Any, /) -> Any:
        """The value that `encode` was given; *data* is what it returned, as it came back from JSON."""
        ...


class Misfit(Exception):
    """A value that cannot be written, or data that cannot be read.

    Attributes:
        path: Where inside of the attribute, such as ``[2].price``; empty for the attribute itself.
        why: The rest of a sentence about that.
    """

    def __init__(self, why: str, path: str = "") -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why

    def inside(self, step: str) -> Misfit:
        """The same, seen from one level further out."""
        return Misfit(self.why, f"{step}{self.path}")


def native(value: Any) -> Any:
    """*value*, which is made of what JSON has itself.

    Raises:
        Misfit: It is not.
    """
    kind = type_of(value)
    if value is None or kind is bool or kind is int or kind is str:
        return value
    if kind is float:
        if math.isfinite(value):
            return value
        raise Misfit(f"is {value}, which JSON does not have: annotate it as 'float'")
    if kind is list:
        return several(native, value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise Misfit(f"has the key {shown(key, 60)}, not a string: annotate it, such as dict[int, str]")
        return {key: within(native, each, f"[{key!r}]") for key, each in value.items()}
    name = kind.__qualname__
    raise Misfit(f"is {shown(value, 60)}, and JSON has no '{name}': annotate it with its type")


def several(code: Callable[[Any], Any], values: Any) -> list[Any]:
    """Each of *values* coded; a misfit says which it is."""
    found: list[Any] = []
    try:
        for value in values:
            found.append(code(value))  # noqa: PERF401  # their number says which of them failed
    except Misfit as misfit:
        raise misfit.inside(f"[{len(found)}]") from None
    return found


def within(code: Callable[[Any], Any], value: Any, step: str) -> Any:
    """*value* coded; a misfit says that it is at *step*."""
    try:
        return code(value)
    except Misfit as misfit:
        raise misfit.inside(step) from None
