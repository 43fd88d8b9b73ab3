"""The operations: everything the rules want done or want to know, listed once for whoever reads the rules.

Whoever runs the rules, the kernel or the explorer, answers each operation; one without an answer is answered with
``None``. An operation names vertices, behaviours and transitions of the Program by index, and never the event: the
kernel keeps the current one, and `Next` and `TakeError` replace it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import attrs

from hsm.configuration import Leaves
from hsm.program import NONE

T = TypeVar("T")
Rule: TypeAlias = Generator[Any, Any, T]
"""Yields operations, is sent their answers, and returns the result of the rule."""

# `define` and not `frozen`: a frozen class takes 100 ns longer to make, once per operation, and nobody writes to one.

# --- questions -----------------------------------------------------------------------------------------------


@attrs.define
class Ask:
    """What does a guard return? Answer: a bool, or ``None`` when it raised (rule E2)."""

    behavior: int


@attrs.define
class AskHistory:
    """What was last active in *owner*, for the pseudostate *history* (rule R5)? Answer: leaves, or ``()``."""

    history: int
    owner: int


@attrs.define
class MayComplete:
    """Have the activities of a state returned, and has it not completed yet (rule C1)? Answer: a bool."""

    vertex: int


@attrs.define
class Became:
    """A change condition was evaluated. Answer: whether it holds now and did not at the last evaluation (rule T6)."""

    transition: int
    holds: bool


@attrs.define
class TakeError:
    """Is there an error to handle (rule E3)? If so, it is the event of what follows. Answer: a bool."""


# --- behaviours ----------------------------------------------------------------------------------------------


@attrs.define
class Run:
    """Call a list of actions in order; the first that raises ends it (rules K6, E1). Answer: what the last returned."""

    behaviors: tuple[int, ...]


@attrs.define
class MakeObject:
    """Make the state object of a vertex that was entered. Answer: whether there is one; not if it raised (rule E1)."""

    vertex: int


@attrs.define
class DropObjects:
    """Drop the state objects of vertices that were exited, passed through, or are about to be entered again."""

    vertices: tuple[int, ...]


# --- what goes on beside the steps ---------------------------------------------------------------------------


@attrs.define
class Arm:
    """Arm the timers of a vertex that was entered (rule A3)."""

    vertex: int


@attrs.define
class Disarm:
    """Disarm the timers of a vertex that is being exited (rule K5)."""

    vertex: int


@attrs.define
class StartActivities:
    """Start the activities of a vertex that was entered (rule A1)."""

    vertex: int


@attrs.define
class EndActivities:
    """Cancel the activities of a vertex that is being exited, and wait for them (rule K5)."""

    vertex: int


@attrs.define
class EndAll:
    """Disarm every timer, cancel every activity and wait for them: the machine has ended (rules C3 and R8)."""


@attrs.define
class Unwatch:
    """The change conditions of a vertex that was exited count as false again (rule T6)."""

    vertex: int


# --- the configuration and its memory --------------------------------------------------------------------------


@attrs.define
class Move:
    """From here on *leaves* are active."""

    leaves: Leaves


@attrs.define
class Remember:
    """From now on *leaves* are what was last active in a vertex; ``()`` for nothing (rule R5)."""

    vertex: int
    leaves: Leaves


@attrs.define
class Park:
    """A region waits at a join from now on (rule R6).

    There is nothing to execute: this marks where exploring has to stop, as leaves do not tell at which join one waits.
    """

    region: int


@attrs.define
class Complete:
    """A state has completed; its completion is handled after the transitions of the step (rules C1 and C2)."""

    vertex: int


@attrs.define
class Reopen:
    """A state was exited, or something inside it was: it may complete again (rule C1)."""

    vertex: int


# --- internal steps ------------------------------------------------------------------------------------------


@attrs.define
class Next:
    """What follows is about a completion of *vertex*, or, without one, about a change."""

    vertex: int = NONE


@attrs.define
class EndError:
    """The error that was taken has been handled, or no transition took it (rules E4 and E5)."""

    is_taken: bool


@attrs.define
class Spend:
    """An internal step is done: *name*, of *vertex* if it is a completion. Answer: is the budget spent (rule Q8)?"""

    name: str
    vertex: int = NONE
