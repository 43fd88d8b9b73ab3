"""State machines as classes: nested states and decorated methods make the same models as `hsm.define`.

Use it with `hsm`, which starts and runs the models of both front ends.
"""

from hsm.dsl import defer
from hsm_classdsl.guards import in_state
from hsm_classdsl.machine import Machine
from hsm_classdsl.marks import (
    activity,
    after,
    at,
    effect,
    entry,
    every,
    exit,
    guard,
    initial,
    on,
    on_call,
    transition,
    when,
)
from hsm_classdsl.vertices import (
    Choice,
    DeepHistory,
    EntryPoint,
    ExitPoint,
    Final,
    Fork,
    Join,
    Junction,
    Region,
    ShallowHistory,
    State,
    Submachine,
    Terminate,
)

__all__ = [
    "Choice",
    "DeepHistory",
    "EntryPoint",
    "ExitPoint",
    "Final",
    "Fork",
    "Join",
    "Junction",
    "Machine",
    "Region",
    "ShallowHistory",
    "State",
    "Submachine",
    "Terminate",
    "activity",
    "after",
    "at",
    "defer",
    "effect",
    "entry",
    "every",
    "exit",
    "guard",
    "in_state",
    "initial",
    "on",
    "on_call",
    "transition",
    "when",
]
