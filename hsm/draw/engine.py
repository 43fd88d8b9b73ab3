"""The engine: ELK, which lays out graphs, written in JavaScript and run inside Python.

In: a graph as ELK's JSON has it. Out: the same graph with positions. QuickJS runs it and comes with the extra ``draw``;
ELK itself (elkjs) is part of the wheel, in ``hsm/draw/elk``, as its authors published it.

One JavaScript context is kept for the process, in a thread of its own: QuickJS must not be entered from two threads,
and ELK's recursion wants a deep stack. In a browser, where Python itself is run by JavaScript (Pyodide), that one runs
ELK too, without a thread: there are none, and its stack is deep enough.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
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
var replies = [];
var console = {log() {}, info() {}, warn() {}, error() {}};
var setTimeout = function (work) { work(); };
self.postMessage = function (reply) { replies.push(reply); };
"""
"""What ELK expects of a browser: somebody who takes its replies, and time."""

_LAYOUT = """
self.onmessage({data: {id: 0, cmd: "register", algorithms: ["layered"]}});
function layout(text) {
  replies = [];
  self.onmessage({data: {id: 1, cmd: "layout", graph: JSON.parse(text), layoutOptions: {}, options: {}}});
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

_OF_ITS_OWN = "var self = globalThis;"
"""`self` where nothing but ELK runs."""
_BESIDE_OTHERS = """
var own = {writable: true}, document;
var self = Object.create(globalThis, {onmessage: own, postMessage: own, setTimeout: {value: (work) => work()}});
"""
"""`self` in a page or a worker, whose own must stay as it is; without a document ELK takes messages, as in a worker."""

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
    return _engine()(text)


@lru_cache(maxsize=1)
def _engine() -> Callable[[str], str]:
    """What runs ELK: QuickJS, or, where that is not installed, the JavaScript that Python itself runs in.

    Raises:
        DrawError: As for `laid_out`.
    """
    quickjs = _module("quickjs")
    host = _module("js") if quickjs is None else None  # as Pyodide calls it
    if quickjs is None and host is None:
        raise DrawError("drawing needs QuickJS; install it with: pip install 'hsm-dsl[draw]'")
    script = _script()
    return _in_thread(quickjs, script) if host is None else _in_host(host, script)


os.register_at_fork(after_in_child=_engine.cache_clear) if hasattr(os, "register_at_fork") else None
# a forked process has the pool, and not its thread


def _module(name: str) -> Any:
    """The module *name*; ``None`` if there is none."""
    try:
        return import_module(name)
    except ImportError:
        return None


def _script() -> str:
    try:
        return SCRIPT.read_text(encoding="utf-8")
    except OSError:
        raise DrawError(
            "drawing needs elkjs, which this installation lacks: it was built without npm; with npm there, reinstall "
            "hsm-dsl, or run 'python .ci/elkjs.py' in a checkout"
        ) from None


def _program(around: str, script: str) -> str:
    """ELK as a program, in which `layout` is a function; *around* says what `self` is."""
    hashing = _HASH.search(script)
    remembering = _REMEMBERING.replace("NAME", hashing[1]) if hashing is not None else ""
    return "\n".join([around, _AROUND, script, remembering, _LAYOUT])


# --- QuickJS -------------------------------------------------------------------------------------------------


def _in_thread(quickjs: Any, script: str) -> Callable[[str], str]:
    """ELK in QuickJS, in a thread of its own."""
    before = threading.stack_size(_STACK)
    try:
        pool = ThreadPoolExecutor(1, "hsm-draw")
        pool.submit(_load, quickjs, script).result()  # the thread starts here, and so has this stack
    finally:
        threading.stack_size(before)
    return lambda text: pool.submit(_run, text).result()


_loaded: list[Any] = []
"""The function `layout`, in JavaScript; used in its thread alone."""


def _load(quickjs: Any, script: str) -> None:
    """Start ELK in QuickJS."""
    context = quickjs.Context()
    context.set_max_stack_size(_STACK // 2)
    context.eval(_program(_OF_ITS_OWN, script))
    _loaded[:] = [context.get("layout")]


def _run(text: str) -> str:
    answer: str = _loaded[0](text)
    return answer


# --- the host ------------------------------------------------------------------------------------------------


def _in_host(host: Any, script: str) -> Callable[[str], str]:
    """ELK in the JavaScript that Python runs in: *host* is what that has in its global scope."""
    layout: Callable[[str], str] = host.Function.new(f"{_program(_BESIDE_OTHERS, script)}\nreturn layout;")()
    return layout
