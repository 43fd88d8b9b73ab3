"""Sending events: who waits for what, in which context, on which thread (rules Q1 to Q8)."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import threading

import pytest
from support import (
    Gated,
    Log,
    after,
    anote,
    both_engines,
    errors_of_loop,
    every,
    fail,
    forever,
    go,
    held,
    in_thread,
    logged,
    note,
    noting,
    on,
    rule,
    says,
    sends,
    settle,
    started,
    then,
)

import hsm

user = contextvars.ContextVar("user", default="nobody")


async def gated(*parts):
    """A machine that holds its step on `hold`, and has *parts* besides."""
    return await started(hsm.define("M", hsm.state("a"), on("hold", hsm.effect(held)), *parts), Gated())


# --- Q1: what is given ------------------------------------------------------------------------------------------


@rule("Q1")
async def test_an_event_or_a_name_with_data_is_the_same():
    """`dispatch` takes an event, or a name and data, and behaviours see an equal event."""
    seen = []
    model = hsm.define("M", hsm.state("a"), on("go", hsm.effect(lambda ctx, self, event: seen.append(event))))
    machine = await started(model)
    await machine.dispatch(hsm.Event("go", 7))
    await machine.dispatch("go", 7)
    await machine.dispatch("go")
    assert seen == [hsm.Event("go", 7), hsm.Event("go", 7), hsm.Event("go")]


@rule("Q1")
async def test_the_very_event_that_was_sent_arrives():
    """The event object itself reaches the behaviours, with the object that is its data."""
    seen = []
    model = hsm.define("M", hsm.state("a"), on("go", hsm.effect(lambda ctx, self, event: seen.append(event))))
    machine = await started(model)
    event = hsm.Event("go", data := [])
    await machine.dispatch(event)
    assert seen[0] is event
    assert seen[0].data is data


@rule("Q1", "L3")
async def test_the_instance_dispatches_as_its_machine_does():
    """`instance.dispatch` goes to the machine that runs it."""
    machine = await started(hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b")))
    assert await machine.instance.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/b"


@rule("Q1")
async def test_an_event_goes_in_without_being_awaited():
    """What nobody awaits is processed all the same."""
    machine = await gated(noting("go", "gone"))
    machine.dispatch("go")
    assert machine.instance.taken() == ["gone"]
    machine.dispatch("hold")
    machine.dispatch("go")
    machine.instance.gate.set()
    await settle()
    assert machine.instance.taken() == ["held", "freed", "gone"]


@rule("Q1")
@pytest.mark.parametrize(
    ("name", "outcome"),
    [("go", hsm.Outcome.TAKEN), ("later", hsm.Outcome.DEFERRED), ("what", hsm.Outcome.IGNORED)],
)
@pytest.mark.parametrize("effect", [note("now"), anote("now")], ids=["plain", "async"])
async def test_the_await_gives_what_became_of_the_event(name, outcome, effect):
    """Taken, deferred or ignored, with plain and with async behaviours."""
    machine = await started(hsm.define("M", hsm.state("a", hsm.defer("later"), on("go", hsm.effect(effect)))))
    assert await machine.dispatch(name) is outcome


@rule("Q1")
async def test_each_caller_is_given_the_outcome_of_its_own_event():
    """Three callers that wait behind one slow step each get their own answer."""
    machine = await started(
        hsm.define("M", hsm.state("a", hsm.defer("later"), on("hold", hsm.effect(held)), on("go"))), Gated()
    )
    answers = [machine.dispatch(name) for name in ("hold", "later", "what", "go")]
    machine.instance.gate.set()
    assert [(await answer).value for answer in answers] == ["taken", "deferred", "ignored", "taken"]


@rule("Q1")
async def test_the_await_returns_when_the_event_has_been_processed_and_no_later():
    """A caller does not wait for the events behind its own."""
    machine = await gated(noting("go", "gone"))
    first = machine.dispatch("go")
    machine.dispatch("hold")
    assert await first is hsm.Outcome.TAKEN
    await settle()
    assert machine.instance.taken() == ["gone", "held"]
    machine.instance.gate.set()


@rule("Q1")
async def test_a_dispatch_can_be_made_a_task_gathered_and_awaited_again():
    """What `dispatch` returns goes into tasks, task groups, `gather` and `await`, as a coroutine does."""
    machine = await gated(on("go", hsm.effect(anote("gone"))))
    taken = hsm.Outcome.TAKEN
    assert await asyncio.create_task(machine.dispatch("go")) is taken
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(machine.dispatch("go")), group.create_task(machine.dispatch("what"))]
    assert [task.result().value for task in tasks] == ["taken", "ignored"]
    assert await asyncio.gather(machine.dispatch("go"), machine.dispatch("go")) == [taken, taken]
    assert await asyncio.wait_for(machine.dispatch("go"), 1) is taken
    assert await asyncio.shield(machine.dispatch("go")) is taken
    answer = machine.dispatch("go")
    assert [await answer, await answer] == [taken, taken]


@rule("Q1")
async def test_a_task_of_a_finished_dispatch_gives_the_same_again():
    """A dispatch of plain behaviours, which is done at once, can be made a task too."""
    machine = await started(hsm.define("M", hsm.state("a", on("go"))))
    answer = machine.dispatch("go")
    assert await asyncio.create_task(answer) is hsm.Outcome.TAKEN
    assert await asyncio.wait_for(answer, 1) is hsm.Outcome.TAKEN


@rule("Q1", "Q4")
async def test_one_dispatch_can_be_made_a_task_twice():
    """A second task gets the outcome though the first one was cancelled while it waited."""
    machine = await gated()
    answer = machine.dispatch("hold")
    first = asyncio.create_task(answer)
    await settle()
    first.cancel()
    await settle()
    assert first.cancelled()
    machine.instance.gate.set()
    assert await asyncio.create_task(answer) is hsm.Outcome.TAKEN


@rule("Q1")
async def test_a_dispatch_may_be_driven_by_hand_as_a_coroutine_is():
    """`send` returns what is waited for, and `close` ends that wait alone: the step goes on, and may be awaited."""
    machine = await gated()
    answer = machine.dispatch("hold")
    assert asyncio.isfuture(answer.send(None))
    answer.close()
    machine.instance.gate.set()
    assert await answer is hsm.Outcome.TAKEN
    assert machine.instance.log == ["held", "freed"]


# --- Q2: from inside --------------------------------------------------------------------------------------------


@rule("Q2", "Q5")
@pytest.mark.parametrize("part", [hsm.entry, hsm.effect], ids=["entry", "effect in a state"])
async def test_an_entry_action_gets_queued(part):
    """Awaiting a dispatch in an entry action returns `QUEUED` at once; the event is processed after the step."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state("b", part(sends("more")), part(note("+b")), noting("more")),
    )
    machine = await started(model)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["more queued", "+b", "more"]


@rule("Q2", "Q5")
async def test_exit_effect_and_guard_get_queued():
    """The other behaviours of a step get the same, and their events come after it in order."""

    async def ask(ctx, self, event):
        self.log.append(f"guard {(await self.dispatch('three')).value}")
        return True

    model = hsm.define(
        "M",
        hsm.state(
            "a",
            hsm.exit(sends("one")),
            go("go", "b", hsm.guard(ask), hsm.effect(sends("two"))),
        ),
        logged("b"),
        *(noting(name) for name in ("one", "two", "three")),
    )
    machine = await started(model)
    await machine.dispatch("go")
    await settle()
    assert machine.instance.taken() == [
        "guard queued", "one queued", "two queued", "+b", "three", "one", "two",
    ]  # fmt: skip


@rule("Q2")
async def test_a_task_that_a_behaviour_started_is_inside_until_the_step_is_over():
    """It gets `QUEUED` in the step, so waiting for it in the step cannot lock up, and its event's outcome after it."""

    async def work(self):
        self.log.append((await self.dispatch("note")).value)
        await self.gate.wait()
        self.log.append((await self.dispatch("note")).value)

    async def begin(ctx, self, event):
        self.work = asyncio.create_task(work(self))
        await asyncio.sleep(0)

    machine = await gated(on("go", hsm.effect(begin)), noting("note", "noted"))
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert machine.instance.taken() == ["queued", "noted"]
    machine.instance.gate.set()
    await machine.instance.work
    assert machine.instance.taken() == ["noted", "taken"]


@rule("Q2")
async def test_a_behaviour_may_wait_for_a_task_that_dispatches():
    """A task of the step that awaits its own dispatch does not wait for the step that waits for it."""

    async def begin(ctx, self, event):
        self.log.append((await asyncio.create_task(self.dispatch("note"))).value)
        self.log.append((await asyncio.wait_for(self.dispatch("note"), 1)).value)

    machine = await gated(on("go", hsm.effect(begin)), noting("note", "noted"))
    await machine.dispatch("go")
    await settle()
    assert machine.instance.taken() == ["queued", "queued", "noted", "noted"]


@rule("Q2")
async def test_a_behaviour_of_another_machine_waits_for_the_outcome():
    """One machine's behaviour gets the true outcome of what it sends to another machine."""
    other = await gated(on("go", hsm.effect(anote("gone"))))

    async def ask(ctx, self, event):
        self.log.append([(await other.dispatch(name)).value for name in ("go", "what")])

    machine = await started(hsm.define("N", hsm.state("a", on("ask", hsm.effect(ask)))))
    assert await machine.dispatch("ask") is hsm.Outcome.TAKEN
    assert machine.instance.log == [["taken", "ignored"]]
    assert other.instance.log == ["gone"]


@rule("Q2")
@pytest.mark.parametrize("pause", [note("pause"), anote("pause")], ids=["plain", "async"])
async def test_a_machine_that_is_asked_back_gets_queued(pause):
    """When the other machine's behaviour awaits an event to the first one, neither waits for ever."""

    async def ask(ctx, self, event):
        self.log.append(f"asked {(await self.other.dispatch('answer')).value}")

    async def answer(ctx, self, event):
        self.log.append(f"answered {(await self.other.dispatch('note')).value}")

    model = hsm.define(
        "M",
        hsm.state("a"),
        on("ask", hsm.effect(ask)),
        on("answer", hsm.effect(pause, answer)),
        noting("note", "noted"),
    )
    one, two = await started(model), await started(model)
    one.instance.other, two.instance.other = two, one
    assert await one.dispatch("ask") is hsm.Outcome.TAKEN
    await settle()
    assert one.instance.log == ["asked taken", "noted"]
    assert two.instance.log == ["pause", "answered queued"]


@rule("Q2", "E4")
@both_engines
@pytest.mark.parametrize("suspends", [False, True], ids=["plain", "suspended"])
async def test_what_a_behaviour_calls_is_inside_in_whatever_context_it_runs(engine, suspends):
    """It is the call that counts: a context of its own does not make a sender an outside one."""
    elsewhere = contextvars.Context()

    def relay(ctx, self, event):
        self.answer = elsewhere.run(self.dispatch, "more")
        for ask in (lambda: self.machine.call("more"), lambda: self.machine.restart().send(None)):
            with pytest.raises(hsm.LifecycleError, match="a behaviour cannot"):
                elsewhere.run(ask)

    async def relay_later(ctx, self, event):
        await asyncio.sleep(0)
        relay(ctx, self, event)

    behave = relay_later if suspends else relay
    model = hsm.define("M", hsm.state("a", on("go", hsm.effect(behave)), on("more", hsm.effect(fail("in more")))))
    machine = await started(model, engine=engine)
    machine.instance.machine = machine
    caught = errors_of_loop()
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    await settle()
    assert await machine.instance.answer is hsm.Outcome.QUEUED
    assert [str(error) for error in caught] == ["in more"]


@rule("Q2", "L4")
@both_engines
async def test_a_stop_that_a_behaviour_asks_for_in_another_context_comes_after_the_step(engine):
    """The exit actions do not run in the middle of an effect."""

    def ends(ctx, self, event):
        contextvars.Context().run(self.stop)
        self.log.append("effect")

    machine = await started(
        hsm.define("M", hsm.state("a", hsm.exit(note("exit")), on("go", hsm.effect(ends)))), engine=engine
    )
    await machine.dispatch("go")
    await machine.wait()
    assert machine.instance.log == ["effect", "exit"]


@rule("Q1", "Q2")
async def test_a_callback_of_the_loop_is_outside_while_a_step_is_suspended():
    """It runs in no task, and the step in one that may not have begun: neither makes it a behaviour."""
    given = []

    def callback():
        given.append(asyncio.ensure_future(machine.dispatch("go")))
        given.append(asyncio.ensure_future(machine.call("ask")))

    machine = await gated(noting("go"), hsm.transition(hsm.on_call("ask"), hsm.effect(lambda *_: 42)))
    asyncio.get_running_loop().call_soon(callback)
    machine.dispatch("hold")
    await settle()
    machine.instance.gate.set()
    assert await asyncio.gather(*given) == [hsm.Outcome.TAKEN, 42]


# --- Q3: what needs a task --------------------------------------------------------------------------------------


class Callable:
    async def __call__(self, ctx, instance, event):
        instance.log.append("object")


async def brief(ctx, self, event):
    self.log.append("brief")


async def agreed(ctx, self, event):
    return True


async def briefly(text, ctx, self, event):
    self.log.append(text)


QUICK = hsm.define(
    "M",
    hsm.state("a", hsm.exit(brief), go("go", "b", hsm.guard(agreed), hsm.guard(says(True)), hsm.effect(brief))),
    hsm.state("b", hsm.entry(note("+b"), Callable(), functools.partial(briefly, "partial")), then("c")),
    logged("c", go("back", "a")),
)


@rule("Q3")
async def test_a_step_that_cannot_suspend_is_done_when_dispatch_returns():
    """Plain functions and coroutine functions without `await` run inside `dispatch`: no task, no iteration of the event loop."""
    machine = await started(QUICK)
    tasks, turns = asyncio.all_tasks(), []
    asyncio.get_running_loop().call_soon(turns.append, "turn")
    machine.dispatch("go")
    assert machine.state() == "/M/c"
    assert machine.instance.taken() == ["brief", "brief", "+b", "object", "partial", "+c"]
    assert await machine.dispatch("back") is hsm.Outcome.TAKEN
    assert await machine.dispatch("what") is hsm.Outcome.IGNORED
    assert asyncio.all_tasks() == tasks
    assert turns == []


@rule("Q3", "L1")
async def test_starting_and_stopping_take_no_turn_when_nothing_suspends():
    """The same holds for `start`, `restart` and `stop`."""
    turns = []
    asyncio.get_running_loop().call_soon(turns.append, "turn")
    machine = await started(QUICK)
    await hsm.restart(machine)
    await hsm.stop(machine)
    assert turns == []


@rule("Q3")
async def test_nothing_can_cancel_a_step_that_cannot_suspend():
    """A caller whose cancellation is under way still finishes the whole step."""
    machine = await started(QUICK)

    async def caller():
        asyncio.current_task().cancel()
        machine.dispatch("go")
        assert machine.state() == "/M/c"
        await asyncio.sleep(0)

    task = asyncio.create_task(caller())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert machine.state() == "/M/c"


@rule("Q3")
async def test_a_behaviour_that_awaits_runs_in_a_task_of_the_machine():
    """It runs neither in the caller's task, nor does the caller's end touch it."""
    tasks = []

    async def who(ctx, self, event):
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0)
        tasks.append(asyncio.current_task())

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(who)))))
    await machine.dispatch("go")
    assert len(set(tasks)) == 1
    assert asyncio.current_task() not in tasks


@rule("Q3")
async def test_an_awaitable_of_a_plain_function_is_awaited():
    """What an unknown callable returns is awaited when it can be."""
    machine = await started(
        hsm.define("M", hsm.state("a", on("go", hsm.effect(lambda *given: anote("later")(*given), note("then")))))
    )
    await machine.dispatch("go")
    assert machine.instance.log == ["later", "then"]


@rule("Q3", "T1")
async def test_nothing_comes_between_two_halves_of_a_step():
    """Events that come while a step is suspended wait for its end."""
    machine = await gated(noting("go", "gone"))
    waiting = machine.dispatch("hold")
    await settle()
    answer = asyncio.create_task(machine.dispatch("go"))
    await settle()
    assert machine.instance.taken() == ["held"]
    assert not answer.done()
    machine.instance.gate.set()
    assert await waiting is await answer is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["freed", "gone"]


@rule("Q3")
async def test_a_behaviour_can_time_itself_out(clock):
    """`asyncio.timeout` and task groups in a behaviour work on the machine's own task."""

    async def patient(ctx, self, event):
        try:
            async with asyncio.timeout(5):
                await self.gate.wait()
        except TimeoutError:
            self.log.append(f"timed out at {clock.time():g}")
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        self.log.append("went on")

    machine = await gated(on("go", hsm.effect(patient)))
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["timed out at 5", "went on"]


def marked(function):
    """*function*, marked as a coroutine function where Python has such a mark (3.12)."""
    mark = getattr(inspect, "markcoroutinefunction", None)
    return mark(function) if mark else function


@rule("Q3")
async def test_a_function_that_is_only_marked_as_a_coroutine_function_may_suspend():
    """What it returns is awaited to its end, as nobody can see in its code whether there is an `await`."""
    relay = marked(lambda ctx, self, event: anote("later")(ctx, self, event))
    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(relay)))))
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["later"]


@rule("Q3", "Q2")
@both_engines
async def test_a_plain_function_that_gives_back_what_dispatch_gave_needs_no_task(engine):
    """There is nothing to wait for: the step is done when `dispatch` returns, on every Python."""

    def relay(ctx, self, event):
        return self.dispatch("more")

    model = hsm.define(
        "M",
        hsm.state("a", on("go", hsm.effect(relay), hsm.target("b"))),
        hsm.state("b", noting("more")),
    )
    machine = await started(model, engine=engine)
    machine.dispatch("go")
    assert machine.state() == "/M/b"
    await settle()
    assert machine.instance.log == ["more"]


# --- Q4: cancelling whoever waits -------------------------------------------------------------------------------


@rule("Q4")
async def test_cancelling_a_caller_does_not_tear_the_step():
    """The step goes on to its end, and the caller is cancelled as it should be."""
    machine = await gated()
    caller = asyncio.create_task(machine.dispatch("hold"))
    await settle()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert caller.cancelled()
    machine.instance.gate.set()
    await settle()
    assert machine.instance.taken() == ["held", "freed"]


@rule("Q4")
async def test_timing_out_does_not_tear_the_step(clock):
    """`wait_for` raises its `TimeoutError`, and the step goes on."""
    machine = await gated()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(machine.dispatch("hold"), 3)
    assert clock.time() == 3
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await machine.dispatch("what")
    assert clock.time() == 5
    machine.instance.gate.set()
    await settle()
    assert machine.instance.taken() == ["held", "freed"]


@rule("Q4")
async def test_an_answer_can_be_awaited_after_a_time_out():
    """An awaitable whose first wait was cut off still returns the outcome."""
    machine = await gated()
    answer = machine.dispatch("hold")

    async def wait():
        return await answer

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wait(), 1)
    machine.instance.gate.set()
    assert await answer is hsm.Outcome.TAKEN


@rule("Q4")
async def test_of_two_waiters_one_may_be_cancelled():
    """The other one is given the outcome."""
    machine = await gated()
    answer = machine.dispatch("hold")

    async def wait():
        return await answer

    one, two = asyncio.create_task(wait()), asyncio.create_task(wait())
    await settle()
    one.cancel()
    await settle()
    assert one.cancelled()
    assert not two.done()
    machine.instance.gate.set()
    assert await two is hsm.Outcome.TAKEN


@rule("Q4")
async def test_cancelling_the_sender_of_a_queued_event_disturbs_nobody():
    """The queued event is processed, and those before and behind it are answered."""
    machine = await gated(noting("go", "gone"))
    first = asyncio.create_task(machine.dispatch("hold"))
    second = asyncio.create_task(machine.dispatch("go"))
    third = asyncio.create_task(machine.dispatch("what"))
    await settle()
    second.cancel()
    await settle()
    assert second.cancelled()
    machine.instance.gate.set()
    assert await first is hsm.Outcome.TAKEN
    assert await third is hsm.Outcome.IGNORED
    assert machine.instance.taken() == ["held", "freed", "gone"]


@rule("Q4")
async def test_a_cancelled_task_group_leaves_the_machine_alone():
    """A sibling's failure cancels the waiting task, and the step ends all the same."""
    machine = await gated()

    async def spoil():
        await asyncio.sleep(0)
        raise ValueError("sibling")

    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(machine.dispatch("hold"))
            group.create_task(spoil())
    machine.instance.gate.set()
    await settle()
    assert machine.instance.taken() == ["held", "freed"]


@rule("Q4")
async def test_a_task_that_is_cancelled_before_it_begins_has_sent_its_event():
    """The event went in when `dispatch` was called, not when the task began."""
    machine = await gated(on("go", hsm.effect(anote("gone"))))
    task = asyncio.create_task(machine.dispatch("go"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert machine.instance.log == ["gone"]


@rule("Q4")
async def test_a_shielded_dispatch_can_be_given_up():
    """Cancelling the outer wait ends that wait alone."""
    machine = await gated()
    inner = asyncio.ensure_future(machine.dispatch("hold"))

    async def wait():
        await asyncio.shield(inner)

    outer = asyncio.create_task(wait())
    await settle()
    outer.cancel()
    await settle()
    assert outer.cancelled()
    machine.instance.gate.set()
    assert await inner is hsm.Outcome.TAKEN


@rule("Q4")
async def test_a_task_of_a_finished_dispatch_may_be_cancelled_before_it_begins():
    """The event was processed when `dispatch` was called; the task is cancelled as it should be."""
    machine = await started(hsm.define("M", hsm.state("a", noting("go", "gone"))))
    task = asyncio.create_task(machine.dispatch("go"))
    task.cancel()
    await settle()
    assert task.cancelled()
    assert machine.instance.log == ["gone"]


def waiting(ctx, self, event):
    """A behaviour that returns something to wait for, and is no coroutine function."""
    return asyncio.ensure_future(self.gate.wait(), loop=self.loop)


@rule("Q4", "E7")
@pytest.mark.parametrize("behave", [held, waiting], ids=["coroutine", "future"])
def test_a_step_whose_task_is_cancelled_before_its_first_turn_goes_on(behave):
    """What it was going to await counts as cancelled, and nothing waits for ever."""

    async def main():
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await answer
            assert machine.state() == "/M/b"
            assert await machine.dispatch("back") is hsm.Outcome.TAKEN
            await machine.stop()
            return await machine.wait()

    with asyncio.Runner() as runner:
        slow = anote("+b")
        model = hsm.define(
            "M",
            hsm.state("a", go("hold", "../b", hsm.effect(behave))),
            hsm.state("b", hsm.entry(slow), go("back", "../a")),
        )
        machine = runner.run(started(model, Gated()))
        machine.instance.loop = runner.get_loop()
        answer = machine.dispatch("hold")  # the loop does not run: the task begins when it does
        for task in asyncio.all_tasks(runner.get_loop()):
            task.cancel()
        assert runner.run(main()) is hsm.Status.STOPPED


@rule("Q3")
def test_a_step_that_was_asked_for_before_the_loop_runs_goes_on_when_it_does():
    """Its task begins then."""

    async def main():
        machine.instance.gate.set()
        return await answer

    with asyncio.Runner() as runner:
        machine = runner.run(started(hsm.define("M", hsm.state("a", on("hold", hsm.effect(held)))), Gated()))
        answer = machine.dispatch("hold")
        assert runner.run(main()) is hsm.Outcome.TAKEN
        assert machine.instance.log == ["held", "freed"]


# --- Q5: order --------------------------------------------------------------------------------------------------


@rule("Q5")
@pytest.mark.parametrize("write", [note, anote])
async def test_events_are_processed_in_the_order_in_which_they_came(write):
    """First in, first out, whoever sent them and whether or not they are awaited."""
    machine = await gated(*(on(name, hsm.effect(write(name))) for name in "abcd"))
    machine.dispatch("hold")
    machine.dispatch("a")
    task = asyncio.create_task(machine.dispatch("b"))
    machine.dispatch("c")
    await asyncio.sleep(0)
    machine.instance.gate.set()
    await machine.dispatch("d")
    await task
    assert machine.instance.log == ["held", "freed", "a", "b", "c", "d"]


@rule("Q5", "T1")
async def test_an_event_sent_in_a_step_comes_after_it_and_after_those_before_it():
    """It goes to the end of the queue."""
    machine = await gated(on("go", hsm.effect(sends("late"), note("gone"))), *(noting(name) for name in ("x", "late")))
    waiting = [machine.dispatch(name) for name in ("hold", "go", "x")]
    machine.instance.gate.set()
    await asyncio.gather(*waiting)
    await settle()
    assert machine.instance.log == ["held", "freed", "late queued", "gone", "x", "late"]


@rule("Q5", "E3", "C2")
async def test_errors_come_first_then_completions_then_events():
    """All three at once: the error is handled, then the completion, then what was sent in the step."""
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b", hsm.effect(sends("more"), fail("oops")))),
        hsm.state("b", hsm.transition(hsm.effect(note("completed")))),
        noting("more"),
        noting("hsm_error", "error"),
    )
    machine = await started(model)
    await machine.dispatch("go")
    await settle()
    assert machine.instance.log == ["more queued", "error", "completed", "more"]


# --- Q6: the sender's context -----------------------------------------------------------------------------------


def seen_by(role):
    def plain(ctx, self, event):
        self.log.append(f"{role} {user.get()}")
        return True

    return plain


def seen_async(role):
    async def suspending(ctx, self, event):
        await asyncio.sleep(0)
        self.log.append(f"{role} {user.get()}")
        return True

    return suspending


async def as_user(name, work):
    """Await what *work* returns, with the context variable set in a task of its own."""

    async def run():
        user.set(name)
        return await work()

    return await asyncio.create_task(run())


@rule("Q6")
@pytest.mark.parametrize("see", [seen_by, seen_async], ids=["plain", "async"])
async def test_behaviours_see_the_context_of_the_sender(see):
    """Guards, exits, effects and entries all run with the `contextvars` of whoever sent the event."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.exit(see("exit")), go("go", "b", hsm.guard(see("guard")), hsm.effect(see("effect")))),
        hsm.state("b", hsm.entry(see("entry"))),
    )
    machine = await started(model)
    await as_user("ann", lambda: machine.dispatch("go"))
    assert machine.instance.log == ["guard ann", "exit ann", "effect ann", "entry ann"]


@rule("Q6")
@pytest.mark.parametrize("see", [seen_by, seen_async], ids=["plain", "async"])
async def test_a_queued_event_keeps_the_context_it_was_sent_in(see):
    """Events that wait behind another step are processed in their own senders' contexts."""
    machine = await gated(on("go", hsm.effect(see("effect"))))
    machine.dispatch("hold")
    ann = asyncio.create_task(as_user("ann", lambda: machine.dispatch("go")))
    bob = asyncio.create_task(as_user("bob", lambda: machine.dispatch("go")))
    await settle()
    machine.dispatch("go")
    machine.instance.gate.set()
    await asyncio.gather(ann, bob)
    await settle()
    assert machine.instance.log[2:] == ["effect ann", "effect bob", "effect nobody"]


@rule("Q6")
async def test_an_event_sent_by_a_behaviour_carries_that_behaviours_context():
    """What the behaviour set before it sent is seen by the behaviours of the event."""

    async def relay(ctx, self, event):
        user.set("relay")
        await self.dispatch("go")
        user.set("changed afterwards")

    machine = await gated(on("relay", hsm.effect(relay)), on("go", hsm.effect(seen_by("effect"))))
    await asyncio.create_task(machine.dispatch("relay"))
    await settle()
    assert machine.instance.log == ["effect relay"]


@rule("Q6")
async def test_the_tasks_of_a_suspended_step_keep_the_senders_context():
    """A task that a suspending behaviour starts inherits the sender's variables."""

    async def begin(ctx, self, event):
        await asyncio.sleep(0)
        await asyncio.create_task(seen_async("task")(ctx, self, event))

    machine = await gated(on("go", hsm.effect(begin)))
    await as_user("ann", lambda: machine.dispatch("go"))
    assert machine.instance.log == ["task ann"]


@rule("Q6")
async def test_an_event_from_outside_keeps_its_context_behind_one_that_is_about_to_begin():
    """A task of a behaviour has sent an event that waits for its turn; the one behind it has its own sender."""

    async def worker(self):
        self.dispatch("hold")

    def begin(ctx, self, event):
        self.task = asyncio.ensure_future(worker(self))

    machine = await gated(on("begin", hsm.effect(begin)), on("go", hsm.effect(seen_by("effect"))))
    await machine.dispatch("begin")
    await asyncio.sleep(0)
    answer = asyncio.create_task(as_user("ann", lambda: machine.dispatch("go")))
    await settle()
    machine.instance.gate.set()
    await answer
    assert machine.instance.log == ["held", "freed", "effect ann"]


@rule("Q6")
async def test_a_timer_fires_in_the_context_in_which_the_start_was_awaited(clock):
    """As the default entry does, and not in that of the call that made the machine ready to start."""
    model = hsm.define("M", hsm.state("a", hsm.entry(seen_by("entry")), after(1, hsm.effect(seen_by("effect")))))
    instance = Log()
    starting = hsm.start(None, instance, model, clock=clock)

    async def begin():
        await starting

    await as_user("ann", begin)
    await clock.advance(1)
    assert instance.log == ["entry ann", "effect ann"]


@rule("Q6")
async def test_what_the_end_of_an_activity_sets_is_not_seen_by_timers(clock):
    """Each step that nobody sends has a copy of the variables of the start."""

    async def work(ctx, self, event):
        """Ends at once."""

    def pollute(ctx, self, event):
        user.set("polluted")

    model = hsm.define(
        "M",
        hsm.state("a", hsm.activity(work), then("b", hsm.effect(pollute))),
        hsm.state("b", after(1, hsm.effect(seen_by("timer")))),
    )
    machine = await started(model, clock=clock)
    await clock.advance(2)
    assert machine.instance.log == ["timer nobody"]


@rule("Q6", "A1")
async def test_an_activity_runs_in_the_context_of_the_sender_whose_event_led_to_its_state():
    """The variables that the sender had are seen by the task of the activity."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", hsm.activity(seen_async("activity"))))
    machine = await started(model)
    await as_user("ann", lambda: machine.dispatch("go"))
    await settle()
    assert machine.instance.log == ["activity ann"]


# --- Q7: threads ------------------------------------------------------------------------------------------------


@pytest.mark.needs_system
@rule("Q7")
async def test_dispatch_from_another_thread_says_what_to_use():
    """Plain `dispatch` refuses, and names `dispatch_threadsafe`; nothing has happened."""
    machine = await gated(noting("go", "gone"))
    for sender in (machine, machine.instance):
        error = await in_thread(lambda sender=sender: sender.dispatch("go"))
        assert isinstance(error, hsm.LifecycleError)
        assert "dispatch_threadsafe" in str(error)
    assert machine.instance.log == []
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN


@pytest.mark.needs_system
@rule("Q7")
@pytest.mark.parametrize(
    ("ask", "way"),
    [
        (lambda machine: machine.stop(), "loop.call_soon_threadsafe"),
        (lambda machine: machine.call("what"), "run_coroutine_threadsafe"),
        (lambda machine: machine.restart().send(None), "run_coroutine_threadsafe"),
        (lambda machine: machine.instance.other.send(None), "run_coroutine_threadsafe"),
    ],
    ids=["stop", "call", "restart", "start"],
)
async def test_what_is_asked_for_on_another_thread_is_refused_with_the_way_to_ask(ask, way):
    """The message names what does it from there, and nothing has happened."""
    machine = await started(hsm.define("M", hsm.state("a")))

    machine.instance.other = hsm.start(None, Log(), hsm.define("M", hsm.state("a")))

    def other():
        with pytest.raises(hsm.LifecycleError, match="on another thread") as refused:
            ask(machine)
        return str(refused.value)

    assert way in await in_thread(other)
    assert machine.state() == "/M/a"
    machine.instance.other.close()


@pytest.mark.needs_system
@rule("Q7")
@pytest.mark.parametrize("effect", [note("gone"), anote("gone")], ids=["plain", "async"])
async def test_dispatch_threadsafe_gives_a_future_with_the_outcome(effect):
    """The thread waits for its own event's outcome, and the behaviours run on the machine's thread."""
    threads = []
    machine = await gated(on("go", hsm.effect(lambda *given: threads.append(threading.get_ident()), effect)))
    assert await in_thread(lambda: machine.dispatch_threadsafe("go").result(10)) is hsm.Outcome.TAKEN
    assert await in_thread(lambda: machine.dispatch_threadsafe(hsm.Event("what")).result(10)) is hsm.Outcome.IGNORED
    assert threads == [threading.get_ident()]
    assert machine.instance.log == ["gone"]


@pytest.mark.needs_system
@rule("Q7", "E4")
async def test_the_future_of_a_thread_carries_the_error():
    """An error that no transition took, and a refusal of the machine, come out of `result()`."""
    machine = await gated(on("go", hsm.effect(fail("oops"))))
    error = await in_thread(lambda: machine.dispatch_threadsafe("go").result(10))
    assert isinstance(error, ValueError)
    await machine.stop()
    assert isinstance(await in_thread(lambda: machine.dispatch_threadsafe("go").result(10)), hsm.LifecycleError)


@pytest.mark.needs_system
@rule("Q7", "Q6")
async def test_a_threads_event_runs_in_the_threads_context():
    """The variables of the sending thread are seen."""
    machine = await gated(on("go", hsm.effect(seen_by("effect"))))

    def work():
        user.set("thread")
        return machine.dispatch_threadsafe("go").result(10)

    await in_thread(work)
    assert machine.instance.log == ["effect thread"]


@rule("Q7")
async def test_a_threads_event_can_be_taken_back_until_it_is_begun():
    """A future cancelled before the loop came to it sends nothing."""
    machine = await gated(noting("go", "gone"))
    future = machine.dispatch_threadsafe("go")
    assert future.cancel()
    await settle()
    assert machine.instance.log == []


@rule("Q7")
def test_dispatch_threadsafe_on_a_closed_loop_is_refused():
    """A machine whose loop is gone says so."""

    async def main():
        return await started(hsm.define("M", hsm.state("a")))

    machine = asyncio.run(main())
    with pytest.raises(hsm.LifecycleError, match="closed"):
        machine.dispatch_threadsafe("go")


@rule("Q7", "E7")
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_that_a_threads_event_raises_ends_the_loop(kind):
    """The sending thread gets the error, and the loop's own thread ends as it would for any interrupt."""
    model = hsm.define("M", hsm.state("a", on("stop", hsm.effect(fail("", kind)))))
    with asyncio.Runner() as runner:
        machine = runner.run(started(model))
        future = machine.dispatch_threadsafe("stop")
        with pytest.raises(kind):
            runner.run(settle())
        assert isinstance(future.exception(0), kind)
        assert machine.status is hsm.Status.RUNNING


# --- Q8: the budget ---------------------------------------------------------------------------------------------


@rule("Q8")
async def test_a_machine_that_completes_for_ever_is_stopped_by_the_budget():
    """Completion transitions that go round end in an error that names what goes round; the machine goes on."""
    model = hsm.define(
        "M",
        hsm.state("idle", go("go", "a")),
        hsm.state("a", then("b")),
        hsm.state("b", then("a")),
        go("stop", "idle"),
    )
    machine = await started(model)
    with pytest.raises(hsm.LoopBudgetError, match=r"1000 .*completion of /M/[ab]"):
        await machine.dispatch("go")
    assert await machine.dispatch("stop") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/idle"


def resend(ctx, self, event):
    self.dispatch("more")


@rule("Q8")
@pytest.mark.parametrize("behave", [resend, sends("more")], ids=["plain", "async"])
async def test_a_machine_that_sends_to_itself_for_ever_is_stopped_by_the_budget(behave):
    """The error reaches the loop's handler, as nobody awaits those events, and the machine goes on."""
    caught = errors_of_loop()
    machine = await started(
        hsm.define("M", hsm.state("a", on("more", hsm.effect(behave)), noting("x"))), step_budget=50
    )
    await machine.dispatch("more")
    for _ in range(10):
        await settle()
    (error,) = caught
    assert isinstance(error, hsm.LoopBudgetError)
    assert "'more'" in str(error)
    machine.instance.taken()
    assert await machine.dispatch("x") is hsm.Outcome.TAKEN
    assert machine.instance.taken() == ["x"]


@rule("Q8", "D2")
async def test_a_machine_that_feeds_itself_through_deferral_is_stopped_by_the_budget():
    """An event that it sent itself, deferred and recalled, does not come from outside."""
    caught = errors_of_loop()
    model = hsm.define(
        "M",
        hsm.state("idle", go("go", "a")),
        hsm.state("a", hsm.entry(sends("x", "y")), hsm.defer("x"), go("y", "b")),
        hsm.state("b", go("x", "a")),
        go("stop", "idle"),
    )
    machine = await started(model, step_budget=50)
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    for _ in range(10):
        await settle()
    (error,) = caught
    assert isinstance(error, hsm.LoopBudgetError)
    assert await machine.dispatch("stop") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/idle"


@rule("Q8")
async def test_a_machine_may_send_to_itself_as_often_as_the_budget_says():
    """Exactly the budget is fine; one more is too much."""
    caught = errors_of_loop()

    def count(ctx, self, event):
        if event.data:
            self.dispatch("down", event.data - 1)

    machine = await started(hsm.define("M", hsm.state("a", on("down", hsm.effect(count)))), step_budget=50)
    await machine.dispatch("down", 50)
    assert caught == []
    await machine.dispatch("down", 51)
    assert len(caught) == 1


@rule("Q8")
async def test_each_outside_event_begins_a_new_count():
    """Many events from outside, each with a few internal steps, are no loop."""
    model = hsm.define("M", hsm.state("a", go("go", "b")), hsm.state("b", then("a")))
    machine = await started(model, step_budget=5)
    for _ in range(50):
        await machine.dispatch("go")
    assert machine.state() == "/M/a"


@rule("Q8", "A1")
async def test_an_activity_may_send_thousands_of_events():
    """An activity is beside the steps: what it sends is not the machine feeding itself."""
    caught = errors_of_loop()

    async def pump(ctx, self, event):
        for _ in range(3000):
            await self.dispatch("more")

    model = hsm.define("M", hsm.state("a", hsm.activity(pump), noting("more")))
    machine = await started(model)
    await settle()
    assert len(machine.instance.log) == 3000
    assert caught == []


@rule("Q8", "A1")
async def test_an_activity_may_send_thousands_of_events_during_one_step():
    """They pile up behind a suspended step, and none is lost."""
    caught = errors_of_loop()

    async def pump(ctx, self, event):
        for _ in range(3000):
            await self.dispatch("more")

    model = hsm.define("M", hsm.state("a", hsm.activity(pump), noting("more"), on("hold", hsm.effect(held))))
    machine = await started(model, Gated())
    answer = machine.dispatch("hold")
    await settle()
    assert machine.instance.log == ["held"]
    machine.instance.gate.set()
    await answer
    await settle()
    assert machine.instance.log == ["held", "freed", *["more"] * 3000]
    assert caught == []


@rule("Q8", "A5")
async def test_timers_may_fire_thousands_of_times(clock):
    """Ticks come from outside."""
    caught = errors_of_loop()
    model = hsm.define("M", hsm.state("a", every(1, hsm.effect(note("tick")))))
    machine = await started(model)
    await clock.advance(3000.5)
    assert len(machine.instance.log) == 3000
    assert caught == []


@rule("Q8", "Q2")
async def test_a_task_that_a_behaviour_started_may_send_thousands_of_events(clock):
    """Such a task runs beside the steps; none of its events is dropped, though the machine is always behind."""
    caught = errors_of_loop()

    async def pump(self):
        for _ in range(3000):
            self.dispatch("more")
            await clock.advance(0.001)

    def begin(ctx, self, event):
        self.task = asyncio.ensure_future(pump(self))

    async def slow(ctx, self, event):
        await clock.advance(0.0015)
        self.log.append("more")

    machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(begin)), on("more", hsm.effect(slow)))))
    await machine.dispatch("go")
    await clock.advance(100)
    assert machine.instance.log == ["more"] * 3000
    assert caught == []


@rule("Q8")
async def test_everything_that_a_machine_sent_to_itself_is_dropped_with_the_budget():
    """An event from outside that waits among them is processed all the same."""
    caught = errors_of_loop()

    def twice(ctx, self, event):
        self.dispatch("more")
        self.dispatch("more")

    machine = await gated(on("more", hsm.effect(twice)), noting("x"))
    answers = [machine.dispatch(name) for name in ("hold", "more", "x")]
    machine.instance.gate.set()
    await asyncio.gather(*answers)
    for _ in range(200):
        await settle()
    assert [type(error) for error in caught] == [hsm.LoopBudgetError]
    assert machine.instance.log == ["held", "freed", "x"]
    assert await machine.dispatch("x") is hsm.Outcome.TAKEN


@rule("Q8", "E8")
async def test_a_start_that_feeds_itself_for_ever_fails():
    """The error is raised from the await of `start`, and the instance is free again."""
    instance = Log()
    model = hsm.define("M", logged("a", hsm.entry(resend), on("more", hsm.effect(resend))))
    with pytest.raises(hsm.LoopBudgetError, match="'more'"):
        await hsm.start(None, instance, model)
    assert instance.log == ["+a", "-a"]
    assert instance.state() == ""


# --- the end of the loop ----------------------------------------------------------------------------------------


@rule("Q4", "A1")
@pytest.mark.parametrize("place", ["step", "activity"])
def test_a_loop_that_is_shut_down_waits_for_no_behaviour(place):
    """`asyncio.run` ends though one waits for ever: it is cancelled, and the step goes on to its end."""
    made = []
    cleaning = forever("cleaned up")
    model = hsm.define(
        "M",
        hsm.state(
            "a", hsm.activity(cleaning) if place == "activity" else on("go", hsm.effect(cleaning), hsm.target("../b"))
        ),
        logged("b", go("back", "a")),
        go("reset", "b"),
    )

    async def main():
        machine = await started(model)
        machine.dispatch("go")
        await settle()
        made.append(machine)

    asyncio.run(main())
    assert made[0].instance.log == ["cleaned up", *(["+b"] if place == "step" else [])]


@rule("Q4", "E7")
def test_who_waits_at_the_end_of_the_loop_gets_the_cancellation_of_the_behaviour():
    """A caller that outlives the step is not left waiting."""
    told = []

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(forever())))))

        async def caller():
            answer = machine.dispatch("go")
            try:
                await answer
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                told.append(await asyncio.gather(answer, return_exceptions=True))
                raise

        task = asyncio.create_task(caller())
        await settle()
        assert not task.done()
        return machine

    machine = asyncio.run(main())
    assert isinstance(told[0][0], asyncio.CancelledError)
    assert machine.status is hsm.Status.RUNNING


@rule("E7")
@pytest.mark.parametrize("place", ["effect", "guard", "duration"])
def test_a_machine_whose_loop_was_taken_down_in_the_middle_of_a_step_is_whole(place, caplog):
    """Whatever the step waited in is cancelled, with what runs beside it; the step is finished, and nothing is raised."""
    cleaning = forever("cleaned up")
    behaviours = {"effect": [hsm.effect(cleaning)], "guard": [hsm.guard(cleaning)], "duration": []}
    delay = cleaning if place == "duration" else 1
    model = hsm.define(
        "M",
        hsm.state(
            "s",
            hsm.activity(cleaning),
            hsm.state("a", go("go", "../b", *behaviours[place])),
            hsm.state("b", after(delay, hsm.effect(note("no")))),
        ),
    )

    async def main():
        machine = await started(model)
        await settle()
        machine.dispatch("go")
        await settle()
        return machine

    machine = asyncio.run(main())
    assert machine.instance.log == ["cleaned up", "cleaned up"]
    assert machine.status is hsm.Status.RUNNING
    assert machine.states() == ("/M/s/a" if place == "guard" else "/M/s/b",)
    assert caplog.records == []


@rule("L5")
@pytest.mark.parametrize(
    "use",
    [lambda machine: machine.dispatch("go"), lambda machine: machine.call("go"), lambda machine: machine.stop()],
    ids=["dispatch", "call", "stop"],
)
def test_a_machine_cannot_be_used_on_another_loop_when_its_own_is_closed(use):
    """The error says that the machine lived on the loop that started it, instead of waiting for ever."""
    machine = asyncio.run(
        started(hsm.define("M", hsm.state("a", hsm.exit(anote("-a")), on("go", hsm.effect(anote("gone"))))))
    )

    async def later():
        use(machine)

    with pytest.raises(hsm.LifecycleError, match="the loop of this machine is closed"):
        asyncio.run(later())


@rule("E4")
def test_an_error_that_is_let_go_after_the_end_of_the_loop_is_logged(caplog):
    """The loop's exception handler is gone; the `hsm` logger tells it."""

    async def main():
        machine = await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(fail("oops"))))))
        return [machine.dispatch("go")]

    answers = asyncio.run(main())
    assert caplog.records == []
    answers.clear()
    gc.collect()
    assert [str(each.exc_info[1]) for each in caplog.records] == ["oops"]
