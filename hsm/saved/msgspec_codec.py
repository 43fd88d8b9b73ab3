"""A codec by msgspec, which comes with the extra ``snapshot``: the same data as the library's own, in less time.

In: a value and its annotation. Out: what JSON has; and back. It takes what msgspec writes and reads as the library
does: annotated from end to end, without methods of its own that say what is saved. The rest it leaves to the library's
own codec, also what has no annotation: that must be what JSON has itself. Msgspec is imported when a codec is made.
"""

from __future__ import annotations

import weakref
from importlib import import_module
from typing import Any

from hsm.errors import HsmError
from hsm.saved.attributes import has_own_setstate, has_post_init
from hsm.saved.coders import PLAIN


class MsgspecCodec:
    """A `Codec` by msgspec, several times as fast as the library's own: ``pip install 'hsm-dsl[snapshot]'``.

    It believes annotations. Where a value is of another type than its annotation says, the library's own codec refuses
    to write it; this one may write it, and refuse to read it. A snapshot is read by the codec that wrote it.

    Raises:
        HsmError: Msgspec is not installed.
    """

    def __init__(self) -> None:
        msgspec = _msgspec()
        self._to_builtins = msgspec.to_builtins
        self._convert = msgspec.convert
        self._inspection = import_module("msgspec.inspect")
        self._known: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()

    def encode(self, value: Any, annotation: Any, /) -> Any:
        """*value* as what JSON has.

        Raises:
            Misfit: It would not come back as it is.
            Exception: Whatever msgspec raises.
        """
        if self._takes(annotation):
            return self._to_builtins(value, str_keys=True, order="deterministic")
        return PLAIN.encode(value, annotation)

    def decode(self, data: Any, annotation: Any, /) -> Any:
        """The value of which `encode` made *data*.

        Raises:
            Misfit: *data* is none of that type.
            Exception: Whatever msgspec raises.
        """
        if self._takes(annotation):
            return self._convert(data, annotation, str_keys=True)
        return PLAIN.decode(data, annotation)

    def _takes(self, annotation: Any) -> bool:
        """Whether msgspec writes and reads *annotation* as the library does; found out once."""
        try:
            return self._known[annotation]
        except KeyError:
            found = self._known[annotation] = self._finds_out(annotation)
            return found
        except TypeError:  # it has no hash, or cannot be referred to weakly
            return self._finds_out(annotation)

    def _finds_out(self, annotation: Any) -> bool:
        try:
            info = self._inspection.type_info(annotation)
        except Exception:  # an annotation that cannot be resolved, an ambiguous union, mixed enumerations
            return False
        return self._is_whole(info, set())

    def _is_whole(self, info: Any, seen: set[type]) -> bool:
        """Whether everything in *info* is of a type that is known."""
        kind = type(info).__name__
        if kind in ("DataclassType", "NamedTupleType", "TypedDictType"):
            if info.cls in seen:  # a class that is about itself
                return True
            seen.add(info.cls)
            inside = [field.type for field in info.fields]
            return not _has_ways_of_its_own(info.cls) and all(self._is_whole(each, seen) for each in inside)
        inside = [getattr(info, name) for name in _INSIDE if hasattr(info, name)]
        inside += [each for name in ("item_types", "types") for each in getattr(info, name, ())]
        return (kind in _KNOWN or bool(inside)) and all(self._is_whole(each, seen) for each in inside)


_INSIDE = ("item_type", "key_type", "value_type")
_KNOWN = frozenset(
    f"{name}Type"
    for name in (
        "None", "Bool", "Int", "Str", "Float", "Bytes", "DateTime", "Date", "Time", "TimeDelta", "UUID", "Decimal",
        "Enum", "Literal", "Tuple",
    )
)  # fmt: skip
"""Types that are written in one piece, by the names that msgspec gives them; and the tuple that is empty."""


def _has_ways_of_its_own(kind: Any) -> bool:
    """Whether objects of *kind* say themselves what is saved of them, or do something when they are made."""
    getstate = getattr(kind, "__getstate__", None)
    is_own = getattr(getstate, "__module__", None) is not None and not getstate.__module__.startswith("attr.")
    return is_own or has_own_setstate(kind) or has_post_init(kind)


def _msgspec() -> Any:
    try:
        return import_module("msgspec")
    except ImportError:
        raise HsmError("MsgspecCodec needs msgspec; install it with: pip install 'hsm-dsl[snapshot]'") from None
