"""Pass 1, expand: the tree becomes an outline.

In: a `Model`. Out: an `Outline` with every vertex and transition numbered in the order of the tree, submachines
put in, default children added. Never judges: a part in a wrong place is passed over, as `check` has told of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hsm.compiler.outline import SUBSTATES, Listed, Outline, TransitionDraft, Trigger, VertexDraft, Wanted
from hsm.elements.grammar import is_allowed
from hsm.elements.nodes import (
    Activity,
    After,
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
    On,
    OnCall,
    Region,
    ShallowHistory,
    SourcePath,
    State,
    Submachine,
    Target,
    Terminate,
    Transition,
    When,
)
from hsm.elements.parts import Element
from hsm.elements.walk import conditions_of, is_a, label_of, name_of, parts_of, plain
from hsm.events import pattern
from hsm.names import is_name, is_path, join, segments
from hsm.program import OUTSIDE, Kind
from hsm.source import Source

_KINDS: dict[type[Element], Kind] = {
    Model: Kind.STATE,
    State: Kind.STATE,
    Submachine: Kind.STATE,
    Region: Kind.REGION,
    Final: Kind.FINAL,
    Choice: Kind.CHOICE,
    Junction: Kind.JUNCTION,
    ShallowHistory: Kind.SHALLOW_HISTORY,
    DeepHistory: Kind.DEEP_HISTORY,
    Fork: Kind.FORK,
    Join: Kind.JOIN,
    EntryPoint: Kind.ENTRY_POINT,
    ExitPoint: Kind.EXIT_POINT,
    Terminate: Kind.TERMINATE,
}


def expand(model: Model[Any]) -> Outline:
    """The outline of *model*: vertices before what they contain, transitions in order of declaration."""
    outline = Outline(plain(model.name))
    _Expansion(outline).vertex(model, OUTSIDE, None)
    return outline


class _Expansion:
    """One walk over the tree."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline

    def vertex(self, element: Any, parent: int, root: int | None) -> None:
        """Add *element* and everything in it."""
        vertices = self.outline.vertices
        name = plain(element.name)
        above = vertices[parent] if parent != OUTSIDE else None
        draft = VertexDraft(
            index=len(vertices),
            element=element,
            name=name,
            path=join(above.path if above is not None else "", name),
            kind=_KINDS[type(element)],
            parent=parent,
            depth=above.depth + 1 if above is not None else 0,
            root=len(vertices) if root is None else root,
        )
        vertices.append(draft)
        if above is not None:
            above.children.setdefault(name, draft.index)
            if draft.kind is Kind.REGION:
                above.regions.append(draft.index)
        if is_a(element, Submachine):
            self._submachine(draft, element)
        elif draft.kind in (Kind.SHALLOW_HISTORY, Kind.DEEP_HISTORY):
            self._default(draft, element, draft.root)
        else:
            self._parts(draft, parts_of(element), root=draft.root)
        draft.last = len(vertices) - 1
        self._default_child(draft)

    def _parts(self, draft: VertexDraft, parts: tuple[Any, ...], root: int) -> None:
        for part in parts:
            if not is_allowed(draft.element, part):
                self._leave_out(part)
                continue
            if is_a(part, Entry | Effect):
                draft.entry += [Listed(action, part.where) for action in part.actions]
            elif is_a(part, Exit):
                draft.exit += [Listed(action, part.where) for action in part.actions]
            elif is_a(part, Activity):
                draft.activities += [Listed(action, part.where) for action in part.actions]
            elif is_a(part, Defer):
                draft.deferrals += _triggers(part.events, part.where)
            elif is_a(part, Initial):
                self._default(draft, part, root)
            elif is_a(part, Transition):
                self._transition(draft, part, root)
            elif is_name(part.name) and plain(part.name) not in draft.children:
                self.vertex(part, draft.index, root)
            else:  # every other part that is allowed is a vertex, and this one has no name, or one that is taken
                self._leave_out(part)

    def _leave_out(self, part: Element) -> None:
        """Remember every name in *part*, which is wrong and was told of: a path to it is no mistake of its own."""
        pending: list[Element] = [part]
        while pending:
            each = pending.pop()
            self.outline.left_out.update(segments(plain(name_of(each))))
            pending += parts_of(each)

    def _submachine(self, draft: VertexDraft, element: Any) -> None:
        """The submachine's own parts around those of its model; its exit actions come last, as an outer state's."""
        doors = [part for part in element.parts if is_a(part, ExitPoint)]
        own = tuple(part for part in element.parts if part not in doors)
        self._parts(draft, own, root=draft.root)
        outer_exit, draft.exit = draft.exit, []
        draft.is_open = not is_a(element.model, Model)
        if not draft.is_open:
            self._model(draft, element.model, {plain(door.name): door for door in doors})
        draft.exit += outer_exit

    def _model(self, draft: VertexDraft, model: Any, doors: dict[str, Any]) -> None:
        """The parts of a model that is put in: their paths start from here; *doors* add what is behind a door."""
        element, draft.element = draft.element, model
        for part in model.parts:
            self._parts(draft, (part,), root=draft.index)
            if is_a(part, ExitPoint) and part.name in doors:
                door = self.outline.vertices[draft.children[part.name]]
                first = len(self.outline.transitions)
                self._parts(door, parts_of(doors[part.name]), root=draft.root)
                for transition in self.outline.transitions[first:]:
                    transition.base = draft.index
                doors.pop(part.name)
        draft.unknown_doors = list(doors.values())
        draft.element = element

    def _default(self, draft: VertexDraft, element: Element, root: int) -> None:
        """An `initial`, or what a history does without a memory."""
        transition = self._new(element, draft.index, root)
        transition.is_default = is_a(element, Initial)
        for part in parts_of(element):
            if is_a(part, Target):
                transition.targets += _wanted(part)
            elif is_a(part, Effect):
                transition.effects += [Listed(action, part.where) for action in part.actions]
        if transition.is_default:
            draft.defaults.append(transition)

    def _default_child(self, draft: VertexDraft) -> None:
        """Without an `initial` the first substate is the default entry (rule R2)."""
        if draft.defaults or draft.regions or draft.kind not in (Kind.STATE, Kind.REGION):
            return
        for child in draft.children.values():
            if self.outline.vertices[child].kind in SUBSTATES:
                transition = self._new(draft.element, draft.index, draft.root)
                transition.is_default = True
                transition.targets.append(Wanted(".", draft.where, child))
                draft.defaults.append(transition)
                return

    def _transition(self, draft: VertexDraft, element: Any, root: int) -> None:
        transition = self._new(element, draft.index, root)
        for part in element.parts:
            if not is_allowed(element, part):
                self._leave_out(part)
            elif is_a(part, On):
                transition.triggers += _triggers(part.events, part.where)
            elif is_a(part, OnCall):
                transition.calls.append(part.operation)
            elif is_a(part, After | Every | At):
                transition.timers.append(part)
            elif is_a(part, When):
                transition.changes.append(part.condition)
            elif is_a(part, Condition):
                transition.conditions.append(part)
            elif is_a(part, SourcePath) and is_path(part.path):
                transition.from_path = Wanted(plain(part.path), part.where)
            elif is_a(part, Target):
                transition.targets += _wanted(part)
            elif is_a(part, Effect):
                transition.effects += [Listed(action, part.where) for action in part.actions]
            elif is_a(part, External):
                transition.is_external = True
        for condition in (*transition.conditions, *transition.changes):
            for inner in _in_states(condition):
                transition.in_states[id(inner)] = Wanted(plain(inner.path), inner.where)
        transition.label = label_of(element)

    def _new(self, element: Element, owner: int, root: int) -> TransitionDraft:
        transition = TransitionDraft(len(self.outline.transitions), element, owner, root)
        self.outline.transitions.append(transition)
        return transition


def _triggers(events: tuple[object, ...], where: Source | None) -> list[Trigger]:
    """The patterns of *events*; what is none has been told of already."""
    found = [pattern(plain(event)) for event in events if isinstance(event, str)]
    return [Trigger(each, where) for each in found if each is not None]


def _wanted(part: Any) -> list[Wanted]:
    """The paths of a target; what is none has been told of already."""
    return [Wanted(plain(path), part.where) for path in part.paths if is_path(path)]


def _in_states(condition: Any) -> Iterator[InState[Any]]:
    if is_a(condition, InState) and is_path(condition.path):
        yield condition
    for inner in conditions_of(condition):
        yield from _in_states(inner)
