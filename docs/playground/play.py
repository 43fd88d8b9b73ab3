"""The playground's side in Python: a session of ``hsm simulate``, as a page shows it.

In: the source of a model, then lines as one types them into ``hsm simulate``. Out: JSON, with the picture once, and for
each line what there is to read, what was active in turn, and what is possible now. Each line is given to a new machine
that has been through everything before it, in virtual time: nothing lives between two lines, and nobody has to wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeAlias

import hsm
from hsm.cli import saving
from hsm.cli.inputs import HELP, Ask, Command, Send, Wait, parsed
from hsm.cli.problems import Broken, Problem
from hsm.cli.session import Possible, Session, shortly
from hsm.cli.targets import one
from hsm.draw import DrawError, picture
from hsm.draw.drawing import drawn
from hsm.draw.steps import steps

Answer: TypeAlias = dict[str, Any]
"""What the page gets, as JSON has it."""

STYLES = picture.styles("light", ".play-picture") + picture.styles("dark", "[data-md-color-scheme=slate] .play-picture")
"""The colours of the picture, which go with those of the page."""


class Play:
    """A model that is played with.

    Args:
        name: What the file with the model is called.
        source: What is in it.

    Raises:
        Problem: It has no model, or several, or cannot be imported.
        Broken: The model is wrong.
    """

    def __init__(self, name: str, source: str) -> None:
        # a new folder each time, so that Python finds nothing of an older source; messages name the file alone there
        os.chdir(tempfile.mkdtemp())
        file = Path(name)
        file.write_text(source, encoding="utf-8")
        sys.modules.pop(file.stem, None)
        self._lines: list[dict[str, str]] = []
        self._printed = _Printed(lambda text: self._say("printed", text))
        with contextlib.redirect_stderr(self._printed):
            self._session = Session(one(name), None, lambda text: self._say("said", text))

    def opened(self) -> Answer:
        """The picture, and the machine after its start.

        Returns:
            What `entered` answers, and ``svg``, the picture with nothing marked, with its ``styles``; or ``missing``,
            why there is none.

        Raises:
            Problem: The machine does not start.
        """
        chart = self._session.chart
        try:
            shown = {"svg": picture.embedded(drawn(chart), chart.name), "styles": STYLES}
        except DrawError as error:
            shown = {"missing": str(error)}
        return {**shown, **self._run(None)}

    def entered(self, line: str) -> Answer:
        """What *line* does.

        Returns:
            ``lines``, what there is to read: each has a ``kind`` (``entered``, ``said``, ``printed`` or ``wrong``) and
            a ``text``. And, unless the machine is as it was: ``where`` it is; ``steps``, those that took a transition,
            or else the last one, with what is ``active`` after it and which transitions are ``taken`` in it; ``events``
            and ``timers``, which are possible; ``done``, how many inputs can be taken back.
        """
        self._lines = [{"kind": "entered", "text": line}]
        try:
            meant = parsed(line, self._session.names())
            if isinstance(meant, Command):
                return self._commanded(meant)
            return {"lines": self._lines} if meant is None else self._run(meant)
        except Problem as problem:
            self._say("wrong", str(problem))
            return {"lines": self._lines}

    def _commanded(self, command: Command) -> Answer:
        if command.word == "undo" and self._session.done:
            self._session.done.pop()
            return self._run(None)
        told = {
            "undo": "  nothing has been done yet",
            "help": HELP,
            "quit": "  nothing to end here: close the page, or choose another model",
        }
        self._say("said", told[command.word] if command.word in told else self._saved(command.rest))
        return {"lines": self._lines}

    def _saved(self, file: str) -> str:
        """The test that ``hsm simulate`` would save; in a browser it is only shown."""
        return saving.test_of(self._session, file or "test_model.py").rstrip()

    def _run(self, meant: Send | Wait | Ask | None) -> Answer:
        answer: Answer = {}

        async def drive(session: Session) -> bool:
            if meant is not None:
                del self._lines[1:]  # where it is back is worth a line only after `undo`
            before = sum([isinstance(each, hsm.trace.StepBegan) for each in session.records])
            try:
                if isinstance(meant, Ask):
                    self._say("said", await session.answer(meant))
                elif meant is not None:
                    await session.do(meant)
            except Problem as problem:
                self._say("wrong", str(problem))
            found = steps(session.chart, session.records)[before if meant is not None else -1 :]
            shown = [each for each in found if each.taken] or found[-1:]
            answer.update(
                where=session.where(),
                steps=[{"active": each.active, "taken": each.taken} for each in shown],
                done=len(session.done),
                **self._possible(await session.possible()),
            )
            return True

        with _no_loop(), contextlib.redirect_stdout(self._printed):
            self._session.run(drive)
        self._printed.flush()
        return {**answer, "lines": self._lines}

    def _possible(self, possible: Possible) -> Answer:
        """The events that can be sent, and the time until each timer, as lines that one can enter."""
        events = [
            {"name": name, "line": _quoted(name), "data": self._data(name), "prospect": prospect}
            for name, prospect in possible.events.items()
            if not name.endswith("*")
        ]
        timers = [
            {"text": str(each), "line": _wait(each.left), "prospect": shortly(each.transition)}
            for each in possible.timers
        ]
        return {"events": events, "timers": timers}

    def _data(self, name: str) -> str:
        """JSON that makes a signal of that *name*, for the reader to change; empty if it takes nothing."""
        kind = self._session.events.signal(name)
        fields = {} if kind is None else inspect.signature(kind).parameters
        return json.dumps({each.name: _value(each) for each in fields.values()}) if fields else ""

    def _say(self, kind: str, text: str) -> None:
        self._lines.append({"kind": kind, "text": text})


class _Printed(io.TextIOBase):
    """A stream that gives whole lines to *take*."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = ""

    def write(self, text: str) -> int:
        """Take *text*; its last line waits for its end."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._take(line)
        return len(text)

    def flush(self) -> None:
        """Give the line that has no end, too."""
        if self._rest:
            self.write("\n")


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else json.dumps(name)


def _wait(seconds: float) -> str:
    """So much time, in whole milliseconds, and never too little."""
    return f"+{math.ceil(round(seconds * 1000, 3))}ms" if seconds % 1 else f"+{seconds:.0f}s"


def _value(parameter: inspect.Parameter) -> Any:
    """A value for a field of a signal: its default, or one of its type."""
    if isinstance(parameter.default, str | int | float | bool | None):
        return parameter.default
    kind = (
        parameter.annotation if isinstance(parameter.annotation, str) else getattr(parameter.annotation, "__name__", "")
    )
    return {"str": "", "int": 1, "float": 1.0, "bool": True}.get(kind)


# --- what JavaScript calls -----------------------------------------------------------------------------------

_playing: list[Play] = []
"""What is played now: one, or none before the first."""


def opened(name: str, source: str) -> str:
    """Play *source*, in a file called *name*: `Play.opened` as JSON; or ``wrong``, why that is not possible."""
    _playing.clear()

    def play() -> Answer:
        made = Play(name, source)
        answer = made.opened()
        _playing.append(made)
        return answer

    return _answered(play)


def entered(line: str) -> str:
    """`Play.entered` as JSON; or ``wrong``."""
    return _answered(lambda: _playing[0].entered(line))


def _answered(ask: Callable[[], Answer]) -> str:
    try:
        return json.dumps(ask())
    except (Problem, Broken) as error:
        return json.dumps({"wrong": str(error)})
    except Exception as error:  # of the model, such as a time that does not pass
        return json.dumps({"wrong": f"{type(error).__name__}: {error}"})


@contextlib.contextmanager
def _no_loop() -> Generator[None]:
    """A browser has one loop, which runs forever; another one runs only where that counts as not running."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


def without_sockets() -> None:
    """Have loops do without the pair of sockets by which another thread wakes them: in a browser there are neither."""
    from asyncio.selector_events import BaseSelectorEventLoop

    def make(loop: Any) -> None:
        loop._ssock = loop._csock = None
        loop._internal_fds = 0

    kind: Any = BaseSelectorEventLoop
    kind._make_self_pipe = make
    kind._close_self_pipe = kind._write_to_self = lambda loop: None


if sys.platform == "emscripten":
    without_sockets()
