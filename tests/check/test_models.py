"""The rules about a model: what each finds, and where it is silent."""

from __future__ import annotations

import pytest

# --- HSM101: no way out ---------------------------------------------------------------------------------------

LAMP = """
define("Lamp",
    state("off", go("press", target("on"))),
    state("on", go("press", target("off")), go("drop", target("broken"))),
    {0}
)
"""


@pytest.mark.parametrize(
    "broken",
    [
        'state("broken"),',
        'state("broken", entry(act), go("look", effect(act))),',
        'state("broken", activity(act), go("look", target("."))),',
    ],
)
def test_a_state_that_nothing_leaves_is_found(found_in, broken):
    """Also if it reacts to something, or works: nothing of that leaves it."""
    assert found_in(LAMP.format(broken)) == [("HSM101", broken)]


@pytest.mark.parametrize(
    "broken",
    [
        'final("broken"),',
        'state("broken", go("repair", target("off"))),',
        'state("broken"), go("repair", target("off")),',
        'state("broken", state("a"), go("repair", target("off"))),',
        'state("broken", region("r", state("a")), region("q", state("b", go("x", target("/Lamp/off"))))),',
        'state("broken", region("r", state("a", go("x", target("b"))), state("b")), go("repair", target("/Lamp/off"))),',
    ],
)
def test_a_state_that_something_leaves_is_fine(found_in, broken):
    """A transition of its own, of a state around it, or of another region is a way out; a final state needs none."""
    assert [each for each in found_in(LAMP.format(broken)) if each[0] == "HSM101"] == []


def test_an_end_of_a_model_that_only_runs_is_meant(found_in):
    """Without a cycle and without a final state, the last states are where the model is meant to stay."""
    program = 'define("M", state("a", go("x", target("b")), go("y", target("c"))), state("b"), state("c", go("z", target("."))))'
    assert found_in(program) == []


def test_a_state_that_does_not_come_to_the_end_is_found(found_in):
    """Where there is a final state, a state that stays behind is a dead end; so it is inside of a composite."""
    program = """
        define("M",
            state("a", go("x", target("b")), go("y", target("c"))),
            state("b"),
            final("c"))
        define("N",
            state("work",
                state("a", go("x", target("b")), go("y", target("c"))),
                state("b"),
                final("c"),
                to("../done")),
            final("done"))
        """
    assert found_in(program) == [("HSM101", 'state("b"),'), ("HSM101", 'state("b"),')]


def test_a_region_is_looked_at_by_itself(found_in):
    """A cycle in one region says nothing of the state of another."""
    program = """
        define("M",
            region("r", state("a", go("x", target("b"))), state("b", go("x", target("a")))),
            region("q", state("c", go("y", target("d"))), state("d")))
        """
    assert found_in(program) == []


def test_what_is_written_once_is_wrong_only_if_it_is_wrong_everywhere(found_in):
    """A part of a submachine has a way out where the submachine has one; a generated state is reported once."""
    program = """
        part = define("Part",
            state("a", go("x", target("b"))), state("b", go("x", target("a")), go("y", target("c"))),
            state("c"))
        define("Whole", submachine("s", part, go("z", target("."))), )
        define("Other", state("t", go("z", target("s"))), submachine("s", part, go("z", target("t"))))
        for name in ("One", "Two"):
            define(name,
                state("a", go("x", target("b"))), state("b", go("x", target("a")), go("y", target("d"))),
                state("d"))
        """
    assert found_in(program) == [("HSM101", 'state("d"))')]


def test_what_cannot_be_reached_is_reported_for_that_alone(found_in):
    """HSM060 is enough for an unreachable state."""
    program = 'define("M", state("a", go("x", target("b"))), state("b", go("x", target("a"))), state("c"))'
    assert found_in(program, knows=["HSM060"]) == []


# --- HSM104: errors -------------------------------------------------------------------------------------------

FAIL = "def fail(ctx, instance, event):\n    raise ValueError\n"


@pytest.mark.parametrize(
    "model",
    [
        'state("a", entry(fail))',
        'state("a", exit(fail), go("x", target(".")))',
        'state("a", activity(fail))',
        'state("a", go("x", effect(fail)))',
        'state("a", go("x", guard(fail)), go("x", effect(act), guard(any_of(held, not_(fail)))))',
        'state("a", transition(every(fail)))',
        'initial(target("a"), effect(fail)), state("a")',
        'state("a", go("x", target("c"))), choice("c", transition(guard(fail), target("a")), to("b")), state("b", go("x", target("a")))',
        'region("r", state("a", entry(fail), go("y", target("b"))), state("b", go("y", target("a")), go("hsm_error"))), region("q", state("c", go("y", target("."))))',
    ],
)
def test_a_behaviour_that_raises_without_a_handler_is_found(found_in, model):
    """Whatever kind of behaviour raises, and whatever it belongs to; a handler in a state that excludes it is none."""
    found = found_in(f'{FAIL}\ndefine("M",\n{model})')
    assert {code for code, _ in found if code != "HSM105"} == {"HSM104"}


@pytest.mark.parametrize(
    "model",
    [
        'state("a", entry(fail), go("hsm_error"))',
        'state("a", state("b", entry(fail))), go("hsm_error")',
        'state("a", go("x", target("b"), effect(fail))), state("b", go("hsm_error"), go("x", target("a")))',
        'state("a", exit(fail), go("x", target("b"))), state("b", go("x", target("a")), state("c", go("hsm_error")))',
        'region("r", state("a", activity(fail))), region("q", state("b", go("hsm_error")))',
        'state("a", go("hsm_error", effect(fail)))',
        'state("a", transition(on_call("x"), effect(fail)))',
    ],
)
def test_an_error_that_somebody_handles_is_fine(found_in, model):
    """A handler of the state, around it, in it, beside it, or where the transition leads; of a call it is the caller."""
    assert found_in(f'{FAIL}\ndefine("M",\n{model})') == []


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        raise ValueError\n    except ValueError: pass",
        "with contextlib.suppress(ValueError):\n        raise ValueError",
        "def inner(): raise ValueError",
        "raise NotImplementedError",
        "raise asyncio.CancelledError()",
        "lambda: (_ for _ in ()).throw(ValueError)",
        "other(ctx, instance, event)",
    ],
)
def test_only_what_surely_raises_counts(found_in, body):
    """What is caught, what another function does, and what becomes no event says nothing."""
    assert found_in(f'def fail(ctx, instance, event):\n    {body}\ndefine("M", state("a", entry(fail)))') == []


@pytest.mark.parametrize(
    "body",
    [
        "if event.data:\n        raise",
        "with open('x') as f:\n        raise ValueError('x')",
        "try:\n        other()\n    except ValueError:\n        raise KeyError from None",
        "try:\n        other()\n    finally:\n        raise errors.Own",
        "match event:\n        case _: raise make('x')[0]",
    ],
)
def test_a_raise_is_found_wherever_it_stands(found_in, body):
    """In a branch, a with statement, a handler."""
    assert found_in(f'def fail(ctx, instance, event):\n    {body}\ndefine("M", state("a", entry(fail)))') == [
        ("HSM104", 'define("M", state("a", entry(fail)))')
    ]


def test_a_function_of_another_file_is_found_by_its_name(found_in):
    """If only one file has it; of two with one name nothing is known, and nothing of one that no file has."""
    program = 'from elsewhere import fail\ndefine("M", state("a", entry(fail), exit(print)))'
    elsewhere = f"import hsm\n{FAIL}"
    assert [code for code, _ in found_in(program, elsewhere=elsewhere)] == ["HSM104"]
    assert found_in(program, elsewhere=elsewhere, another=elsewhere) == []


def test_who_sends_may_catch(found_in):
    """Where the sources catch what `dispatch` raises, only what has no sender is reported."""
    program = f"""
{FAIL}
async def late(ctx, instance, event):
    raise ValueError
define("M", state("a", go("x", effect(fail)),
    activity(late)))
async def main(machine):
    try:
        await machine.dispatch("x")
    except ValueError:
        pass
"""
    assert found_in(program) == [("HSM104", "activity(late)))")]


# --- HSM105: equal branches -----------------------------------------------------------------------------------

CHOICE = """
define("M",
    state("a", go("x", target("c"))),
    {0}
    state("b", go("x", target("a"))))
"""


@pytest.mark.parametrize("kind", ["choice", "junction"])
def test_branches_that_do_the_same_are_found(found_in, kind):
    """All of them, or the last two; also with the same effects."""
    both = f'{kind}("c", transition(guard(held), target("a"), effect(act)), to("a", effect(act))),'
    assert found_in(CHOICE.format(both), knows=["HSM060"]) == [("HSM105", both)]
    last = f'{kind}("c", transition(guard(held), target("b")),\n transition(guard(other), target("a")),\n to("a")),'
    assert found_in(CHOICE.format(last)) == [("HSM105", 'transition(guard(other), target("a")),')]


@pytest.mark.parametrize(
    "branches",
    [
        'transition(guard(held), target("b")), to("a")',
        'transition(guard(held), target("a")), transition(guard(other), target("a")), to("b")',
        'transition(guard(held), target("a"), effect(act)), to("a", effect(say))',
        'transition(guard(held), target("a"), effect(act)), to("a")',
        'transition(guard(held), target("a"), effect(lambda c, i, e: 1)), to("a", effect(lambda c, i, e: 2))',
        'transition(guard(held), target("a"), effect(functools.partial(counted, 1))), to("a", effect(functools.partial(counted, 2)))',
    ],
)
def test_branches_that_differ_are_fine(found_in, branches):
    """By target or by effect; an "or" of two guards; and what may differ, as with lambdas and partials."""
    assert found_in(CHOICE.format(f'choice("c", {branches}),'), knows=_reach(branches)) == []


def _reach(branches):
    return [] if 'target("b")' in branches or 'to("b"' in branches else ["HSM060"]


# --- HSM106: timers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ('state("a", transition(after(1), target("b")),\n transition(after(2), target("c")))', 'transition(after(2), target("c")))'),
        ('state("a", transition(after(1), target("b")),\n transition(every(2), effect(act)), go("z", target("c")))', 'transition(every(2), effect(act)), go("z", target("c")))'),
        ('state("a", transition(every(1), target("b")),\n transition(after(1), target("c")))', 'transition(after(1), target("c")))'),
        ('state("a", go("z", target("c")), transition(after(1), target(".")),\n transition(after(2), target("b")))', 'transition(after(2), target("b")))'),
        ('state("a", go("z", target("c")), transition(after(1), target("b")), state("in",\n transition(after(2))))', "transition(after(2))))"),
        ('state("a", go("z", target("c")), transition(after(1), target("in"), external()), state("in",\n transition(after(2), target("b"))))', 'transition(after(2), target("b"))))'),
    ],
)  # fmt: skip
def test_a_timer_that_comes_too_late_is_found(found_in, model, line):
    """After a shorter one of its state or of one around it, also with itself as the target; at the same time, the first."""
    rest = ', state("b", go("x", target("a"))), state("c", go("x", target("a")))'
    found = [text for code, text in found_in(f'define("M",\n{model}{rest})') if code == "HSM106"]
    assert [text.startswith(line) for text in found] == [True]


@pytest.mark.parametrize(
    "model",
    [
        'state("a", transition(after(1), guard(held), target("b")), transition(after(2), target("c")))',
        'state("a", transition(after(1)), transition(after(2), target("b")), go("z", target("c")))',
        'state("a", transition(after(2), guard(held), target("c")), transition(every(3), target("b")))',
        'state("a", transition(after(lambda c, i, e: 1), target("b")), transition(after(2), target("c")))',
        'state("a", go("z", target("b"), guard(held)), go("y", target("c")), transition(after(1), target("in")), state("in", transition(after(2), target("b"))))',
        'state("a", go("z", target("b")), transition(after(1), target("j")), transition(after(2), target("c"))), junction("j", transition(guard(held), target("b")))',
    ],
)  # fmt: skip
def test_a_timer_that_may_fire_is_fine(found_in, model):
    """After a guard, an internal or a local transition, one that is longer or unknown, or one that may be closed."""
    rest = ', state("b", go("x", target("a"))), state("c", go("x", target("a")))'
    found = found_in(f'define("M",\n{model}{rest})')
    assert [each for each in found if each[0] == "HSM106"] == []


# --- HSM107: deferrals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        'state("a", defer("y"), go("x", target("."))) ',
        'defer("y"), state("a", go("x", target(".")))',
        'state("a", defer("y.*"), go("x", target(".")), go("y"))',
        'state("a", defer("y.z"), go("x.*", target(".")))',
        'state("a", defer("y.*"), go("x.*", target(".")))',
        'state("a", defer("y"), go("x", target("."))), go("y")',
    ],
)
def test_a_deferral_that_comes_to_nothing_is_found(found_in, model):
    """No transition takes what is deferred, or the state is never left."""
    assert [code for code, _ in found_in(f'define("M", {model})')] == ["HSM107"]


TAKERS = ['go("y.z")', 'go("y.*")', 'go("y.z.*")', 'go("*")', 'transition(on_call("y.z"))']


@pytest.mark.parametrize(
    ("taker", "pattern"),
    [(taker, pattern) for taker in TAKERS for pattern in ("y.z", "y.*", "*") if (taker, pattern) != (TAKERS[2], "y.z")],
)
def test_a_deferral_that_may_be_recalled_is_fine(found_in, taker, pattern):
    """A name and a pattern that overlap, on whichever side; and a call."""
    program = (
        f'define("M", state("a", defer("{pattern}"), go("x", target("b"))), state("b", {taker}, go("x", target("a"))))'
    )
    assert found_in(program) == []


def test_a_deferral_in_a_state_that_stays_may_be_recalled_inside(found_in):
    """A state that is never left recalls what a state in it takes later on (rule D2)."""
    program = 'define("M", defer("y"), state("a", go("x", target("b"))), state("b", go("y", target("a"))))'
    assert found_in(program) == []


# --- HSM108, HSM109, HSM112: shadows --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inner", "outer"),
    [("x", "x"), ("*", "x"), ("*", "x.*"), ("x.*", "x.y"), ("x.*", "x.y.*"), ("*", "*"), ("hsm_error", "hsm_error")],
)
def test_a_transition_that_is_always_taken_further_in_is_found(found_in, inner, outer):
    """By the same name, or by a pattern that means all that it means."""
    program = f"""
        define("M", state("a", state("b", go("{inner}"), go("z", target("c"))), state("c", state("d", go("z", target("b"))), go("{inner}")),
            go("{outer}", effect(act)), go("out", target("e"))),
            state("e", go("z", target("a"))))
        """
    found = [each for each in found_in(program) if each[0] == "HSM108"]
    assert found[:1] == [("HSM108", f'go("{outer}", effect(act)), go("out", target("e"))),')]


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ('go("x", guard(held))', 'go("x")'),
        ('go("x", target("j"))', 'go("x")'),
        ('go("x")', 'go("x.*")'),
        ('go("x.*")', 'go("*")'),
        ('go("*")', 'go("hsm_error")'),
        ('go("x.*")', 'go("x")'),
        ('go("x")', 'transition(on("x"), after(1))'),
        ('transition(on_call("x"))', 'go("x")'),
        ('go("x")', 'transition(on("x", "y"))'),
    ],
)
def test_a_transition_that_is_sometimes_left_over_is_fine(found_in, inner, outer):
    """Behind a guard, a junction, a narrower pattern; with a timer, or another name, that nothing takes."""
    program = f"""
        define("M", state("a", state("b", {inner}), {outer}), junction("j", transition(guard(held), target("a"))))
        """
    knows = [] if '"j"' in inner else ["HSM060"]
    assert [each for each in found_in(program, knows=knows) if each[0] == "HSM108"] == []


def test_a_final_state_and_regions_leave_everything_over(found_in):
    """In a final state nothing takes an event, and regions choose each for itself."""
    program = """
        define("M", state("a", state("b", go("x", target("c"))), final("c"), go("x", target("d"))), state("d", go("x", target("a"))))
        define("N", state("a", region("r", state("b", go("x"))), region("q", state("c")), go("x", target("d"))), state("d", go("x", target("a"))))
        """
    assert found_in(program) == []


@pytest.mark.parametrize(
    "guards",
    ["held", "all_of(held, other)", "not_(held)", 'in_state("b")', "any_of(held, not_(other))"],
)
def test_a_second_transition_with_the_same_guard_is_found(found_in, guards):
    """Whatever the guard is made of."""
    program = f"""
        define("M", state("a", go("x", guard({guards}), target("c")),
            go("x", guard({guards}), target("d")),
            state("b")), state("c", go("x", target("a"))), state("d", go("x", target("a"))))
        """
    assert found_in(program) == [("HSM109", f'go("x", guard({guards}), target("d")),')]


def test_a_branch_with_the_same_guard_is_found(found_in):
    """In a choice it is a branch that can never be chosen; a completion transition has no name, and counts as well."""
    program = """
        define("M", state("a", to("c", guard(held)),
            to("b", guard(held)), to("d")), choice("c", transition(guard(held), target("b")),
            transition(guard(held), target("d")),
            to("a")), state("b", go("x", target("a"))), state("d", go("x", target("a"))))
        """
    assert [code for code, _ in found_in(program)] == ["HSM109", "HSM109"]


@pytest.mark.parametrize(
    "second",
    [
        'go("x", guard(other), target("d"))',
        'go("y", guard(held), target("d"))',
        'transition(on("x", "y"), guard(held), target("d"))',
        'transition(after(1), guard(held), target("d"))',
        'go("x", guard(held, other), target("d"))',
        'go("x", guard(functools.partial(counted, 1)), target("d"))',
        'go("x", guard(lambda c, i, e: True), target("d"))',
        'go("x", target("d"))',
    ],
)
def test_a_second_transition_that_may_fire_is_fine(found_in, second):
    """With another guard, or none, another event, or a function that only has the same name."""
    program = f'define("M", state("a", go("x", guard(held), target("c")), {second}), state("c", go("x", target("a"))), state("d", go("x", target("a"))))'
    assert found_in(program) == []


def test_a_first_transition_that_may_be_closed_is_fine(found_in):
    """Behind a junction the second one may still be needed; and of one place in a loop nothing is known."""
    program = """
        define("M", state("a", go("x", guard(held), target("j")), go("x", guard(held), target("c"))),
            junction("j", transition(guard(other), target("c"))), state("c", go("x", target("a"))))
        def made(number): return lambda c, i, e: True
        define("N", state("a", *[go("x", guard(made(each)), target("c")) for each in range(2)]), state("c", go("x", target("a"))))
        """
    assert found_in(program) == []


@pytest.mark.parametrize(
    ("guards", "is_found"),
    [
        ('in_state("/M/b")', True),
        ('all_of(held, in_state("/M/b"))', True),
        ('any_of(held, in_state("/M/b"))', False),
        ('not_(in_state("/M/b"))', False),
        ('in_state("/M")', False),
        ('in_state("/M/a/r/c")', False),
    ],
)
def test_a_guard_that_never_holds_is_found(found_in, guards, is_found):
    """If it requires a state that excludes its own; not if something else may make it true."""
    program = f"""
        define("M", state("a", region("r", state("c",
            go("x", guard({guards}), target("/M/b")))), region("q", state("d")), go("y", target("b"))), state("b", go("x", target("a"))))
        """
    assert [code for code, _ in found_in(program)] == (["HSM112"] if is_found else [])


# --- HSM110, HSM111: completions ------------------------------------------------------------------------------


def test_a_composite_that_never_completes_is_found(found_in):
    """Without a final state of its own, or of each region; with them it is fine."""
    program = """
        define("M", state("a", state("b", go("x", target("c"))), final("c"), to("d")), state("d", go("x", target("e"))),
            state("e", state("f"), go("y", target("g")),
                to("a")),
            state("g", region("r", state("h", go("x", target("i"))), final("i")), region("q", state("k")), go("x.y", target("a")),
                to("d")))
        """
    assert found_in(program) == [("HSM110", 'to("a")),'), ("HSM110", 'to("d")))')]


def test_a_completion_of_the_model_is_left_to_its_start(found_in):
    """HSM066 says so where it is known that the model runs alone."""
    assert found_in('define("M", state("a", go("x", target("."))), to("a"))') == []


def test_what_a_state_that_completes_at_once_never_does_is_found(found_in):
    """Events and timers never come; errors come before the completion, conditions in the same step."""
    program = """
        define("M", state("a", go("x", target("b"))), state("b", to("a"),
            go("y", target("a")),
            go("hsm_error"),
            transition(when(held), target("a")),
            transition(after(3), target("a"))))
        """
    assert found_in(program) == [("HSM111", 'go("y", target("a")),'), ("HSM111", 'transition(after(3), target("a"))))')]


@pytest.mark.parametrize(
    "part", ['activity(act), to("c")', 'to("c", guard(held))', 'transition(effect(act)), go("w", target("c"))']
)
def test_a_state_that_may_wait_is_fine(found_in, part):
    """For an activity, behind a guard, or as nothing leaves it."""
    program = f"""
        define("M", state("a", go("x", target("b"))), state("b", {part}, go("y", target("a"))), state("c", go("x", target("a"))))
        """
    assert found_in(program) == []


def test_one_reason_is_enough(found_in):
    """A transition that two rules find dead is reported once."""
    program = """
        define("M", state("a", go("x", target("b"))), state("b", to("a"), go("y", guard(held), target("a")),
            go("y", guard(held), target("a"))))
        """
    assert [code for code, _ in found_in(program)] == ["HSM111", "HSM111"]


def test_what_a_helper_builds_is_told_apart(found_in):
    """Two transitions that one function builds are two mistakes, each with its place in the model."""
    program = """
        def step(name, *parts): return transition(on(name), *parts)
        define("M", state("a", step("x", guard(held), target("b")), step("x", guard(held), target("b"))),
            state("b", step("y", guard(held), target("a")), step("y", guard(held), target("a")), step("z", target("a"))))
        """
    line = "def step(name, *parts): return transition(on(name), *parts)"
    assert found_in(program) == [("HSM109", line), ("HSM109", line)]


def test_what_a_model_overrides_is_judged_where_it_stands(found_in):
    """What a submachine says as a state of the model around it belongs to that."""
    program = """
        part = define("Part", state("a", go("x", target("b"))), final("b"))
        define("Whole", submachine("s", part, to("t")), state("t", go("x", target("s"))))
        define("Never", submachine("s", define("Endless", state("a", go("x", target(".")))), go("y", target("t")),
            to("t")), state("t", go("x", target("s"))))
        """
    assert found_in(program) == [("HSM110", 'to("t")), state("t", go("x", target("s"))))')]
