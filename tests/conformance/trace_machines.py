"""The machines of the trace cases: from data to models.

In: a case, as ``cases/README.md`` tells its format. Out: a model, and the class of the instances it runs on.
How a machine is built is a function of `FRONT_ENDS`, by name: here with the functional API, in ``trace_classes``
with classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from trace_behaviors import Traced, activity, behavior, hand_over, predicate, waits_for
from trace_classes import Classes
from trace_reading import Case, Node, Reading, is_wrapped

import hsm

Part: TypeAlias = Any  # an element of the functional API: which one is known where it is made
Built: TypeAlias = tuple[hsm.Model[Any], type[Traced]]


class Functional(Reading):
    """One case, said with the functional API."""

    def built(self) -> Built:
        """The model of the whole machine."""
        parts = [*self.initial(self.machine, ""), *self.children(self.machine, "")]
        if self.drops_errors:
            parts.append(hsm.transition(hsm.on("hsm_error")))
        return hsm.define(self.name, *parts), Traced

    def children(self, owner: Node, path: str) -> Iterator[Part]:
        """The vertices directly in *owner*, which stands at *path*."""
        for node, inner in self.vertices(owner, path):
            vertex = self.vertex(node, inner)
            yield hsm.region(node["name"], vertex) if is_wrapped(node, owner) else vertex

    def vertex(self, node: Node, path: str) -> Part:
        """The vertex *node*, with everything in it."""
        name, kind = node["name"], node["kind"]
        match kind:
            case "shallow_history" | "deep_history":
                return getattr(hsm, kind)(name, *self.way(self.memory_default(node, path)))
            case "choice" | "junction" | "fork" | "join" | "entry_point" | "exit_point":
                return getattr(hsm, kind)(name, *map(self.transition, self.outgoing(path)))
            case "final" | "terminate":
                return getattr(hsm, kind)(name)
            case "region":
                return hsm.region(name, *self.initial(node, path), *self.children(node, path))
            case "state" | "orthogonal":
                transitions = map(self.transition, self.outgoing(path))
                behaviors = [*self.behaviors(node, path), *transitions, *self.acceptances(node, path)]
                return hsm.state(name, *self.initial(node, path), *behaviors, *self.children(node, path))
        raise ValueError(f"unknown vertex of kind {kind}")

    def initial(self, owner: Node, path: str) -> Iterator[Part]:
        """The default entry, where there is one."""
        child, way = self.default_child(owner, path), self.default(owner, path)
        if child is not None:
            yield hsm.initial(hsm.target(child))
        elif way is not None:
            yield hsm.initial(*self.way(way))

    def behaviors(self, node: Node, path: str) -> Iterator[Part]:
        """Entry, exit, activity and deferrals of a state."""
        for actions in self.entries(node, path):
            yield hsm.entry(behavior(actions))
        for actions in self.exits(node, path):
            yield hsm.exit(behavior(actions))
        if "do" in node:
            yield hsm.activity(activity(path, node["do"]["steps"]))
        if "defer" in node:
            yield hsm.defer(*node["defer"])

    def acceptances(self, node: Node, path: str) -> Iterator[Part]:
        """What lets the activity of a state accept events: they stay in the state and are handed over.

        An event for which the activity does not wait goes on as if it were not named here; the state's own
        transitions come first.
        """
        for name in self.accepted(node):
            yield hsm.transition(hsm.on(name), hsm.guard(waits_for(path, name)), hsm.effect(hand_over(path)))

    def transition(self, node: Node) -> Part:
        """A transition, written in its source."""
        parts = [*self.trigger(node), *self.way(node)]
        if self.is_external(node):
            parts.append(hsm.external())
        match self.guard(node):
            case None:
                pass
            case ["in", path]:
                parts.append(hsm.guard(hsm.in_state(self.places[path])))
            case condition:
                parts.append(hsm.guard(predicate(condition)))
        return hsm.transition(*parts)

    def trigger(self, node: Node) -> Iterator[Part]:
        """The trigger; none for a completion transition."""
        operation, events = self.operation(node), self.events(node)
        if operation is not None:
            yield hsm.on_call(operation)
        elif events:
            yield hsm.on(*events)

    def way(self, node: Node) -> Iterator[Part]:
        """Target and effects of a transition or of a default entry."""
        targets = self.targets(node)
        if targets:
            yield hsm.target(*targets)
        if node.get("effect"):
            yield hsm.effect(behavior(node["effect"]))


FRONT_ENDS: dict[str, Callable[[Case], Built]] = {
    "functional": lambda case: Functional(case).built(),
    "classes": lambda case: Classes(case).built(),
}
"""How a machine is built, by name."""


def build(case: Case, front_end: str) -> Built:
    """The model of *case*. Many a case has states on purpose that nothing leads to: no warning about these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        return FRONT_ENDS[front_end](case)
