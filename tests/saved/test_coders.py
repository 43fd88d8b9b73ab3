"""Coders: every kind of value comes back as it was, or is refused when it is written (rule S1)."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import json
import math
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from uuid import UUID

import attrs
import pytest
import typing_extensions
from support import rule

import hsm
from hsm.saved.coders import PLAIN, coder_of
from hsm.saved.coding import Misfit


class Colour(enum.Enum):
    RED = "red"
    TWO = 2
    PAIR = (1, 2)


class Bits(enum.Flag):
    A = 1
    B = 2


@attrs.define
class Item:
    sku: str
    price: Decimal
    _count: int = 3
    note: str = attrs.field(default="", init=False)


@dataclasses.dataclass(frozen=True)
class Tree:
    name: str
    inner: list[Tree] = dataclasses.field(default_factory=list)


class Plain:
    at: datetime

    def __init__(self):
        self.at = datetime(2030, 1, 1)
        self.rest = [1, {"a": 2.5}]

    def __eq__(self, other):
        return vars(self) == vars(other)


class Stateful:
    def __init__(self, value=0):
        self.value = value

    def __getstate__(self):
        return {"value": self.value}

    def __setstate__(self, state):
        if state["value"] == "bad":
            raise ValueError("bad")
        self.value = state["value"]

    def __eq__(self, other):
        return self.value == other.value


class Slotted:
    __slots__ = ("x",)
    x: int

    def __init__(self, x=1):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x


class Odd:
    def __getstate__(self):
        return [1]


@attrs.define
class Strict:
    x: int = attrs.field()

    @x.validator
    def _check(self, attribute, value):
        if value < 0:
            raise ValueError("negative")


class Point(typing.NamedTuple):
    x: int
    y: str = ""


class Row(typing.TypedDict, total=False):
    n: typing.Required[int]
    s: str


class Full(typing.TypedDict):
    n: int


class Empty:
    def __eq__(self, other):
        return type(other) is Empty


@attrs.define
class Converted:
    x: int = attrs.field(converter=int)


@attrs.define
class Twin:
    x: int


@attrs.define
class Other:
    x: int


U = typing.TypeVar("U")


@dataclasses.dataclass
class Box(typing.Generic[U]):
    one: U
    many: list[U]
    name: str = ""


class Guarded:
    def __init__(self, y=1):
        self.y = y

    def __getstate__(self):
        return {"x": 1}

    @property
    def x(self):
        return 1

    @x.setter
    def x(self, value):
        raise ValueError("no")


Alias = typing_extensions.TypeAliasType("Alias", int)
Key = typing.NewType("Key", int)
T = typing.TypeVar("T")

GOOD = [
    (Colour, Colour.RED), (Colour, Colour.TWO), (Colour, Colour.PAIR), (Bits, Bits.A | Bits.B),
    (Item, Item("a", Decimal("1.50"))), (Tree, Tree("a", [Tree("b")])), (Plain, Plain()), (Stateful, Stateful(2)),
    (Slotted, Slotted(4)), (Strict, Strict(1)), (Point, Point(1, "a")), (Row, {"n": 1, "s": "x"}), (Row, {"n": 1}),
    (Empty, Empty()), (Converted, Converted(3)), (Box[int], Box(1, [2])), (Alias, 3),
    (Key, 3), (T, [1]), (object, {"a": 1}), (None, None), (type(None), None), (bool, True), (int, 3), (str, "x"),
    (float, 1.5), (float, 2), (float, math.inf), (bytes, b"ab"), (Path, Path("a/b")), (PurePosixPath, PurePosixPath("x")),
    (datetime, datetime(2030, 1, 1, 1, 2, 3, 4)), (date, date(2030, 1, 2)), (time, time(1, 2)),
    (timedelta, timedelta(seconds=5)), (timedelta, timedelta(milliseconds=5)), (timedelta, timedelta.max),
    (UUID, UUID(int=5)), (Decimal, Decimal("0.10")), (list[Item], [Item("a", Decimal(1))]), (list, [1]),
    (dict[UUID, int], {UUID(int=1): 1}), (dict[int, str], {1: "a", -2: "b"}), (dict, {"a": 1}),
    (tuple[int, str], (1, "a")), (tuple[int, ...], (1, 2)), (tuple, (1,)), (set[int], {30, 4}), (frozenset[str], frozenset("ab")),
    (collections.deque[int], collections.deque([1])), (collections.abc.Sequence[int], [1]),
    (collections.Counter, collections.Counter("aab")), (collections.Counter[str], collections.Counter("ab")),
    (collections.OrderedDict[str, int], collections.OrderedDict(a=1)), (collections.abc.Mapping[str, int], {"a": 1}),
    (int | None, None), (Item | None, Item("q", Decimal(2))), (typing.Literal["a", 1], 1),
    (typing.Literal[Colour.RED], Colour.RED), (typing.Annotated[int, "x"], 3), (typing.Final[int], 3),
    (Item | Tree, Tree("x")), (typing.Any, [None, True, 1, 1.5, "x", {"a": []}]),
]  # fmt: skip


@rule("S1")
@pytest.mark.parametrize(("annotation", "value"), GOOD)
def test_a_value_comes_back_as_it_was(annotation, value):
    """Through JSON, by what its attribute is annotated with."""
    coder = coder_of(annotation)
    back = coder.decode(json.loads(json.dumps(coder.encode(value))))
    assert back == value
    assert type(back) is type(value)


@rule("S1")
def test_a_float_that_is_no_number_comes_back():
    """JSON has none."""
    coder = coder_of(float)
    assert math.isnan(coder.decode(coder.encode(math.nan)))


class Sub(Item):
    pass


def refuses(value):
    raise AssertionError


REFUSED = [
    (Item, Sub("a", Decimal(1)), "Item"), (typing.Any, (1, 2), "annotate"),
    (typing.Any, math.nan, "JSON does not have"), (typing.Any, {1: 2}, "key"), (typing.Any, [{"a": [object()]}], "object"),
    (int | str, Colour.RED, "saved"), (ValueError, ValueError(), "saved"), (list[int], ["a"], "not 'int'"),
    (list[int], (1,), "not 'list'"), (float, "x", "not 'float'"), (timedelta, 3, "not 'timedelta'"), (UUID, "x", "not 'UUID'"),
    (Colour, "red", "not 'Colour'"), (typing.Literal["a"], "b", "'a'"), (tuple[int, str], (1,), "tuple of 2"),
    (dict[str, int], [], "not 'dict'"), (dict[tuple[int, int], int], {(1, 2): 3}, "key"), (Point, (1, "a"), "not 'Point'"),
    (Row, [], "not"), (Full, {}, "lacks"), (Odd, Odd(), "dict"), (typing.Callable[[], None], refuses, "saved"),
    (typing.TypeGuard[int], 1, "saved"), (Twin | Other, Other(1), "ambiguous"), (dict[int | str, int], {1: 2}, "string"),
    (dict[typing.Any, int], {"1": 1, 1: 2}, "key"), (bool, 1, "not 'bool'"), (set[int], [1], "not 'set'"),
]  # fmt: skip


@rule("S1")
@pytest.mark.parametrize(("annotation", "value", "why"), REFUSED)
def test_what_would_come_back_as_something_else_is_refused(annotation, value, why):
    """When it is written, and not noticed when it is read."""
    with pytest.raises(Misfit) as caught:
        coder_of(annotation).encode(value)
    assert why in caught.value.why


UNREADABLE = [
    (Item, []), (Item, {"sku": "a", "price": "x", "_count": 1}), (Item, {"price": "1"}), (Strict, {"x": -1}), (Tree, {"name": 3}),
    (Guarded, {"x": 1}), (Stateful, {"value": "bad"}), (Slotted, {"y": 1}), (float, "x"), (float, []), (timedelta, "x us"), (timedelta, "5"),
    (timedelta, 1e300), (UUID, 3), (UUID, "x"), (Decimal, "x"), (bytes, "?"), (datetime, "x"), (Colour, []), (Colour, "x"),
    (typing.Literal["a"], 0), (tuple[int, str], [1]), (list[int], {}), (set[typing.Any], [[]]), (dict[str, int], []),
    (dict[int, int], {"x": 1}), (Point, [1]), (Row, 3), (int | None, "x"), (int, True), (Plain, 3), (tuple[int, ...], 3),
]  # fmt: skip


@rule("S4")
@pytest.mark.parametrize(("annotation", "data"), UNREADABLE)
def test_junk_is_a_misfit_and_nothing_else(annotation, data):
    """Whatever stands in the JSON."""
    with pytest.raises(Misfit):
        coder_of(annotation).decode(data)


def test_an_attribute_keeps_few_coders_and_the_plain_codec_takes_any_annotation():
    """Objects may have ever new attributes."""
    wide = Empty()
    many = {f"a{number}": number for number in range(300)}
    vars(wide).update(many)
    assert coder_of(Empty).encode(wide) == many
    assert PLAIN.decode(PLAIN.encode(UUID(int=1), UUID), UUID) == UUID(int=1)
    assert PLAIN.decode(PLAIN.encode([1], typing.Any), typing.Any) == [1]


def test_signals_are_objects_with_attributes():
    """Of a plain class, and of one of attrs."""

    class Paid(hsm.Signal):
        amount: int

        def __init__(self, amount):
            self.amount = amount

    back = coder_of(Paid).decode(coder_of(Paid).encode(Paid(3)))
    assert (back.amount, back.name) == (3, "Paid")
