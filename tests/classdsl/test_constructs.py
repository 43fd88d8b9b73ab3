"""Every construct as a class, running: what its methods get, and where the machine goes."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from support import rule

import hsm
from hsm_classdsl import (
    Choice,
    DeepHistory,
    EntryPoint,
    ExitPoint,
    Final,
    Fork,
    Join,
    Junction,
    Machine,
    Region,
    ShallowHistory,
    State,
    Submachine,
    Terminate,
    after,
    at,
    defer,
    effect,
    entry,
    every,
    exit,
    guard,
    initial,
    on,
    transition,
)


class Logging(Machine):
    """Keeps a log."""

    def __init__(self):
        self.log = []

    def taken(self):
        """What was written since the last call."""
        written, self.log = self.log, []
        return written


@rule("R4")
async def test_choice_asks_with_the_event_and_runs_its_effects():
    """Guards and effects of a choice get the event that led there."""

    class M(Logging):
        class Idle(State["M"]):
            @on("go", target="Way")
            def go(self):
                self.machine.log.append("go")

        class Way(Choice["M"]):
            @guard
            def is_many(self, event):
                return event.data > 2

            many = transition(target="Many", guard=is_many)

            @transition(target="Few")
            def few(self, event):
                self.machine.log.append(f"few {event.data}")

        class Many(State["M"]):
            back = on("back", target="Idle")

        class Few(State["M"]):
            back = on("back", target="Idle")

    async with M() as machine:
        await machine.dispatch("go", 1)
        assert (machine.taken(), machine.state()) == (["go", "few 1"], "/M/Few")
        await machine.dispatch("back")
        await machine.dispatch("go", 5)
        assert (machine.taken(), machine.state()) == (["go"], "/M/Many")


@rule("R4")
async def test_closed_junction_leaves_everything_as_it_is():
    """A junction without an open branch does not enable the transition that leads to it."""

    class M(Logging):
        is_open = False

        class A(State["M"]):
            go = on("go", target="Road")

            @exit
            def leave(self):
                self.machine.log.append("left")

        class Road(Junction["M"]):
            @guard
            def is_open(self):
                return self.machine.is_open

            @transition(target="B", guard=is_open)
            def way(self):
                self.machine.log.append("way")

        class B(State["M"]):
            pass

    async with M() as machine:
        assert await machine.dispatch("go") is hsm.Outcome.IGNORED
        assert machine.taken() == []
        machine.is_open = True
        assert await machine.dispatch("go") is hsm.Outcome.TAKEN
        assert machine.taken() == ["left", "way"]


@rule("R5")
async def test_histories_restore_and_run_their_effects_without_a_memory():
    """A shallow history restores the last child, a deep one the last leaf; the default runs `@effect` methods."""

    class M(Logging):
        class Off(State["M"], initial=True):
            shallow = on("shallow", target="On/Shallow")
            deep = on("deep", target="On/Deep")

        class On(State["M"]):
            class One(State["M"]):
                pass

            class Two(State["M"]):
                class A(State["M"]):
                    pass

                class B(State["M"]):
                    pass

            class Shallow(ShallowHistory["M"], target="One"):
                @effect
                def fresh(self):
                    self.machine.log.append("fresh")

            class Deep(DeepHistory["M"]):
                pass

            deeper = on("deeper", target="Two/B")
            other = on("other", target="Two/A")

        off = on("off", source=On, target=Off)

    async with M() as machine:
        found = []
        for event in ("shallow", "deeper", "off", "shallow", "deeper", "off", "deep"):
            await machine.dispatch(event)
            found.append(machine.state().removeprefix("/M/"))
        assert found == ["On/One", "On/Two/B", "Off", "On/Two/A", "On/Two/B", "Off", "On/Two/B"]
        assert machine.log == ["fresh"]


@rule("R7")
async def test_doors_run_their_effects_in_boundary_order():
    """The effect behind an entry point runs after the entry of its state, that behind an exit point after the exit."""

    class M(Logging):
        class Out(State["M"], initial=True):
            @on("enter", target="Room/In")
            def enter(self):
                self.machine.log.append("enter")

        class Room(State["M"]):
            @entry
            def entered(self):
                self.machine.log.append("+room")

            @exit
            def left(self):
                self.machine.log.append("-room")

            class In(EntryPoint["M"]):
                @transition(target="Chair")
                def door(self):
                    self.machine.log.append("in")

            class Exit(ExitPoint["M"]):
                @transition(target="/M/Out")
                def door(self):
                    self.machine.log.append("out")

            class Floor(State["M"]):
                pass

            class Chair(State["M"]):
                @entry
                def sit(self):
                    self.machine.log.append("+chair")

                leave = on("leave", target="Exit")
                down = on("down", target="Floor")

    async with M() as machine:
        await machine.dispatch("enter")
        assert machine.taken() == ["enter", "+room", "in", "+chair"]
        await machine.dispatch("leave")
        assert machine.taken() == ["-room", "out"]
        assert machine.state() == "/M/Out"


@rule("R6")
async def test_fork_and_join():
    """A fork enters a vertex in each region; a join goes on when every region has come to it."""

    class M(Logging):
        class Idle(State["M"]):
            go = on("go", target="Split")

        class Split(Fork["M"]):
            ways = transition(target=("Both/Left/B", "Both/Right/B"))

        class Both(State["M"]):
            class Left(Region):
                class A(State["M"]):
                    pass

                class B(State["M"]):
                    on_ = on("left", target="C")

                class C(State["M"]):
                    done = transition(target="/M/Meet")

            class Right(Region):
                class A(State["M"]):
                    pass

                class B(State["M"]):
                    on_ = on("right", target="C")

                class C(State["M"]):
                    done = transition(target="/M/Meet")

            again = on("again", target=("Left/A", "Right/A"))

        class Meet(Join["M"]):
            @transition(target="Idle")
            def met(self):
                self.machine.log.append("met")

    async with M() as machine:
        await machine.dispatch("go")
        assert machine.states() == ("/M/Both/Left/B", "/M/Both/Right/B")
        await machine.dispatch("left")
        assert machine.taken() == []
        await machine.dispatch("right")
        assert (machine.taken(), machine.state()) == (["met"], "/M/Idle")


@rule("C3")
async def test_final_of_the_machine_completes_it():
    """A `Final` on the machine ends it: `wait` returns, and later events are ignored."""

    class M(Machine):
        class A(State["M"]):
            end = on("end", target="Done")

        class Done(Final):
            pass

    machine = await hsm.start(None, M(), M.model)
    await machine.dispatch("end")
    assert await machine.wait() is hsm.Status.COMPLETED
    assert await machine.dispatch("end") is hsm.Outcome.IGNORED


@rule("R8")
async def test_terminate_ends_without_exits():
    """A `Terminate` ends the machine at once: no exit method of what stays active runs."""

    class M(Logging):
        class A(State["M"]):
            @exit
            def leave(self):
                self.machine.log.append("-A")

            class B(State["M"]):
                kill = on("kill", target="Killed")

            class Killed(Terminate):
                pass

    instance = M()
    machine = await hsm.start(None, instance, M.model)
    await machine.dispatch("kill")
    assert machine.status is hsm.Status.TERMINATED
    assert instance.log == []


@rule("R9")
async def test_submachine_runs_on_the_machine_it_is_put_into():
    """Methods of a machine embedded as a submachine get the outer machine; each place has its own state."""

    class Motor(Machine):
        class Off(State["Motor"]):
            @on("start", target="Running")
            def start(self):
                self.machine.log.append(f"start {type(self.machine).__name__}")

        class Running(State["Motor"]):
            n = 0

            @on("count")
            def count(self):
                self.n += 1
                self.machine.log.append(self.n)

            stop_ = on("halt", target="Out")

        class Out(ExitPoint["Motor"]):
            pass

        class In(EntryPoint["Motor"]):
            way = transition(target="Running")

        @on("boost")
        def boost(self):
            self.log.append("boost")

    class Car(Logging):
        left = Submachine(Motor, hsm.exit_point("Out", hsm.transition(hsm.target("../right"))), initial=True)
        right = Submachine(Motor, hsm.exit_point("Out", hsm.transition(hsm.target("../Parked"))))

        class Parked(State["Car"]):
            back = on("back", target="left/In")

    async with Car() as car:
        for event in ("start", "count", "boost", "halt", "start", "count", "halt"):
            await car.dispatch(event)
        assert car.taken() == ["start Car", 1, "boost", "start Car", 1]
        assert car.state() == "/Car/Parked"
        await car.dispatch("back")
        assert car.state() == "/Car/left/Running"


async def test_machine_put_in_still_runs_alone():
    """A machine that others embed is a machine as before."""

    class Motor(Logging):
        class Off(State["Motor"]):
            @on("x")
            def act(self):
                self.machine.log.append("x")

    class Car(Logging):
        motor = Submachine(Motor)

    async with Motor() as motor, Car() as car:
        await motor.dispatch("x")
        assert (motor.taken(), car.taken()) == (["x"], [])


@rule("R1")
async def test_initial_runs_its_method_between_the_entries():
    """The effect of an `@initial` method runs after the entry of the composite and before that of the child."""

    class M(Logging):
        class A(State["M"]):
            @entry
            def enter(self):
                self.machine.log.append("+A")

            class B(State["M"]):
                pass

            class C(State["M"]):
                @entry
                def enter(self):
                    self.machine.log.append("+C")

                go = on("go", target="B")

            @initial("C")
            def first(self):
                self.machine.log.append("initial")

    async with M() as machine:
        assert machine.log == ["+A", "initial", "+C"]


@rule("A2")
@pytest.mark.parametrize(
    ("mark", "seconds"),
    [
        (after(2, target="B"), 2),
        (after(0.5, target="B"), 0.5),
        (after(seconds=2, target="B"), 2),
        (after(minutes=2, target="B"), 120),
        (after(hours=1, minutes=1, seconds=1, target="B"), 3661),
        (after(timedelta(milliseconds=200), target="B"), 0.2),
        (after(lambda self: 3, target="B"), 3),
        (after(lambda self, event: timedelta(seconds=4), target="B"), 4),
        (every(seconds=2, target="B"), 2),
        (every(minutes=1, target="B"), 60),
    ],
)
async def test_timers_take_seconds_keywords_timedeltas_and_functions(mark, seconds, clock):
    """A timer in a class body fires when its time has come, and not before."""

    class M(Machine):
        class A(State["M"]):
            timer = mark

        class B(State["M"]):
            pass

    async with M() as machine:
        await clock.advance(seconds * 0.99)
        assert machine.state() == "/M/A"
        await clock.advance(seconds * 0.02)
        assert machine.state() == "/M/B"


@rule("A2")
async def test_durations_by_methods(clock):
    """A method, sync or async, may return a timer's duration, and gets the event that caused the entry."""

    class M(Logging):
        class A(State["M"]):
            factor = 2

            def span(self):
                return self.factor

            async def later(self, event):
                await asyncio.sleep(0)
                self.machine.log.append(event.name)
                return timedelta(seconds=2 * self.factor)

            def moment(self, ctx, event):
                return datetime(2000, 1, 1)

            @at(moment)
            def now(self):
                self.machine.log.append("now")

            @after(span)
            def soon(self, event):
                self.machine.log.append(f"soon {event.data.number}")

            @after(later)
            def then(self):
                self.machine.log.append("then")

    async with M() as machine:
        await clock.advance(1)
        assert machine.taken() == ["hsm_initial", "now"]
        await clock.advance(2)
        assert machine.taken() == ["soon 1"]
        await clock.advance(2)
        assert machine.taken() == ["then"]


@rule("A5")
async def test_every_counts_its_ticks(clock):
    """`every` fires again and again; a guard that says no does not end it."""

    class M(Logging):
        is_on = True

        class A(State["M"]):
            @guard
            def is_on(self):
                return self.machine.is_on

            @every(seconds=1, guard=is_on)
            def tick(self, event):
                self.machine.log.append(event.data.number)

    async with M() as machine:
        await clock.advance(2.5)
        machine.is_on = False
        await clock.advance(1)
        machine.is_on = True
        await clock.advance(1)
        assert machine.log == [1, 2, 4]


@rule("D1")
async def test_deferral_in_a_class_body():
    """`defer` holds events back while its state is active."""

    class M(Logging):
        class Busy(State["M"], initial=True):
            held = defer("job")
            done = on("done", target="Free")

        class Free(State["M"]):
            @on("job")
            def work(self, event):
                self.machine.log.append(event.data)

    async with M() as machine:
        assert await machine.dispatch("job", 1) is hsm.Outcome.DEFERRED
        await machine.dispatch("job", 2)
        assert await machine.dispatch("done") is hsm.Outcome.TAKEN
        assert machine.log == [1, 2]


@rule("K3")
async def test_external_keyword_leaves_the_source():
    """`external=True` makes a transition into a substate leave the state first."""

    class M(Logging):
        class A(State["M"]):
            @entry
            def enter(self):
                self.machine.log.append("+A")

            class B(State["M"]):
                pass

            local = on("local", target="B")
            outer = on("outer", target="B", external=True)

    async with M() as machine:
        machine.taken()
        await machine.dispatch("local")
        assert machine.taken() == []
        await machine.dispatch("outer")
        assert machine.taken() == ["+A"]
