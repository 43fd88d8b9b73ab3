"""The codec by msgspec: the same data as the library's own, and the same refusals."""

from __future__ import annotations

import dataclasses
import enum
import gc
import subprocess
import sys
import weakref
from collections import deque
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import attrs
import pytest
from support import go, rule

import hsm
from hsm.saved.coders import PLAIN

pytestmark = pytest.mark.needs_system


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Both(enum.Enum):
    ONE = 1
    TWO = "two"


class Place(NamedTuple):
    row: int
    name: str


class Note(TypedDict):
    at: datetime
    text: str


@attrs.define
class Line:
    item: UUID
    price: Decimal
    size: Size
    amount: int = 1
    inner: list[Line] = attrs.Factory(list)


@dataclasses.dataclass
class Kept:
    amounts: dict[int, timedelta]
    place: Place | None = None


@attrs.define
class Wrapped:
    """One that does something when it is made."""

    text: str
    length: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self):
        self.length += len(self.text)


class Plain:
    """One with methods of its own that say what is saved."""

    count: int

    def __init__(self):
        self.count, self.cache = 3, object()

    def __getstate__(self):
        return {"count": self.count}

    def __setstate__(self, state):
        self.__dict__.update(state)

    def __eq__(self, other):
        return type(other) is Plain and other.count == self.count

    __hash__ = None


@attrs.define
class Open:
    anything: Any = None


LINE = Line(UUID(int=5), Decimal("1.50"), Size.LARGE, 2, [Line(UUID(int=6), Decimal(3), Size.SMALL)])


@pytest.fixture
def codec():
    """A codec, where msgspec is installed."""
    pytest.importorskip("msgspec")
    return hsm.MsgspecCodec()


@pytest.mark.parametrize(
    ("value", "annotation", "is_taken"),
    [
        (LINE, Line, True),
        ([LINE], list[Line], True),
        (Kept({1: timedelta(microseconds=3)}, Place(1, "x")), Kept, True),
        ({3, 1, 2}, set[int], True),
        ((1, "x"), tuple[int, str], True),
        ((), tuple[()], True),
        (Note(at=datetime(2024, 1, 1, tzinfo=UTC), text="x"), Note, True),
        (date(2024, 1, 1), date | None, True),
        (None, date | None, True),
        ("a", Literal["a", "b"], True),
        (b"\\x00", bytes, True),
        ({"a": [1, None]}, Any, False),
        ({"a": [1]}, dict, False),
        (Open({"a": 1}), Open, False),
        (deque([1]), deque[int], False),
        (Path("a"), Path, False),
        (Both.TWO, Both, False),
        ("x", str | date, False),
        (Wrapped("abc"), Wrapped, False),
        (Plain(), Plain, False),
    ],
)  # fmt: skip
def test_what_is_written_comes_back(codec, value, annotation, is_taken):
    """By msgspec where everything is annotated, and by the library's own codec where not."""
    written = codec.encode(value, annotation)
    assert codec.decode(written, annotation) == value
    assert codec._takes(annotation) is is_taken
    if not is_taken:
        assert written == PLAIN.encode(value, annotation)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [(datetime(2024, 1, 1), Any), (Open(Decimal(1)), Open), ((1,), Any), (object(), Line), ("2024-01-01", date | str)],
)
def test_what_would_come_back_otherwise_is_refused(codec, value, annotation):
    """As by the library's own: what has no annotation must be what JSON has itself."""
    with pytest.raises(Exception, match=r"is |Encoding"):
        codec.encode(value, annotation)


class Order(hsm.Instance):
    """An instance with typed data."""

    lines: list[Line]
    free: object

    def __init__(self):
        super().__init__()
        self.lines = [LINE]
        self.free = {"a": 1}


@rule("S1")
async def test_a_machine_is_saved_and_restored_by_it(codec):
    """The whole way through JSON; what does not fit is an error of the snapshot."""
    model = hsm.define("M", hsm.state("a", go("on", "../b")), hsm.state("b"))
    machine = await hsm.start(None, Order(), model)
    text = machine.snapshot(codec=codec).to_json()
    await machine.detach()
    order = Order()
    order.lines = []
    machine = await hsm.restore(None, order, model, hsm.Snapshot.from_json(text), codec=codec)
    assert (order.lines, order.free) == ([LINE], {"a": 1})
    await machine.stop()
    data = hsm.Snapshot.from_json(text).to_dict()
    for wrong in ({"lines": [{"item": 3}]}, {"_hsm_run": 3}, {"dispatch": 3}):
        with pytest.raises(hsm.SnapshotError, match="HSM209"):
            hsm.restore(None, Order(), model, hsm.Snapshot.from_dict(data | {"data": wrong}), codec=codec)


def test_it_does_not_keep_a_class(codec):
    """Of an annotation it remembers whether it takes it, for as long as that is there."""

    @attrs.define
    class Local:
        x: int

    assert codec.decode(codec.encode(Local(1), Local), Local) == Local(1)
    gone = weakref.ref(Local)
    del Local
    gc.collect()
    assert gone() is None


WITHOUT = """
import sys
import hsm
hsm.restore
assert "msgspec" not in sys.modules
sys.modules["msgspec"] = None
try:
    hsm.MsgspecCodec()
except hsm.HsmError as error:
    print(error)
"""


def test_without_msgspec_it_says_what_to_install():
    """In one line; and the library itself does not import it."""
    root = str(Path(hsm.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, cwd=root)
    assert done.stdout == "MsgspecCodec needs msgspec; install it with: pip install 'hsm-dsl[snapshot]'\n", done.stderr
