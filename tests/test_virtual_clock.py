"""`hsm.testing`: time that does not have to be waited for (rule A7)."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import anyio
import pytest
from support import Log, at, every, note, pause, rule, then

import hsm
from hsm.testing import VirtualClock, loop_factory, run, running_clock, virtual_time

TICKING = hsm.define("M", hsm.state("a", every(60, hsm.effect(note("tick")))))


@rule("A7")
def test_an_hour_takes_no_time():
    """`asyncio.sleep` and a machine's timers live in the clock's time."""

    async def main():
        machine = await hsm.start(None, Log(), TICKING)
        await pause(3630)
        return machine.instance.log

    begun = time.monotonic()
    assert run(main()) == ["tick"] * 60
    assert time.monotonic() - begun < 10


def test_run_gives_the_result_and_lets_errors_through():
    """As `asyncio.run` does."""

    async def give():
        return 7

    async def fail():
        raise KeyError("oops")

    assert run(give()) == 7
    assert VirtualClock().run(give()) == 7
    with pytest.raises(KeyError, match="oops"):
        run(fail())


def test_the_decorator_makes_a_plain_function_of_an_async_one():
    """It takes the same arguments, keeps the name, and can be called again."""

    @virtual_time
    async def scene(seconds, *, text="x"):
        """Say something later."""
        await asyncio.sleep(seconds)
        return text, asyncio.get_running_loop().time()

    assert scene(100) == ("x", 100)
    assert scene(5, text="y") == ("y", 5)
    assert scene.__name__ == "scene"
    assert scene.__doc__ == "Say something later."


def test_time_begins_at_zero_and_jumps_to_each_deadline():
    """It stands still while anything runs."""
    clock, seen = VirtualClock(), []

    async def main():
        loop = asyncio.get_running_loop()
        for when in (3, 1, 2):
            loop.call_at(when, lambda: seen.append(clock.time()))
        for _ in range(100):
            await asyncio.sleep(0)
        seen.append(clock.time())
        await pause(2.5)
        assert loop.time() == clock.time() == 2.5

    clock.run(main())
    assert seen == [0, 1, 2]


async def test_advance_lets_everything_on_the_way_happen(clock):
    """In its order, what falls due at the end included."""
    machine = await hsm.start(None, Log(), TICKING)
    await clock.advance(120)
    assert machine.instance.taken() == ["tick", "tick"]
    await clock.advance(59)
    assert machine.instance.taken() == []
    await clock.advance(1)
    assert machine.instance.taken() == ["tick"]


async def test_advance_may_be_cancelled(clock):
    """Time stays where it is then."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):
            await clock.advance(10)
    assert clock.time() == 3


async def test_timeouts_count_in_virtual_time(clock):
    """`wait_for` gives up at its moment."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 1000)
    assert clock.time() == 1000


def test_the_wall_clock_begins_where_it_is_told_to():
    """`wall` goes with `time`."""
    clock = VirtualClock(datetime(2024, 1, 1, tzinfo=UTC))

    async def main():
        await pause(10)
        return clock.wall()

    assert clock.run(main()) == datetime(2024, 1, 1, 0, 0, 10, tzinfo=UTC).timestamp()
    other = VirtualClock(datetime(1999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-1))))
    assert other.wall() == datetime(2000, 1, 1, tzinfo=UTC).timestamp()
    naive = VirtualClock(datetime(2000, 1, 1))
    assert naive.wall() == datetime(2000, 1, 1).timestamp()


def test_the_wall_clock_begins_at_the_real_time_unless_told():
    """And goes on with `time`, however little real time passes."""
    before = time.time()
    clock = VirtualClock()
    assert before <= clock.wall() <= time.time()
    begun = clock.wall()
    clock.run(pause(1000))
    assert clock.wall() == begun + 1000


def in_ten_seconds(ctx, self, event):
    """What a program asks of the real clock."""
    return datetime.now(UTC) + timedelta(seconds=10)


async def alarm():
    """How a machine writes whose alarm is due in ten seconds, and when that was by its own clock."""
    machine = await hsm.start(None, Log(), hsm.define("M", hsm.state("a", at(in_ten_seconds, hsm.effect(note("due"))))))
    await pause(9)
    early = machine.instance.taken()
    await pause(30)  # real time passes while this runs, by which the alarm may be late
    return early, machine.instance.taken()


@rule("A2", "A7")
@pytest.mark.parametrize(
    "play", [run, lambda main: VirtualClock().run(main), lambda main: virtual_time(lambda: main)()]
)
def test_a_moment_that_is_counted_from_now_comes(play):
    """A program that asks `datetime.now()` does what it does in real time."""
    assert play(alarm()) == ([], ["due"])


@rule("A7")
def test_run_and_the_decorator_take_the_moment_at_which_the_wall_clock_begins():
    """Each run of a decorated function begins there anew."""
    wall = datetime(2030, 1, 1, tzinfo=UTC)
    at_noon = hsm.define("M", hsm.state("a", at(wall + timedelta(hours=12), hsm.effect(note("noon")))))

    async def scene(pauses):
        """Wait for noon."""
        machine = await hsm.start(None, Log(), at_noon)
        for seconds in pauses:
            await pause(seconds)
            machine.instance.log.append(seconds)
        return machine.instance.log

    decorated = virtual_time(wall=wall)(scene)
    half_a_day = [12 * 3600 - 1, 2]
    expected = [half_a_day[0], "noon", 2]
    assert run(scene(half_a_day), wall=wall) == expected
    assert [decorated(half_a_day), decorated(pauses=half_a_day)] == [expected, expected]
    assert (decorated.__name__, decorated.__doc__) == ("scene", "Wait for noon.")


@pytest.mark.parametrize("wall", [5, "2024-01-01", datetime.now().date()])
def test_the_wall_of_a_clock_is_a_datetime(wall):
    """Anything else is refused at once."""
    with pytest.raises(TypeError, match="the wall of a clock is a datetime, not"):
        VirtualClock(wall)


def test_a_clock_can_run_one_thing_after_the_other():
    """Its time goes on."""
    clock = VirtualClock()

    async def nap():
        await pause(5)
        return clock.time()

    assert [clock.run(nap()), clock.run(nap())] == [5, 10]


def test_a_loop_factory_makes_loops_in_virtual_time():
    """Each has a clock of its own, and machines on it live in that clock's time."""

    async def main():
        machine = await hsm.start(None, Log(), TICKING)
        await pause(61)
        return machine.instance.log, running_clock()

    factory, clocks = loop_factory(), []
    for _ in range(2):
        with asyncio.Runner(loop_factory=factory) as runner:
            log, clock = runner.run(main())
        assert (log, clock.time()) == (["tick"], 61)
        clocks.append(clock)
    assert clocks[0] is not clocks[1]


def test_the_loops_of_one_clock_follow_each_other():
    """Its time goes on, and there is one loop at a time."""
    clock = VirtualClock()
    factory = loop_factory(clock)

    async def nap():
        assert running_clock() is clock
        await pause(5)

    for _ in range(2):
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(nap())
            with pytest.raises(RuntimeError, match="has one loop at a time"):
                factory()
    assert clock.time() == 10


def test_a_loop_factory_can_be_the_attribute_of_a_class():
    """As `unittest.IsolatedAsyncioTestCase` has it; it is not bound to the instance, as a function would be."""

    class Case:
        loop_factory = loop_factory()

    with asyncio.Runner(loop_factory=Case().loop_factory) as runner:
        assert isinstance(runner.get_loop().clock, VirtualClock)


@pytest.mark.parametrize("run_in", [asyncio.run, lambda main: main.send(None)], ids=["real-time", "no-loop"])
def test_without_virtual_time_there_is_no_running_clock(run_in):
    """The error says what makes loops in virtual time."""

    async def ask():
        running_clock()

    with pytest.raises(RuntimeError, match=r"no loop is running in virtual time here; 'hsm.testing.loop_factory\(\)'"):
        run_in(ask())


def test_two_clocks_do_not_know_of_each_other():
    """Each has a time of its own."""
    one, two = VirtualClock(), VirtualClock()

    async def nap():
        await pause(5)

    one.run(nap())
    assert (one.time(), two.time()) == (5, 0)


@rule("A7")
async def test_a_virtual_clock_can_be_given_to_a_machine(clock):
    """Inside its own run it is the clock that machines have anyway."""
    machine = await hsm.start(None, Log(), TICKING, clock=clock)
    await clock.advance(61)
    assert machine.instance.log == ["tick"]


async def test_a_virtual_clock_that_does_not_run_says_so():
    """It has no loop to call anything on."""
    with pytest.raises(RuntimeError, match="inside of its own run"):
        VirtualClock().call_at(1, print)


@pytest.mark.needs_system
def test_while_sockets_are_watched_time_passes_at_its_ordinary_pace():
    """The other side lives in real time, so the clock must not jump over its answer."""
    clock = VirtualClock()

    async def main():
        loop = asyncio.get_running_loop()
        here, there = socket.socketpair()
        for end in (here, there):
            end.setblocking(False)
        with here, there:
            receiving = asyncio.create_task(loop.sock_recv(here, 10))
            await pause(0.02)
            await loop.sock_sendall(there, b"hello")
            return await asyncio.wait_for(receiving, 30)

    begun = time.monotonic()
    assert clock.run(main()) == b"hello"
    assert time.monotonic() - begun >= 0.01
    assert clock.time() < 5


@pytest.mark.needs_system
async def test_a_thread_wakes_the_loop_without_time_passing(clock):
    """What a thread hands over arrives though nothing else is going on."""
    assert await asyncio.to_thread(lambda: 7) == 7
    assert clock.time() < 1


@pytest.mark.needs_system
def test_a_thread_of_anyio_that_works_for_another_loop_does_not_matter():
    """Nor does one that is left over from a loop before: it would wake nobody, and all of the time would pass."""
    begins, ends = threading.Event(), threading.Event()

    def work():
        begins.set()
        ends.wait()

    other = threading.Thread(target=lambda: asyncio.run(anyio.to_thread.run_sync(work)))
    other.start()
    begins.wait()
    began = time.monotonic()
    hsm.testing.run(asyncio.sleep(5))
    ends.set()
    other.join()
    assert time.monotonic() - began < 5


@pytest.mark.needs_system
async def test_while_a_thread_of_anyio_works_time_passes_at_its_ordinary_pace(clock):
    """It lives in real time, so the clock must not jump to the next deadline meanwhile."""
    machine = await hsm.start(None, Log(), TICKING)
    await anyio.to_thread.run_sync(threading.Event().wait, 0.05)
    assert machine.instance.taken() == []
    assert clock.time() < 30
    await clock.advance(60)
    assert machine.instance.taken() == ["tick"]


async def test_a_virtual_clock_that_does_not_run_cannot_settle():
    """There is nothing that could happen on it."""
    with pytest.raises(RuntimeError, match="inside of its own run"):
        await VirtualClock().settle()


async def test_settle_lets_everything_happen_without_time_passing(clock):
    """However long the chain of turns is, and what is due later stays."""
    machine = await hsm.start(None, Log(), TICKING)
    seen = []

    async def chain():
        for _ in range(1000):
            await asyncio.sleep(0)
        seen.append("done")

    task = asyncio.create_task(chain())
    await clock.settle()
    assert seen == ["done"]
    assert task.done()
    assert clock.time() == 0
    assert machine.instance.log == []


async def test_a_settle_that_is_given_up_disturbs_no_other(clock):
    """Of two that wait, one is cancelled in the very turn in which all has settled."""

    async def settle(seen):
        await clock.settle()
        seen.append("settled")

    one, two = [], []
    first, second = asyncio.create_task(settle(one)), asyncio.create_task(settle(two))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert (one, two) == ([], ["settled"])
    assert first.cancelled()


def test_a_virtual_year_can_be_waited_for():
    """Seconds that far from 0 are coarse, and still the deadline is reached."""
    clock = VirtualClock()
    clock.run(pause(366 * 86400))
    assert clock.time() == pytest.approx(366 * 86400)


DEADLOCK = """
import asyncio, contextlib, hsm
from hsm.testing import run

async def main():
    {work}
    await asyncio.Event().wait()

run(main())
"""


@pytest.mark.needs_system
@pytest.mark.parametrize(
    "work",
    [
        "pass",
        "await asyncio.to_thread(len, ())",
        "import anyio; await anyio.to_thread.run_sync(len, ())",
        "import hsm.draw\n    with contextlib.suppress(hsm.draw.DrawError): hsm.draw.svg(hsm.define('M', hsm.state('a')))",
    ],
    ids=["alone", "after-a-thread", "after-a-thread-of-anyio", "after-a-drawing"],
)
def test_a_program_that_waits_for_nothing_gets_an_error(work):
    """A deadlock is an error and not a program that hangs; an idle worker of asyncio's or anyio's will never wake the loop."""
    program = DEADLOCK.format(work=work)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "RuntimeError: everything waits, and nothing is left that could happen: a deadlock" in ended.stderr


def test_patience_is_positive():
    """A clock that never lets the loop turn is none."""
    with pytest.raises(ValueError, match="patience is 1 or more iterations, not 0"):
        VirtualClock(patience=0)


@rule("A7", "C1")
def test_a_program_that_never_comes_to_rest_gets_an_error():
    """A state that enters itself whenever its activity has ended keeps time from going on: that is said."""

    async def nothing(ctx, self, event):
        """Ends at once."""

    async def main():
        model = hsm.define("M", hsm.state("a", hsm.activity(nothing), then(".")))
        async with hsm.start(None, Log(), model):
            await pause(1)

    with pytest.raises(RuntimeError, match="time stands still at 0 s: for 2,000 iterations of the loop"):
        VirtualClock(patience=2000).run(main())


@pytest.mark.needs_system
def test_a_program_that_comes_to_rest_now_and_then_may_go_on():
    """What is counted are turns that follow each other without a rest, with nothing outside that may answer."""

    async def main():
        for _ in range(30):
            for _ in range(90):
                await asyncio.sleep(0)
            await pause(1)
        await clock.settle()
        answer = threading.Event()
        waiting = asyncio.ensure_future(asyncio.to_thread(answer.wait, 10))
        for _ in range(200):
            await asyncio.sleep(0)
        answer.set()
        await waiting
        return clock.time()

    clock = VirtualClock(patience=100)
    assert clock.run(main()) >= 30
