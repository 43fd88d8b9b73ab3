"""Pass 5, tabulate: the drafts of a planned outline become the tables of a `Program`.

Everything is sorted here, once: triggers by name, prefixes by length, timers and completions by vertex. `bind` binds
the callables.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from types import MethodType
from typing import Any

from hsm.behaviors import ScopedBehavior, is_behavior
from hsm.compiler.bind import Binder
from hsm.compiler.outline import HISTORIES, Outline, TransitionDraft, VertexDraft, renamed_paths
from hsm.elements.nodes import AllOf, AnyOf, At, Every, Guard, InState, Not, Submachine, When
from hsm.elements.nodes import Condition as ConditionElement
from hsm.elements.shapes import ActionList, EventList
from hsm.elements.walk import parts_of
from hsm.events import ERROR, Pattern, PatternKind, Signal, event_name
from hsm.kinds import is_a
from hsm.names import plain
from hsm.program import (
    NO_NAMES,
    NO_TRIGGERS,
    NONE,
    Condition,
    Connective,
    Kind,
    Names,
    Program,
    Timer,
    TimerKind,
    Transition,
    Trigger,
    TriggerKind,
    Triggers,
    Vertex,
)


def tabulate(outline: Outline) -> Program:
    """The Program of *outline*."""
    tables = _Tables(outline)
    # transitions first: they make the timers, and the state objects of their methods, that the vertices then list
    transitions = tuple(tables.transition(draft) for draft in outline.transitions)
    vertices = tuple(tables.vertex(draft) for draft in outline.vertices)
    return Program(
        name=outline.name,
        vertices=vertices,
        transitions=transitions,
        conditions=tuple(tables.conditions),
        timers=tuple(tables.timers),
        behaviors=tuple(tables.binder.behaviors),
        joins=outline.joins,
        index={vertex.path: number for number, vertex in enumerate(vertices)},
        has_changes=any(draft.changes for draft in outline.transitions),
        has_history=any(vertex.has_history for vertex in vertices),
        has_background=bool(tables.timers) or any(vertex.activities for vertex in vertices),
        has_state_objects=bool(tables.binder.state_objects),
        lending_vertices=tuple(sorted(tables.binder.lending_vertices)),
        levels=max(vertex.path.count("/") for vertex in vertices),
        handles_errors=any(ERROR in vertex.triggers.exact for vertex in vertices),
        event_names=_names(_all_patterns(outline)),
        signals=_signals(outline.vertices[0].element),
        renamed=dict([renamed_paths(outline, part, root) for part, root in outline.renamed]),
    )


class _Tables:
    """The lists that vertices and transitions refer to, while they grow."""

    def __init__(self, outline: Outline) -> None:
        self.binder = Binder()
        self.remembered = {draft.parent for draft in outline.vertices if draft.kind in HISTORIES}
        """The vertices with a history directly in them."""
        self.conditions: list[Condition] = []
        self.changes: dict[Condition, int] = {}
        """The conditions of change triggers, and what they are made of, by value."""
        self.predicates: dict[Hashable, int] = {}
        """Their predicates, by `_identity`."""
        self.timers: list[Timer] = []
        self.timers_of: dict[int, list[int]] = {}

    def transition(self, draft: TransitionDraft) -> Transition:
        source = draft.source
        assert source is not None  # `check` rejects a transition whose source was not found
        timers = range(len(self.timers), len(self.timers) + len(draft.timers))
        if timers:
            self.timers_of.setdefault(source, []).extend(timers)
            self.timers += [
                self._timer(timer, index, draft, source) for timer, index in zip(draft.timers, timers, strict=True)
            ]
        guards = tuple([self._condition(condition, draft, source) for condition in draft.conditions])
        changes = tuple([self._change(condition, draft, source) for condition in draft.changes])
        return Transition(
            source=source,
            targets=draft.reached,
            exits=draft.exits,
            domain=draft.domain,
            guards=guards,
            change_conditions=changes,
            effects=self._actions(draft.effects, "effect", source, draft.index, draft.owner),
            joining_region=draft.joining_region,
            last_exits=draft.last_exits,
            needs_lookahead=draft.is_conditional,
            triggers=_in_order(draft, iter(timers), iter(changes)),
            label=draft.label,
            where=draft.where,
        )

    def vertex(self, draft: VertexDraft) -> Vertex:
        outgoing = draft.outgoing
        is_state = draft.kind is Kind.STATE
        return Vertex(
            path=draft.path,
            kind=draft.kind,
            parent=draft.parent,
            last=draft.last,
            regions=draft.regions,
            is_composite=is_state and bool(draft.regions or draft.defaults),
            default=draft.defaults[0].index if draft.defaults else NONE,
            entry=self._actions(draft.entry, "entry", draft.index),
            exit=self._actions(draft.exit, "exit", draft.index),
            activities=self._activities(draft),
            timers=tuple(self.timers_of.get(draft.index, ())),
            completion_transitions=tuple([t.index for t in outgoing if not t.has_trigger]) if is_state else (),
            change_transitions=tuple([t.index for t in outgoing if t.changes]),
            outgoing=() if is_state else tuple([t.index for t in outgoing]),
            triggers=_triggers(outgoing),
            deferrals=_names([pattern for pattern, _ in draft.deferrals]),
            deferral_calls=tuple([(_names([pattern]), where) for pattern, where in draft.deferrals]),
            has_history=draft.index in self.remembered,
            submachine=_embedded(draft.element),
            # binding the behaviours above, and those of the transitions before, has filled this in
            state_object=self.binder.state_objects.get(draft.index),
            where=draft.where,
        )

    def _activities(self, draft: VertexDraft) -> tuple[int, ...]:
        return tuple(
            [
                self.binder.add(
                    action,
                    "activity",
                    draft.index,
                    part.where,
                    given_name=plain(part.given_name or ""),
                    on_restore=part.on_restore or "",
                )
                for part in draft.activities
                for action in part.actions
            ]
        )

    def _actions(
        self,
        parts: tuple[ActionList, ...],
        role: str,
        vertex: int,
        transition: int = NONE,
        written_in: int | None = None,
    ) -> tuple[int, ...]:
        """The indices of the actions of *parts*, in order; other arguments as for `Binder.add`."""
        return tuple(
            [
                self.binder.add(action, role, vertex, part.where, transition, written_in)
                for part in parts
                for action in part.actions
            ]
        )

    def _condition(self, element: ConditionElement[Any], draft: TransitionDraft, source: int) -> int:
        """The index of *element*, which is added after its operands, so that each refers to earlier ones only."""
        return self._add(self._made(element, draft, source, self._condition, self._predicate))

    def _change(self, element: ConditionElement[Any], draft: TransitionDraft, source: int) -> int:
        """The same for the condition of a change trigger: equal ones of the same predicates are one (rule T6)."""
        made = self._made(element, draft, source, self._change, self._shared_predicate)
        if made not in self.changes:
            self.changes[made] = self._add(made)
        return self.changes[made]

    def _made(
        self,
        element: ConditionElement[Any],
        draft: TransitionDraft,
        source: int,
        inner: Callable[[ConditionElement[Any], TransitionDraft, int], int],
        predicate: Callable[[Guard[Any], TransitionDraft, int], int],
    ) -> Condition:
        """The condition that *element* is, with operands added by *inner*, and its behaviour by *predicate*."""
        if isinstance(element, Guard):
            return Condition(Connective.CALL, (predicate(element, draft, source),))
        if isinstance(element, InState):
            vertex = draft.in_states[id(element)].vertex
            assert vertex is not None  # as for the source of a transition
            return Condition(Connective.IN, (vertex,))
        if isinstance(element, Not):
            return Condition(Connective.NOT, (inner(element.condition, draft, source),))
        assert isinstance(element, AllOf | AnyOf)  # the grammar knows no other condition
        connective = Connective.ALL if isinstance(element, AllOf) else Connective.ANY
        return Condition(connective, tuple([inner(each, draft, source) for each in element.conditions]))

    def _add(self, made: Condition) -> int:
        self.conditions.append(made)
        return len(self.conditions) - 1

    def _predicate(self, element: Guard[Any], draft: TransitionDraft, source: int) -> int:
        return self.binder.add(element.predicate, "guard", source, element.where, draft.index, _home(element, draft))

    def _shared_predicate(self, element: Guard[Any], draft: TransitionDraft, source: int) -> int:
        key = _identity(element.predicate, _home(element, draft))
        if key not in self.predicates:
            self.predicates[key] = self._predicate(element, draft, source)
        return self.predicates[key]

    def _timer(self, element: Any, index: int, draft: TransitionDraft, source: int) -> Timer:
        given: Any = element.moment if isinstance(element, At) else element.duration
        kind = TimerKind.AT if isinstance(element, At) else TimerKind.AFTER
        kind = TimerKind.EVERY if isinstance(element, Every) else kind
        if is_behavior(given):
            function = self.binder.add(given, "duration", source, element.where, draft.index, draft.owner)
            return Timer(index, kind, draft.index, function=function)
        if is_a(given, datetime):
            return Timer(index, kind, draft.index, moment=given)
        seconds = given.total_seconds() if is_a(given, timedelta) else float(given)
        return Timer(index, kind, draft.index, seconds=seconds)


def _embedded(element: Any) -> str:
    """The name of the model that *element* embeds; empty for any but a submachine."""
    return plain(element.model.name) if type(element) is Submachine else ""


_OF_PATTERNS = {
    PatternKind.EXACT: TriggerKind.EVENT,
    PatternKind.PREFIX: TriggerKind.PREFIX,
    PatternKind.ANY: TriggerKind.ANY,
}


def _in_order(draft: TransitionDraft, timers: Iterator[int], changes: Iterator[int]) -> tuple[Trigger, ...]:
    """The triggers of *draft* as they were written; the indices of its timers and of its changes come in that order."""
    found: list[Trigger] = []
    for each in draft.in_order:
        if isinstance(each, Pattern):
            found.append(Trigger(_OF_PATTERNS[each.kind], each.text))
        elif isinstance(each, str):
            found.append(Trigger(TriggerKind.CALL, each))
        else:
            is_change = isinstance(each, When)
            kind, index = (TriggerKind.CHANGE, next(changes)) if is_change else (TriggerKind.TIMER, next(timers))
            found.append(Trigger(kind, index=index, name=plain(each.given_name or "")))
    return tuple(dict.fromkeys(found))  # one transition may name the same event twice


def _home(element: Guard[Any], draft: TransitionDraft) -> int:
    """The vertex whose object the predicate is called on, if it is a method of one."""
    found = draft.homes[id(element)].vertex if id(element) in draft.homes else draft.owner
    assert found is not None  # as for the source of a transition
    return found


def _identity(predicate: Any, home: int) -> Hashable:
    """What two uses of one predicate have in common: the object, and for a method what it is called on.

    Never the predicate itself, whose hash and comparison are the user's.
    """
    if isinstance(predicate, ScopedBehavior):
        return id(predicate.function), predicate.for_vertex(home).vertex
    if type(predicate) is MethodType:  # each look at a method makes another object
        return id(predicate.__func__), id(predicate.__self__)
    return id(predicate)


def _triggers(outgoing: list[TransitionDraft]) -> Triggers:
    """The transitions of one vertex by event name, for each name in order of declaration."""
    exact: dict[str, list[int]] = {}
    prefixes: dict[str, list[int]] = {}
    any_: dict[str, list[int]] = {}
    calls: dict[str, list[int]] = {}
    by_kind = (exact, prefixes, any_)  # in the order of `PatternKind`, whose members are the indices
    for draft in outgoing:
        for operation in draft.calls:
            calls.setdefault(operation, []).append(draft.index)
        for pattern in draft.triggers:
            found = by_kind[pattern.kind].setdefault(pattern.text, [])
            if draft.index not in found[-1:]:  # one transition may name the same event twice
                found.append(draft.index)
    if not (exact or prefixes or any_ or calls):
        return NO_TRIGGERS
    # the longest prefix that matches comes first (rule T2), so the run time takes the first that does
    longest_first = sorted(prefixes, key=len, reverse=True)
    return Triggers(
        exact={name: tuple(found) for name, found in exact.items()},
        prefixes=tuple([(text, tuple(prefixes[text])) for text in longest_first]),
        any=tuple(any_.get("", ())),
        calls={operation: tuple(found) for operation, found in calls.items()},
    )


def _all_patterns(outline: Outline) -> list[Pattern]:
    """What the triggers and the deferrals of the whole model name."""
    triggers = [pattern for transition in outline.transitions for pattern in transition.triggers]
    return triggers + [pattern for vertex in outline.vertices for pattern, _ in vertex.deferrals]


def _signals(root: Any) -> dict[str, tuple[type[Signal], ...]]:
    """The classes of signals that are named anywhere in *root*, by name; several may have the same one."""
    found: dict[str, dict[type[Signal], None]] = {}
    pending: list[Any] = [root]
    while pending:
        element = pending.pop()
        if isinstance(element, EventList):
            for signal in element.signals:
                found.setdefault(str(event_name(signal)), {})[signal] = None
        pending += [element.model] if type(element) is Submachine else parts_of(element)
    return {name: tuple(classes) for name, classes in found.items()}


def _names(patterns: list[Pattern]) -> Names:
    if not patterns:
        return NO_NAMES
    return Names(
        exact=frozenset(each.text for each in patterns if each.kind is PatternKind.EXACT),
        prefixes=tuple(dict.fromkeys([each.text for each in patterns if each.kind is PatternKind.PREFIX])),
        any=any(each.kind is PatternKind.ANY for each in patterns),
    )
