"""Attributes: what objects of one class have, how each of it is written, and how an object is filled again.

In: a class. Out: its annotations, resolved one by one, so that one that cannot be resolved takes nothing from the
others; and objects made and filled. Which attributes there are is the business of ``__getstate__``, as for pickle.
"""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs
import typing_extensions

from hsm.kinds import is_a, type_of
from hsm.names import shown
from hsm.saved.coding import Misfit, within


class Coder(NamedTuple):
    """How values of one type are written, and read."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


class Attributes:
    """The attributes of objects of one class: which they are, and the coder of each.

    Args:
        kind: The class.
        coder_of: The coder of an annotation.
        left_out: The name of an attribute that is no data of the object's own.
    """

    def __init__(self, kind: Any, coder_of: Callable[[Any], Coder], left_out: str = "") -> None:
        self._kind = kind
        self._coder_of = coder_of
        self._left_out = left_out
        self.annotations = annotations_of(kind)
        self._coders: dict[str, Coder] = {}
        self._arguments = _init_arguments(kind)
        self._has_setstate = _has_own_setstate(kind)

    def state(self, value: Any) -> dict[str, Any]:
        """What *value* has, by the rules of pickle: its ``__getstate__`` says what is left out.

        Raises:
            Misfit: Its state is no mapping.
        """
        state: Any = value.__getstate__()
        if type_of(state) is tuple:  # of a class with slots: these stand behind the rest
            both: dict[str, Any] = {**(state[0] or {}), **state[1]}
            state = both
        if state is None:
            return {}
        if not issubclass(type_of(state), dict):
            raise Misfit(f"has a '__getstate__' that returns {shown(state, 60)}; it must return a dict to be saved")
        found: dict[str, Any] = state
        return {name: each for name, each in found.items() if name != self._left_out}

    def annotation(self, name: str) -> Any:
        """What the attribute called *name* is annotated with; ``Any`` if it is not."""
        return self.annotations.get(name, Any)

    def coder(self, name: str) -> Coder:
        """How the attribute called *name* is written, and read."""
        coder = self._coders.get(name)
        if coder is None:
            coder = self._coder_of(self.annotation(name))
            if len(self._coders) < _MOST:
                self._coders[name] = coder
        return coder

    def encode(self, value: Any) -> dict[str, Any]:
        """The attributes of *value*, each coded."""
        return {name: within(self.coder(name).encode, each, f".{name}") for name, each in self.state(value).items()}

    def made(self, data: dict[str, Any]) -> Any:
        """A new object with the attributes that *data* has.

        Raises:
            Misfit: They are of other types, or the class does not take them.
        """
        values = {name: within(self.coder(name).decode, each, f".{name}") for name, each in data.items()}
        made: Any
        if self._arguments is None:
            made = self._kind.__new__(self._kind)
        else:
            given = {argument: values.pop(name) for name, argument in self._arguments.items() if name in values}
            try:
                made = self._kind(**given)
            except Exception as error:
                raise Misfit(f"cannot be made again: '{self._kind.__qualname__}' raised {shown(error, 100)}") from error
        self.fill(made, values)
        return made

    def fill(self, target: Any, values: dict[str, Any]) -> None:
        """Give *target* its attributes back; that is the business of a ``__setstate__``, where there is one.

        Raises:
            Misfit: It does not take one of them.
        """
        if self._has_setstate and self._arguments is None:
            try:
                target.__setstate__(values)
            except Exception as error:
                raise Misfit(f"refused what was saved: '__setstate__' raised {shown(error, 100)}") from error
            return
        for name, value in values.items():
            try:
                object.__setattr__(target, name, value)  # it may be frozen
            except AttributeError:
                raise Misfit(f"no longer takes an attribute '{name}'", f".{name}") from None


_MOST = 200
"""Coders of attributes that are kept for a class: objects may have ever new ones."""


def _has_own_setstate(kind: Any) -> bool:
    """Whether the author of *kind* wrote a ``__setstate__``; attrs makes one, and events have one, which do no more."""
    setstate = getattr(kind, "__setstate__", None)
    module = getattr(setstate, "__module__", "")
    return setstate is not None and module != "hsm.events" and not module.startswith("attr.")


def _init_arguments(kind: Any) -> dict[str, str] | None:
    """What the ``__init__`` of an attrs class or a dataclass takes, by attribute; ``None`` for other classes."""
    if "__attrs_attrs__" in kind.__dict__:
        return {field.name: field.alias for field in attrs.fields(kind) if field.init}
    if "__dataclass_fields__" in kind.__dict__:
        return {field.name: field.name for field in dataclasses.fields(kind) if field.init}
    return None


def annotations_of(kind: Any) -> dict[str, Any]:
    """What the attributes of *kind* are annotated with, its bases' included; what cannot be found out is left out."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        known: Mapping[str, Any] = typing_extensions.get_annotations(base, format=typing_extensions.Format.FORWARDREF)
        for name, annotation in known.items():
            resolved = _resolved(annotation, base)
            if resolved is not None:
                found[name] = resolved
    return found


def _resolved(annotation: Any, owner: type) -> Any:
    """*annotation* of a class, with whatever is written in it as a string; ``None`` where its names cannot be found."""
    if is_a(annotation, str) or is_a(annotation, typing.ForwardRef):
        text = annotation if is_a(annotation, str) else annotation.__forward_arg__
        namespace = getattr(sys.modules.get(owner.__module__), "__dict__", {})
        try:
            return _resolved(eval(text, dict(namespace), {**vars(owner), owner.__name__: owner}), owner)
        except Exception:  # a name of a function's, or one that only type checkers see
            return None
    arguments = typing_extensions.get_args(annotation)
    origin: Any = typing_extensions.get_origin(annotation)
    if origin is typing_extensions.Literal:
        return annotation
    types_in = arguments[:1] if origin is typing_extensions.Annotated else arguments  # what follows is no type
    found = [_resolved(type(None) if each is None else each, owner) for each in types_in]
    if None in found:
        return None
    found.extend(arguments[len(found) :])
    if tuple(found) == arguments:
        return annotation
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(found)]  # noqa: UP007
    return origin[found[0] if len(found) == 1 else tuple(found)]  # some forms take one type, and no tuple
