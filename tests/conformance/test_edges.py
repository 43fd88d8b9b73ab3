"""The edges of the run-time rules: what hostile programs do to blocks, tasks, activities and budgets."""

import asyncio
import contextlib
import contextvars
import gc
import inspect
from datetime import datetime

import pytest
from support import Log, anote, fail, note, pause, rule, settle, started

import hsm
from hsm.testing import VirtualClock


class Gated(Log):
    def __init__(self):
        super().__init__()
        self.gate = asyncio.Event()


async def held(ctx, self, event):
    await self.gate.wait()
    self.log.append("freed")


def on(name, *parts):
    return hsm.transition(hsm.on(name), *parts)


def errors_of_loop():
    caught = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context["exception"]))
    return caught


@rule("E6")
async def test_a_background_error_comes_out_of_a_block_that_never_awaits():
    """A block whose body never awaits after a background error raises that error, and leaves no cancellation behind."""

    def relay(ctx, self, event):
        self.dispatch("bad")

    model = hsm.define(
        "M", hsm.state("a", hsm.exit(anote("-a")), on("relay", hsm.effect(relay)), on("bad", hsm.effect(fail("bg"))))
    )
    with pytest.raises(ValueError, match="bg"):
        async with hsm.start(None, Log(), model) as machine:
            machine.dispatch("relay")
    assert asyncio.current_task().cancelling() == 0


@rule("E6")
async def test_no_cancellation_is_left_behind_the_block():
    """What cancelled the block does not arrive at the first await behind it."""

    def relay(ctx, self, event):
        self.dispatch("bad")

    model = hsm.define("M", hsm.state("a", on("relay", hsm.effect(relay)), on("bad", hsm.effect(fail("bg")))))
    with pytest.raises(ValueError, match="bg"):
        async with hsm.start(None, Log(), model) as machine:
            machine.dispatch("relay")
    await asyncio.sleep(0)


@rule("E4", "E6")
async def test_cancelling_during_the_stop_of_a_block_loses_no_error(clock):
    """A cancellation from outside while the block stops its machine does not swallow the background error."""
    caught = errors_of_loop()
    model = hsm.define("M", hsm.state("a", hsm.exit(held), hsm.transition(hsm.after(1), hsm.effect(fail("bg")))))
    instance = Gated()

    async def block():
        async with hsm.start(None, instance, model):
            await clock.advance(100)

    task = asyncio.create_task(block())
    await clock.advance(2)
    task.cancel()
    instance.gate.set()
    (result,) = await asyncio.gather(task, return_exceptions=True)
    assert caught or isinstance(result, (ValueError, BaseExceptionGroup))


@rule("E7")
def test_an_interrupt_of_an_async_behaviour_does_not_wedge_the_machine():
    """After a KeyboardInterrupt out of a suspended step the machine takes the next event."""

    async def boom(ctx, self, event):
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    model = hsm.define("M", hsm.state("a", on("k", hsm.effect(boom)), on("x")))
    with asyncio.Runner() as runner:

        async def make():
            return await started(model)

        machine = runner.run(make())

        async def send(name):
            return await asyncio.wait_for(machine.dispatch(name), 0.2)

        with pytest.raises(KeyboardInterrupt):
            runner.run(send("k"))
        assert runner.run(send("x")) is hsm.Outcome.TAKEN  # and asyncio.run(async with ...) hangs for ever


@rule("L4")
async def test_several_tasks_may_wait_for_the_end():
    """Two tasks of wait() and two of stop() each have a wait of their own, and one may be cancelled."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.exit(held))), Gated())
    tasks = [
        asyncio.create_task(machine.wait()),
        asyncio.create_task(machine.wait()),
        asyncio.create_task(machine.stop()),
        asyncio.create_task(machine.stop()),
    ]
    await settle()
    tasks[0].cancel()
    tasks[2].cancel()
    await settle()
    machine.instance.gate.set()
    assert await tasks[1] is hsm.Status.STOPPED
    await tasks[3]


@rule("Q4")
async def test_one_dispatch_may_be_made_a_task_twice():
    """What dispatch gave may be driven by one task after another was cancelled."""
    machine = await started(hsm.define("M", hsm.state("a", on("hold", hsm.effect(held)))), Gated())
    answer = machine.dispatch("hold")
    first = asyncio.create_task(answer)
    await settle()
    first.cancel()
    await settle()
    machine.instance.gate.set()
    assert await asyncio.create_task(answer) is hsm.Outcome.TAKEN


@rule("Q6")
async def test_an_event_behind_a_woken_one_keeps_its_context():
    """An event from outside that has to wait its turn runs in the context of its sender."""
    user = contextvars.ContextVar("user", default="nobody")

    async def worker(self):
        self.dispatch("hold")

    def begin(ctx, self, event):
        self.task = asyncio.ensure_future(worker(self))

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            on("begin", hsm.effect(begin)),
            on("hold", hsm.effect(held)),
            on("x", hsm.effect(lambda c, s, e: s.log.append(user.get()))),
        ),
    )
    machine = await started(model, Gated())
    await machine.dispatch("begin")
    user.set("ann")
    await asyncio.sleep(0)
    answer = machine.dispatch("x")
    await settle()
    machine.instance.gate.set()
    await answer
    assert machine.instance.log == ["freed", "ann"]


@rule("L5")
async def test_a_call_queued_when_the_machine_completes_is_told():
    """A call that the machine's end came before raises, and does not give an outcome as its value."""
    model = hsm.define(
        "M",
        hsm.state("a", on("end", hsm.target("f"), hsm.effect(held)), hsm.transition(hsm.on_call("ask"))),
        hsm.final("f"),
    )
    machine = await started(model, Gated())
    machine.dispatch("end")
    answer = machine.call("ask")
    machine.instance.gate.set()
    with pytest.raises(hsm.HsmError):
        await answer


@rule("Q8")
async def test_recalled_events_do_not_refill_the_budget():
    """A machine that feeds itself through deferral runs out of budget as well."""
    caught, rounds = errors_of_loop(), []

    def enter(ctx, self, event):
        rounds.append(1)
        if len(rounds) < 5000:
            self.dispatch("x")
            self.dispatch("go")

    model = hsm.define(
        "M",
        hsm.initial(hsm.target("idle")),
        hsm.state("idle", on("begin", hsm.target("s1"))),
        hsm.state("s1", hsm.entry(enter), hsm.defer("x"), on("go", hsm.target("s2"))),
        hsm.state("s2", on("x", hsm.target("s1"))),
    )
    machine = await started(model)
    await machine.dispatch("begin")
    assert len(rounds) < 5000
    assert caught


@rule("L6")
async def test_two_restarts_at_once_are_one():
    """A second restart waits for the first one."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.entry(note("+a")), hsm.exit(anote("-a")))))
    await asyncio.gather(hsm.restart(machine), hsm.restart(machine))
    assert machine.instance.log in (["+a", "-a", "+a"], ["+a", "-a", "+a", "-a", "+a"])


@rule("A1")
async def test_grace_is_one_time_for_all_activities_of_a_state(clock):
    """Several activities that refuse to end are given the time of grace together."""
    errors_of_loop()

    async def refuse(ctx, self, event):
        while not self.gate.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.gate.wait()

    machine = await started(
        hsm.define(
            "M", hsm.state("a", hsm.activity(refuse, refuse, refuse), on("go", hsm.target("b"))), hsm.state("b")
        ),
        Gated(),
        grace=2,
    )
    await settle()
    await machine.dispatch("go")
    machine.instance.gate.set()
    assert clock.time() == 2


def test_a_virtual_year_passes():
    """Virtual time goes on however far it has advanced."""
    import signal

    def late(*a):
        raise AssertionError("hangs: time no longer reaches the deadline")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(3)
    try:
        VirtualClock().run(nap())
    finally:
        signal.alarm(0)


async def nap():
    await pause(366 * 86400)


@rule("A4")
async def test_a_moment_before_all_time_is_past():
    """A datetime that no timestamp can express is past, or never comes."""
    machine = await started(
        hsm.define("M", hsm.state("a", hsm.transition(hsm.at(datetime.min), hsm.target("b"))), hsm.state("b"))
    )
    await settle()
    assert machine.state() == "/M/b"


@rule("Q8", "Q2")
async def test_the_chain_of_senders_does_not_grow(clock):
    """Machines that send to each other for long do not remember every turn."""
    from hsm.runtime.turns import senders

    lengths = []

    async def again(ctx, self, event):
        await pause(1)
        lengths.append(len(senders()))
        self.dispatch("again")

    machine = await started(hsm.define("M", hsm.state("a", on("again", hsm.effect(again)))))
    machine.dispatch("again")
    for _ in range(5):
        await clock.advance(300)
        await machine.dispatch("other")
    assert max(lengths) < 5


@rule("E4")
async def test_an_unawaited_error_is_reported_at_once():
    """An error of a dispatch that is dropped is reported without the help of the cycle collector."""
    caught = errors_of_loop()
    gc.collect()
    gc.disable()
    try:
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(fail("oops"))))))
        machine.dispatch("go")
        await settle()
        assert len(caught) == 1
    finally:
        gc.enable()


@rule("E8", "Q8")
async def test_a_start_that_feeds_itself_for_ever_fails():
    """The budget error of a start is raised from the start."""
    errors_of_loop()

    def again(ctx, self, event):
        self.dispatch("again")

    with pytest.raises(hsm.LoopBudgetError):
        await started(hsm.define("M", hsm.state("a", hsm.entry(again), on("again", hsm.effect(again)))))


@rule("E1")
async def test_a_stop_iteration_is_an_error_like_others():
    """A StopIteration out of a behaviour arrives unchanged."""
    seen = []
    model = hsm.define(
        "M",
        hsm.state("a", on("go", hsm.effect(lambda c, s, e: next(iter([]))))),
        on("hsm_error", hsm.effect(lambda c, s, e: seen.append(type(e.data)))),
    )
    await (await started(model)).dispatch("go")
    assert seen == [StopIteration]


@rule("Q5", "E3")
async def test_an_activity_error_comes_before_what_completes_meanwhile():
    """An error that an activity raises while a step is suspended is handled before that step's completions."""

    async def bad(ctx, self, event):
        await asyncio.sleep(0)
        raise ValueError("bad")

    async def ok(ctx, self, event):
        pass

    model = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.activity(bad),
            on("hold", hsm.effect(held)),
            on("hsm_error", hsm.effect(note("error"))),
            hsm.state("a", hsm.activity(ok), hsm.transition(hsm.target("../b"), hsm.effect(note("completed")))),
            hsm.state("b"),
        ),
    )
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await settle()
    machine.instance.gate.set()
    await answer
    assert machine.instance.log == ["freed", "error", "completed"]


@rule("Q5", "E3")
async def test_in_start_an_activity_error_comes_before_queued_events():
    """During start too, errors come first."""

    async def bad(ctx, self, event):
        raise ValueError("bad")

    async def send(ctx, self, event):
        await self.dispatch("x")
        await settle()

    model = hsm.define(
        "M",
        hsm.state(
            "p",
            hsm.activity(bad),
            on("x", hsm.effect(note("x"))),
            on("hsm_error", hsm.effect(note("error"))),
            hsm.state("a", hsm.entry(send)),
        ),
    )
    machine = await started(model)
    await settle()
    assert machine.instance.log == ["error", "x"]


@rule("Q8")
async def test_events_of_a_task_that_a_behaviour_started_are_not_dropped(clock):
    """What runs beside the step is not the machine feeding itself."""
    errors_of_loop()

    async def pump(self):
        for _ in range(3000):
            self.dispatch("x")
            await pause(0.001)

    def go(ctx, self, event):
        self.task = asyncio.ensure_future(pump(self))

    async def x(ctx, self, event):
        await pause(0.0015)
        self.log.append("x")

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(go)), on("x", hsm.effect(x)))))
    await machine.dispatch("go")
    await clock.advance(100)
    assert len(machine.instance.log) == 3000


@rule("E2", "A1")
async def test_an_error_raised_before_the_cancellation_is_an_event():
    """An activity that raised just before its state was left was not cancelled: its error is an event."""

    async def bad(ctx, self, event):
        await self.gate.wait()
        raise ValueError("bad")

    errors_of_loop()
    machine = await started(
        hsm.define(
            "M",
            on("hsm_error", hsm.effect(note("error"))),
            hsm.state("a", hsm.activity(bad), on("go", hsm.target("b"))),
            hsm.state("b"),
        ),
        Gated(),
    )
    await settle()
    machine.instance.gate.set()
    await asyncio.sleep(0)
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["error"]


@rule("E4", "E7")
async def test_an_activity_that_cancels_itself_does_not_vanish():
    """A CancelledError that nobody asked for is reported."""
    caught = errors_of_loop()

    async def act(ctx, self, event):
        task = asyncio.ensure_future(asyncio.sleep(0))
        task.cancel()
        await task

    machine = await started(
        hsm.define("M", hsm.state("a", hsm.activity(act), hsm.transition(hsm.target("b"))), hsm.state("b"))
    )
    await settle()
    assert caught or machine.state() == "/M/b"


@rule("L4")
async def test_stop_in_an_entry_of_the_start_comes_before_queued_events():
    """A stop that is asked for during start comes right after the default entry."""

    def enter(ctx, self, event):
        self.dispatch("x")
        self.stop()

    machine = await started(
        hsm.define("M", hsm.state("a", hsm.entry(enter), hsm.exit(note("-a")), on("x", hsm.effect(note("x")))))
    )
    await settle()
    assert machine.instance.log == ["-a"]


async def test_the_value_of_a_failed_call_is_not_an_earlier_one():
    """A call whose last effect failed has no value."""
    machine = await started(
        hsm.define(
            "M", hsm.state("a", hsm.transition(hsm.on_call("q"), hsm.effect(lambda *a: 1, fail("x"))), on("hsm_error"))
        )
    )
    assert await machine.call("q") is None


def test_a_machine_of_a_closed_loop_says_so():
    """A machine does not outlive its loop, and says so."""
    machine = asyncio.run(started(hsm.define("M", hsm.state("a", on("s", hsm.effect(anote("s"))), on("q")))))

    async def use():
        await asyncio.wait_for(machine.dispatch("s"), 0.2)

    with pytest.raises(hsm.LifecycleError):
        asyncio.run(use())


async def test_generator_functions_are_no_behaviours():
    """A generator function would never run, so the model is refused."""

    async def agen(ctx, self, event):
        self.log.append("ran")
        yield

    def gen(ctx, self, event):
        self.log.append("ran")
        yield

    for f in (agen, gen):
        with pytest.raises(hsm.DefinitionError):
            hsm.define("M", hsm.state("a", hsm.entry(f)))


async def test_a_marked_coroutine_function_may_suspend():
    """A function that is only marked as a coroutine function is awaited."""
    mark = getattr(inspect, "markcoroutinefunction", lambda function: function)  # Python 3.12 has it
    marked = mark(lambda c, s, e: anote("x")(c, s, e))
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(marked)))))
    await machine.dispatch("go")
    assert machine.instance.log == ["x"]


async def test_is_in_takes_a_path():
    """Anything else than a path is told."""
    machine = await started(hsm.define("M", hsm.state("a")))
    with pytest.raises(TypeError):
        machine.is_in(3)


def test_an_abandoned_machine_has_nothing_active():
    """A machine whose loop was taken down in the middle of a step is stopped, with nothing active."""

    async def forever(ctx, self, event):
        await asyncio.Event().wait()

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(forever)))))
        machine.dispatch("go")
        await settle()
        return machine

    machine = asyncio.run(main())
    assert machine.status is hsm.Status.STOPPED
    assert machine.state() == ""


@rule("E6")
async def test_an_unawaited_dispatch_that_fails_ends_the_block(clock):
    """An error of a dispatch that is dropped inside the block is raised from the block."""
    with pytest.raises(ValueError, match="oops"):
        async with hsm.start(
            None, Log(), hsm.define("M", hsm.state("a", on("go", hsm.effect(fail("oops")))))
        ) as machine:
            machine.dispatch("go")
            gc.collect()
            await clock.advance(1)


@rule("Q6")
async def test_an_activity_runs_in_the_context_that_caused_its_start():
    """An activity sees the context variables of whoever sent the event that entered its state."""
    user = contextvars.ContextVar("user", default="nobody")

    async def act(ctx, self, event):
        self.log.append(user.get())

    machine = await started(
        hsm.define("M", hsm.state("a", on("go", hsm.target("b"))), hsm.state("b", hsm.activity(act)))
    )
    user.set("ann")
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["ann"]
