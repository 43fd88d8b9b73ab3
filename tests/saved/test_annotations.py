"""Annotations of every form that a class may have: each is found, and none of them takes the others along."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Annotated, Final

import hsm
from hsm.saved.attributes import annotations_of


class Forms(hsm.Instance):
    number: Annotated[int, "in seconds"]
    ring: Callable[[], None]
    nothing: dict[str, None]
    inner: Annotated[list["Inner"], "of strings"]  # noqa: UP037 - what is tested
    same: Final["Inner"]  # noqa: UP037
    either: Inner | None
    one: typing.Optional["Inner"]  # noqa: UP037, UP045
    literal: typing.Literal["Inner"]
    unknown: Missing  # noqa: F821  # pyright: ignore
    alike: dict[str, "Missing"]  # noqa: F821, UP037  # pyright: ignore


class Inner:
    size: int


def test_what_is_no_type_is_not_looked_up():
    """Metadata of `Annotated` and the values of a literal stay; `None` is the type of `None`; names are found."""
    found = annotations_of(Forms)
    assert {name: found[name] for name in found if name in Forms.__annotations__} == {
        "number": Annotated[int, "in seconds"],
        "ring": Callable[[], type(None)],
        "nothing": dict[str, type(None)],
        "inner": Annotated[list[Inner], "of strings"],
        "same": Final[Inner],
        "either": Inner | None,
        "one": Inner | None,
        "literal": typing.Literal["Inner"],
    }
