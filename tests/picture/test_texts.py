"""The words in a picture, and how wide they are."""

from __future__ import annotations

import pytest
from support import note

import hsm
import hsm.draw
from hsm.draw import words
from hsm.draw.measure import width, wrapped


class Valve:
    def opens(self, ctx, instance, event):
        return True


def drops(ctx, instance, event):
    return True


def seconds(ctx, instance, event):
    return 1.0


def labels_of(*parts):
    there = hsm.transition(hsm.target("b"), *parts)
    chart = hsm.chart(hsm.define("M", hsm.state("a", there), hsm.state("b")))
    return words.label(chart.transition("/M/a#0"))


def test_names_are_short():
    """Where a function was defined is left out; one that another one made has the name of its maker."""
    assert labels_of(hsm.on("x"), hsm.guard(Valve().opens), hsm.effect(note("n"))) == "x [opens] / behave"
    assert labels_of(hsm.on("x"), hsm.effect(lambda ctx, instance, event: None)).startswith("x / ")
    assert words.behavior(hsm.ChartBehavior("i", "<lambda>")) == "<lambda>"


def test_conditions_read_as_words():
    """And, or and not; brackets where they are needed."""
    both = hsm.all_of(Valve().opens, hsm.any_of(drops, hsm.not_(hsm.in_state("/M/b"))))
    assert labels_of(hsm.on("x"), hsm.guard(both)) == "x [opens and (drops or not in 'b')]"
    assert labels_of(hsm.on("x"), hsm.guard(hsm.not_(hsm.any_of(drops)))) == "x [not drops]"


def test_triggers_read_as_they_are_written():
    """Timers and changes name their functions as everything else does."""
    assert labels_of(hsm.after(seconds)) == "after seconds"
    assert labels_of(hsm.when(drops)) == "when drops"
    assert labels_of(hsm.on("a", "b.*")) == "a, b.*"
    assert labels_of() == ""


def test_widths_are_those_of_the_letters():
    """In Helvetica; others are taken as wide as they come."""
    assert width("il", 10) == pytest.approx(4.44)
    assert width("MW", 10, "bold") == pytest.approx(17.77)
    assert width("e\u0301", 10) == width("e", 10)
    assert width("\u732b", 10) == 10.5
    assert width("\U0001f408", 10) == 13.0
    assert width("\u2192", 10) == 10.0
    assert width("\u00c4\u00e9\u2013", 10) == pytest.approx(width("Ae", 10) + 5.56)
    # other alphabets are near enough for the eye: in Liberation Sans these letters take 32.0 pixels
    assert width("\u043f\u0440\u0438\u0432\u0435\u0442", 10) == pytest.approx(32.0, rel=0.08)
    assert width("\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1", 10, "bold") > width(
        "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1", 10
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ("one two", "three")),
        ("one", ("one",)),
        ("", ("",)),
        ("a_very_long_name_indeed", ("a_very_", "long_", "name_", "indeed")),
        ("x" * 30, ("x" * 21, "x" * 9)),
        ("12345678901 2", ("12345678901", "2")),
    ],
)
def test_long_texts_break_where_one_would_break_them(text, lines):
    """At spaces, else behind signs, else anywhere."""
    found = wrapped(text, 10, 52)
    assert found == lines
    assert all(width(line, 10) <= 2 * 52 + 10 for line in found)


def test_the_package_tells_what_it_has():
    """As every module that loads its names late."""
    assert {"svg", "page", "DrawError"} <= {*dir(hsm.draw)}
    with pytest.raises(AttributeError, match=r"module 'hsm\.draw' has no attribute 'svgs'"):
        _ = hsm.draw.svgs
