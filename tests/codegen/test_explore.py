"""Exploring: what the paths of a step say, where they leave it to the kernel, and how they are followed."""

from __future__ import annotations

import contextlib
import sys
from functools import partial

import pytest
from support import go, note, on, says, started, then
from support.inside import calls_of_rules, diamonds, explored, leaves_of

import hsm
from hsm.codegen.explore import CERTAIN, COMPLETIONS, LEAVES, MEMORIES, OPERATIONS, NeedsKernel, explore, follow
from hsm.codegen.writer import write
from hsm.defining import program_of
from hsm.program import Kind
from hsm.rules import operations as op
from hsm.rules import settling as rules
from hsm.rules.step import Step
from hsm_classdsl import Machine, State, entry
from hsm_classdsl import on as mark

TAKEN, IGNORED, DEFERRED = hsm.Outcome.TAKEN, hsm.Outcome.IGNORED, hsm.Outcome.DEFERRED
THE_END = op.TakeError()
"""What every step looks for before it is over."""


# --- what a path says ----------------------------------------------------------------------------------------


def test_a_step_is_exiting_effects_and_entering_in_order():
    """Every list of actions, and what is active before each of them."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.state("x", hsm.exit(note("-x"))),
            hsm.exit(note("-a"), note("-a2")),
            go("go", "b", hsm.effect(note("go"))),
        ),
        hsm.state("b", hsm.entry(note("+b"))),
    )
    a, x, b = leaves_of(model, "a", "a/x", "b")
    program = program_of(model)
    (transition,) = program.vertices[a].triggers.exact["go"]
    path = explored(model, "go", "a/x")
    assert path.operations == [
        op.Run(program.vertices[x].exit),
        op.Move((a,)),
        op.Run(program.vertices[a].exit),
        op.Move((0,)),
        op.Run(program.transitions[transition].effects),
        op.Move((b,)),
        op.Run(program.vertices[b].entry),
        THE_END,
    ]
    assert len(program.vertices[a].exit) == 2
    assert (path.outcome, path.leaves, path.further) == (TAKEN, (b,), {})


def test_paths_part_at_a_guard():
    """By its two answers, the other way round in `not_`; one that raises is no answer that is explored."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.guard(hsm.not_(says(True)))), go("go", "c")),
        hsm.state("b"),
        hsm.state("c"),
    )
    b, c = leaves_of(model, "b", "c")
    path = explored(model, "go", "a")
    assert path.operations == [op.Ask(0)]
    assert path.outcome is None
    assert {answer: (each.operations, each.outcome, each.leaves) for answer, each in path.further.items()} == {
        False: ([op.Move((0,)), op.Move((b,)), THE_END], TAKEN, (b,)),
        True: ([op.Move((0,)), op.Move((c,)), THE_END], TAKEN, (c,)),
    }


def test_what_is_known_of_the_configuration_is_asked_at_once():
    """`in_state` is no question when the step is explored for one configuration."""

    def inner(name):
        return hsm.region(name, hsm.state("x", go(f"{name}.on", "../y")), hsm.state("y"))

    out = go("go", "/M/end", hsm.guard(hsm.in_state("/M/p/r/y")))
    model = hsm.define("M", hsm.state("p", inner("r"), inner("s"), out), hsm.state("end"))
    assert explored(model, "go", "p/r/x", "p/s/x").outcome is IGNORED
    assert explored(model, "go", "p/r/y", "p/s/x").outcome is TAKEN


def test_a_deferred_event_does_nothing():
    """Whether or not an outer state would take it; that it is deferred is the outcome."""
    model = hsm.define("M", hsm.state("a", hsm.state("x", hsm.defer("later")), go("later", "b")), hsm.state("b"))
    path = explored(model, "later", "a/x")
    assert (path.operations, path.outcome) == ([THE_END], DEFERRED)


def test_timers_and_memories_are_operations():
    """A state with a history and a timer is exited and entered."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.shallow_history("h"),
            hsm.state("x", go("next", "../y")),
            hsm.state("y"),
            hsm.transition(hsm.after(3), hsm.target("b")),
        ),
        hsm.state("b", go("back", "a/h")),
        hsm.transition(hsm.on("go"), hsm.target("b")),
    )
    a, h, x, y, b = leaves_of(model, "a", "a/h", "a/x", "a/y", "b")
    assert explored(model, "go", "a/y").operations == [
        op.Remember(a, (y,)),
        op.Move((a,)),
        op.Disarm(a),
        op.Move((0,)),
        op.Move((b,)),
        THE_END,
    ]
    path = explored(model, "back", "b")
    assert path.operations == [op.Move((0,)), op.Move((a,)), op.Arm(a), op.AskHistory(h, a)]
    assert {memory: (each.operations, each.outcome, each.leaves) for memory, each in path.further.items()} == {
        (): ([op.Move((x,)), THE_END], TAKEN, (x,)),
        (x,): ([op.Move((x,)), THE_END], TAKEN, (x,)),
        (y,): ([op.Move((y,)), THE_END], TAKEN, (y,)),
    }


def test_a_completion_follows_in_the_same_step():
    """The state is complete once it is entered; what it leads to is explored behind that."""
    model = hsm.define(
        "M", hsm.state("a", go("go", "b")), hsm.state("b", then("c", hsm.effect(note("!")))), hsm.state("c")
    )
    b, c = leaves_of(model, "b", "c")
    program = program_of(model)
    path = explored(model, "go", "a")
    assert path.operations == [
        op.Move((0,)),
        op.Move((b,)),
        op.Complete(b),
        THE_END,
        op.Next(b),
        op.Reopen(b),
        op.Move((0,)),
        op.Run(program.transitions[program.vertices[b].completion_transitions[0]].effects),
        op.Move((c,)),
        op.Spend("hsm_completion", b),
        THE_END,
    ]
    assert (path.outcome, path.leaves) == (TAKEN, (c,))


def test_a_junction_whose_routes_may_be_closed_is_explored():
    """Its guards are asked before anything is exited, and without an open route nothing is."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(note("-a")), go("e", "j")),
        hsm.junction("j", hsm.transition(hsm.guard(says(True)), hsm.target("b"))),
        hsm.state("b"),
    )
    a, b = leaves_of(model, "a", "b")
    path = explored(model, "e", "a")
    assert path.operations == [op.Ask(0)]
    assert (path.further[False].operations, path.further[False].outcome) == ([THE_END], IGNORED)
    assert path.further[True].operations == [
        op.Run(program_of(model).vertices[a].exit),
        op.Move((0,)),
        op.Move((b,)),
        THE_END,
    ]


# --- what only the kernel can do -----------------------------------------------------------------------------

TRUE = hsm.guard(says(True))
NOT_ALWAYS = {
    "an activity begins": (
        op.StartActivities,
        [hsm.state("a", go("e", "b", TRUE)), hsm.state("b", hsm.activity(note("works")))],
    ),
    "an activity is cancelled": (
        op.EndActivities,
        [hsm.state("a", hsm.activity(note("works")), go("e", "b", TRUE)), hsm.state("b")],
    ),
    "the end": (op.EndAll, [hsm.state("a", go("e", "end", TRUE)), hsm.final("end")]),
    "terminate": (op.EndAll, [hsm.state("a", go("e", "end", TRUE)), hsm.terminate("end")]),
    "a change trigger is exited at once": (
        op.Unwatch,
        [
            hsm.state("a", go("e", "b", TRUE)),
            hsm.state(
                "b",
                hsm.initial(hsm.target("out")),
                hsm.choice("out", hsm.transition(hsm.target("/M/c"))),
                hsm.transition(hsm.when(says(False)), hsm.target("a")),
            ),
            hsm.state("c"),
        ],
    ),
    "a completion that may be no news": (
        op.MayComplete,
        [hsm.state("a", go("e", "b", TRUE), go("f", "b/h")), hsm.state("b", hsm.deep_history("h"), then("a"))],
    ),
}  # fmt: skip
"""By what only the kernel can do, the operation for it, and a model whose guard decides whether that has to be done."""


@pytest.mark.parametrize("what", NOT_ALWAYS)
async def test_a_step_is_explored_up_to_what_only_the_kernel_can_do(what):
    """There its text hands over; where the guard says no, the step is done without the kernel."""
    kind, parts = NOT_ALWAYS[what]
    model = hsm.define("M", *parts)
    path = explored(model, "e", "a")
    (ask,) = path.operations
    assert type(ask) is op.Ask
    assert path.further[False].outcome is IGNORED
    assert path.further[True].outcome is None
    assert path.further[True].further == {}
    *before, last = path.further[True].operations
    assert type(last) is kind
    assert kind not in map(type, before)
    assert hsm.generated(model, "e", "a").count("return hand_over(record, event, PLAN, 1)") == 1


def test_a_join_and_the_conditions_of_changes_are_for_the_kernel():
    """Exploring ends where a region begins to wait, and where a condition was evaluated."""
    joining = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.region("r", hsm.state("x", go("e", "../done", TRUE)), hsm.state("done", then("/M/j"))),
            hsm.region("s", hsm.state("y", go("f", "../done")), hsm.state("done", then("/M/j"))),
        ),
        hsm.join("j", hsm.transition(hsm.target("end"))),
        hsm.state("end"),
    )
    r, y, done = leaves_of(joining, "p/r", "p/s/y", "p/r/done")
    assert explored(joining, "e", "p/r/x", "p/s/y").further[True].operations == [
        op.Move((r, y)),
        op.Move((done, y)),
        op.Complete(done),
        THE_END,
        op.Next(done),
        op.Reopen(done),
        op.Move((r, y)),
        op.Park(r),
    ]
    with pytest.raises(NeedsKernel):
        explored(joining, "e", "p/r", "p/s/y")  # the configuration does not tell at which join a region waits

    changing = hsm.define(
        "M", hsm.state("a", go("e", "b", TRUE)), hsm.state("b", hsm.transition(hsm.when(says(False)), hsm.target("a")))
    )
    path = explored(changing, "e", "a")
    (b,) = leaves_of(changing, "b")
    condition = path.further[True]
    assert condition.operations == [op.Move((0,)), op.Move((b,)), op.Ask(1)]
    change = program_of(changing).vertices[b].change_transitions[0]
    assert condition.further[True].operations == [op.Became(change, True)]
    assert condition.further[False].operations == [op.Became(change, False)]


@pytest.mark.parametrize(
    "parts",
    [
        [hsm.state("a", go("e", "b")), hsm.state("b", hsm.activity(note("works")))],
        [hsm.state("a", hsm.activity(note("works")), go("e", "b")), hsm.state("b")],
        [hsm.state("a", go("e", "end")), hsm.final("end")],
        [hsm.state("a", go("e", "end")), hsm.terminate("end")],
        [hsm.state("a", go("e", "b"), hsm.transition(hsm.when(says(False)), hsm.target("b"))), hsm.state("b")],
    ],
    ids=["an activity begins", "an activity ends", "the end", "terminate", "a change trigger"],
)  # fmt: skip
def test_a_step_that_never_ends_without_the_kernel_is_left_to_it(parts):
    """Text that always hands over would be there for nothing."""
    model = hsm.define("M", *parts)
    with pytest.raises(NeedsKernel):
        explored(model, "e", "a")
    assert hsm.generated(model, "e", "a") is None


async def test_what_only_the_kernel_can_do_is_found_once():
    """The table says that the event is the kernel's, and every other event of that configuration is not."""
    model = hsm.define(
        "M", hsm.state("a", hsm.transition(hsm.on("stay"), hsm.effect(note("stays"))), go("e", "end")), hsm.final("end")
    )
    machine = await started(model, engine="generated")
    await machine.dispatch("stay")
    table = machine._record.steps
    assert {key: step.__code__.co_name for key, step in table.items()} == {"stay": "step"}
    assert await machine.dispatch("e") is TAKEN
    assert machine.status is hsm.Status.COMPLETED
    assert {key: step.__code__.co_name for key, step in table.items()} == {"stay": "step", "e": "enqueue"}


# --- bounds --------------------------------------------------------------------------------------------------


def alternatives(size):
    """One event, *size* transitions that may say no."""
    return hsm.define(
        "M", hsm.state("a", *[go("e", "../b", hsm.guard(says(False))) for _ in range(size)]), hsm.state("b")
    )


def regions(size):
    """One event, a transition in each of *size* regions."""
    parts = [hsm.state("a", go("e", "../b")), hsm.state("b")]
    return hsm.define("M", hsm.state("p", *[hsm.region(f"r{n}", *parts) for n in range(size)]))


def levels(size):
    """One event, and *size* states around the one that is active."""
    state = hsm.state("a")
    for n in range(size):
        state = hsm.state(f"s{n}", state)
    return hsm.define("M", state, hsm.transition(hsm.on("e"), hsm.effect(note("e"))))


def branches(size):
    """One event, and a choice of *size* branches behind it."""
    outgoing = [hsm.transition(hsm.guard(says(False)), hsm.target("../a")) for _ in range(size)]
    last = hsm.transition(hsm.target("../a"))
    return hsm.define("M", hsm.state("a", go("e", "../c")), hsm.choice("c", *outgoing, last))


@pytest.mark.parametrize("model_of", [alternatives, regions, levels, branches])
def test_exploring_a_step_stays_shallow(model_of):
    """However large a model is, some hundred frames do, or it is seen early that the step is one for the kernel."""
    were_written = []
    sizes = (2, 20, 30, 60, 90, 120, 180, *(() if model_of is levels else (600,)))  # no model may be that deep
    for size in sizes:
        program = program_of(model_of(size))
        leaves = tuple(index for index, vertex in enumerate(program.vertices) if vertex.path.endswith("/a"))
        usual, depth = sys.getrecursionlimit(), 0
        frame = sys._getframe()
        while frame is not None:
            frame, depth = frame.f_back, depth + 1
        sys.setrecursionlimit(depth + 700)
        try:
            write(program, explore(program, leaves, lambda step: rules.on_event(step, "e")), rests=True)
            were_written.append(True)
        except NeedsKernel:
            were_written.append(False)
        finally:
            sys.setrecursionlimit(usual)
    assert were_written[0]
    assert were_written == sorted(were_written, reverse=True)
    assert were_written[-1] is (model_of is levels)


def operations_of(path):
    """Every operation of *path* and what follows it."""
    yield from path.operations
    for further in path.further.values():
        yield from operations_of(further)


def test_no_step_is_explored_beyond_its_bound():
    """Counted over all paths together; a behaviour in a list counts as one operation."""

    def guarded(count, actions):
        """*count* alternatives with *actions* each."""
        acts = [hsm.effect(note("x"))] * actions
        alternatives = [go("e", "b", hsm.guard(says(False)), *acts) for _ in range(count)]
        return hsm.define("M", hsm.state("a", *alternatives), hsm.state("b"))

    for few in (guarded(20, 1), guarded(10, 20)):
        assert len(list(operations_of(explored(few, "e", "a")))) <= OPERATIONS
    with pytest.raises(NeedsKernel):
        explored(guarded(1, OPERATIONS), "e", "a")
    with pytest.raises(NeedsKernel):
        explored(guarded(20, OPERATIONS // 20), "e", "a")


def beside(count, *parts):
    """A state with *parts*, and *count* regions beside it; the paths of what is active."""
    others = [hsm.region(f"s{n}", hsm.state("x")) for n in range(count)]
    model = hsm.define("M", hsm.state("p", hsm.region("r", hsm.state("x", *parts)), *others))
    return model, ["p/r/x", *[f"p/s{n}/x" for n in range(count)]]


def test_what_exploring_runs_through_again_is_bounded_as_well():
    """The same guards are explored in a configuration of few regions, and not in one of many."""
    asked = [on("e", hsm.guard(says(False)))] * 20
    few, paths = beside(1, *asked)
    assert len(list(operations_of(explored(few, "e", *paths)))) < 50
    many, paths = beside(40, *asked)
    with pytest.raises(NeedsKernel):
        explored(many, "e", *paths)


@pytest.mark.parametrize("is_one_more", [False, True])
def test_active_leaves_are_counted(is_one_more):
    """However little an event does: looking at what is active takes its time as well."""
    model, paths = beside(LEAVES - 1 + is_one_more)
    if is_one_more:
        with pytest.raises(NeedsKernel):
            explored(model, "e", *paths)
    else:
        assert explored(model, "e", *paths).outcome is IGNORED


@pytest.mark.parametrize("is_one_more", [False, True])
def test_completions_on_one_path_are_counted(is_one_more):
    """Up to the budget that a machine with generated steps has at least."""
    count = COMPLETIONS + is_one_more
    states = [hsm.state(f"s{n}", then(f"../s{n + 1}")) for n in range(count)]
    model = hsm.define("M", hsm.state("a", go("go", "s0")), *states, hsm.state(f"s{count}"))
    if is_one_more:
        with pytest.raises(NeedsKernel):
            explored(model, "go", "a")
    else:
        assert explored(model, "go", "a").leaves == leaves_of(model, f"s{count}")


@pytest.mark.parametrize("is_one_more", [False, True])
def test_completions_are_counted_across_questions(is_one_more):
    """A guard between two completions does not begin the count anew."""
    count = COMPLETIONS + is_one_more
    states = [hsm.state(f"s{n}", then(f"../s{n + 1}", hsm.guard(says(True)))) for n in range(count)]
    model = hsm.define("M", hsm.state("a", go("go", "s0")), *states, hsm.state(f"s{count}"))
    if is_one_more:
        with pytest.raises(NeedsKernel):
            explored(model, "go", "a")
    else:
        assert len(explored(model, "go", "a").further) == 2


def test_routes_that_join_again_are_not_explored_over_and_over():
    """The rules are run through in proportion to the length of such a chain, and not to the number of its routes."""

    def calls_for(size):
        with calls_of_rules() as calls, contextlib.suppress(NeedsKernel):
            explored(diamonds(size), "go", "a")
        return len(calls)

    assert calls_for(20) < 200_000


@pytest.mark.parametrize("is_one_more", [False, True])
def test_states_that_a_history_may_restore_are_counted(is_one_more):
    """Final states are none of them, and neither are composite states."""
    states = [hsm.state(f"s{n}") for n in range(MEMORIES + is_one_more)]
    inner = hsm.state("inner", *states, hsm.transition(hsm.on("f"), hsm.target("../f")))
    others = [go(f"e{n}", f"inner/s{n}") for n in range(len(states))]
    owner = hsm.state("a", hsm.deep_history("h"), inner, hsm.final("f"), *others)
    model = hsm.define("M", owner, hsm.initial(hsm.target("b")), hsm.state("b", go("go", "a/h")))
    if is_one_more:
        with pytest.raises(NeedsKernel):
            explored(model, "go", "b")
    else:
        assert len(explored(model, "go", "b").further) == MEMORIES + 1


def test_a_history_over_regions_is_for_the_kernel():
    """What it may restore is every combination of what is in them."""
    inner = [hsm.region(name, hsm.state("x", go(name, "../y")), hsm.state("y")) for name in ("r", "s")]
    model = hsm.define(
        "M", hsm.state("b", go("go", "a/h")), hsm.state("a", hsm.deep_history("h"), hsm.state("p", *inner))
    )
    with pytest.raises(NeedsKernel):
        explored(model, "go", "b")


# --- following -----------------------------------------------------------------------------------------------


class Objects(Machine):
    """Its states have objects."""

    class idle(State["Objects"], initial=True):
        def is_open(self):
            return True

        go = mark("go", target="s", guard=is_open)

    class s(State["Objects"]):
        @entry
        def enter(self):
            pass

        class x(State["Objects"], initial=True):
            @entry
            def enter(self):
                pass

            back = mark("back", target="../../idle")


def remembering():
    """A history, the default entry of which may have been left half way, timers, and guards within guards."""
    inner = hsm.state("inner", hsm.state("x", go("next", "../y")), hsm.state("y"))
    late = hsm.transition(hsm.after(3), hsm.target("b"))
    guard = hsm.guard(hsm.any_of(hsm.not_(says(True)), says(True)))
    return hsm.define(
        "M",
        hsm.state("b", go("go", "a/h", guard, hsm.effect(note("1"), note("2")))),
        hsm.state("a", hsm.deep_history("h"), inner, hsm.exit(note("-a")), late),
        hsm.transition(hsm.on("hsm_error"), hsm.effect(note("error"))),
    )


def completing():
    """Completions behind each other, the last of which ends the machine."""
    return hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.guard(says(True))), hsm.exit(note("-a"))),
        hsm.state("b", then("c", hsm.guard(says(True)), hsm.effect(note("1")))),
        hsm.state("c", hsm.entry(note("+c")), then("end", hsm.guard(says(True)))),
        hsm.final("end"),
        hsm.transition(hsm.on("hsm_error"), hsm.target("a")),
    )


def answers_of(program, operation):
    """Whatever the kernel may answer, also what exploring does not foresee."""
    match operation:
        case op.Ask():
            return [False, True, None]
        case op.AskHistory(_, owner):
            inside = range(owner + 1, program.vertices[owner].last + 1)
            return [(), *[(each,) for each in inside if program.vertices[each].kind is Kind.STATE]]
        case op.TakeError() | op.Spend() | op.MakeObject():
            return [False, True]
        case _:
            return [None]


def answered(rule, answers):
    """The operations that *rule* yields where it is sent *answers*, and its result, if it comes to its end."""
    operations, answers = [next(rule)], iter(answers)
    try:
        for answer in answers:
            operations += [rule.send(answer)]
    except StopIteration as end:
        assert next(answers, None) is None
        return operations, end.value
    return operations, None


def runs_of(program, begin):
    """Every way in which the rules that *begin* returns may go on: operations, answers and outcome; one error each."""
    waiting = [[]]
    while waiting:
        answers = waiting.pop()
        operations, outcome = answered(begin(), answers)
        if outcome is not None:
            yield operations, answers, outcome
            continue
        possible = answers_of(program, operations[-1])
        if operations[-1] == THE_END and (THE_END, True) in zip(operations, answers, strict=False):
            possible = [False]
        waiting += [[*answers, answer] for answer in possible]


def places_of(path, answers):
    """Where a step on *path* stands before each of *answers* and behind the last, as far as they are foreseen."""
    index = 0
    yield path, index
    for answer in answers:
        operation = path.operations[index]
        index += 1
        if index == len(path.operations) and path.outcome is None:
            path, index = path.further.get(answer), 0
            if path is None:
                return
        elif type(operation) in CERTAIN and answer is not CERTAIN[type(operation)]:
            return
        yield path, index


@pytest.mark.parametrize(
    ("model", "source"),
    [(remembering(), "b"), (completing(), "a"), (Objects.model, "idle")],
    ids=["remembering", "completing", "objects"],
)
def test_following_a_path_from_anywhere_is_what_the_rules_do(model, source):
    """Whatever the answers: the same operations, each of them once, the same outcome, and the same transitions taken.

    The rules run again only at an answer that was not foreseen, and then once.
    """
    program, leaves = program_of(model), leaves_of(model, source)
    ruled = []

    def begin():
        ruled[:] = [Step(program, leaves)]
        return rules.on_event(ruled[0], "go")

    def begin_again(step, replays):
        replays.append(True)
        return rules.on_event(step.begin(leaves), "go")

    path = explore(program, leaves, lambda step: rules.on_event(step, "go"))
    seen = {True: 0, False: 0}
    for operations, answers, outcome in runs_of(program, begin):
        taken = ruled[0].taken
        *places, last = places_of(path, answers)
        is_foreseen = len(places) == len(answers)
        for number, place in enumerate(places if is_foreseen else [*places, last]):
            replays = []
            step = Step(program, leaves, taken=[99])  # in an earlier step
            followed = answered(follow(*place, step, partial(begin_again, step, replays)), answers[number:])
            assert followed == (operations[number:], outcome)
            assert step.taken == taken
            assert replays == ([] if is_foreseen else [True])
            seen[is_foreseen] += 1
    assert min(seen.values()) > 10


def test_following_what_was_foreseen_never_asks_for_the_rules():
    """Also where there is nothing left to do but to end."""
    path = explored(completing(), "go", "a")
    step = Step(program_of(completing()))
    assert answered(follow(path.further[False], 0, step, pytest.fail), [False]) == ([THE_END], IGNORED)
