"""Data as what JSON has, and back: by every type that the library's own codec knows."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import json
import math
import pathlib
import typing
from collections import Counter, OrderedDict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import pytest
import typing_extensions

from hsm.saved.attributes import Attributes
from hsm.saved.coders import PLAIN, attributes_of, coder_of
from hsm.saved.coding import Misfit

T = TypeVar("T")
Number = NewType("Number", int)
Alias = typing_extensions.TypeAliasType("Alias", list[date])


class Plain(enum.Enum):
    ONE = 1
    TWO = "two"
    PAIR = (1, 2)


class Word(enum.StrEnum):
    A = "a"


class Level(enum.IntEnum):
    LOW = -1
    HIGH = 1


class Way(enum.Flag):
    UP = 1
    DOWN = 2


class Crossed(enum.Enum):
    """Its values are the names of others."""

    A = "B"
    B = "A"


@attrs.define
class Point:
    x: int
    y: float = 0.0


@attrs.define
class Twin:
    x: int
    y: float = 0.0


@attrs.frozen
class Odd:
    """Aliases, converters, and a field that its `__init__` does not take."""

    _hidden: date
    there: int = attrs.field(alias="where", default=1)
    length: int = attrs.field(init=False, default=7)


@attrs.define
class Grows:
    """What it is given is not what it has."""

    size: int = attrs.field(converter=lambda size: size + 1)


@dataclasses.dataclass
class Counts:
    items: list[int]
    total: int = dataclasses.field(init=False)
    seen: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self):
        self.total = sum(self.items)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    at: datetime
    inner: Frozen | None = None


@dataclasses.dataclass
class Given:
    """Its `__init__` takes something that is no attribute."""

    start: dataclasses.InitVar[int]
    value: int = 0

    def __post_init__(self, start):
        self.value += start


@attrs.define(init=False)
class ByHand:
    x: int

    def __init__(self, text):
        self.x = int(text)


class Bag:
    """A plain class."""

    price: Decimal

    def __init__(self, price):
        self.price = price
        self.free = [1]

    def __eq__(self, other):
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None


class Shelf(Bag):
    where: Path

    def __init__(self, price):
        super().__init__(price)
        self.where = Path("a")


class Slotted:
    __slots__ = ("one", "two")
    one: date

    def __init__(self):
        self.one = date(2024, 1, 1)

    def __eq__(self, other):
        return self.one == other.one and not hasattr(other, "two")

    __hash__ = None


class Both(Slotted):
    """One with slots and a dictionary."""

    def __init__(self):
        super().__init__()
        self.more = 1


class Says:
    """One that says what is saved of it, and takes it back."""

    number: int

    def __init__(self, number):
        self.number, self.cache = number, object()

    def __getstate__(self):
        return {"number": self.number}

    def __setstate__(self, state):
        if state["number"] < 0:
            raise ValueError("negative")
        self.__init__(state["number"])

    def __eq__(self, other):
        return self.number == other.number

    __hash__ = None


class Nothing:
    """One without anything."""

    def __eq__(self, other):
        return type(other) is Nothing

    __hash__ = None


@attrs.define
class Box(Generic[T]):
    value: T
    more: list[T] = attrs.Factory(list)
    maybe: T | None = None


@attrs.define
class Rows(Generic[T]):
    rows: dict[str, list[T]]
    box: Box[T] | None = None
    bare: Box | None = None


@attrs.define
class Holder:
    box: Box[datetime]
    bare: Box


@attrs.define
class Tree:
    name: str
    children: list[Tree] = attrs.Factory(list)
    parent: Tree | None = None


class Pair(NamedTuple):
    left: date
    right: int = 0


class Loose(collections.namedtuple("Loose", "a b")):
    __slots__ = ()


class Options(TypedDict, total=False):
    at: typing_extensions.Required[datetime]
    size: typing_extensions.NotRequired[int]


VALUES = [
    (None, None), (None, type(None)), (True, bool), (3, int), (2**70, int), ("\ud800", str), (1.5, float), (3, float),
    (math.inf, float), (-math.inf, float), (b"\xff\x00", bytes),
    ([1, {"a": [None, "b", 1.5]}], Any), ({"a": 1}, object), ([1], T),
    (UUID(int=7), UUID), (Decimal("1.50"), Decimal), (Decimal("-Infinity"), Decimal),
    (Fraction(1, 3), Fraction),
    (Path("a/b"), Path), (PurePosixPath("/a"), PurePosixPath), (PurePosixPath("/a"), pathlib.PurePath),
    (date(2024, 2, 29), date), (time(1, 2, 3, 4), time), (time(1, tzinfo=UTC), time),
    (datetime(2024, 1, 1), datetime), (datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=-3))), datetime),
    (timedelta(0), timedelta), (timedelta(microseconds=-1), timedelta), (timedelta(days=9, microseconds=1), timedelta),
    (timedelta(days=99_999, microseconds=1), timedelta), (timedelta.max, timedelta), (timedelta.min, timedelta),
    (Plain.ONE, Plain), (Plain.TWO, Plain), (Plain.PAIR, Plain), (Word.A, Word), (Level.LOW, Level),
    (Way.UP | Way.DOWN, Way), (Way(0), Way), (Crossed.A, Crossed),
    ("a", Literal["a", 1]), (1, Literal["a", 1]), (0, Literal[b"x", 0]), (Level.HIGH, Literal[1, Level.HIGH]), (Plain.PAIR, Literal[Plain.PAIR]), (b"x", Literal["a", b"x"]),
    ([date(2024, 1, 1)], list[date]), ([], list), ((1, date(2024, 1, 1)), tuple[int, date]), ((), tuple[()]),
    ((1, 2), tuple[int, ...]), ((1, "a"), tuple), ({3, 20, 100, -1}, set[int]), ({"b", "a"}, set), ({1.5}, set[float]),
    (frozenset({UUID(int=1)}), frozenset[UUID]), (deque([1]), deque[int]), (deque([1, 2], 3), deque), (deque(maxlen=0), deque[date]),
    ([1], collections.abc.Sequence[int]), ({1}, collections.abc.Set[int]), ([1], collections.abc.Iterable[int]),
    ({"a": date(2024, 1, 1)}, dict[str, date]), ({"a": 1}, dict), ({1: "a", -2: "b"}, dict[int, str]),
    ({UUID(int=1): 1}, dict[UUID, int]), ({Level.LOW: 1}, dict[Level, int]), ({1: 2}, dict[Literal[1], int]),
    ({"a": 1}, collections.abc.Mapping[str, int]), (OrderedDict(b=1, a=2), OrderedDict[str, int]),
    (Counter("aab"), Counter), (Counter({3: 2}), Counter[int]), (Counter("ab"), Counter[str]),
    (1, int | None), (None, int | None), (True, int | bool), (1.5, int | float), ("a", date | str), (date(2024, 1, 1), date | None),
    (Point(1), Point | list[int]), ([1], Point | list[int]), ([Point(1)], list[Point] | list[Twin]),
    (3, Number), ([date(2024, 1, 1)], Alias), (3, Annotated[int, "seconds"]), ([1], Final[list[int]]),
    (3, typing.ClassVar[int]), (3, typing_extensions.ReadOnly[int]), ([1], typing.List[int]),  # noqa: UP006
    (Point(1, 2.5), Point), (Odd(date(2024, 1, 1), 5), Odd), (Grows(1), Grows), (Counts([1, 2], seen=3), Counts),
    (Frozen(datetime(2024, 1, 1), Frozen(datetime(2025, 1, 1))), Frozen), (Given(3), Given), (ByHand("3"), ByHand),
    (Bag(Decimal(1)), Bag), (Shelf(Decimal(1)), Shelf), (Slotted(), Slotted), (Both(), Both), (Says(3), Says), (Nothing(), Nothing),
    (Box(1), Box[int]), (Box(1), Box), (Box(date(2024, 1, 1), [date(2024, 1, 2)], date(2024, 1, 3)), Box[date]),
    (Rows({"a": [date(2024, 1, 1)]}, Box(date(2024, 1, 2)), Box(1)), Rows[date]),
    (Holder(Box(datetime(2024, 1, 1)), Box("a")), Holder), (Tree("a", [Tree("b", [Tree("c")])]), Tree),
    (Pair(date(2024, 1, 1)), Pair), (Loose(1, "a"), Loose),
    (Options(at=datetime(2024, 1, 1), size=1), Options), (Options(at=datetime(2024, 1, 1)), Options),
]  # fmt: skip


@pytest.mark.parametrize(("value", "annotation"), VALUES)
def test_what_is_written_comes_back(value, annotation):
    """Through JSON, which is strict: an equal value of the same type."""
    written = json.loads(json.dumps(PLAIN.encode(value, annotation), allow_nan=False))
    found = PLAIN.decode(written, annotation)
    assert (found, type(found)) == (value, type(value))


def test_what_equality_does_not_tell_comes_back_too():
    """Not-a-number, the greatest length of a deque, the time zone by its name."""
    assert math.isnan(PLAIN.decode(PLAIN.encode(math.nan, float), float))
    assert PLAIN.decode(PLAIN.encode(deque([1], 3), deque[int]), deque[int]).maxlen == 3
    berlin = ZoneInfo("Europe/Berlin")
    for fold in (0, 1):  # the hour that comes twice
        moment = datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=fold)
        written = PLAIN.encode(moment, datetime)
        found = PLAIN.decode(written, datetime)
        assert (found, found.tzinfo, found.fold, found.utcoffset()) == (moment, berlin, fold, moment.utcoffset())
    assert written == "2024-10-27T02:30:00+01:00[Europe/Berlin]"


def test_equal_sets_are_written_alike():
    """Whatever their order is in this process; numbers by their size."""
    assert PLAIN.encode({100, 20, 3}, set[int]) == [3, 20, 100]
    assert PLAIN.encode({"b", "a"}, set[str]) == ["a", "b"]


REFUSED = [
    (1, str, "is 1, not 'str'"), ("1", int, "is '1', not 'int'"), (True, int, "is True, not 'int'"), ("x", float, "is 'x', not 'float'"),
    (date(2024, 1, 1), datetime, "not 'datetime'"), (datetime(2024, 1, 1), date, "not 'date'"), (1, timedelta, "is 1, not 'timedelta'"),
    (time(1, tzinfo=ZoneInfo("Europe/Berlin")), time, "whose time zone is another one from day to day"),
    (math.nan, Any, "is nan, which JSON does not have"), ((1,), Any, "annotate it with its type"), ({1: 2}, Any, "annotate it, such as dict"),
    ([[object()]], Any, "annotate it with its type"), (Word.A, Any, "annotate it with its type"),
    (1j, complex, "'complex' cannot be saved"), (len, collections.abc.Callable, "'Callable' cannot be saved"),
    (int, type[int], "'type' cannot be saved"), (1, "Missing", "cannot be saved"), (1, typing.NoReturn, "cannot be saved"),
    (1, typing_extensions.Unpack[tuple[int]], "cannot be saved"),
    ("b", Literal["a", 1], "is 'b', not one of 'a', 1"), (True, Literal[1], "is True, not one of 1"),
    (Plain.ONE, Word, "not 'Word'"), (pathlib.PureWindowsPath("a"), pathlib.PurePath, "not 'PurePath'"), (Shelf(1), Bag, "not exactly of class 'Bag'"),
    ([1], tuple, "not 'tuple'"), ((1,), list[int], "not 'list'"), ([1], deque[int], "not 'deque'"), ((1,), tuple[int, int], "not a tuple of 2"),
    ([1], dict[str, int], "not 'dict'"), ({(1,): 1}, dict[tuple[int], int], "cannot be a key in JSON"),
    ({None: 1}, dict[None, int], "cannot be a key in JSON"), ({1: 2}, dict, "which would come back as a string"),
    ({1: 2}, dict[int | str, int], "which would come back as a string"), ({1: 2, "1": 3}, dict[str | int, int], "which would come back as a string"),
    ({Plain.ONE: 1}, dict[Plain, int], None), ({1.5: 1}, dict[float, int], "cannot be a key in JSON"),
    ([Twin(1)], list[Point] | list[Twin], "is ambiguous"), ("2024-01-01", date | str, "is ambiguous"), (b"x", str | int, "cannot be saved as"),
    ((1, 2), Pair, "not 'Pair'"), ([], Options, "not 'Options'"), ({"size": 1}, Options, "lacks the key 'at' of 'Options'"),
    (Box("a"), Box[int], "is 'a', not 'int'"), (Bag(object()), Bag, "not 'Decimal'"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "annotation", "message"), REFUSED)
def test_what_would_come_back_otherwise_is_refused(value, annotation, message):
    """When it is written: later nobody would know."""
    if message is None:  # its text is no member's
        assert PLAIN.decode(PLAIN.encode(value, annotation), annotation) == value
        return
    with pytest.raises(Misfit) as caught:
        PLAIN.encode(value, annotation)
    assert message in caught.value.why


UNREADABLE = [
    (1, str, ""), ("x", float, ""), ([], timedelta, ""), (1e300, timedelta, ""), ("x us", timedelta, ""), ("x", timedelta, ""),
    (math.nan, timedelta, ""), (3, UUID, ""), ("x", UUID, ""), ("x", Decimal, ""), ("é", bytes, ""), ("x", bytes, ""), ("\ud800", datetime, ""),
    ("2024-01-01T00:00:00+00:00[Nowhere/At-all]", datetime, ""), ("2024-01-01T00:00:00+00:00[../x]", datetime, ""),
    ("2024-01-01T00:00:00+00:00[]", datetime, ""), ("2024-01-01T00:00:00+00:00[Europe]", datetime, ""),
    (1.5, Plain, ""), ("NONE", Plain, ""), (9, Way, ""), ("z", Literal["a"], ""), (3, Literal[b"x"], ""), (True, Literal[1], ""),
    ({}, list, ""), ([[1]], set, ""), (3, tuple[int], ""), ([1, 2], tuple[int], ""), (["a"], tuple[int], "[0]"), ({"a": 1}, deque, ""),
    ({"items": [], "maxlen": -1}, deque, ""), ({"items": [], "maxlen": 2**70}, deque, ""), ({"items": ["a"]}, deque[int], "[0]"),
    ([], dict, ""), ({"a": 1}, dict[int, int], "['a']"), ({"9" * 5000: 1}, dict[int, int], f"['{'9' * 5000}']"),
    ({"1": 1}, dict[UUID, int], "['1']"), ({"1": "x"}, dict[int, int], "['1']"), ({}, int | str, ""), (3, Point, ""),
    ({"x": "a"}, Point, ".x"), ({}, Point, ""), ({"z": 1}, Slotted, ".z"), ({"x": 1, "__class__": 1}, Twin, ".__class__"), ({"number": -1}, Says, ""),
    ({}, Options, ""), ([], Options, ""), ({"at": 3}, Options, "['at']"), ([1], Pair, ""), ({}, Says, ""),
]  # fmt: skip


@pytest.mark.parametrize(("data", "annotation", "path"), UNREADABLE)
def test_what_is_not_of_its_type_is_refused_when_it_is_read(data, annotation, path):
    """With the place inside."""
    with pytest.raises(Misfit) as caught:
        PLAIN.decode(data, annotation)
    assert caught.value.path == path


def test_a_local_class_is_known_by_its_annotations():
    """Names of a function's own cannot be found by text, and such an attribute counts as one without annotation."""

    @attrs.define
    class Inner:
        size: int

    @attrs.define
    class Outer:
        at: date
        inner: Inner
        itself: Outer | None = None

    written = PLAIN.encode(Outer(date(2024, 1, 1), None, Outer(date(2024, 1, 2), None)), Outer)
    assert PLAIN.decode(written, Outer) == Outer(date(2024, 1, 1), None, Outer(date(2024, 1, 2), None))
    with pytest.raises(Misfit, match=r"inner.*annotate it with its type"):
        PLAIN.encode(Outer(date(2024, 1, 1), Inner(1)), Outer)


class Ringed:
    """One with a property that does not take everything."""

    __slots__ = ("_size",)

    @property
    def size(self):
        return self._size

    @size.setter
    def size(self, size):
        if size < 0:
            raise ValueError("negative")
        self._size = size

    @property
    def fixed(self):
        return 1


def test_what_a_property_refuses_is_refused():
    """Whatever it raises."""
    assert PLAIN.decode({"size": 3}, Ringed).size == 3
    for data, why in (({"size": -1}, "refused its attribute 'size'"), ({"fixed": 1}, "no longer takes an attribute")):
        with pytest.raises(Misfit) as caught:
            PLAIN.decode(data, Ringed)
        assert why in caught.value.why


class List:
    """One whose state is no mapping."""

    def __getstate__(self):
        return [1]


def test_a_state_that_is_no_mapping_is_refused():
    """The rules of pickle allow it, and no names say what is what."""
    with pytest.raises(Misfit, match="must return a dict"):
        PLAIN.encode(List(), List)


def test_coders_of_ever_new_attributes_are_not_all_kept():
    """Of a class whose objects have attributes by the hundred, only so many are."""
    attributes = Attributes(Bag, coder_of)
    for number in range(300):
        assert attributes.coder(f"n{number}").encode(number) == number
    assert len(attributes._coders) == 200
    assert attributes_of(Bag) is attributes_of(Bag)
