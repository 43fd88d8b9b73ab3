"""The functional front end: `state(...)`, `transition(...)`, `on(...)`: arguments become elements.

Every element keeps the position of the call that made it. Never imports the compiler, the tables or the run time, and
never judges: whatever is wrong is kept for the compiler to report.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Never, overload

from typing_extensions import TypeVar

from hsm.behaviors import (
    Action,
    Duration,
    DurationFunction,
    E,
    EventAction,
    EventPredicate,
    Predicate,
    TimepointFunction,
)
from hsm.elements.assembly import (
    condition_of,
    elements,
    event_names,
    signals_among,
    transition_parts,
    vertex_parts,
)
from hsm.elements.nodes import (
    Activity,
    After,
    AllOf,
    AnyOf,
    At,
    Choice,
    Condition,
    DeepHistory,
    Defer,
    Effect,
    Entry,
    EntryPoint,
    Every,
    Exit,
    ExitPoint,
    External,
    Final,
    Fork,
    Initial,
    InState,
    Join,
    Junction,
    Model,
    Not,
    On,
    OnCall,
    Region,
    Renamed,
    ShallowHistory,
    SourcePath,
    State,
    Submachine,
    Target,
    Terminate,
    Transition,
    When,
)
from hsm.elements.parts import DefaultPart, NamesNoEvents, RegionPart, StatePart, SubmachinePart, TransitionPart
from hsm.events import Event, Signal
from hsm.instance import Instance
from hsm.kinds import is_a
from hsm.position import call_site

# not that of `hsm.behaviors`: with its default, an element of which no part names an instance fits into every model,
# while a bare `hsm.Model` in an annotation stays a model for any instance
I = TypeVar("I", bound=Instance, default=Instance)  # noqa: E741 - as there
"""The instance type that the parts of an element ask for."""
F = TypeVar("F")
S1 = TypeVar("S1", bound=Signal)
S2 = TypeVar("S2", bound=Signal)
S3 = TypeVar("S3", bound=Signal)

# Each function asks for its call site itself, as `call_site` looks a fixed number of frames up: in a helper it would
# record the line in here that calls the helper. Where one call makes several elements, all get the same site.

# --- vertices -----------------------------------------------------------------------------------------------


def state(name: str, *parts: StatePart[I]) -> State[I]:
    """A state; with substates a composite one, with regions an orthogonal one.

    Args:
        name: Unique among its siblings; no ``/`` in it (rule N1).
        parts: Behaviours, transitions, substates, regions, pseudostates, deferrals, in any order.
    """
    where = call_site()
    return State(name, vertex_parts(parts, where), where=where)


def region(name: str, *parts: RegionPart[I]) -> Region[I]:
    """A region of a state or of the model: all regions of one state are active together (rule R3)."""
    where = call_site()
    return Region(name, vertex_parts(parts, where), where=where)


def submachine(name: str, model: Model[I], *parts: SubmachinePart[I]) -> Submachine[I]:
    """*model* embedded as a composite state called *name*, with its entry and exit points (rule R9).

    Args:
        name: The state's name; *model*'s own name does not appear in paths.
        model: What `define` returned, or a machine class's ``model``; it may be embedded any number of times.
        parts: Behaviours and transitions of the state itself, and ``exit_point(name, transition)`` to say where
            an exit point of *model* leads from here.
    """
    where = call_site()
    return Submachine(name, model, vertex_parts(parts, where), where=where)


def final(name: str, *parts: Never) -> Final[Instance]:
    """A final state: entering it completes the state, region or model around it (rules C1 and C3)."""
    where = call_site()
    return Final(name, elements(parts, where), where=where)


def choice(name: str, *transitions: Transition[I]) -> Choice[I]:
    """Branches, decided in order when the choice is reached; the last one has no guard (rule R4)."""
    where = call_site()
    return Choice(name, elements(transitions, where), where=where)


def junction(name: str, *transitions: Transition[I]) -> Junction[I]:
    """Branches, decided before anything is exited; if none is open, nothing fires (rule R4)."""
    where = call_site()
    return Junction(name, elements(transitions, where), where=where)


def shallow_history(name: str, *parts: DefaultPart[I]) -> ShallowHistory[I]:
    """Restores the last active direct child of its owner (rule R5).

    Args:
        name: Unique among its siblings.
        parts: A `target` for when nothing is remembered, and its effects; without one, the owner's default entry.
    """
    where = call_site()
    return ShallowHistory(name, transition_parts(parts, where), where=where)


def deep_history(name: str, *parts: DefaultPart[I]) -> DeepHistory[I]:
    """Restores the last active leaf, or leaves, of its owner (rule R5); *parts* as in `shallow_history`."""
    where = call_site()
    return DeepHistory(name, transition_parts(parts, where), where=where)


def fork(name: str, *transitions: Transition[I]) -> Fork[I]:
    """Enters one vertex in each of several regions of one state (rule R6)."""
    where = call_site()
    return Fork(name, elements(transitions, where), where=where)


def join(name: str, *transitions: Transition[I]) -> Join[I]:
    """Continues once completion transitions from several regions of one state have all led here (rule R6)."""
    where = call_site()
    return Join(name, elements(transitions, where), where=where)


def entry_point(name: str, *transitions: Transition[I]) -> EntryPoint[I]:
    """A named way to enter the state around it; without a transition, it leads to the default entry (rule R7)."""
    where = call_site()
    return EntryPoint(name, elements(transitions, where), where=where)


def exit_point(name: str, *transitions: Transition[I]) -> ExitPoint[I]:
    """A named way to exit the state around it, with the transition that goes on from there (rule R7)."""
    where = call_site()
    return ExitPoint(name, elements(transitions, where), where=where)


def terminate(name: str, *parts: Never) -> Terminate[Instance]:
    """Ends the machine at once: no exit action runs (rule R8)."""
    where = call_site()
    return Terminate(name, elements(parts, where), where=where)


@overload
def initial(*parts: DefaultPart[I]) -> Initial[I]: ...
@overload
def initial(name: str, /, *parts: DefaultPart[I]) -> Initial[I]: ...
def initial(*parts: Any) -> Initial[Any]:
    """The default entry of the element that contains it (rule R1): ``initial([name], target(...), *effects)``."""
    where = call_site()
    # the name is optional, so a string that comes first is the name and not, as it may look, a target (HSM013)
    name: str | None = None
    if parts and is_a(parts[0], str):
        name, *rest = parts
        parts = tuple(rest)
    return Initial(name, transition_parts(parts, where), where=where)


# --- transitions ---------------------------------------------------------------------------------------------


@overload
def transition(trigger: On[F], /, *parts: TransitionPart[I, F]) -> Transition[I]: ...
@overload
def transition(first: TransitionPart[I, Any, NamesNoEvents], /, *parts: TransitionPart[I, Any]) -> Transition[I]: ...
@overload
def transition() -> Transition[Instance]: ...
def transition(*parts: Any) -> Transition[Any]:
    """What happens on an event.

    If `on` comes first and names `Signal` classes, type checkers hold its effects and guards to these.

    Without a trigger it is a completion transition (rule T6); without a `target` it is internal (rule K1). Its
    source is the element that contains it, or what `source` says.
    """
    where = call_site()
    return Transition(transition_parts(parts, where), where=where)


@overload
def on(event: type[S1], /) -> On[S1]: ...
@overload
def on(event: type[S1], second: type[S2], /) -> On[S1 | S2]: ...
@overload
def on(event: type[S1], second: type[S2], third: type[S3], /) -> On[S1 | S2 | S3]: ...
@overload
def on(*events: str | Event[Any] | type[Signal]) -> On[Any]: ...
def on(*events: str | Event[Any] | type[Signal]) -> On[Any]:
    """Triggers: names, ``order.*``, ``*``, `Event` objects or `Signal` classes; any one of them suffices."""
    return On(event_names(events), signals_among(events), where=call_site())


def on_call(operation: str) -> OnCall[Instance]:
    """A call trigger: fires on ``machine.call(operation, ...)``, which returns what the effect returns."""
    return OnCall(operation, where=call_site())


def after(duration: Duration | DurationFunction[I], *, name: str | None = None) -> After[I]:
    """A timer that fires once.

    Args:
        duration: A ``timedelta``, seconds, or a function of ``(ctx, instance, event)`` that returns either, sync or
            async, called when the source state is entered; 0 fires on the next iteration of the event loop (rule A4).
        name: What snapshots and traces call it, in place of its ordinal among those of its state (rule S1).
    """
    return After(duration, name, where=call_site())


def every(duration: Duration | DurationFunction[I], *, name: str | None = None) -> Every[I]:
    """A timer that fires every *duration* while the source state is active, without drift (rule A5).

    Args:
        duration: As for `after`, but more than 0.
        name: As for `after`.
    """
    return Every(duration, name, where=call_site())


def at(moment: datetime | TimepointFunction[I], *, name: str | None = None) -> At[I]:
    """A timer that fires once, at *moment*: a ``datetime`` (naive: local time) or a function that returns one.

    Args:
        moment: When.
        name: As for `after`.
    """
    return At(moment, name, where=call_site())


def when(condition: Predicate[I] | Condition[I], *, name: str | None = None) -> When[I]:
    """A change trigger: *condition* is evaluated after every step, and fires when it has become true (rule T6).

    Args:
        condition: A predicate, or what `all_of` and the like make of several.
        name: As for `after`.
    """
    where = call_site()
    return When(condition_of(condition, where), name, where=where)


def source(path: str) -> SourcePath[Instance]:
    """The source of the transition, as a path from the element that contains the transition."""
    return SourcePath(path, where=call_site())


def target(*paths: str) -> Target[Instance]:
    """The target of a transition, as a path from its source (rules N2 to N5); several targets, one per region."""
    return Target(paths, where=call_site())


def external() -> External[Instance]:
    """Makes a transition into its own source exit that source and enter it again (rule K3)."""
    return External(where=call_site())


def guard(
    predicate: EventPredicate[I, E] | Condition[I, E], *more: EventPredicate[I, E] | Condition[I, E]
) -> Condition[I, E]:
    """A condition for a transition; an exception in it counts as false and becomes ``hsm_error`` (rule E2).

    Several predicates all have to hold, as in `all_of`.
    """
    where = call_site()
    if not more:
        return condition_of(predicate, where)
    return AllOf(tuple(condition_of(each, where) for each in (predicate, *more)), where=where)


def all_of(*predicates: EventPredicate[I, E] | Condition[I, E]) -> Condition[I, E]:
    """Holds if all *predicates* do, evaluated in order up to the first that does not (rule T3)."""
    where = call_site()
    return AllOf(tuple(condition_of(predicate, where) for predicate in predicates), where=where)


def any_of(*predicates: EventPredicate[I, E] | Condition[I, E]) -> Condition[I, E]:
    """Holds if one of *predicates* does, evaluated in order up to the first that does (rule T3)."""
    where = call_site()
    return AnyOf(tuple(condition_of(predicate, where) for predicate in predicates), where=where)


def not_(predicate: EventPredicate[I, E] | Condition[I, E]) -> Condition[I, E]:
    """Holds if *predicate* does not (rule T3)."""
    where = call_site()
    return Not(condition_of(predicate, where), where=where)


def in_state(path: str) -> Condition[Instance]:
    """Holds while the state at *path*, seen from the transition's source, is active."""
    return InState(path, where=call_site())


# --- behaviours ----------------------------------------------------------------------------------------------


def effect(*actions: EventAction[I, E]) -> Effect[I, E]:
    """Actions of a transition, in order; directly in a state they are entry actions (rule K6)."""
    return Effect(actions, where=call_site())


def entry(*actions: Action[I]) -> Entry[I]:
    """Actions that run when the state is entered, in order."""
    return Entry(actions, where=call_site())


def exit(*actions: Action[I]) -> Exit[I]:  # noqa: A001 - UML's word
    """Actions that run when the state is exited, in order."""
    return Exit(actions, where=call_site())


def activity(
    *actions: Action[I], name: str | None = None, on_restore: Literal["restart", "fail", "forget"] | None = None
) -> Activity[I]:
    """Behaviours that run as tasks of the machine while the state is active (rule A1).

    Args:
        actions: What runs; all at the same time.
        name: What snapshots and traces call it, in place of its ordinal in its state; for one action (rule S1).
        on_restore: What becomes of it where it was running when the machine was saved: it starts again, or becomes
            ``hsm_error`` with `ActivityLost`, or is forgotten (rule S3); by default as `restore` says.
    """
    return Activity(actions, name, on_restore, where=call_site())


def renamed(old: str, new: str) -> Renamed[Instance]:
    """A part of a model: what snapshots call *old* is *new* now (rule S4).

    Args:
        old: The absolute path of a vertex that is not there any more, and with it of everything inside; or the name of
            a timer, a change trigger or an activity, such as ``/Door/open#after.0``. That of a whole model that was
            called otherwise is ``/Old``.
        new: The absolute path, or the name, of the same today.
    """
    return Renamed(old, new, where=call_site())


def defer(*events: str | Event[Any] | type[Signal]) -> Defer[Instance]:
    """Events that are deferred while the state is active (rule D1); written as for `on`."""
    return Defer(event_names(events), signals_among(events), where=call_site())
