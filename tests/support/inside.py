"""What the tests of the inside share: a step as it is explored, as text, and as the function that a machine runs."""

from __future__ import annotations

from hsm.api import program_of
from hsm.codegen.explore import explore
from hsm.codegen.writer import write
from hsm.program import vertex_at
from hsm.rules import settling as rules
from hsm.runtime.generated import EVENT, enqueue


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
