"""Deciding: which transitions of a configuration fire on an event, as far as the tables tell (rules T2 to T4, D1, D3).

In: a Program, the active leaves and a name. Out: blocks that ask what guards there are, and lead to what was decided.
The rules are those of the run time's own `selection`, which is the reference.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import TypeAlias

from hsm.codegen.blocks import Ask, Block
from hsm.configuration import Configuration, Leaves
from hsm.program import OUTSIDE, Connective, Kind, Program, defers, named

SIZE = 400
"""Operations and decisions of a step beyond which it is not written out; working it out stays that shallow as well."""
Chosen: TypeAlias = tuple[int, ...]
"""Transitions, in the order in which they fire."""


class NeedsKernel(Exception):
    """This step is one for the kernel."""


class _Still:
    """Leaves that stay as they are, to ask a `Configuration` about."""

    def __init__(self, leaves: Leaves) -> None:
        self.leaves = leaves


class Deciding(abc.ABC):
    """Works out what a configuration does; a subclass says what becomes of what is decided."""

    def __init__(self, program: Program, leaves: Leaves) -> None:
        if program.has_changes or any(program.vertices[leaf].kind is Kind.REGION for leaf in leaves):
            raise NeedsKernel
        self._program = program
        self._vertices = program.vertices
        self._leaves = leaves
        self._size = 0

    @abc.abstractmethod
    def _decided(self, chosen: Chosen | None) -> Block:
        """What follows when *chosen* fire; ``None``: the event is held back."""

    def on_event(self, name: str) -> Block:
        """What an event called *name* does."""
        return self._inside(OUTSIDE, self._leaves, name, self._decided)

    def on_timer(self, transition: int) -> Block:
        """What a timer of *transition* does."""
        return self._first((transition,), self._leaves, self._decided, lambda: self._decided(()))

    def _inside(self, outer: int, leaves: Leaves, name: str, then: Callable[[Chosen | None], Block]) -> Block:
        """From *leaves* outwards, up to but not including *outer*; ``None`` stands for "held back"."""
        self._count(2)
        at = leaves[0]
        if len(leaves) == 1:
            return self._outwards(at, outer, name, then)
        while self._vertices[at].last < leaves[-1]:
            at = self._vertices[at].parent

        def decided(chosen: Chosen | None) -> Block:
            return then(chosen) if chosen is None or chosen else self._outwards(at, outer, name, then)

        return self._regions(self._vertices[at].regions, leaves, name, (), decided)

    def _regions(
        self,
        regions: tuple[int, ...],
        leaves: Leaves,
        name: str,
        chosen: Chosen,
        then: Callable[[Chosen | None], Block],
    ) -> Block:
        """Each region for itself; one that defers holds the event back for all (rules T4 and D3)."""
        if not regions:
            return then(chosen)
        region, *others = regions
        inside = tuple(leaf for leaf in leaves if region <= leaf <= self._vertices[region].last)

        def decided(more: Chosen | None) -> Block:
            if more is None:
                return then(None)
            return self._regions(tuple(others), leaves, name, (*chosen, *more), then)

        return self._inside(region, inside, name, decided)

    def _outwards(self, at: int, outer: int, name: str, then: Callable[[Chosen | None], Block]) -> Block:
        self._count()
        if at == outer:
            return then(())
        vertex = self._vertices[at]

        def further() -> Block:
            if defers(vertex.deferrals, name):
                return then(None)
            return self._outwards(vertex.parent, outer, name, then)

        return self._first(named(vertex.triggers, name), self._leaves, then, further)

    def _first(
        self,
        transitions: tuple[int, ...],
        leaves: Leaves,
        then: Callable[[Chosen], Block],
        otherwise: Callable[[], Block],
    ) -> Block:
        """The first of *transitions* whose guards hold while *leaves* are active (rule T2)."""
        self._count()
        if not transitions:
            return otherwise()
        first, *others = transitions
        transition = self._program.transitions[first]
        if transition.needs_lookahead:
            raise NeedsKernel
        if not transition.guards:
            return then((first,))
        no = self._first(tuple(others), leaves, then, otherwise)
        return self._all(transition.guards, leaves, then((first,)), no)

    def _all(self, guards: tuple[int, ...], leaves: Leaves, yes: Block, no: Block) -> Block:
        """All of *guards*, each with its errors for itself (rules T3 and E2)."""
        for guard in reversed(guards):
            yes = self._condition(guard, leaves, yes, no, no)
        return yes

    def _condition(self, index: int, leaves: Leaves, yes: Block, no: Block, failed: Block) -> Block:
        condition = self._program.conditions[index]
        operands = condition.operands
        if condition.connective is Connective.CALL:
            self._count()
            return Block([Ask(operands[0], yes, no, failed)])
        if condition.connective is Connective.IN:
            return yes if Configuration(self._program, _Still(leaves)).is_active(operands[0]) else no
        if condition.connective is Connective.NOT:
            return self._condition(operands[0], leaves, no, yes, failed)
        if condition.connective is Connective.ALL:
            for operand in reversed(operands):
                yes = self._condition(operand, leaves, yes, no, failed)
            return yes
        for operand in reversed(operands):
            no = self._condition(operand, leaves, yes, no, failed)
        return no

    def _without_conflicts(self, chosen: Chosen) -> Chosen:
        """Of two transitions that would leave the same vertices the first (rule T4)."""
        kept: list[int] = []
        for each in chosen:
            theirs = [left for other in kept for left in self._program.transitions[other].exits]
            if not any(self._overlap(mine, left) for mine in self._program.transitions[each].exits for left in theirs):
                kept.append(each)
        return tuple(kept)

    def _overlap(self, one: int, other: int) -> bool:
        return OUTSIDE in (one, other) or one == other or self._is_inside(one, other) or self._is_inside(other, one)

    def _is_inside(self, outer: int, inner: int) -> bool:
        return outer < inner <= self._vertices[outer].last

    def _count(self, more: int = 1) -> None:
        self._size += more
        if self._size > SIZE:
            raise NeedsKernel
