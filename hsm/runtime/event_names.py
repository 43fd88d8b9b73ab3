"""Event names: those that a Program knows, and those that were sent although it does not (rule T7).

In: names of events. Out: warnings of the `hsm` logger, and errors that say which names are close.
"""

from __future__ import annotations

import logging

from hsm.errors import UnknownEvent
from hsm.events import BUILT_IN
from hsm.names import closest, either, one_line
from hsm.program import Program, includes

_logger = logging.getLogger("hsm")
MOST_LOGGED = 100
"""Names that are logged for one Program, at most: a sender may make up ever new ones."""
_LONGEST = 100
"""Characters of a name for which close ones are looked for, at most; the time grows with the square."""


class UnknownNames:
    """The unknown names that were sent to machines of one Program; each is logged once."""

    __slots__ = ("_logged", "_program")

    def __init__(self, program: Program) -> None:
        self._program = program
        self._logged: set[str] = set()

    def log(self, name: str) -> None:
        """Log that *name* is unknown, unless that was done."""
        if name in self._logged or len(self._logged) >= MOST_LOGGED:
            return
        self._logged.add(name)
        _logger.warning("%s", about_unknown(self._program, name))


def is_unknown(program: Program, name: str) -> bool:
    """Whether no transition and no deferral of *program* names the event *name*; built-in names are known."""
    return not includes(program.event_names, name) and name not in BUILT_IN


def unknown_event(program: Program, name: str) -> UnknownEvent:
    """What a strict machine of *program* raises on *name*."""
    return UnknownEvent(about_unknown(program, name))


def about_unknown(program: Program, name: str) -> str:
    """What is wrong with *name*, and which names are close to it."""
    what = (
        f"no transition and no deferral of model '{one_line(program.name)}' names event '{one_line(name[:_LONGEST])}'"
    )
    if any(name in vertex.triggers.calls for vertex in program.vertices):
        return f"{what}: it is an operation, which 'machine.call' calls"
    known = closest(name, sorted(program.event_names.exact)) if len(name) <= _LONGEST else []
    return f"{what}: did you mean {either(known)}?" if known else what
