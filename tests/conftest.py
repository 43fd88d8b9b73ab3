"""Async tests run in virtual time; `rule` marks what a test proves; `Recorder` is the log that tests read."""

from __future__ import annotations

import gc
import inspect
from datetime import UTC, datetime

import pytest

import hsm
from hsm.testing import VirtualClock

WALL = datetime(2024, 1, 1, tzinfo=UTC)
"""What the wall clock says when a test begins."""


def pytest_addoption(parser):
    """``--engine kernel`` runs every test that does not choose by itself on the kernel alone."""
    parser.addoption("--engine", choices=("generated", "kernel"), default="generated")


def pytest_configure(config):
    """Machines start on the engine that was asked for."""
    hsm.start.__kwdefaults__["engine"] = config.getoption("--engine")
    hsm.start.__kwdefaults__["generate_after"] = 0


def pytest_collection_finish(session):
    """Whatever was imported by now stays: the collector need not look at it after every test."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a coroutine test on a virtual clock of its own; its `clock` fixture is that clock."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    clock = arguments.get("clock") or VirtualClock(WALL)
    clock.run(pyfuncitem.obj(**arguments))
    gc.collect()  # what nobody awaited reports itself within the test that dropped it
    return True


@pytest.fixture
def clock():
    """The clock that an async test runs on."""
    return VirtualClock(WALL)
