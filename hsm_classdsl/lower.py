"""Lowering: class bodies become elements, the same that the functional front end gives.

In: the `Draft` of a class. Out: elements, each with the position of the mark or class statement it comes from.
Never imports the compiler, the tables or the run time, and judges nothing: what is wrong is told by the compiler,
in the same words as for the functional front end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hsm.dsl import event_names, model_of, transition_parts, vertex_parts
from hsm.elements import nodes
from hsm.elements.nodes import (
    After,
    AllOf,
    AnyOf,
    At,
    Condition,
    Effect,
    Element,
    Every,
    External,
    Initial,
    Model,
    Not,
    On,
    OnCall,
    SourcePath,
    Target,
    Transition,
    When,
)
from hsm.elements.walk import is_a
from hsm.names import join
from hsm.source import Source
from hsm_classdsl.body import Declaration, Draft, read
from hsm_classdsl.marks import Guard, GuardTerm, InitialMark, Path, TransitionMark
from hsm_classdsl.methods import Method, StateMethod
from hsm_classdsl.vertices import Submachine, Vertex


def lower(machine: type, where: Source | None) -> Model[Any] | None:
    """The model that the class *machine* declares, or ``None`` when it declares nothing."""
    draft = read(machine)
    if not draft.declarations:
        return None
    return model_of(machine.__name__, tuple(_Lowering(machine).parts(draft, Method)), where)


class _Lowering:
    """Lowers one machine class and everything in it."""

    def __init__(self, machine: type) -> None:
        self.paths: dict[type, str] = {}
        self._collect(machine, "")

    def _collect(self, owner: type, above: str) -> None:
        """Note the path of every nested class, and of the classes that it refines."""
        for declaration in read(owner).declarations:
            value = declaration.value
            if isinstance(value, type):
                path = join(above, declaration.name) if above else declaration.name
                for known in value.__mro__:
                    if known.__module__ != Vertex.__module__ and issubclass(known, Vertex):
                        self.paths.setdefault(known, path)
                self._collect(value, path)

    def parts(self, draft: Draft, behavior: Callable[..., Any]) -> list[Element]:
        """What the declarations of *draft* make; *behavior* makes a behaviour of a function."""
        found: list[Element] = []
        for declaration in draft.declarations:
            found += self._declaration(declaration, behavior)
        return found

    def _declaration(self, declaration: Declaration, behavior: Callable[..., Any]) -> list[Element]:
        value = declaration.value
        if is_a(value, Element):
            return [value]
        if is_a(value, Submachine):
            return _marked(value.is_initial, declaration.name, value.where, self._submachine(declaration.name, value))
        if is_a(value, TransitionMark):
            return [self._transition(value, None, behavior)]
        if is_a(value, InitialMark):
            return [self._initial(value, None, behavior)]
        if is_a(value, type):
            vertex = self._vertex(declaration.name, value)
            return _marked(value.hsm_is_initial, declaration.name, value.hsm_where, vertex)
        return [self._marked(mark, value, behavior) for mark in declaration.marks]

    def _marked(self, mark: Any, function: Any, behavior: Callable[..., Any]) -> Element:
        """What one mark on *function* makes."""
        if is_a(mark, TransitionMark):
            return self._transition(mark, function, behavior)
        if is_a(mark, InitialMark):
            return self._initial(mark, function, behavior)
        made: Element = mark.kind((_behavior(function, behavior),), where=mark.where)  # a BehaviorMark
        return made

    def _vertex(self, name: str, owner: Any) -> Element:
        """The vertex that the nested class *owner* declares."""

        def behavior(function: Any) -> StateMethod:
            return StateMethod(function, owner)

        where = owner.hsm_where
        parts = self.parts(read(owner), behavior)
        target = getattr(owner, "hsm_target", None)  # histories have one
        if target is not None:
            parts.insert(0, Target[Any]((target,), where=where))
        made: Element = owner.hsm_kind(name, vertex_parts(tuple(parts), where), where=where)
        return made

    def _submachine(self, name: str, submachine: Any) -> Element:
        model: Any = getattr(submachine.machine, "model", submachine.machine)
        parts = vertex_parts(submachine.parts, submachine.where)
        made: Element = nodes.Submachine[Any](name, model, parts, where=submachine.where)
        return made

    def _transition(self, mark: Any, function: Any, behavior: Callable[..., Any]) -> Element:
        where = mark.where
        parts: list[Element] = self._trigger(mark, behavior)
        if mark.source is not None:
            parts.append(SourcePath[Any](self._path(mark.source), where=where))
        if mark.target is not None:
            parts.append(Target[Any](self._several(mark.target), where=where))
        if mark.guard is not None:
            parts.append(_condition(mark.guard, behavior, where))
        if mark.external:
            parts.append(External[Any](where=where))
        if function is not None:
            parts.append(Effect[Any]((_behavior(function, behavior),), where=where))
        return Transition[Any](transition_parts(tuple(parts), where), where=where)

    def _trigger(self, mark: Any, behavior: Callable[..., Any]) -> list[Element]:
        where = mark.where
        if mark.trigger == "":
            return []
        if mark.trigger == "on":
            return [On[Any](event_names(mark.arguments), where=where)]
        (argument,) = mark.arguments
        if mark.trigger == "on_call":
            return [OnCall[Any](argument, where=where)]
        if mark.trigger == "when":
            return [When[Any](_condition(argument, behavior, where), where=where)]
        given = _behavior(argument, behavior) if callable(argument) else argument
        return [{"after": After, "every": Every, "at": At}[mark.trigger](given, where=where)]

    def _initial(self, mark: Any, function: Any, behavior: Callable[..., Any]) -> Element:
        parts: list[Element] = [Target[Any](self._several(mark.target), where=mark.where)]
        if function is not None:
            parts.append(Effect[Any]((_behavior(function, behavior),), where=mark.where))
        return Initial[Any](None, tuple(parts), where=mark.where)

    def _several(self, target: Path | tuple[Path, ...]) -> tuple[str, ...]:
        targets = target if isinstance(target, tuple) else (target,)
        return tuple(self._path(each) for each in targets)

    def _path(self, path: Path) -> str:
        """*path* as a path; a class that is no part of the machine keeps its name, and will not be found."""
        if isinstance(path, type):
            return self.paths.get(path, path.__name__)
        return path


def _marked(is_initial: bool, name: str, where: Source | None, vertex: Element) -> list[Element]:
    """*vertex*, with the `initial` that its class statement asked for."""
    if not is_initial:
        return [vertex]
    return [Initial[Any](None, (Target[Any]((name,), where=where),), where=where), vertex]


def _behavior(function: Any, behavior: Callable[..., Any]) -> Any:
    """*function* as a behaviour: a static method is one already, as in the functional front end."""
    return function if is_a(function, staticmethod) else behavior(function)


def _condition(guard: Any, behavior: Callable[..., Any], where: Source | None) -> Condition[Any]:
    """The condition that *guard* stands for."""
    if is_a(guard, Condition):
        known: Condition[Any] = guard
        return known
    if is_a(guard, Guard):
        return nodes.Guard[Any](_behavior(guard.function, behavior), where=guard.where)
    if not is_a(guard, GuardTerm):
        return nodes.Guard[Any](_behavior(guard, behavior) if callable(guard) else guard, where=where)
    conditions = tuple(_condition(term, behavior, where) for term in guard.terms)
    if guard.word == "not_":
        return Not[Any](conditions[0], where=where)
    made: Condition[Any] = (AllOf if guard.word == "all_of" else AnyOf)(conditions, where=where)
    return made
