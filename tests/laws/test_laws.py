"""Laws that hold for every machine: random ones are played by the kernel and by the reference, and in every way."""

from __future__ import annotations

import random
import re
import warnings
from collections import Counter

import attrs
import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws.background import CALL, busy_operations, with_background
from laws.classes import build_classes, build_classes_by_reference, in_class_words
from laws.description import ASYNC, MIXED, SYNC, build_functional
from laws.mistakes import MISTAKES, with_mistake
from laws.models import KINDS, RESTART, describe, descriptions, is_valid, operations, sequences
from laws.play import by_library, by_reference
from laws.reference import Endless, Unspecified
from laws.reference.tree import Tree, inside
from laws.shrinking import Ways, report
from support.charts import checked, erased_chart
from support.models import erased

import hsm
from hsm.compiler import compile as compile_model

SEEDS = range(400)


def law(examples):
    """A property of *examples* random machines: the same ones each time, so that a run says what the last one did."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=checks)


def has_error(guard):
    """Whether *guard*, or a condition in it, raised."""
    return guard.error is not None or any(has_error(part) for part in guard.parts)


def must_end(description, sequence):
    """Pass over machines that never come to rest."""
    try:
        by_reference(description, sequence)
    except (Endless, Unspecified):
        hypothesis.reject()


@law(120)
@given(descriptions(), sequences())
def test_the_kernel_does_what_the_rules_say(description, sequence):
    """Whatever the machine and the events, the kernel and the reference interpreter agree on all that can be seen."""
    try:
        difference = report(description, sequence, Ways((MIXED,)))
    except (Endless, Unspecified):
        hypothesis.reject()
    assert difference is None, difference


@pytest.mark.parametrize("first", SEEDS[::100])
def test_the_kernel_does_what_the_rules_say_for_plain_seeds(first):
    """A hundred seeds each: the machines that the long run begins with."""
    for seed in range(first, first + 100):
        source = random.Random(seed)
        description, sequence = describe(source), operations(source)
        try:
            difference = report(description, sequence, Ways((SYNC,))) if is_valid(description) else None
        except (Endless, Unspecified):
            continue
        assert difference is None, f"seed {seed}: {difference}"


@law(300)
@given(
    descriptions(),
    sequences(),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.sampled_from((build_functional, build_classes)),
)
def test_generated_steps_and_the_kernel_come_to_the_same(description, sequence, mode, build):
    """Two engines, one machine: the same trace, the same errors, the same outcomes, with functions and with classes."""
    must_end(description, sequence)
    by_kernel = by_library(description, sequence, mode, build=build, engine="kernel")
    assert by_library(description, sequence, mode, build=build) == by_kernel


@law(150)
@given(
    descriptions(),
    st.randoms(use_true_random=False),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.sampled_from((build_functional, build_classes)),
)
def test_both_engines_do_what_the_rules_say_of_timers_activities_and_calls(description, source, mode, build):
    """What goes on beside the events: traces, values, errors and times are those of the reference."""
    busy, sequence = with_background(source, description), busy_operations(source)
    try:
        difference = report(busy, sequence, Ways((mode,), build, ("kernel", "generated")))
    except (Endless, Unspecified):
        hypothesis.reject()
    assert difference is None, difference


@law(100)
@given(
    descriptions(),
    sequences(),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.sampled_from((build_functional, build_classes)),
    st.sampled_from((1, 2)),
)
def test_it_makes_no_difference_when_a_step_is_generated(description, sequence, mode, build, after):
    """Machines whose steps are taken by the kernel first, and are generated in the middle of what they do."""
    again = [*sequence * 3, RESTART, *sequence * 3]
    must_end(description, again)
    by_kernel = by_library(description, again, mode, build=build, engine="kernel")
    assert by_library(description, again, mode, build=build, generate_after=after) == by_kernel


@law(60)
@given(descriptions(), sequences())
def test_plain_and_suspending_behaviours_come_to_the_same(description, sequence):
    """A machine whose behaviours all suspend does exactly what it does when none of them can."""
    must_end(description, sequence)
    assert by_library(description, sequence, ASYNC) == by_library(description, sequence, SYNC)


@law(80)
@given(
    descriptions(),
    sequences(),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.sampled_from((build_functional, build_classes)),
    st.sampled_from(("kernel", "generated")),
)
def test_a_machine_that_is_asked_says_what_happens_then_and_is_as_it_was(description, sequence, mode, build, engine):
    """`can` and `explain` tell the outcome of the dispatch behind them, which does what it does in one never asked."""
    must_end(description, sequence)
    asked = []
    told = by_library(description, sequence, mode, build=build, engine=engine, asked=asked)
    assert told == by_library(description, sequence, mode, build=build, engine=engine)
    for question in asked:
        explanation = question.explanation
        guards = [guard for candidate in explanation.candidates for guard in candidate.guards]
        chosen = [candidate for candidate in explanation.candidates if candidate.is_chosen]
        assert bool(chosen) is (explanation.outcome in (hsm.Outcome.TAKEN, hsm.Outcome.DEFERRED))
        assert question.outcome == explanation.outcome.name or any(has_error(guard) for guard in guards)
        result = told[question.told].result
        assert explanation.outcome.name == result or isinstance(result, list)
        assert not isinstance(question.outcome, list) or {*question.outcome} <= {*result}


observed = given(
    descriptions(),
    st.randoms(use_true_random=False),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.sampled_from((build_functional, build_classes)),
    st.booleans(),
)


def played(description, source, is_busy):
    """*description* and what happens to it, with timers, activities and calls if it *is_busy*; it comes to rest."""
    if is_busy:
        description, sequence = with_background(source, description), busy_operations(source)
    else:
        sequence = operations(source)
    must_end(description, sequence)
    return description, sequence


@law(80)
@observed
def test_an_observed_machine_does_what_one_does_that_is_not(description, source, mode, build, is_busy):
    """The same in everything; and what was entered and exited is what is active, after every record (O2)."""
    description, sequence = played(description, source, is_busy)
    watched = Watched()
    told = by_library(description, sequence, mode, build=build, observe=watched)
    assert told == by_library(description, sequence, mode, build=build)
    assert not watched.differences
    assert watched.kinds >= {"StepBegan", "StepEnded", "Entered"}


@law(120)
@observed
def test_generated_steps_tell_what_the_kernel_tells(description, source, mode, build, is_busy):
    """Record by record, with the same times, steps and causes (O1)."""
    description, sequence = played(description, source, is_busy)
    kernel, generated = [], []
    for records, options in ((kernel, {"engine": "kernel"}), (generated, {"generate_after": 0})):
        by_library(description, sequence, mode, build=build, observe=records.append, **options)
    assert [each.to_dict(data=True) for each in generated] == [each.to_dict(data=True) for each in kernel]


@law(80)
@given(
    descriptions(),
    st.randoms(use_true_random=False),
    st.sampled_from((SYNC, MIXED, ASYNC)),
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=3),
)
def test_observers_that_raise_or_leave_are_the_same_to_both_engines(description, source, mode, leaving):
    """Wherever in a step they do, the others are told the same, and the machine does the same (O2)."""
    sequence = operations(source)
    must_end(description, sequence)
    ways = []
    for options in ({"engine": "kernel"}, {"generate_after": 0}):
        observers = [Leaving(*each) for each in leaving]

        async def attach(model, instance, observers=observers):
            machine = hsm.machine_of(instance)
            for observer in observers:
                observer.detach = observer.detach or machine.observe(observer)
            return instance

        told = by_library(description, sequence, mode, between=attach, **options)
        ways.append((told, [observer.records for observer in observers]))
    assert ways[0] == ways[1]


class Leaving:
    """An observer that leaves after some records: it detaches itself, or raises."""

    def __init__(self, last, raises):
        self.last = last
        self.raises = raises
        self.records = []
        self.detach = None

    def __call__(self, record):
        self.records.append(record.to_dict(data=True))
        if len(self.records) > self.last:
            if self.raises:
                raise ValueError(self.last)
            self.detach()


class Watched:
    """An observer that rebuilds the configuration from the records alone."""

    def __init__(self):
        self.active = set()
        self.kinds = set()
        self.differences = []

    def __call__(self, record):
        self.kinds.add(type(record).__name__)
        if isinstance(record, hsm.trace.StepBegan) and record.cause == "start":
            self.active.clear()  # what a machine has completed in stays active until it starts again (rule C3)
        match record:
            case hsm.trace.Entered(vertex=vertex):
                self.active.add(vertex)
            case hsm.trace.Exited(vertex=vertex):
                self.active.discard(vertex)
            case hsm.trace.StepBegan(states=states) | hsm.trace.StepEnded(states=states):
                leaves = {path for path in self.active if not any(each.startswith(f"{path}/") for each in self.active)}
                if leaves != {*states}:
                    self.differences.append((record, leaves))


@law(60)
@given(descriptions(), sequences())
def test_virtual_and_real_time_come_to_the_same(description, sequence):
    """The same kernel runs on a virtual clock and on an ordinary loop, with the same trace."""
    must_end(description, sequence)
    assert by_library(description, sequence, is_real=True) == by_library(description, sequence)


@law(60)
@given(descriptions(), sequences())
def test_the_same_events_do_the_same_again(description, sequence):
    """A second machine of the same description repeats the first one to the letter."""
    must_end(description, sequence)
    assert by_library(description, sequence) == by_library(description, sequence)


@law(60)
@given(descriptions())
def test_compiling_is_pure(description):
    """Compiling changes nothing, and gives equal Programs for the same model and for an equal one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        model, twin = build_functional(description), build_functional(description)
        before = spelled(model)
        program = compile_model(model)
        assert compile_model(model) == program
        assert compile_model(twin) == program
    assert spelled(model) == before


def spelled(model):
    """Everything that *model* and what is embedded in it are made of, as plain dictionaries."""
    return attrs.asdict(model, filter=lambda field, _: field.name not in ("derived", "where"))


@law(120)
@given(descriptions(), st.randoms(use_true_random=False))
def test_a_machine_class_has_the_same_chart(description, source):
    """The charts of both front ends are equal, and valid by the schema, names of behaviours and places aside.

    In a class one method is all the effects of a transition, so there the first counts alone.
    """
    busy = with_background(source, description)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        functional, again = [hsm.chart(build_functional(busy)) for _ in range(2)]
        by_class = hsm.chart(build_classes(busy))
    assert checked(functional) == again
    assert with_one_effect(erased_chart(functional)) == with_one_effect(erased_chart(checked(by_class)))


def with_one_effect(chart):
    """*chart* with the first effect of each transition alone."""
    shortened = [attrs.evolve(each, effects=each.effects[:1]) for each in chart.transitions]
    return attrs.evolve(chart, transitions=tuple(shortened))


@law(120)
@given(descriptions())
def test_a_machine_class_gives_the_same_model(description):
    """Said with nested classes, every machine is the same tree as said with functions, callables aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        functional, by_classes = erased(build_functional(description)), erased(build_classes(description))
    assert by_classes == in_class_words(functional)


@law(120)
@given(descriptions(), sequences(), st.sampled_from((build_classes, build_classes_by_reference)))
def test_a_machine_class_does_the_same(description, sequence, build):
    """A machine class plays every event as its functional twin does, paths as text or states named by their classes."""
    must_end(description, sequence)
    assert by_library(description, sequence, build=build) == by_library(description, sequence)


@pytest.mark.parametrize("kind", MISTAKES, ids=lambda kind: kind.__name__)
def test_one_mistake_is_reported_alone(kind):
    """What merely follows from a mistake, because something is missing or means something else, is not reported."""
    made = 0
    for seed in SEEDS[:100]:
        source = random.Random(seed)
        description = describe(source)
        wrong = with_mistake(source, description, kind) if is_valid(description) else None
        if wrong is None:
            continue
        made += 1
        with warnings.catch_warnings(), pytest.raises(hsm.DefinitionError) as caught:
            warnings.simplefilter("ignore", hsm.DefinitionWarning)
            build_functional(wrong)
        errors = {diagnostic.code for diagnostic in caught.value.diagnostics if not diagnostic.is_warning}
        assert errors <= MISTAKES[kind], f"seed {seed}\n{wrong}\n{caught.value}"
    assert made > 50


@pytest.mark.parametrize("kind", MISTAKES, ids=lambda kind: kind.__name__)
def test_what_is_collected_is_what_would_be_raised(kind):
    """A broken model that goes on to exist is embedded, and nothing else comes of that; what embeds it is broken too."""
    made = 0
    for seed in SEEDS[:60]:
        source = random.Random(seed)
        description = describe(source)
        wrong = with_mistake(source, description, kind) if is_valid(description) else None
        if wrong is None:
            continue
        made += 1
        with warnings.catch_warnings(), pytest.raises(hsm.DefinitionError) as caught:
            warnings.simplefilter("ignore", hsm.DefinitionWarning)
            build_functional(wrong)
        with hsm.collect() as found:
            model = build_functional(wrong)
            around = hsm.define(
                "Around",
                hsm.submachine("s", model, hsm.transition(hsm.on("x"), hsm.target("../t"))),
                hsm.state("t", hsm.transition(hsm.on("x"), hsm.target("../s/whatever/it/is"))),
            )
        raised = errors_of(caught.value)
        assert errors_of(found) == raised
        for broken in (model, around):
            with pytest.raises(hsm.DefinitionError) as again:
                hsm.chart(broken)
            assert errors_of(again.value) == raised
    assert made > 30


def errors_of(found):
    """What *found* has to say, warnings aside."""
    return [(each.code, each.message) for each in found.diagnostics if not each.is_warning]


def told(machines):
    """What the reference tells of *machines*, pairs of a description and operations, one after the other."""
    for description, sequence in machines:
        try:
            yield description, by_reference(description, sequence)
        except (Endless, Unspecified):
            continue


def test_the_random_machines_have_rare_shapes_as_well():
    """Joins wherever they may stand, predicates in several places, ends with something to do."""
    rare = Counter()
    for seed in SEEDS:
        description = describe(random.Random(seed))
        if is_valid(description):
            rare.update(shapes(description))
    assert [name for name, count in rare.items() if not count] == []


def seeded(is_busy):
    """Valid machines of the first seeds."""
    for seed in SEEDS:
        source = random.Random(seed)
        description, sequence = describe(source), operations(source)
        if is_valid(description):
            if is_busy:
                description, sequence = with_background(source, description), busy_operations(source)
            yield description, sequence


def shapes(description):
    """What *description* has of what is rare: by name, whether it has it."""
    tree = Tree(description)
    joins = {path: tree.joining(path)[0][:-1] for path, kind in tree.kinds.items() if kind == "join"}
    changes = [placed.move.when for placed in tree.moves if placed.move.when is not None]
    simple = [cond.label for change in changes for cond in (change, *change.inner) if cond.label]
    return {
        "a join beside its regions": any(join[:-1] == owner for join, owner in joins.items()),
        "a join in one of its regions": any(inside(owner, join[:-1]) for join, owner in joins.items()),
        "a join beside their state": any(join[:-1] == owner[:-1] for join, owner in joins.items()),
        "a join further out": any(inside(join[:-1], owner[:-1]) for join, owner in joins.items()),
        "a join that leads back into its regions": any(
            inside(owner, target)
            for join, owner in joins.items()
            for placed in tree.outgoing(join)
            for target in placed.targets
        ),
        "a predicate of several change triggers": len({*changes}) < len(changes),
        "a predicate of several conditions": len({*simple}) < len(simple),
        "a completion transition of a model": any(
            placed.is_completion() for model in (tree.root, *tree.models) for placed in tree.outgoing(model)
        ),
        "a model with exit actions and a final state": bool(tree.exit[tree.root])
        and any(tree.kinds[child] == "final" for child in tree.children[tree.root]),
    }


def test_the_random_machines_leave_nothing_out():
    """Every kind of vertex, every outcome, every end and every kind of error occurs in the first seeds."""
    kinds, outcomes, ends, background = Counter(), Counter(), Counter(), 0
    for description, several in told(seeded(is_busy=False)):
        kinds.update(description.kinds())
        outcomes.update(
            type(each.result).__name__ if isinstance(each.result, list) else each.result for each in several
        )
        ends.update(each.status for each in several)
        background += sum(bool(each.background) for each in several)
    assert {*KINDS} <= {*kinds}
    assert {*outcomes} == {"started", "stopped", "TAKEN", "DEFERRED", "IGNORED", "list"}
    assert {*ends} == {"running", "completed", "terminated", "stopped"}
    assert background


SIGNS = {
    "a timer": r"@hsm_time ",
    "a later tick": r"@hsm_time .*#[2-9]\d*\+0",
    "a missed tick": r"@hsm_time .*\+[1-9]",
    "a function that gives a duration": r"^!",
    "an activity that begins": r"^\*.* at ",
    "one that comes to its end": r"^\*[^ ]*$",
    "one that goes on after it has sent": r"^over ",
    "one that is cancelled": r"^unwanted ",
    "a call": r"@ask\(\)",
}
"""What has to occur in the traces of machines with something beside the events."""


def test_what_goes_on_beside_the_events_leaves_nothing_out_either():
    """Ticks and missed ticks, activities and their ends, calls and their values and errors occur in the first seeds."""
    lines, calls, late, background = [], Counter(), Counter(), Counter()
    for _, several in told(seeded(is_busy=True)):
        lines += [line for each in several for line in (*each.log, *each.begun)]
        results = [each.result for each in several if each.operation.startswith(CALL)]
        calls.update(result[0] if isinstance(result, list) else result == "None" for result in results)
        late.update(result for each in several for result in each.late)
        background.update(error[0] for each in several for error in each.background)
    assert [name for name, sign in SIGNS.items() if not re.search(sign, "\n".join(lines), re.MULTILINE)] == []
    assert {True, False, "CallError", "LifecycleError"} <= {*calls}
    assert {"*", "@"} <= {*background}, "errors of activities and of effects that nobody awaits"
    assert {"['CallError']", "['MachineStopped']"} < {*late}, "and values: what deferred calls come to"
