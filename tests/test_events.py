"""Events as values: equality, hashing, how they read, and signals with fields of their own."""

from __future__ import annotations

import dataclasses
import pickle

import attrs
import pytest
from support import Log, Paid, on, rule, started

import hsm


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


@pytest.mark.parametrize("name", [5, "", ("a",)])
def test_a_signal_has_a_name_that_is_one(name):
    """The class statement says so, and not the first use."""
    with pytest.raises(TypeError, match="the name of signal 'Wrong' must be a non-empty string, not"):

        class Wrong(hsm.Signal, name=name):
            """No event."""
