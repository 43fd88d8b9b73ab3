"""The machines of the trace cases as classes, made while the program runs.

In: a case, read. Out: a machine class with nested vertex classes, guards and marked methods, as a user would write
them. Its model is the same as the one that the functional API gives, callables aside.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from trace_behaviors import Event, Traced, activity, behavior, hand_over, predicate, waits_for
from trace_reading import Node, Reading, is_wrapped

import hsm
import hsm_classdsl as dsl

Behavior: TypeAlias = Callable[[hsm.Context, Traced, Event], Any]
Mark: TypeAlias = Callable[[Any], Any]

KINDS: dict[str, Any] = {
    "state": dsl.State["Traced"],
    "orthogonal": dsl.State["Traced"],
    "region": dsl.Region,
    "final": dsl.Final,
    "terminate": dsl.Terminate,
    "choice": dsl.Choice["Traced"],
    "junction": dsl.Junction["Traced"],
    "fork": dsl.Fork["Traced"],
    "join": dsl.Join["Traced"],
    "entry_point": dsl.EntryPoint["Traced"],
    "exit_point": dsl.ExitPoint["Traced"],
    "shallow_history": dsl.ShallowHistory["Traced"],
    "deep_history": dsl.DeepHistory["Traced"],
}
"""The base class of each kind of vertex."""


def in_class(function: Behavior) -> Callable[..., Any]:
    """*function* as a method: of the machine itself, or of a vertex in it."""

    def method(self: Any, ctx: hsm.Context, event: Event) -> Any:
        return function(ctx, self if isinstance(self, Traced) else self.machine, event)

    return method


def in_class_async(function: Callable[[hsm.Context, Traced, Event], Awaitable[None]]) -> Callable[..., Any]:
    """*function* as an async method of a vertex."""

    async def method(self: Any, ctx: hsm.Context, event: Event) -> None:
        await function(ctx, self.machine, event)

    return method


class Body(dict[str, Any]):
    """A class body that is being filled; what has no name in the case gets one."""

    def put(self, word: str, value: Any) -> Any:
        """Add *value* under a name that begins with *word*; gives *value*."""
        self[f"{word}_{len(self)}"] = value
        return value

    def method(self, word: str, mark: Mark, function: Behavior) -> None:
        """Add *function* as a method with *mark* on it."""
        self.put(word, mark(in_class(function)))

    def made(self, name: str, *bases: Any, **keywords: Any) -> Any:
        """The class that the body is of."""
        return types.new_class(name, bases, keywords, lambda namespace: namespace.update(self))


class Classes(Reading):
    """One case, said with classes."""

    def built(self) -> tuple[hsm.Model[Any], type[Traced]]:
        """The model of the machine class, and that class."""
        body = Body()
        self.fill(body, self.machine, "")
        if self.drops_errors:
            body.put("drop", dsl.on("hsm_error"))
        machine = body.made(self.name, Traced, dsl.Machine)
        return machine.model, machine

    def fill(self, body: Body, owner: Node, path: str) -> None:
        """Add the default entry of *owner* and the vertices in it."""
        child, way = self.default_child(owner, path), self.default(owner, path)
        if child is None and way is not None:
            self.put_way(body, way, dsl.initial(self.targets(way)))
        for node, inner in self.vertices(owner, path):
            name = node["name"]
            if is_wrapped(node, owner):
                body[name] = Body({name: self.vertex(node, inner)}).made(name, dsl.Region)
            else:
                body[name] = self.vertex(node, inner, is_initial=name == child)

    def vertex(self, node: Node, path: str, is_initial: bool = False) -> type:
        """The class of the vertex *node*, with everything in it."""
        body = Body()
        keywords: dict[str, Any] = {"initial": True} if is_initial else {}
        match node["kind"]:
            case "shallow_history" | "deep_history":
                way = self.memory_default(node, path)
                if way:
                    (keywords["target"],) = self.targets(way)
                if way.get("effect"):
                    body.method("effect", dsl.effect, behavior(way["effect"]))
            case "region":
                self.fill(body, node, path)
            case "state" | "orthogonal":
                self.put_behaviors(body, node, path)
                self.put_transitions(body, path)
                self.put_acceptances(body, node, path)
                self.fill(body, node, path)
            case _:
                self.put_transitions(body, path)
        made: type = body.made(node["name"], KINDS[node["kind"]], **keywords)
        return made

    def put_behaviors(self, body: Body, node: Node, path: str) -> None:
        """Add entry, exit, activity and deferrals of a state."""
        for actions in self.entries(node, path):
            body.method("entry", dsl.entry, behavior(actions))
        for actions in self.exits(node, path):
            body.method("exit", dsl.exit, behavior(actions))
        if "do" in node:
            body.put("activity", dsl.activity(in_class_async(activity(path, node["do"]["steps"]))))
        if "defer" in node:
            body.put("defer", dsl.defer(*node["defer"]))

    def put_acceptances(self, body: Body, node: Node, path: str) -> None:
        """Add what hands events over to the activity of a state that waits for them."""
        for name in self.accepted(node):
            waits = body.put("waits", dsl.guard(in_class(waits_for(path, name))))
            body.method("hand_over", dsl.on(name, guard=waits), hand_over(path))

    def put_transitions(self, body: Body, path: str) -> None:
        """Add the transitions that leave the vertex at *path*."""
        for node in self.outgoing(path):
            keywords = {"external": self.is_external(node), "guard": self.guarding(body, node)}
            if targets := self.targets(node):
                keywords["target"] = targets if len(targets) > 1 else targets[0]
            operation, events = self.operation(node), self.events(node)
            if operation is not None:
                mark: Mark = dsl.on_call(operation, **keywords)
            elif events:
                mark = dsl.on(*events, **keywords)
            else:
                mark = dsl.transition(**keywords)
            self.put_way(body, node, mark)

    def guarding(self, body: Body, node: Node) -> Any:
        """What the transition *node* names as its guard; a method is added for it."""
        match self.guard(node):
            case None:
                return None
            case ["in", path]:
                return hsm.in_state(self.places[path])
            case condition:
                return body.put("guard", dsl.guard(in_class(predicate(condition))))

    def put_way(self, body: Body, node: Node, mark: Mark) -> None:
        """Add *mark*: above a method where *node* has effects, else alone."""
        if node.get("effect"):
            body.method("go", mark, behavior(node["effect"]))
        else:
            body.put("go", mark)
