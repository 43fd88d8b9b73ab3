"""Coders: for each annotation, how a value becomes what JSON has, and how it comes back.

In: annotations. Out: pairs of functions, made once for each class and kept on it. A class is taken by its attributes,
as pickle would take it; how it comes back depends on what it is: attrs classes and dataclasses by their ``__init__``,
so that what was added to them meanwhile has its default, others by ``__setstate__`` or attribute by attribute.
"""

from __future__ import annotations

import collections
import collections.abc
import enum
import functools
import sys
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import typing_extensions

from hsm.kinds import type_of
from hsm.names import shown
from hsm.saved.attributes import Attributes, Coder, annotations_of
from hsm.saved.coding import Misfit, native, several, within
from hsm.saved.scalars import SIMPLE, by_text, enumeration, literal, nothing, other_than, type_name


class PlainCodec:
    """The codec of the library: attrs classes, dataclasses and plain classes, by their annotations.

    Without an annotation, only what JSON has itself can be written: anything else would come back as something else.
    """

    def encode(self, value: Any, annotation: Any, /) -> Any:
        """*value* as what JSON has.

        Raises:
            Misfit: It would not come back as it is.
        """
        return coder_of(annotation).encode(value)

    def decode(self, data: Any, annotation: Any, /) -> Any:
        """The value of which `encode` made *data*.

        Raises:
            Misfit: *data* is none of that type.
        """
        return coder_of(annotation).decode(data)


PLAIN = PlainCodec()
"""The codec unless another one is given."""


_NATIVE = Coder(native, native)
"""The coder where nothing is said: for what JSON has itself."""
_KEPT, _ATTRIBUTES = "_hsm_coder", "_hsm_attributes"
"""The attributes of a class that have its coder, and what its objects have: in a table they would keep the class."""


def coder_of(annotation: Any) -> Coder:
    """The coder of what is annotated with *annotation*."""
    if annotation is Any or annotation is object:
        return _NATIVE
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return _of_class(annotation)
    origin: Any = typing_extensions.get_origin(annotation)
    arguments = typing_extensions.get_args(annotation)
    if origin is None:
        return _of_form(annotation)
    if origin is typing_extensions.Annotated or origin in _TRANSPARENT:
        return coder_of(arguments[0])
    if origin is typing_extensions.Literal:
        return literal(arguments)
    if origin in (typing.Union, types.UnionType):
        return _union([coder_of(each) for each in arguments], annotation)
    if origin in _SEQUENCES or origin in _MAPPINGS:
        return _container(origin, arguments)
    if not isinstance(origin, type):
        return nothing(annotation)
    return _object(origin, arguments) if getattr(origin, "__parameters__", ()) else _of_class(origin)


def _of_form(annotation: Any) -> Coder:
    """The coder of something that is no class and has no arguments: ``Any``, a type variable, a new type."""
    if isinstance(annotation, typing.NewType):
        return coder_of(annotation.__supertype__)
    if isinstance(annotation, typing_extensions.TypeAliasType):
        return coder_of(annotation.__value__)
    if annotation is None:
        return SIMPLE[type(None)]
    return _NATIVE if isinstance(annotation, typing.TypeVar) else nothing(annotation)


def _of_class(kind: type) -> Coder:
    """The coder of *kind*, made once."""
    simple = SIMPLE.get(kind)
    if simple is not None:
        return simple
    kept: Coder | None = kind.__dict__.get(_KEPT)
    if kept is not None:
        return kept
    coder = _made(kind)
    if _is_open(kind):
        type.__setattr__(kind, _KEPT, coder)  # whatever a metaclass says of attributes that are set
    return coder


def attributes_of(kind: type, link: str = "") -> Attributes:
    """The attributes of the objects of *kind*, which is the class of an instance or of a state object; made once.

    Args:
        kind: The class.
        link: An attribute that is no data of the object's own.
    """
    kept: Attributes | None = kind.__dict__.get(_ATTRIBUTES)
    if kept is None:
        kept = Attributes(kind, coder_of, link)
        type.__setattr__(kind, _ATTRIBUTES, kept)  # as above
    return kept


def _made(kind: type) -> Coder:
    for is_such, make in _KINDS:
        if is_such(kind):
            return make(kind)
    if kind in _SEQUENCES or kind in _MAPPINGS:
        return _container(kind, ())
    return _object(kind) if all(map(_is_open, kind.__mro__)) else nothing(kind)


_HEAP, _IMMUTABLE = 1 << 9, 1 << 8
"""Flags of types: made while the program runs, as by a class statement; and closed to changes, as those in C are."""


def _is_open(kind: type) -> bool:
    """Whether *kind* comes from a class statement, so that all that its objects have is known."""
    return kind in (object, typing.Generic) or kind.__flags__ & (_HEAP | _IMMUTABLE) == _HEAP


# --- unions --------------------------------------------------------------------------------------------------


def _union(members: list[Coder], annotation: Any) -> Coder:
    """The coder of one of several types: the first that can write the value, if it is also the first that reads it."""

    def encode(value: Any) -> Any:
        for number, member in enumerate(members):
            try:
                data = member.encode(value)
            except Misfit:
                continue
            # two classes may have the same attributes, and what one member writes as text another may read
            if any(_reads(other, data) for other in members[:number]):
                raise Misfit(
                    f"is {shown(value, 60)}, which would come back otherwise: '{type_name(annotation)}' is ambiguous"
                )
            return data
        raise Misfit(f"is {shown(value, 60)}, which cannot be saved as '{type_name(annotation)}'")

    def decode(data: Any) -> Any:
        for member in members:
            try:
                return member.decode(data)
            except Misfit:
                continue
        raise other_than(data, annotation)

    return Coder(encode, decode)


def _reads(member: Coder, data: Any) -> bool:
    """Whether *member* can read *data*."""
    try:
        member.decode(data)
    except Misfit:
        return False
    return True


# --- containers ----------------------------------------------------------------------------------------------

_TRANSPARENT = tuple(
    getattr(module, name)
    for module in (typing, typing_extensions)
    for name in ("Final", "Required", "NotRequired", "ReadOnly", "ClassVar")
    if hasattr(module, name)
)
_REQUIRED = (typing.Required, typing_extensions.Required)
_OPTIONAL = (typing.NotRequired, typing_extensions.NotRequired)
_SEQUENCES: Mapping[Any, type] = {
    list: list, tuple: tuple, set: set, frozenset: frozenset, collections.deque: collections.deque,
    collections.abc.Sequence: list, collections.abc.MutableSequence: list, collections.abc.Iterable: list,
    collections.abc.Collection: list, collections.abc.Set: set, collections.abc.MutableSet: set,
}  # fmt: skip
"""What is written as a list, with what comes back."""
_MAPPINGS: Mapping[Any, type] = {
    dict: dict, collections.abc.Mapping: dict, collections.abc.MutableMapping: dict,
    collections.OrderedDict: collections.OrderedDict, collections.Counter: collections.Counter,
}  # fmt: skip
"""What is written as an object, with what comes back."""


def _container(origin: Any, arguments: tuple[Any, ...]) -> Coder:
    if origin in _MAPPINGS:
        default = (Any, int) if origin is collections.Counter and not arguments else (Any, Any)
        key, value = (*arguments, int)[:2] if origin is collections.Counter and arguments else arguments or default
        return _mapping(_MAPPINGS[origin], coder_of(key), coder_of(value))
    kind = _SEQUENCES[origin]
    if kind is tuple and arguments and arguments[-1] is not Ellipsis:
        return _fixed_tuple([coder_of(each) for each in arguments if each != ()])
    inner = coder_of(arguments[0]) if arguments else _NATIVE
    if kind is collections.deque:
        return _deque(inner)

    def encode(values: Any) -> Any:
        if type(values) is not kind:
            raise other_than(values, kind)
        data = several(inner.encode, values)
        # the order of a set is another one in every process: sorted, equal machines have equal snapshots
        return sorted(data, key=_sorting) if kind in (set, frozenset) else data

    def decode(data: Any) -> Any:
        if type_of(data) is not list:
            raise other_than(data, kind)
        found = several(inner.decode, data)
        make: Any = kind
        try:
            return found if make is list else make(found)
        except TypeError:  # something in a set that has no hash
            raise other_than(data, kind) from None

    return Coder(encode, decode)


def _sorting(data: Any) -> tuple[str, str]:
    return type(data).__name__, f"{data:030}" if type(data) is int and data >= 0 else str(data)


def _deque(inner: Coder) -> Coder:
    """The coder of a deque: a list, or an object where it has a greatest length."""
    kind = collections.deque

    def encode(values: Any) -> Any:
        if type(values) is not kind:
            raise other_than(values, kind)
        data = several(inner.encode, values)
        return data if values.maxlen is None else {"items": data, "maxlen": values.maxlen}

    def decode(data: Any) -> Any:
        most = None
        items = data
        if type_of(data) is dict:
            items, most = data.get("items"), data.get("maxlen")
        if type_of(items) is not list or not (most is None or (type_of(most) is int and 0 <= most < sys.maxsize)):
            raise other_than(data, kind)
        return kind(several(inner.decode, items), most)

    return Coder(encode, decode)


def _fixed_tuple(inner: list[Coder]) -> Coder:
    def encode(values: Any) -> Any:
        if type_of(values) is not tuple or len(values) != len(inner):
            raise Misfit(f"is {shown(values, 60)}, not a tuple of {len(inner)}")
        return [
            within(each.encode, value, f"[{at}]") for at, (each, value) in enumerate(zip(inner, values, strict=True))
        ]

    def decode(data: Any) -> Any:
        if type_of(data) is not list or len(data) != len(inner):
            raise Misfit(f"is {shown(data, 60)}, not a list of {len(inner)}")
        pairs = enumerate(zip(inner, data, strict=True))
        return tuple([within(each.decode, value, f"[{at}]") for at, (each, value) in pairs])

    return Coder(encode, decode)


def _mapping(kind: Any, key: Coder, value: Coder) -> Coder:
    """The coder of a mapping. Keys that are not strings are written as the JSON of what they are."""

    def encode(mapping: Any) -> Any:
        if type(mapping) is not kind:
            raise other_than(mapping, kind)
        found: dict[str, Any] = {}
        for each, given in mapping.items():
            data = within(key.encode, each, f"[{shown(each, 60)}]")
            if type(data) not in (str, int):
                raise Misfit(f"has the key {shown(each, 60)}, which cannot be a key in JSON")
            if type(data) is int and _reads(key, str(data)):  # the text would be taken for itself
                raise Misfit(f"has the key {shown(each, 60)}, which would come back as a string: annotate it")
            found[str(data)] = within(value.encode, given, f"[{shown(each, 60)}]")
        return found

    def decode(data: Any) -> Any:
        if type_of(data) is not dict:
            raise other_than(data, kind)
        found = {_read_key(key, each): within(value.decode, given, f"[{each!r}]") for each, given in data.items()}
        return found if kind is dict else kind(found)

    return Coder(encode, decode)


_MOST_DIGITS = 4000
"""Digits of a number that Python reads."""


def _read_key(key: Coder, text: str) -> Any:
    try:
        return key.decode(text)
    except Misfit as misfit:
        digits = text.removeprefix("-")
        if digits.isdecimal() and len(digits) < _MOST_DIGITS:
            return within(key.decode, int(text), f"[{text!r}]")
        raise misfit.inside(f"[{text!r}]") from None


# --- objects -------------------------------------------------------------------------------------------------


def _named_tuple(kind: Any) -> Coder:
    known = annotations_of(kind)
    inner = [coder_of(known.get(name, Any)) for name in kind._fields]
    fixed = _fixed_tuple(inner)

    def encode(value: Any) -> Any:
        if type(value) is not kind:
            raise other_than(value, kind)
        return fixed.encode(tuple(value))

    def decode(data: Any) -> Any:
        return kind(*fixed.decode(data))

    return Coder(encode, decode)


def _typed_dict(kind: Any) -> Coder:
    annotations = annotations_of(kind)
    inner = {name: coder_of(annotation) for name, annotation in annotations.items()}
    # what is written as text says so only now, when it has been resolved
    forms = {name: typing_extensions.get_origin(annotation) for name, annotation in annotations.items()}
    required = kind.__required_keys__ - {name for name, form in forms.items() if form in _OPTIONAL}
    required |= {name for name, form in forms.items() if form in _REQUIRED}

    def code(values: Any, way: int) -> Any:
        if type_of(values) is not dict:
            raise other_than(values, kind)
        missing = sorted(required - values.keys())
        if missing:
            raise Misfit(f"lacks the key {missing[0]!r} of '{type_name(kind)}'")
        return {each: within(inner.get(each, _NATIVE)[way], value, f"[{each!r}]") for each, value in values.items()}

    return Coder(functools.partial(code, way=0), functools.partial(code, way=1))


def _object(kind: Any, arguments: tuple[Any, ...] = ()) -> Coder:
    """The coder of a class, by the attributes of its objects; those of subclasses are other types.

    Of a generic class, *arguments* are given for its type variables.
    """
    known: list[Attributes] = []  # worked out when the first object comes: a class may be about itself

    def attributes() -> Attributes:
        if not known:
            known.append(Attributes(kind, coder_of, arguments=arguments))
        return known[0]

    def encode(value: Any) -> Any:
        if type(value) is not kind:
            raise Misfit(f"is {shown(value, 60)}, not exactly of class '{type_name(kind)}'")
        return attributes().encode(value)

    def decode(data: Any) -> Any:
        if type_of(data) is not dict:
            raise other_than(data, kind)
        return attributes().made(data)

    return Coder(encode, decode)


def _path(kind: Any) -> Coder:
    return by_text(kind, str, kind)


def _is_named_tuple(kind: Any) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")  # pyright: ignore[reportUnknownArgumentType]


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Coder]], ...] = (
    (lambda kind: kind is collections.abc.Callable, nothing),  # pyright: ignore[reportUnknownMemberType]
    (lambda kind: issubclass(kind, enum.Enum), enumeration),
    (lambda kind: issubclass(kind, PurePath), _path),
    (_is_named_tuple, _named_tuple),
    (typing_extensions.is_typeddict, _typed_dict),
)
"""What is asked of a class, in order, and what its coder is made by."""
