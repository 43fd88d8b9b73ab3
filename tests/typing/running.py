"""Machines at run time: start, dispatch, call, stop, events and signals."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, reveal_type

import attrs

import hsm
from hsm.testing import VirtualClock


class Counter(hsm.Instance):
    value: int = 0


class Special(Counter):
    pass


class Other(hsm.Instance):
    pass


def count(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> None:
    self.value += 1


def other(ctx: hsm.Context, self: Other, event: hsm.Event[Any]) -> None: ...


model = hsm.define("Counter", hsm.state("a", hsm.entry(count)))
plain = hsm.define("Plain", hsm.state("a"))
impossible = hsm.define("M", hsm.state("a", hsm.entry(count)), hsm.state("b", hsm.entry(other)))  # E pyright
both = hsm.define("M", hsm.submachine("s", model), hsm.submachine("t", hsm.define("T", hsm.entry(other))))  # E pyright


async def starting() -> None:
    machine = await hsm.start(None, Counter(), model)
    reveal_type(machine)  # R: Machine[Counter]
    reveal_type(machine.instance)  # R: Counter
    reveal_type(machine.instance.value)  # R: int
    reveal_type(await hsm.start(hsm.Context(), Counter(), model))  # R: Machine[Counter]
    reveal_type(await hsm.start(None, Special(), model))  # R: Machine[Special]
    reveal_type(await hsm.start(None, Other(), plain))  # R: Machine[Other]
    async with hsm.start(None, Counter(), model) as sm:
        reveal_type(sm)  # R: Machine[Counter]
        reveal_type(sm.instance.value)  # R: int
    await hsm.start(None, Other(), model)  # E
    await hsm.start(None, hsm.Instance(), model)  # E
    await hsm.start(None, Counter, model)  # E
    await hsm.start(None, 3, model)  # E
    await hsm.start(3, Counter(), model)  # E
    await hsm.start(Counter(), model)  # E
    await hsm.start(None, Counter(), hsm.state("a"))  # E
    await hsm.start(None, Counter(), "Counter")  # E
    await hsm.start(None, Counter(), model, clock=3)  # E
    await hsm.start(None, Counter(), model, 5.0)  # E
    await hsm.start(None, Counter(), model, timeout=5.0)  # E
    await hsm.start(None, Counter(), model, clock=VirtualClock(), grace=1.0, step_budget=10)
    await hsm.start(None, Counter(), impossible)  # E mypy
    await hsm.start(None, Other(), impossible)  # E
    await hsm.start(None, Counter(), both)  # E mypy
    await hsm.start(None, Other(), both)  # E
    hsm.start(None, Counter(), model).dispatch("x")  # E
    hsm.start(None, Counter(), model).instance  # E


async def dispatching(machine: hsm.Machine[Counter], instance: Counter) -> None:
    reveal_type(await machine.dispatch("x"))  # R: Outcome
    reveal_type(await machine.dispatch("x", {"data": 3}))  # R: Outcome
    reveal_type(await machine.dispatch(hsm.Event("x")))  # R: Outcome
    reveal_type(await instance.dispatch("x", 3))  # R: Outcome
    reveal_type(await instance.dispatch(hsm.Event("x", 3)))  # R: Outcome
    machine.dispatch("not awaited")
    await machine.dispatch(3)  # E
    await machine.dispatch(None)  # E
    await machine.dispatch()  # E
    await machine.dispatch(hsm.Event)  # E
    await machine.dispatch(hsm.Event("x"), 3)  # E
    await machine.dispatch(hsm.Signal)  # E
    await machine.dispatch("x", 3, 4)  # E
    await instance.dispatch(3)  # E
    await instance.dispatch(hsm.Event("x"), 3)  # E
    if await machine.dispatch("x") is hsm.Outcome.TAKEN:
        pass
    await asyncio.wait_for(machine.dispatch("x"), 1)
    reveal_type(machine.dispatch_threadsafe("x").result())  # R: Outcome
    reveal_type(machine.dispatch_threadsafe(hsm.Event("x")).result())  # R: Outcome
    machine.dispatch_threadsafe(3)  # E


async def telling(machine: hsm.Machine[Counter], instance: Counter) -> None:
    reveal_type(machine.state())  # R: str
    reveal_type(machine.states())  # R: tuple[str, ...]
    reveal_type(machine.is_in("/Counter/a"))  # R: bool
    reveal_type(instance.state())  # R: str
    reveal_type(instance.states())  # R: tuple[str, ...]
    reveal_type(instance.is_in("a"))  # R: bool
    reveal_type(machine.status)  # R: Status
    reveal_type(machine.context)  # R: Context
    reveal_type(await machine.wait())  # R: Status
    reveal_type(await machine.call("read", 1, key=2))  # R: Any
    machine.is_in()  # E
    machine.is_in(3)  # E
    await machine.call()  # E
    await machine.call(3)  # E
    await machine.wait(3)  # E
    machine.status = hsm.Status.RUNNING  # E
    machine.nothing  # E
    instance.nothing  # E
    machine.instance.nothing  # E
    machine.value  # E


async def ending(machine: hsm.Machine[Counter], instance: Counter) -> None:
    await hsm.stop(machine)
    await hsm.stop(instance)
    await machine.stop()
    await instance.stop()
    reveal_type(await hsm.restart(machine))  # R: Machine[Counter]
    reveal_type(await hsm.restart(instance))  # R: Machine[Counter]
    await hsm.stop()  # E
    await hsm.stop(model)  # E
    await hsm.stop("Counter")  # E
    await hsm.restart(model)  # E
    await hsm.restart(Counter)  # E
    hsm.stop(machine)  # E


# events are generic in their data
reveal_type(hsm.Event("x"))  # R: Event[None]
reveal_type(hsm.Event("x", 3))  # R: Event[int]
reveal_type(hsm.Event("x", 3).data)  # R: int
reveal_type(hsm.Event("x").name)  # R: str
hsm.Event()  # E
hsm.Event(3)  # E
hsm.Event("x", 3).data.nothing  # E
typed: hsm.Event[str] = hsm.Event("x", 3)  # E


def takes_int(ctx: hsm.Context, self: Counter, event: hsm.Event[int]) -> None:
    reveal_type(event.data)  # R: int
    event.data.upper()  # E


hsm.effect(takes_int)


# signals: attrs, dataclasses, by hand
@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@attrs.define
class Named(hsm.Signal, name="order.named"):
    text: str = ""


@dataclasses.dataclass(frozen=True)
class Moved(hsm.Signal):
    x: int
    y: int


class Bare(hsm.Signal):
    pass


def pay(ctx: hsm.Context, self: Counter, event: Paid) -> None:
    reveal_type(event.amount)  # R: int
    reveal_type(event.name)  # R: str
    event.amnt  # E
    event.amount.upper()  # E


reveal_type(Paid(3).amount)  # R: int
reveal_type(Named("a").text)  # R: str
reveal_type(Moved(1, 2).y)  # R: int
reveal_type(Bare().name)  # R: str
Paid()  # E
Paid("3")  # E
Moved(1)  # E
Bare(3)  # E
Named(3)  # E
hsm.transition(hsm.on(Paid, Named, Moved, Bare, "x"), hsm.effect(pay))
hsm.on(Paid(3))


async def signalling(machine: hsm.Machine[Counter]) -> None:
    reveal_type(await machine.dispatch(Paid(3)))  # R: Outcome
    await machine.dispatch(Moved(1, 2))
    await machine.dispatch(Named("a"))
    await machine.dispatch(Paid)  # E
    await machine.dispatch(Paid(3), 4)  # E


# contexts
context = hsm.Context()
reveal_type(context.done)  # R: bool
reveal_type(context.child())  # R: Context
hsm.Context(3)  # E
context.done = True  # E
context.nothing  # E


# data of built-in events
def on_time(ctx: hsm.Context, self: Counter, event: hsm.Event[hsm.Tick]) -> None:
    reveal_type(event.data.missed)  # R: int
    event.data.late  # E


def on_call(ctx: hsm.Context, self: Counter, event: hsm.Event[hsm.Arguments]) -> int:
    reveal_type(event.data.args)  # R: tuple[Any, ...]
    reveal_type(event.data.kwargs)  # R: Mapping[str, Any]
    return self.value


def on_error(ctx: hsm.Context, self: Counter, event: hsm.Event[Exception]) -> None:
    event.data.add_note("seen")


hsm.transition(hsm.every(1), hsm.effect(on_time))
hsm.transition(hsm.on_call("read"), hsm.effect(on_call))
hsm.transition(hsm.on("hsm_error"), hsm.effect(on_error))

# names that the package does not have
hsm.State  # E
hsm.Define  # E
hsm.stat("a")  # E


async def answers() -> None:
    machine = await hsm.start(None, Counter(), model)
    reveal_type(machine.dispatch("go"))  # R: Answer[Outcome]
    reveal_type(machine.instance.dispatch("go"))  # R: Answer[Outcome]
    reveal_type(machine.stop())  # R: Answer[None]
    machine.dispatch("dropped")
    task = asyncio.create_task(machine.dispatch("go"))
    reveal_type(await task)  # R: Outcome
    async with asyncio.TaskGroup() as group:
        group.create_task(machine.instance.dispatch("go"))
        group.create_task(machine.stop())
    kept: list[hsm.Answer[hsm.Outcome]] = [machine.dispatch("go")]
    await asyncio.gather(*kept, machine.wait())


async def behind() -> None:
    machine = await hsm.start(None, Counter(), model)
    reveal_type(hsm.machine_of(machine))  # R: Machine[Counter]
    reveal_type(hsm.machine_of(machine.instance))  # R: Machine[Counter]
    hsm.machine_of(3)  # E


def is_high(self: Counter) -> bool:
    return self.value > 3


def is_low(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> bool:
    return self.value < 3


async def later(self: Counter) -> bool:
    return self.value < 3


def tools() -> None:
    chart = hsm.chart(model)
    reveal_type(chart)  # R: Chart
    reveal_type(chart.vertex("a").deferrals)  # R: tuple[str, ...]
    reveal_type(chart.transitions[0].triggers[0].seconds)  # R: float | None
    reveal_type(chart.transition_at("door.py", 3))  # R: ChartTransition | None
    if chart.vertices[0].kind == "sate":  # E
        return
    chart.name = "Other"  # E
    hsm.chart("Counter")  # E
    with hsm.collect() as found:
        reveal_type(found)  # R: Collected[Model[Any]]
    reveal_type(found.models)  # R: tuple[Model[Any], ...]
    reveal_type(found.diagnostics[0].where)  # R: Source | None


async def questions() -> None:
    machine = await hsm.start(None, Counter(), model, strict=True)
    counter = machine.instance
    reveal_type(machine.events())  # R: tuple[str, ...]
    reveal_type(counter.events())  # R: tuple[str, ...]
    reveal_type(await machine.can("go"))  # R: Outcome
    reveal_type(await counter.can("go", 3))  # R: Outcome
    reveal_type(await machine.explain(hsm.Event("go")))  # R: Explanation
    reveal_type(await counter.explain("go"))  # R: Explanation
    reveal_type((await counter.explain("go")).candidates[0].guards[0].answer)  # R: bool | None
    reveal_type(machine.until("/Counter/a"))  # R: Answer[None]
    await machine.until(is_high)
    await machine.until(is_low)
    await machine.until(lambda: counter.value > 3)
    await machine.until(lambda self: self.value > 3)
    await counter.until(lambda self: self.value > 3)
    await counter.until(lambda ctx, self, event: self.value > 3)
    await machine.can(3)  # E
    await machine.can(hsm.Event("go"), 3)  # E
    await machine.explain()  # E
    await machine.until(3)  # E
    await machine.until(later)  # E
    await machine.until(lambda self: self.valeu > 3)  # E
    await counter.until(lambda self: self.valeu > 3)  # E
    await machine.until(lambda one, other: True)  # E
    await hsm.start(None, Counter(), model, strict="yes")  # E


def watch(record: hsm.trace.Record) -> None:
    reveal_type(record.step)  # R: int
    match record:
        case hsm.trace.GuardAsked():
            reveal_type(record.answer)  # R: bool | None
        case hsm.trace.StepEnded(outcome=outcome):
            reveal_type(outcome)  # R: Outcome
        case _:
            pass


async def observing() -> None:
    recorder = hsm.trace.Recorder(last=10)
    machine = await hsm.start(None, Counter(), model, observe=recorder)
    detach = machine.observe(watch)
    machine.observe(hsm.trace.log(every=True))
    detach()
    reveal_type(recorder.records)  # R: deque[Record]
    async for record in hsm.trace.records(machine):
        watch(record)
    machine.observe(lambda: None)  # E
    machine.observe(3)  # E
    hsm.trace.Recorder(lats=3)  # E
    hsm.trace.logg()  # E
