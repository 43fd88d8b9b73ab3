"""Guards of a class: methods marked `@guard`, and their combinations with ``&``, ``|`` and ``~``.

They judge nothing, and are lowered to conditions of the tree. Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar, overload

import attrs
from typing_extensions import TypeIs

from hsm.elements.nodes import Condition, InState
from hsm.names import safe_repr
from hsm.source import Source, call_site
from hsm_classdsl.notes import Ours, is_a

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
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = self.owner or owner

    def __repr__(self) -> str:
        return f"<guard {getattr(self.function, '__qualname__', None) or safe_repr(self.function)}>"

    @overload
    def __get__(self, instance: None, owner: type) -> Guard[G, A]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[..., A]: ...
    def __get__(self, instance: object | None, owner: type) -> Guard[G, A] | Callable[..., A]:
        if instance is None:
            return self
        bound: Callable[..., A] = self.function.__get__(instance, owner)
        return bound


def is_guard(value: object) -> TypeIs[Guard[Any, Any]]:
    """Whether *value* is a method that is a guard."""
    return is_a(value, Guard)
