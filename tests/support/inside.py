"""What the tests of the inside share: a step as it is explored, as text, and as the function that a machine runs."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import hsm
from hsm.codegen.explore import explore
from hsm.codegen.writer import write
from hsm.defining import program_of
from hsm.program import vertex_at
from hsm.rules import settling as rules
from hsm.runtime.generated import EVENT, enqueue
from support.behaviors import says
from support.parts import go, then


def leaves_of(model, *paths):
    """The vertices at *paths*, as a configuration."""
    program = program_of(model)
    return tuple(vertex_at(program, path) for path in paths)


def explored(model, event, *paths):
    """What an event does in the configuration *paths*."""
    return explore(program_of(model), leaves_of(model, *paths), lambda step: rules.on_event(step, event))


def written(model, event, *paths):
    """The text of that."""
    return write(program_of(model), explored(model, event, *paths), rests=True)


def step_of(machine, event, leaves=None):
    """What takes an event where the machine rests, or where *leaves* are active, generated if it can be."""
    record = machine._record
    where = record.leaves if leaves is None else leaves
    return record.cache.find(where, event, EVENT, after=0, limit=record.options.step_memory)


def is_generated(machine, event):
    """Whether that is a generated step."""
    return machine._record.cache is not None and step_of(machine, event) is not enqueue


def diamonds(size):
    """A model in which routes part and join again *size* times on `go`, and are closed at their end."""

    def link(n):
        target = f"/M/j{n + 1}" if n + 1 < size else "/M/end"
        return hsm.junction(f"j{n}", then(target, hsm.guard(says(True, f"j{n}"))), then(target))

    closed = [then("/M/a", hsm.guard(says(False, text))) for text in ("end", "end 2")]
    return hsm.define("M", hsm.state("a", go("go", "/M/j0")), *map(link, range(size)), hsm.junction("end", *closed))


@contextlib.contextmanager
def calls_of_rules():
    """The names of the functions of the rules that are called, or go on as generators, meanwhile."""
    names, rules_folder = [], str(Path(rules.__file__).parent)

    def look(frame, what, argument):
        if what == "call" and frame.f_code.co_filename.startswith(rules_folder):
            names.append(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield names
    finally:
        sys.setprofile(before)
