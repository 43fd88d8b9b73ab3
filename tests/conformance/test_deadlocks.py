"""Machines that wait for each other: the wait that closes a cycle is refused (rule Q10)."""

from __future__ import annotations

import asyncio

import pytest
from support import Log, both_engines, go, logged, on, rule, settle, started

import hsm


class Friend(Log):
    """An instance that knows another one."""

    def __init__(self) -> None:
        super().__init__()
        self.other = None
        self.may_ask = asyncio.Event()


def asking(ask):
    """A behaviour that waits for its turn, and then for the other machine, in the way of *ask*."""

    async def behave(ctx, self, event):
        await self.may_ask.wait()
        await ask(self.other)

    return behave


WAYS = {
    "dispatch": lambda other: other.dispatch("x"),
    "call": lambda other: hsm.machine_of(other).call("ask"),
    "stop": lambda other: hsm.machine_of(other).stop(),
    "restart": lambda other: hsm.machine_of(other).restart(),
}


async def ring(number, ask=WAYS["dispatch"], **options):
    """As many machines, each of which asks the next one on 'go' and the last one the first."""
    machines = []
    for at in range(number):
        model = hsm.define(
            f"M{at}",
            logged("a", go("go", "../b", hsm.effect(asking(ask)))),
            logged("b"),
            on("x"),
            hsm.transition(hsm.on_call("ask")),
        )
        machines.append(await started(model, Friend(), **options))
    for one, other in zip(machines, machines[1:] + machines[:1], strict=True):
        one.instance.other = other.instance
    return machines


@rule("Q10")
@both_engines
@pytest.mark.parametrize("number", [2, 3, 5])
@pytest.mark.parametrize("way", WAYS)
async def test_the_wait_that_closes_a_cycle_is_refused(number, way, engine):
    """All steps were asked for from outside; the other ones go on when that step has ended."""
    machines = await ring(number, WAYS[way], engine=engine)
    answers = [machine.dispatch("go") for machine in machines]
    for machine in machines:
        machine.instance.may_ask.set()
        await settle()
    async with asyncio.timeout(10):
        results = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(result) for result in results] == [*[hsm.Outcome] * (number - 1), hsm.DeadlockError]
    steps = [f"the step of machine 'M{at}' on 'go'" for at in range(number)]
    last = steps.pop()
    assert str(results[-1]) == f"{last} would wait for {', which waits for '.join([*steps, last])}"


@rule("Q10", "E1")
async def test_a_deadlock_is_an_error_like_any_other():
    """Its step goes on to its target, and a transition may handle it."""
    one, two = await ring(2)
    handled = []
    two_model = hsm.define(
        "Two",
        hsm.state("a", go("go", "../b", hsm.effect(asking(WAYS["dispatch"])))),
        hsm.state("b"),
        on("hsm_error", hsm.effect(lambda ctx, self, event: handled.append(event.data))),
    )
    await two.stop()
    two = await started(two_model, two.instance)
    answers = [one.dispatch("go"), two.dispatch("go")]
    for machine in (one, two):
        machine.instance.may_ask.set()
        await settle()
    assert await asyncio.gather(*answers) == [hsm.Outcome.TAKEN, hsm.Outcome.TAKEN]
    assert [type(error) for error in handled] == [hsm.DeadlockError]
    assert two.state() == "/Two/b"


@rule("Q10")
async def test_a_chain_of_waits_is_no_cycle():
    """The last one waits for nobody."""
    machines = await ring(4)
    answers = [machine.dispatch("go") for machine in machines[:-1]]
    for machine in machines:
        machine.instance.may_ask.set()
        await settle()
    assert await asyncio.gather(*answers) == [hsm.Outcome.TAKEN] * 3


@rule("Q10")
async def test_waiting_for_the_end_of_a_machine_is_no_cycle():
    """It may be reached in another way than by the step under way."""
    one, two = await ring(2, lambda other: hsm.machine_of(other).wait())
    answers = [one.dispatch("go"), two.dispatch("go")]
    for machine in (one, two):
        machine.instance.may_ask.set()
    await settle()
    for machine in (one, two):
        assert not machine.is_over()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(*answers, return_exceptions=True)


@rule("Q10", "Q4")
async def test_a_wait_that_was_given_up_closes_no_cycle():
    """A timeout around it is over."""

    async def impatient(ctx, self, event):
        try:
            async with asyncio.timeout(1):
                await self.other.dispatch("x")
        except TimeoutError:
            self.log.append("gave up")
        await self.may_ask.wait()

    one = await started(hsm.define("One", hsm.state("a", on("go", hsm.effect(impatient)), on("x"))), Friend())
    two = await started(
        hsm.define("Two", hsm.state("a", on("go", hsm.effect(asking(WAYS["dispatch"]))), on("x"))), Friend()
    )
    one.instance.other, two.instance.other = two.instance, one.instance
    second, first = two.dispatch("go"), one.dispatch("go")
    await asyncio.sleep(2)
    assert one.instance.log == ["gave up"]
    two.instance.may_ask.set()
    await settle()
    one.instance.may_ask.set()
    assert await asyncio.gather(first, second) == [hsm.Outcome.TAKEN] * 2


@rule("Q10")
@both_engines
async def test_a_wait_is_seen_that_is_the_first_thing_a_step_awaits(engine):
    """Also where tasks begin at once, as they do from Python 3.12 on."""

    async def ask_later(ctx, self, event):
        await asyncio.sleep(1)
        await self.other.dispatch("x")

    async def ask(ctx, self, event):
        await self.other.dispatch("x")

    one, two = [
        await started(hsm.define("M", hsm.state("a", on("go", hsm.effect(behave)), on("x"))), Friend(), engine=engine)
        for behave in (ask_later, ask)
    ]
    one.instance.other, two.instance.other = two.instance, one.instance
    async with asyncio.timeout(5):
        results = await asyncio.gather(one.dispatch("go"), two.dispatch("go"), return_exceptions=True)
    assert {type(result) for result in results} == {hsm.Outcome, hsm.DeadlockError}


@rule("Q10", "E8")
async def test_a_start_that_closes_a_cycle_leaves_nothing_started():
    """Its machine is stopped, as nobody has it."""
    child = Friend()

    async def ask(ctx, self, event):
        await self.may_ask.wait()
        await self.other.dispatch("x")

    async def bear(ctx, self, event):
        await asyncio.sleep(1)
        await hsm.start(
            None, child, hsm.define("Child", hsm.state("a", hsm.entry(waits_for_other), hsm.exit(says_gone)))
        )

    async def waits_for_other(ctx, self, event):
        await self.other.dispatch("y")

    def says_gone(ctx, self, event):
        self.log.append("gone")

    parent = await started(hsm.define("Parent", hsm.state("a", on("go", hsm.effect(bear)), on("x"))), Friend())
    other = await started(hsm.define("Other", hsm.state("a", on("go", hsm.effect(ask)), on("y"))), Friend())
    child.other, other.instance.other = other.instance, parent.instance
    second, first = other.dispatch("go"), parent.dispatch("go")
    await asyncio.sleep(2)
    other.instance.may_ask.set()
    async with asyncio.timeout(5):
        results = await asyncio.gather(first, second, return_exceptions=True)
    assert hsm.DeadlockError in {type(result) for result in results}
