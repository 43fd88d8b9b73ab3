"""Which part belongs where: one table.

Never imports the compiler: the table is data, and the check that reads it is the compiler's.
"""

from __future__ import annotations

from collections.abc import Mapping

from hsm.elements.nodes import (
    CONDITIONS,
    TRIGGERS,
    VERTICES,
    Activity,
    Choice,
    DeepHistory,
    Defer,
    Effect,
    Entry,
    EntryPoint,
    Exit,
    ExitPoint,
    External,
    Final,
    Fork,
    Initial,
    Join,
    Junction,
    Model,
    Region,
    Renamed,
    ShallowHistory,
    SourcePath,
    State,
    Submachine,
    Target,
    Terminate,
    Transition,
)
from hsm.elements.parts import Element

_BEHAVIORS = (Entry, Exit, Effect, Activity, Defer)
_CONNECTION_POINTS = (EntryPoint, ExitPoint)

ALLOWED_PARTS: Mapping[type[Element], frozenset[type[Element]]] = {
    Model: frozenset({*VERTICES, Region, Initial, Transition, *_BEHAVIORS, Renamed}),
    State: frozenset({*VERTICES, Region, Initial, Transition, *_BEHAVIORS}),
    # entry and exit points belong to the whole state, whose regions are entered and exited together
    Region: frozenset({*VERTICES, Initial, Transition}) - frozenset(_CONNECTION_POINTS),
    Submachine: frozenset({ExitPoint, Transition, *_BEHAVIORS}),
    Transition: frozenset({*TRIGGERS, *CONDITIONS, SourcePath, Target, External, Effect}),
    Initial: frozenset({Target, Effect}),
    ShallowHistory: frozenset({Target, Effect}),
    DeepHistory: frozenset({Target, Effect}),
    Choice: frozenset({Transition}),
    Junction: frozenset({Transition}),
    Fork: frozenset({Transition}),
    Join: frozenset({Transition}),
    EntryPoint: frozenset({Transition}),
    ExitPoint: frozenset({Transition}),
    Final: frozenset(),
    Terminate: frozenset(),
}
"""For each kind of element with parts, the kinds of part that it may have."""


def is_allowed(owner: Element, part: Element) -> bool:
    """Whether *part* may be one of the parts of *owner*."""
    # what is not in the table has no parts, or is not an element of a model at all
    return type(part) in ALLOWED_PARTS.get(type(owner), ())


def owners_of(part: Element) -> list[str]:
    """The words of the elements that may have *part*, in the order of the table."""
    return [owner.word for owner, parts in ALLOWED_PARTS.items() if type(part) in parts]
