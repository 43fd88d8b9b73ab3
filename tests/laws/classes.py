"""A description spelled as a machine class, with a nested class for every vertex.

In: a `Description`. Out: the model of a class that is made while the program runs, as a user would have written it.
`in_class_words` is the one place that says what a class cannot spell as the functional front end does.
"""

from __future__ import annotations

import functools
import inspect
import operator
import types

import attrs
from laws.description import MIXED, Act, Cond, Description, Functional, Move, Node, Recorder, activity, predicate

import hsm
import hsm_classdsl as dsl
from hsm.elements.nodes import AllOf, Condition, Effect, Entry, Exit, Initial, Model, Transition

KINDS = {
    "state": dsl.State["Recorder"],
    "region": dsl.Region,
    "final": dsl.Final,
    "terminate": dsl.Terminate,
    "choice": dsl.Choice["Recorder"],
    "junction": dsl.Junction["Recorder"],
    "fork": dsl.Fork["Recorder"],
    "join": dsl.Join["Recorder"],
    "entry_point": dsl.EntryPoint["Recorder"],
    "exit_point": dsl.ExitPoint["Recorder"],
    "shallow_history": dsl.ShallowHistory["Recorder"],
    "deep_history": dsl.DeepHistory["Recorder"],
}
"""The base class of each kind of vertex; a submachine is an attribute."""


def build_classes(description: Description, mode: str = MIXED) -> hsm.Model:
    """*description* as a machine class; its model. Paths are strings, those of the functional front end.

    Raises:
        hsm.DefinitionError: It describes no valid machine.
    """
    return _Classes(mode, description.root.name).machine(description.root).model


def build_classes_by_reference(description: Description, mode: str = MIXED) -> hsm.Model:
    """The same, but what the machine's own transitions lead to is named by its class, where there is one already."""
    return _Classes(mode, description.root.name, says_classes=True).machine(description.root).model


@attrs.frozen
class _Classes(Functional):
    says_classes: bool = attrs.field(default=False, kw_only=True)
    made: dict = attrs.Factory(dict)
    """The vertex classes so far, by path."""

    def machine(self, node: Node) -> type:
        return types.new_class(node.name, (Recorder, dsl.Machine), {}, self._filling(node, ()))

    def _filling(self, node: Node, at: tuple[str, ...]):
        """What fills the body of the class of *node*, which stands at *at*."""

        def fill(body) -> None:
            for word, acts in (("entry", node.entry[:1]), ("effect", node.entry[1:]), ("exit", node.exit)):
                for act in acts:
                    _put(body, word, getattr(dsl, word)(self._method((act,))))
            for act in node.activities:
                _put(body, "activity", dsl.activity(_in_class([activity(act)])))
            if node.defers:
                _put(body, "defer", dsl.defer(*node.defers))
            if node.kind in ("shallow_history", "deep_history"):
                for act in node.default.effects if node.default is not None else ():
                    _put(body, "effect", dsl.effect(self._method((act,))))
            elif node.default is not None and self._initial_child(node, at) is None:
                self._put_way(body, node.default.effects, dsl.initial(self._paths(node.default, at)))
            for part in node.parts:
                if isinstance(part, Move):
                    self._put_way(body, part.effects, self._mark(body, part, at))
                else:
                    is_initial = part.name == self._initial_child(node, at)
                    body[part.name] = self._nested(part, (*at, part.name), is_initial)

        return fill

    def _initial_child(self, node: Node, at: tuple[str, ...]) -> str | None:
        """The child of *node* whose class statement says that it is the default entry."""
        move = node.default
        if move is None or move.effects or move.spelling != "bare" or len(move.targets) != 1:
            return None
        (target,) = move.targets
        return target[-1] if target and target[:-1] == at else None

    def _nested(self, node: Node, at: tuple[str, ...], is_initial: bool):
        if node.kind == "submachine":
            machine = _Classes(self.mode, node.model.name, says_classes=self.says_classes).machine(node.model)
            return dsl.Submachine(machine, *self._inside(node, at), initial=is_initial)
        keywords = {"initial": True} if is_initial else {}
        if node.kind in ("shallow_history", "deep_history") and node.default is not None and node.default.targets:
            keywords["target"] = self._paths(node.default, at)
        self.made[at] = types.new_class(node.name, (KINDS[node.kind],), keywords, self._filling(node, at))
        return self.made[at]

    def _mark(self, body, move: Move, at: tuple[str, ...]):
        """The mark of the transition *move*; the guards that it names are added to *body* before it."""
        base = at if move.source is None else move.source
        keywords = {"external": move.is_external}
        when = None if move.when is None else self._term(body, move.when)
        if move.source is not None:
            keywords["source"] = self._place(move.source, at, move.spelling, at)
        if move.guards:
            keywords["guard"] = functools.reduce(operator.and_, [self._term(body, guard) for guard in move.guards])
        if move.targets:
            keywords["target"] = self._paths(move, base, at)
        if when is not None:
            return dsl.when(when, **keywords)
        if move.timer is not None:
            seconds = self._seconds(move)
            return getattr(dsl, move.timer[0])(seconds if move.span is None else _in_class([seconds]), **keywords)
        if move.call:
            return dsl.on_call(move.call, **keywords)
        return dsl.on(*move.on, **keywords) if move.on else dsl.transition(**keywords)

    def _put_way(self, body, effects: tuple[Act, ...], mark) -> None:
        """Add *mark*: above a method where there are effects, else alone."""
        _put(body, "go", mark(self._method(effects)) if effects else mark)

    def _paths(self, move: Move, base: tuple[str, ...], at: tuple[str, ...] | None = None):
        paths = tuple(self._place(target, base, move.spelling, at) for target in move.targets)
        return paths if len(paths) > 1 else paths[0]

    def _place(self, path: tuple[str, ...], base: tuple[str, ...], spelling: str, at: tuple[str, ...] | None):
        """*path* as text, or as the class that stands there: on the machine itself, when it is there to be named."""
        if self.says_classes and at == () and path in self.made:
            return self.made[path]
        return self._path(path, base, spelling)

    def _term(self, body, cond: Cond):
        """*cond* as something that combines; methods for it are added to *body*."""
        if cond.kind == "in":
            return dsl.in_state(self._path(cond.path, (), "absolute"))
        if not cond.inner:
            if cond.label not in self.known:
                self.known[cond.label] = _put(body, "guard", dsl.guard(_in_class([predicate(cond, self.mode)])))
            return self.known[cond.label]
        terms = [self._term(body, each) for each in cond.inner]
        if cond.kind == "not":
            return ~terms[0]
        return functools.reduce(operator.and_ if cond.kind == "all" else operator.or_, terms)

    def _method(self, acts: tuple[Act, ...]):
        return _in_class(self._actions(acts))


def _put(body, word: str, value):
    """Add *value* under a name that begins with *word*; gives *value*."""
    body[f"{word}_{len(body)}"] = value
    return value


def _in_class(behaviors: list):
    """*behaviors*, one after the other, as one method of a machine or of a vertex in it; gives what the last gives."""

    def method(self, ctx, event):
        machine = self if isinstance(self, Recorder) else self.machine
        _use(self, machine)
        return [behavior(ctx, machine, event) for behavior in behaviors][-1]

    async def suspending(self, ctx, event):
        machine, given = self if isinstance(self, Recorder) else self.machine, None
        _use(self, machine)
        for behavior in behaviors:
            given = behavior(ctx, machine, event)
            given = await given if inspect.isawaitable(given) else given
        return given

    return suspending if any(map(inspect.iscoroutinefunction, behaviors)) else method


def _use(state, machine: Recorder) -> None:
    """Count how often the methods of a state's object were called, and write it where that is wanted."""
    if state is not machine and machine.counts_uses:
        state.uses = getattr(state, "uses", 0) + 1
        machine.log.append(f"used {state.uses}")


# --- what differs by necessity -------------------------------------------------------------------------------


def in_class_words(value):
    """*value*, an erased model of the functional front end or a part of one, as classes have to say it.

    A mark stands on one method, so a vertex has one element for each action, and a transition one action for all
    of its effects; ``guard=`` takes one condition, so several guards become an ``all_of``. Inside a submachine the
    parts beside the model are those of the functional front end, and stay.
    """
    if isinstance(value, Model):
        return _with_parts(value, _one_each(value.parts))
    if isinstance(value, Transition | Initial):
        return _with_parts(value, _one_at_most(value.parts))
    if hasattr(value, "model"):
        return attrs.evolve(value, model=in_class_words(value.model))
    return _with_parts(value, _one_each(value.parts)) if hasattr(value, "parts") else value


def _with_parts(value, parts: list):
    return attrs.evolve(value, parts=tuple(in_class_words(part) for part in parts))


def _one_each(parts: tuple) -> list:
    found = []
    for part in parts:
        several = part.actions if isinstance(part, Entry | Effect | Exit) else ()
        found += [attrs.evolve(part, actions=(each,)) for each in several] or [part]
    return found


def _one_at_most(parts: tuple) -> list:
    conditions = tuple(part for part in parts if isinstance(part, Condition))
    found = [
        attrs.evolve(part, actions=part.actions[:1]) if isinstance(part, Effect) else part
        for part in parts
        if not isinstance(part, Condition)
    ]
    if conditions:
        found.insert(parts.index(conditions[0]), AllOf(conditions) if len(conditions) > 1 else conditions[0])
    return found
