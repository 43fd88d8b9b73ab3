"""Steps where the stack is deep: nothing is left half-way (rule Q9)."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from itertools import pairwise

import pytest
from support import Log, anote, both_engines, go, logged, note, rule, settle, started

import hsm
from hsm import trace

engines = pytest.mark.parametrize(
    ("engine", "generate_after"),
    [("generated", 0), ("generated", 2), ("kernel", 2)],
    ids=["at once", "third", "kernel"],
)


observed = pytest.mark.parametrize("observe", [None, trace.Recorder(10)], ids=["unobserved", "observed"])


class Link(Log):
    """An instance that forwards to the next one."""

    next = None


def forward(ctx, self, event):
    """Send the same event to the next machine."""
    if self.next is not None:
        self.next.dispatch("go")


CHAIN = hsm.define(
    "M",
    hsm.state("a", go("go", "../b", hsm.effect(forward))),
    hsm.state("b", hsm.entry(note("+b")), go("go", "../a", hsm.effect(forward))),
)


async def chain(number, **options):
    """As many machines, each of which forwards to the next one."""
    machines = [await started(CHAIN, Link(), **options) for _ in range(number)]
    for one, other in pairwise(machines):
        one.instance.next = other.instance
    return machines


def below(frames, work):
    """What *work* returns when it is called that many frames further down."""
    return below(frames - 1, work) if frames else work()


def frames_left():
    """How many frames there is room for above this function."""
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return sys.getrecursionlimit() - depth


@rule("Q9")
@engines
@observed
@pytest.mark.parametrize("number", [3, 60, 400])
async def test_a_chain_of_machines_may_be_as_long_as_it_likes(number, engine, generate_after, observe):
    """Fifty are processed there and then, the others on later iterations of the loop, and none is lost."""
    machines = await chain(number, engine=engine, generate_after=generate_after, observe=observe)
    for state in ("/M/b", "/M/a", "/M/b"):
        assert await machines[0].dispatch("go") is hsm.Outcome.TAKEN
        assert sum(machine.state() == state for machine in machines) == min(number, 50)
        for _ in range(number):
            await asyncio.sleep(0)
        assert [machine.state() for machine in machines] == [state] * number
    for machine in machines:
        await machine.stop()
        assert machine.states() == ()


@rule("Q9")
@both_engines
async def test_a_chain_whose_steps_suspend_may_be_as_long_as_it_likes(engine):
    """Each step awaits the next one, and all of them end."""

    async def forward_and_wait(ctx, self, event):
        if self.next is not None:
            assert await self.next.dispatch("go") is hsm.Outcome.TAKEN

    model = hsm.define("M", hsm.state("a", go("go", "../b", hsm.effect(forward_and_wait))), hsm.state("b"))
    machines = [await started(model, Link(), engine=engine) for _ in range(150)]
    for one, other in pairwise(machines):
        one.instance.next = other.instance
    assert await machines[0].dispatch("go") is hsm.Outcome.TAKEN
    assert {machine.state() for machine in machines} == {"/M/b"}


@rule("Q9")
@engines
@observed
async def test_a_step_that_has_no_room_on_the_stack_is_done_or_undone(engine, generate_after, observe):
    """However little room there is: the machine and the one it sends to are whole after an iteration of the loop."""
    for room in range(120):
        one, two = await chain(2, engine=engine, generate_after=generate_after, observe=observe)
        try:
            answer = below(frames_left() - room - 2, lambda machine=one: machine.dispatch("go"))
        except RecursionError:
            answer = one.dispatch("what")  # before anything else can go on
        await settle()
        with contextlib.suppress(RecursionError):
            await answer
        assert one.state() in ("/M/a", "/M/b"), room
        assert two.state() in ("/M/a", "/M/b"), room
        assert await one.dispatch("what") is hsm.Outcome.IGNORED
        assert await one.dispatch(hsm.Event("go")) is hsm.Outcome.TAKEN
        await one.stop()
        assert one.states() == ()


@rule("Q9")
@engines
@observed
async def test_an_event_that_has_no_room_on_the_stack_is_done_or_undone(engine, generate_after, observe):
    """The same for what is no name, and for a stop that comes before anything else."""
    for room in range(60):
        one, two = await chain(2, engine=engine, generate_after=generate_after, observe=observe)
        event = hsm.Event("go")
        with contextlib.suppress(RecursionError):
            below(frames_left() - room - 2, lambda machine=one, event=event: machine.dispatch(event))
        with contextlib.suppress(RecursionError):  # of the effect of the step that was finished first
            await one.stop()
        assert one.status is hsm.Status.STOPPED
        assert one.states() == ()
        await settle()
        assert two.state() in ("/M/a", "/M/b")


@rule("Q9")
@both_engines
@pytest.mark.parametrize("frames", [0, 300, 600])
async def test_a_deep_model_is_sent_to_from_deep_down(frames, engine):
    """As deep as a model may be, from wherever it is asked for."""

    def nest(levels):
        return hsm.state(f"s{levels}", *([nest(levels - 1)] if levels else [logged("leaf")]))

    model = hsm.define("M", hsm.state("out", go("in", "../s185")), nest(185), go("back", "out"))
    machine = await started(model, engine=engine)
    for _ in range(3):
        assert await below(frames, lambda: machine.dispatch("in")) is hsm.Outcome.TAKEN
        assert machine.state().endswith("/s0/leaf")
        assert await below(frames, lambda: machine.dispatch("back")) is hsm.Outcome.TAKEN
        assert machine.state() == "/M/out"
    assert machine.instance.log == ["+leaf", "-leaf"] * 3


@rule("Q9", "E1")
@both_engines
async def test_a_behaviour_that_recurses_too_deep_is_an_error_like_any_other(engine):
    """Its own recursion is its own; the step goes on to its target."""

    def recurse(ctx, self, event):
        recurse(ctx, self, event)

    model = hsm.define("M", hsm.state("a", go("go", "../b", hsm.effect(recurse))), logged("b"))
    machine = await started(model, engine=engine)
    with pytest.raises(RecursionError):
        await machine.dispatch("go")
    assert machine.instance.log == ["+b"]


@rule("Q9", "E7")
@both_engines
@pytest.mark.parametrize("kind", [RecursionError, MemoryError, KeyboardInterrupt])
async def test_what_interrupts_the_rules_themselves_tears_no_step(kind, engine):
    """At whatever line of theirs: the step is finished by rules that run anew, or undone, and no behaviour is called twice."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(anote("-a")), go("go", "../b", hsm.effect(note("effect")))),
        hsm.state("b", hsm.entry(note("+b")), hsm.state("c", hsm.entry(note("+c")))),
    )
    for line in range(400):
        machine = await started(model, engine=engine)
        end, raised = interrupt_rules(line, kind)
        try:
            try:
                answer = machine.dispatch("go")
            finally:
                end()
            outcome = await answer
        except kind as error:  # the step was undone, or finished all the same
            outcome = error
        if machine.state() == "/M/a":  # before the step had done anything
            assert outcome is raised[0]
            assert machine.instance.log == []
            continue
        assert machine.state() == "/M/b/c", line
        assert machine.instance.log == ["-a", "effect", "+b", "+c"], line
        if not raised:
            break
        assert kind is not KeyboardInterrupt or isinstance(outcome, KeyboardInterrupt)
    assert line > 5


def interrupt_rules(line, kind):
    """Raise *kind* at the line of that number that the rules execute; returns what ends this, and what was raised."""
    raised, count = [], 0

    def at_line(file):
        nonlocal count
        count += "hsm/rules/" in file.replace("\\", "/")
        if count > line and not raised:
            raised.append(kind())
            raise raised[0]

    if sys.version_info < (3, 12):

        def trace(frame, what, argument):
            if what == "line":
                at_line(frame.f_code.co_filename)
            return trace

        before = sys.gettrace()  # that of whoever measures coverage
        sys.settrace(trace)
        return lambda: sys.settrace(before), raised

    monitoring, tool = sys.monitoring, 4
    monitoring.use_tool_id(tool, "interrupt")
    monitoring.register_callback(tool, monitoring.events.LINE, lambda code, number: at_line(code.co_filename))
    monitoring.set_events(tool, monitoring.events.LINE)

    def end():
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, monitoring.events.LINE, None)
        monitoring.free_tool_id(tool)

    return end, raised


@rule("Q9", "L3a")
@engines
async def test_waits_for_a_condition_are_kept_wherever_the_stack_ends(engine, generate_after):
    """Whatever is left of the stack, the machine goes on, and a wait ends with the step that makes it hold."""
    ring = hsm.define("M", hsm.state("a", go("e", "../b")), hsm.state("b", go("e", "../a")))

    async def after(work):
        machine = await started(ring, engine=engine, generate_after=generate_after)
        for _ in range(4):
            await machine.dispatch("e")
        waits = [machine.until("b"), machine.until(lambda: machine.is_in("b"))]
        with contextlib.suppress(RecursionError):
            work(machine, waits)
        await settle()
        if machine.state() == "/M/a":
            assert await machine.dispatch("e") is hsm.Outcome.TAKEN
        for wait in waits:
            assert await asyncio.wait_for(wait, 1) is None
        assert await machine.dispatch("e") is hsm.Outcome.TAKEN

    for spare in range(130):
        left = frames_left() - spare
        await after(lambda machine, waits, left=left: below(left, lambda: machine.dispatch("e")))
        await after(lambda machine, waits, left=left: waits.append(below(left, lambda: machine.until("b"))))


@rule("Q9", "L3a")
async def test_a_start_that_is_put_off_is_waited_for():
    """Where the stack has no room for it, a wait that begins before it ends with it."""
    instance = Log()
    starting = hsm.start(None, instance, hsm.define("M", hsm.state("a")), engine="kernel").__await__()
    below(frames_left() - 60, lambda: next(starting))
    assert instance.state() == ""
    waiting = instance.until("a")
    await settle()
    assert await waiting is None
    starting.close()
