"""Tests of users in virtual time, run by the plug-in of anyio."""

from __future__ import annotations

import pytest

BACKEND = """
import anyio
from hsm.testing import loop_factory

@pytest.fixture{scope}
def anyio_backend():
    return "asyncio", {{"loop_factory": loop_factory()}}
"""

TESTS = """
pytestmark = pytest.mark.anyio

@pytest.fixture
async def machine(anyio_backend):
    async with hsm.start(None, hsm.Instance(), model) as machine:
        await anyio.sleep(100)
        yield machine
        assert machine.state() == "/M/closed"

@pytest.mark.virtual_time
async def test_shared(machine, virtual_clock):
    assert virtual_clock is running_clock()
    assert virtual_clock.time() == 100
    with pytest.raises(TimeoutError):
        with anyio.fail_after(499):
            await anyio.sleep_forever()
    assert machine.state() == "/M/open"
    assert await anyio.to_thread.run_sync(lambda: machine.state()) == "/M/open"
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 10)
    assert machine.state() == "/M/closed"

async def test_anew(virtual_clock):
    assert virtual_clock.time() == 0
"""

WIDE = """
pytestmark = pytest.mark.anyio

@pytest.fixture(scope="module")
async def started(anyio_backend):
    clock = running_clock()
    await clock.advance(100)
    yield clock
    assert clock.time() == 150

async def test_first(started, virtual_clock):
    assert started is virtual_clock
    await anyio.sleep(50)

async def test_second(virtual_clock):
    assert virtual_clock.time() == 150
"""


@pytest.mark.parametrize("with_asyncio", [False, True], ids=["alone", "beside-pytest-asyncio"])
def test_a_backend_with_the_loop_factory_runs_in_virtual_time(project, with_asyncio):
    """Async fixtures share the loop and its clock with the test."""
    arguments, options = ((), "asyncio_default_fixture_loop_scope = function") if with_asyncio else (NO_ASYNCIO, "")
    project(BACKEND.format(scope="") + TESTS, *arguments, options=options).assert_outcomes(passed=2)


def test_a_wider_backend_keeps_its_clock(project):
    """The fixtures and tests of a module share one time."""
    text = BACKEND.format(scope='(scope="module")') + WIDE
    project(text, *NO_ASYNCIO, options="").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "test",
    ["async def test(virtual_clock): pass", "@pytest.mark.virtual_time\nasync def test(): pass"],
    ids=["fixture", "mark"],
)
def test_a_backend_in_real_time_has_no_virtual_clock(project, test):
    """It fails and says what to do."""
    text = f'anyio_backend = pytest.fixture(lambda: "asyncio", name="anyio_backend")\npytestmark = pytest.mark.anyio\n{test}'
    result = project(text, *NO_ASYNCIO, options="")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "test has no virtual clock, as it runs in real time: let the fixture anyio_backend return "
            "('asyncio', {'loop_factory': hsm.testing.loop_factory()})"
        ]
    )


NO_ASYNCIO = ("-p", "no:asyncio")
