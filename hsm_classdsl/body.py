"""Reading a class body: which attributes declare something, in which order.

A machine or vertex class becomes a `Draft`: its own declarations and those that it inherits, with the drafts of the
vertex classes in it. An override replaces what it overrides at the place of the original; additions come last.
Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from typing_extensions import TypeIs

from hsm.elements.parts import Element
from hsm.kinds import is_a
from hsm_classdsl.guards import Guard
from hsm_classdsl.marks import Mark, is_mark, marks_of
from hsm_classdsl.vertices import Submachine, Vertex

_LIBRARIES = frozenset({"hsm", "hsm_classdsl", "builtins", "typing"})
"""Packages whose classes are never read."""


@attrs.frozen
class Declaration:
    """One attribute that declares something.

    Attributes:
        name: The attribute's name.
        value: The attribute: a marked function, a mark, a nested class, an element, a `Submachine`.
        marks: The marks of a function; from the base class, where an override has no marks of its own.
    """

    name: str
    value: Any
    marks: tuple[Mark, ...] = ()


@attrs.frozen
class Draft:
    """A class body that was read.

    Attributes:
        owner: The class.
        declarations: Its declarations, in order.
        inner: The drafts of the vertex classes among them, by name.
    """

    owner: type
    declarations: tuple[Declaration, ...]
    inner: Mapping[str, Draft]


def read(owner: type) -> Draft:
    """The declarations of *owner* and of every vertex class in it, those of base classes first."""
    found: dict[str, Declaration] = {}
    # base classes first, as in a method resolution order read backwards: what is overridden keeps its place, and with
    # it its priority among transitions (rule T2)
    for base in reversed(users_bases(owner)):
        for name, value in vars(base).items():
            if name != "hsm_model":
                _read_attribute(found, name, value)
    inner = {each.name: read(each.value) for each in found.values() if is_vertex_class(each.value)}
    return Draft(owner, tuple(found.values()), inner)


def _read_attribute(found: dict[str, Declaration], name: str, value: Any) -> None:
    """Take one attribute into *found*: at the place of what it overrides, or at the end."""
    marks = marks_of(value)
    if marks or _declares(value):
        found[name] = Declaration(name, value, marks)
    elif name in found and not is_a(value, Guard):
        inherited = found[name]
        if inherited.marks and callable(value):
            # overriding a marked method need not repeat its marks, as overriding a property does not repeat its type
            found[name] = Declaration(name, value, inherited.marks)
        else:
            del found[name]


def _declares(value: Any) -> bool:
    """Whether an attribute declares something by being there."""
    if is_a(value, type):
        # a machine class is not a part: it is kept so that the compiler can say so
        return issubclass(value, Vertex) or _has_model(value)
    return is_mark(value) or is_a(value, Element) or is_a(value, Submachine)


def is_vertex_class(value: object) -> TypeIs[type[Vertex]]:
    """Whether *value* is the class of a state or of another vertex."""
    return is_a(value, type) and issubclass(value, Vertex)


def _has_model(value: Any) -> bool:
    """Whether *value* is a machine class that declares something."""
    return is_a(value, type) and is_a(vars(value).get("hsm_model"), Element)


def users_bases(owner: type) -> tuple[type, ...]:
    """*owner* and its base classes, without those of Python and of this library, which declare nothing."""
    return tuple([base for base in owner.__mro__ if base.__module__.partition(".")[0] not in _LIBRARIES])


def strays(machine: type) -> list[str]:
    """The classes written in *machine* that have marks, as a state has, but are neither vertices nor bases of one."""
    written = list(_written(machine))
    vertices = [each for each in written if issubclass(each, Vertex)]
    return [
        each.__qualname__
        for each in written
        if any(map(marks_of, vars(each).values())) and not any(issubclass(vertex, each) for vertex in vertices)
    ]


def _written(owner: type) -> Iterator[type]:
    """The classes that are written in the body of *owner*, and in theirs; machines in it are left out."""
    for value in vars(owner).values():
        # a class that was only assigned here has the qualified name of the place where it was written
        is_inner = is_a(value, type) and value.__qualname__ == f"{owner.__qualname__}.{value.__name__}"
        if is_inner and not _has_model(value):
            yield value
            yield from _written(value)


def names_in(owner: type) -> dict[int, str]:
    """The name under which *owner*, or a base class, has each attribute, by the identity of the attribute."""
    found: dict[int, str] = {}
    for base in users_bases(owner):
        for name, value in vars(base).items():
            found.setdefault(id(value), name)
    return found
