"""Methods as behaviours.

In: a function of a class body that takes ``(self)``, ``(self, event)`` or ``(self, ctx, event)``. Out: a behaviour of
``(ctx, instance, event)`` that finds the right ``self``: the machine, or the object of the state, which is made when
the state is entered, that of a pseudostate when it is reached, and dropped when that is over.
Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hsm.behaviors import Bound, Scoped, StateObjectFactory, calls_nothing

_FORMS = {1: "(self)", 2: "(self, event)", 3: "(self, ctx, event)"}
_ARGUMENTS = {1: (), 2: ("event",), 3: ("ctx", "event")}


class Method(Scoped):
    """A method of a machine class: ``self`` is the instance."""

    __slots__ = ("function",)

    forms = _FORMS

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def for_vertex(self, vertex: int) -> Bound:
        """The method as a behaviour; it does not matter of which vertex."""
        return Bound(self.function, _ARGUMENTS[arguments_of(self.function)])


class StateMethod(Method):
    """A method of a state class: ``self`` is the object of the state that is active at the vertex.

    Args:
        function: The method.
        owner: The class whose object ``self`` is.
        home: The path of its vertex, when a transition that is written elsewhere names the method.
    """

    __slots__ = ("home", "owner")

    def __init__(self, function: Callable[..., Any], owner: type, home: str | None = None) -> None:
        super().__init__(function)
        self.owner = owner
        self.home = home

    def for_vertex(self, vertex: int) -> Bound:
        """The method as a behaviour of the state at *vertex*."""
        return Bound(self.function, _ARGUMENTS[arguments_of(self.function)], vertex, self._local())

    def _local(self) -> StateObjectFactory:
        """How a state object is made, which knows its machine before its ``__init__`` runs."""
        owner: Any = self.owner

        def make(instance: Any) -> object:
            made = owner.__new__(owner)
            object.__setattr__(made, "machine", instance)  # a state class may be frozen
            made.__init__()
            return made

        def make_plain(instance: Any) -> object:
            made = owner()
            made.machine = instance
            return made

        is_plain = type(owner) is type and not _own(owner, "__new__", "__init__", "__setattr__")
        is_quiet = all(map(calls_nothing, _own(owner, "__new__", "__init__")))
        return StateObjectFactory(make_plain if is_plain else make, is_quiet)


def _own(owner: type, *names: str) -> tuple[Any, ...]:
    """Those of the methods called *names* that *owner* does not have from ``object``."""
    return tuple(getattr(owner, name) for name in names if getattr(owner, name) is not getattr(object, name))


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
