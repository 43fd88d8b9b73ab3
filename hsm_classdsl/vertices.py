"""The classes from which users derive states and pseudostates.

A nested class stays a class, with the options of its class statement kept on it; its name is the vertex's name. Never
imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from hsm.elements import nodes
from hsm.elements.parts import SubmachinePart
from hsm.elements.shapes import NamedElement
from hsm.instance import Instance
from hsm.position import Source, call_site
from hsm_classdsl.notes import Ours

if TYPE_CHECKING:
    # as a metaclass that derives from ABCMeta, it would keep checkers from looking at `initial=` and `target=`
    VertexMeta = ABCMeta
else:
    from hsm_classdsl.metaclass import VertexMeta

M = TypeVar("M", bound=Instance)
"""The machine that a state belongs to."""


class Vertex(metaclass=VertexMeta):
    """The base of all nested classes of a machine: the kind of vertex that one is, and where it was written."""

    hsm_kind: ClassVar[type[NamedElement]]
    hsm_is_initial: ClassVar[bool] = False
    hsm_where: ClassVar[Source | None] = None

    def __init_subclass__(cls, *, initial: bool | None = None) -> None:
        super().__init_subclass__()
        if initial is not None:
            cls.hsm_is_initial = initial


class State(Vertex, Generic[M]):
    """A state: derive a nested class from ``State["TheMachine"]``.

    ``self`` in its methods is the state's own object: made when the state is entered and dropped when it is exited, so
    that data set on it lives as long as the state is active.

    Args:
        initial: Whether it is the default entry of the class around it.

    Attributes:
        machine: The machine that the state belongs to.
    """

    hsm_kind = nodes.State
    machine: M


class Region(Vertex):
    """One of several parts of a state, or of the machine, that are active at the same time (rule R3)."""

    hsm_kind = nodes.Region


class Final(Vertex):
    """A final state: entering it completes the state, region or machine around it (rules C1 and C3)."""

    hsm_kind = nodes.Final


class Terminate(Vertex):
    """Ends the machine at once (rule R8)."""

    hsm_kind = nodes.Terminate


class Pseudostate(Vertex, Generic[M]):
    """A vertex in which no machine rests; ``self`` in its methods is an object made for one passage through it."""

    machine: M


class Choice(Pseudostate[M]):
    """Branches, decided when the choice is reached: `transition(...)` marks, the last without a guard (rule R4)."""

    hsm_kind = nodes.Choice


class Junction(Pseudostate[M]):
    """Branches, decided before anything is exited (rule R4)."""

    hsm_kind = nodes.Junction


class Fork(Pseudostate[M]):
    """Enters one vertex in each of several regions of one state (rule R6)."""

    hsm_kind = nodes.Fork


class Join(Pseudostate[M]):
    """Waits for several regions of one state (rule R6)."""

    hsm_kind = nodes.Join


class EntryPoint(Pseudostate[M]):
    """A named way to enter the state around it (rule R7)."""

    hsm_kind = nodes.EntryPoint


class ExitPoint(Pseudostate[M]):
    """A named way to exit the state around it (rule R7)."""

    hsm_kind = nodes.ExitPoint


class History(Pseudostate[M]):
    """What both kinds of history have in common (rule R5).

    Args:
        target: Where to go when nothing is remembered: a path, or several for several regions. Methods marked
            `@effect` are its effects.
    """

    hsm_target: ClassVar[str | tuple[str, ...] | None] = None

    def __init_subclass__(cls, *, target: str | tuple[str, ...] | None = None, initial: bool | None = None) -> None:
        super().__init_subclass__(initial=initial)
        if target is not None:
            cls.hsm_target = target


class ShallowHistory(History[M]):
    """Restores the last active direct child of its owner; leads to *target* if there was none (rule R5)."""

    hsm_kind = nodes.ShallowHistory


class DeepHistory(History[M]):
    """Restores the last active leaf, or leaves, of its owner; leads to *target* if there was none (rule R5)."""

    hsm_kind = nodes.DeepHistory


class Submachine(Ours):
    """A machine embedded as a composite state, named after the attribute to which it is assigned (rule R9).

    For example, ``left = Submachine(Motor, initial=True)``.

    Args:
        machine: The machine class; its behaviours get the machine in which it is embedded.
        parts: What `hsm.submachine` takes after the model.
        initial: Whether it is the default entry of the class around it.
    """

    def __init__(self, machine: type[Instance], *parts: SubmachinePart[Any], initial: bool = False) -> None:
        self.machine = machine
        self.parts = parts
        self.is_initial = initial
        self.where = call_site()
