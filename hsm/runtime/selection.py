"""Which transitions fire on an event: rules T2 to T4, D1 and D3.

In: a configuration and an event. Out: a `Decision`. Never changes anything, but for asking guards.
The active vertices are gone through from the leaves outwards; where regions meet, each has decided for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from hsm.configuration import Configuration
from hsm.events import Event
from hsm.program import CONDITIONAL, OUTSIDE, Kind, Program, Vertex, defers, named
from hsm.runtime.actions import Actions, Steps

Way: TypeAlias = dict[int, int]
"""For every junction, exit point and join on the way of a transition, the branch that was found open."""


@attrs.frozen
class Chosen:
    """A transition that is to fire, and the way that was found open behind it."""

    transition: int
    way: Way


@attrs.frozen
class Decision:
    """What an event does: the transitions that fire in this order, or nothing, or it is held back."""

    chosen: tuple[Chosen, ...] = ()
    is_deferred: bool = False

    def __bool__(self) -> bool:
        return bool(self.chosen) or self.is_deferred


IGNORED = Decision()
DEFERRED = Decision(is_deferred=True)
Find: TypeAlias = Callable[[Vertex], tuple[int, ...]]
"""The transitions of a vertex that an event may trigger, in order of priority."""


class Selection:
    """Chooses transitions for one machine."""

    __slots__ = ("_asked", "actions", "configuration", "parked", "program")

    def __init__(
        self, program: Program, configuration: Configuration, actions: Actions, parked: dict[int, int]
    ) -> None:
        self.program = program
        self.configuration = configuration
        self.actions = actions
        self.parked = parked
        self._asked: dict[int, bool] = {}
        """What the guards of branches gave for the event that is being looked at: each is asked once (rule T2)."""

    def by_name(self, event: Event[Any], name: str) -> Steps[Decision]:
        """What *event* does in the configuration as it is, found by *name*."""
        return (yield from self._all(event, lambda vertex: named(vertex.triggers, name), name))

    def by_call(self, event: Event[Any], operation: str) -> Steps[Decision]:
        """What a call of *operation* does."""
        return (yield from self._all(event, lambda vertex: vertex.triggers.calls.get(operation, ()), None))

    def of(self, transitions: tuple[int, ...], event: Event[Any]) -> Steps[Decision]:
        """The first of *transitions* that is enabled: for completions, timers and change triggers."""
        self._asked.clear()
        return (yield from self._first(transitions, event))

    def _first(self, transitions: tuple[int, ...], event: Event[Any]) -> Steps[Decision]:
        for transition in transitions:
            chosen = yield from self._enabled(transition, event)
            if chosen is not None:
                return Decision((chosen,))
        return IGNORED

    def _all(self, event: Event[Any], find: Find, name: str | None) -> Steps[Decision]:
        self._asked.clear()
        decision = yield from self._inside(OUTSIDE, list(self.configuration.leaves), event, find, name)
        if len(decision.chosen) > 1:
            return Decision(tuple(self._without_conflicts(decision.chosen)))
        return decision

    def _inside(
        self, outer: int, leaves: list[int], event: Event[Any], find: Find, name: str | None
    ) -> Steps[Decision]:
        """What the vertices from *leaves* outwards, up to but not including *outer*, decide."""
        vertices = self.program.vertices
        at = leaves[0]
        if len(leaves) > 1:
            while vertices[at].last < leaves[-1]:
                at = vertices[at].parent
            decision = yield from self._regions(vertices[at].regions, leaves, event, find, name)
            if decision:
                return decision
        while at != outer:
            vertex = vertices[at]
            decision = yield from self._first(find(vertex), event)
            if decision:
                return decision
            if name is not None and defers(vertex.deferrals, name):
                return DEFERRED
            at = vertex.parent
        return IGNORED

    def _regions(
        self, regions: tuple[int, ...], leaves: list[int], event: Event[Any], find: Find, name: str | None
    ) -> Steps[Decision]:
        """What several regions decide, each for itself; one that defers holds the event back for all (rule D3)."""
        chosen: list[Chosen] = []
        for region in regions:
            last = self.program.vertices[region].last
            inside = [leaf for leaf in leaves if region <= leaf <= last]
            decision = yield from self._inside(region, inside, event, find, name)
            if decision.is_deferred:
                return decision
            chosen += decision.chosen
        return Decision(tuple(chosen))

    def enabled(self, transition: int, event: Event[Any]) -> Steps[Chosen | None]:
        """*transition* with the way behind it, or ``None`` when a guard is false or no way is open."""
        self._asked.clear()
        return (yield from self._enabled(transition, event))

    def _enabled(self, transition: int, event: Event[Any]) -> Steps[Chosen | None]:
        segment = self.program.transitions[transition]
        if segment.guards and not (yield from self.actions.all_hold(segment.guards, event)):
            return None
        if not segment.needs_lookahead:
            return Chosen(transition, {})
        way: Way = {}
        is_open = yield from self._open(transition, way, event)
        return Chosen(transition, way) if is_open else None

    def _open(self, transition: int, way: Way, event: Event[Any]) -> Steps[bool]:
        """Whether a way is open behind *transition*, whose own guards hold; *way* is filled in (rule R4)."""
        segment = self.program.transitions[transition]
        for target in segment.targets:
            vertex = self.program.vertices[target]
            if vertex.kind not in CONDITIONAL or self._waits(transition, target):
                continue
            if vertex.kind is Kind.EXIT_POINT and not vertex.outgoing:
                continue
            if not (yield from self._branch(target, vertex, way, event)):
                return False
        return True

    def _branch(self, target: int, vertex: Vertex, way: Way, event: Event[Any]) -> Steps[bool]:
        for branch in vertex.outgoing:
            if branch not in self._asked:
                guards = self.program.transitions[branch].guards
                self._asked[branch] = yield from self.actions.all_hold(guards, event)
            if self._asked[branch] and (yield from self._open(branch, way, event)):
                way[target] = branch
                return True
        return False

    def _waits(self, transition: int, target: int) -> bool:
        """Whether *transition* only waits at *target*: other regions have not come to this join yet (rule R6)."""
        regions = self.program.joins.get(target)
        if regions is None:
            return False
        own = self.program.transitions[transition].joining_region
        return any(region != own and self.parked.get(region) != target for region in regions)

    def _without_conflicts(self, chosen: tuple[Chosen, ...]) -> list[Chosen]:
        """Of two transitions that would leave the same vertices the first, in order of regions (rule T4)."""
        kept: list[Chosen] = []
        left: list[int] = []
        for each in chosen:
            leaves = [d for t in (each.transition, *each.way.values()) for d in self.program.transitions[t].exits]
            if not any(self._overlap(mine, theirs) for mine in leaves for theirs in left):
                kept.append(each)
                left += leaves
        return kept

    def _overlap(self, one: int, other: int) -> bool:
        """Whether the insides of two vertices have anything in common."""
        vertices = self.program.vertices
        if OUTSIDE in (one, other):
            return True
        return one <= other <= vertices[one].last or other <= one <= vertices[other].last
