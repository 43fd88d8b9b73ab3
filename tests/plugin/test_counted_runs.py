"""Coverage of models over a run of pytest: `--hsm-coverage` and `--hsm-fail-under`."""

from __future__ import annotations

import json

import pytest
from picture.conftest import elk as elk  # a fixture
from plugin.conftest import ROOT

ONE = """
import hsm
from hsm.testing import virtual_time
from machines import model

@virtual_time
async def test_opening():
    async with hsm.start(None, hsm.Instance(), model) as door:
        await door.dispatch("open")
"""
TWO = ONE.replace("test_opening", "test_jamming").replace('"open"', '"jam"')
MACHINES = """
import hsm

model = hsm.define(
    "Door",
    hsm.state("shut", hsm.transition(hsm.on("open"), hsm.target("../open")), hsm.transition(hsm.on("jam"))),
    hsm.state("open", hsm.transition(hsm.after(5), hsm.target("../shut"))),
)
"""


@pytest.fixture
def counted(pytester, monkeypatch):
    """Runs pytest on a project of two files of tests, with some arguments."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(machines=MACHINES, test_one=ONE, test_two=TWO)

    def run(*arguments):
        without = [f"-pno:{name}" for name in ("cacheprovider", "cov", "hypothesispytest", "asyncio", "anyio")]
        return pytester.runpytest_subprocess(*without, *arguments)

    return run


TABLE = [
    "*= hsm coverage =*",
    "model  states  transitions  guards  pairs  seen",
    "Door      2/2          2/3       -    0/5   80%",
    "",
    "Door: not seen",
    "  transition /Door/open#0 (on after 5 s to /Door/shut), machines.py:6",
]


def test_a_run_is_counted_without_a_change_of_its_tests(counted):
    """Every machine that a test starts; in the terminal, and as a file that is enough of a value to be added."""
    result = counted("-pno:xdist", "--hsm-coverage=term", "--hsm-coverage=json", "--hsm-coverage=json:other.json")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines([*TABLE, "written to *hsm-coverage.json", "written to *other.json"], consecutive=True)


def test_the_file_has_the_counts(counted, pytester):
    """By identifier, with marks for a drawing."""
    counted("-pno:xdist", "--hsm-coverage=json")
    (door,) = json.loads((pytester.path / "hsm-coverage.json").read_text())["models"]
    assert door["transitions"] == {"/Door/shut#0": 1, "/Door/shut#1": 1, "/Door/open#0": 0}
    assert door["marks"]["/Door/open#0"] == "missed"


@pytest.mark.needs_system
def test_the_counts_of_workers_are_added(counted):
    """With pytest-xdist each worker counts, and the controller reports."""
    result = counted("-n2", "--hsm-coverage=term", "--hsm-fail-under=80")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(TABLE, consecutive=True)


@pytest.mark.needs_system
def test_a_worker_that_is_lost_is_named(counted, pytester):
    """What its machines did cannot be counted, and the report says so."""
    pytester.makepyfile(test_two="import os\n\ndef test_end(): os._exit(3)\n")
    result = counted("-n2", "--max-worker-restart=0", "--hsm-coverage=term")
    result.stdout.fnmatch_lines(["1 worker(s) ended early: what their machines did is not in these counts"])


@pytest.mark.needs_system
@pytest.mark.usefixtures("elk")
@pytest.mark.parametrize("workers", ["-pno:xdist", "-n2"])
def test_pictures_are_drawn(counted, pytester, workers):
    """One for each model, in a folder, also of what workers counted; models of one name have different files."""
    other = MACHINES.replace('"jam"', '"kick"')
    pytester.makepyfile(others=other, test_two=TWO.replace("machines", "others").replace('"jam"', '"kick"'))
    result = counted(workers, "--hsm-coverage=svg", "--hsm-coverage=svg:more/pictures")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["2 picture(s) written to *hsm-coverage", "2 picture(s) written to *pictures"])
    pictures = {each.name: each.read_text(encoding="utf-8") for each in (pytester.path / "hsm-coverage").iterdir()}
    assert sorted(pictures) == ["Door-2.svg", "Door.svg"]
    assert all('class="transition missed" data-id="/Door/open#0"' in each for each in pictures.values())
    (one,) = [each for each in pictures.values() if "jam" in each]
    assert 'class="state covered" data-path="/Door/open"' in one
    assert '<text class="missed"' in one


def test_pictures_that_cannot_be_drawn_are_reported_in_one_line(counted, pytester):
    """The run itself is none the worse for it."""
    pytester.makeconftest("import sys\nsys.modules['quickjs'] = None\n")
    result = counted("-pno:xdist", "--hsm-coverage=svg")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["no pictures: *pip install 'hsm-dsl[[]draw[]]'*"])


def test_too_little_fails_the_run(counted):
    """With the exit code of failed tests; `--hsm-fail-under` alone reports in the terminal."""
    result = counted("-pno:xdist", "--hsm-fail-under=80.5")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([*TABLE, "FAIL 80.00% of the models were seen, less than 80.5%"], consecutive=True)


def test_a_run_without_machines_says_so(counted):
    """Nothing was there to be seen."""
    result = counted("-pno:xdist", "--hsm-coverage=term", "-k", "nothing")
    result.stdout.fnmatch_lines(["no machine was started"])
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_report_that_there_is_not_is_an_error(counted):
    """It is reported at once."""
    result = counted("-pno:xdist", "--hsm-coverage=html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --hsm-coverage=html: there are 'term', 'json', 'json:FILE', 'svg', 'svg:FOLDER'"]
    )
