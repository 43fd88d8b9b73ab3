"""Binding: a user's callable becomes a `Behavior` of the Program.

In: a callable as it was given, and what it is for. Out: an index into the Program's behaviours. Here is decided,
once, what is called and whether it can suspend (rule Q3). Never calls a behaviour.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hsm.behaviors import Scoped, callable_form, describe, never_suspends
from hsm.program import NONE, Behavior
from hsm.source import Source


class Binder:
    """Collects the behaviours of one Program."""

    def __init__(self) -> None:
        self.behaviors: list[Behavior] = []
        self.locals: dict[int, Callable[[Any], object]] = {}
        """By vertex, what makes the object that is kept for it while it is active."""

    def add(
        self,
        action: Any,
        role: str,
        vertex: int,
        where: Source | None,
        transition: int = NONE,
        written_in: int | None = None,
    ) -> int:
        """The index of *action* as the *role* of *vertex*, or of a transition of it that is *written_in* another."""
        form: Any = callable_form(action)
        place = vertex if written_in is None else written_in
        if issubclass(type(form), Scoped) and (made := form.local()) is not None:
            self.locals[place] = made
        self.behaviors.append(
            Behavior(
                call=form.for_vertex(place, vertex) if issubclass(type(form), Scoped) else form,
                ends_at_once=never_suspends(action),
                role=role,
                vertex=vertex,
                transition=transition,
                name=describe(action),
                where=where,
            )
        )
        return len(self.behaviors) - 1
