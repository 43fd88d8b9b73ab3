"""Methods as behaviours.

A method takes ``(self)``, ``(self, event)`` or ``(self, ctx, event)``, and becomes a behaviour of ``(ctx, instance,
event)`` that finds the right ``self``: the machine, or the object of the vertex, which is made when the vertex is
entered or reached, and dropped when it is exited. Never imports the compiler, the tables or the run time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hsm.behaviors import Bound, ScopedBehavior, StateObjectFactory, calls_nothing
from hsm.parameters import positional, takes
from hsm_classdsl.guards import as_method

_FORMS = {1: "(self)", 2: "(self, event)", 3: "(self, ctx, event)"}
_ARGUMENTS = {1: (), 2: ("event",), 3: ("ctx", "event")}


class Method(ScopedBehavior):
    """A method of a machine class: ``self`` is the instance."""

    __slots__ = ("function",)

    forms = _FORMS

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = as_method(function)

    def fits(self) -> bool:
        """Whether the method can be called with the arguments that it is going to get."""
        return takes(self.function, arguments_of(self.function))

    def for_vertex(self, vertex: int) -> Bound:
        """The method as a behaviour; the same for every vertex."""
        return Bound(self.function, _ARGUMENTS[arguments_of(self.function)])


class StateMethod(Method):
    """A method of a state class: ``self`` is the object of the state that is active at the vertex.

    Args:
        function: The method.
        owner: The class whose object ``self`` is.
        home: The path of its vertex, if a transition that is written elsewhere names the method.
    """

    __slots__ = ("home", "owner")

    def __init__(self, function: Callable[..., Any], owner: type, home: str | None = None) -> None:
        super().__init__(function)
        self.owner = owner
        self.home = home

    def for_vertex(self, vertex: int) -> Bound:
        """The method as a behaviour of the state at *vertex*."""
        return Bound(self.function, _ARGUMENTS[arguments_of(self.function)], vertex, self._factory())

    def _factory(self) -> StateObjectFactory:
        """The factory of the state's objects, each of which knows its machine before its ``__init__`` runs."""
        owner: Any = self.owner

        def make_bare(instance: Any) -> object:
            made = owner.__new__(owner)
            object.__setattr__(made, "machine", instance)  # a state class may be frozen
            return made

        def make(instance: Any) -> object:
            made: Any = make_bare(instance)
            made.__init__()
            return made

        def make_plain(instance: Any) -> object:
            made = owner()
            made.machine = instance
            return made

        # without a method that could see the difference, the object is made the ordinary way, which is faster
        is_plain = type(owner).__call__ is type.__call__ and not _own(owner, "__new__", "__init__", "__setattr__")
        is_quiet = all(map(calls_nothing, _own(owner, "__new__", "__init__")))
        return StateObjectFactory(make_plain if is_plain else make, make_bare, "machine", is_quiet)


def _own(owner: type, *names: str) -> tuple[Any, ...]:
    """The methods called *names* that *owner* does not inherit from ``object``."""
    return tuple(getattr(owner, name) for name in names if getattr(owner, name) is not getattr(object, name))


def arguments_of(function: Any) -> int:
    """How many positional arguments *function* is called with, including ``self``: 1 to 3.

    What it needs it gets: a second argument is the event, a second and a third are the context and the event. One with
    a default is the author's own, and keeps it, unless it is called ``event``, or stands before one that is. A star
    after ``self`` alone takes what there is.
    """
    found = positional(function)
    if found is None:
        return 3
    names = found.names
    if len(names) < 2:
        return 3 if found.takes_more else 1
    if names[1] == "event":
        return 2
    # without a third, a star after the context takes the event
    has_event = names[2] == "event" if len(names) > 2 else names[1] == "ctx" and found.takes_more
    if has_event or found.needed > 2:
        return 3
    return 2 if found.needed > 1 else 1
