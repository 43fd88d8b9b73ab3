"""The engine: ELK, which lays out graphs, written in JavaScript and run inside Python.

In: a graph as ELK's JSON has it. Out: the same graph with positions. QuickJS runs it and comes with the extra ``draw``;
ELK itself (elkjs) is part of the wheel, in ``hsm/draw/elk``, as its authors published it.

One JavaScript context is kept for the process, in a thread of its own: QuickJS must not be entered from two threads,
and ELK's recursion wants a deep stack.
"""

from __future__ import annotations

import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from hsm.errors import HsmError

Graph: TypeAlias = dict[str, Any]
"""A node, an edge, a label or a port, as ELK's JSON has it."""

SCRIPT = Path(__file__).with_name("elk") / "elk-worker.min.js"
"""ELK, where the build of the wheel puts it."""


class DrawError(HsmError):
    """A picture cannot be made: what it needs is not installed."""


_AROUND = """
var self = globalThis, replies = [];
var console = {log() {}, info() {}, warn() {}, error() {}};
var setTimeout = function (work) { work(); };
self.postMessage = function (reply) { replies.push(reply); };
"""
"""What ELK expects of a browser: somebody who takes its replies, and time."""

_LAYOUT = """
function layout(text) {
  replies = [];
  onmessage({data: {id: 1, cmd: "layout", graph: JSON.parse(text), layoutOptions: {}, options: {}}});
  const reply = replies[0];
  if (reply.error) throw new Error(reply.error.message || String(reply.error));
  return JSON.stringify(reply.data, (key, value) => key === "$H" ? undefined : value);
}
"""

_HASH = re.compile(r"function (\w+)\(a\)\{var b,c;b=0;for\(c=0;c<a\.length;c\+\+\)\{b=\(b<<5\)-b\+")
"""ELK's function for the hash of a string."""
_REMEMBERING = """
{
  const original = NAME, known = new Map();
  NAME = function (text) {
    let hash = known.get(text);
    if (hash === undefined) known.set(text, hash = original(text));
    return hash;
  };
}
"""
"""Makes that function remember: ELK asks it whenever it reads an option, which takes a fifth of all its time."""

_STACK = 64 * 2**20
"""Bytes of stack for the thread, half of which JavaScript may use."""


def laid_out(graph: Graph) -> Graph:
    """*graph* with positions for its nodes, labels and ports, and bends for its edges.

    Equal graphs give equal results, in one process and in any other. Those of the last few hundred are kept.

    Raises:
        DrawError: The extra ``draw``, or ELK, is not installed.
    """
    answer: Graph = json.loads(_laid_out(json.dumps(graph)))
    return answer


@lru_cache(maxsize=512)
def _laid_out(text: str) -> str:
    return _thread().submit(_run, text).result()


@lru_cache(maxsize=1)
def _thread() -> ThreadPoolExecutor:
    """The thread that runs JavaScript.

    Raises:
        DrawError: As for `laid_out`.
    """
    quickjs, script = _quickjs(), _script()
    before = threading.stack_size(_STACK)
    try:
        pool = ThreadPoolExecutor(1, "hsm-draw")
        pool.submit(_load, quickjs, script).result()  # the thread starts here, and so has this stack
    finally:
        threading.stack_size(before)
    return pool


os.register_at_fork(after_in_child=_thread.cache_clear) if hasattr(os, "register_at_fork") else None
# a forked process has the pool, and not its thread


def _quickjs() -> Any:
    try:
        return import_module("quickjs")
    except ImportError:
        raise DrawError("drawing needs QuickJS; install it with: pip install 'hsm-dsl[draw]'") from None


def _script() -> str:
    try:
        return SCRIPT.read_text(encoding="utf-8")
    except OSError:
        raise DrawError(
            "drawing needs elkjs, which this installation lacks: it was built without npm; with npm there, reinstall "
            "hsm-dsl, or run 'python .ci/elkjs.py' in a checkout"
        ) from None


_loaded: list[Any] = []
"""The function `layout`, in JavaScript; used in its thread alone."""


def _load(quickjs: Any, script: str) -> None:
    """Start ELK in QuickJS."""
    context = quickjs.Context()
    context.set_max_stack_size(_STACK // 2)
    context.eval(_AROUND)
    context.eval(script)
    hashing = _HASH.search(script)
    if hashing is not None:
        context.eval(_REMEMBERING.replace("NAME", hashing[1]))
    context.eval('onmessage({data: {id: 0, cmd: "register", algorithms: ["layered"]}})')
    context.eval(_LAYOUT)
    _loaded[:] = [context.get("layout")]


def _run(text: str) -> str:
    answer: str = _loaded[0](text)
    return answer
