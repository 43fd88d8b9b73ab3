"""The element tree: what a user wrote, as frozen values, from either front end.

Every element keeps its parts in the order in which they were written, right or wrong: order decides priorities (T2)
and the default child (R2), and the compiler reports what is wrong. Never imports what reads the tree.

Elements are equal by value; where one was written (``where``) is left out of equality and of repr. They are
generic in the instance type, contravariantly: a part that works on any `Instance` fits into every model.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any, Generic

import attrs
from typing_extensions import TypeVar

from hsm.behaviors import E, I
from hsm.elements.parts import (
    AnywherePart,
    BehaviorPart,
    DefaultPart,
    Element,
    ModelPart,
    NamesEvents,
    NamesNoEvents,
    StatePart,
    SubmachinePart,
    TransitionPart,
)
from hsm.elements.shapes import ActionList, EventList, NamedElement, TimeSpan, UserCallable
from hsm.errors import DefinitionError
from hsm.instance import Instance
from hsm.names import one_line, plain

V = TypeVar("V", default=Any)
"""The type of the events that `On` names."""

_SHOWN = 6
"""How many vertices the repr of a model names."""


@attrs.define(eq=False)
class Derived:
    """A place beside a model for what is worked out from it, so that both live equally long.

    A table that is keyed weakly by the model would keep it forever: what is worked out refers to the user's functions,
    and those of a machine class refer to the class, which has the model.

    Attributes:
        value: What was worked out.
        error: What is wrong with the model, where the user collects mistakes, and a broken model goes on to exist.
    """

    value: Any = None
    error: DefinitionError | None = None


@attrs.frozen(repr=False)
class Model(Generic[I], Element):
    """A whole machine, as it was declared. Not the machine itself: it is immutable and knows nothing of what runs it.

    Attributes:
        name: The first step of every qualified name in it.
        parts: What was declared, in order.
        instance_type: The class of instances that the behaviours work on, as far as the front end knows.
        derived: What is worked out from it, by whoever reads it; no part of its value.
    """

    word = "define"
    name: str
    parts: tuple[Element, ...] = ()
    instance_type: type = attrs.field(default=Instance, eq=False, repr=False)
    derived: Derived = attrs.field(factory=Derived, init=False, eq=False, repr=False)

    def __repr__(self) -> str:
        """What it is, its name, and the first of the vertices in it: the whole tree would fill pages."""
        inner = [plain(getattr(part, "name", "")) for part in self.parts if type(part) in (Region, *VERTICES)]
        more = ", ..." if len(inner) > _SHOWN else ""
        return one_line(f"<model {plain(self.name)}{': ' if inner else ''}{', '.join(inner[:_SHOWN])}{more}>")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: a picture, where the extra ``draw`` is installed."""
        return as_shown(self)

    def _repr_svg_(self) -> str | None:
        """The picture, for notebooks that ask for it in this way; ``None`` if it cannot be drawn."""
        return as_shown(self).get("image/svg+xml")


def as_shown(model: object) -> dict[str, str]:
    """What a notebook shows of *model*, or of a machine class; empty if it cannot be drawn.

    By name, as drawings stand on upper floors: this is loaded when a notebook asks.
    """
    shown: dict[str, str] = import_module("hsm.draw.drawing").mimebundle(model)
    return shown


# --- vertices -----------------------------------------------------------------------------------------------


# Classes that add no field are not decorated: they inherit `__init__`, equality and repr, which tells classes apart.


class State(NamedElement, AnywherePart[I]):
    """A state: simple, composite, or orthogonal when it has regions."""

    __slots__ = ()
    word = "state"


class Region(NamedElement, ModelPart[I], StatePart[I]):
    """One of several parts of a state, or of the model, that are active at the same time (rule R3)."""

    __slots__ = ()
    word = "region"


@attrs.frozen
class Submachine(AnywherePart[I]):
    """A model embedded as a composite state (rule R9)."""

    word = "submachine"
    name: str
    model: Model[Any]
    parts: tuple[Element, ...] = ()


class Final(NamedElement, AnywherePart[I]):
    """A final state: entering it completes the state, region or model around it (rules C1 and C3)."""

    __slots__ = ()
    word = "final"


class Pseudostate(NamedElement, AnywherePart[I]):
    """A vertex in which no machine rests; its parts are its outgoing transitions, or its default target and effects."""

    __slots__ = ()


class Choice(Pseudostate[I]):
    """Branches, decided when the choice is reached (rule R4)."""

    __slots__ = ()
    word = "choice"


class Junction(Pseudostate[I]):
    """Branches, decided before anything is exited (rule R4)."""

    __slots__ = ()
    word = "junction"


class ShallowHistory(Pseudostate[I]):
    """Restores the last active direct child of its owner (rule R5)."""

    __slots__ = ()
    word = "shallow_history"


class DeepHistory(Pseudostate[I]):
    """Restores the last active leaves of its owner (rule R5)."""

    __slots__ = ()
    word = "deep_history"


class Fork(Pseudostate[I]):
    """Enters several regions of one state (rule R6)."""

    __slots__ = ()
    word = "fork"


class Join(Pseudostate[I]):
    """Waits for several regions of one state (rule R6)."""

    __slots__ = ()
    word = "join"


class EntryPoint(Pseudostate[I]):
    """A named way to enter a state (rule R7)."""

    __slots__ = ()
    word = "entry_point"


class ExitPoint(Pseudostate[I], SubmachinePart[I]):
    """A named way to exit a state (rule R7)."""

    __slots__ = ()
    word = "exit_point"


class Terminate(Pseudostate[I]):
    """Ends the machine at once (rule R8)."""

    __slots__ = ()
    word = "terminate"


@attrs.frozen
class Initial(AnywherePart[I]):
    """The default entry of the element that contains it (rule R1)."""

    word = "initial"
    name: str | None = None
    parts: tuple[Element, ...] = ()


# --- transitions ---------------------------------------------------------------------------------------------


@attrs.frozen
class Transition(AnywherePart[I], SubmachinePart[I]):
    """What happens on an event, or on completion: triggers, guards, effects and a target."""

    word = "transition"
    parts: tuple[Element, ...] = ()


class On(EventList, TransitionPart[Instance, Any, NamesEvents], Generic[V]):
    """Triggers by name: any one of them suffices. *V* is the type of the events, as far as it is known."""

    __slots__ = ()
    word = "on"


@attrs.frozen
class OnCall(TransitionPart[I, Any, NamesNoEvents]):
    """A call trigger: the operation's name."""

    word = "on_call"
    operation: str


class After(TimeSpan, TransitionPart[I, Any, NamesNoEvents]):
    """A timer that fires once, a duration after its state was entered (rule A2)."""

    __slots__ = ()
    word = "after"


class Every(TimeSpan, TransitionPart[I, Any, NamesNoEvents]):
    """A timer that fires again and again while its state is active (rule A5)."""

    __slots__ = ()
    word = "every"


@attrs.frozen
class At(TransitionPart[I, Any, NamesNoEvents]):
    """A timer that fires once, at a point in time (rule A2)."""

    word = "at"
    moment: datetime | UserCallable
    given_name: str | None = None


@attrs.frozen
class When(TransitionPart[I, Any, NamesNoEvents]):
    """A change trigger: a condition that is evaluated after every step (rule T6)."""

    word = "when"
    condition: Condition[Any]
    given_name: str | None = None


@attrs.frozen
class SourcePath(TransitionPart[I, Any, NamesNoEvents]):
    """The path of a transition's source, if that is not the vertex it is written in."""

    word = "source"
    path: str


@attrs.frozen
class Target(TransitionPart[I, Any, NamesNoEvents], DefaultPart[I]):
    """The paths of a transition's targets: usually one; several lie in different regions."""

    word = "target"
    paths: tuple[str, ...]


class External(TransitionPart[I, Any, NamesNoEvents]):
    """Makes a transition into its own source exit that source first (rule K3)."""

    __slots__ = ()
    word = "external"


class Condition(TransitionPart[I, E, NamesNoEvents]):
    """The condition of a guard: one predicate, or a combination (rule T3)."""

    __slots__ = ()


@attrs.frozen
class Guard(Condition[I, E]):
    """One predicate."""

    word = "guard"
    predicate: UserCallable


@attrs.frozen
class Combination(Condition[I, E]):
    """A combination of conditions."""

    conditions: tuple[Condition[Any, Any], ...]


class AllOf(Combination[I, E]):
    """All of these, evaluated in order up to the first that does not hold."""

    __slots__ = ()
    word = "all_of"


class AnyOf(Combination[I, E]):
    """At least one of these, evaluated in order up to the first that holds."""

    __slots__ = ()
    word = "any_of"


@attrs.frozen
class Not(Condition[I, E]):
    """The opposite of a condition."""

    word = "not_"
    condition: Condition[Any]


@attrs.frozen
class InState(Condition[I, Any]):
    """Whether the vertex at a path is active."""

    word = "in_state"
    path: str


# --- behaviours ----------------------------------------------------------------------------------------------


class Effect(ActionList, BehaviorPart[I], TransitionPart[I, E, NamesNoEvents], DefaultPart[I]):
    """Actions of a transition; directly in a state they are entry actions (rule K6)."""

    __slots__ = ()
    word = "effect"


class Entry(ActionList, BehaviorPart[I]):
    """Actions that run when the state is entered."""

    __slots__ = ()
    word = "entry"


class Exit(ActionList, BehaviorPart[I]):
    """Actions that run when the state is exited."""

    __slots__ = ()
    word = "exit"


@attrs.frozen
class Activity(ActionList, BehaviorPart[I]):
    """Behaviours that run as tasks while the state is active (rule A1).

    Attributes:
        given_name: What snapshots call it, if it is one alone (rule S1).
        on_restore: What becomes of those that were running when the machine was saved (rule S3); ``None``: as
            `hsm.restore` says.
    """

    word = "activity"
    given_name: str | None = None
    on_restore: str | None = None


class Defer(EventList, BehaviorPart[I]):
    """Events that are deferred while the state is active (rule D1)."""

    __slots__ = ()
    word = "defer"


# --- what was saved ------------------------------------------------------------------------------------------


@attrs.frozen
class Renamed(ModelPart[I]):
    """A path that snapshots may still have, and what it is now (rule S4)."""

    word = "renamed"
    old: str
    new: str


VERTICES: tuple[type[Element], ...] = (
    State, Submachine, Final,
    Choice, Junction, ShallowHistory, DeepHistory, Fork, Join, EntryPoint, ExitPoint, Terminate,
)  # fmt: skip
"""Every kind of vertex that paths may name; `Region` groups vertices and `Initial` is a default entry."""

TRIGGERS: tuple[type[Element], ...] = (On, OnCall, After, Every, At, When)
"""Every kind of trigger."""

CONDITIONS: tuple[type[Element], ...] = (Guard, AllOf, AnyOf, Not, InState)
"""Every kind of condition."""
