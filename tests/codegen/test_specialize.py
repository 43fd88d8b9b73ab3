"""Specialising: what the blocks of a step say, and where they leave it to the kernel."""

from __future__ import annotations

import sys

import pytest
from support import go, note, says, started

import hsm
from hsm.api import program_of
from hsm.codegen import specialize
from hsm.codegen.blocks import Act, Arm, Ask, Disarm, End, Hold, Move, Recall, Remember
from hsm.codegen.deciding import NeedsKernel
from hsm.codegen.writer import write
from hsm.program import vertex_at

TAKEN, IGNORED = hsm.Outcome.TAKEN, hsm.Outcome.IGNORED


def block(model, event, *paths):
    """What the configuration *paths* does with *event*."""
    program = program_of(model)
    return specialize.on_event(program, tuple(vertex_at(program, path) for path in paths), event)


def test_a_step_is_leaving_effects_and_entering_in_order():
    """Every action with the way behind its list, and what is active before each of them."""
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
    a, x, b = 1, 2, 3
    behaviors = {behavior.name: index for index, behavior in enumerate(program_of(model).behaviors)}
    assert len(behaviors) == 1
    program = program_of(model)
    (exit_x,), (exit_a, exit_a2), (entry_b,) = (
        program.vertices[x].exit,
        program.vertices[a].exit,
        program.vertices[b].entry,
    )
    (effect,) = program.transitions[program.vertices[a].triggers.exact["go"][0]].effects
    assert block(model, "go", "a/x").operations == [
        Act(exit_x, 1),
        Move((a,)),
        Act(exit_a, 2),
        Act(exit_a2, 1),
        Move((0,)),
        Act(effect, 1),
        Move((b,)),
        Act(entry_b, 1),
        End(TAKEN, (b,)),
    ]


def test_a_guard_leads_to_two_blocks():
    """What raises counts as false, in `not_` too."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.guard(hsm.not_(says(True)))), go("go", "c")),
        hsm.state("b"),
        hsm.state("c"),
    )
    (ask,) = block(model, "go", "a").operations
    assert isinstance(ask, Ask)
    assert ask.no.operations == [Move((2,)), End(TAKEN, (2,))]
    assert ask.yes.operations == ask.failed.operations == [Move((3,)), End(TAKEN, (3,))]


def test_what_is_known_of_the_configuration_is_asked_at_once():
    """`in_state` is no question when the step is made for one configuration."""

    def inner(name):
        return hsm.region(name, hsm.state("x", go(f"{name}.on", "../y")), hsm.state("y"))

    out = go("go", "/M/end", hsm.guard(hsm.in_state("/M/p/r/y")))
    model = hsm.define("M", hsm.state("p", inner("r"), inner("s"), out), hsm.state("end"))
    assert block(model, "go", "p/r/x", "p/s/x").operations[-1].outcome is IGNORED
    assert block(model, "go", "p/r/y", "p/s/x").operations[-1].outcome is TAKEN


def test_held_back_is_one_operation():
    """Whether or not an outer state would take it."""
    model = hsm.define("M", hsm.state("a", hsm.state("x", hsm.defer("later")), go("later", "b")), hsm.state("b"))
    assert block(model, "later", "a/x").operations == [Hold()]


def test_timers_and_memories_are_operations():
    """A state with a history and a timer is left and entered."""
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
    a, h, x, y, b = (vertex_at(program_of(model), path) for path in ("a", "a/h", "a/x", "a/y", "b"))
    assert block(model, "go", "a/y").operations == [
        Remember(a, (y,)),
        Move((a,)),
        Disarm(a),
        Move((b,)),
        End(TAKEN, (b,)),
    ]
    *before, recall = block(model, "back", "b").operations
    assert before == [Move((a,)), Arm(a)]
    assert isinstance(recall, Recall)
    assert (recall.history, recall.vertex) == (h, a)
    assert {memory: way.operations for memory, way in recall.ways.items()} == {
        (leaf,): [Move((leaf,)), End(TAKEN, (leaf,))] for leaf in (x, y)
    }
    assert recall.default.operations == [Move((x,)), End(TAKEN, (x,))]


@pytest.mark.parametrize(
    "parts",
    [
        [hsm.state("a", go("e", "b")), hsm.state("b", hsm.activity(note("works")))],
        [hsm.state("a", hsm.activity(note("works")), go("e", "b")), hsm.state("b")],
        [hsm.state("a", go("e", "end")), hsm.final("end")],
        [hsm.state("a", go("e", "end")), hsm.terminate("end")],
        [hsm.state("a", go("e", "j")), hsm.junction("j", hsm.transition(hsm.guard(says(True)), hsm.target("b"))), hsm.state("b")],
        [hsm.state("a", go("e", "b"), hsm.transition(hsm.when(says(False)), hsm.target("b"))), hsm.state("b")],
    ],
    ids=["an activity begins", "an activity ends", "the end", "terminate", "a closed way", "a change trigger"],
)  # fmt: skip
def test_what_only_the_kernel_can_do(parts):
    """Activities, the end, ways that may turn out closed, and change triggers have no step."""
    model = hsm.define("M", *parts)
    with pytest.raises(NeedsKernel):
        block(model, "e", "a")
    assert hsm.generated(model, "e", "a") is None


async def test_what_only_the_kernel_can_do_is_found_once():
    """The table says that the event goes by turns, and every other event of that configuration does not."""
    model = hsm.define(
        "M", hsm.state("a", hsm.transition(hsm.on("stay"), hsm.effect(note("stays"))), go("e", "end")), hsm.final("end")
    )
    machine = await started(model, engine="generated")
    await machine.dispatch("stay")
    table = machine.steps
    assert await machine.dispatch("e") is TAKEN
    assert machine.status is hsm.Status.COMPLETED
    assert {key: step is machine._engine.by_turns for key, step in table.items()} == {"stay": False, "e": True}


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
    ways = [hsm.transition(hsm.guard(says(False)), hsm.target("../a")) for _ in range(size)]
    return hsm.define("M", hsm.state("a", go("e", "../c")), hsm.choice("c", *ways, hsm.transition(hsm.target("../a"))))


@pytest.mark.parametrize("model_of", [alternatives, regions, levels, branches])
def test_working_a_step_out_stays_shallow(model_of):
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
            write(program, specialize.on_event(program, leaves, "e"), rests=True)
            were_written.append(True)
        except NeedsKernel:
            were_written.append(False)
        finally:
            sys.setrecursionlimit(usual)
    assert were_written[0]
    assert were_written == sorted(were_written, reverse=True)
    assert were_written[-1] is (model_of is levels)
