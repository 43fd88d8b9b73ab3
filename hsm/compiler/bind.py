"""Binding: a user's callable becomes a `Behavior` of the Program.

This is where it is decided, once, what is called and whether it can suspend (rule Q3). Never calls a behaviour.
"""

from __future__ import annotations

import copy
from typing import Any

from hsm.behaviors import (
    StateObjectFactory,
    at_once,
    callable_form,
    calls_nothing,
    is_async,
    is_scoped,
    never_suspends,
    qualified_name,
    returns_nothing,
)
from hsm.position import Source
from hsm.program import NONE, Behavior


class Binder:
    """Collects the behaviours of one Program."""

    def __init__(self) -> None:
        self.behaviors: list[Behavior] = []
        self.state_objects: dict[int, StateObjectFactory] = {}
        """The objects whose methods are behaviours, by vertex."""
        self.lending_vertices: set[int] = set()
        """The vertices whose methods are behaviours of transitions from other vertices."""

    def add(
        self,
        action: Any,
        role: str,
        vertex: int,
        where: Source | None,
        transition: int = NONE,
        written_in: int | None = None,
        given_name: str = "",
        on_restore: str = "",
    ) -> int:
        """The index of *action* as the *role* of *vertex*, or of a transition from it, *written_in* another.

        An activity may have a name and a policy of its own.
        """
        form: Any = callable_form(action)
        is_coroutine = is_async(action)
        ends_at_once = is_coroutine and never_suspends(action)
        # such a coroutine function is called as a plain function where one can be made, which saves the coroutine
        plain = _plain(form) if ends_at_once else form
        makes_coroutine = ends_at_once and plain is form
        call = plain
        makes_quietly = True
        if is_scoped(form):
            # a method gets the object of the vertex it is written in, also where the transition leaves another one
            place = vertex if written_in is None else written_in
            call = bound = plain.for_vertex(place)
            if bound.factory is not None:
                makes_quietly = bound.factory.calls_nothing
                self.state_objects[place] = bound.factory
                if place != vertex:
                    self.lending_vertices.add(place)
        self.behaviors.append(
            Behavior(
                index=len(self.behaviors),
                call=call,
                ends_at_once=ends_at_once,
                makes_coroutine=makes_coroutine,
                may_suspend=is_coroutine and not ends_at_once,
                calls_nothing=calls_nothing(action) and makes_quietly,
                returns_nothing=returns_nothing(action) and not makes_coroutine,
                role=role,
                vertex=vertex,
                transition=transition,
                name=qualified_name(action),
                given_name=given_name,
                on_restore=on_restore,
                where=where,
            )
        )
        return len(self.behaviors) - 1


def _plain(form: Any) -> Any:
    """*form* with a plain function in place of a coroutine function that cannot suspend, if there is one."""
    if not is_scoped(form):
        return at_once(form) or form
    function = at_once(form.function)
    if function is None:
        return form
    scoped = copy.copy(form)
    scoped.function = function
    return scoped
