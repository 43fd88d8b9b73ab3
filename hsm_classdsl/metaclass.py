"""The metaclass of machines and states: it keeps what their bodies say, and guards what was made of them.

In: a class statement. Out: a class with its notes and the position of its statement. It judges nothing: what is wrong
with the notes, and with a late assignment, is for the compiler to say. Never imports the compiler, the tables or the
run time.

It can be joined with a metaclass from elsewhere: ``class Meta(type(Machine), type(Other)): ...``.
"""

from __future__ import annotations

import sys
import typing
from abc import ABCMeta
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typing_extensions

from hsm.elements.parts import Element
from hsm.kinds import is_a, special
from hsm.position import class_statement
from hsm_classdsl.notes import NOTES, Body, Claimed, Ours, note

if TYPE_CHECKING:
    _Joinable = ABCMeta
else:
    # an ABCMeta that protocols share, so that those may be mixed in; before Python 3.13.1 typing_extensions has one of
    # its own, which derives from that of `typing`
    _Joinable = type(typing_extensions.Protocol)

_super: Any = super  # of a class that is not known to checkers

_PROTOCOLS = (type(typing.Protocol), type(typing_extensions.Protocol))


def _beyond(metacls: type, made: Any) -> Any:
    """``super()`` of `BodyMeta`, past the metaclasses of protocols, which no machine is.

    ``__init__`` of those, and ``__new__`` of the one of typing_extensions, end the chain of calls, so that a metaclass
    joined with ours would never be called.
    """
    order = metacls.__mro__
    last = order.index(BodyMeta)
    while order[last + 1] in _PROTOCOLS:
        last += 1
    return _super(order[last], made)


class BodyMeta(_Joinable):
    """What the metaclasses of machines and states have in common.

    A class gets these attributes:

    - ``__hsm_notes__``: the notes of its body;
    - ``hsm_where``: the position of its class statement;
    - ``hsm_closed``: once a model was made of it, what judges a later change: a function of class, name and value.
    """

    if not TYPE_CHECKING:  # a checker that saw these would not look at the keywords of a class statement

        @classmethod
        def __prepare__(metacls, name: str, bases: tuple[type, ...], /, **keywords: Any) -> Body:
            return Body(super().__prepare__(name, bases, **keywords))

        def __new__(metacls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **keywords: Any) -> Any:
            where, namespace = _own(namespace)
            is_joined = metacls.__module__.partition(".")[0] != "hsm_classdsl"
            aside = [each for each, value in namespace.items() if _is_awkward(value) or (is_joined and _is_ours(value))]
            values = [namespace.pop(each) for each in aside]
            made = _beyond(metacls, metacls).__new__(metacls, name, bases, namespace, **keywords)
            for each, value in zip(aside, values, strict=True):
                _put(made, each, value)
            # a decorator that makes the class a second time, as attrs does, is not where the class was written
            if "hsm_where" not in made.__dict__:
                type.__setattr__(made, "hsm_where", where or class_statement(made.__module__))
            return made

        # a machine is not a protocol, and the question whether it is one takes a microsecond each time
        __instancecheck__ = ABCMeta.__instancecheck__
        __subclasscheck__ = ABCMeta.__subclasscheck__

        def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **keywords: Any) -> None:
            _beyond(type(cls), cls).__init__(name, bases, namespace, **keywords)

    def __setattr__(cls, name: str, value: Any) -> None:
        cls._judge(name, value)
        try:
            super().__setattr__(name, value)
        except TypeError as error:
            if "can't apply this __setattr__" not in str(error):
                raise
            # a metaclass in C, such as Qt's, has a way of its own to set attributes, and no name for it: only there
            # are late assignments not noticed
            joined: Any = type(cls)
            type.__setattr__(joined, "__setattr__", type.__setattr__)
            type.__setattr__(joined, "__delattr__", type.__delattr__)
            setattr(cls, name, value)

    def __delattr__(cls, name: str) -> None:
        cls._judge(name, None)
        super().__delattr__(name)

    def _judge(cls, name: str, value: Any) -> None:
        """Have the change of the attribute *name* judged, unless it comes in time or is the library's own."""
        closed = cls.__dict__.get("hsm_closed")
        if closed is not None and not name.startswith("hsm_"):
            closed(cls, name, value)

    def __iter__(cls) -> Iterator[type]:
        """The vertex classes directly in it, those of base classes first."""
        found: dict[str, type] = {}
        for base in reversed(cls.__mro__):
            for name, value in vars(base).items():
                if is_a(value, VertexMeta):
                    found[name] = value
                else:
                    found.pop(name, None)
        return iter(found.values())


def _own(namespace: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The class statement, if there is one, and *namespace* as that of a new class, with the notes in it."""
    if is_a(namespace, Body):
        where = namespace.statement()
        namespace[NOTES] = namespace.close()
    else:  # of `type(...)`, of a decorator that makes a class anew, or of a metaclass that comes before ours
        where = None
        namespace = {name: value for name, value in namespace.items() if name != "hsm_closed"}
    if where is None:
        # marks in it were made around the class, and are not declarations of the class around
        note(Claimed(tuple(namespace.values())), 2)
        namespace.setdefault("__module__", _caller())
    return where, namespace


def _caller() -> str:
    """The module that makes a class by a call: Python would take that of `abc`, whose frame is the innermost one."""
    frame = sys._getframe(3)  # pyright: ignore[reportPrivateUsage]  # the only way in about a microsecond
    while frame.f_back is not None and frame.f_globals.get("__name__") in ("types", __name__):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


def _is_awkward(value: Any) -> bool:
    """Whether *value* has no answer to the question that ABCMeta asks every attribute.

    An unbound proxy raises; what has every attribute would make its class abstract.
    """
    try:
        return type(getattr(value, "__isabstractmethod__", False)) is not bool
    except Exception:  # of the user's own ``__getattr__``
        return True


def _is_ours(value: Any) -> bool:
    """Whether *value* is nothing to a metaclass from elsewhere: pydantic's would want to know the type of the field."""
    return is_a(value, Ours) or is_a(value, Element)


def _put(made: Any, name: str, value: Any) -> None:
    """Put *value* into the class *made*, as the class statement would have done it."""
    type.__setattr__(made, name, value)
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]  # of an attribute of the user's
    if special(kind, "__set_name__") is not None:
        kind.__set_name__(value, made, name)


class VertexMeta(BodyMeta):
    """The metaclass of states and pseudostates.

    A class gets the attribute ``hsm_place``: the class in whose body it was written, and its name there.
    """

    def __set_name__(cls, owner: type, name: str) -> None:
        known = cls.__dict__.get("hsm_place")
        # the first place counts, as for a function's qualified name; a decorator may make the owner anew
        if known is None or known[0].__qualname__ == owner.__qualname__:
            type.__setattr__(cls, "hsm_place", (owner, name))

    def __str__(cls) -> str:
        steps: list[str] = []
        at: Any = cls
        while is_a(at, VertexMeta) and "hsm_place" in at.__dict__:
            at, name = at.__dict__["hsm_place"]
            steps.append(name)
        if is_a(at, VertexMeta) or not is_a(at, BodyMeta):
            return repr(cls)  # it is in no machine
        return "/".join(("", at.__name__, *reversed(steps)))

    def __repr__(cls) -> str:
        kind: type[Element] | None = getattr(cls, "hsm_kind", None)
        return description(cls, "vertex" if kind is None else kind.word)


_SHOWN = 6
"""How many vertices the repr of a class names."""


def description(cls: BodyMeta, word: str) -> str:
    """The repr of a class: what it is, its name, and the first of the vertices in it."""
    inner = [each.__name__ for each in cls]
    more = ", ..." if len(inner) > _SHOWN else ""
    return f"<{word} {cls.__module__}.{cls.__qualname__}{': ' if inner else ''}{', '.join(inner[:_SHOWN])}{more}>"
