"""Pass 1, expand: the tree becomes an outline.

In: a `Model`. Out: an `Outline` with every vertex and transition numbered in the order of the tree, submachines
put in, default children added. Never judges: a part in a wrong place is passed over, as `check` has told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hsm.behaviors import Scoped
from hsm.compiler.outline import HISTORIES, SUBSTATES, Outline, Reference, TransitionDraft, VertexDraft
from hsm.elements.grammar import is_allowed
from hsm.elements.nodes import (
    CONDITIONS,
    VERTICES,
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
    EventList,
    Every,
    Exit,
    ExitPoint,
    External,
    Final,
    Fork,
    Guard,
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
from hsm.events import Pattern, pattern
from hsm.names import is_name, is_path, join, segments
from hsm.program import OUTSIDE, Kind

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
        index = len(vertices)
        name = plain(element.name)
        above = vertices[parent] if parent != OUTSIDE else None
        draft = VertexDraft(
            index=index,
            element=element,
            name=name,
            path=join(above.path if above is not None else "", name),
            kind=_KINDS[type(element)],
            parent=parent,
            root=index if root is None else root,
            children={},
            outgoing=[],
        )
        vertices.append(draft)
        if above is not None:
            above.children.setdefault(name, index)
            if draft.kind is Kind.REGION:
                above.regions += (index,)
        if is_a(element, Submachine):
            self._submachine(draft, element)
        elif draft.kind in HISTORIES:
            self._default(draft, element, draft.root)
        else:
            self._parts(draft, element.parts, draft.root)
        draft.last = len(vertices) - 1
        self._default_child(draft)

    def _parts(self, draft: VertexDraft, parts: tuple[Any, ...], root: int) -> None:
        for part in parts:
            if is_allowed(draft.element, part):
                _IN_VERTEX[type(part)](self, draft, part, root)
            else:
                self._leave_out(part)

    def _entry(self, draft: VertexDraft, part: Entry[Any] | Effect[Any], root: int) -> None:
        draft.entry += (part,)

    def _exit(self, draft: VertexDraft, part: Exit[Any], root: int) -> None:
        draft.exit += (part,)

    def _activity(self, draft: VertexDraft, part: Activity[Any], root: int) -> None:
        draft.activities += (part,)

    def _defer(self, draft: VertexDraft, part: Defer[Any], root: int) -> None:
        draft.deferrals += tuple((pattern, part.where) for pattern in _patterns(part))

    def _inner(self, draft: VertexDraft, part: Any, root: int) -> None:
        """A vertex in a vertex; one without a name, or with one that is taken, was told of."""
        if is_name(part.name) and plain(part.name) not in draft.children:
            self.vertex(part, draft.index, root)
        else:
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
        outer_exit, draft.exit = draft.exit, ()
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
        draft.unknown_exit_points = tuple(doors.values())
        draft.element = element

    def _initial(self, draft: VertexDraft, part: Initial[Any], root: int) -> None:
        transition = self._default(draft, part, root)
        transition.is_default = True
        draft.defaults += (transition,)

    def _default(self, draft: VertexDraft, element: Element, root: int) -> TransitionDraft:
        """What an `initial` does, or a history without a memory."""
        transition = self._new(element, draft.index, root)
        for part in parts_of(element):
            if is_a(part, Target):
                _target(transition, part)
            elif is_a(part, Effect):
                _effect(transition, part)
        return transition

    def _default_child(self, draft: VertexDraft) -> None:
        """Without an `initial` the first substate is the default entry (rule R2)."""
        if draft.defaults or draft.regions or draft.kind not in (Kind.STATE, Kind.REGION):
            return
        for child in draft.children.values():
            if self.outline.vertices[child].kind in SUBSTATES:
                transition = self._new(draft.element, draft.index, draft.root)
                transition.is_default = True
                transition.targets = (Reference(".", draft.where, child),)
                draft.defaults = (transition,)
                return

    def _transition(self, draft: VertexDraft, element: Transition[Any], root: int) -> None:
        transition = self._new(element, draft.index, root)
        for part in element.parts:
            if is_allowed(element, part):
                _IN_TRANSITION[type(part)](transition, part)
            else:
                self._leave_out(part)
        if transition.conditions or transition.changes:
            inner = [each for part in (*transition.conditions, *transition.changes) for each in _innermost(part)]
            transition.in_states = {
                id(each): Reference(plain(each.path), each.where)
                for each in inner
                if is_a(each, InState) and is_path(each.path)
            }
            transition.homes = {
                id(each): Reference(each.predicate.home, transition.where)
                for each in inner
                if is_a(each, Guard) and is_a(each.predicate, Scoped) and each.predicate.home is not None
            }
        transition.label = label_of(element)

    def _new(self, element: Element, owner: int, root: int) -> TransitionDraft:
        transition = TransitionDraft(len(self.outline.transitions), element, owner, root)
        self.outline.transitions.append(transition)
        return transition


def _on(transition: TransitionDraft, part: On[Any]) -> None:
    transition.triggers += _patterns(part)


def _on_call(transition: TransitionDraft, part: OnCall[Any]) -> None:
    transition.calls += (part.operation,)


def _timer(transition: TransitionDraft, part: After[Any] | Every[Any] | At[Any]) -> None:
    transition.timers += (part,)


def _when(transition: TransitionDraft, part: When[Any]) -> None:
    transition.changes += (part.condition,)


def _condition(transition: TransitionDraft, part: Condition[Any]) -> None:
    transition.conditions += (part,)


def _source(transition: TransitionDraft, part: SourcePath[Any]) -> None:
    if is_path(part.path):
        transition.from_path = Reference(plain(part.path), part.where)


def _target(transition: TransitionDraft, part: Target[Any]) -> None:
    """What is no path has been told of already."""
    transition.targets += tuple([Reference(plain(path), part.where) for path in part.paths if is_path(path)])


def _effect(transition: TransitionDraft, part: Effect[Any]) -> None:
    transition.effects += (part,)


def _external(transition: TransitionDraft, part: External[Any]) -> None:
    transition.is_external = True


def _patterns(part: EventList) -> tuple[Pattern, ...]:
    """The patterns of the events of *part*; what is none has been told of already."""
    found = [pattern(plain(event)) for event in part.events if isinstance(event, str)]
    return tuple([each for each in found if each is not None])


def _innermost(condition: Any) -> Iterator[Any]:
    """What *condition* is made of in the end: guards and `in_state`."""
    parts = conditions_of(condition)
    if not parts:
        yield condition
    for part in parts:
        yield from _innermost(part)


_IN_VERTEX: Mapping[type[Element], Callable[[_Expansion, VertexDraft, Any, int], None]] = {
    Entry: _Expansion._entry,
    Effect: _Expansion._entry,
    Exit: _Expansion._exit,
    Activity: _Expansion._activity,
    Defer: _Expansion._defer,
    Initial: _Expansion._initial,
    Transition: _Expansion._transition,
    **dict.fromkeys((Region, *VERTICES), _Expansion._inner),
}
"""What each kind of part is to the vertex that it stands in."""

_IN_TRANSITION: Mapping[type[Element], Callable[[TransitionDraft, Any], None]] = {
    On: _on,
    OnCall: _on_call,
    **dict.fromkeys((After, Every, At), _timer),
    When: _when,
    **dict.fromkeys(CONDITIONS, _condition),
    SourcePath: _source,
    Target: _target,
    Effect: _effect,
    External: _external,
}
"""What each kind of part is to the transition that it stands in."""
