"""Pass 5, tabulate: drafts become tables.

In: a planned outline. Out: a `Program`. Everything is sorted here once: triggers by name, prefixes by length,
timers and completions by vertex. The callables come bound from `bind`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs

from hsm.behaviors import is_behavior
from hsm.compiler.bind import Binder
from hsm.compiler.outline import Outline, TransitionDraft, VertexDraft
from hsm.compiler.outline import Trigger as TriggerDraft
from hsm.elements.nodes import AllOf, AnyOf, At, Every, Guard, InState, Not
from hsm.elements.nodes import Condition as ConditionElement
from hsm.events import PatternKind
from hsm.program import (
    NO_DEFERRALS,
    NO_TRIGGERS,
    NONE,
    Condition,
    Connective,
    Deferrals,
    Kind,
    Program,
    Timer,
    TimerKind,
    Transition,
    Triggers,
    Vertex,
)


def tabulate(outline: Outline) -> Program:
    """The Program of *outline*."""
    tables = _Tables(outline)
    transitions = tuple(tables.transition(draft) for draft in outline.transitions)
    vertices = tuple(tables.vertex(draft) for draft in outline.vertices)
    vertices = tuple(
        attrs.evolve(vertex, local=tables.binder.locals[number]) if number in tables.binder.locals else vertex
        for number, vertex in enumerate(vertices)
    )
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
        has_deferrals=any(draft.deferrals for draft in outline.vertices),
        has_history=any(vertex.has_history for vertex in vertices),
        has_background=bool(tables.timers) or any(vertex.activities for vertex in vertices),
        has_locals=tables.binder.has_scoped,
    )


class _Tables:
    """The lists that vertices and transitions refer to, while they grow."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.binder = Binder()
        self.conditions: list[Condition] = []
        self.timers: list[Timer] = []
        self.timers_of: dict[int, list[int]] = {}

    def transition(self, draft: TransitionDraft) -> Transition:
        source = draft.source
        assert source is not None  # `check` lets no transition through whose source is open
        for timer in draft.timers:
            self.timers_of.setdefault(source, []).append(len(self.timers))
            self.timers.append(self._timer(timer, draft, source))
        return Transition(
            source=source,
            targets=tuple(draft.reached()),
            leaves=draft.leaves,
            within=draft.within,
            guards=tuple(self._condition(condition, draft, source) for condition in draft.conditions),
            changes=tuple(self._condition(condition, draft, source) for condition in draft.changes),
            effects=tuple(
                self.binder.add(listed.action, "effect", source, listed.where, draft.index, draft.owner)
                for listed in draft.effects
            ),
            waits=draft.waits,
            is_checked=draft.is_checked,
            label=draft.label,
            where=draft.where,
        )

    def vertex(self, draft: VertexDraft) -> Vertex:
        bind = self.binder.add
        outgoing = draft.outgoing
        is_state = draft.kind is Kind.STATE
        return Vertex(
            path=draft.path,
            kind=draft.kind,
            parent=draft.parent,
            last=draft.last,
            depth=draft.depth,
            regions=tuple(draft.regions),
            is_composite=is_state and bool(draft.regions or draft.defaults),
            default=draft.defaults[0].index if draft.defaults else NONE,
            entry=tuple(bind(listed.action, "entry", draft.index, listed.where) for listed in draft.entry),
            exit=tuple(bind(listed.action, "exit", draft.index, listed.where) for listed in draft.exit),
            activities=tuple(bind(listed.action, "activity", draft.index, listed.where) for listed in draft.activities),
            timers=tuple(self.timers_of.get(draft.index, ())),
            completions=tuple(t.index for t in outgoing if not t.has_trigger) if is_state else (),
            changes=tuple(t.index for t in outgoing if t.changes),
            outgoing=() if is_state else tuple(t.index for t in outgoing),
            triggers=_triggers(outgoing),
            deferrals=_deferrals(draft.deferrals),
            has_history=any(
                self.outline.vertices[child].kind in (Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY)
                for child in draft.children.values()
            ),
            where=draft.where,
        )

    def _condition(self, element: ConditionElement[Any], draft: TransitionDraft, source: int) -> int:
        """The index of *element*, added after what it is made of."""
        if isinstance(element, Guard):
            behavior = self.binder.add(element.predicate, "guard", source, element.where, draft.index, draft.owner)
            made = Condition(Connective.CALL, (behavior,))
        elif isinstance(element, InState):
            vertex = draft.in_states[id(element)].vertex
            assert vertex is not None  # as for the source of a transition
            made = Condition(Connective.IN, (vertex,))
        elif isinstance(element, Not):
            made = Condition(Connective.NOT, (self._condition(element.condition, draft, source),))
        else:
            assert isinstance(element, AllOf | AnyOf)  # the grammar knows no other condition
            connective = Connective.ALL if isinstance(element, AllOf) else Connective.ANY
            operands = tuple(self._condition(inner, draft, source) for inner in element.conditions)
            made = Condition(connective, operands)
        self.conditions.append(made)
        return len(self.conditions) - 1

    def _timer(self, element: Any, draft: TransitionDraft, source: int) -> Timer:
        given: Any = element.moment if isinstance(element, At) else element.duration
        kind = TimerKind.AT if isinstance(element, At) else TimerKind.AFTER
        kind = TimerKind.EVERY if isinstance(element, Every) else kind
        if is_behavior(given):
            function = self.binder.add(given, "duration", source, element.where, draft.index, draft.owner)
            return Timer(len(self.timers), kind, draft.index, function=function)
        if isinstance(given, datetime):
            return Timer(len(self.timers), kind, draft.index, moment=given)
        seconds = given.total_seconds() if isinstance(given, timedelta) else float(given)
        return Timer(len(self.timers), kind, draft.index, seconds=seconds)


def _triggers(outgoing: list[TransitionDraft]) -> Triggers:
    """The transitions of one vertex by event name; each keeps its place in the order of declaration."""
    exact: dict[str, list[int]] = {}
    prefixes: dict[str, list[int]] = {}
    any_: list[int] = []
    calls: dict[str, list[int]] = {}
    for draft in outgoing:
        for operation in draft.calls:
            calls.setdefault(operation, []).append(draft.index)
        for trigger in draft.triggers:
            if trigger.pattern.kind is PatternKind.ANY:
                found = any_
            elif trigger.pattern.kind is PatternKind.PREFIX:
                found = prefixes.setdefault(trigger.pattern.text, [])
            else:
                found = exact.setdefault(trigger.pattern.text, [])
            if draft.index not in found[-1:]:
                found.append(draft.index)
    if not (exact or prefixes or any_ or calls):
        return NO_TRIGGERS
    return Triggers(
        exact={name: tuple(found) for name, found in exact.items()},
        prefixes=tuple((text, tuple(prefixes[text])) for text in sorted(prefixes, key=len, reverse=True)),
        any=tuple(any_),
        calls={operation: tuple(found) for operation, found in calls.items()},
    )


def _deferrals(deferrals: list[TriggerDraft]) -> Deferrals:
    if not deferrals:
        return NO_DEFERRALS
    patterns = [deferral.pattern for deferral in deferrals]
    return Deferrals(
        exact=frozenset(p.text for p in patterns if p.kind is PatternKind.EXACT),
        prefixes=tuple(p.text for p in patterns if p.kind is PatternKind.PREFIX),
        any=any(p.kind is PatternKind.ANY for p in patterns),
    )
