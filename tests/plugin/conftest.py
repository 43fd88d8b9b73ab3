"""A project of a user's, in a folder of its own, with a pytest of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ASYNCIO = "asyncio_default_fixture_loop_scope = function"
"""What pytest-asyncio wants to be told, or else it warns."""

UNUSED = ["cacheprovider", "cov", "hypothesispytest", "xdist"]
PRELUDE = """
import asyncio

import pytest

import hsm
from hsm.testing import VirtualClock, running_clock

model = hsm.define(
    "M",
    hsm.state("open", hsm.transition(hsm.after(600), hsm.target("closed"))),
    hsm.state("closed"),
)

def is_real():
    return not hasattr(asyncio.get_running_loop(), "clock")
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """Runs pytest on the text of a test file, where every warning is an error; its result."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(text, *arguments, options=ASYNCIO, prelude=PRELUDE, conftest=""):
        pytester.makeini(f"[pytest]\n{options}")
        pytester.makeconftest(conftest)
        pytester.makepyfile(test_it=prelude + text)
        unused = [*UNUSED, *([] if "anyio" in text else ["anyio"])]  # each takes time to load
        without = [f"-pno:{name}" for name in unused]
        return pytester.runpytest_subprocess("-Werror", "--strict-markers", *without, *arguments)

    return run
