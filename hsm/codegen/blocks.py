"""Blocks: a step worked out for one configuration and one event, as data.

In: nothing; `specialize` makes them. Out: what `writer` writes as Python, and what the run time goes on with by itself
where the written function cannot. Data only.

A block is a list of operations. Only the last one leads on to other blocks (`Ask`, `Recall`) or ends the step (`End`,
`Hold`).
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from hsm.configuration import Leaves
from hsm.outcome import Outcome


@attrs.frozen(eq=False)
class Ask:
    """Ask a guard, and go on in one of two blocks; in *failed* when it raises (rules T3 and E2)."""

    behavior: int
    yes: Block
    no: Block
    failed: Block


@attrs.frozen
class Act:
    """Call an action; when it raises, go on *skip* operations further on, behind its list (rule E1)."""

    behavior: int
    skip: int


@attrs.frozen
class Move:
    """From here on *leaves* are active."""

    leaves: Leaves


@attrs.frozen
class Remember:
    """What was last active inside a vertex with a history, or that nothing is to be remembered (rule R5)."""

    vertex: int
    leaves: Leaves


@attrs.frozen(eq=False)
class Recall:
    """Go on by what is remembered of a vertex (rule R5): *ways* has a block for each memory it can have had.

    Attributes:
        history: The history that is entered.
        vertex: Its owner.
        ways: By what was last active inside the owner.
        default: Where nothing is remembered.
    """

    history: int
    vertex: int
    ways: dict[Leaves, Block]
    default: Block


@attrs.frozen
class Disarm:
    """The timers of a vertex that is left end."""

    vertex: int


@attrs.frozen
class Arm:
    """The timers of a vertex that was entered begin."""

    vertex: int


@attrs.frozen
class Make:
    """The object that behaviours share while a vertex is active; when that raises, go on as for `Act` (rule E1)."""

    vertex: int
    skip: int


@attrs.frozen
class Forget:
    """The objects of vertices that are left, passed through, or entered again are over."""

    vertices: tuple[int, ...]


@attrs.frozen
class Completed:
    """A state is complete: that is handled after the transitions of the step (rules C1 and C2)."""

    vertex: int


@attrs.frozen
class Reopened:
    """A state is left, or something in it: it may complete again, and if that waits to be handled it is over."""

    vertex: int


@attrs.frozen
class Next:
    """From here on the completion of *vertex* is handled, a step of its own (rule C2)."""

    vertex: int


@attrs.frozen
class End:
    """The step is done, *leaves* are active."""

    outcome: Outcome
    leaves: Leaves


@attrs.frozen
class Hold:
    """The event is held back (rule D1)."""


Operation: TypeAlias = (
    Ask | Act | Move | Remember | Recall | Disarm | Arm | Make | Forget | Completed | Reopened | Next | End | Hold
)


@attrs.define(eq=False)
class Block:
    """Operations in order."""

    operations: list[Operation] = attrs.field(factory=list["Operation"])
