"""Whatever is written in a model, `hsm.define` either takes it or says what is wrong: nothing else comes out."""

from __future__ import annotations

import datetime
import functools
import re
import warnings
from unittest import mock

import numpy
import pytest
import wrapt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hsm

NAMES = ("a", "b", "c", "d")


def behave(ctx, self, event):
    return True


class Untold:
    """An object that cannot even be shown."""

    def __repr__(self):
        raise ValueError("no repr")


class Paid(hsm.Signal):
    pass


JUNK = [
    None,
    0,
    -1,
    2.5,
    float("nan"),
    10**400,
    True,
    ...,
    "",
    "a/b",
    "..",
    "*",
    "x*y",
    "a\nb",
    "\u00e9" * 80,
    b"a",
    [],
    ["a", ["b"]],
    {"a": 1},
    {1, 2},
    object(),
    hsm.state,
    hsm.Event,
    hsm.Instance,
    hsm.Event("a"),
    Paid,
    Paid(),
    int,
    len,
    print,
    behave,
    lambda: None,
    lambda *everything: None,
    functools.partial(behave, None),
    functools.partial(print),
    staticmethod(behave),
    classmethod(behave),
    property(behave),
    datetime.timedelta(-1),
    datetime.timedelta.max,
    datetime.datetime.max,
    datetime.date(2000, 1, 1),
    hsm.define("Junk", hsm.state("a")),
    Untold(),
    mock.Mock(spec=behave),
    mock.AsyncMock(spec=behave),
    mock.NonCallableMock(spec=behave),
    mock.NonCallableMock(spec="a"),
    mock.NonCallableMock(spec=datetime.timedelta(1)),
    mock.NonCallableMock(spec=hsm.state("a")),
    mock.call,
    wrapt.ObjectProxy("a"),
    wrapt.ObjectProxy(hsm.state("a")),
    wrapt.decorator(lambda wrapped, instance, args, kwargs: None)(behave),
    numpy.bool_(True),
    numpy.int64(3),
    numpy.array([1, 2]),
]
VERTICES = [
    hsm.state,
    hsm.region,
    hsm.final,
    hsm.choice,
    hsm.junction,
    hsm.shallow_history,
    hsm.deep_history,
    hsm.fork,
    hsm.join,
    hsm.entry_point,
    hsm.exit_point,
    hsm.terminate,
]
WITH_DOORS = hsm.define(
    "Doors",
    hsm.state("a", hsm.transition(hsm.on("a"), hsm.target("c"))),
    hsm.entry_point("b"),
    hsm.exit_point("c"),
)

names = st.sampled_from(NAMES)
paths = st.sampled_from(
    [
        ".",
        "..",
        "a",
        "b",
        "c",
        "d",
        "a/b",
        "a/b/c",
        "./a",
        "../b",
        "../../c",
        "/M",
        "/M/a",
        "/M/b/c",
        "/N/a",
        "/a",
        "",
        "/",
        "a//b",
        "a/",
    ]
)
junk = st.sampled_from(JUNK)


def mostly(good):
    """What *good* draws, and junk one time in eight."""
    return st.integers(0, 7).flatmap(lambda number: good if number else junk)


def called(function, *first, rest=None, count=3):
    """Calls of *function* with *first* arguments and up to *count* of *rest*."""
    tail = st.lists(rest, max_size=count) if rest is not None else st.just([])
    return st.builds(lambda head, more: function(*head, *more), st.tuples(*first), tail)


conditions = st.recursive(
    called(hsm.guard, mostly(st.just(behave))) | called(hsm.in_state, mostly(paths)),
    lambda inner: (
        called(hsm.all_of, rest=mostly(inner))
        | called(hsm.any_of, rest=mostly(inner))
        | called(hsm.not_, mostly(inner))
    ),
    max_leaves=4,
)
times = mostly(st.just(behave) | st.just(1) | st.just(datetime.datetime(2030, 1, 1)))
targets = called(hsm.target, rest=mostly(paths), count=2)
effects = called(hsm.effect, rest=mostly(st.just(behave)), count=2)
triggers = (
    called(hsm.on, rest=mostly(names), count=2)
    | called(hsm.on_call, mostly(names))
    | called(hsm.after, times)
    | called(hsm.every, times)
    | called(hsm.at, times)
    | called(hsm.when, mostly(conditions))
)
pieces = triggers | targets | effects | conditions | called(hsm.source, mostly(paths)) | st.builds(hsm.external)
transitions = called(hsm.transition, rest=mostly(pieces), count=4)
behaviors = st.sampled_from([hsm.entry, hsm.exit, hsm.activity, hsm.effect, hsm.defer]).flatmap(
    lambda function: called(function, rest=mostly(st.just(behave) | names), count=2)
)
initials = called(hsm.initial, rest=mostly(targets | effects), count=2)
simple = transitions | behaviors | initials | targets
parts = st.recursive(
    simple,
    lambda inner: (
        st.sampled_from([hsm.state, hsm.state, *VERTICES]).flatmap(
            lambda function: called(function, mostly(names), rest=mostly(inner | transitions), count=5)
        )
        | called(hsm.submachine, mostly(names), mostly(st.just(WITH_DOORS)), rest=mostly(inner), count=2)
    ),
    max_leaves=12,
)


def verdict(name, arguments):
    """The codes reported for the model, after a look at every text; empty for a model that was accepted."""
    told = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            hsm.define(name, *arguments)
        except hsm.DefinitionError as error:
            told = error
    if told is None:
        assert {warning.category for warning in caught} <= {hsm.DefinitionWarning}
        for warning in caught:
            check_text(str(warning.message))
        return []
    count = len(told.diagnostics)
    assert str(told).startswith(f"{count} problem{'s' * (count > 1)} in model ")
    for diagnostic in told.diagnostics:
        check_text(diagnostic.render())
    return [diagnostic.code for diagnostic in told.diagnostics]


def check_text(text):
    """A diagnostic's text has a head line with a code, says where the call is, and goes on in marked lines."""
    head, arrow, *rest = text.split("\n")
    assert re.match(r"(error|warning)\[HSM\d{3}\]: \S", head)
    assert re.match(r" +--> .*:\d+", arrow)
    assert all(re.match(r" *\d* (\||= in: |= help: )", line) for line in rest)


@settings(
    max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.lists(mostly(parts), max_size=6))
def test_misuse_is_reported_and_never_crashes(arguments):
    """Random parts in random places make a model, or a `DefinitionError` whose text can be shown."""
    verdict("M", arguments)


@pytest.mark.parametrize("name", JUNK, ids=lambda name: type(name).__name__)
def test_any_name_is_accepted_or_reported(name):
    """Whatever is passed as a name is accepted if valid, or reported once: for a model, a state, an initial."""
    good = type(name) is str and name in ("*", "x*y", "a\nb", "\u00e9" * 80)
    expected = [] if good else ["HSM003"]
    assert verdict(name, [hsm.state("k")]) == expected
    assert verdict("M", [hsm.state("k"), hsm.state(name)]) == expected


@pytest.mark.parametrize("duration", [10**400, -(10**400)], ids=["more", "less"])
@pytest.mark.parametrize("timer", [hsm.after, hsm.every])
def test_duration_beyond_every_float_is_reported(timer, duration):
    """A number that no clock can count is a bad duration, not an error of arithmetic."""
    assert verdict("M", [hsm.state("a", hsm.transition(timer(duration)))]) == ["HSM017"]


def test_exit_point_with_unhashable_name_is_reported():
    """The name of a submachine's exit point may be anything, and is reported as not a name, once."""
    doors = [hsm.exit_point("c", hsm.transition(hsm.target("/M/k"))), hsm.exit_point(["c"])]
    assert verdict("M", [hsm.submachine("s", WITH_DOORS, *doors), hsm.state("k")]) == ["HSM003"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (lambda: [hsm.state("a", Untold())], "HSM002"),
        (lambda: [hsm.state(Untold())], "HSM003"),
        (lambda: [hsm.state("a", hsm.entry(Untold()))], "HSM005"),
        (lambda: [hsm.state("a", hsm.transition(hsm.on(Untold())))], "HSM007"),
        (lambda: [hsm.state("a", hsm.transition(hsm.on("e"), hsm.target(Untold())))], "HSM009"),
        (lambda: [hsm.state("a", hsm.transition(hsm.after(Untold())))], "HSM018"),
        (lambda: [hsm.submachine("s", Untold())], "HSM050"),
    ],
    ids=["part", "name", "behaviour", "event", "path", "duration", "model"],
)
def test_object_without_repr_is_reported(parts, code):
    """An object whose repr raises is reported wherever it is, as any other that is wrong there."""
    assert verdict("M", parts()) == [code]


@pytest.mark.parametrize("break_", ["\n", "\r", "\x0b", "\x85", "\u2028"], ids=ascii)
def test_every_line_of_a_message_is_its_own(break_):
    """No line is broken by what a user's names or objects hold: not the head, the label, the place, nor the help."""

    class Table:
        def __repr__(self):
            return f"a{break_}b"

    name = f"a{break_}b"
    near = hsm.transition(hsm.on(name), hsm.target(name + "c"))
    with pytest.raises(hsm.DefinitionError) as caught:
        hsm.define(name, hsm.state(name, Table(), near, hsm.entry(Table())))
    text = str(caught.value)
    assert text.splitlines()[0].startswith("3 problems in model ")
    assert len(text.splitlines()) == 1 + sum(
        1 + len(diagnostic.render().splitlines()) for diagnostic in caught.value.diagnostics
    )
    for diagnostic in caught.value.diagnostics:
        starts = [line.split()[0] for line in diagnostic.render().splitlines()]
        assert starts == [f"error[{diagnostic.code}]:", "-->", "|", starts[3], "|", "=", "="]
        assert starts[3].isdecimal()


def test_very_long_cycle_is_reported():
    """Thousands of choices in one cycle are reported, without a recursion error."""
    count = 3000
    ring = [hsm.choice(f"c{i}", hsm.transition(hsm.target(f"c{(i + 1) % count}"))) for i in range(count)]
    start = hsm.state("a", hsm.transition(hsm.on("go"), hsm.target("c0")))
    assert verdict("M", [start, *ring]) == ["HSM034"]


def test_chain_that_is_very_long_is_taken():
    """Thousands of choices in a row, with a state at the end, are a model."""
    count = 3000
    chain = [hsm.choice(f"c{i}", hsm.transition(hsm.target(f"c{i + 1}"))) for i in range(count)]
    last = hsm.choice(f"c{count}", hsm.transition(hsm.target("a")))
    start = hsm.state("a", hsm.transition(hsm.on("go"), hsm.target("c0")))
    assert verdict("M", [start, *chain, last]) == []


def nested(count):
    """A model's parts: states in states, *count* levels of them."""
    inner = hsm.state("leaf")
    for number in range(count - 1):
        inner = hsm.state(f"s{number}", inner)
    return [inner]


def negated(count):
    """A model's parts: a guard that *count* levels below the model is negated again and again."""
    condition = hsm.guard(behave)
    for _ in range(count - 3):
        condition = hsm.not_(condition)
    return [hsm.state("a", hsm.transition(hsm.on("e"), condition))]


@pytest.mark.parametrize("build", [nested, negated])
@pytest.mark.parametrize("count", [150, 200])
def test_deep_nesting_is_taken(build, count):
    """States and conditions may be nested as deeply as anybody could read."""
    assert verdict("M", build(count)) == []


@pytest.mark.parametrize("build", [nested, negated])
@pytest.mark.parametrize("count", [201, 5000])
def test_nesting_without_end_is_reported(build, count):
    """Nesting of more than 200 levels is reported once, without a recursion error, however deep it is."""
    assert verdict("M", build(count)) == ["HSM058"]


def test_deep_mistakes_are_reported_with_the_depth():
    """What is wrong above the limit is reported as well."""
    assert sorted(verdict("M", [*nested(201), hsm.state("b", "junk")])) == ["HSM002", "HSM058"]
