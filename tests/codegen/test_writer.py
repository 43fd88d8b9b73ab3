"""Writing: the whole text of steps, line for line, and which line does which operation."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from textwrap import dedent

import pytest
from support import go, note, says

import hsm
from hsm.api import program_of
from hsm.codegen import specialize
from hsm.codegen.blocks import Act, Arm, Ask, Make, Recall
from hsm.codegen.deciding import NeedsKernel
from hsm.codegen.writer import LINES, write
from hsm.program import vertex_at


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


CLOSED, OPENED = 1, 2


def written(model, leaves, event):
    """The text of the step of *leaves* on *event*."""
    program = program_of(model)
    return write(program, specialize.on_event(program, leaves, event), rests=True)


def factory(body, *constants):
    """What stands around the step of a factory with these *constants*."""
    inner = "".join(f"    {line}\n" if line else "\n" for line in dedent(body).strip().splitlines())
    return f"def bind({', '.join(('PLAN', *constants))}):\n{inner}    return step\n"


def test_the_whole_text_of_a_step_with_behaviours():
    """A guard, an exit, a timer: marked as busy, with one way out for what is raised, and one for each outcome."""
    assert written(door(), (CLOSED,), "open").source == factory(
        """
        def step(machine, event):
            machine.steps = BUSY
            ctx = machine.context
            instance = machine.instance
            try:
                answer = guard_1(ctx, instance, event)
                if answer is not False:
                    if answer is not True:
                        return hand_over(machine, event, PLAN, 7, answer)
                    given = exit_2(ctx, instance, event)
                    if given is not None and awaits(given):
                        return hand_over(machine, event, PLAN, 11, given)
                    machine.leaves = leaves_3
                    arm(machine, timer_4)
                    if machine.steps is not BUSY:
                        return after(machine, TAKEN)
                    machine.steps = steps_5
                    return TAKEN
                if machine.steps is not BUSY:
                    return after(machine, IGNORED)
                machine.steps = steps_6
                return IGNORED
            except BaseException as error:
                raised = error
            try:
                return failed(machine, event, PLAN, raised)
            finally:
                del raised
        """,
        "guard_1", "exit_2", "leaves_3", "timer_4", "steps_5", "steps_6",
    )  # fmt: skip


def test_the_whole_text_of_a_step_without_behaviours():
    """Nothing of the user's runs: nothing has to be marked, and nothing can be raised."""
    assert written(door(), (OPENED,), "close").source == factory(
        """
        def step(machine, event):
            disarm(machine, timer_1)
            machine.leaves = leaves_2
            machine.steps = steps_3
            return TAKEN
        """,
        "timer_1", "leaves_2", "steps_3",
    )  # fmt: skip


def test_an_event_that_does_nothing_is_one_line():
    """What nobody takes is ignored, what is deferred is held back."""
    step = "def step(machine, event):\n    return "
    assert written(door(), (OPENED,), "open").source == factory(f"{step}IGNORED")
    assert written(door(), (CLOSED,), "lock").source == factory(f"{step}hold(machine, event)")


def test_where_behaviours_may_start_tasks_a_step_looks_who_sends():
    """What such a task sends comes from inside the machine, and has to wait its turn."""
    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.on("e"), hsm.effect(note("x")))))
    lines = [line.strip() for line in written(model, (1,), "other").source.splitlines()]
    assert lines[2:5] == ["chain = senders()", "if machine in chain:", "return by_turns(machine, event)"]
    assert "unmark(token)" in written(model, (1,), "e").source


def test_start_and_stop_leave_the_machine_to_whoever_asked():
    """They set what is active, and no steps: the machine is not at rest by then."""
    program = program_of(door())
    start = write(program, specialize.start(program), rests=False).source
    stop = write(program, specialize.stop(program, (OPENED,)), rests=False).source
    assert start == factory("def step(machine, event):\n    machine.leaves = leaves_1\n    return TAKEN", "leaves_1")
    assert stop == factory(
        "def step(machine, event):\n    disarm(machine, timer_1)\n    machine.leaves = leaves_2\n    return TAKEN",
        "timer_1", "leaves_2",
    )  # fmt: skip


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
    assert "def step(machine, event):" in texts.pop()


def test_equal_shapes_have_equal_text_and_constants_of_their_own():
    """Two states of the same shape differ in what the parameters stand for, and in nothing else."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.effect(ring))),
        hsm.state("b", go("go", "c", hsm.effect(waits, ring)), go("step", "c", hsm.effect(ring))),
        hsm.state("c", go("go", "a", hsm.effect(ring))),
    )
    first, other, third = (
        written(model, leaves, event) for leaves, event in (((1,), "go"), ((2,), "step"), ((3,), "go"))
    )
    assert first.source == other.source == third.source
    assert len({repr(text.constants) for text in (first, other, third)}) == 3
    assert written(model, (2,), "go").source != first.source


def test_every_point_is_the_line_of_its_operation():
    """The line that stands for an operation calls the behaviour of that very operation, or hands it over."""

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
    for path, event in (("a/x", "go"), ("c", "back")):
        text = written(model, (vertex_at(program, path),), event)
        lines = text.source.splitlines()
        names = {constant: name for name, constant in text.constants.items()}
        for number, point in text.points.items():
            operation, line = point.block.operations[point.place], lines[number - 1].strip()
            seen.add(type(operation))
            if isinstance(operation, Ask | Act) and not program.behaviors[operation.behavior].may_suspend:
                behavior = program.behaviors[operation.behavior]
                is_alone = "ctx = machine.context" not in text.source
                given = "machine.context, machine.instance" if is_alone else "ctx, instance"
                called = f"{names[behavior.role, operation.behavior]}({given}, event)"
                if called not in line:  # the line behind the call, which looks at what was given
                    assert called in lines[number - 2]
                    assert line == "if given is not None and awaits(given):"
            else:
                assert line == f"return hand_over(machine, event, PLAN, {number})"
    assert {Ask, Act, Recall} <= seen <= {Ask, Act, Arm, Make, Recall}


def test_a_note_says_role_place_and_position():
    """Behind the line of a behaviour, and behind no other line."""
    text = hsm.generated(door(), "open", "closed")
    noted = [line.split("  # ") for line in text.splitlines() if "  # " in line]
    assert [line.strip() for line, _ in noted] == [
        "answer = guard_1(ctx, instance, event)",
        "given = exit_2(ctx, instance, event)",
    ]
    first, second = (note.rpartition(":")[0] for _, note in noted)
    assert first == f"guard of /Door/closed on 'open' ({os.path.relpath(__file__)}"
    assert second == f"exit of /Door/closed ({os.path.relpath(__file__)}"
    assert (
        text.replace(noted[0][1], "").replace(noted[1][1], "").replace("  # ", "")
        == written(door(), (CLOSED,), "open").source
    )


def test_no_function_is_longer_than_what_python_likes():
    """Every way through ten conditions of ten operands has the rest of the step in it: too much to write out."""
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
    assert written(few, (1,), "e").source.count("\n") < LINES
    with pytest.raises(NeedsKernel):
        written(many, (1,), "e")
    assert hsm.generated(many, "e", "a") is None
