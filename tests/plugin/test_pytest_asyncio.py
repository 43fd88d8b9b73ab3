"""Tests of users in virtual time, run by pytest-asyncio."""

from __future__ import annotations

import re

import pytest
from plugin.conftest import ASYNCIO, ROOT

AUTO = f"{ASYNCIO}\nasyncio_mode = auto\nhsm_virtual_time = true\n"

SHARED = """
@fixture
async def machine(virtual_clock):
    async with hsm.start(None, hsm.Instance(), model) as machine:
        await asyncio.sleep(100)
        yield machine
        assert machine.state() == "/M/closed"
        assert running_clock() is virtual_clock

async def test_shared(machine, virtual_clock):
    assert isinstance(virtual_clock, VirtualClock)
    assert running_clock() is virtual_clock
    assert asyncio.get_running_loop().time() == virtual_clock.time() == 100
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(499):
            await asyncio.Event().wait()
    assert machine.state() == "/M/open"
    await virtual_clock.advance(1)
    assert machine.state() == "/M/closed"

async def test_anew(virtual_clock):
    assert virtual_clock.time() == 0

@pytest.mark.virtual_time(False)
async def test_real():
    assert is_real()
"""

WIDE = """
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started():
    clock = running_clock()
    await clock.advance(100)
    return clock

@pytest.mark.asyncio(loop_scope="module")
async def test_first(started, virtual_clock):
    assert started is virtual_clock
    assert virtual_clock.time() == 100
    await asyncio.sleep(50)

@pytest.mark.asyncio(loop_scope="module")
async def test_second(started, virtual_clock):
    assert started is virtual_clock
    assert virtual_clock.time() == 150

async def test_on_its_own_loop(virtual_clock):
    assert virtual_clock.time() == 0
"""


def test_in_strict_mode_marked_tests_run_in_virtual_time(project):
    """Async fixtures share the loop and its clock with the test; one that is marked as real is beside them."""
    text = "import pytest_asyncio\nfixture = pytest_asyncio.fixture\n" + SHARED
    text += "pytestmark = [pytest.mark.asyncio, pytest.mark.virtual_time]\n"
    result = project(text, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*::test_shared PASSED*"])


def test_in_auto_mode_a_whole_project_runs_in_virtual_time(project):
    """By an option, and without a mark."""
    project("fixture = pytest.fixture\n" + SHARED, options=AUTO).assert_outcomes(passed=3)


def test_a_wider_loop_keeps_its_clock(project):
    """The fixtures and tests of a module's loop share one time, which goes on from one test to the next."""
    project("import pytest_asyncio\n" + WIDE, options=AUTO).assert_outcomes(passed=3)


def test_the_loop_scope_of_a_project_counts(project):
    """The clock is that of the loop on which tests run by default."""
    text = """
@pytest.fixture(scope="session")
async def began():
    await asyncio.sleep(7)
    return running_clock()

async def test_one(began, virtual_clock):
    assert began is virtual_clock
    await asyncio.sleep(10)

async def test_two(virtual_clock):
    assert virtual_clock.time() == 17
"""
    options = AUTO.replace("= function", "= session") + "asyncio_default_test_loop_scope = session"
    project(text, options=options).assert_outcomes(passed=2)


def test_the_clock_is_set_by_the_project_or_the_mark(project):
    """The mark of the test counts before the option of the project."""
    text = """
from datetime import UTC, datetime

async def test_project(virtual_clock):
    await asyncio.sleep(60)
    assert datetime.fromtimestamp(virtual_clock.wall(), UTC) == datetime(2024, 2, 29, 12, 1, tzinfo=UTC)

@pytest.mark.virtual_time(wall=datetime(2030, 1, 1, tzinfo=UTC))
async def test_mark(virtual_clock):
    assert datetime.fromtimestamp(virtual_clock.wall(), UTC) == datetime(2030, 1, 1, tzinfo=UTC)

@pytest.mark.xfail(raises=RuntimeError, strict=True)  # time stands still, which the clock notices at once
@pytest.mark.virtual_time(patience=100)
async def test_patience():
    for _ in range(100_000):
        await asyncio.sleep(0)
"""
    project(text, options=AUTO + "hsm_virtual_wall = 2024-02-29T12:00:00+00:00").assert_outcomes(passed=2, xfailed=1)


def test_hypothesis_runs_each_example_in_virtual_time(project):
    """With the marker as well; the examples of a test share its loop."""
    text = """
from hypothesis import given, settings, strategies

@pytest.mark.virtual_time
@settings(max_examples=5, deadline=None, database=None)
@given(minutes=strategies.integers(10, 1000))
async def test_examples(minutes):
    async with hsm.start(None, hsm.Instance(), model) as machine:
        await asyncio.sleep(60 * minutes)
        assert machine.state() == "/M/closed"
"""
    project(text, options=f"{ASYNCIO}\nasyncio_mode = auto").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("test", "arguments", "message"),
    [
        (
            "@pytest.mark.asyncio\nasync def test(virtual_clock): pass",
            (),
            "test has no virtual clock, as it runs in real time: mark it with '@pytest.mark.virtual_time', or set "
            "'hsm_virtual_time = true' for all tests",
        ),
        (
            "def test(virtual_clock): pass",
            (),
            "test has no virtual clock: it is not an async test of pytest-asyncio or anyio",
        ),
        (
            "@pytest.mark.virtual_time\nasync def test(): pass",
            ("-p", "no:asyncio"),
            "test has no virtual clock: it is not an async test of pytest-asyncio or anyio",
        ),
    ],
    ids=["real-time", "not-async", "nobody-runs-it"],
)
def test_a_test_in_real_time_has_no_virtual_clock(project, test, arguments, message):
    """It fails and says what to do, with the fixture and, lest it wait for real, with the mark alone."""
    result = project(test, *arguments, options="" if arguments else ASYNCIO)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_without_its_hook_marked_tests_fail(project):
    """Older releases of pytest-asyncio know nothing of loop factories."""
    conftest = "def pytest_configure(config): config.addinivalue_line('markers', 'asyncio: as there')"
    test = "@pytest.mark.asyncio\n@pytest.mark.virtual_time\nasync def test(): pass"
    result = project(test, "-p", "no:asyncio", options="", conftest=conftest)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["test has no virtual clock: that needs pytest-asyncio 1.4 or newer"])


def test_arguments_that_the_mark_does_not_know_are_an_error(project):
    """It says which test, and what the mark takes."""
    result = project("@pytest.mark.virtual_time(wal=1)\nasync def test(): pass", options=AUTO)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["*test_it.py::test: the marker virtual_time got an unexpected keyword argument 'wal'*virtual_time(on=True*"]
    )


def test_the_page_of_the_documentation_runs(project):
    """Its programs are tests that pass, with either plug-in, and so are its options."""
    page = (ROOT / "docs" / "reference" / "testing.md").read_text(encoding="utf-8")
    (options,) = re.findall(r"^```ini\n\[pytest\]\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    project("".join(blocks)).assert_outcomes(passed=2)
    project(blocks[0].replace("@pytest.mark.virtual_time\n", ""), options=f"{ASYNCIO}\n{options}").assert_outcomes(
        passed=1
    )
