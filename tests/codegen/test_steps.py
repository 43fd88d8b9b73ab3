"""Generated steps: their text, how they are shared and shown, and where they hand over to the kernel."""

from __future__ import annotations

import asyncio
import linecache
import sys
import traceback

import pytest
from support import Log, anote, both_engines, go, note, rule, says, started, then
from support.inside import step_of

import hsm
from hsm.runtime.generated import enqueue
from hsm.testing import VirtualClock
from hsm_classdsl import Machine, State, entry, on


def kinds_of_steps(machine):
    """Whether each step that the machine knows where it rests is generated, by event."""
    return {key: step is not enqueue for key, step in machine._record.steps.items()}


def test_the_text_of_a_step_is_what_the_model_says_and_nothing_else():
    """Guard, exit, effect and entry in their order, each with its place; what is active is told before each of them."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(note("-a")), go("go", "b", hsm.guard(says(True)), hsm.effect(note("go")))),
        hsm.state("b", hsm.entry(note("+b"))),
    )
    text = hsm.generated(model, "go", "/M/a")
    code = [line.split("  #")[0].strip() for line in text.splitlines()]
    assert code[code.index("try:") - 1 : code.index("except BaseException as error:")] == [
        "at = 0",
        "try:",
        "answer = guard_1(ctx, instance, event)",
        "if answer is not False:",
        "if answer is not True:",
        "return hand_over(record, event, PLAN, 0, answer)",
        "at = 1",
        "result = exit_2(ctx, instance, event)",
        "if result is not None and awaits(result):",
        "return hand_over(record, event, PLAN, 1, result)",
        "record.leaves = leaves_3",
        "at = 2",
        "result = effect_4(ctx, instance, event)",
        "if result is not None and awaits(result):",
        "return hand_over(record, event, PLAN, 2, result)",
        "record.leaves = leaves_5",
        "at = 3",
        "result = entry_6(ctx, instance, event)",
        "if result is not None and awaits(result):",
        "return hand_over(record, event, PLAN, 3, result)",
        "if record.steps is not BUSY:",
        "return after(record, TAKEN)",
        "record.steps = steps_7",
        "return TAKEN",
        "if record.steps is not BUSY:",
        "return after(record, IGNORED)",
        "record.steps = steps_8",
        "return IGNORED",
    ]
    assert "# exit of /M/a (tests/codegen/test_steps.py:" in text
    assert "# effect of /M/a on 'go' (tests/codegen/test_steps.py:" in text
    assert hsm.generated(model, "go", "/M/a") == text


def test_a_step_of_the_kernel_has_no_text():
    """Where the kernel takes the event, there is nothing to show; without a path there is nothing to ask for."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", hsm.activity(note("works"))))
    assert hsm.generated(model, "go", "/M/a") is None
    with pytest.raises(ValueError, match="name the active leaves"):
        hsm.generated(model, "go")


async def test_equal_states_share_one_piece_of_code():
    """A ring of a thousand states compiles one function for its event."""
    size = 1000
    states = [hsm.state(f"s{n}", go("go", f"../s{(n + 1) % size}")) for n in range(size)]
    machine = await started(hsm.define("M", *states))
    codes = set()
    for _ in range(size):
        await machine.dispatch("go")
        codes |= {step.__code__ for step in machine._record.steps.values()}
    assert machine.state() == "/M/s0"
    assert len(codes) == 1


async def test_tracebacks_show_the_line_of_a_step_with_the_place_of_the_behaviour():
    """The frame of the step has a text, and the text says which behaviour the line calls and where that is written."""
    error_of_the_users = ValueError("oops")

    def fails(ctx, self, event):
        raise error_of_the_users

    machine = await started(hsm.define("M", hsm.state("a", go("go", "b", hsm.effect(fails))), hsm.state("b")))
    with pytest.raises(ValueError, match="oops"):
        await machine.dispatch("go")
    lines = [
        frame.line
        for frame in traceback.extract_tb(error_of_the_users.__traceback__)
        if frame.filename.startswith("hsm step")
    ]
    assert any(
        "record.context, record.instance, event)  # effect of /M/a on 'go' (tests/codegen/test_steps.py:" in line
        for line in lines
    )
    assert linecache.getline(step_of(machine, "go", (1,)).__code__.co_filename, 2).strip() == (
        "def step(record, event):"
    )


@rule("E4")
@pytest.mark.parametrize("event", ["go", hsm.Event("go")])
async def test_an_error_has_no_context_of_ours(event):
    """What a behaviour raises was not raised in the handling of anything."""

    def fails(ctx, self, event):
        raise ValueError("oops")

    def goes_on(ctx, self, event):
        self.log.append(sys.exc_info()[1])
        raise KeyError("later")

    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "b", hsm.effect(fails))), hsm.state("b", hsm.entry(goes_on)))
    )
    with pytest.raises(ExceptionGroup) as raised:
        await machine.dispatch(event)
    assert [error.__context__ for error in raised.value.exceptions] == [None, None]
    assert machine.instance.log == [None]


@rule("E1")
async def test_a_result_that_cannot_even_be_looked_at_is_an_error_of_its_behaviour():
    """What raises when it is asked whether it can be awaited counts as raised by the action."""

    class Lazy:
        @property
        def __class__(self):
            raise ValueError("not loaded")

    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "b", hsm.effect(lambda ctx, self, event: Lazy()))), hsm.state("b"))
    )
    with pytest.raises(ValueError, match="not loaded"):
        await machine.dispatch("go")
    assert machine.state() == "/M/b"


@rule("Q1")
async def test_a_signal_class_is_no_event_even_where_its_name_is_known():
    """The class, without its parentheses, is told each time."""

    class Paid(hsm.Signal):
        pass

    machine = await started(hsm.define("M", hsm.state("a", hsm.transition(hsm.on(Paid), hsm.effect(note("paid"))))))
    for _ in range(2):
        assert await machine.dispatch(Paid()) is hsm.Outcome.TAKEN
        with pytest.raises(TypeError, match=r"write Paid\(...\) to create one"):
            machine.dispatch(Paid)


@rule("E7")
def test_something_fatal_in_an_async_behaviour_does_not_take_the_step_twice():
    """It ends its list, the step is done once, and then it is raised: here or, before Python 3.12, in a task."""
    log = []

    async def interrupts(ctx, self, event):
        if event.data is None:
            raise KeyboardInterrupt
        await asyncio.sleep(0)

    async def main():
        model = hsm.define(
            "M",
            hsm.state("a", go("go", "b", hsm.effect(interrupts))),
            hsm.state("b", hsm.entry(lambda ctx, self, event: log.append("+b"))),
        )
        await (await started(model)).dispatch("go")

    with pytest.raises(KeyboardInterrupt):
        VirtualClock().run(main())
    assert log == ["+b"]


@rule("T3")
async def test_what_is_too_large_to_be_written_goes_to_the_kernel():
    """Too many guards in a row, too many ways of saying yes, too many behaviours: each does what it says."""
    yes = hsm.guard(says(True))
    many = [hsm.effect(note("x")) for _ in range(60)]
    nested = go("deep", "b", *[hsm.guard(says(True)) for _ in range(70)])
    wide = go("wide", "b", hsm.guard(hsm.any_of(*[says(False)] * 30, says(True))), *many)
    long = go("long", "b", yes, *many * 9)
    machine = await started(hsm.define("M", hsm.state("a", nested, wide, long), hsm.state("b", go("back", "a"))))
    for name, count in (("deep", 0), ("wide", 60), ("long", 540)):
        assert await machine.dispatch(name) is hsm.Outcome.TAKEN
        assert machine.instance.taken() == ["x"] * count
        await machine.dispatch("back")
        assert kinds_of_steps(machine)[name] is False


@rule("R5")
async def test_a_history_of_many_states_goes_to_the_kernel():
    """One that has more to remember than is written out restores all the same."""
    inner = [hsm.state(f"s{n}", go("next", f"../s{n + 1}")) for n in range(20)]
    machine = await started(
        hsm.define(
            "M",
            hsm.state("a", hsm.deep_history("h"), *inner, hsm.state("s20"), go("out", "/M/b")),
            hsm.state("b", go("back", "/M/a/h")),
        )
    )
    for event in ("next", "next", "out", "back"):
        assert await machine.dispatch(event) is hsm.Outcome.TAKEN
    assert machine.state() == "/M/a/s2"


@rule("R5")
@both_engines
@pytest.mark.parametrize(
    ("history", "restored"), [(hsm.deep_history, "/M/a/inner/f"), (hsm.shallow_history, "/M/a/inner/x")]
)
async def test_a_final_state_further_in_is_remembered(history, restored, engine):
    """A final state of a substate is where the owner was left: a deep history comes back to it."""
    inner = hsm.state("inner", hsm.state("x", go("end", "../f")), hsm.final("f"))
    machine = await started(
        hsm.define(
            "M", hsm.state("a", history("h"), inner, go("out", "/M/b")), hsm.state("b", go("back", "/M/a/h"))
        ),
        engine=engine,
    )  # fmt: skip
    for event in ("end", "out", "back"):
        assert await machine.dispatch(event) is hsm.Outcome.TAKEN
    assert machine.state() == restored


@rule("R5")
async def test_a_history_alone_in_its_state_is_written_out():
    """It leads to the state as it is, which is a simple one."""
    machine = await started(
        hsm.define(
            "M", hsm.state("a", go("go", "/M/b/h")), hsm.state("b", hsm.entry(note("+b")), hsm.shallow_history("h"))
        )
    )
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/b"
    assert machine.instance.taken() == ["+b"]
    assert hsm.generated(hsm.define("N", hsm.state("a", go("go", "/N/b")), hsm.state("b")), "go", "/N/a") is not None


@rule("R5")
async def test_what_is_remembered_survives_an_error_on_the_way():
    """An exit that raises does not keep the history from remembering; the rest of the step is done by the kernel."""

    def fails(ctx, self, event):
        raise ValueError("oops")

    machine = await started(
        hsm.define(
            "M",
            hsm.state(
                "a",
                hsm.shallow_history("h"),
                hsm.state("x", go("n", "../y")),
                hsm.state("y", hsm.exit(fails)),
                go("out", "/M/b"),
                hsm.exit(fails),
            ),
            hsm.state("b", go("back", "/M/a/h")),
        )
    )
    await machine.dispatch("n")
    with pytest.raises(ExceptionGroup) as raised:
        await machine.dispatch("out")
    assert len(raised.value.exceptions) == 2
    assert machine.state() == "/M/b"
    await machine.dispatch("back")
    assert machine.state() == "/M/a/y"


@rule("R5")
async def test_what_is_left_behind_an_error_is_remembered():
    """The effect before a choice raises; the branch behind it leaves a state with a history all the same."""

    def fails(ctx, self, event):
        raise ValueError("oops")

    inner = hsm.state("x", go("out", "/M/a/which", hsm.effect(fails)), go("n", "../y"))
    owner = hsm.state(
        "a",
        hsm.deep_history("h"),
        inner,
        hsm.state("y", go("out", "/M/a/which", hsm.effect(fails))),
        hsm.choice("which", hsm.transition(hsm.target("/M/b"))),
    )
    machine = await started(hsm.define("M", owner, hsm.state("b", go("back", "/M/a/h"))))
    await machine.dispatch("n")
    with pytest.raises(ValueError, match="oops"):
        await machine.dispatch("out")
    await machine.dispatch("back")
    assert machine.state() == "/M/a/y"


async def test_a_clock_that_fails_tears_its_step_and_not_the_machine():
    """What is no behaviour's error comes out where it was sent; the machine takes the next event."""

    class Broken:
        is_broken = False

        def time(self):
            if self.is_broken:
                raise OSError("no time")
            return 0.0

        def wall(self):
            return 0.0

        def call_at(self, when, callback, *args):
            return asyncio.get_running_loop().call_later(1000, callback, *args)

    clock = Broken()
    late = hsm.transition(hsm.after(5), hsm.effect(note("late")))
    machine = await started(
        hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", hsm.entry(note("+b")), late, go("go", "a"))),
        clock=clock,
    )
    clock.is_broken = True
    with pytest.raises(OSError, match="no time"):
        await machine.dispatch("go")
    clock.is_broken = False
    assert machine.state() == "/M/b"
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/a"


@rule("E7")
async def test_what_is_fatal_after_a_step_is_raised_where_it_was_sent():
    """An event that a behaviour sent is done behind the step; what it raises comes out, and the machine goes on."""

    def interrupts(ctx, self, event):
        raise KeyboardInterrupt

    def sends(ctx, self, event):
        self.dispatch("bad")

    machine = await started(
        hsm.define(
            "M",
            hsm.state(
                "a",
                hsm.transition(hsm.on("go"), hsm.effect(sends)),
                hsm.transition(hsm.on("bad"), hsm.effect(interrupts)),
            ),
        )
    )
    with pytest.raises(KeyboardInterrupt):
        machine.dispatch("go")
    assert await machine.dispatch("nothing") is hsm.Outcome.IGNORED


def test_a_machine_may_be_sent_to_while_its_loop_stands_still():
    """On its own thread, between two runs of the loop, what cannot suspend is done at once."""
    loop = asyncio.new_event_loop()
    other = asyncio.new_event_loop()
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b"))

    async def begin():
        return await hsm.start(None, Log(), model)

    machine = loop.run_until_complete(begin())
    other.run_until_complete(begin())
    second = loop.run_until_complete(begin())
    machine.dispatch("go")
    assert machine.state() == "/M/b"
    assert second.state() == "/M/a"
    loop.close()
    other.close()


async def test_an_engine_has_to_be_one_of_two():
    """What is no engine is told."""
    with pytest.raises(ValueError, match="engine must be 'generated' or 'kernel', not 'fast'"):
        await hsm.start(None, Log(), hsm.define("M", hsm.state("a")), engine="fast")


async def test_async_methods_without_an_await_run_as_plain_ones():
    """A machine class may say `async` everywhere: what does not suspend costs no task and no coroutine."""

    class M(Machine):
        log = ()

        class A(State["M"], initial=True):
            @on("go", target="B")
            async def act(self):
                self.machine.log += ("act",)

        class B(State["M"]):
            @entry
            async def enter(self):
                self.machine.log += ("enter",)

    machine = await hsm.start(None, M(), M.model)
    machine.dispatch("go")
    assert machine.instance.log == ("act", "enter")
    assert machine._record.parts is None


@rule("Q2")
@both_engines
async def test_a_task_that_the_object_of_a_state_starts_is_inside(engine):
    """It was made by the step, which waits for it: what it sends is queued, and nobody waits for that."""
    outcomes = []

    class M(Machine):
        count = 0

        class A(State["M"], initial=True):
            @on("go", target="B")
            def act(self):
                self.machine.count = 1

        class B(State["M"]):
            def __init__(self):
                self.task = asyncio.create_task(self.later())

            async def later(self):
                outcomes.append(await self.machine.dispatch("nothing"))

            @entry
            async def enter(self):
                await self.task

    machine = await hsm.start(None, M(), M.model, engine=engine)
    await machine.dispatch("go")
    assert outcomes == [hsm.Outcome.QUEUED]


@pytest.mark.parametrize("is_calling", [False, True])
def test_the_text_of_methods_calls_them_on_what_they_belong_to(is_calling):
    """A state's object is looked up, made and dropped in place; whether it may have started a task says `__init__`."""

    class M(Machine):
        count = 0

        class A(State["M"], initial=True):
            @on("go", target="B")
            def go(self, event):
                self.machine.count += 1

        class B(State["M"]):
            if is_calling:

                def __init__(self):
                    self.words = set()

            @entry
            def enter(self):
                return self.machine.count

            @on("back", target="A")
            def back(self):
                pass

        @on("call")
        def call(self, ctx, event):
            self.count += 1

    text = hsm.generated(M.model, "go", "/M/A")
    assert "result = effect_3(record.state_objects[vertex_2], event)" in text
    assert "record.state_objects[vertex_5] = make_6(instance)" in text
    assert "result = entry_7(record.state_objects[vertex_5])" in text
    assert "record.state_objects.pop(vertex_2, None)" in text
    assert ("token = mark(" in text) is is_calling
    assert "result = effect_1(record.instance, record.context, event)" in hsm.generated(M.model, "call", "/M/A")


@rule("Q2")
@pytest.mark.parametrize(
    ("parts", "is_marked"),
    [
        ((hsm.effect(note("x")),), False),  # calls, and returns nothing: the step is over before a task can run
        ((hsm.effect(note("x"), lambda ctx, instance, event: None),), False),
        ((hsm.effect(lambda ctx, instance, event: instance.data),), False),  # calls nothing
        ((hsm.effect(lambda ctx, instance, event: instance.run()),), True),  # may return a task of its own
        ((hsm.effect(note("x"), anote("y")),), True),
        ((hsm.effect(anote("y"), note("x")),), False),  # the kernel marks it from there on
        ((hsm.effect(note("x")), hsm.target("../fork")), True),  # on one route an activity is started, by the kernel
        ((hsm.effect(note("x")), hsm.target("../c")), True),  # a duration may be awaited
        ((hsm.guard(lambda ctx, instance, event: instance.is_open()),), True),
        ((hsm.guard(lambda ctx, instance, event: instance.is_open), hsm.effect(note("x"))), False),
    ],
)
def test_steps_are_marked_that_may_suspend_behind_a_task(parts, is_marked):
    """A step marks itself in the `contextvars` where a task that it started can run before the step is over."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.on("e"), *parts), go("c", "../c"), go("fork", "../fork")),
        hsm.junction("fork", then("../b", hsm.guard(lambda ctx, instance, event: instance.is_open)), then("../a")),
        hsm.state("b", hsm.activity(anote("b"))),
        hsm.state("c", hsm.transition(hsm.after(lambda ctx, instance, event: 1), hsm.target("../a"))),
    )
    assert ("token = mark(" in hsm.generated(model, "e", "/M/a")) is is_marked


def test_steps_whose_errors_are_handled_are_marked_behind_a_task():
    """A behaviour of the transition on the error may suspend."""
    model = hsm.define(
        "M", hsm.state("a", hsm.transition(hsm.on("e"), hsm.effect(note("x"))), hsm.transition(hsm.on("hsm_error")))
    )
    assert "token = mark(" in hsm.generated(model, "e", "/M/a")


def test_no_name_but_the_public_ones_is_found():
    """The package loads what runs when it is first asked for, and nothing that it does not have."""
    assert "start" in dir(hsm)
    with pytest.raises(AttributeError, match="module 'hsm' has no attribute 'Start'"):
        hsm.Start  # noqa: B018
