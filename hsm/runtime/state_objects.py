"""State objects: the objects whose methods are behaviours, one for each active vertex that has them."""

from __future__ import annotations

from typing import Any

from hsm.program import Program


class StateObjects(dict[int, object]):
    """The state objects of one machine by vertex, for as long as the vertices are active.

    A state's object is made when the state is entered. That of a pseudostate, and one that could not be made then, is
    made when somebody asks for it.
    """

    __slots__ = ("_instance", "_vertices")

    def __init__(self, program: Program, instance: Any) -> None:
        self._vertices = program.vertices
        self._instance = instance

    def __missing__(self, vertex: int) -> object:
        return self.make(vertex)

    def make(self, vertex: int) -> object:
        """The object of *vertex*, new; what was there before is dropped first, also if making one raises."""
        self.pop(vertex, None)
        factory = self._vertices[vertex].state_object
        assert factory is not None  # a behaviour of it is a method
        made = self[vertex] = factory.make(self._instance)
        return made

    def drop(self, vertices: tuple[int, ...]) -> None:
        """The activations that the objects of *vertices* belong to are over."""
        for vertex in vertices:
            self.pop(vertex, None)
