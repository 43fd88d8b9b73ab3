"""Lowering: class bodies become elements, the same that the functional front end gives.

In: the `Draft` of a class. Out: elements, each with the position of the mark or class statement it comes from.
Never imports the compiler, the tables or the run time, and judges nothing: what is wrong is told by the compiler,
in the same words as for the functional front end.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from hsm.elements import nodes
from hsm.elements.assembly import event_names, model_of, transition_parts, vertex_parts
from hsm.elements.nodes import (
    After,
    AllOf,
    AnyOf,
    At,
    Condition,
    Effect,
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
from hsm.elements.parts import Element
from hsm.elements.walk import is_a, name_of, parts_of
from hsm.instance import Instance
from hsm.names import is_absolute, join, segments
from hsm.source import Source
from hsm_classdsl.body import Declaration, Draft, names_in, read
from hsm_classdsl.marks import Combined, Guard, InitialMark, Path, TransitionMark
from hsm_classdsl.methods import Method, StateMethod
from hsm_classdsl.vertices import Submachine, Vertex


def lower(machine: type[Instance], where: Source | None) -> Model[Any] | None:
    """The model that the class *machine* declares, or ``None`` when it declares nothing."""
    if not read(machine).declarations:
        return None
    lowering = _Lowering(machine)
    return model_of(machine.__name__, tuple(lowering.parts(lowering.read(machine), Method)), where, machine)


class _StateMethods:
    """Makes behaviours of the methods of one vertex class, which stands at *place*.

    For a transition that is written elsewhere, *home* says the same as a path from the model down.
    """

    def __init__(self, owner: type, place: str, home: str | None = None) -> None:
        self.hsm_owner = owner
        self.hsm_place = place
        self._home = home

    def __call__(self, function: Any) -> Any:
        return StateMethod(function, self.hsm_owner, self._home)


class _Lowering:
    """Lowers one machine class and everything in it."""

    def __init__(self, machine: type) -> None:
        self.machine = machine
        self.names: dict[str, set[str]] = {}
        """What stands directly in each vertex, by path; the machine's own path is empty."""
        self.paths: dict[type, set[str]] = {}
        """Where each nested class stands; classes that it refines as well, unless they stand somewhere themselves."""
        self._drafts: dict[type, Draft] = {}
        self._names_in: dict[type, dict[int, str]] = {}
        places = list(self._places(machine, ""))
        self._classes = {place: known for known, place in places}
        for known, place in places:
            self.paths.setdefault(known, set()).add(place)
        inherited: dict[type, set[str]] = {}
        for known, place in chain(_refined(places), *(self._places(base, "") for base in machine.__mro__[1:])):
            inherited.setdefault(known, set()).add(place)
        self.paths = inherited | self.paths
        self._collect(machine, "")

    def read(self, owner: type) -> Draft:
        """The declarations of *owner*, read once."""
        draft = self._drafts.get(owner)
        if draft is None:
            draft = self._drafts[owner] = read(owner)
        return draft

    def _latest(self, owner: type, attribute: Any) -> Any:
        """*attribute* of a base class as *owner* has it: what overrides it, where something does."""
        name = self._names_of(owner).get(id(attribute))
        return attribute if name is None else inspect.getattr_static(owner, name)

    def _names_of(self, owner: type) -> dict[int, str]:
        """The name of each attribute of *owner*, looked at once."""
        names = self._names_in.get(owner)
        if names is None:
            names = self._names_in[owner] = names_in(owner)
        return names

    def _places(self, owner: type, path: str) -> Iterator[tuple[type, str]]:
        """Every vertex class in *owner*, with its path."""
        for declaration in self.read(owner).declarations:
            value = declaration.value
            if isinstance(value, type) and issubclass(value, Vertex):
                inner = _inside(path, declaration.name)
                yield value, inner
                yield from self._places(value, inner)

    def _collect(self, owner: type, path: str) -> None:
        """Note the names in *owner*, whichever way they were declared."""
        names = self.names.setdefault(path, set())
        for declaration in self.read(owner).declarations:
            value = declaration.value
            if is_a(value, Element):
                self._collect_element(value, path)
                continue
            names.add(declaration.name)
            inner = _inside(path, declaration.name)
            if is_a(value, Submachine):
                model: Any = getattr(value.machine, "hsm_model", None)
                for part in parts_of(model):
                    self._collect_element(part, inner)
            elif is_a(value, type):
                self._collect(value, inner)

    def _collect_element(self, element: Element, path: str) -> None:
        name = name_of(element)
        if not isinstance(name, str):
            return
        self.names.setdefault(path, set()).add(name)
        for part in parts_of(element):
            self._collect_element(part, _inside(path, name))

    def parts(self, draft: Draft, behavior: Callable[..., Any]) -> list[Element]:
        """What the declarations of *draft* make; *behavior* makes a behaviour of a function."""
        found: list[Element] = []
        for declaration in draft.declarations:
            found += self._declaration(declaration, behavior)
        return found

    def _declaration(self, declaration: Declaration, behavior: Callable[..., Any]) -> list[Element]:
        value: Any = declaration.value
        if is_a(value, Element):
            return [value]
        if is_a(value, Submachine):
            return _marked(value.is_initial, declaration.name, value.where, self._submachine(declaration.name, value))
        if is_a(value, TransitionMark):
            return [self._transition(value, None, behavior)]
        if is_a(value, InitialMark):
            return [self._initial(value, None, behavior)]
        if is_a(value, type) and not issubclass(value, Vertex):
            return [value.hsm_model]
        if is_a(value, type):
            vertex = self._vertex(declaration.name, value, _inside(self._place(behavior), declaration.name))
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

    def _vertex(self, name: str, owner: Any, place: str) -> Element:
        """The vertex that the nested class *owner* declares at *place*."""
        behavior = _StateMethods(owner, place)
        where = owner.hsm_where
        parts = self.parts(self.read(owner), behavior)
        target = getattr(owner, "hsm_target", None)  # a history may have one
        if target is not None:
            parts.insert(0, Target[Any](self._several(target, None), where=where))
        order = transition_parts if hasattr(owner, "hsm_target") else vertex_parts
        made: Element = owner.hsm_kind(name, order(tuple(parts), where), where=where)
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
            parts.append(SourcePath[Any](self._path(mark.source, self._base(None, behavior)), where=where))
        if mark.target is not None:
            parts.append(Target[Any](self._several(mark.target, self._base(mark.source, behavior)), where=where))
        if mark.guard is not None:
            parts.append(self._condition(mark.guard, behavior, mark))
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
            return [When[Any](self._condition(argument, behavior, mark), where=where)]
        given = _behavior(self._latest(self._owner(behavior), argument), behavior) if callable(argument) else argument
        return [{"after": After, "every": Every, "at": At}[mark.trigger](given, where=where)]

    def _initial(self, mark: Any, function: Any, behavior: Callable[..., Any]) -> Element:
        parts: list[Element] = [Target[Any](self._several(mark.target, self._base(None, behavior)), where=mark.where)]
        if function is not None:
            parts.append(Effect[Any]((_behavior(function, behavior),), where=mark.where))
        return Initial[Any](None, tuple(parts), where=mark.where)

    def _several(self, target: Path | tuple[Path, ...], base: str | None) -> tuple[str, ...]:
        targets = target if isinstance(target, tuple) else (target,)
        return tuple(self._path(each, base) for each in targets)

    def _base(self, source: Path | None, behavior: Callable[..., Any]) -> str | None:
        """Where paths of a transition from *source* start, seen from the machine; ``None`` where that is unsure."""
        if self._owner(behavior) is not self.machine:
            return None
        if source is None:
            return ""
        path = self._path(source, "").removeprefix(f"/{self.machine.__name__}/")
        return path if path in self.names else None

    def _path(self, path: Path, base: str | None) -> str:
        """*path* as a path from *base*; a class is named from the model down where a bare name could mean another.

        A class that is no part of the machine, or stands in several places, keeps its own name, which is not found.
        """
        if not isinstance(path, type):
            return path
        places = self.paths.get(path, set())
        if len(places) != 1:
            return path.__qualname__
        (place,) = places
        first = place.partition("/")[0]
        scope = base
        while scope and first not in self.names.get(scope, ()):
            scope = scope.rpartition("/")[0]
        return place if scope == "" else f"/{self.machine.__name__}/{place}"

    def _owner(self, behavior: Callable[..., Any]) -> type:
        """The class whose methods *behavior* makes behaviours of."""
        owner: type = getattr(behavior, "hsm_owner", self.machine)
        return owner

    def _place(self, behavior: Callable[..., Any]) -> str:
        """Where the class stands whose methods *behavior* makes behaviours of; the machine's own place is empty."""
        place: str = getattr(behavior, "hsm_place", "")
        return place

    def _condition(self, guard: Any, behavior: Callable[..., Any], mark: Any) -> Condition[Any]:
        """The condition that *guard* of the transition that *mark* makes stands for."""
        if is_a(guard, Condition):
            known: Condition[Any] = guard
            return known
        if hasattr(guard, "condition"):
            asked: Condition[Any] = guard.condition
            return asked
        if is_a(guard, Combined):
            conditions = tuple(self._condition(term, behavior, mark) for term in guard.terms)
            if guard.word == "not_":
                return Not[Any](conditions[0], where=mark.where)
            made: Condition[Any] = (AllOf if guard.word == "all_of" else AnyOf)(conditions, where=mark.where)
            return made
        position = mark.where
        if is_a(guard, Guard):
            position, behavior = guard.where, self._whose(guard, mark, behavior)
        found = self._latest(self._owner(behavior), guard)
        function = found.function if is_a(found, Guard) else found
        return nodes.Guard[Any](_behavior(function, behavior) if callable(function) else function, where=position)

    def _whose(self, guard: Guard[Any, Any], mark: Any, behavior: Callable[..., Any]) -> Callable[..., Any]:
        """What makes a behaviour of *guard*, which the transition of *mark* names: methods of the first that has it.

        That is its own class, one at the source or around it, or the machine. Where none of them has it, one of any
        other vertex, or a class that is no part of the machine: the compiler says what is wrong with that.
        """
        if self._has(self._owner(behavior), guard):
            return behavior
        source = self._source(mark.source, self._place(behavior))
        around = [place for place in self._around(source) if self._has(self._classes[place], guard)]
        if not around and self._has(self.machine, guard):
            return Method
        elsewhere = (place for place, known in self._classes.items() if self._has(known, guard))
        place = next(chain(around, elsewhere), None)
        if place is not None:
            return _StateMethods(self._classes[place], place, f"/{self.machine.__name__}/{place}")
        if guard.owner is not None and issubclass(guard.owner, Vertex):
            return _StateMethods(guard.owner, "", guard.owner.__qualname__)
        return behavior

    def _has(self, owner: type, attribute: object) -> bool:
        """Whether *attribute* is one of *owner*, or of a class that it derives from."""
        return id(attribute) in self._names_of(owner)

    def _source(self, source: Path | None, place: str) -> str:
        """Where *source* leads, seen from the class at *place* (rules N2 to N5)."""
        if source is None:
            return place
        if isinstance(source, type):
            return min(self.paths.get(source, ("",)))
        first, *steps = segments(source)
        if is_absolute(source):
            return "/".join(steps)
        if first not in (".", ".."):
            while place and first not in self.names.get(place, ()):
                place = place.rpartition("/")[0]
        for step in (first, *steps):
            if step == "..":
                place = place.rpartition("/")[0]
            elif step != ".":
                place = _inside(place, step)
        return place

    def _around(self, place: str) -> list[str]:
        """Where a class stands, from *place* outwards."""
        found: list[str] = []
        while place:
            if place in self._classes:
                found.append(place)
            place = place.rpartition("/")[0]
        return found


def _refined(places: list[tuple[type, str]]) -> Iterator[tuple[type, str]]:
    """Every class that one of the vertex classes at *places* derives from, with the path of that vertex."""
    for vertex, place in places:
        for known in vertex.__mro__[1:]:
            if known.__module__ != Vertex.__module__ and issubclass(known, Vertex):
                yield known, place


def _inside(path: str, name: str) -> str:
    return join(path, name) if path else name


def _marked(is_initial: bool, name: str, where: Source | None, vertex: Element) -> list[Element]:
    """*vertex*, with the `initial` that its class statement asked for."""
    if not is_initial:
        return [vertex]
    return [Initial[Any](None, (Target[Any]((name,), where=where),), where=where), vertex]


def _behavior(function: Any, behavior: Callable[..., Any]) -> Any:
    """*function* as a behaviour: a static method is one already, as in the functional front end."""
    return function if is_a(function, staticmethod) else behavior(function)
