"""Lowering: class bodies become the same elements that the functional front end makes.

The `Draft` of a machine class becomes a `Model`; every element has the position of the mark or class statement that it
comes from. Never imports the compiler, the tables or the run time, and judges nothing: the compiler says what is wrong,
in the same words for both front ends.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import attrs

from hsm.elements import nodes
from hsm.elements.assembly import event_names, model_of, signals_among, transition_parts, vertex_parts
from hsm.elements.nodes import (
    Activity,
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
from hsm.elements.shapes import NamedElement
from hsm.elements.walk import is_condition, name_of, parts_of
from hsm.instance import Instance
from hsm.kinds import attribute_of, is_a
from hsm.names import is_absolute, is_text, plain, segments
from hsm.position import Source
from hsm_classdsl.body import Declaration, Draft, is_vertex_class, names_in, read, strays, users_bases
from hsm_classdsl.guards import Guard, GuardCombination, Guarding, InStateTerm, is_guard
from hsm_classdsl.marks import BehaviorMark, InitialMark, Mark, Path, TransitionMark, is_mark
from hsm_classdsl.methods import Method, StateMethod
from hsm_classdsl.places import all_paths, child, parent, paths_of, refined, vertices_in
from hsm_classdsl.vertices import Submachine, Vertex

_HISTORIES: tuple[type[NamedElement], ...] = (nodes.ShallowHistory, nodes.DeepHistory)


@attrs.frozen
class Lowered:
    """What a machine class became.

    Attributes:
        model: The model, not yet compiled.
        paths: Where each class is a vertex of it, or the base class of one, as paths from the machine down, which do
            not name it; with the classes of embedded machines.
        vertices: Those of these classes that are not of embedded machines.
    """

    model: Model[Any]
    paths: Mapping[type, tuple[str, ...]]
    vertices: tuple[type, ...]


def lower(draft: Draft, where: Source | None) -> Lowered | None:
    """What the machine class of *draft* becomes, or ``None`` when it declares nothing."""
    if not draft.declarations:
        return None
    machine: type[Instance] = draft.owner
    lowering = _Lowering(draft)
    parts = (*lowering.parts(draft, Scope(machine)), *strays(draft))
    model = model_of(machine.__name__, parts, where, machine)
    return Lowered(model, all_paths(draft, lowering.paths), tuple(lowering.paths))


@attrs.frozen
class Scope:
    """The class body that a transition or a method is written in.

    Attributes:
        owner: The machine class, or a vertex class in it.
        path: The path of that vertex from the machine down; empty for the machine itself.
        home: The same as an absolute path, where a transition that is written elsewhere names a method of it.
    """

    owner: type
    path: str = ""
    home: str | None = None

    def behavior(self, function: Any) -> Any:
        """*function* as a behaviour of the owner; a static method is one already, as in the functional front end."""
        if type(function) is staticmethod:
            return function  # pyright: ignore[reportUnknownVariableType]  # nothing is known of what it returns
        return StateMethod(function, self.owner, self.home) if is_vertex_class(self.owner) else Method(function)


class _Lowering:
    """Lowers one machine class and everything in it.

    Paths in here start at the machine and do not name it: that of the machine itself is empty.
    """

    def __init__(self, draft: Draft) -> None:
        self.machine = draft.owner
        self.names: dict[str, set[str]] = {}
        """The names directly in each vertex, by its path."""
        self._attributes: dict[type, dict[int, str]] = {}
        # every vertex first: a transition may name a class that is written further down
        vertices = list(vertices_in(draft, ""))
        self._classes = {path: known for known, path in vertices}
        bases = [vertices_in(read(base), "") for base in users_bases(self.machine)[1:]]
        # a class that is itself a vertex of this machine is never taken for the base class of another one
        self.paths = paths_of(chain(refined(vertices), *bases)) | paths_of(vertices)
        """Where each class is a vertex, or the base class of one: usually one path."""
        self._collect(draft, "")

    def _collect(self, draft: Draft, path: str) -> None:
        """Note the names in the vertex at *path*, whichever way they were declared."""
        names = self.names.setdefault(path, set())
        for declaration in draft.declarations:
            value = declaration.value
            if is_a(value, Element):
                self._collect_element(value, path)
                continue
            if declaration.name is None:
                continue
            names.add(declaration.name)
            inner = child(path, declaration.name)
            if declaration.draft is not None:
                self._collect(declaration.draft, inner)
            elif is_a(value, Submachine):
                model: Any = attribute_of(value.machine, "hsm_model")
                for part in parts_of(model):
                    self._collect_element(part, inner)

    def _collect_element(self, element: Element, path: str) -> None:
        written = name_of(element)
        if is_text(written):
            name = plain(written)
            self.names.setdefault(path, set()).add(name)
            for part in parts_of(element):
                self._collect_element(part, child(path, name))

    # --- elements ---------------------------------------------------------------------------------------------

    def parts(self, draft: Draft, scope: Scope) -> list[Element]:
        """The elements that the declarations of *draft* make, in order."""
        return [made for each in draft.declarations for made in self._declaration(each, scope)]

    def _declaration(self, declaration: Declaration, scope: Scope) -> list[Element]:
        value, name = declaration.value, str(declaration.name)
        # of a function; what else is marked, such as a class, is for the compiler to report
        marked = [self._marked(mark, value, scope) for mark in declaration.marks]
        if is_a(value, Element):
            return [value]
        if is_a(value, Submachine):
            return _with_initial(declaration, value.where, _submachine(name, value)) + marked
        if is_vertex_class(value):
            vertex = self._vertex(declaration, child(scope.path, name))
            return _with_initial(declaration, value.hsm_where, vertex) + marked
        if is_a(value, type) and not marked:
            return [getattr(value, "hsm_model")]  # noqa: B009 - a machine class, which no part may be
        return [self._marked(value, None, scope)] if is_mark(value) else marked

    def _vertex(self, declaration: Declaration, path: str) -> Element:
        """The vertex that a nested class declares at *path*."""
        owner: type[Vertex] = declaration.value
        name, where = str(declaration.name), owner.hsm_where
        kind: type[NamedElement] = owner.hsm_kind
        parts = self.parts(declaration.draft, Scope(owner, path)) if declaration.draft is not None else []
        if kind not in _HISTORIES:
            return kind(name, vertex_parts(tuple(parts), where), where=where)
        target: Path | tuple[Path, ...] | None = getattr(owner, "hsm_target")  # noqa: B009 - histories have it
        if target is not None:  # it comes from the class statement, not from the body
            parts.insert(0, Target[Any](self._several(target, None), where=where))
        return kind(name, transition_parts(tuple(parts), where), where=where)

    def _marked(self, mark: Mark, function: object, scope: Scope) -> Element:
        """The element that *mark* makes; its effect or action is *function*, unless that is ``None``."""
        where = mark.where
        behaviors = () if function is None else (scope.behavior(function),)
        if isinstance(mark, BehaviorMark):
            if mark.kind is Activity:
                return Activity[Any](behaviors, mark.given_name, mark.on_restore, where=where)
            return mark.kind(behaviors, where=where)
        effects = [Effect[Any](behaviors, where=where)] if behaviors else []
        if isinstance(mark, InitialMark):
            target = Target[Any](self._several(mark.target, self._base(None, scope)), where=where)
            return Initial[Any](None, (target, *effects), where=where)
        return Transition[Any](transition_parts((*self._transition(mark, scope), *effects), where), where=where)

    def _transition(self, mark: TransitionMark[Any], scope: Scope) -> Iterator[Element]:
        """The parts that the transition of *mark* has, its effect aside."""
        where = mark.where
        if mark.trigger:
            yield self._trigger(mark, scope)
        if mark.source is not None:
            yield SourcePath[Any](self._path(mark.source, self._base(None, scope)), where=where)
        if mark.target is not None:
            yield Target[Any](self._several(mark.target, self._base(mark.source, scope)), where=where)
        if mark.guard is not None:
            yield self._condition(mark.guard, scope, mark)
        if mark.external:
            yield External[Any](where=where)
        yield from mark.unknown

    def _trigger(self, mark: TransitionMark[Any], scope: Scope) -> Element:
        where = mark.where
        if mark.trigger == "on":
            return On[Any](event_names(mark.arguments), signals_among(mark.arguments), where=where)
        (argument,) = mark.arguments
        if mark.trigger == "on_call":
            return OnCall[Any](argument, where=where)
        if mark.trigger == "when":
            return When[Any](self._condition(argument, scope, mark), mark.given_name, where=where)
        given = scope.behavior(self._latest(scope.owner, argument)) if callable(argument) else argument
        kind = {"after": After[Any], "every": Every[Any], "at": At[Any]}[mark.trigger]
        return kind(given, mark.given_name, where=where)

    # --- paths ------------------------------------------------------------------------------------------------

    def _several(self, target: Path | tuple[Path, ...], base: str | None) -> tuple[str, ...]:
        targets = target if is_a(target, tuple) else (target,)
        return tuple([self._path(each, base) for each in targets])

    def _base(self, source: Path | None, scope: Scope) -> str | None:
        """Where the paths of a transition from *source* start; ``None`` where that is unsure."""
        if scope.owner is not self.machine:
            return None
        if source is None:
            return ""
        path = self._path(source, "")
        if not is_text(path):
            return None
        path = path.removeprefix(f"/{self.machine.__name__}/")
        return path if path in self.names else None

    def _path(self, path: Path, base: str | None) -> str:
        """*path* as a path from *base*; a class becomes an absolute path where a bare name could mean another vertex.

        A class that is not a vertex of the machine, or is one in several places, keeps its own name, which the compiler
        does not find.
        """
        if not is_a(path, type):
            return plain(path) if is_text(path) else path
        paths = self.paths.get(path, set())
        if len(paths) != 1:
            return path.__qualname__
        (found,) = paths
        # a bare name is looked up from `base` outwards (rule N4): it may be used if nothing on that way hides it
        first = found.partition("/")[0]
        around = base
        while around and first not in self.names.get(around, ()):
            around = parent(around)
        return found if around == "" else f"/{self.machine.__name__}/{found}"

    def _resolve(self, source: Path | None, path: str) -> str:
        """Where *source*, written in the vertex at *path*, leads (rules N2 to N5)."""
        if source is None:
            return path
        if is_a(source, type):
            return min(self.paths.get(source, ("",)))  # of several, any: `_path` makes that an unknown path
        first, *steps = segments(plain(source))
        if is_absolute(plain(source)):
            return "/".join(steps)
        if first not in (".", ".."):
            while path and first not in self.names.get(path, ()):
                path = parent(path)
        for step in (first, *steps):
            if step == "..":
                path = parent(path)
            elif step != ".":
                path = child(path, step)
        return path

    def _around(self, path: str) -> list[str]:
        """The paths of the vertex classes at *path* and around it, innermost first."""
        found: list[str] = []
        while path:
            if path in self._classes:
                found.append(path)
            path = parent(path)
        return found

    # --- guards -----------------------------------------------------------------------------------------------

    def _condition(self, guard: Guarding, scope: Scope, mark: TransitionMark[Any]) -> Condition[Any]:
        """The condition that *guard* of the transition of *mark* is."""
        if is_condition(guard):
            return guard
        if is_a(guard, InStateTerm):
            return guard.condition
        if is_a(guard, GuardCombination):
            conditions = tuple([self._condition(term, scope, mark) for term in guard.terms])
            if guard.word == "not_":
                return Not[Any](conditions[0], where=mark.where)
            combination = AllOf[Any] if guard.word == "all_of" else AnyOf[Any]
            return combination(conditions, where=mark.where)
        where = mark.where
        if is_guard(guard):
            where, scope = guard.where, self._home(guard, mark, scope)
        found = self._latest(scope.owner, guard)
        function = found.function if is_a(found, Guard) else found
        return nodes.Guard[Any](scope.behavior(function) if callable(function) else function, where=where)

    def _home(self, guard: Guard[Any, Any], mark: TransitionMark[Any], scope: Scope) -> Scope:
        """The class body whose method *guard* is, for the transition of *mark*, which is written in *scope*.

        The first of these that has it: *scope* itself, a vertex class at the source or around it, the machine. If none
        has it, it may be a method of another vertex, or of a class outside of the machine: the compiler reports that.
        """
        if self._has(scope.owner, guard):
            return scope
        around = [path for path in self._around(self._resolve(mark.source, scope.path)) if self._is_at(path, guard)]
        if not around and self._has(self.machine, guard):
            return Scope(self.machine)
        path = next(chain(around, (path for path in self._classes if self._is_at(path, guard))), None)
        if path is not None:
            return Scope(self._classes[path], path, f"/{self.machine.__name__}/{path}")
        if is_vertex_class(guard.owner):
            return Scope(guard.owner, home=guard.owner.__qualname__)
        return scope

    def _is_at(self, path: str, guard: object) -> bool:
        return self._has(self._classes[path], guard)

    def _has(self, owner: type, attribute: object) -> bool:
        """Whether *attribute* is one of *owner*, or of a class that it derives from."""
        return id(attribute) in self._names_of(owner)

    def _latest(self, owner: type, attribute: object) -> Any:
        """*attribute* of a base class as *owner* has it: its override, where there is one."""
        name = self._names_of(owner).get(id(attribute))
        return attribute if name is None else inspect.getattr_static(owner, name)

    def _names_of(self, owner: type) -> dict[int, str]:
        """The name of each attribute of *owner*, by its identity; cached."""
        names = self._attributes.get(owner)
        if names is None:
            names = self._attributes[owner] = names_in(owner)
        return names


def _submachine(name: str, submachine: Submachine) -> Element:
    model: Any = getattr(submachine.machine, "model", submachine.machine)
    return nodes.Submachine[Any](name, model, vertex_parts(submachine.parts, submachine.where), where=submachine.where)


def _with_initial(declaration: Declaration, where: Source | None, vertex: Element) -> list[Element]:
    """*vertex*, after the `initial` that its class statement asked for."""
    if not declaration.is_initial:
        return [vertex]
    return [Initial[Any](None, (Target[Any]((str(declaration.name),), where=where),), where=where), vertex]
