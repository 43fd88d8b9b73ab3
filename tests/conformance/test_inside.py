"""Inside and outside of a step: who gets `QUEUED`, and who the outcome (rule Q2)."""

from __future__ import annotations

import asyncio

import pytest
from support import (
    Gated,
    Log,
    anote,
    both_engines,
    errors_of_loop,
    held,
    logged,
    noting,
    on,
    rule,
    settle,
    started,
    then,
)

import hsm

TAKEN, IGNORED, QUEUED = hsm.Outcome.TAKEN, hsm.Outcome.IGNORED, hsm.Outcome.QUEUED


class Server(Log):
    """Keeps a task that answers requests with what the machine says."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = asyncio.Queue()
        self.answers = []

    async def serve(self):
        """Answer one request after the other."""
        while True:
            self.answers.append(await self.dispatch(await self.requests.get()))


def begin_plainly(ctx, self, event):
    """Start the server in a step that does not suspend."""
    self.task = asyncio.create_task(self.serve())


async def begin_slowly(ctx, self, event):
    """Start the server in a step that suspends."""
    self.task = asyncio.create_task(self.serve())
    await asyncio.sleep(0)


@rule("Q2")
@both_engines
@pytest.mark.parametrize("begin", [begin_plainly, begin_slowly])
async def test_a_server_that_a_behaviour_started_gets_outcomes(begin, engine):
    """What outlives the step that started it is outside from then on."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.entry(begin), noting("x"))), Server(), engine=engine)
    for name in ("x", "y", "x"):
        machine.instance.requests.put_nowait(name)
    await settle()
    assert machine.instance.answers == [TAKEN, IGNORED, TAKEN]
    machine.instance.task.cancel()


@rule("Q2")
@both_engines
async def test_a_server_is_outside_of_later_steps_too(engine):
    """It waits behind a later step that suspends."""
    model = hsm.define("M", hsm.state("a", hsm.entry(begin_slowly), on("hold", hsm.effect(anote("hold"), held))))
    machine = await started(model, type("Both", (Server, Gated), {})(), engine=engine)
    holding = machine.dispatch("hold")
    machine.instance.requests.put_nowait("y")
    await settle()
    assert machine.instance.answers == []
    machine.instance.gate.set()
    assert await holding is TAKEN
    await settle()
    assert machine.instance.answers == [IGNORED]
    machine.instance.task.cancel()


@rule("Q2")
@both_engines
async def test_an_effect_may_return_a_task_that_dispatches(engine):
    """The step waits for it: what it sends is queued, in the first step and in those that are generated."""
    outcomes = []

    async def send(self):
        outcomes.append(await self.dispatch("x"))

    def act(ctx, self, event):
        return asyncio.create_task(send(self))

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(act)))), engine=engine)
    for _ in range(4):
        assert await asyncio.wait_for(machine.dispatch("go"), 1) is TAKEN
    assert outcomes == [QUEUED] * 4


@rule("Q2", "E3")
@both_engines
async def test_a_handler_of_an_error_may_wait_for_a_task_of_the_step(engine):
    """The step is under way until its errors are handled."""
    outcomes = []

    async def send(self):
        outcomes.append(await self.dispatch("x"))

    def act(ctx, self, event):
        self.task = asyncio.create_task(send(self))
        raise ValueError("oops")

    async def mend(ctx, self, event):
        await self.task

    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(act)), on("hsm_error", hsm.effect(mend))))
    machine = await started(model, engine=engine)
    for _ in range(4):
        assert await asyncio.wait_for(machine.dispatch("go"), 1) is TAKEN
    assert outcomes == [QUEUED] * 4


@rule("Q2")
@both_engines
async def test_what_outlives_a_step_may_call_and_restart(engine):
    """Both wait for the machine, which no longer waits for them."""
    values = []

    async def later(self):
        await self.gate.wait()
        values.append(await hsm.machine_of(self).call("ask"))
        await hsm.restart(self)
        values.append(self.state())

    def begin(ctx, self, event):
        self.task = asyncio.create_task(later(self))

    ask = hsm.transition(hsm.on_call("ask"), hsm.effect(lambda ctx, self, event: 42))
    machine = await started(hsm.define("M", hsm.state("a", ask, on("go", hsm.effect(begin)))), Gated(), engine=engine)
    await machine.dispatch("go")
    machine.instance.gate.set()
    await machine.instance.task
    assert values == [42, "/M/a"]


@rule("Q2", "A1")
@both_engines
async def test_an_activity_gets_the_outcome_of_its_event(engine):
    """It is no part of a step, not even of the one that started it."""

    async def act(ctx, self, event):
        for name in ("x", "y"):
            self.log.append(await self.dispatch(name))

    model = hsm.define("M", hsm.state("a", hsm.activity(act), hsm.entry(anote("in")), noting("x")))
    machine = await started(model, engine=engine)
    await settle()
    assert machine.instance.log == ["in", "x", TAKEN, IGNORED]


@rule("Q2", "A1")
async def test_an_activity_waits_for_the_step_that_started_it():
    """While an inner state is still being entered, its event is not processed."""

    async def act(ctx, self, event):
        self.outcome = await self.dispatch("x")

    inner = hsm.state("b", hsm.entry(held))
    machine = hsm.start(
        None, instance := Gated(), hsm.define("M", hsm.state("a", hsm.activity(act), inner, noting("x")))
    )
    starting = asyncio.ensure_future(machine)
    await settle()
    assert instance.taken() == ["held"]
    instance.gate.set()
    await starting
    await settle()
    assert instance.taken() == ["freed", "x"]
    assert instance.outcome is TAKEN


@rule("Q2", "A1")
async def test_an_activity_may_send_many_events_with_pauses():
    """Each of them is processed at once, also those after the first."""

    async def act(ctx, self, event):
        for _ in range(3):
            self.dispatch("x")
            await asyncio.sleep(0.01)

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(act), noting("x"))))
    await asyncio.sleep(0.005)
    assert machine.instance.taken() == ["x"]
    await asyncio.sleep(0.01)
    assert machine.instance.taken() == ["x"]
    await asyncio.sleep(0.01)
    assert machine.instance.taken() == ["x"]


@rule("Q2", "A1")
async def test_a_task_of_an_ending_activity_gets_queued():
    """The step waits for the activity, which waits for that task."""

    async def last_word(self):
        self.log.append(await self.dispatch("bye"))

    async def act(ctx, self, event):
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.create_task(last_word(self))

    model = hsm.define("M", hsm.state("a", hsm.activity(act), on("go", hsm.target("../b"))), logged("b", noting("bye")))
    machine = await started(model)
    await settle()
    await asyncio.wait_for(machine.dispatch("go"), 1)
    await settle()
    assert machine.instance.log == [QUEUED, "+b", "bye"]


@rule("Q2", "A1")
async def test_an_activity_may_restart_its_machine():
    """The restart goes on when the activity has ended."""

    async def act(ctx, self, event):
        if not self.log:
            self.log.append("restarting")
            await hsm.restart(self)

    machine = await started(hsm.define("M", hsm.state("a", hsm.activity(act), then("../b")), hsm.state("b")))
    await settle()
    assert machine.state() == "/M/b"
    assert machine.instance.log == ["restarting"]


@rule("Q2", "A1")
async def test_the_activity_of_a_child_machine_gets_the_outcome_of_the_parent():
    """Once the step that started the child is over."""

    async def report(ctx, self, event):
        self.answer = await self.parent.dispatch("x")

    child_model = hsm.define("Child", hsm.state("a", hsm.activity(report)))

    async def bear(ctx, self, event):
        self.child = Log()
        self.child.parent = self
        await hsm.start(None, self.child, child_model)

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(bear)), noting("x"))))
    await machine.dispatch("go")
    await settle()
    assert machine.instance.child.answer is TAKEN


@rule("Q2")
async def test_a_child_inside_of_the_step_of_its_parent_does_not_lock_up():
    """Its start is awaited by the step: what it sends to the parent is queued."""

    async def report(ctx, self, event):
        self.log.append(await self.parent.dispatch("x"))

    child_model = hsm.define("Child", hsm.state("a", hsm.entry(report)))

    async def bear(ctx, self, event):
        child = Log()
        child.parent = self
        await hsm.start(None, child, child_model)
        self.log += child.log

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(bear)), noting("x"))))
    await asyncio.wait_for(machine.dispatch("go"), 1)
    await settle()
    assert machine.instance.log == [QUEUED, "x"]


@rule("Q8")
@both_engines
async def test_each_event_from_outside_counts_anew_though_the_machine_never_rests(engine):
    """What a machine sends to itself adds up between two events from outside, and not over all of them."""
    caught = errors_of_loop()

    async def act(ctx, self, event):
        self.dispatch("inner")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    model = hsm.define("M", hsm.state("a", on("x", hsm.effect(act)), noting("inner")))
    machine = await started(model, engine=engine, step_budget=20)
    answers = []
    for _ in range(200):
        answers.append(machine.dispatch("x"))
        if len(answers) > 2:
            await answers[-3]  # two more are queued all the time
    assert await asyncio.gather(*answers) == [TAKEN] * 200
    await settle()
    assert machine.instance.log == ["inner"] * 200
    assert caught == []
