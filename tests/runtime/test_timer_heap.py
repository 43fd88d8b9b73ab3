"""The heap of timers: one call of the clock, entries that are used again, order, and nothing that is lost or kept."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from support import Log, after, anote, both_engines, go, note, pause, rule, started

import hsm
from hsm.runtime.timer_heap import SPARE
from hsm.runtime.timers import SPARE as SPARE_OF_A_MACHINE


@rule("A6")
async def test_arming_over_and_over_uses_one_entry(clock):
    """A state that is left before its time, ten thousand times, leaves one entry behind."""
    machine = await started(hsm.define("M", hsm.state("a", after(5, hsm.effect(note("late"))), go("go", "."))))
    for _ in range(10_000):
        machine.dispatch("go")
    assert len(machine._record.heap._entries) == 1
    await clock.advance(4)
    machine.dispatch("go")
    await clock.advance(4)
    assert machine.instance.log == []
    await clock.advance(1)
    assert machine.instance.log == ["late"]


@rule("A2")
async def test_a_timer_that_is_armed_for_an_earlier_time_fires_then(clock):
    """The entry for the later time is left behind and does nothing."""
    spans = [10.0, 3.0, 7.0]

    def span(ctx, self, event):
        return spans.pop(0)

    machine = await started(hsm.define("M", hsm.state("a", after(span, hsm.effect(note("due"))), go("go", "."))))
    machine.dispatch("go")
    await clock.advance(3)
    assert machine.instance.taken() == ["due"]
    machine.dispatch("go")
    await clock.advance(6)
    assert machine.instance.taken() == []
    await clock.advance(1)
    assert machine.instance.taken() == ["due"]
    await clock.advance(10)
    assert machine.instance.taken() == []


@rule("A3")
async def test_what_is_disarmed_is_cleared_away(clock):
    """When most of the heap is void it is built anew, with what is left in its order."""
    model = hsm.define(
        "M", hsm.state("a", after(5, hsm.effect(note("due"))), go("go", "b")), hsm.state("b", go("back", "a"))
    )
    machines = [await started(model) for _ in range(4 * SPARE)]
    heap = machines[0]._record.heap
    for machine in machines[10:]:
        machine.dispatch("go")
    assert len(heap._entries) <= 2 * SPARE + 20
    for machine in machines[10:20]:
        machine.dispatch("back")
    await clock.advance(5)
    assert [len(machine.instance.log) for machine in machines[:25]] == [1] * 20 + [0] * 5
    assert heap._entries == []


async def test_entries_that_were_left_behind_are_cleared_away_too(clock):
    """Ever shorter spans leave one entry each; clearing drops them and keeps the one that counts."""
    left = iter(range(1000, 0, -1))

    def span(ctx, self, event):
        return next(left)

    machine = await started(hsm.define("M", hsm.state("a", after(span, hsm.effect(note("due"))), go("go", "."))))
    for _ in range(500):
        machine.dispatch("go")
    assert len(machine._record.heap._entries) < 2 * SPARE + 10
    await clock.advance(499)
    assert machine.instance.log == []
    await clock.advance(1)
    assert machine.instance.log == ["due"]


async def test_what_is_due_is_not_lost_to_something_fatal():
    """A timer whose step raises what nobody may catch does not keep others of that moment from firing."""
    fatal = []

    def interrupts(ctx, self, event):
        raise KeyboardInterrupt

    bad = hsm.define("Bad", hsm.state("a", after(0, hsm.effect(interrupts))))
    good = hsm.define("Good", hsm.state("a", after(0, hsm.effect(note("fired")))))
    loop = asyncio.get_running_loop()
    first, second = await started(bad), await started(good)
    heap = first._record.heap
    heap._call.cancel()
    when = max(heap._entries)
    try:
        heap._run(when)
    except KeyboardInterrupt as error:
        fatal.append(error)
    assert len(fatal) == 1
    assert second.instance.log == []
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert second.instance.log == ["fired"]
    assert loop.is_running()


@rule("R8")
async def test_a_machine_that_ends_at_the_moment_of_its_timer_does_not_fire(clock):
    """Two timers of one moment: the first ends the machine, the second has nobody left."""
    model = hsm.define(
        "M", hsm.state("a", after(1, hsm.target("/M/end")), after(1, hsm.effect(note("late")))), hsm.final("end")
    )  # fmt: skip
    machine = await started(model)
    await clock.advance(1)
    assert machine.status is hsm.Status.COMPLETED
    assert machine.instance.log == []


async def test_an_ended_machine_is_not_kept_by_its_timers():
    """What still lies in the heap knows nothing of it any more."""
    machine = await started(hsm.define("M", hsm.state("a", after(1000, hsm.effect(note("late"))))))
    gone = weakref.ref(machine.instance)
    await machine.stop()
    del machine
    gc.collect()
    assert gone() is None


@rule("A3")
@both_engines
async def test_an_expiry_that_waits_is_void_when_its_state_was_left(clock, engine):
    """It came while a step was suspended, and that step leaves the state."""

    async def slow(ctx, self, event):
        await pause(2)

    model = hsm.define(
        "M",
        hsm.state(
            "a", after(1, hsm.effect(note("late"))), hsm.transition(hsm.on("go"), hsm.effect(slow)), go("out", "b")
        ),
        hsm.state("b", go("back", "a")),
    )
    machine = await started(model, engine=engine)
    sent = [machine.dispatch("out"), machine.dispatch("back"), machine.dispatch("go"), machine.dispatch("out")]
    await clock.advance(3)
    assert [await each for each in sent] == [hsm.Outcome.TAKEN] * 4
    assert machine.state() == "/M/b"
    assert machine.instance.log == []


async def test_clocks_of_ones_own_have_a_heap_each():
    """Two machines on one clock share its heap, and another clock has another."""

    class Clock:
        def time(self):
            return 0.0

        def wall(self):
            return 0.0

        def call_at(self, when, callback, *args):
            return asyncio.get_running_loop().call_later(1000, callback, *args)

    one, other = Clock(), Clock()
    model = hsm.define("M", hsm.state("a", hsm.transition(hsm.after(1), hsm.target("../b"))), hsm.state("b"))
    first, second, third = [await started(model, Log(), clock=clock) for clock in (one, one, other)]
    assert first._record.heap is second._record.heap is not None
    assert first._record.heap is not third._record.heap


class ManualClock:
    """A clock whose calls are made when somebody moves its time, at once and wherever that is."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def time(self):
        return self.now

    def wall(self):
        return self.now

    def call_at(self, when, callback, *args):
        call = [when, callback, args]
        self.calls.append(call)
        return Cancel(self.calls, call)

    def advance(self, seconds):
        self.now += seconds
        for call in [call for call in self.calls if call[0] <= self.now]:
            if call in self.calls:
                self.calls.remove(call)
                call[1](*call[2])


class Cancel:
    """What calls one off."""

    def __init__(self, calls, call):
        self.calls, self.call = calls, call

    def cancel(self):
        if self.call in self.calls:
            self.calls.remove(self.call)


@rule("A6")
async def test_late_timers_fire_in_the_order_of_their_time():
    """One that was armed anew for a later time has its place by that time, however late everything is."""
    clock = ManualClock()
    first = hsm.region("r", hsm.state("a", after(5, hsm.effect(note("8"))), go("again", ".")))
    second = hsm.region("s", hsm.state("a", after(7, hsm.effect(note("7")))))
    machine = await started(hsm.define("M", first, second), clock=clock)
    clock.advance(3)
    machine.dispatch("again")
    clock.advance(20)
    assert machine.instance.log == ["7", "8"]


@rule("T1")
@both_engines
async def test_a_timer_that_is_due_within_a_step_fires_behind_it(engine):
    """The time goes on while a behaviour runs; what is due then has its turn when the step is done."""
    clock = ManualClock()

    def waits(ctx, self, event):
        clock.advance(3)
        self.log.append("waited")

    late = after(3, hsm.effect(waits))
    model = hsm.define(
        "M", hsm.state("a", late, after(6, hsm.effect(note("due"))), hsm.transition(hsm.on("go"), hsm.effect(waits)))
    )
    machine = await started(model, clock=clock, engine=engine)
    machine.dispatch("go")
    assert machine.instance.log == ["waited", "waited", "due"]


def test_a_clock_on_two_loops_has_a_heap_on_each():
    """What an earlier loop has asked for is nothing to a later one."""

    class Clock:
        def time(self):
            return asyncio.get_running_loop().time()

        def wall(self):
            return 0.0

        def call_at(self, when, callback, *args):
            return asyncio.get_running_loop().call_at(when, callback, *args)

    clock, kept = Clock(), []
    model = hsm.define("M", hsm.state("a", after(0.001, hsm.target("/M/end"))), hsm.final("end"))

    async def abandon():
        kept.append(
            await hsm.start(None, Log(), hsm.define("N", hsm.state("a", after(1, hsm.effect(note("x"))))), clock=clock)
        )

    async def wait():
        machine = await hsm.start(None, Log(), model, clock=clock)
        assert await asyncio.wait_for(machine.wait(), 5) is hsm.Status.COMPLETED

    asyncio.run(abandon())
    asyncio.run(wait())


@rule("A3", "A6")
async def test_a_machine_remembers_few_timers_that_are_not_armed(clock):
    """In a ring of many states with a timer each, finding one does not take longer with every state visited."""

    def known(machine):
        count, armed = 0, machine._record.timers
        while armed is not None:
            count, armed = count + 1, armed.next
        return count

    states = [
        hsm.state(f"s{n}", go("go", f"s{(n + 1) % 50}"), after(5, hsm.effect(note(f"late {n}")))) for n in range(50)
    ]
    machine = await started(hsm.define("M", *states, after(1000, hsm.effect(note("outer")))))
    most = 0
    for _ in range(120):
        await machine.dispatch("go")
        most = max(most, known(machine))
    assert most <= SPARE_OF_A_MACHINE + 1
    assert machine.instance.log == []
    await clock.advance(5)
    assert machine.instance.taken() == ["late 20"]
    await clock.advance(1000)
    assert machine.instance.taken() == ["outer"]
    assert machine._record.heap._entries == []


@rule("A3")
async def test_timers_that_are_armed_together_are_all_known(clock):
    """However many there are: leaving the state ends every one."""
    timers = [after(5 + n, hsm.effect(note(f"{n}"))) for n in range(20)]
    machine = await started(hsm.define("M", hsm.state("a", *timers, go("go", "b")), hsm.state("b", go("go", "a"))))
    await clock.advance(6)
    assert machine.instance.taken() == ["0", "1"]
    await machine.dispatch("go")
    await clock.advance(100)
    assert machine.instance.taken() == []
    await machine.dispatch("go")
    await clock.advance(100)
    assert machine.instance.taken() == [f"{n}" for n in range(20)]


class BrokenClock(ManualClock):
    """A clock that raises while it is broken."""

    def __init__(self, is_broken):
        super().__init__()
        self.is_broken = is_broken

    def time(self):
        if self.is_broken:
            raise OSError("clock")
        return super().time()


@rule("E8")
@both_engines
async def test_after_a_clock_that_raised_the_next_event_is_decided_where_the_step_had_come(engine):
    """Without behaviours too, the steps of the configuration before are not used again."""
    clock = BrokenClock(is_broken=False)
    model = hsm.define(
        "M",
        hsm.state("a", go("go", "b")),
        hsm.state("b", after(5, hsm.target("a")), go("go", "c")),
        hsm.state("c"),
    )
    machine = await started(model, clock=clock, engine=engine)
    clock.is_broken = True
    with pytest.raises(OSError, match="clock"):
        await machine.dispatch("go")
    clock.is_broken = False
    assert machine.state() == "/M/b"
    assert await machine.dispatch("go") is hsm.Outcome.TAKEN
    assert machine.state() == "/M/c"


@rule("E8")
@both_engines
@pytest.mark.parametrize("write", [None, note, anote], ids=["no-entry", "plain", "async"])
async def test_a_clock_that_raises_in_a_start_leaves_nothing_behind(write, engine):
    """The machine is stopped, nothing is active, and its instance may be started again."""
    clock, instance = BrokenClock(is_broken=True), Log()
    entry = [] if write is None else [hsm.entry(write("+a"))]
    model = hsm.define("M", hsm.state("a", *entry, after(1, hsm.effect(note("due")))))
    with pytest.raises(OSError, match="clock"):
        await hsm.start(None, instance, model, clock=clock, engine=engine)
    assert instance.states() == ()
    assert instance._runner.status is hsm.Status.STOPPED
    clock.is_broken = False
    machine = await hsm.start(None, instance, model, clock=clock, engine=engine)
    assert machine.state() == "/M/a"
    instance.taken()
    clock.advance(1)
    assert instance.log == ["due"]
