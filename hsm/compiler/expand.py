"""Pass 1, expand: the tree becomes an outline.

A `Model` becomes an `Outline` with every vertex and transition numbered in the order of the tree, submachines
embedded and default children added. Judges nothing: a part in a wrong place is skipped, as `check` has reported it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hsm.behaviors import is_scoped
from hsm.compiler.outline import HISTORIES, SUBSTATES, Outline, Reference, TransitionDraft, VertexDraft
from hsm.elements import nodes
from hsm.elements.grammar import is_allowed
from hsm.elements.parts import Element
from hsm.elements.shapes import EventList
from hsm.elements.walk import conditions_of, label_of, name_of, parts_of
from hsm.events import Pattern, pattern
from hsm.kinds import is_a
from hsm.names import is_name, is_path, is_text, join, plain, segments
from hsm.program import OUTSIDE, Kind

_KINDS: dict[type[Element], Kind] = {
    nodes.Model: Kind.STATE,
    nodes.State: Kind.STATE,
    nodes.Submachine: Kind.STATE,
    nodes.Region: Kind.REGION,
    nodes.Final: Kind.FINAL,
    nodes.Choice: Kind.CHOICE,
    nodes.Junction: Kind.JUNCTION,
    nodes.ShallowHistory: Kind.SHALLOW_HISTORY,
    nodes.DeepHistory: Kind.DEEP_HISTORY,
    nodes.Fork: Kind.FORK,
    nodes.Join: Kind.JOIN,
    nodes.EntryPoint: Kind.ENTRY_POINT,
    nodes.ExitPoint: Kind.EXIT_POINT,
    nodes.Terminate: Kind.TERMINATE,
}


def expand(model: nodes.Model[Any]) -> Outline:
    """The outline of *model*: vertices before what they contain, transitions in order of declaration."""
    outline = Outline(plain(model.name))
    _add_vertex(outline, model, OUTSIDE, None)
    return outline


def _add_vertex(outline: Outline, element: Any, parent: int, root: int | None) -> None:
    """Add *element* and everything in it; its paths start at *root*, or at itself where that is ``None``."""
    vertices = outline.vertices
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
    # before its parts are walked: numbers grow inwards, and all that compares them later relies on it
    vertices.append(draft)
    if above is not None:
        above.children[name] = index  # `_inner` lets no name through that is taken
        if draft.kind is Kind.REGION:
            above.regions += (index,)
    if isinstance(element, nodes.Submachine):
        _submachine(outline, draft, element)
    elif draft.kind in HISTORIES:
        _default(outline, draft, element, draft.root)
    else:
        _parts(outline, draft, element.parts, draft.root)
    # vertices are numbered in the order of the walk, so all that were added since are inside this one
    draft.last = len(vertices) - 1
    _default_child(outline, draft)


def _parts(outline: Outline, draft: VertexDraft, parts: tuple[Element, ...], root: int) -> None:
    for part in parts:
        if is_allowed(draft.element, part):
            _IN_VERTEX[type(part)](outline, draft, part, root)
        else:
            _leave_out(outline, draft, part)


def _leave_out(outline: Outline, draft: VertexDraft, part: Element) -> None:
    """Remember every name in *part* of *draft*, which is wrong and was reported: what follows is no other mistake."""
    draft.is_incomplete = outline.has_gaps = True
    pending: list[Element] = [part]
    while pending:
        each = pending.pop()
        outline.left_out.update(segments(plain(name_of(each))))
        pending += parts_of(each)


# --- parts of a vertex ------------------------------------------------------------------------------------------


def _entry(outline: Outline, draft: VertexDraft, part: nodes.Entry[Any] | nodes.Effect[Any], root: int) -> None:
    draft.entry += (part,)


def _exit(outline: Outline, draft: VertexDraft, part: nodes.Exit[Any], root: int) -> None:
    draft.exit += (part,)


def _activity(outline: Outline, draft: VertexDraft, part: nodes.Activity[Any], root: int) -> None:
    draft.activities += (part,)


def _defer(outline: Outline, draft: VertexDraft, part: nodes.Defer[Any], root: int) -> None:
    draft.deferrals += tuple((pattern, part.where) for pattern in _patterns(part))


def _renamed(outline: Outline, draft: VertexDraft, part: nodes.Renamed[Any], root: int) -> None:
    outline.renamed.append((part, draft.index))


def _inner(outline: Outline, draft: VertexDraft, part: Any, root: int) -> None:
    """A vertex in a vertex; one without a valid name, or with a name that is taken, was reported."""
    if is_name(part.name) and plain(part.name) not in draft.children:
        _add_vertex(outline, part, draft.index, root)
        return
    if is_name(part.name):
        draft.ambiguous.add(plain(part.name))
    _leave_out(outline, draft, part)


def _submachine(outline: Outline, draft: VertexDraft, element: Any) -> None:
    """The submachine's own parts around those of its model; its exit actions come last, as an outer state's do."""
    exit_points: list[nodes.ExitPoint[Any]] = [part for part in element.parts if isinstance(part, nodes.ExitPoint)]
    # its own entry actions and transitions come first, as those of an outer state do (rule R9): only what it does on
    # exit has to wait until the model's exit actions are in the list
    own = tuple([part for part in element.parts if not isinstance(part, nodes.ExitPoint)])
    _parts(outline, draft, own, root=draft.root)
    outer_exit, draft.exit = draft.exit, ()
    draft.is_open = not is_a(element.model, nodes.Model)
    if not draft.is_open and (error := element.model.derived.error) is not None:
        # what is wrong in it was reported there, and would be again here; and nobody knows what else it should have
        draft.is_open = True
        outline.broken.append(error)
    if not draft.is_open:
        _embed(outline, draft, element.model, {plain(each.name): each for each in exit_points})
    draft.exit += outer_exit


def _embed(
    outline: Outline, draft: VertexDraft, model: nodes.Model[Any], exit_points: dict[str, nodes.ExitPoint[Any]]
) -> None:
    """The parts of a model that is embedded; *exit_points* add where its exit points lead.

    Paths inside the model start here and cannot leave it; those of the added transitions belong to the outer model.
    """
    # the grammar is asked what the vertex may have, and what a model may have is more than what a submachine may
    element, draft.element = draft.element, model
    for part in model.parts:
        _parts(outline, draft, (part,), root=draft.index)
        if isinstance(part, nodes.ExitPoint) and (name := plain(part.name)) in exit_points:
            exit_point = outline.vertices[draft.children[name]]
            # behind the exit point's own in the numbering, as they are written outside of it: its own are tried first
            first = len(outline.transitions)
            _parts(outline, exit_point, exit_points.pop(name).parts, root=draft.root)
            for transition in outline.transitions[first:]:
                transition.base = draft.index
    # every exit point that the model has was taken out on the way
    draft.unknown_exit_points = tuple(exit_points.values())
    draft.element = element


def _initial(outline: Outline, draft: VertexDraft, part: nodes.Initial[Any], root: int) -> None:
    transition = _default(outline, draft, part, root)
    transition.is_default = True
    draft.defaults += (transition,)


def _default(outline: Outline, draft: VertexDraft, element: Element, root: int) -> TransitionDraft:
    """The transition of an `initial`, or of a history that remembers nothing."""
    transition = outline.add_transition(element, draft.index, root)
    # `check_tree` has reported whatever else is in it, and a rule about targets would only say so again
    for part in parts_of(element):
        if type(part) in (nodes.Target, nodes.Effect):
            _IN_TRANSITION[type(part)](transition, part)
    return transition


def _default_child(outline: Outline, draft: VertexDraft) -> None:
    """Without an `initial` the first substate is the default entry (rule R2); which one that is has to be certain."""
    if draft.defaults or draft.regions or draft.is_incomplete or draft.kind not in (Kind.STATE, Kind.REGION):
        return
    for child in draft.children.values():
        if outline.vertices[child].kind in SUBSTATES:
            transition = outline.add_transition(draft.element, draft.index, draft.root)
            transition.is_default = True
            transition.targets = (Reference(".", draft.where, "target", child),)
            draft.defaults = (transition,)
            return


def _transition(outline: Outline, draft: VertexDraft, element: nodes.Transition[Any], root: int) -> None:
    transition = outline.add_transition(element, draft.index, root)
    for part in element.parts:
        if is_allowed(element, part):
            _IN_TRANSITION[type(part)](transition, part)
        else:
            _leave_out(outline, draft, part)
    if transition.conditions or transition.changes:
        _condition_paths(transition)
    transition.label = label_of(element)


def _condition_paths(transition: TransitionDraft) -> None:
    """Note every path in the conditions of *transition*: of an `in_state`, and of the state whose method a guard is."""
    in_states: dict[int, Reference] = {}
    homes: dict[int, Reference] = {}
    for condition in (*transition.conditions, *transition.changes):
        for each in _innermost(condition):
            key = id(each)  # equal conditions are reported one by one; and the user's callables may have no hash
            if isinstance(each, nodes.InState) and is_path(each.path):
                in_states[key] = Reference(plain(each.path), each.where, "in_state")
            elif isinstance(each, nodes.Guard) and is_scoped(each.predicate) and each.predicate.home is not None:
                homes[key] = Reference(each.predicate.home, transition.where, "the guard's state")
    transition.in_states, transition.homes = in_states, homes


# --- parts of a transition --------------------------------------------------------------------------------------


def _on(transition: TransitionDraft, part: nodes.On[Any]) -> None:
    patterns = _patterns(part)
    transition.triggers += patterns
    transition.in_order += patterns


def _on_call(transition: TransitionDraft, part: nodes.OnCall[Any]) -> None:
    operation = (plain(part.operation),)
    transition.calls += operation
    transition.in_order += operation


def _timer(transition: TransitionDraft, part: nodes.After[Any] | nodes.Every[Any] | nodes.At[Any]) -> None:
    transition.timers += (part,)
    transition.in_order += (part,)


def _when(transition: TransitionDraft, part: nodes.When[Any]) -> None:
    transition.changes += (part.condition,)
    transition.in_order += (part,)


def _condition(transition: TransitionDraft, part: nodes.Condition[Any]) -> None:
    transition.conditions += (part,)


def _source(transition: TransitionDraft, part: nodes.SourcePath[Any]) -> None:
    if is_path(part.path):
        transition.from_path = Reference(plain(part.path), part.where, "source")


def _target(transition: TransitionDraft, part: nodes.Target[Any]) -> None:
    """The targets of *part*; invalid paths have already been reported."""
    transition.targets += tuple([Reference(plain(path), part.where, "target") for path in part.paths if is_path(path)])


def _effect(transition: TransitionDraft, part: nodes.Effect[Any]) -> None:
    transition.effects += (part,)


def _external(transition: TransitionDraft, part: nodes.External[Any]) -> None:
    transition.is_external = True


def _patterns(part: EventList) -> tuple[Pattern, ...]:
    """The patterns of the events of *part*; invalid ones have already been reported."""
    found = [pattern(plain(event)) for event in part.events if is_text(event)]
    return tuple([each for each in found if each is not None])


def _innermost(condition: Any) -> Iterator[Any]:
    """The guards and `in_state` that *condition* is made of."""
    parts = conditions_of(condition)
    if not parts:
        yield condition
    for part in parts:
        yield from _innermost(part)


# Only parts that the grammar allows are looked up here: each kind that it allows somewhere has its line in one of the
# two tables, or expanding a valid model fails.
_IN_VERTEX: Mapping[type[Element], Callable[[Outline, VertexDraft, Any, int], None]] = {
    nodes.Entry: _entry,
    nodes.Effect: _entry,
    nodes.Exit: _exit,
    nodes.Activity: _activity,
    nodes.Defer: _defer,
    nodes.Initial: _initial,
    nodes.Transition: _transition,
    nodes.Renamed: _renamed,
    **dict.fromkeys((nodes.Region, *nodes.VERTICES), _inner),
}
"""How each kind of part is added to its vertex."""

_IN_TRANSITION: Mapping[type[Element], Callable[[TransitionDraft, Any], None]] = {
    nodes.On: _on,
    nodes.OnCall: _on_call,
    **dict.fromkeys((nodes.After, nodes.Every, nodes.At), _timer),
    nodes.When: _when,
    **dict.fromkeys(nodes.CONDITIONS, _condition),
    nodes.SourcePath: _source,
    nodes.Target: _target,
    nodes.Effect: _effect,
    nodes.External: _external,
}
"""How each kind of part is added to its transition."""
