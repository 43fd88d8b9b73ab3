"""Events as values: equality, hashing, how they read, and signals with fields of their own."""

from __future__ import annotations

import copy
import dataclasses
import enum
import itertools
import pickle
import types

import attrs
import pytest
from support import Log, Paid, after, both_engines, note, on, rule, started

import hsm
from hsm.events import as_event


@dataclasses.dataclass
class Moved(hsm.Signal):
    """A signal made with `dataclasses`."""

    x: int
    y: int = 0


class Pressed(hsm.Signal):
    """A signal without fields."""


def test_events_are_equal_when_their_names_and_their_data_are():
    """Neither the object nor anything else counts, and equal events hash alike."""
    assert hsm.Event("go", 7) == hsm.Event("go", 7)
    assert hash(hsm.Event("go", 7)) == hash(hsm.Event("go", 7))
    assert hsm.Event("go", 7) != hsm.Event("go", 8)
    assert hsm.Event("go") != hsm.Event("stop")
    assert len({hsm.Event("go"), hsm.Event("go"), hsm.Event("stop")}) == 2


def test_an_event_with_data_that_cannot_be_hashed_can_be_a_key():
    """Its hash is that of its name."""
    assert {hsm.Event("go", [1]): "found"}[hsm.Event("go", [1])] == "found"


def test_an_event_is_not_equal_to_anything_else():
    """Not to its name, and not to a signal of the same name."""
    assert hsm.Event("go") != "go"
    assert hsm.Event("Pressed") != Pressed()
    assert Pressed() != hsm.Event("Pressed")


def test_an_event_reads_as_the_call_that_makes_it():
    """With its data where it has any."""
    assert repr(hsm.Event("go")) == "Event('go')"
    assert repr(hsm.Event("go", [1, "x"])) == "Event('go', [1, 'x'])"


def test_an_event_can_be_matched_by_name_and_data():
    """In a `match` statement, by position."""
    match hsm.Event("go", 7):
        case hsm.Event("go", number):
            assert number == 7
        case _:
            pytest.fail("not matched")


def test_an_event_can_be_sent_to_another_process():
    """It is pickled by its name and data."""
    assert pickle.loads(pickle.dumps(hsm.Event("go", {"x": 1}))) == hsm.Event("go", {"x": 1})
    assert pickle.loads(pickle.dumps(Paid(7))) == Paid(7)


@pytest.mark.parametrize(
    ("signal", "name"), [(Paid(7), "order.paid"), (Moved(1), "Moved"), (Pressed(), "Pressed")], ids=["attrs", "dataclass", "bare"]
)  # fmt: skip
def test_a_signal_is_called_after_its_class_or_what_the_class_statement_says(signal, name):
    """The class knows the name as its instances do."""
    assert signal.name == type(signal).name == name
    assert signal.data is None


def test_signals_with_fields_are_equal_when_their_fields_are():
    """As `attrs` and `dataclasses` have it."""
    assert Paid(7) == Paid(7)
    assert Paid(7) != Paid(8)
    assert hash(Paid(7)) == hash(Paid(7))
    assert Moved(1, 2) == Moved(1, 2)
    assert Moved(1) != Moved(2)


def test_a_signal_without_fields_is_equal_to_itself_alone():
    """There is nothing to compare, and each has a hash of its own."""
    one, two = Pressed(), Pressed()
    assert one == one
    assert one != two
    assert len({one, two}) == 2


def test_a_signal_reads_as_the_call_that_makes_it():
    """With its fields."""
    assert repr(Pressed()) == "Pressed()"
    assert repr(Paid(7)) == "Paid(amount=7)"
    assert repr(Moved(1)) == "Moved(x=1, y=0)"


def test_a_subclass_of_a_signal_has_a_name_of_its_own():
    """It is another event, also when its parent was given a name."""

    @attrs.frozen
    class Refunded(Paid):
        reason: str = ""

    assert Refunded(7).name == "Refunded"
    assert Paid(7).name == "order.paid"


def test_a_signal_with_slots_keeps_its_name():
    """`attrs` and `dataclasses` make the class a second time then."""

    @dataclasses.dataclass(slots=True)
    class Slotted(hsm.Signal, name="slotted.signal"):
        x: int

    assert Slotted(1).name == "slotted.signal"


@rule("Q1", "T2")
async def test_a_signal_triggers_by_class_by_name_and_by_pattern():
    """All three spell the same name, and the behaviour is given the signal itself."""
    seen = []

    def see(ctx, self, event):
        seen.append(event)

    for trigger in (Paid, Paid(1), "order.paid", "order.*"):
        model = hsm.define("M", hsm.state("a", on(trigger, hsm.effect(see))))
        machine = await started(model, Log())
        assert await machine.dispatch(Paid(7)) is hsm.Outcome.TAKEN
    assert [event.amount for event in seen] == [7, 7, 7, 7]


def made_by(library, is_frozen, has_slots):
    """A signal class in this module, so that it can be pickled."""
    name = f"{library}_{is_frozen}_{has_slots}"
    body = {"__annotations__": {"x": int, "more": list}, "__module__": __name__, "__qualname__": name}
    plain = types.new_class(name, (hsm.Signal,), {"name": f"signal.{name}"}, lambda names: names.update(body))
    decorate = dataclasses.dataclass if library == "dataclass" else attrs.define
    globals()[name] = decorate(frozen=is_frozen, slots=has_slots)(plain)
    return globals()[name]


SIGNALS = [made_by(*each) for each in itertools.product(("dataclass", "attrs"), (False, True), (False, True))]
WAYS = [copy.copy, copy.deepcopy] + [
    lambda each, protocol=protocol: pickle.loads(pickle.dumps(each, protocol)) for protocol in range(6)
]


@pytest.mark.parametrize("kind", SIGNALS, ids=lambda kind: kind.__name__)
def test_a_signal_can_be_copied_and_pickled_whatever_makes_it(kind):
    """Frozen or not, with slots or without: the twin has the fields, and nothing else of its own."""
    signal = kind(1, [2])
    for way in WAYS:
        twin = way(signal)
        assert twin == signal
        assert type(twin) is kind
        assert (twin.name, twin.data) == (f"signal.{kind.__name__}", None)
        assert getattr(twin, "__dict__", {}) == getattr(signal, "__dict__", {})
        assert (twin.more is signal.more) is (way is copy.copy)


def test_a_signal_without_fields_is_copied_with_its_attributes():
    """And so is an event."""
    pressed, event = Pressed(), hsm.Event("go", [1])
    pressed.by = "me"
    for way in WAYS:
        assert vars(way(pressed)) == {"by": "me"}
        assert (way(event), way(event).data is event.data) == (event, way is copy.copy)


class Stated(hsm.Signal):
    """Says by itself what a copy takes along."""

    def __init__(self, x):
        self.x = x

    def __getstate__(self):
        return {"x": self.x + 1}


@attrs.frozen
class Job(hsm.Event):
    """An event with a name of its own and a field; it is frozen and has slots."""

    name: str = "job"
    x: int = 0


@dataclasses.dataclass(frozen=True)
class Task(hsm.Event):
    """The same as a dataclass."""

    name: str = "task"
    x: int = 0


@dataclasses.dataclass
class Order(hsm.Event):
    """An event whose name is a field without a default."""

    name: str
    x: int = 0


class Fixed(hsm.Event):
    """An event whose name stands in its class."""

    name = "fixed"

    def __init__(self, x=0):
        self.x = x


class Behind:
    """A class beside `Signal` that says what a copy takes along."""

    x = 0

    def __getstate__(self):
        return {"x": self.x + 1}


class Both(hsm.Signal, Behind):
    """A signal that leaves it to that."""


def test_a_copy_has_what_its_class_says():
    """`__getstate__` of the user's own, or of a class beside `Signal`, and fields of a subclass of `Event`."""
    assert [way(Stated(1)).x for way in WAYS] == [2] * len(WAYS)
    assert [way(Both()).x for way in WAYS] == [1] * len(WAYS)
    for event in (Job(x=3), Task(x=3), Order("order", 3), Fixed(3)):
        for way in WAYS[:6]:
            twin = way(event)
            assert (type(twin), twin.name, twin.x) == (type(event), event.name, 3)
            assert as_event(twin, None) is twin


# --- names ------------------------------------------------------------------------------------------------------


@rule("A3", "T2")
@both_engines
@pytest.mark.parametrize(
    "make",
    [lambda: hsm.Event("go"), Pressed, Paid, lambda: Moved(1), lambda: Order("order"), Job, Task, Fixed],
    ids=["event", "bare", "attrs", "dataclass", "field", "slots", "frozen", "class"],
)
async def test_a_changed_name_never_fires_a_timer(make, engine):
    """A timer is known by a number, which no event has for a name: where a name can be changed at all, that is refused."""
    model = hsm.define("M", hsm.state("a", after(60, hsm.effect(note("timer"))), on("*")))
    machine = await started(model, engine=engine)
    for wrong in (0, None, ""):
        event = make()
        try:
            event.name = wrong
        except (AttributeError, TypeError):  # a dataclass that is frozen and has slots says so by a TypeError
            assert isinstance(event.name, str)
        else:
            with pytest.raises(TypeError, match=r"must be a non-empty string|has no name"):
                machine.dispatch(event)
    assert machine.instance.log == []
    assert await machine.dispatch(make()) is hsm.Outcome.TAKEN


@rule("T2")
@both_engines
async def test_what_was_dispatched_keeps_its_name(engine):
    """A name that a class of the user's hides is read once: changing it while the event is queued changes nothing."""

    def send(ctx, self, event):
        queued = Fixed()
        self.dispatch(queued)
        queued.name = 0

    model = hsm.define(
        "M", hsm.state("a", on("go", hsm.effect(send)), on("fixed", hsm.effect(note("fixed"))), on("p.*"))
    )
    machine = await started(model, engine=engine)
    await machine.dispatch("go")
    assert machine.instance.log == ["fixed"]


@pytest.mark.parametrize("event", [hsm.Event("go"), Order("go"), Pressed(), Moved(1)])
def test_the_name_of_an_event_cannot_be_changed(event):
    """Neither that of a signal, which is the name of its class."""
    before = event.name
    with pytest.raises(AttributeError, match=r"name of .* cannot be changed"):
        event.name = "other"
    with pytest.raises(AttributeError):
        del event.name
    assert event.name == before


def test_a_name_that_a_field_gives_is_checked():
    """As that of any event."""
    with pytest.raises(TypeError, match="an event's name must be a non-empty string, not 5"):
        Order(5)
    with pytest.raises(TypeError, match="an event's name must be a non-empty string, not 5"):
        as_event(Job(name=5), None)


class Forgetful(hsm.Event):
    """Its `__init__` does not call that of `Event`."""

    def __init__(self, x=0):
        self.x = x


@rule("Q1")
async def test_an_event_without_a_name_says_what_to_do():
    """It can be shown, and neither dispatched nor a trigger."""
    event = Forgetful()
    assert repr(event) == "<Forgetful without a name>"
    machine = await started(hsm.define("M", hsm.state("a")))
    for dispatch in (machine.dispatch, machine.dispatch_threadsafe, machine.instance.dispatch):
        with pytest.raises(TypeError, match=r"this Forgetful has no name: call 'super\(\).__init__\(name\)' in its"):
            dispatch(event)
    with pytest.raises(AttributeError, match="this Forgetful has no name"):
        event.name  # noqa: B018 - it raises
    with pytest.raises(hsm.DefinitionError, match="<Forgetful without a name> does not name an event"):
        hsm.define("M", hsm.state("a", on(Forgetful())))
    with pytest.raises(TypeError, match="<Forgetful without a name> carries its own"):
        machine.dispatch(event, 7)


@rule("Q1")
async def test_an_event_whose_class_has_a_name_needs_no_other():
    """Nor data."""
    seen = []
    model = hsm.define("M", hsm.state("a", on("fixed", hsm.effect(lambda ctx, self, event: seen.append(event.data)))))
    machine = await started(model)
    with_data = Fixed()
    with_data.data = 7
    for event in (Fixed(), with_data):
        assert await machine.dispatch(event) is hsm.Outcome.TAKEN
    assert seen == [None, 7]
    assert repr(Fixed()) == "<Fixed without a name>"


class Unshowable:
    """Raises wherever it is looked at."""

    def __repr__(self):
        raise RuntimeError("repr")

    def __bool__(self):
        raise RuntimeError("bool")

    def __eq__(self, other):
        raise RuntimeError("eq")

    __str__ = __repr__
    __hash__ = None


def test_an_event_shows_data_that_cannot_be_shown():
    """By its type."""
    assert repr(hsm.Event("go", Unshowable())) == "Event('go', <Unshowable>)"
    assert repr(hsm.Event("go", 10**5000)) == "Event('go', <int>)"


def test_what_cannot_be_shown_is_no_name_either():
    """And the message says so."""
    with pytest.raises(TypeError, match="an event's name must be a non-empty string, not <Unshowable>"):
        hsm.Event(Unshowable())
    with pytest.raises(TypeError, match="the name of signal 'Wrong' must be a non-empty string, not <Unshowable>"):

        class Wrong(hsm.Signal, name=Unshowable()):
            """No event."""


class Color(str, enum.Enum):  # noqa: UP042 - it reads differently from a `StrEnum`
    """Its `str` and `format` are not its value."""

    RED = "red"


def test_the_name_of_an_event_is_a_plain_string():
    """Also where it was a member of an enumeration, in an event, in a signal, and in a class body."""

    class Red(hsm.Signal, name=Color.RED):
        """An event."""

    class Body(hsm.Signal):
        """The same."""

        name = Color.RED

    names = [hsm.Event(Color.RED).name, as_event(Color.RED, 7).name, Red.name, Red().name, Body.name, Body().name]
    assert [f"{name}" for name in names] == ["red"] * 6
    assert {type(name) for name in names} == {str}


@pytest.mark.parametrize("name", [5, "", ("a",)])
def test_a_signal_has_a_name_that_is_one(name):
    """The class statement says so, and not the first use."""
    with pytest.raises(TypeError, match="the name of signal 'Wrong' must be a non-empty string, not"):

        class Wrong(hsm.Signal, name=name):
            """No event."""
