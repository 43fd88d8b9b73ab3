"""Async tests run in virtual time, by the plug-in of the package; its options are in pyproject.toml."""

from __future__ import annotations

import gc
import inspect

import pytest

import hsm


def pytest_addoption(parser):
    """``--engine kernel`` runs every test that does not choose by itself on the kernel alone."""
    parser.addoption("--engine", choices=("generated", "kernel"), default="generated")


def pytest_configure(config):
    """Machines start on the engine that was asked for."""
    hsm.start.__kwdefaults__["engine"] = config.getoption("--engine")
    hsm.start.__kwdefaults__["generate_after"] = 0


def pytest_collection_modifyitems(items):
    """A test's name is the same in every process, or the workers of one run could not share the tests."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"the name of this test has an address in it: {item.nodeid}")


@pytest.fixture(scope="module", autouse=True)
def what_is_there_stays():
    """The collector need not look after every test at what was imported, nor at what pytest notes of each test.

    Only between modules: what a test leaves in the hands of its fixtures is not kept by this.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left_over(request):
    """What an async test has dropped without awaiting it reports itself before the next one begins.

    This fixture is set up before the loop, and so ends after the loop was closed.
    """
    yield
    if inspect.iscoroutinefunction(request.node.obj):
        gc.collect()


@pytest.fixture
def clock(virtual_clock):
    """The clock that an async test runs on."""
    return virtual_clock
