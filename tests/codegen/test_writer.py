"""Writing: the whole text of steps, line for line, and which operation every position in it stands for."""

from __future__ import annotations

import ast
import asyncio
import functools
import os
import subprocess
import sys
import types
from textwrap import dedent
from unittest.mock import Mock

import pytest
from support import go, note, rule, says
from support.inside import explored, leaves_of, written

import hsm
from hsm.codegen.explore import NeedsKernel, explore
from hsm.codegen.writer import DEPTH, LINES, write
from hsm.defining import program_of
from hsm.rules import operations as op
from hsm.rules import settling as rules


def ring(ctx, self, event):
    self.is_ringing = True


def is_open(ctx, self, event):
    return self.is_open


async def waits(ctx, self, event):
    await asyncio.sleep(0)


def door():
    """A door that is small enough to be read as a whole; its behaviours call nothing."""
    return hsm.define(
        "Door",
        hsm.state(
            "closed",
            hsm.exit(ring),
            go("open", "opened", hsm.guard(is_open)),
            hsm.defer("lock"),
        ),
        hsm.state("opened", hsm.transition(hsm.after(3), hsm.target("closed")), go("close", "closed")),
    )


def factory(body, *constants):
    """What stands around the step of a factory with these *constants*."""
    inner = "".join(f"    {line}\n" if line else "\n" for line in dedent(body).strip().splitlines())
    return f"def bind({', '.join(('PLAN', *constants))}):\n{inner}    return step\n"


def test_the_whole_text_of_a_step_with_behaviours():
    """A guard, an exit, a timer: marked as busy, with one way out for what is raised, and one for each outcome."""
    assert written(door(), "open", "closed").source == factory(
        """
        def step(record, event):
            record.steps = BUSY
            ctx = record.context
            instance = record.instance
            at = 0
            try:
                answer = guard_1(ctx, instance, event)
                if answer is not False:
                    if answer is not True:
                        return hand_over(record, event, PLAN, 0, answer)
                    at = 1
                    result = exit_2(ctx, instance, event)
                    if result is not None and awaits(result):
                        return hand_over(record, event, PLAN, 1, result)
                    record.leaves = leaves_3
                    at = None
                    arm(record, timer_4)
                    if record.steps is not BUSY:
                        return after(record, TAKEN)
                    record.steps = steps_5
                    return TAKEN
                if record.steps is not BUSY:
                    return after(record, IGNORED)
                record.steps = steps_6
                return IGNORED
            except BaseException as error:
                raised = error
            try:
                return failed(record, event, PLAN, at, raised)
            finally:
                del raised
        """,
        "guard_1", "exit_2", "leaves_3", "timer_4", "steps_5", "steps_6",
    )  # fmt: skip


def test_the_whole_text_of_a_step_without_behaviours():
    """Nothing of the user's runs: nothing has to be marked, and nothing can be raised."""
    assert written(door(), "close", "opened").source == factory(
        """
        def step(record, event):
            record.steps = QUEUED
            disarm(record, timer_1)
            record.leaves = leaves_2
            record.steps = steps_3
            return TAKEN
        """,
        "timer_1", "leaves_2", "steps_3",
    )  # fmt: skip


def test_an_event_that_does_nothing_is_one_line():
    """What nobody takes is ignored, what is deferred is kept."""
    step = "def step(record, event):\n    return "
    assert written(door(), "open", "opened").source == factory(f"{step}IGNORED")
    assert written(door(), "lock", "closed").source == factory(f"{step}defer_event(record, event)")


def test_a_step_that_may_suspend_behind_a_task_marks_itself_while_it_runs():
    """What such a task sends meanwhile comes from inside the step, and has to wait its turn."""
    returning = hsm.effect(lambda ctx, instance, event: instance.run())
    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.on("e"), returning)))
    lines = [line.strip() for line in written(model, "e", "a").source.splitlines()]
    assert lines[2:8] == [
        "chain = senders()",
        "if chain and len(chain) >= DEEPEST:",
        "return PLAN.by_kernel(record, event)",
        "record.steps = BUSY",
        "record.step_mark = mine = (record, None)",
        "token = mark(joined(chain, mine) if chain else (mine,))",
    ]
    end = lines.index("finally:")
    assert lines[end + 1 : end + 3] == ["unmark(token)", "try:"]


def calls(ctx, instance, event):
    print(event)


async def calls_later(ctx, instance, event):
    print(event)


class Partial(functools.partial):
    """May do something else when it is called."""


class Called:
    """What its call does is in a function."""

    def __call__(self, ctx, instance, event):
        print(event)


@types.coroutine
def generates(ctx, instance, event):
    print(event)
    yield


@rule("Q3")
@pytest.mark.parametrize(
    ("action", "is_marked"),
    [
        (calls, False),
        (calls_later, False),
        (functools.partial(calls), False),
        (Called(), False),
        (functools.partial(calls_later), True),
        (generates, True),
        (Partial(calls), True),
        (Mock(), True),
        (print, True),
    ],
)
def test_only_a_function_can_be_known_to_return_nothing_to_await(action, is_marked):
    """Whatever else is called may return something, for which the step has to be marked."""
    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.on("e"), hsm.effect(action))))
    assert written(model, "e", "a").is_marked is is_marked


def test_start_and_stop_leave_the_machine_to_whoever_asked():
    """They set what is active, and no steps: the machine is not at rest by then."""
    program = program_of(door())
    start = write(program, explore(program, (), rules.start), rests=False).source
    stop = write(program, explore(program, leaves_of(door(), "opened"), rules.stop), rests=False).source
    assert start == factory("def step(record, event):\n    record.leaves = leaves_1\n    return TAKEN", "leaves_1")
    assert stop == factory(
        "def step(record, event):\n    disarm(record, timer_1)\n    record.leaves = leaves_2\n    return TAKEN",
        "timer_1", "leaves_2",
    )  # fmt: skip


@pytest.mark.needs_system
def test_the_text_is_the_same_in_every_process():
    """Neither the order of a set nor an identity finds its way into it."""
    program = dedent(
        """
        import hsm
        steps = [hsm.transition(hsm.on(f"e{n}"), hsm.target(f"s{n}"), hsm.effect(lambda c, s, e: None)) for n in range(9)]
        states = [hsm.state(f"s{n}", hsm.entry(lambda c, s, e: None), hsm.exit(lambda c, s, e: None)) for n in range(9)]
        model = hsm.define("M", *states, hsm.transition(hsm.on("x", "y"), hsm.target("s3")), *steps)
        for n in range(9):
            print(hsm.generated(model, f"e{n}", "s0"), hsm.generated(model, "y", f"s{n}"))
        """
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(texts) == 1
    assert "def step(record, event):" in texts.pop()


def test_equal_shapes_have_equal_text_and_constants_of_their_own():
    """Two states of the same shape differ in what the parameters stand for, and in nothing else."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.effect(ring))),
        hsm.state("b", go("go", "c", hsm.effect(waits, ring)), go("step", "c", hsm.effect(ring))),
        hsm.state("c", go("go", "a", hsm.effect(ring))),
    )
    first, other, third = (written(model, event, path) for event, path in (("go", "a"), ("step", "b"), ("go", "c")))
    assert first.source == other.source == third.source
    assert len({repr(text.constants) for text in (first, other, third)}) == 3
    assert written(model, "go", "b").source != first.source


def test_every_number_is_the_position_of_its_operation():
    """What is called behind `at = number` is the behaviour at that position; what cannot be is handed over by it."""

    def seconds(ctx, self, event):
        return 1

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.deep_history("h"),
            hsm.state(
                "x",
                hsm.exit(note("-x"), note("-x2")),
                go("go", "/M/which", hsm.guard(says(True)), hsm.effect(note("e"))),
            ),
            hsm.state("y"),
            go("next", "/M/a/y"),
            go("skip", "/M/c"),
            hsm.exit(note("-a")),
        ),
        hsm.choice(
            "which",
            hsm.transition(hsm.guard(hsm.any_of(is_open, says(False))), hsm.target("b"), hsm.effect(note("1"))),
            hsm.transition(hsm.guard(waits), hsm.target("a/h")),
            hsm.transition(hsm.target("c"), hsm.effect(waits)),
        ),
        hsm.state("b", hsm.entry(note("+b"), waits), hsm.transition(hsm.after(3), hsm.target("c"))),
        hsm.state("c", hsm.transition(hsm.after(seconds), hsm.target("b")), go("back", "a/h", hsm.effect(note("<-")))),
    )
    program = program_of(model)
    seen = set()
    for path, event in (("a/x", "go"), ("a/x", "skip"), ("c", "back")):
        text = written(model, event, path)
        lines = [line.strip() for line in text.source.splitlines()]
        is_alone = "ctx = record.context" not in text.source
        given = "record.context, record.instance" if is_alone else "ctx, instance"
        names = {constant: name for name, constant in text.constants.items()}
        for number, position in enumerate(text.positions):
            operation = position.path.operations[position.index]
            seen.add(type(operation))
            behaviors = operation.behaviors if isinstance(operation, op.Run) else [getattr(operation, "behavior", None)]
            index = behaviors[position.in_list]
            if index is None or program.behaviors[index].may_suspend:
                assert lines.count(f"return hand_over(record, event, PLAN, {number})") == 1
                assert f"at = {number}" not in lines
                continue
            result = "answer" if isinstance(operation, op.Ask) else "result"
            place = lines.index(f"at = {number}") + 1
            place += lines[place] == "try:"
            call = f"{names[program.behaviors[index].role, index]}({given}, event)"
            assert lines[place] == f"{result} = {call}"
            assert text.behaviors[place + 1] == index
            assert f"return hand_over(record, event, PLAN, {number}, {result})" in lines[place + 2 : place + 4]
        assert len(text.behaviors) == sum(line.startswith(("answer =", "result =")) for line in lines)
    assert seen == {op.Ask, op.Run, op.Arm, op.AskHistory}


def test_a_note_says_role_place_and_position():
    """Behind the line of a behaviour, and behind no other line."""
    text = hsm.generated(door(), "open", "closed")
    noted = [line.split("  # ") for line in text.splitlines() if "  # " in line]
    assert [line.strip() for line, _ in noted] == [
        "answer = guard_1(ctx, instance, event)",
        "result = exit_2(ctx, instance, event)",
    ]
    first, second = (note.rpartition(":")[0] for _, note in noted)
    assert first == f"guard of /Door/closed on 'open' ({os.path.relpath(__file__)}"
    assert second == f"exit of /Door/closed ({os.path.relpath(__file__)}"
    assert (
        text.replace(noted[0][1], "").replace(noted[1][1], "").replace("  # ", "")
        == written(door(), "open", "closed").source
    )


def test_no_function_is_longer_than_what_python_likes():
    """What ten conditions of ten operands lead to, every time that they hold, is too much to write out."""
    few, many = (
        hsm.define(
            "M",
            hsm.state(
                "a",
                go("e", "b", *[hsm.guard(hsm.any_of(*[says(True)] * n)) for _ in range(n)], hsm.effect(*[ring] * n)),
            ),
            hsm.state("b"),
        )
        for n in (2, 10)
    )
    assert written(few, "e", "a").source.count("\n") < LINES
    with pytest.raises(NeedsKernel):
        written(many, "e", "a")
    assert hsm.generated(many, "e", "a") is None


@pytest.mark.parametrize(("count", "is_written"), [(LINES // 2, True), (LINES, False)])
def test_lines_are_counted_where_one_operation_takes_many(count, is_written):
    """Disarming the timers of a state is one operation, and a line for each of them."""
    late = [hsm.transition(hsm.after(3), hsm.target("b"))] * count
    model = hsm.define("M", hsm.state("a", *late, go("e", "b")), hsm.state("b"))
    assert len(explored(model, "e", "a").operations) < 10
    text = hsm.generated(model, "e", "a")
    assert (text is not None) is is_written
    assert text is None or text.count("disarm(record, timer_") == count


@pytest.mark.parametrize(("count", "is_written"), [(DEPTH - 5, True), (DEPTH, False)])
def test_levels_are_counted(count, is_written):
    """Each guard of a row is asked within the one before; Python reads what is written."""
    model = hsm.define("M", hsm.state("a", go("e", "b", *[hsm.guard(is_open)] * count)), hsm.state("b"))
    assert explored(model, "e", "a")
    text = hsm.generated(model, "e", "a")
    assert (text is not None) is is_written
    assert text is None or compile(text, "step", "exec")


ODD = ["a\nraise SystemExit", "a\r\nb", "a\x0bb\x0c", "a\x1c\x85b", "a\u2028b\u2029", "a\x00b", "a\ud800b", "a\\nb"]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_names_of_any_kind_leave_the_text_whole(odd):
    """Comments stay comments: what is shown of a step is the very program that is run."""
    model = hsm.define(
        odd, hsm.state(odd, hsm.exit(note("-")), go(odd, "../b", hsm.effect(note("go")))), hsm.state("b")
    )
    text = hsm.generated(model, odd, odd)
    bare = written(model, odd, odd).source
    assert [line.split("  # ")[0] for line in text.splitlines()] == bare.splitlines()
    assert text.count("  # ") == 2
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(bare))
