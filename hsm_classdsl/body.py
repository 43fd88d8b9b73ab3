"""Reading a class body: which attributes declare something, in which order.

In: a machine or vertex class. Out: a `Draft`, the declarations of the class and of all it inherits from. What is
overridden is replaced where it stood; what is added comes after what was inherited.
Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from hsm.elements.parts import Element
from hsm_classdsl.marks import Guard, InitialMark, TransitionMark, marks_of
from hsm_classdsl.vertices import Submachine, Vertex

_DECLARING = (Element, TransitionMark, InitialMark, Submachine)


@attrs.frozen
class Declaration:
    """One attribute that declares something.

    Attributes:
        name: The attribute's name.
        value: The attribute: a marked function, a mark, a nested class, an element, a `Submachine`.
        marks: What a function is for; from the base class, where an override has no marks of its own.
    """

    name: str
    value: Any
    marks: tuple[Any, ...] = ()


@attrs.frozen
class Draft:
    """A class body, read: its declarations in order."""

    owner: type
    declarations: tuple[Declaration, ...]


def read(owner: type) -> Draft:
    """The declarations of *owner*, base classes first."""
    found: dict[str, Declaration] = {}
    for base in reversed(owner.__mro__[:-1]):  # `object` declares nothing
        for name, value in vars(base).items():
            if name != "hsm_model":
                _read(found, name, value)
    return Draft(owner, tuple(found.values()))


def _read(found: dict[str, Declaration], name: str, value: Any) -> None:
    """Take one attribute into *found*: at the place of what it overrides, or at the end."""
    marks = marks_of(value)
    if marks or _declares(value):
        found[name] = Declaration(name, value, marks)
    elif name in found and not isinstance(value, Guard):
        inherited = found[name]
        if inherited.marks and callable(value):
            found[name] = Declaration(name, value, inherited.marks)
        else:
            del found[name]


def _declares(value: Any) -> bool:
    """Whether an attribute declares something by being there."""
    if isinstance(value, type):
        # a machine class is no part: it is taken along so that the compiler can say so
        members: Mapping[str, Any] = vars(value)
        return issubclass(value, Vertex) or isinstance(members.get("hsm_model"), Element)
    return isinstance(value, _DECLARING)


def strays(machine: type) -> list[str]:
    """The classes written in *machine* that carry marks like a state, and are none, nor a base class of one."""
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
        is_inner = isinstance(value, type) and value.__qualname__ == f"{owner.__qualname__}.{value.__name__}"
        if is_inner and not isinstance(vars(value).get("hsm_model"), Element):
            yield value
            yield from _written(value)


def names_in(owner: type) -> dict[int, str]:
    """Under which name *owner*, or a class it derives from, has each attribute, by the identity of the attribute."""
    found: dict[int, str] = {}
    for base in owner.__mro__:
        for name, value in vars(base).items():
            found.setdefault(id(value), name)
    return found
