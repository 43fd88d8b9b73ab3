"""What a user's object is: by its type alone, whatever it says of itself.

``isinstance``, ``getattr`` and most of ``inspect`` ask the object. Proxies and mocks answer for what they stand for,
and any object may raise. Never imports anything of this package.
"""

from __future__ import annotations

from typing import Any, TypeVar

from typing_extensions import TypeIs

T = TypeVar("T")


def type_of(value: object) -> type[Any]:
    """The type of *value*, which checkers need not know."""
    return type(value)


def is_a(value: object, kind: type[T]) -> TypeIs[T]:
    """Whether *value* is an instance of *kind*, whatever its ``__class__`` says."""
    return issubclass(type(value), kind)


def attribute_of(value: object, name: str) -> Any:
    """The attribute *name* of *value*; ``None`` if it has none, or raises when it is asked for it."""
    try:
        return getattr(value, name, None)
    except Exception:
        return None


def special(kind: type, name: str) -> Any:
    """The special method *name* that Python calls on instances of *kind*, not bound; ``None`` if there is none."""
    # not through `getattr`, which asks the metaclass as well: Python does not
    mro: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    for each in mro:
        own = type.__dict__["__dict__"].__get__(each)
        if name in own:
            return own[name]
    return None
