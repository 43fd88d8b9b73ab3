"""The fixture `hsm_machine`: starts and stops machines, and shows what they did in a test that fails."""

from __future__ import annotations

import pytest
from plugin.conftest import ASYNCIO

DOOR = """
pytestmark = [pytest.mark.asyncio, pytest.mark.virtual_time]

class Door(hsm.Instance):
    stopped = []

def fail(ctx, door, event):
    raise ValueError("on the way out")

async def fail_later(ctx, door, event):
    await asyncio.sleep(1)
    raise LookupError("nobody awaits this")

def left(ctx, door, event):
    Door.stopped.append(door)

door = hsm.define(
    "Door",
    hsm.exit(left),
    hsm.state("shut", hsm.transition(hsm.on("open"), hsm.target("../open")), hsm.transition(hsm.on("burn"), hsm.target("../burning"))),
    hsm.state("open", hsm.transition(hsm.after(5), hsm.target("../shut")), hsm.transition(hsm.on("stick"), hsm.target("../stuck"))),
    hsm.state("stuck", hsm.exit(fail)),
    hsm.state("burning", hsm.activity(fail_later)),
)
never = hsm.define(
    "NeverStuck",
    hsm.state("ok", hsm.transition(hsm.on("entered./Door/stuck"), hsm.target("../violated"))),
    hsm.state("violated"),
)
"""


def test_machines_are_started_and_stopped(project):
    """In the forms in which one can be given; they are over when the test is."""
    text = """
from hsm_classdsl import Machine, State, on

class Lamp(Machine):
    class Off(State["Lamp"]):
        on("press", target="On")
    class On(State["Lamp"]):
        pass

seen = []

async def test_it(hsm_machine):
    mine = Door()
    machine = await hsm_machine(door, mine, observe=seen.append, step_budget=50)
    other = await hsm_machine(door)
    assert isinstance(other.instance, hsm.Instance)
    lamp = Lamp()
    assert (await hsm_machine(lamp)).instance is lamp
    assert (await hsm_machine(Lamp)).instance is not lamp
    await mine.dispatch("open")
    await asyncio.sleep(5)
    assert machine.state() == "/Door/shut"
    assert hsm_machine.recorder(mine) == hsm_machine.recorder(machine)
    assert hsm_machine.recorder(machine).lines()[1:] == [
        "event 'open' taken: shut -> open",
        "after of open taken: open -> shut",
    ]
    assert seen
    with pytest.raises(ValueError, match="was not started by this"):
        hsm_machine.recorder(Door())

async def test_they_are_over():
    assert len(Door.stopped) == 2
"""
    project(DOOR + text).assert_outcomes(passed=2)


def test_the_trace_of_a_failing_test_is_in_its_report(project):
    """A section for each machine, one line for each step; a test that passes shows nothing."""
    text = """
async def test_fails(hsm_machine):
    machine = await hsm_machine(door)
    await machine.dispatch("open")
    assert machine.state() == "/Door/shut"

async def test_passes(hsm_machine):
    await hsm_machine(door)
"""
    result = project(DOOR + text)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "-*- hsm trace of Door -*-",
            "start taken: nothing -> shut",
            "event 'open' taken: shut -> open",
            "*short test summary*",
        ],
        consecutive=True,
    )


def test_what_goes_wrong_at_the_end_fails_the_test(project):
    """Exit actions, errors that nobody awaited, and properties."""
    text = """
async def test_property(hsm_machine):
    machine = await hsm_machine(door, properties=[never])
    await machine.dispatch("open")
    await machine.dispatch("stick")

async def test_activity(hsm_machine):
    machine = await hsm_machine(door)
    await machine.dispatch("burn")
    await asyncio.sleep(2)

async def test_start(hsm_machine):
    with pytest.raises(TypeError):
        await hsm_machine(door, 5)
"""
    result = project(DOOR + text)
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ValueError: on the way out",
            "*AssertionError: property 'NeverStuck' is violated by entered./Door/stuck *",
            "*LookupError: nobody awaits this",
            "-*- hsm trace of Door -*-",
        ]
    )


def test_recorders_that_differ_are_shown_line_by_line(project):
    """What was expected, and what happened."""
    text = """
async def test_it(hsm_machine):
    machine = await hsm_machine(door)
    recorder = hsm_machine.recorder(machine)
    recorder.clear()
    await machine.dispatch("open")
    assert recorder != []
    with pytest.raises(AssertionError):
        assert recorder == 5
    assert recorder == ["event 'open' ignored: shut"]
"""
    result = project(DOOR + text)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*<Recorder of * records> is not what was expected (-: expected, +: happened)",
            "E*- event 'open' ignored: shut",
            "E*+ event 'open' taken: shut -> open",
        ]
    )


def test_with_anyio(project):
    """On the loop of its plug-in."""
    text = """
import anyio
from hsm.testing import loop_factory

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio", {"loop_factory": loop_factory()}

async def test_it(hsm_machine):
    machine = await hsm_machine(model)
    await anyio.sleep(600)
    assert machine.state() == "/M/closed"
"""
    project(text, "-p", "no:asyncio", options="").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], ASYNCIO, "test_it has no fixture 'hsm_machine': it is not an async test of pytest-asyncio or anyio"),
    ],
)
def test_a_test_that_is_not_async_has_no_machines(project, arguments, options, message):
    """It says so."""
    result = project("def test_it(hsm_machine): pass", *arguments, options=options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
