"""The plug-in for pytest where nobody uses it: pytest loads it beside every project, so it must cost nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = "import sys\nimport pytest\n"


def test_it_imports_nothing_but_pytest():
    """Neither the library nor asyncio is loaded with it."""
    program = (
        "import sys, pytest; before = {*sys.modules}; import hsm.testing.pytest_plugin; print(*{*sys.modules} - before)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert {*ended.stdout.split()} == {"hsm", "hsm.testing", "hsm.testing.pytest_plugin"}


def test_tests_in_real_time_are_left_alone(project):
    """They run on asyncio's own loop, under their names and in their order, and without a parameter."""
    text = """
@pytest.mark.asyncio(loop_scope="module")
async def test_one(request):
    import asyncio
    assert not hasattr(asyncio.get_running_loop(), "clock")
    assert not hasattr(request.node, "callspec")

def test_two():
    pass

@pytest.mark.asyncio(loop_scope="module")
async def test_three():
    assert "hsm.api" not in sys.modules
    assert "hsm.testing.clock" not in sys.modules
"""
    result = project(text, "-v", prelude=PRELUDE)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*::test_one PASSED*", "*::test_two PASSED*", "*::test_three PASSED*"])


def test_loop_factories_of_the_project_are_left_alone(project):
    """A hook of its own goes on answering for the tests that are not in virtual time."""
    text = """
import asyncio

pytestmark = pytest.mark.asyncio

class Own(asyncio.SelectorEventLoop):
    pass

async def test_own():
    assert type(asyncio.get_running_loop()).__name__ == "Own"

@pytest.mark.virtual_time
async def test_virtual(virtual_clock):
    assert asyncio.get_running_loop().clock is virtual_clock

async def test_own_again():
    assert type(asyncio.get_running_loop()).__name__ == "Own"
"""
    conftest = """
import asyncio

class Own(asyncio.SelectorEventLoop):
    pass

def pytest_asyncio_loop_factories(config, item):
    return {"own": Own}
"""
    project(text, prelude=PRELUDE, conftest=conftest).assert_outcomes(passed=3)


def test_without_pytest_asyncio_it_is_silent(project):
    """No warning and no import; the marker is known all the same."""
    without = ("-p", "no:asyncio", "-p", "no:anyio")
    text = """
LOADED = {"hsm.api", "hsm.dsl", "attr", "asyncio"} & {*sys.modules}

@pytest.mark.virtual_time
def test():
    assert LOADED == set()
"""
    project(text, *without, options="", prelude=PRELUDE).assert_outcomes(passed=1)
    listed = project("", *without, "--markers", options="")
    listed.stdout.fnmatch_lines(["@pytest.mark.virtual_time(on=True, [*], wall=None, patience=None): run this async *"])


@pytest.mark.parametrize(
    ("options", "arguments", "message"),
    [
        ("hsm_virtual_time = true", ["-p", "no:asyncio"], "hsm_virtual_time needs pytest-asyncio 1.4 or newer"),
        ("hsm_virtual_wall = noon", ["-p", "no:asyncio"], "hsm_virtual_wall: *'noon'"),
    ],
)
def test_an_option_that_cannot_be_met_is_an_error(project, options, arguments, message):
    """It is reported at once, and not passed over."""
    result = project("", *arguments, options=options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
