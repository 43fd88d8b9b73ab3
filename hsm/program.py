"""The Program: a model worked out, as integers and tuples.

In: nothing; the compiler fills it. Out: what the run time, and anything that tells about a machine, reads.
Never imports the tree or a front end. Data only: whatever could be computed once is computed here already.

Vertices are numbered in the order of the tree, each before what it contains. So the inside of vertex ``v`` is the
range ``v + 1 … vertices[v].last``, ascending order is "outermost first, earlier regions before later", and
descending order is "innermost first, later regions before earlier" (rule K4).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

import attrs

from hsm.behaviors import StateObjectFactory
from hsm.events import BUILT_IN, Signal
from hsm.names import closest, either, is_text, join, one_line, plain, shown
from hsm.position import Source, of_function

OUTSIDE = -1
"""The parent of the model's own vertex."""
NONE = -1
"""Nothing, in place of the index of a transition, a behaviour or a region."""


class Kind(enum.IntEnum):
    """What a vertex is; the model itself is a state."""

    STATE = 0
    REGION = 1
    FINAL = 2
    CHOICE = 3
    JUNCTION = 4
    SHALLOW_HISTORY = 5
    DEEP_HISTORY = 6
    FORK = 7
    JOIN = 8
    ENTRY_POINT = 9
    EXIT_POINT = 10
    TERMINATE = 11


CONDITIONAL = frozenset({Kind.JUNCTION, Kind.JOIN, Kind.EXIT_POINT})
"""Kinds whose way out may turn out closed, so that it is looked for before anything is left (rule R4)."""


class TriggerKind(enum.IntEnum):
    """What a trigger waits for."""

    EVENT = 0
    PREFIX = 1
    ANY = 2
    CALL = 3
    TIMER = 4
    CHANGE = 5


@attrs.frozen
class Trigger:
    """One trigger of a transition, as it was written; what runs reads `Triggers`.

    Attributes:
        kind: What it waits for.
        text: The name of an event or of an operation; the beginning of names, which ends in a dot; else empty.
        index: The timer, or the condition of a change trigger; else `NONE`.
        name: What the user calls a timer or a change trigger (rule S1); else empty.
    """

    kind: TriggerKind
    text: str = ""
    index: int = NONE
    name: str = ""


@attrs.frozen
class Triggers:
    """What a vertex reacts to by name, as transition indices in order of declaration.

    Attributes:
        exact: By event name.
        prefixes: ``(prefix, transitions)``, longest prefix first; a prefix ends in a dot.
        any: Those of ``*``.
        calls: By operation.
    """

    exact: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict[str, tuple[int, ...]])
    prefixes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    any: tuple[int, ...] = ()
    calls: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict[str, tuple[int, ...]])


@attrs.frozen
class Names:
    """Names of events, as patterns spell them.

    Attributes:
        exact: Names.
        prefixes: The beginnings of names; each ends in a dot.
        any: Whether every name is meant, except the built-in ones.
    """

    exact: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    any: bool = False

    def patterns(self) -> tuple[str, ...]:
        """The same as users write them: names in alphabetical order, then what ends in ``.*``, then ``*``."""
        return (*sorted(self.exact), *[f"{prefix}*" for prefix in self.prefixes], *(["*"] if self.any else []))


NO_TRIGGERS = Triggers()
NO_NAMES = Names()


@attrs.frozen
class Vertex:
    """A state, a region or a pseudostate.

    Attributes:
        path: Its qualified name.
        kind: What it is.
        parent: The vertex around it, `OUTSIDE` for the model itself.
        last: The last vertex inside it; its own index when nothing is.
        regions: Its regions, when it is orthogonal.
        is_composite: Whether it has substates or regions.
        default: The transition of its default entry (rules R1 and R2), or `NONE`.
        entry, exit, activities: Indices of behaviours, in the order in which they run.
        timers: Indices of the timers that are armed on entry.
        completion_transitions: Its transitions without a trigger (rule T6).
        change_transitions: Its transitions with a change trigger.
        outgoing: The transitions of a pseudostate.
        triggers: Its transitions by event.
        deferrals: The events it defers (rule D1).
        deferral_calls: The same one by one, each with the call that made it.
        has_history: Whether a history pseudostate stands directly in it.
        submachine: The name of the model that is embedded as this state; empty for none (rule R9).
        state_object: How the object is made whose methods are its behaviours; ``None`` for none.
        where: The call that made it.
    """

    path: str
    kind: Kind
    parent: int
    last: int
    regions: tuple[int, ...] = ()
    is_composite: bool = False
    default: int = NONE
    entry: tuple[int, ...] = ()
    exit: tuple[int, ...] = ()
    activities: tuple[int, ...] = ()
    timers: tuple[int, ...] = ()
    completion_transitions: tuple[int, ...] = ()
    change_transitions: tuple[int, ...] = ()
    outgoing: tuple[int, ...] = ()
    triggers: Triggers = NO_TRIGGERS
    deferrals: Names = NO_NAMES
    deferral_calls: tuple[tuple[Names, Source | None], ...] = attrs.field(default=(), eq=False, repr=False)
    has_history: bool = False
    submachine: str = ""
    state_object: StateObjectFactory | None = attrs.field(default=None, eq=False, repr=False)
    where: Source | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Transition:
    """A transition, or one segment of a longer way through pseudostates.

    Attributes:
        source: The vertex it leaves from.
        targets: The vertices it leads to; none: internal (rule K1). Several: one in each of several regions.
        exits: Vertices whose active inside is left, innermost first, before the effects run (rule K4).
        domain: The vertex from which entries go inwards: what contains the targets and stays active.
        guards: Indices of conditions, all of them required.
        change_conditions: Indices of the conditions of its change triggers; any one of them suffices. The same
            condition has the same index in all of them (rule T6).
        effects: Indices of behaviours.
        joining_region: The region that this segment leaves and that then waits at a join, or `NONE`.
        last_exits: The same as `exits`, for the last of those that lead into a join (rule R6).
        needs_lookahead: Whether the way behind the target has to be found open before anything is left.
        triggers: Its triggers, in the order in which they were written.
        label: What they are called in messages, such as ``on 'pause'``.
        where: The call that made it.
    """

    source: int
    targets: tuple[int, ...] = ()
    exits: tuple[int, ...] = ()
    domain: int = OUTSIDE
    guards: tuple[int, ...] = ()
    change_conditions: tuple[int, ...] = ()
    effects: tuple[int, ...] = ()
    joining_region: int = NONE
    last_exits: tuple[int, ...] = ()
    needs_lookahead: bool = False
    triggers: tuple[Trigger, ...] = ()
    label: str = ""
    where: Source | None = attrs.field(default=None, eq=False, repr=False)


class Connective(enum.IntEnum):
    """How a condition is put together."""

    CALL = 0
    ALL = 1
    ANY = 2
    NOT = 3
    IN = 4


@attrs.frozen
class Condition:
    """A guard, taken apart (rule T3).

    Attributes:
        connective: How the operands are combined.
        operands: For ``CALL`` one behaviour, for ``IN`` one vertex, else indices of conditions.
    """

    connective: Connective
    operands: tuple[int, ...]


class TimerKind(enum.IntEnum):
    """Which of the three timers."""

    AFTER = 0
    EVERY = 1
    AT = 2


SHORTEST_PERIOD = 1e-9
"""Seconds between two ticks of `every`, at least (rule A4): clocks count nanoseconds, and tell apart nothing less."""


@attrs.frozen
class Timer:
    """A timer of a transition (rules A2 to A6).

    Attributes:
        index: Its place in the table.
        kind: Which of the three.
        transition: The transition that it triggers.
        seconds: The time span in seconds, for a literal one.
        moment: The moment, for a literal one.
        function: The behaviour that gives the time span or the moment, or `NONE`.
    """

    index: int
    kind: TimerKind
    transition: int
    seconds: float = 0.0
    moment: datetime | None = None
    function: int = NONE


@attrs.frozen
class Behavior:
    """A user's callable, ready to be called with ``(ctx, instance, event)``.

    Attributes:
        index: Its place in the table.
        call: What is called.
        ends_at_once: Whether it is a coroutine function without an ``await``: run where it is called (rule Q3).
        makes_coroutine: Whether a call of such a one still makes the coroutine, which ends at its first ``send``; else
            the call returns what the coroutine would.
        may_suspend: Whether it is a coroutine function with an ``await``: it needs a task.
        calls_nothing: Whether neither its code nor what makes the object that it is a method of calls anything: then
            it cannot start a task (rule Q2).
        returns_nothing: Whether a call of it can return ``None`` alone, by its code: then there is nothing to await.
        role: What it is for: ``entry``, ``guard``, …
        vertex: The vertex it belongs to.
        transition: The transition it belongs to, or `NONE`.
        name: Its qualified name as the user knows it.
        given_name: What the user calls the activity that it is (rule S1); else empty.
        on_restore: What becomes of the activity that it is when its machine is restored (rule S3); empty: as
            `hsm.restore` says.
        where: The call that put it into the model.
    """

    index: int
    call: Callable[..., Any] = attrs.field(eq=False)
    ends_at_once: bool
    makes_coroutine: bool
    may_suspend: bool
    calls_nothing: bool
    returns_nothing: bool
    role: str
    vertex: int
    transition: int
    name: str
    given_name: str = ""
    on_restore: str = ""
    where: Source | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Program:
    """A model worked out; `compile` makes it, and any number of machines run on it.

    Equal models give equal programs, callables and positions aside.

    Attributes:
        name: The model's name.
        vertices: The model itself first, then in the order of the tree.
        transitions: In order of declaration.
        conditions, timers, behaviors: What vertices and transitions refer to by index.
        joins: For a join, or an exit point that acts as one: the regions that must wait there (rule R6).
        index: Every vertex by its qualified name.
        has_changes: Whether any transition has a change trigger.
        has_history: Whether there is a history.
        has_background: Whether there are timers or activities.
        has_state_objects: Whether there are methods of vertices' objects.
        lending_vertices: The vertices whose methods are behaviours of transitions that leave others.
        levels: How deep vertices are nested; 1 for a model without any.
        event_names: The events that some transition or deferral names, calls aside (rule T7).
        handles_errors: Whether any transition has `hsm_error` as its trigger.
        signals: The classes of signals that triggers and deferrals name, by the name of the event.
        renamed: What snapshots may still call by another name: old paths and names, with those of today (rule S4).
    """

    name: str
    vertices: tuple[Vertex, ...]
    transitions: tuple[Transition, ...]
    conditions: tuple[Condition, ...]
    timers: tuple[Timer, ...]
    behaviors: tuple[Behavior, ...]
    joins: Mapping[int, tuple[int, ...]]
    index: Mapping[str, int]
    has_changes: bool
    has_history: bool
    has_background: bool
    has_state_objects: bool
    lending_vertices: tuple[int, ...]
    handles_errors: bool
    levels: int
    event_names: Names
    signals: Mapping[str, tuple[type[Signal], ...]] = attrs.field(eq=False, repr=False)
    renamed: Mapping[str, str]


def describe_behavior(program: Program, behavior: Behavior) -> str:
    """Where *behavior* stands, as the note on an exception says it: role, vertex, trigger, file and line.

    Always one line, as it is logged, and a comment in the text of generated steps.
    """
    vertex = program.vertices[behavior.vertex].path
    label = program.transitions[behavior.transition].label if behavior.transition != NONE else ""
    place = behavior.where.place() if behavior.where is not None else of_function(behavior.call)
    position = f" ({place.short})" if place is not None else ""
    return one_line(f"{behavior.role} of {vertex}{' ' + label if label else ''}{position}")


def describe_failure(program: Program, behavior: Behavior, name: str) -> str:
    """The note on an exception that *behavior* raised on the event *name*: where it stands, and on which event.

    The event is left out where it is the only trigger of the transition, as that is named already.
    """
    note = f"in {describe_behavior(program, behavior)}"
    if behavior.transition != NONE:
        transition = program.transitions[behavior.transition]
        triggers = program.vertices[transition.source].triggers
        # both: a timer's label may read as that of an event does, and one of several triggers does not say which
        may_trigger = behavior.transition in (*triggers.exact.get(name, ()), *triggers.calls.get(name, ()))
        if may_trigger and transition.label in (f"on '{name}'", f"on call of '{name}'"):
            return note
    return f"{note}, event '{one_line(name)}'"


def vertex_at(program: Program, path: str) -> int:
    """The vertex of *program* at *path*: a qualified name, or the same without the model's name.

    Raises:
        ValueError: There is none; the message names the closest.
        TypeError: *path* is no string.
    """
    if not is_text(path):
        raise TypeError(f"a path is a string such as '/{program.name}/a', not {shown(path)}")
    path = plain(path)
    name = path if path.startswith("/") else join(f"/{program.name}", path)
    vertex = program.index.get(name)
    if vertex is None:
        known = closest(name, program.index)
        hint = f": did you mean {either(known)}?" if known else ""
        raise ValueError(f"model '{program.name}' has no vertex {path!r}{hint}")
    return vertex


def named(triggers: Triggers, name: str) -> tuple[int, ...]:
    """The transitions that an event called *name* may trigger: exact, then longer prefixes, then ``*`` (rule T2)."""
    # most vertices react to exact names alone, so that nothing has to be put together for them
    exact = triggers.exact.get(name, ())
    if not (triggers.any or triggers.prefixes) or name in BUILT_IN:
        return exact
    matching = [transitions for prefix, transitions in triggers.prefixes if name.startswith(prefix)]
    # a transition that several of its triggers match stands where the first of them puts it, and is asked once
    return tuple(dict.fromkeys((*exact, *chain.from_iterable(matching), *triggers.any)))


def includes(names: Names, name: str) -> bool:
    """Whether *name* is one of *names*."""
    if name in names.exact:
        return True
    if name in BUILT_IN:  # no wildcard means them: `defer("*")` would keep errors and time from their transitions
        return False
    return names.any or name.startswith(names.prefixes)
