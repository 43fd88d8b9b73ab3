"""The command `simulate`: a machine in virtual time, events from a terminal or a pipe.

In: lines. Out: what the machine does, a line for each step. In a terminal lines are asked for; from a pipe they are
repeated, so that the transcript can be read, and a line that means nothing makes the exit code that of a usage mistake.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Generator
from typing import NoReturn

from hsm.cli.colours import Colour, show
from hsm.cli.inputs import HELP, Ask, Command, Send, Wait, parsed
from hsm.cli.output import write
from hsm.cli.problems import USAGE, Problem
from hsm.cli.saving import test_of
from hsm.cli.session import Session
from hsm.cli.targets import one


def run_simulate(given: argparse.Namespace) -> int:
    """Run the simulation until its input ends."""
    found = one(given.target)
    terminal = _Terminal(given.color)
    session = Session(found, given.instance, terminal.say)
    with _interruptible():
        session.run(terminal.drive)
    return terminal.code


@contextlib.contextmanager
def _interruptible() -> Generator[None]:
    """Has Ctrl-C end the block at once: asyncio's own handler waits until the task that reads the lines waits."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


class _Terminal:
    """Where lines come from, and where text goes.

    Attributes:
        code: The exit code.
    """

    def __init__(self, colour: Colour) -> None:
        self.code = 0
        self._colour: Colour = colour
        self._is_new = True
        self._is_interactive = sys.stdin.isatty()
        if self._is_interactive:
            with contextlib.suppress(ImportError):  # keys to edit lines with; Windows has them without
                importlib.import_module("readline")

    def say(self, text: str) -> None:
        """Show *text*."""
        show(text, self._colour)

    async def drive(self, session: Session) -> bool:
        """Do what the lines say; false when one of them takes something back, true at their end."""
        if self._is_new:
            self._is_new = False
            self.say(f"  {session.where()}" + ("   ('help' says what to type)" if self._is_interactive else ""))
        while (line := self._line(session)) is not None:
            try:
                meant = parsed(line, session.names())
                if isinstance(meant, Command) and meant.word in ("undo", "quit"):
                    if meant.word == "quit":
                        return True
                    if session.done:
                        session.done.pop()
                        return False
                    self.say("  nothing has been done yet")
                elif meant is not None:
                    await self._do(session, meant)
            except Problem as problem:
                self.code = self.code if self._is_interactive else USAGE
                self.say(str(problem))
        return True

    async def _do(self, session: Session, meant: Send | Wait | Ask | Command) -> None:
        if isinstance(meant, Ask):
            self.say(await session.answer(meant))
        elif isinstance(meant, Command):
            self.say(HELP if meant.word == "help" else _saved(session, meant.rest))
        else:
            await session.do(meant)

    def _line(self, session: Session) -> str | None:
        """The next line; ``None`` at the end."""
        if self._is_interactive:
            try:
                return input(f"{session.where()} > ")
            except EOFError:
                sys.stdout.write("\n")
                return None
        line = sys.stdin.readline()
        if not line:
            return None
        if line.strip():
            self.say(f"> {line.strip()}")
        return line


def _saved(session: Session, file: str) -> str:
    if not file:
        raise Problem("'save' needs a file", "write: save test_run.py")
    if os.path.exists(file):
        raise Problem(f"there is a file '{file}' already", "choose another name, or remove it")
    write(test_of(session, file), file)
    return f"  saved as {file}: run it with pytest"
