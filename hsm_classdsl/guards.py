"""Guards of a class: methods marked `@guard`, and their combinations with ``&``, ``|`` and ``~``.

They judge nothing, and are lowered to conditions of the tree. Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Generic, TypeAlias, TypeVar, overload

import attrs
from typing_extensions import TypeIs

from hsm.behaviors import qualified_name
from hsm.elements.nodes import Condition, InState
from hsm.kinds import attribute_of, is_a, special, type_of
from hsm.names import safe_repr
from hsm.position import Source, call_site
from hsm_classdsl.notes import Ours

G = TypeVar("G", covariant=True)
A = TypeVar("A", covariant=True)

Guarding: TypeAlias = "GuardTerm | Condition[Any] | Callable[..., Any]"
"""A guard: what `@guard` made, a combination of those, or a function with the arguments of a method."""


class GuardTerm(Ours):
    """A guard that combines with others: ``a & b``, ``a | b``, ``~a``."""

    hsm_help = "combine guards of a class with &, | and ~, and pass them as 'guard='"

    def __and__(self, other: GuardTerm | Condition[Any]) -> GuardTerm:
        return GuardCombination("all_of", (self, other))

    def __rand__(self, other: Condition[Any]) -> GuardTerm:
        return GuardCombination("all_of", (other, self))

    def __or__(self, other: GuardTerm | Condition[Any]) -> GuardTerm:
        return GuardCombination("any_of", (self, other))

    def __ror__(self, other: Condition[Any]) -> GuardTerm:
        return GuardCombination("any_of", (other, self))

    def __invert__(self) -> GuardTerm:
        return GuardCombination("not_", (self,))

    def __bool__(self) -> bool:
        raise TypeError("combine guards with &, | and ~; 'and', 'or' and 'not' would drop one of them")


@attrs.frozen(eq=False, repr=False)
class GuardCombination(GuardTerm):
    """A combination of guards; *word* is the function of `hsm` that makes the same."""

    word: str
    terms: tuple[GuardTerm | Condition[Any], ...]

    def __repr__(self) -> str:
        return f"{self.word}({', '.join(map(safe_repr, self.terms))})"


class InStateTerm(GuardTerm):
    """`in_state` as a guard that combines."""

    def __init__(self, path: str, where: Source) -> None:
        self.condition: InState[Any] = InState(path, where=where)

    def __repr__(self) -> str:
        return f"in_state({safe_repr(self.condition.path)})"


def in_state(path: str) -> GuardTerm:
    """Holds while the state at *path*, seen from the transition's source, is active: ``guard=~in_state("Locked")``."""
    return InStateTerm(path, call_site())


class Guard(GuardTerm, Generic[G, A]):
    """A method that is a guard. It can still be called: ``self.unlocked()``."""

    def __init__(self, function: Callable[..., A], where: Source | None) -> None:
        self.function = function
        self.where = where
        self.owner: type | None = None
        self.__doc__ = attribute_of(function, "__doc__")

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = self.owner or owner

    def __repr__(self) -> str:
        name = qualified_name(self.function) if callable(self.function) else safe_repr(self.function)
        return f"<guard {name}>"

    @overload
    def __get__(self, instance: None, owner: type) -> Guard[G, A]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[..., A]: ...
    def __get__(self, instance: object | None, owner: type) -> Guard[G, A] | Callable[..., A]:
        if instance is None:
            return self
        bound: Callable[..., A] = MethodType(as_method(self.function), instance)
        return bound


def is_guard(value: object) -> TypeIs[Guard[Any, Any]]:
    """Whether *value* is a method that is a guard."""
    return is_a(value, Guard)


# --- methods -------------------------------------------------------------------------------------------------


class _BoundWhenCalled:
    """A method that is not a plain function: bound to its ``self`` when it is called, as Python does.

    A decorator object can tell whether it is called as a method, and of which object. What it returns when it is bound
    is not known before, so nothing is to be read from it here but what it says of itself.
    """

    def __init__(self, method: Any) -> None:
        self.__wrapped__ = method
        self.__qualname__ = qualified_name(method)
        self._bind = special(type_of(method), "__get__")

    def __call__(self, own: object, *arguments: object) -> Any:
        return self._bind(self.__wrapped__, own, type(own))(*arguments)


def as_method(method: Any) -> Any:
    """*method* as a callable that takes its ``self`` first."""
    kind = type_of(method)
    # called directly, they take what they are given; a partial will be bound by later versions of Python, and warns
    if kind is FunctionType or kind is MethodType or issubclass(kind, functools.partial):
        return method
    return _BoundWhenCalled(method) if callable(method) and special(kind, "__get__") is not None else method
