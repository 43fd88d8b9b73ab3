"""Attributes: what objects of one class have, how each of it is written, and how an object is filled again.

In: a class. Out: its annotations, resolved one by one, so that one that cannot be resolved takes nothing from the
others; and objects made and filled. Which attributes there are is the business of ``__getstate__``, as for pickle.
"""

from __future__ import annotations

import dataclasses
import inspect
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
        arguments: What is given for the type variables of a generic class.
    """

    def __init__(
        self, kind: Any, coder_of: Callable[[Any], Coder], left_out: str = "", arguments: tuple[Any, ...] = ()
    ) -> None:
        self._kind = kind
        self._coder_of = coder_of
        self._left_out = left_out
        self.annotations = annotations_of(kind)
        if arguments:
            given = dict(zip(kind.__parameters__, arguments, strict=False))
            self.annotations = {name: _filled(each, given) for name, each in self.annotations.items()}
        self._coders: dict[str, Coder] = {}
        self._arguments = _init_arguments(kind)
        self._has_own_ways = self._arguments is not None and _has_own_ways(kind)
        self._is_pydantic = hasattr(kind, "__pydantic_fields_set__")
        self._has_setstate = has_own_setstate(kind) and not self._is_pydantic

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
        if type_of(state) is list and _is_of_dataclasses(self._kind.__getstate__):  # of one that is frozen, with slots
            names = [field.name for field in dataclasses.fields(self._kind)]
            return dict(zip(names, state, strict=True))
        if not issubclass(type_of(state), dict):
            raise Misfit(f"has a '__getstate__' that returns {shown(state, 60)}; it must return a dict to be saved")
        found: dict[str, Any] = _of_pydantic(state) if self._is_pydantic else state
        return {name: each for name, each in found.items() if name != self._left_out}

    def annotation(self, name: str) -> Any:
        """What the attribute called *name* is annotated with; ``Any`` if it is not."""
        return self.annotations.get(name, Any)

    def coder(self, name: str) -> Coder:
        """How the attribute called *name* is written, and read.

        Raises:
            Misfit: Objects of this class cannot have it as data of their own.
        """
        coder = self._coders.get(name)
        if coder is None:
            self.check(name)
            coder = self._coder_of(self.annotation(name))
            if len(self._coders) < _MOST:
                self._coders[name] = coder
        return coder

    def check(self, name: str) -> None:
        """Whether *name* can be data of an object's own, whoever reads it.

        Raises:
            Misfit: It cannot.
        """
        if not self._takes(name):
            raise Misfit("cannot be data of such an object")

    def _takes(self, name: str) -> bool:
        """Whether *name* may be set: it is no part of Python's or the library's own, and there is room for it."""
        if self._has_setstate and self._arguments is None:
            return True  # what its `__getstate__` returns is between the two of them
        kind = self._kind
        if name == self._left_out or name.startswith(("__", "_hsm_")) or name in getattr(kind, "hsm_reserved", ()):
            return False
        return kind.__dictoffset__ != 0 or hasattr(type_of(inspect.getattr_static(kind, name, None)), "__set__")

    def encode(self, value: Any) -> dict[str, Any]:
        """The attributes of *value*, each coded."""
        known, step = self._coders, self._step
        return {
            name: within((known.get(name) or step(name)).encode, each, f".{name}")
            for name, each in self.state(value).items()
        }

    def _step(self, name: str) -> Coder:
        """The coder of *name*; a misfit says that it is of that."""
        coder: Coder = within(self.coder, name, f".{name}")
        return coder

    def made(self, data: dict[str, Any]) -> Any:
        """A new object with the attributes that *data* has.

        Raises:
            Misfit: They are of other types, or the class does not take them.
        """
        known, step = self._coders, self._step
        values = {name: within((known.get(name) or step(name)).decode, each, f".{name}") for name, each in data.items()}
        made: Any
        if self._is_pydantic:
            made = self._kind.model_construct()  # without validation, and with all that such an object needs
        elif self._arguments is None:
            made = self._kind.__new__(self._kind)
        else:
            given = {argument: values[name] for name, argument in self._arguments.items() if name in values}
            try:
                made = self._kind(**given)
            except Exception as error:
                raise Misfit(f"cannot be made again: '{self._kind.__qualname__}' raised {shown(error, 100)}") from error
            if not self._has_own_ways:  # otherwise it may have made something else of what it was given
                values = {name: each for name, each in values.items() if name not in self._arguments}
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
                if self._is_pydantic and name in self._kind.__private_attributes__:
                    target.__pydantic_private__[name] = value
                else:
                    object.__setattr__(target, name, value)  # it may be frozen
            except AttributeError:
                raise Misfit(f"no longer takes an attribute '{name}'", f".{name}") from None
            except Exception as error:  # of a property, or of another descriptor of the user's
                raise Misfit(f"refused its attribute '{name}': {shown(error, 100)}") from error


def _of_pydantic(state: dict[str, Any]) -> dict[str, Any]:
    """The fields and the private attributes in *state*, as models of pydantic keep them.

    Raises:
        Misfit: There are others, of which no class says what they are.
    """
    if "__dict__" not in state:
        return state  # what the user's own `__getstate__` says
    if state.get("__pydantic_extra__"):
        raise Misfit(f"has fields that it does not declare: {shown(state['__pydantic_extra__'], 60)}")
    found: dict[str, Any] = {**state["__dict__"], **(state.get("__pydantic_private__") or {})}
    found.pop("_hsm_run", None)
    return found


_MOST = 200
"""Coders of attributes that are kept for a class: objects may have ever new ones."""


def has_own_setstate(kind: Any) -> bool:
    """Whether the author of *kind* wrote a ``__setstate__``; those of attrs, dataclasses and events do no more."""
    setstate = getattr(kind, "__setstate__", None)
    if setstate is None or _is_of_dataclasses(setstate):
        return False
    return setstate.__module__ != "hsm.events" and not setstate.__module__.startswith("attr.")


def _is_of_dataclasses(method: Any) -> bool:
    return getattr(method, "__module__", "") == "dataclasses"


def _init_arguments(kind: Any) -> dict[str, str] | None:
    """What the ``__init__`` of an attrs class or a dataclass takes, by attribute; ``None`` for other classes.

    Also for one whose ``__init__`` takes something else: an ``InitVar``, or what its author wrote.
    """
    if "__attrs_attrs__" in kind.__dict__:
        found = {field.name: field.alias for field in attrs.fields(kind) if field.init}
    elif "__dataclass_fields__" in kind.__dict__:
        found = {field.name: field.name for field in dataclasses.fields(kind) if field.init}
    else:
        return None
    code = getattr(kind.__init__, "__code__", None)
    taken = () if code is None else code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    return found if {*taken} == {*found.values()} else None


def _has_own_ways(kind: Any) -> bool:
    """Whether the ``__init__`` of *kind* does more than set attributes."""
    has_converter = "__attrs_attrs__" in kind.__dict__ and any(field.converter for field in attrs.fields(kind))
    return has_converter or has_post_init(kind)


def has_post_init(kind: Any) -> bool:
    """Whether the ``__init__`` of *kind* ends in a method of its author."""
    return hasattr(kind, "__post_init__") or hasattr(kind, "__attrs_post_init__")


def _filled(annotation: Any, given: Mapping[Any, Any]) -> Any:
    """*annotation* with what is *given* for its type variables."""
    if is_a(annotation, typing.TypeVar):
        return given.get(annotation, Any)
    variables: tuple[Any, ...] = getattr(annotation, "__parameters__", ())
    if not variables or is_a(annotation, type):  # a generic class without arguments says nothing of them
        return annotation
    generic: Any = annotation
    return generic[tuple([given.get(each, Any) for each in variables])]


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
