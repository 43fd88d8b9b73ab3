"""What runs in Pyodide: pytest, with the arguments that tests.mjs has put into the namespace; its exit code.

Pyodide has one loop, the browser's, which runs for ever. Tests make loops of their own, which a program in a browser
cannot; for that, the browser's loop must not count as running, and asyncio's loops must do without sockets.
"""

import asyncio
import os
import sys
from asyncio.selector_events import BaseSelectorEventLoop
from typing import Any

LEFT_OUT = [
    *("tests/plugin", "tests/examples", "tests/typing", "tests/test_architecture.py"),  # run programs of the system
    *("tests/test_callables.py", "tests/classdsl/test_callables.py", "tests/errors/test_fuzz.py"),  # need numpy
    *("tests/saved/test_junk.py", "tests/testing/test_walks.py"),  # need hypothesis, a part of which is compiled
    *("tests/classdsl/test_joined_metaclasses.py", "tests/docs"),  # need pydantic
    *("tests/cli", "tests/check", "tests/draw", "tests/picture"),  # are about a command, and about tools of the system
    *("tests/laws", "tests/bench"),  # take long, and are about the library and not about Python
]

sys.path[:0] = ["/checkout", "/checkout/tests", "/packages"]
sys.setrecursionlimit(1000)
os.chdir("/checkout")


def make_no_pipe(self: Any) -> None:
    """Nothing can wake a loop from another thread, where there are no threads."""
    self._ssock = self._csock = None
    self._internal_fds = 0


BaseSelectorEventLoop._make_self_pipe = make_no_pipe
BaseSelectorEventLoop._close_self_pipe = lambda self: None
BaseSelectorEventLoop._write_to_self = lambda self: None
asyncio._set_running_loop(None)
asyncio.events._set_event_loop_policy(None)  # that of the system, instead of the browser's

import pytest  # noqa: E402 - once asyncio is as it expects

plugins = ["-ppytest_asyncio.plugin", "-phsm.testing.pytest_plugin", "-pno:cacheprovider", "-pno:faulthandler"]
ignored = [f"--ignore={path}" for path in LEFT_OUT]
int(pytest.main([*plugins, *ignored, "-mnot needs_system", *arguments]))  # noqa: F821
