"""Warnings: models that run, but probably not as intended.

They look at a resolved outline without errors. An embedded model had its warnings when it was defined; they are not
repeated.
"""

from __future__ import annotations

from hsm.compiler.outline import HISTORIES, Outline, VertexDraft
from hsm.compiler.report import Report
from hsm.events import Pattern
from hsm.program import OUTSIDE, Kind

_FROM_OUTSIDE = HISTORIES | {Kind.ENTRY_POINT}
"""Kinds that, directly in a model, can be reached from the model that embeds it."""
_FOR_EMBEDDING = _FROM_OUTSIDE | {Kind.EXIT_POINT}
"""Kinds that, directly in a model, are for the model that embeds it."""


def check_reach(outline: Outline, report: Report) -> None:
    """Every warning of this module."""
    _unreachable(outline, report)
    for vertex in outline.vertices:
        if vertex.root == 0 and vertex.kind is Kind.STATE:
            _overlapping(outline, vertex, report)
            _never_deferred(outline, vertex, report)


def _unreachable(outline: Outline, report: Report) -> None:
    """HSM060: a vertex to which no route leads; of nested ones, only the outermost is reported."""
    # guards are taken to be open: whether they ever are is the user's business, and a warning must not guess
    reached = _Reach(outline).all()
    for vertex in outline.vertices[1:]:
        if vertex.index in reached or vertex.parent not in reached or vertex.root != 0:
            continue
        if vertex.parent == 0 and vertex.kind in _FOR_EMBEDDING:
            continue
        report.warn(
            "HSM060",
            f"{vertex.path} can never be reached",
            vertex.where,
            within=vertex.path,
            help=f"no 'initial' and no transition leads to it: add one, or remove the '{vertex.element.word}'",
        )


class _Reach:
    """The vertices that some run could enter, guards aside."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        # two marks for each vertex, since it may be entered without its default entry, on the way to something inside,
        # and be reached for its own sake later: only then does what its default entry leads to count
        self.entered: set[int] = set()
        self.by_default: set[int] = set()
        self.pending: list[int] = []
        self.restored: set[int] = set()
        """The owners of reached shallow histories, which may restore any direct child that can be entered."""

    def all(self) -> set[int]:
        """The vertices that can be entered."""
        # the model's own connection points and histories as well: there may be another model that embeds this one
        self.pending.append(0)
        self.pending += [v.index for v in self.outline.vertices if v.parent == 0 and v.kind in _FROM_OUTSIDE]
        while self.pending:
            vertex = self.pending.pop()
            self._enter(vertex)
            self._default(vertex)
        return self.entered

    def _enter(self, vertex: int) -> None:
        """*vertex* and everything around it, with the other regions of orthogonal states."""
        inner, at = OUTSIDE, vertex
        while at != OUTSIDE:
            draft = self.outline.vertices[at]
            is_new = at not in self.entered
            if is_new:
                self.entered.add(at)
                if draft.parent in self.restored:
                    self.pending.append(at)  # a shallow history restores it, and it takes its default entry then
                self.pending += [t for transition in draft.outgoing for t in transition.reached]
            if at != vertex:
                # entering one region enters the others by default; those of *vertex* itself are up to `_default`
                self.pending += [r for r in draft.regions if r != inner and r not in self.by_default]
            if not is_new:
                return  # what is around it has been entered with it
            inner, at = at, draft.parent

    def _default(self, vertex: int) -> None:
        if vertex in self.by_default:
            return
        self.by_default.add(vertex)
        draft = self.outline.vertices[vertex]
        if draft.kind is Kind.SHALLOW_HISTORY:
            self.restored.add(draft.parent)
            # siblings entered so far; `_enter` adds those that are entered later
            siblings = self.outline.vertices[draft.parent].children.values()
            self.pending += [sibling for sibling in siblings if sibling in self.entered]
        self.pending += [t for transition in draft.defaults for t in transition.reached]
        if not draft.defaults:
            self.pending += draft.regions
        # without a target of their own, these lead to the default entry of the state around them
        if draft.kind in _FROM_OUTSIDE and not any(transition.reached for transition in draft.outgoing):
            self.pending.append(draft.parent)


def _overlapping(outline: Outline, vertex: VertexDraft, report: Report) -> None:
    """HSM061: a transition that always loses to an earlier one of the same state (rule T2).

    The parts of a submachine may take events away from its model, so only transitions of the same root are compared.
    """
    if len(vertex.outgoing) < 2:
        return
    taken_in: dict[int, set[Pattern | None]] = {}
    for transition in vertex.outgoing:
        taken = taken_in.setdefault(transition.root, set())
        # Patterns are compared as they are, and not by what they match: an exact name beats a wildcard wherever the two
        # are declared, so an earlier 'order.*' does not take 'order.new' away (rule T2). ``None`` is completion.
        patterns: set[Pattern | None] = set(transition.triggers)
        if not transition.has_trigger:
            patterns = {None}
        # each timer, call and change trigger is one of its own: it may fire whatever the names are taken by
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
    """HSM062: a deferral of an event that the same state always takes (rule D1)."""
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
