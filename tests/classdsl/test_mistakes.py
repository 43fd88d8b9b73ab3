"""Mistakes in class bodies are reported in the same words as in calls, the picture of the source aside."""

from __future__ import annotations

import linecache

import pytest

import hsm
from hsm_classdsl import (
    Choice,
    Final,
    Fork,
    Machine,
    Region,
    ShallowHistory,
    State,
    Submachine,
    after,
    entry,
    every,
    guard,
    initial,
    on,
    transition,
)


def f(ctx, instance, event):
    """A behaviour."""


def unknown_target_in_a_class():
    class Player(Machine):
        class Playing(State["Player"]):
            pause = on("pause", target="../Pausd")
            stop = on("stop", target="Stoped")

        class Paused(State["Player"]):
            play = on("play", target="Playing")

        class Stopped(State["Player"]):
            pass


def unknown_target_in_calls():
    hsm.define(
        "Player",
        hsm.state(
            "Playing",
            hsm.transition(hsm.on("pause"), hsm.target("../Pausd")),
            hsm.transition(hsm.on("stop"), hsm.target("Stoped")),
        ),
        hsm.state("Paused", hsm.transition(hsm.on("play"), hsm.target("Playing"))),
        hsm.state("Stopped"),
    )


def two_initials_in_a_class():
    class M(Machine):
        class A(State["M"], initial=True):
            pass

        class B(State["M"], initial=True):
            pass


def two_initials_in_calls():
    hsm.define("M", hsm.initial(hsm.target("A")), hsm.state("A"), hsm.initial(hsm.target("B")), hsm.state("B"))


def guarded_last_branch_in_a_class():
    class M(Machine):
        class A(State["M"]):
            go = on("go", target="Way")

        class Way(Choice["M"]):
            only = transition(target="A", guard=lambda self: True)


def guarded_last_branch_in_calls():
    hsm.define(
        "M",
        hsm.state("A", hsm.transition(hsm.on("go"), hsm.target("Way"))),
        hsm.choice("Way", hsm.transition(hsm.target("A"), hsm.guard(f))),
    )


def final_with_parts_in_a_class():
    class M(Machine):
        class A(State["M"]):
            go = on("go", target="End")

        class End(Final):
            @entry
            def enter(self):
                pass


def final_with_parts_in_calls():
    hsm.define("M", hsm.state("A", hsm.transition(hsm.on("go"), hsm.target("End"))), hsm.final("End", hsm.entry(f)))


def bad_times_in_a_class():
    class M(Machine):
        class A(State["M"]):
            negative = after(-1)
            endless = every(0)
            text = after("5s")


def bad_times_in_calls():
    hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.transition(hsm.after(-1)),
            hsm.transition(hsm.every(0)),
            hsm.transition(hsm.after("5s")),
        ),
    )


def bad_events_in_a_class():
    class M(Machine):
        class A(State["M"]):
            none = on()
            number = on(3)
            star = on("a*b")


def bad_events_in_calls():
    hsm.define(
        "M",
        hsm.state("A", hsm.transition(hsm.on()), hsm.transition(hsm.on(3)), hsm.transition(hsm.on("a*b"))),
    )


def misplaced_parts_in_a_class():
    class M(Machine):
        class A(State["M"]):
            lonely = hsm.target("A")

        class Left(Region):
            @entry
            def enter(self):
                pass


def misplaced_parts_in_calls():
    hsm.define("M", hsm.state("A", hsm.target("A")), hsm.region("Left", hsm.entry(f)))


def fork_of_one_in_a_class():
    class M(Machine):
        class A(State["M"]):
            go = on("go", target="Split")

        class Split(Fork["M"]):
            way = transition(target="A")


def fork_of_one_in_calls():
    hsm.define(
        "M",
        hsm.state("A", hsm.transition(hsm.on("go"), hsm.target("Split"))),
        hsm.fork("Split", hsm.transition(hsm.target("A"))),
    )


def history_default_outside_in_a_class():
    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

            class H(ShallowHistory["M"], target="/M/C"):
                pass

            go = on("go", target="../C")

        class C(State["M"]):
            back = on("back", target="A/H")


def history_default_outside_in_calls():
    hsm.define(
        "M",
        hsm.state(
            "A",
            hsm.state("B"),
            hsm.shallow_history("H", hsm.target("/M/C")),
            hsm.transition(hsm.on("go"), hsm.target("../C")),
        ),
        hsm.state("C", hsm.transition(hsm.on("back"), hsm.target("A/H"))),
    )


def initial_outside_in_a_class():
    class M(Machine):
        class A(State["M"]):
            class B(State["M"]):
                pass

            first = initial("/M/C")

        class C(State["M"]):
            back = on("back", target="A")


def initial_outside_in_calls():
    hsm.define(
        "M",
        hsm.state("A", hsm.initial(hsm.target("/M/C")), hsm.state("B")),
        hsm.state("C", hsm.transition(hsm.on("back"), hsm.target("A"))),
    )


def no_model_in_a_class():
    class M(Machine):
        left = Submachine(int)


def no_model_in_calls():
    hsm.define("M", hsm.submachine("left", int))


PAIRS = [
    (unknown_target_in_a_class, unknown_target_in_calls),
    (two_initials_in_a_class, two_initials_in_calls),
    (guarded_last_branch_in_a_class, guarded_last_branch_in_calls),
    (final_with_parts_in_a_class, final_with_parts_in_calls),
    (bad_times_in_a_class, bad_times_in_calls),
    (bad_events_in_a_class, bad_events_in_calls),
    (misplaced_parts_in_a_class, misplaced_parts_in_calls),
    (fork_of_one_in_a_class, fork_of_one_in_calls),
    (history_default_outside_in_a_class, history_default_outside_in_calls),
    (initial_outside_in_a_class, initial_outside_in_calls),
    (no_model_in_a_class, no_model_in_calls),
]


def told(program):
    """What is said of *program*, the pictures left out: code, message, label, place and help of every problem."""
    with pytest.raises(hsm.DefinitionError) as caught:
        program()
    return [(d.code, d.message, d.label, d.within, d.help) for d in caught.value.diagnostics]


@pytest.mark.parametrize(("of_class", "of_calls"), PAIRS, ids=[pair[1].__name__[: -len("_in_calls")] for pair in PAIRS])
def test_class_and_calls_get_the_same_report(of_class, of_calls):
    """A mistake in a class body has the code, the words, the place and the help that it has in calls."""
    assert told(of_class) == told(of_calls)


def line_of(diagnostic):
    """The source line that *diagnostic* points at."""
    place = diagnostic.where.place()
    return linecache.getline(place.file, place.line).strip()


def test_problem_points_at_the_line_in_the_class_body():
    """The picture shows the mark, the decorator or the class statement that is to be mended."""
    with pytest.raises(hsm.DefinitionError) as caught:

        class M(Machine):
            class A(State["M"]):
                go = on("go", target="Nowhere")

                @on("come", target="Elsewhere")
                def come(self):
                    pass

                @guard
                def wrong(self, a, b, c):
                    return True

                asked = on("ask", guard=wrong)

            class B(State["M"], initial=True):
                pass

            class C(State["M"], initial=True):
                pass

    assert [line_of(diagnostic) for diagnostic in caught.value.diagnostics] == [
        'go = on("go", target="Nowhere")',
        '@on("come", target="Elsewhere")',
        "@guard",
        'class C(State["M"], initial=True):',
    ]


def test_all_problems_of_a_class_are_reported_at_once():
    """One `DefinitionError` carries every problem of the class, however deep."""
    with pytest.raises(hsm.DefinitionError, match="3 problems in model 'M'"):

        class M(Machine):
            class A(State["M"]):
                one = on("one", target="Nowhere")

                class B(State["M"]):
                    two = on("two", target="Nowhere either")

            three = on("three", source="A", target="Not here")


def test_timer_without_a_time_is_an_error():
    """`after(target=...)` without any duration is a slip, and not a timer of no seconds."""
    with pytest.raises((hsm.DefinitionError, TypeError)):

        class M(Machine):
            class A(State["M"]):
                soon = after(target=".")


def test_two_times_for_one_timer_are_an_error():
    """A duration beside `seconds=` is a slip: neither is dropped without a word."""
    with pytest.raises((hsm.DefinitionError, TypeError)):

        class M(Machine):
            class A(State["M"]):
                soon = after(5, seconds=3, target=".")


def test_mark_on_what_takes_none_is_reported_in_the_users_words():
    """A mark on a property is reported without names of the library's own."""
    with pytest.raises(TypeError) as caught:

        class M(Machine):
            class A(State["M"]):
                @entry
                @property
                def enter(self):
                    pass

    assert "__hsm" not in str(caught.value)


def test_machine_class_in_a_body_without_submachine_is_reported():
    """A machine class directly in another one would be dropped: the report says to use `Submachine`."""

    class Motor(Machine):
        class Off(State["Motor"]):
            pass

    with pytest.raises((hsm.DefinitionError, TypeError)):

        class Car(Machine):
            class Parked(State["Car"]):
                pass

            left = Motor


def test_a_class_with_marks_that_is_no_state_is_reported():
    """A forgotten `State[...]` would leave the machine without that state."""
    with pytest.raises(hsm.DefinitionError, match=r"class 'M\.A' has marks but is not a state") as caught:

        class M(Machine):
            class A:
                @on("x", target="B")
                def x(self):
                    """Never called."""

            class B(State["M"]):
                pass

    assert [line_of(each) for each in caught.value.diagnostics] == ['@on("x", target="B")']


@pytest.mark.filterwarnings("error")
def test_a_class_that_states_derive_from_is_no_mistake():
    """Nor is one without marks, a class from elsewhere, or a machine; and a machine without states may have any."""

    class Base(Machine):
        class Common:
            @entry
            def enter(self):
                """Not yet used."""

    class M(Machine):
        class Common:
            @entry
            def enter(self):
                """Used below."""

        class Words:
            text = "none"

        error = ValueError
        again = Base.Common

        class A(Common, State["M"]):
            class Within:
                @guard
                def low(self):
                    """Used below."""

            class B(Within, State["M"]):
                pass

    assert M.model.name == "M"
