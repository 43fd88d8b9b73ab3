"""Reading a class with its base classes: what declares something, in which order.

A machine or vertex class becomes a `Draft`: its own declarations and those that it inherits, with the drafts of the
vertex classes in it. An override replaces what it overrides at the place of the original; additions come last; what has
no name is never overridden. Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from typing_extensions import TypeIs

from hsm.elements.mistakes import StrayClass
from hsm.elements.nodes import Initial
from hsm.kinds import is_a
from hsm_classdsl.guards import is_guard
from hsm_classdsl.marks import InitialMark, Mark
from hsm_classdsl.metaclass import VertexMeta
from hsm_classdsl.vertices import Submachine, Vertex
from hsm_classdsl.written import Attribute, attributes_of, declares, has_model, signs_of, where_of

_LIBRARIES = frozenset({"hsm", "hsm_classdsl", "typing"})
"""Packages whose classes are never read."""
_HEAP_TYPE = 1 << 9
"""The flag of a class that was made by a class statement or a call; those that are written in C have none of ours."""


@attrs.frozen
class Declaration:
    """Something in a class body that declares something.

    Attributes:
        name: The name to which it is bound; ``None`` for what has none.
        value: A marked function, a mark, a nested class, an element, a `Submachine`.
        marks: The marks of a function; from the base class, where an override has no marks of its own.
        owner: The class in whose body it is.
        draft: What is in it, if it is a vertex class.
        is_initial: Whether its class statement, or its `Submachine`, makes it the default entry.
    """

    name: str | None
    value: Any
    marks: tuple[Mark, ...]
    owner: type
    draft: Draft | None = None
    is_initial: bool = False


@attrs.frozen
class Draft:
    """A class that was read.

    Attributes:
        owner: The class.
        declarations: Its declarations, in order.
    """

    owner: type
    declarations: tuple[Declaration, ...]

    def inner(self) -> Iterator[tuple[str, Draft]]:
        """The drafts of the vertex classes directly in it, with their names."""
        for each in self.declarations:
            if each.draft is not None:
                yield str(each.name), each.draft


def read(owner: type) -> Draft:
    """The declarations of *owner* and of every vertex class in it, those of base classes first."""
    found: dict[object, Declaration] = {}
    # base classes first, as in a method resolution order read backwards: what is overridden keeps its place, and with
    # it its priority among transitions (rule T2)
    for base in reversed(users_bases(owner)):
        for attribute in attributes_of(base):
            _take(found, base, attribute)
    declarations = _with_one_default(owner, list(found.values()))
    return Draft(owner, tuple([_with_draft(each) for each in declarations]))


def _take(found: dict[object, Declaration], base: type, attribute: Attribute) -> None:
    """Take an *attribute* of *base* into *found*: at the place of what it overrides, or at the end."""
    name, value = attribute.name, attribute.value
    inherited = found.get(name) if name is not None else None
    if attribute.marks or declares(value):
        # what has no name overrides nothing; of two vertices with one name in one body, both are kept for the compiler
        has_place = name is not None and (inherited is None or inherited.owner is not base)
        found[name if has_place else object()] = Declaration(name, value, attribute.marks, base)
    elif inherited is not None and not is_guard(value):
        if inherited.marks and callable(value):
            # overriding a marked method need not repeat its marks, as overriding a property does not repeat its type
            found[name] = Declaration(name, value, inherited.marks, base)
        else:
            del found[name]


def _with_draft(declaration: Declaration) -> Declaration:
    value = declaration.value
    return attrs.evolve(declaration, draft=read(value)) if is_vertex_class(value) else declaration


# --- the default entry ------------------------------------------------------------------------------------------


def _with_one_default(owner: type, declarations: list[Declaration]) -> list[Declaration]:
    """*declarations*, in which the default entry of a class replaces that of the classes from which it derives."""
    order = owner.__mro__
    ranks = [_rank(each, order) for each in declarations]
    first = min([rank for rank in ranks if rank is not None], default=None)
    judged = [
        each if rank is None else _as_default(each, is_default=rank == first)
        for each, rank in zip(declarations, ranks, strict=True)
    ]
    return [each for each in judged if each is not None]


def _rank(declaration: Declaration, order: tuple[type, ...]) -> int | None:
    """The place in *order* of the class that makes *declaration* the default entry; ``None`` if it is not one."""
    value = declaration.value
    if is_vertex_class(value):
        return order.index(_first_that_says(value, order) or declaration.owner) if value.hsm_is_initial else None
    if is_a(value, Submachine):
        is_default = value.is_initial
    else:
        kinds: list[type[object]] = [type(each) for each in (value, *declaration.marks)]
        is_default = InitialMark in kinds or Initial in kinds
    return order.index(declaration.owner) if is_default else None


def _first_that_says(vertex: type[Vertex], order: tuple[type, ...]) -> type | None:
    """The class of *order* in which `initial=True` was written: a refined *vertex* may have it from what it refines."""
    says = next(each for each in vertex.__mro__ if "hsm_is_initial" in vars(each))
    return next((each for each in order if any(value is says for value in vars(each).values())), None)


def _as_default(declaration: Declaration, *, is_default: bool) -> Declaration | None:
    """*declaration* as the default entry, or without what makes it one; ``None`` if nothing is left."""
    value = declaration.value
    if is_vertex_class(value) or is_a(value, Submachine):
        return attrs.evolve(declaration, is_initial=is_default)
    if is_default:
        return declaration
    marks = tuple([mark for mark in declaration.marks if not is_a(mark, InitialMark)])
    return attrs.evolve(declaration, marks=marks) if marks else None


# --- classes ----------------------------------------------------------------------------------------------------


def is_vertex_class(value: object) -> TypeIs[type[Vertex]]:
    """Whether *value* is the class of a state or of another vertex."""
    return is_a(value, VertexMeta)


def users_bases(owner: type) -> tuple[type, ...]:
    """*owner* and its base classes, without those of Python and of this library, which declare nothing."""
    return tuple(
        [
            base
            for base in owner.__mro__
            if base.__flags__ & _HEAP_TYPE and base.__module__.partition(".")[0] not in _LIBRARIES
        ]
    )


def strays(machine: Draft) -> list[StrayClass]:
    """The classes written in a machine that have marks, as a state has, but are neither vertices nor bases of one.

    What they have counts as used if the machine declares it under a name of its own.
    """
    written = list(_written(machine.owner))
    used = set(_used(machine)) if written else set[int]()
    vertices = {base for each in written if is_vertex_class(each) for base in each.__mro__}
    found: list[StrayClass] = []
    for each in written:
        parts = [] if each in vertices else [part for part in attributes_of(each) if part.marks or declares(part.value)]
        unused = [part for part in parts if used.isdisjoint(signs_of(part.value))]
        if unused:
            name = each.__qualname__.rpartition("<locals>.")[2]
            found.append(StrayClass(name, where=where_of(unused[0])))
    return found


def _used(draft: Draft) -> Iterator[int]:
    """The identities of everything that is declared in *draft*."""
    for each in draft.declarations:
        yield from signs_of(each.value)
        if each.draft is not None:
            yield from _used(each.draft)


def _written(owner: type) -> Iterator[type]:
    """The classes that are written in the body of *owner*, and in theirs; machines in it are left out."""
    for value in vars(owner).values():
        # a class that was only assigned here has the qualified name of the place where it was written
        is_inner = is_a(value, type) and value.__qualname__ == f"{owner.__qualname__}.{value.__name__}"
        if is_inner and not has_model(value):
            yield value
            yield from _written(value)


def names_in(owner: type) -> dict[int, str]:
    """The name under which *owner*, or a base class, has each attribute, by the identity of the attribute."""
    found: dict[int, str] = {}
    for base in users_bases(owner):
        for name, value in vars(base).items():
            found.setdefault(id(value), name)
    return found
