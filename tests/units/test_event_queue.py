"""The plain parts of a machine, without a machine: the event queue, the budget, and the failures."""

from __future__ import annotations

import pytest
from support import rule

import hsm
from hsm.runtime.budget import SHOWN, Budget
from hsm.runtime.event_queue import EventQueue, Occurrence
from hsm.runtime.failures import Failures


def never(record, occurrence):
    """What makes the work of an occurrence that is only queued here."""
    raise AssertionError("nothing is processed in these tests")


def occurrence(name, **facts):
    return Occurrence(never, hsm.Event(name), **facts)


def names(several):
    return [each.event.name for each in several]


# --- the event queue -----------------------------------------------------------------------------------------


@rule("C2", "D2", "E3", "Q5")
def test_ends_of_activities_come_first_then_what_was_recalled_then_events():
    """Each of them in the order in which they came in, whenever that was."""
    queue = EventQueue()
    queue.waiting.append(occurrence("first"))
    queue.recalled.append(occurrence("recalled"))
    queue.urgent += [occurrence("returned"), occurrence("raised")]
    queue.waiting.append(occurrence("second"))
    taken = []
    while queue.has_waiting:
        taken.append(queue.take())
        if len(taken) == 3:
            queue.urgent.append(occurrence("late"))
    assert names(taken) == ["returned", "raised", "recalled", "late", "first", "second"]


@rule("D2")
def test_deferred_events_come_back_when_the_configuration_has_changed():
    """Once for each change, in their order, and before those that came back earlier and still wait."""
    queue = EventQueue()
    queue.deferred += [occurrence("a"), occurrence("b")]
    queue.recall()
    assert names(queue.deferred) == ["a", "b"]
    assert not queue.has_waiting
    queue.has_moved = True
    queue.recall()
    assert (names(queue.recalled), queue.deferred, queue.has_moved) == (["a", "b"], [], False)
    queue.deferred.append(occurrence("c"))
    queue.recall()
    assert names(queue.recalled) == ["a", "b"]
    queue.has_moved = True
    queue.recall()
    assert names(queue.recalled) == ["c", "a", "b"]


@rule("Q8")
def test_only_what_the_machine_sent_to_itself_is_dropped():
    """Also what was deferred since; ends of activities, and what stays deferred, are kept."""
    queue = EventQueue()
    for several in (queue.urgent, queue.recalled, queue.waiting, queue.deferred):
        several += [occurrence("fed", is_fed=True), occurrence("sent"), occurrence("fed", is_fed=True)]
    queue.drop_fed()
    assert names(queue.recalled) == names(queue.waiting) == ["sent"]
    assert names(queue.urgent) == names(queue.deferred) == ["fed", "sent", "fed"]
    queue.waiting.append(occurrence("next"))
    assert names([queue.waiting.popleft(), queue.waiting.popleft()]) == ["sent", "next"]


@rule("L4")
def test_an_emptied_queue_returns_what_waited_and_what_was_deferred():
    """In the order in which it would have been processed; the stop that is asked for is nobody's to drop."""
    queue = EventQueue()
    queue.waiting.append(occurrence("waits"))
    queue.deferred.append(occurrence("deferred"))
    queue.recalled.append(occurrence("recalled"))
    queue.urgent.append(occurrence("urgent"))
    queue.stopping = stopping = occurrence("stop")
    waiting, deferred = queue.clear()
    assert (names(waiting), names(deferred)) == (["urgent", "recalled", "waits"], ["deferred"])
    assert not queue.has_waiting
    assert queue.clear() == ([], [])
    assert queue.stopping is stopping


def rests(**facts):
    """Whether a queue of which this is true is at rest."""
    queue = EventQueue()
    for name, fact in facts.items():
        assert hasattr(queue, name)
        setattr(queue, name, fact)
    return queue.is_at_rest


def test_a_queue_is_at_rest_when_nothing_is_processed_and_nothing_waits():
    """Not even for a change of the configuration: then the next event need not be queued."""
    some = occurrence("e")
    assert rests()
    assert rests(has_moved=True)
    for name in ("urgent", "recalled", "waiting", "deferred"):
        assert not rests(**{name: [some]})
    for name in ("is_draining", "is_woken"):
        assert not rests(**{name: True})
    assert not rests(stopping=some)
    assert not rests(drive=object())


def test_a_queue_works_while_something_is_processed_on_the_stack_or_in_a_task():
    """What waits, or is about to begin, is not being processed."""
    queue = EventQueue()
    queue.waiting.append(occurrence("e"))
    queue.is_woken = True
    assert not queue.is_working
    queue.drive = object()
    assert queue.is_working
    queue.drive, queue.is_draining = None, True
    assert queue.is_working


# --- the budget ----------------------------------------------------------------------------------------------


def spend(budget, *steps):
    """The errors of spending *budget* on *steps*."""
    return [error for error in map(budget.spend, steps) if error is not None]


@rule("Q8")
@pytest.mark.parametrize("size", [1, 2, SHOWN, SHOWN + 1, 1000])
def test_exactly_the_budget_is_fine_and_one_more_is_an_error_once(size):
    """After which it is whole again; that it was spent is known until somebody says otherwise."""
    budget = Budget(size)
    assert spend(budget, *["e"] * size) == []
    assert not budget.is_spent
    (error,) = spend(budget, "e")
    assert type(error) is hsm.LoopBudgetError
    assert budget.is_spent
    assert spend(budget, *["e"] * size) == []
    assert budget.is_spent
    budget.is_spent = False
    assert len(spend(budget, "e")) == 1


@rule("Q8")
def test_something_from_outside_makes_the_budget_whole():
    """However little was left; names from before are not counted any more."""
    budget = Budget(3)
    for _ in range(5):
        assert spend(budget, "old", "old", "old") == []
        budget.refresh()
    (error,) = spend(budget, "e", "e", "e", "f")
    assert "cycle: 'e' (3x), 'f' (1x);" in str(error)


@rule("Q8")
def test_what_is_noted_counts_and_is_no_error_by_itself():
    """A generated step tells afterwards what it has handled; the next internal step is the one too many."""
    budget = Budget(3)
    for _ in range(4):
        budget.note("noted")
    assert not budget.is_spent
    (error,) = spend(budget, "e")
    assert str(error) == (
        "3 internal steps without an event from outside; cycle: 'noted' (4x), 'e' (1x); events that the machine sent "
        "to itself were dropped"
    )


@rule("Q8")
def test_the_message_counts_the_last_steps_and_names_the_five_most_frequent():
    """A budget that is large keeps no names until it is nearly spent."""
    budget = Budget(1000)
    assert spend(budget, *["early"] * (1000 - SHOWN)) == []
    assert budget._recent == []
    often = [name for number, name in enumerate("abcdef") for _ in range(6 - number)]
    (error,) = spend(budget, *often[: SHOWN - 3], "x", "y", "z", "a")
    told = str(error).partition("cycle: ")[2].partition(";")[0]
    assert told == "'a' (7x), 'b' (5x), 'c' (4x), 'd' (2x), 'x' (1x)"


# --- failures ------------------------------------------------------------------------------------------------


def errors(*texts):
    return [ValueError(text) for text in texts]


@rule("E1", "E3")
def test_errors_are_handled_in_the_order_in_which_they_were_raised():
    """One that a transition took is over; those behind it have their turn."""
    failures = Failures()
    one, two = errors("one", "two")
    failures.raised += [one, two]
    assert failures.begin() is one
    failures.end(one, is_taken=True)
    assert failures.begin() is two
    failures.end(two, is_taken=True)
    assert failures.begin() is None
    assert failures.take_unhandled() == []


@rule("E4")
def test_an_error_that_no_transition_took_is_unhandled_once():
    """Whoever takes it has it; nobody gets it a second time."""
    failures = Failures()
    (one,) = errors("one")
    failures.raised.append(one)
    failures.end(failures.begin(), is_taken=False)
    assert failures.take_unhandled() == [one]
    assert failures.take_unhandled() == failures.take_unclaimed() == []


@rule("E5")
@pytest.mark.parametrize("is_taken", [True, False])
def test_what_is_raised_while_an_error_is_handled_is_unhandled_at_once(is_taken):
    """It could go on for ever otherwise; the errors from before are handled all the same."""
    failures = Failures()
    one, two, during = errors("one", "two", "during")
    failures.raised += [one, two]
    assert failures.begin() is one
    failures.raised.append(during)
    failures.end(one, is_taken=is_taken)
    assert failures.begin() is two
    failures.end(two, is_taken=True)
    assert failures.begin() is None
    assert failures.take_unhandled() == ([during] if is_taken else [one, during])


@rule("E4", "E5", "E7")
def test_at_the_end_of_a_step_what_is_left_goes_to_the_sender():
    """Errors first, then what is never turned into an event."""
    failures = Failures()
    one, two = errors("one", "two")
    interruption = KeyboardInterrupt()
    failures.interrupt(interruption)
    failures.raised += [one, two]
    failures.surrender()
    assert failures.begin() is None
    assert failures.take_unhandled() == [one, two, interruption]
    failures.surrender()
    assert failures.take_unhandled() == []


@rule("E4")
def test_the_error_of_an_activity_is_nobodys_and_never_the_senders():
    """Handled it is over; otherwise it is reported, also where another error compares equal."""

    class Same(Exception):
        def __eq__(self, other):
            return True

        __hash__ = Exception.__hash__

    failures = Failures()
    of_activity, of_step, handled = Same(), Same(), Same()
    failures.raised.append(of_step)
    failures.keep_from_activity(of_activity)
    failures.keep_from_activity(handled)
    for error, is_taken in ((of_step, False), (of_activity, False), (handled, True)):
        assert failures.begin() is error
        failures.end(error, is_taken=is_taken)
    (unhandled,), (unclaimed,) = failures.take_unhandled(), failures.take_unclaimed()
    assert unhandled is of_step
    assert unclaimed is of_activity
    assert failures.take_unclaimed() == []
