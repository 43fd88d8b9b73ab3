"""Methods as behaviours.

In: a function of a class body that takes ``(self)``, ``(self, event)`` or ``(self, ctx, event)``. Out: a behaviour of
``(ctx, instance, event)`` that finds the right ``self``: the machine, or the object of the state, which is made when
the state needs one and dropped when the state is left.
Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
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

    def for_vertex(self, vertex: int, source: int) -> Callable[[Context, Any, Any], Any]:
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

    def for_vertex(self, vertex: int, source: int) -> Callable[[Context, Any, Any], Any]:
        """The method as a behaviour of the state at *vertex*."""
        function = self.function
        owner: Any = self.owner
        count = arguments_of(function)
        if count == 1:
            return lambda ctx, instance, event: function(state_object(instance, vertex, owner))
        if count == 2:
            return lambda ctx, instance, event: function(state_object(instance, vertex, owner), event)
        return lambda ctx, instance, event: function(state_object(instance, vertex, owner), ctx, event)

    def local(self) -> Callable[[Any], object] | None:
        """What makes the state object."""
        owner: Any = self.owner
        return lambda instance: _made(owner, instance)


class SourceMethod(StateMethod):
    """A guard of a state that a transition of the machine names: ``self`` is the object of the state that it leaves."""

    __slots__ = ()

    def for_vertex(self, vertex: int, source: int) -> Callable[[Context, Any, Any], Any]:
        """The method as a behaviour of the state at *source*."""
        return super().for_vertex(source, source)

    def local(self) -> Callable[[Any], object] | None:
        """None: the state has an object of its own class already."""
        return None


def _made(owner: Any, instance: Any) -> Any:
    """A state object of the class *owner*, which knows its machine before its ``__init__`` runs."""
    made = owner.__new__(owner)
    object.__setattr__(made, "machine", instance)  # a state class may be frozen
    made.__init__()
    return made


def state_object(instance: Any, vertex: int, owner: Any) -> Any:
    """The object kept for *vertex*; a pseudostate gets one of the class *owner* for as long as it is passed through."""
    known = instance._runner.locals
    found = known.get(vertex) if known is not None else None
    if found is None:
        found = instance._runner.kept()[vertex] = _made(owner, instance)
    return found


def arguments_of(function: Any) -> int:
    """How many positional arguments *function* is called with, ``self`` included: 1 to 3, as many as it wants.

    An argument with a default is passed as the event when it is the second, and left alone behind one without.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 3
    wanted = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return 3
    needed = sum(1 for each in wanted if each.default is each.empty)
    if len(wanted) <= 2:
        return max(1, len(wanted))
    return needed if needed in (2, 3) else 3
