"""Methods as behaviours.

In: a function of a class body that takes ``(self)``, ``(self, event)`` or ``(self, ctx, event)``. Out: a behaviour of
``(ctx, instance, event)`` that finds the right ``self``: the machine, or the object of the state, which is made when
the state needs one and dropped when the state is left.
Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from hsm.behaviors import Scoped
from hsm.context import Context

_FORMS = {1: "(self)", 2: "(self, event)", 3: "(self, ctx, event)"}


class Method(Scoped):
    """A method of a machine class: ``self`` is the instance."""

    __slots__ = ("function",)

    forms = _FORMS

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def for_vertex(self, vertex: int) -> Callable[[Context, Any, Any], Any]:
        """The method as a behaviour; it does not matter of which vertex."""
        function = self.function
        count = arguments_of(function)
        if count == 1:
            return lambda ctx, instance, event: function(instance)
        if count == 2:
            return lambda ctx, instance, event: function(instance, event)
        return lambda ctx, instance, event: function(instance, ctx, event)


class StateMethod(Method):
    """A method of a state class: ``self`` is the object of the state that is active at the vertex."""

    __slots__ = ("owner",)

    def __init__(self, function: Callable[..., Any], owner: type) -> None:
        super().__init__(function)
        self.owner = owner

    def for_vertex(self, vertex: int) -> Callable[[Context, Any, Any], Any]:
        """The method as a behaviour of the state at *vertex*."""
        call = super().for_vertex(vertex)
        owner: Any = self.owner
        return lambda ctx, instance, event: call(ctx, state_object(instance, vertex, owner), event)


def state_object(instance: Any, vertex: int, owner: Any) -> Any:
    """The object of the state at *vertex*, made of the class *owner* when there is none yet."""
    known = instance._runner.locals()
    found = known.get(vertex)
    if found is None:
        found = owner.__new__(owner)
        found.machine = instance
        found.__init__()
        known[vertex] = found
    return found


def arguments_of(function: Any) -> int:
    """How many positional arguments *function* wants, ``self`` included: 1 to 3, as many as it takes."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return 3
    takes_any_number = bool(code.co_flags & 0x04)
    return 3 if takes_any_number else max(1, min(code.co_argcount, 3))
