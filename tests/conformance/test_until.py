"""Until: waiting for a condition of a machine (rule L3a)."""

from __future__ import annotations

import asyncio
import gc
from functools import partial
from operator import attrgetter

import pytest
from support import (
    Gated,
    Log,
    afail,
    anote,
    both_engines,
    errors_of_loop,
    go,
    held,
    in_thread,
    note,
    on,
    rule,
    sends,
    settle,
    started,
)

import hsm
from hsm_classdsl import Machine, State
from hsm_classdsl import on as marked_on

RING = hsm.define(
    "M",
    hsm.state("a", go("next", "../b")),
    hsm.state("b", go("next", "../c")),
    hsm.state("c", go("next", "../a")),
)


async def first(waiting, *steps):
    """How many of the *steps* it took until *waiting* had ended; ``None`` if all of them did not do."""
    task = asyncio.ensure_future(waiting)
    for count, step in enumerate([*steps, None]):
        await settle()
        if task.done():
            task.result()
            return count
        if step is not None:
            await step()
    task.cancel()
    return None


def dispatches(machine, *names):
    """Functions that each dispatch one of *names*."""
    return [lambda name=name: machine.dispatch(name) for name in names]


@rule("L3a")
@both_engines
async def test_until_returns_after_the_step_that_makes_it_hold(engine):
    """Steps of every kind, also those that were taken many times before; at once if it holds already."""
    machine = await started(RING, engine=engine)
    for _ in range(12):
        await machine.dispatch("next")
    assert await first(machine.until("a")) == 0
    assert await first(machine.until("/M/c"), *dispatches(machine, *["next"] * 4)) == 2
    assert await first(machine.until("a"), *dispatches(machine, *["unknown"] * 3)) is None
    assert await first(machine.until("a"), *dispatches(machine, "unknown", "next")) == 2
    assert await machine.until("a") is None


@rule("L3a")
@both_engines
async def test_until_sees_every_configuration_between_two_steps(engine):
    """Also one that the machine leaves again at once, by an event that was queued behind the step."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../b", hsm.effect(sends("f")))),
        hsm.state("b", go("f", "../c"), hsm.entry(note("b"))),
        hsm.state("c", go("e", "../d"), go("f", "../a")),
        hsm.state("d", hsm.transition(hsm.target("../a"))),
    )
    machine = await started(model, engine=engine)
    in_b, in_d = machine.until("b"), machine.until("d")
    await machine.dispatch("e")
    assert machine.state() == "/M/c"
    assert await in_b is None
    await machine.dispatch("e")
    assert machine.state() == "/M/a"
    assert await first(in_d) is None  # a completion is part of the step


@rule("L3a")
@both_engines
async def test_a_plain_effect_that_sends_is_seen_between_the_steps(engine):
    """The step ends before the event that it sent is taken, also where the machine goes on in the same call."""

    def send(ctx, self, event):
        self.dispatch("f")

    model = hsm.define(
        "M", hsm.state("a", go("e", "../b", hsm.effect(send))), hsm.state("b", go("f", "../c")), hsm.state("c")
    )
    machine = await started(model, engine=engine)
    in_b = machine.until("b")
    await machine.dispatch("e")
    await settle()
    assert machine.state() == "/M/c"
    assert await in_b is None


@rule("L3a")
@both_engines
async def test_until_takes_predicates(engine):
    """Called with nothing, with the instance, or as guards are; they are looked at behind every step."""

    def count(ctx, self, event):
        self.log.append("x")

    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(count))))
    machine = await started(model, engine=engine)
    instance = machine.instance
    events = dispatches(machine, "e", "e", "e")
    assert await first(machine.until(lambda: len(instance.log) == 1), *events) == 1
    assert await first(machine.until(lambda self: len(self.log) == 3), *events) == 2
    assert await first(machine.until(lambda ctx, self, event: event.name == "hsm_change"), *events) == 0
    assert await first(instance.until(lambda self: len(self.log) == 4), *events) == 1


@rule("L3a")
async def test_a_predicate_that_needs_nothing_is_given_nothing():
    """A parameter with a default is for its own use; what takes anything is given the instance, and passes it on."""
    machine = await started(RING)
    ready = asyncio.Event()
    ready.set()

    def passing(function):
        return lambda *args: function(*args)

    for predicate in (
        lambda wanted=3: wanted == 3,
        lambda self, wanted=3: self is machine.instance and wanted == 3,
        passing(lambda self: self is machine.instance),
        partial(machine.is_in, "a"),
        partial(lambda wanted, self: self is machine.instance and wanted == 3, 3),
        attrgetter("is_ready"),
        ready.is_set,
    ):
        machine.instance.is_ready = True
        assert await machine.until(predicate) is None


@rule("L3a")
async def test_until_is_not_looked_at_in_the_middle_of_a_step():
    """A step under way has to end first, even if it holds when it is asked."""
    model = hsm.define("M", hsm.state("a", go("e", "../b", hsm.effect(held))), hsm.state("b"))
    machine = await started(model, Gated())
    machine.dispatch("e")
    passing = asyncio.ensure_future(machine.until(lambda: not machine.is_in("b")))
    arriving = asyncio.ensure_future(machine.until("b"))
    await settle()
    assert machine.state() == "/M"
    assert not passing.done()
    machine.instance.gate.set()
    await arriving
    assert not passing.done()
    passing.cancel()


@rule("L3a")
@both_engines
async def test_timers_and_activities_make_it_hold_too(engine):
    """Whatever takes the step."""

    async def work(ctx, self, event):
        await asyncio.sleep(1)

    model = hsm.define(
        "M",
        hsm.state("a", hsm.transition(hsm.after(5), hsm.target("../b"))),
        hsm.state("b", hsm.activity(work), hsm.transition(hsm.target("../c"))),
        hsm.state("c", hsm.transition(hsm.after(1), hsm.target("../a"))),
    )
    machine = await started(model, engine=engine)
    loop = asyncio.get_running_loop()
    for _ in range(2):
        began = loop.time()
        await machine.until("b")
        await machine.until("c")
        await machine.until("a")
        assert loop.time() - began == 7


@rule("L3a")
async def test_a_start_under_way_is_waited_for():
    """Nothing holds before the machine has started."""
    model = hsm.define("M", hsm.entry(held), hsm.state("a"))
    instance = Gated()
    starting = asyncio.ensure_future(started(model, instance))
    await settle()
    waiting = asyncio.ensure_future(instance.until("a"))
    await settle()
    assert not waiting.done()
    instance.gate.set()
    await waiting
    await starting


@rule("L3a", "L1")
@both_engines
async def test_until_sees_what_lies_between_the_steps_of_a_start(engine):
    """The default entry is one step; each event that it causes is another."""
    model = hsm.define(
        "M",
        hsm.state("a", hsm.entry(held, sends("f")), go("f", "../b")),
        hsm.state("b", hsm.entry(sends("f")), go("f", "../c")),
        hsm.state("c"),
    )
    instance = Gated()
    starting = asyncio.ensure_future(started(model, instance, engine=engine))
    await settle()
    waits = [instance.until(path) for path in ("a", "b", "c")]
    instance.gate.set()
    assert (await starting).state() == "/M/c"
    assert await asyncio.gather(*waits) == [None] * 3


@rule("L3a", "L4")
@both_engines
async def test_a_machine_that_ends_first_ends_the_wait(engine):
    """`MachineStopped` for what no longer can hold; what holds at the end does."""
    model = hsm.define("M", hsm.state("a", go("end", "../z"), go("x", "../b")), hsm.state("b"), hsm.final("z"))
    machine = await started(model, engine=engine)
    never, at_the_end = machine.until("b"), machine.until("z")
    await machine.dispatch("end")
    assert await at_the_end is None
    with pytest.raises(hsm.MachineStopped, match="machine completed before 'b' was active"):
        await never
    assert await machine.until("z") is None
    with pytest.raises(hsm.MachineStopped):
        machine.until("b")
    machine = await started(model, engine=engine)
    never = machine.until(lambda: False)
    await machine.stop()
    with pytest.raises(hsm.MachineStopped, match="was stopped before the condition held"):
        await never
    with pytest.raises(hsm.MachineStopped):
        machine.until("a")


@rule("L3a", "Q4")
@both_engines
async def test_waits_end_alone(engine):
    """Cancelling one ends it and no other; the machine keeps none that nobody awaits."""
    machine = await started(RING, engine=engine)
    one, other = [asyncio.ensure_future(machine.until("b")) for _ in range(2)]
    machine.until("b")
    await settle()
    one.cancel()
    await settle()
    gc.collect()
    with pytest.raises(asyncio.CancelledError):
        await one
    await machine.dispatch("next")
    assert await other is None
    assert machine._record.waiting is None
    machine.until("a")
    await machine.dispatch("unknown")
    assert machine._record.waiting is None


@rule("L3a")
@both_engines
async def test_an_error_of_a_predicate_is_its_waiters(engine):
    """Raised from the await, whenever it comes; the step and other waits are not touched."""

    def breaks(self):
        if self.log:
            raise ValueError("broken")
        return False

    model = hsm.define("M", hsm.state("a", go("e", "../b", hsm.effect(note("e")))), hsm.state("b"))
    machine = await started(model, engine=engine)
    broken, other = machine.until(breaks), machine.until("b")
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    with pytest.raises(ValueError, match="broken"):
        await broken
    assert await other is None
    with pytest.raises(ValueError, match="broken"):
        await machine.until(breaks)


@rule("L3a", "E7")
@both_engines
async def test_what_is_no_error_belongs_to_who_waits_as_well(engine):
    """Neither the sender of the event nor another wait gets what a predicate raised, also at the machine's end."""

    class Fatal(BaseException):
        pass

    def breaks(self):
        if not self.is_in("a"):
            raise Fatal
        return False

    machine = await started(RING, engine=engine)
    broken, other = machine.until(breaks), machine.until("b")
    assert await machine.dispatch("next") is hsm.Outcome.TAKEN
    with pytest.raises(Fatal):
        await broken
    assert await other is None
    machine = await started(RING, engine=engine)
    broken, other = machine.until(breaks), machine.until("b")
    await machine.stop()
    with pytest.raises(Fatal):
        await broken
    with pytest.raises(hsm.MachineStopped):
        await other
    with pytest.raises(Fatal):
        await machine.until(breaks)


@rule("L3a")
@pytest.mark.parametrize("answer", ["yes", 1, None])
async def test_a_predicate_returns_a_bool(answer):
    """Anything else is a mistake, as it is for guards."""
    machine = await started(RING)
    with pytest.raises(hsm.GuardError, match="must return True or False at once"):
        await machine.until(lambda: answer)


@rule("L3a")
async def test_a_predicate_answers_at_once():
    """A coroutine function is a mistake, and leaves no coroutine behind that nobody awaited."""
    machine = await started(RING)

    async def later(self):
        return True

    with pytest.raises(hsm.GuardError, match=r"'.*later' returned <coroutine"):
        await machine.until(later)
    gc.collect()


@pytest.mark.needs_system
@rule("L3a")
async def test_mistakes_are_told_at_once():
    """A path that names nothing, what is no condition, and parameters that nobody passes."""
    machine = await started(RING)
    with pytest.raises(ValueError, match="has no vertex 'd'"):
        machine.until("d")
    with pytest.raises(TypeError, match="takes a path, the class of a state, or a predicate, not 5"):
        machine.until(5)
    with pytest.raises(TypeError, match="too many parameters"):
        machine.until(lambda a, b: True)
    with pytest.raises(TypeError):
        machine.until(Log)
    with pytest.raises(hsm.LifecycleError, match="has not been started"):
        Log().until("a")
    caught = await in_thread(lambda: machine.until("b"))
    assert isinstance(caught, hsm.LifecycleError)


@rule("L3a", "Q2")
async def test_a_behaviour_does_not_wait_for_its_own_step():
    """It is refused where it would wait for itself; an activity may wait."""
    seen = []

    async def wait(ctx, self, event):
        await self.until("b")

    async def waits(ctx, self, event):
        await self.until("b")
        seen.append(self.state())

    model = hsm.define(
        "M",
        hsm.activity(waits),
        hsm.state("a", on("e", hsm.effect(wait)), go("f", "../b")),
        hsm.state("b"),
    )
    machine = await started(model)
    with pytest.raises(hsm.LifecycleError, match="it would wait for itself"):
        await machine.dispatch("e")
    await machine.dispatch("f")
    await settle()
    assert seen == ["/M/b"]


@rule("L3a", "Q10")
async def test_machines_that_wait_for_each_other_by_until_are_found():
    """The second wait of a cycle raises, as for dispatches."""
    one, other = Log(), Log()

    async def wait(ctx, self, event):
        await asyncio.sleep(0)
        await (other if self is one else one).until("b")

    model = hsm.define("M", hsm.state("a", on("e", hsm.effect(wait)), go("f", "../b")), hsm.state("b"))
    for instance in (one, other):
        await started(model, instance)
    first, second = one.dispatch("e"), other.dispatch("e")
    with pytest.raises(hsm.DeadlockError):
        await second
    other.dispatch("f")
    assert await first is hsm.Outcome.TAKEN


@rule("L3a", "Q2")
@both_engines
async def test_a_predicate_is_inside_of_the_machine(engine):
    """What it sends comes after the step, a stop too; another wait would be one for itself."""
    model = hsm.define(
        "M",
        hsm.state("a", go("e", "../b")),
        hsm.state("b", go("f", "../c"), hsm.exit(note("left b"))),
        hsm.state("c", hsm.exit(note("left c"))),
    )
    machine = await started(model, engine=engine)
    outcomes = []

    def send(self):
        if self.is_in("b"):
            outcomes.append(self.dispatch("f").send)
        return self.is_in("b")

    def end(self):
        if self.is_in("c"):
            self.stop()
        return False

    def wait(self):
        self.until("c")

    sending, ending = machine.until(send), machine.until(end)
    assert await machine.dispatch("e") is hsm.Outcome.TAKEN
    assert machine.instance.log == ["left b", "left c"]
    assert await sending is None
    with pytest.raises(StopIteration) as known:
        outcomes[0](None)
    assert known.value.value is hsm.Outcome.QUEUED
    with pytest.raises(hsm.MachineStopped):
        await ending
    machine = await started(model, engine=engine)
    await machine.dispatch("e")
    waiting = machine.until(lambda self: self.is_in("c") and wait(self))
    await machine.dispatch("f")
    with pytest.raises(hsm.LifecycleError, match="wait for itself"):
        await waiting


@rule("L3a", "Q2")
@both_engines
async def test_a_predicate_is_inside_from_its_first_call_on(engine):
    """What it sends is processed when it has answered; a stop ends its own wait too."""
    machine = await started(RING, engine=engine)
    seen = []

    def send(self):
        if self.is_in("a"):
            self.dispatch("next")
        seen.append(self.state())
        return self.is_in("b")

    assert await machine.until(send) is None
    assert seen[0] == "/M/a"
    ending = machine.until(lambda self: self.stop() is None)
    with pytest.raises(hsm.MachineStopped, match="was stopped before the condition held"):
        await ending


@rule("L3a")
async def test_waits_with_a_time_limit_do_not_pile_up():
    """A machine that takes no step does not keep the waits that were given up, however many."""
    machine = await started(RING)
    lasting = machine.until("c")
    for _ in range(100):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(machine.until("b"), 1)
        gc.collect()  # on Python 3.11 the task of `wait_for` is part of a cycle with what it raised
    assert len(machine._record.waiting) < 5
    await machine.dispatch("next")
    await machine.dispatch("next")
    assert await lasting is None


@rule("L3a", "L6")
async def test_a_restart_ends_the_waits():
    """They were for the machine that ended; a new one may be begun."""
    machine = await started(RING)
    waiting = machine.until("b")
    await hsm.restart(machine)
    with pytest.raises(hsm.MachineStopped):
        await waiting
    again = machine.until("b")
    await machine.dispatch("next")
    assert await again is None


@rule("L3a")
@both_engines
async def test_a_step_that_fails_is_a_step_too(engine):
    """Its errors are its sender's; whoever waits for where it leads is woken."""
    model = hsm.define("M", hsm.state("a", go("e", "../b", hsm.effect(afail("x"), anote("y")))), hsm.state("b"))
    machine = await started(model, engine=engine)
    errors = errors_of_loop()
    waiting = machine.until("b")
    with pytest.raises(ValueError, match="x"):
        await machine.dispatch("e")
    assert await waiting is None
    assert errors == []


@rule("L3a")
async def test_classes_of_states_are_waited_for():
    """As `is_in` takes them; also a base that several states derive from."""

    class Door(Machine):
        class Closed(State["Door"], initial=True):
            open = marked_on("open", target="Opened")

        class Opened(State["Door"]):
            shut = marked_on("shut", target="Closed")

    async with Door() as door:
        opened = door.until(Door.Opened)
        await door.dispatch("open")
        assert await opened is None
        never = door.until(Door.Closed)
        with pytest.raises(ValueError, match="is not a state of machine class"):
            door.until(Log)
    with pytest.raises(hsm.MachineStopped, match=r"before '.*Door\.Closed' was active"):
        await never
