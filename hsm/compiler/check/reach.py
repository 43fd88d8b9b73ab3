"""Warnings: models that work, and hardly do what was meant.

In: a resolved outline without errors. Out: warnings. What stands in a model that is put in was warned of when
that model was defined, and is not told again.
"""

from __future__ import annotations

from hsm.compiler.outline import HISTORIES, Outline, VertexDraft
from hsm.compiler.report import Report
from hsm.events import Pattern
from hsm.program import OUTSIDE, Kind

_FROM_OUTSIDE = HISTORIES | {Kind.ENTRY_POINT}
"""Kinds that, directly in a model, can be reached from what that model is put into."""
_DOORS_OF_MODEL = _FROM_OUTSIDE | {Kind.EXIT_POINT}
"""Kinds that, directly in a model, are for what that model is put into."""


def check_reach(outline: Outline, report: Report) -> None:
    """Every warning of this module."""
    _unreachable(outline, report)
    for vertex in outline.vertices:
        if vertex.root == 0 and vertex.kind is Kind.STATE:
            _overlapping(outline, vertex, report)
            _never_deferred(outline, vertex, report)


def _unreachable(outline: Outline, report: Report) -> None:
    """HSM060: a vertex that no way leads to; of nested ones only the outermost is told of."""
    reached = _Reach(outline).all()
    for vertex in outline.vertices[1:]:
        if vertex.index in reached or vertex.parent not in reached or vertex.root != 0:
            continue
        if vertex.parent == 0 and vertex.kind in _DOORS_OF_MODEL:
            continue
        report.warn(
            "HSM060",
            f"{vertex.path} can never be reached",
            vertex.where,
            within=vertex.path,
            help=f"no 'initial' and no transition leads to it: add one, or remove the '{vertex.element.word}'",
        )


class _Reach:
    """Which vertices some run could enter, guards aside."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.entered: set[int] = set()
        self.by_default: set[int] = set()
        self.pending: list[int] = []
        self.restored: set[int] = set()
        """What a reached shallow history restores: each direct child of it that can be entered at all."""

    def all(self) -> set[int]:
        """The vertices that can be entered."""
        self.pending.append(0)
        self.pending += [v.index for v in self.outline.vertices if v.parent == 0 and v.kind in _FROM_OUTSIDE]
        while self.pending:
            vertex = self.pending.pop()
            self._enter(vertex)
            self._default(vertex)
        return self.entered

    def _enter(self, vertex: int) -> None:
        """*vertex* and everything around it, with the other regions of what is orthogonal."""
        inner, at = OUTSIDE, vertex
        while at != OUTSIDE:
            draft = self.outline.vertices[at]
            is_new = at not in self.entered
            if is_new:
                self.entered.add(at)
                if draft.parent in self.restored:
                    self.pending.append(at)
                self.pending += [t for transition in draft.outgoing for t in transition.reached]
            if at != vertex:
                self.pending += [r for r in draft.regions if r != inner and r not in self.by_default]
            if not is_new:
                return  # what is around it was entered with it
            inner, at = at, draft.parent

    def _default(self, vertex: int) -> None:
        if vertex in self.by_default:
            return
        self.by_default.add(vertex)
        draft = self.outline.vertices[vertex]
        if draft.kind is Kind.SHALLOW_HISTORY:
            self.restored.add(draft.parent)
            siblings = self.outline.vertices[draft.parent].children.values()
            self.pending += [sibling for sibling in siblings if sibling in self.entered]
        self.pending += [t for transition in draft.defaults for t in transition.reached]
        if not draft.defaults:
            self.pending += draft.regions
        if draft.kind in _FROM_OUTSIDE and not any(transition.reached for transition in draft.outgoing):
            self.pending.append(draft.parent)


def _overlapping(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM061: a transition that an earlier one of the same state always forestalls (rule T2).

    What a submachine is given as parts may well take an event from its model: that is what it is for.
    """
    if len(vertex.outgoing) < 2:
        return
    taken_in: dict[int, set[Pattern | None]] = {}
    for transition in vertex.outgoing:
        taken = taken_in.setdefault(transition.root, set())
        patterns: set[Pattern | None] = set(transition.triggers)
        if not transition.has_trigger:
            patterns = {None}
        by_name_alone = not (transition.calls or transition.timers or transition.changes)
        if patterns and by_name_alone and patterns <= taken:
            report.warn(
                "HSM061",
                "this transition can never fire",
                transition.where,
                label="an earlier transition without a guard always comes first",
                within=outline.location(transition),
                help="give the earlier one a guard, or put this one before it",
            )
        if not transition.conditions and not transition.is_conditional:
            taken |= patterns


def _never_deferred(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM062: a deferral of an event that the same state always consumes (rule D1)."""
    if not vertex.deferrals:
        return
    taken = {
        pattern
        for transition in vertex.outgoing
        if not transition.conditions and not transition.is_conditional
        for pattern in transition.triggers
    }
    for pattern, where in vertex.deferrals:
        if pattern in taken:
            report.warn(
                "HSM062",
                f"{vertex.path} never defers '{pattern}'",
                where,
                label="a transition of the same state always takes it",
                within=vertex.path,
                help="give that transition a guard, or remove the deferral",
            )
