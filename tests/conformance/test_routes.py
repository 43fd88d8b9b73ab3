"""What a transition leaves and enters, and in which order: rules K1 to K6, outside regions."""

from __future__ import annotations

import asyncio

import pytest
from support import Log, after, anote, driven, go, logged, note, noting, on, pause, rule, settle, started, then

import hsm


def traced(event, target, *parts):
    """A transition on *event* to *target* that writes 'effect'."""
    return go(event, target, hsm.effect(note("effect")), *parts)


async def written(model, *events):
    """What the last of *events* wrote, and where the machine stands then."""
    machine = await driven(model, *events)
    return machine.instance.taken(), machine.state()


@rule("K1")
async def test_without_a_target_nothing_is_left_or_entered():
    """An internal transition of an outer state leaves what is active in it alone."""
    model = hsm.define(
        "M",
        logged("s", on("e", hsm.effect(note("one"), note("two"))), logged("a")),
    )
    assert await written(model, "e") == (["one", "two"], "/M/s/a")


@rule("K1")
async def test_an_internal_transition_does_not_disturb_timers_or_activities(clock):
    """The timer goes on from where it was, and the activity lives on."""
    over = asyncio.Event()

    async def works(ctx, self, event):
        await over.wait()
        self.log.append("worked")

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.activity(works),
            noting("e"),
            after(3, hsm.target("../b")),
        ),
        logged("b"),
    )
    machine = await started(model)
    await clock.advance(2)
    await machine.dispatch("e")
    over.set()
    await settle()
    assert machine.instance.taken() == ["e", "worked"]
    await clock.advance(1)
    assert machine.state() == "/M/b"


@rule("K2")
@pytest.mark.parametrize("path", [".", "../s", "/M/s", "s"])
async def test_a_state_that_targets_itself_is_left_and_entered_again(path):
    """Every spelling of the source as its own target leaves it, with the default entry again."""
    model = hsm.define("M", logged("s", traced("e", path), logged("a", traced("n", "../b")), logged("b")))
    assert await written(model, "n", "e") == (["-b", "-s", "effect", "+s", "+a"], "/M/s/a")


@rule("K2")
async def test_the_model_may_target_itself():
    """The model is left and entered again like any state."""
    model = hsm.define(
        "M",
        hsm.entry(note("+M")),
        hsm.exit(note("-M")),
        traced("e", "."),
        logged("a", traced("n", "../b")),
        logged("b"),
    )
    assert await written(model, "n", "e") == (["-b", "-M", "effect", "+M", "+a"], "/M/a")


@rule("K3")
async def test_a_target_inside_the_source_does_not_leave_the_source():
    """A local transition leaves what is inside the source, and enters from there."""
    model = hsm.define("M", logged("s", traced("e", "t/b"), logged("a"), logged("t", logged("b"))))
    assert await written(model, "e") == (["-a", "effect", "+t", "+b"], "/M/s/t/b")


@rule("K3")
async def test_a_local_transition_leaves_everything_inside_even_what_it_enters_again():
    """From t/x to t/b through the source s, t is left and entered again."""
    model = hsm.define("M", logged("s", traced("e", "t/b"), logged("t", logged("x"), logged("b"))))
    assert await written(model, "e") == (["-x", "-t", "effect", "+t", "+b"], "/M/s/t/b")


@rule("K3")
async def test_external_makes_the_source_be_left_and_entered_again():
    """`external()` on a transition to a target inside."""
    model = hsm.define("M", logged("s", traced("e", "b", hsm.external()), logged("a"), logged("b")))
    assert await written(model, "e") == (["-a", "-s", "effect", "+s", "+b"], "/M/s/b")


@rule("K3")
async def test_a_transition_of_the_model_to_a_child_is_local_unless_external():
    """The model is not left by its own transitions, but with `external()`."""
    model = hsm.define(
        "M",
        hsm.entry(note("+M")),
        hsm.exit(note("-M")),
        traced("e", "b"),
        traced("x", "b", hsm.external()),
        logged("a"),
        logged("b"),
    )
    assert await written(model, "e") == (["-a", "effect", "+b"], "/M/b")
    assert await written(model, "x") == (["-a", "-M", "effect", "+M", "+b"], "/M/b")


@rule("K3")
async def test_a_choice_inside_the_source_keeps_the_source_as_long_as_its_branch_stays_inside():
    """The first segment is local; the branch decides whether the source is left after all."""
    model = hsm.define(
        "M",
        logged(
            "s",
            traced("in", "c"),
            traced("out", "d"),
            logged("a"),
            logged("b"),
            hsm.choice("c", then("../b", hsm.effect(note("branch")))),
            hsm.choice("d", then("/M/z", hsm.effect(note("branch")))),
        ),
        logged("z"),
    )
    assert await written(model, "in") == (["-a", "effect", "branch", "+b"], "/M/s/b")
    assert await written(model, "out") == (["-a", "effect", "-s", "branch", "+z"], "/M/z")


@rule("K4")
async def test_exits_run_innermost_first_then_effects_then_entries_outermost_first():
    """From a deep leaf to a deep leaf, up to the innermost state around both."""
    model = hsm.define(
        "M",
        hsm.exit(note("-M")),
        logged(
            "top",
            logged("s", logged("t", logged("a", traced("e", "/M/top/u/v/b")))),
            logged("u", logged("v", logged("w"), logged("b", logged("inner")))),
            go("w", "u/v/w"),
        ),
    )
    expected = ["-a", "-t", "-s", "effect", "+u", "+v", "+b", "+inner"]
    assert await written(model, "e") == (expected, "/M/top/u/v/b/inner")


@rule("K4")
async def test_the_source_decides_what_is_left_not_the_active_leaf():
    """A transition of an outer state leaves all that is active in it."""
    model = hsm.define(
        "M",
        logged("s", go("e", "../z"), logged("t", logged("a"))),
        logged("z"),
    )
    assert await written(model, "e") == (["-a", "-t", "-s", "+z"], "/M/z")


@rule("K4")
@pytest.mark.parametrize("path", ["..", "/M/s"])
async def test_a_target_around_the_source_is_left_and_entered_by_default(path):
    """Targeting the state around the source restarts that state."""
    model = hsm.define("M", logged("s", logged("a", traced("n", "../b")), logged("b", traced("e", path))))
    assert await written(model, "n", "e") == (["-b", "-s", "effect", "+s", "+a"], "/M/s/a")


@rule("K4")
async def test_the_model_around_the_source_is_a_target_as_well():
    """From a deep state to the model: everything is left, and starts anew."""
    model = hsm.define(
        "M",
        hsm.entry(note("+M")),
        hsm.exit(note("-M")),
        logged("s", logged("a", traced("e", "/M"))),
    )
    assert await written(model, "e") == (["-a", "-s", "-M", "effect", "+M", "+s", "+a"], "/M/s/a")


@rule("K4")
async def test_a_self_transition_from_a_hundred_levels_down_leaves_and_enters_each_once():
    """Depth changes nothing."""
    depth = 100
    inner = logged("s0", go("e", "/M"))
    for level in range(1, depth):
        inner = logged(f"s{level}", inner)
    down, up = [f"+s{n}" for n in reversed(range(depth))], [f"-s{n}" for n in range(depth)]
    taken, _ = await written(hsm.define("M", inner), "e")
    assert taken == up + down


@rule("K4")
async def test_during_a_step_the_machine_tells_what_is_really_active():
    """In exits the leaf is still active; in effects the common state; in entries what has been entered."""

    def where(ctx, self, event):
        self.log.append(self.state())

    model = hsm.define(
        "M",
        hsm.state(
            "s",
            hsm.exit(where),
            hsm.state("a", hsm.exit(where), go("e", "/M/t/b", hsm.effect(where))),
        ),
        hsm.state("t", hsm.entry(where), hsm.state("b", hsm.entry(where))),
    )
    taken, _ = await written(model, "e")
    assert taken == ["/M/s/a", "/M/s", "/M", "/M/t", "/M/t/b"]


@rule("K5")
async def test_a_state_is_left_as_timers_activities_exit_actions():
    """When the exit actions run, the activity has ended already."""

    async def works(ctx, self, event):
        try:
            await pause(100)
        finally:
            await asyncio.sleep(0)
            self.log.append(f"ended {ctx.done}")

    model = hsm.define(
        "M",
        logged(
            "s",
            hsm.activity(works),
            logged("a", hsm.activity(works), go("e", "/M/z")),
        ),
        logged("z"),
    )
    machine = await started(model)
    await settle()
    machine.instance.taken()
    await machine.dispatch("e")
    assert machine.instance.taken() == ["ended True", "-a", "ended True", "-s", "+z"]


@rule("K5")
async def test_a_state_is_entered_as_entry_actions_activities_timers_default_entry():
    """The activity of the outer state begins once the step lets it, before that of the inner one."""

    async def works(ctx, self, event):
        self.log.append("activity")

    def arms(name):
        def duration(ctx, self, event):
            self.log.append(f"timer of {name}")
            return 10

        return duration

    model = hsm.define(
        "M",
        hsm.state(
            "s",
            after(arms("s"), hsm.target("../z")),
            hsm.activity(works),
            hsm.initial(hsm.target("a"), hsm.effect(note("initial"))),
            hsm.state(
                "a",
                after(arms("a"), hsm.target("/M/z")),
                hsm.entry(note("+a")),
            ),
            hsm.entry(note("+s"), anote("awaited")),
        ),
        hsm.state("z"),
    )
    machine = await started(model)
    await settle()
    taken = machine.instance.taken()
    assert [text for text in taken if text != "activity"] == [
        "+s", "awaited", "timer of s", "initial", "+a", "timer of a",
    ]  # fmt: skip
    assert taken.index("activity") > taken.index("awaited")
    await machine.stop()


@rule("K5")
async def test_a_timer_of_a_state_that_is_entered_and_left_in_one_step_is_void():
    """A state whose default entry leads out again leaves no timer behind."""
    model = hsm.define(
        "M",
        hsm.state("i", go("e", "../s")),
        hsm.state(
            "s",
            after(0, hsm.effect(note("fired"))),
            hsm.initial(hsm.target("c")),
            hsm.choice("c", then("/M/z")),
        ),
        hsm.state("z"),
    )
    machine = await started(model)
    await machine.dispatch("e")
    await settle()
    assert (machine.state(), machine.instance.taken()) == ("/M/z", [])


@rule("K6")
async def test_lists_of_actions_run_in_order_of_declaration():
    """Several parts and several functions in a part, sync and async mixed."""
    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.exit(note("1"), anote("2")),
            hsm.transition(hsm.effect(note("4")), hsm.on("e"), hsm.target("../b"), hsm.effect(anote("5"), note("6"))),
            hsm.exit(note("3")),
        ),
        hsm.state("b", hsm.entry(anote("7")), hsm.entry(note("8"), note("9"))),
    )
    taken, _ = await written(model, "e")
    assert taken == list("123456789")


@rule("K6")
async def test_an_effect_directly_in_a_state_is_an_entry_action_in_its_place():
    """`effect` and `entry` of a state are one list; the model's as well."""
    model = hsm.define(
        "M",
        hsm.effect(note("M")),
        hsm.state("a", hsm.entry(note("1")), hsm.effect(note("2")), hsm.entry(note("3"))),
    )
    machine = await started(model, Log())
    assert machine.instance.taken() == ["M", "1", "2", "3"]
