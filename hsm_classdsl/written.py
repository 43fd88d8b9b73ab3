"""What stands in one class body: its attributes in order, those without a name, and what was lost.

In: a class with the notes of its body. Out: `Attribute`s. Something that was lost becomes an attribute as well, a
`Lost`, for the compiler to report. Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType, NoneType
from typing import Any

import attrs

from hsm.elements.grammar import ALLOWED_PARTS
from hsm.elements.mistakes import LostMark, Rebound
from hsm.elements.nodes import Model, State
from hsm.elements.parts import Element
from hsm.elements.walk import parts_of
from hsm.kinds import attribute_of, is_a
from hsm.position import Source
from hsm_classdsl.guards import is_guard
from hsm_classdsl.marks import Mark, attachments_of, is_mark
from hsm_classdsl.metaclass import VertexMeta
from hsm_classdsl.notes import NOTES, Attached, Bound, Made, Note, Unbound
from hsm_classdsl.vertices import Submachine

_STANDING = ALLOWED_PARTS[Model] | ALLOWED_PARTS[State]
"""The kinds of element that may stand in a class body by themselves."""
_LIBRARYS = frozenset({"hsm_model", "hsm_closed", "hsm_place", "hsm_paths", "hsm_broken"})
"""Attributes that the library gives a class."""
_PLAIN = frozenset({FunctionType, str, int, float, bool, NoneType, tuple, list, dict})
"""Kinds of attribute that most are of, and that declare nothing: a shorter way to the same answer."""
_NAMELESS = "_"
"""The name that any number of methods may have."""


@attrs.frozen
class Attribute:
    """An attribute of a class.

    Attributes:
        name: The name to which it is bound; ``None`` if it has none, or is called ``_``.
        value: The attribute.
        marks: The marks on it that count in this class.
    """

    name: str | None
    value: Any
    marks: tuple[Mark, ...] = ()


def declares(value: object) -> bool:
    """Whether an attribute declares something by being there, marks on it aside."""
    if type(value) in _PLAIN:
        return False
    if is_a(value, VertexMeta):
        return True
    if is_a(value, type):
        # a machine class is not a part: it is kept so that the compiler can say so
        return has_model(value)
    return is_mark(value) or is_a(value, Element) or is_a(value, Submachine)


def has_model(value: type) -> bool:
    """Whether *value* is a machine class that declares something."""
    return is_a(vars(value).get("hsm_model"), Element)


def signs_of(value: object) -> frozenset[int]:
    """The identities of what *value* declares; empty if it declares nothing. A guard counts, too."""
    attached = attachments_of(value)
    if attached:
        return frozenset([id(each.mark) for each in attached])
    if is_a(value, VertexMeta):
        return frozenset([id(vars(value)["hsm_where"])])  # a decorator that makes the class anew leaves it in there
    counts = declares(value) or is_guard(value)
    return frozenset([id(value)]) if counts else frozenset()


def attributes_of(owner: type) -> list[Attribute]:
    """The attributes of *owner* itself, in order."""
    notes: list[Note] = vars(owner).get(NOTES, [])
    return list(_Reading(owner, notes).attributes())


class _Reading:
    """One class body, as it is read."""

    def __init__(self, owner: type, notes: list[Note]) -> None:
        self.members: Mapping[str, Any] = vars(owner)
        self.prefix = f"{owner.__qualname__}."
        self.notes = notes
        self.bound: dict[str, list[Bound]] = {}
        """The bindings of each name, as far as it was not deleted since."""
        self.known: set[int] = set()
        """The identity of everything that has a name, a function or another element to which it belongs."""
        self.taken: set[int] = set()
        """The identity of everything that was read: what has two names counts once."""
        for each in notes:
            self._survey(each)
        for value in self.members.values():
            self._know(value)

    def _survey(self, each: Note) -> None:
        if type(each) is Bound:
            self.bound.setdefault(each.name, []).append(each)
            self._know(each.value)
        elif type(each) is Made:
            self.known.update(map(id, parts_of(each.value) if is_a(each.value, Element) else ()))
        elif type(each) is Attached:
            self.known.add(id(each.mark))
        elif type(each) is Unbound:
            self.bound.pop(each.name, None)
        else:
            for value in each.values:
                self._know(value)

    def _know(self, value: object) -> None:
        if id(value) in self.known:
            return
        self.known.add(id(value))
        self.known.update(map(id, attachments_of(value)))
        self.known.update(map(id, value.parts if is_a(value, Submachine) else ()))

    # --- in order -----------------------------------------------------------------------------------------------

    def attributes(self) -> Iterator[Attribute]:
        """What stands in the body, in order; then what the class has besides."""
        live = {id(each): following for name in self.bound for each, following in self._bindings(name)}
        for each in self.notes:
            if type(each) is Bound and id(each) in live:
                yield from self._binding(each, live[id(each)])
            elif type(each) is Made:
                yield from self._made(each.value)
            elif type(each) is Attached and id(each) not in self.known:
                yield from self._unnamed_function(each)
        for name, value in self.members.items():
            if name not in self.bound and name not in _LIBRARYS:
                yield from self._named(None if name == _NAMELESS else name, value)

    def _bindings(self, name: str) -> Iterator[tuple[Bound, Bound | None]]:
        """The bindings of *name* that matter, each with the one that comes next."""
        several = self.bound[name]
        if name != _NAMELESS and not any(signs_of(each.value) for each in several):
            several = several[-1:]  # plain Python: the last one counts
        yield from zip(several, [*several[1:], None], strict=True)

    def _binding(self, note: Bound, following: Bound | None) -> Iterator[Attribute]:
        """What one binding of a name declares; of several, the last counts, and what another declared is lost."""
        name, value = note.name, note.value
        if name == _NAMELESS:
            yield from self._named(_NAMELESS if is_a(value, type) else None, value)
        elif following is None:
            yield from self._named(name, self.members.get(name, value))
        elif self._is_lost(note, following):
            if is_a(value, VertexMeta):
                yield Attribute(name, value)  # what is wrong in it is reported, too
            # two vertices with one name are reported as in the functional front end
            if not (is_a(value, VertexMeta) and is_a(following.value, VertexMeta)):
                yield Attribute(None, Rebound(name, note.where, where=following.where))

    def _is_lost(self, note: Bound, following: Bound) -> bool:
        """Whether something that *note* declares has no name after *following*, or what has one was replaced by it."""
        is_again = note.where.code is following.where.code and note.where.offset == following.where.offset
        last = self.bound[note.name][-1]
        signs, others = signs_of(note.value), signs_of(following.value)
        if is_again and following is not last:
            return False  # of what a loop binds again and again, one is reported
        if signs:
            return not (signs <= others or signs <= signs_of(last.value))
        return bool(others) and not (_is_overload(note.value) or _wraps(following.value, note.value))

    def _named(self, name: str | None, value: object) -> Iterator[Attribute]:
        """*value* under its *name*, with the marks that count here."""
        attached = self._of_this_body(value)
        has_name = is_a(value, type) or is_a(value, Submachine)
        if attached or (declares(value) and not has_name):
            signs = [id(each.mark) for each in attached] or [id(value)]
            if not self.taken.isdisjoint(signs):
                return
            self.taken.update(signs)
        if name is not None or attached or declares(value):
            yield Attribute(name, value, tuple([each.mark for each in attached]))

    def _of_this_body(self, value: object) -> list[Attached]:
        """The marks on *value* that count here.

        A function that is used in several bodies collects the marks of all; those that another body put on it are not
        meant here, unless this one puts none on it and takes the function as it is.
        """
        attached = attachments_of(value)
        if any(each.home is self.notes for each in attached):
            return [each for each in attached if each.home is None or each.home is self.notes]
        return list(attached)

    # --- without a name -----------------------------------------------------------------------------------------

    def _made(self, value: Any) -> Iterator[Attribute]:
        """A mark or an element that was made, if it has no name and belongs to nothing else."""
        if id(value) not in self.known and (not is_a(value, Element) or type(value) in _STANDING):
            yield Attribute(None, value)

    def _unnamed_function(self, note: Attached) -> Iterator[Attribute]:
        """A function that was marked and has no name here: one from elsewhere, or one whose mark was lost."""
        name, path = [attribute_of(note.function, each) for each in ("__name__", "__qualname__")]
        if type(name) is not str or not name.isidentifier() or type(path) is not str or path != self.prefix + name:
            yield from self._named(None, note.function)
        elif self.bound:
            if name in self.bound:
                yield Attribute(None, LostMark(name, where=note.mark.where))
        else:
            yield from self._replaced(name, note)

    def _replaced(self, name: str, note: Attached) -> Iterator[Attribute]:
        """A method of a body whose bindings were not noted, that is not the one which has its *name* now."""
        others = [each for each in attachments_of(self.members.get(name)) if each.home is self.notes]
        if name == _NAMELESS:
            yield from self._named(None, note.function)
        elif others:
            yield Attribute(None, Rebound(name, note.mark.where, where=others[-1].mark.where))
        elif name in self.members:
            yield Attribute(None, LostMark(name, where=note.mark.where))


def _is_overload(value: object) -> bool:
    return is_a(value, FunctionType) and value.__name__ == "_overload_dummy"


_INNER = ("function", "__wrapped__", "__func__", "func", "fget")
"""Where what wraps a function keeps it."""


def _wraps(outer: Any, inner: object) -> bool:
    """Whether *inner* is what *outer* was made of."""
    for _ in range(20):  # a decorator may refer to itself
        if outer is inner:
            return True
        found = [attribute_of(outer, name) for name in _INNER]
        outer = next((each for each in found if each is not None), None)
    return False


def where_of(attribute: Attribute) -> Source | None:
    """The position of the mark, or of whatever else the attribute declares."""
    first = attribute.marks[0] if attribute.marks else attribute.value
    return vars(first)["hsm_where"] if is_a(first, VertexMeta) else getattr(first, "where", None)
