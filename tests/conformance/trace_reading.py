"""What a trace case says, in the words of this library: names, paths and events, but no element of it yet.

In: a case, as ``cases/README.md`` tells its format. Out: answers that every way of building a machine asks for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Case: TypeAlias = Mapping[str, Any]
Node: TypeAlias = Mapping[str, Any]
Actions: TypeAlias = Sequence[Node]


def walk(nodes: Sequence[Node], above: str = "") -> Iterator[tuple[str, Node]]:
    """Every node with its path, outermost first."""
    for node in nodes:
        path = f"{above}/{node['name']}"
        yield path, node
        yield from walk(node.get("children", ()), path)


def is_wrapped(node: Node, owner: Node) -> bool:
    """Whether *node* needs a region of its own: SCXML's parallel states hold states, UML's hold regions."""
    return owner.get("kind") == "orthogonal" and node["kind"] in ("state", "orthogonal")


def places_of(case: Case) -> dict[str, str]:
    """Where each vertex of *case* stands in the model, by its path in the case."""
    places: dict[str, str] = {}

    def put(owner: Node, path: str, place: str) -> None:
        places[path] = place
        for node in owner.get("children", ()):
            name = node["name"]
            put(node, f"{path}/{name}", f"{place}/{name}/{name}" if is_wrapped(node, owner) else f"{place}/{name}")

    put(case["machine"], "", "/" + case["machine"]["name"])
    return places


def blocks(actions: Actions) -> Iterator[Actions]:
    """*actions* in lists: each block is one, and so are the actions between blocks."""
    for is_block, several in itertools.groupby(actions, lambda action: "block" in action):
        if is_block:
            yield from (action["block"] for action in several)
        else:
            yield list(several)


class Reading:
    """One case, read.

    Attributes:
        machine: The machine as the case says it.
        name: The model's name.
        drops_errors: Whether an error that no transition takes is dropped, as in SCXML; here it would be raised (E4).
        places: As `places_of` gives them.
    """

    def __init__(self, case: Case) -> None:
        self.machine: Node = case["machine"]
        self.name: str = self.machine["name"]
        self.places = places_of(case)
        self.drops_errors = "error_event" in case["features"]
        self._has_prefixes = "prefix_event_match" in case["features"]
        self._is_scxml = case["semantics"] == "scxml"
        self._observes = case["expect"].get("observe") == "entry_exit"
        self._operations = {step["event"] for step in case["script"] if step["op"] == "call"}
        self._nodes = dict(walk(self.machine["children"]))

    def vertices(self, owner: Node, path: str) -> Iterator[tuple[Node, str]]:
        """The vertices directly in *owner*, which stands at *path*, each with its own path; no `initial`."""
        for node in owner.get("children", ()):
            if node["kind"] != "initial":
                yield node, f"{path}/{node['name']}"

    def outgoing(self, path: str) -> list[Node]:
        """The transitions that leave the vertex at *path*."""
        return [transition for transition in self.machine["transitions"] if transition["source"] == path]

    def default(self, owner: Node, path: str) -> Node | None:
        """The default entry of *owner*: an attribute of it, or the way out of an `initial` in it."""
        attribute: Node | None = owner.get("initial")
        if attribute:
            return attribute
        starts = [node["name"] for node in owner.get("children", ()) if node["kind"] == "initial"]
        return self.outgoing(f"{path}/{starts[0]}")[0] if starts else None

    def default_child(self, owner: Node, path: str) -> str | None:
        """The name of the vertex in *owner* that is entered by default, where the way to it does and skips nothing."""
        way = self.default(owner, path)
        if way is None or way.get("effect"):
            return None
        targets = self.targets(way)
        above, _, name = targets[0].rpartition("/")
        return name if len(targets) == 1 and above == self.places[path] else None

    def memory_default(self, node: Node, path: str) -> Node:
        """The way of the history *node* when there is no memory."""
        ways = self.outgoing(path)
        return node.get("default") or (ways[0] if ways else {})

    # --- states ---

    def entries(self, node: Node, path: str) -> Iterator[Actions]:
        """The lists of entry actions of a state."""
        return blocks([*self._mark("+", path), *node.get("entry", ())])

    def exits(self, node: Node, path: str) -> Iterator[Actions]:
        """The lists of exit actions of a state."""
        return blocks([*node.get("exit", ()), *self._mark("-", path)])

    def _mark(self, sign: str, path: str) -> list[Node]:
        return [{"log": sign + path}] if self._observes else []

    def accepted(self, node: Node) -> list[str]:
        """The events that the activity of a state waits for, in order."""
        return [step["accept"] for step in node.get("do", {}).get("steps", ()) if "accept" in step]

    # --- transitions ---

    def targets(self, way: Node) -> tuple[str, ...]:
        """Where a transition or a default entry leads."""
        target = way.get("target")
        paths = [target] if isinstance(target, str) else target or []
        return tuple(self.places[path] for path in paths)

    def is_external(self, transition: Node) -> bool:
        """Whether *transition* leads from a state into that state, and leaves it all the same."""
        source, target = transition["source"], transition.get("target")
        is_state = self._nodes[source]["kind"] in ("state", "orthogonal")
        goes_inside = is_state and isinstance(target, str) and target.startswith(source + "/")
        return goes_inside and transition["kind"] == "external"

    def operation(self, transition: Node) -> str | None:
        """The operation whose call triggers *transition*."""
        called = [name for name in transition.get("on", ()) if name in self._operations]
        return called[0] if called else None

    def events(self, transition: Node) -> tuple[str, ...]:
        """The events that trigger *transition*; none for a completion transition."""
        names = transition.get("on", ())
        if not self._is_scxml:
            return tuple(names)
        source = self._nodes[transition["source"]]
        return tuple(event for name in names for event in self._scxml_events(name, source))

    def _scxml_events(self, name: str, source: Node) -> Iterator[str]:
        """An event of SCXML: completion and errors have names there, and a name stands for all that begin with it."""
        if name == f"done.state.{source['name']}":
            return
        if name in ("error", "error.*", "error.execution"):
            yield "hsm_error"
        yield name
        if self._has_prefixes and name != "*":
            yield f"{name}.*"

    def guard(self, transition: Node) -> Any:
        """The condition of *transition*; ``None`` where it has none."""
        condition = transition.get("guard")
        return None if condition in ("else", True) else condition
