"""The machines of the trace cases: from data to behaviours, guards and models.

In: a case, as ``cases/README.md`` tells its format. Out: a model on `Traced`, which writes its trace.
How a machine is built is a function of `FRONT_ENDS`, by name; it may use the behaviours of this module.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import hsm

Case: TypeAlias = Mapping[str, Any]
Node: TypeAlias = Mapping[str, Any]
Part: TypeAlias = Any  # an element of the functional API: which one is known where it is made
Event: TypeAlias = hsm.Event[Any]

# --- behaviours ----------------------------------------------------------------------------------------------


class Failed(Exception):
    """What an action or a guard raises where the case says that it fails."""


class Traced(hsm.Instance):
    """What every case runs on.

    Attributes:
        log: The trace so far.
        variables: The machine's variables by name.
        out: The output parameters of the operation that is being called.
        places: As `places_of` gives them.
        delayed: Timers of delayed sends by their id.
        waiting: By state, the event that its activity waits for, and the future that is to be given it.
    """

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.log: list[str] = []
        self.variables: dict[str, Any] = dict(case["machine"].get("vars", {}))
        self.out: dict[str, Any] = {}
        self.places = places_of(case)
        self.delayed: dict[str | None, list[asyncio.TimerHandle]] = {}
        self.waiting: dict[str, tuple[str, asyncio.Future[Event]]] = {}

    def send_later(self, name: str, seconds: float, send_id: str | None) -> None:
        """Dispatch *name* when *seconds* have passed, unless *send_id* is cancelled before."""
        timer = asyncio.get_running_loop().call_later(seconds, self.dispatch, name)
        self.delayed.setdefault(send_id, []).append(timer)

    def cancel(self, send_id: str) -> None:
        """Take back every delayed send with *send_id*."""
        for timer in self.delayed.pop(send_id, ()):
            timer.cancel()

    async def accept(self, state: str, name: str) -> Event:
        """Wait, as the activity of *state*, for the next event called *name* that nothing else takes."""
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self.waiting[state] = (name, future)
        return await future

    def accepts(self, state: str, name: str) -> bool:
        """Whether the activity of *state* waits for *name* now."""
        awaited, future = self.waiting.get(state, ("", None))
        return future is not None and awaited == name and not future.done()


def perform(action: Node, self: Traced, event: Event) -> None:
    """Do one action of a case."""
    match action:
        case {"log": text, "args": "in"}:
            self.log.append(text + arguments("in", event.data.kwargs))
        case {"log": text, "args": "out"}:
            self.log.append(text + arguments("out", self.out))
        case {"log": text}:
            self.log.append(text)
        case {"set": [name, value]}:
            self.variables[name] = operand(value, self, event)
        case {"inc": [name, step]}:
            self.variables[name] += step
        case {"out": values}:
            self.out.update(values)
        case {"send": name, "delay_ms": milliseconds}:
            self.send_later(name, milliseconds / 1000, action.get("id"))
        case {"send": name} | {"raise": name}:
            self.dispatch(name)
        case {"cancel": send_id}:
            self.cancel(operand(send_id, self, event))
        case {"fail": text}:
            raise Failed(text)
        case {"if": condition, "then": then}:
            perform_all(then if holds(condition, self, event) else action.get("else", ()), self, event)
        case _:
            raise NotImplementedError(f"action {action}")


def perform_all(actions: Sequence[Node], self: Traced, event: Event) -> None:
    """Do *actions* in order."""
    for action in actions:
        perform(action, self, event)


def arguments(direction: str, values: Mapping[str, Any]) -> str:
    """*values* as the suite writes parameters into a trace: ``[in=42][in=true]``."""
    return "".join(f"[{direction}={json.dumps(value)}]" for value in values.values())


def behavior(actions: Sequence[Node]) -> Callable[[hsm.Context, Traced, Event], object]:
    """*actions* as an entry, exit or effect action, which gives the output parameters of a call."""

    def act(ctx: hsm.Context, self: Traced, event: Event) -> object:
        perform_all(actions, self, event)
        return dict(self.out)

    return act


def activity(state: str, steps: Sequence[Node]) -> Callable[[hsm.Context, Traced, Event], object]:
    """*steps* as the activity of *state*; in an ``accept`` it waits for an event."""

    async def work(ctx: hsm.Context, self: Traced, event: Event) -> None:
        for step in steps:
            if "accept" in step:
                event = await self.accept(state, step["accept"])
            else:
                perform(step, self, event)

    return work


def waits_for(state: str, name: str) -> Callable[[hsm.Context, Traced, Event], bool]:
    """A guard: the activity of *state* waits for *name*."""
    return lambda ctx, self, event: self.accepts(state, name)


def hand_over(state: str) -> Callable[[hsm.Context, Traced, Event], object]:
    """An effect that gives the event to the activity of *state*, which waits for it."""

    def give(ctx: hsm.Context, self: Traced, event: Event) -> None:
        _, future = self.waiting.pop(state)
        future.set_result(event)

    return give


# --- guards --------------------------------------------------------------------------------------------------

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def operand(value: Any, self: Traced, event: Event) -> Any:
    """What *value* stands for: a variable, a field of the event, the event's name, or itself."""
    match value:
        case ["var", name]:
            return self.variables.get(name)
        case ["event", field]:
            data = event.data.kwargs if isinstance(event.data, hsm.Arguments) else event.data
            return data.get(field) if isinstance(data, Mapping) else None
        case ["event_name"]:
            return event.name
    return value


def holds(condition: Any, self: Traced, event: Event) -> bool:
    """Whether *condition* holds now."""
    match condition:
        case bool():
            return condition
        case ["not", inner]:
            return not holds(inner, self, event)
        case ["in", path]:
            return self.is_in(self.places[path])
        case ["fails"]:
            raise Failed("the guard fails")
        case [sign, left, right]:
            return COMPARISONS[sign](operand(left, self, event), operand(right, self, event))
    raise NotImplementedError(f"guard {condition}")


def predicate(condition: Any) -> Callable[[hsm.Context, Traced, Event], bool]:
    """*condition* as a guard."""
    return lambda ctx, self, event: holds(condition, self, event)


# --- machines ------------------------------------------------------------------------------------------------


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


def blocks(actions: Sequence[Node]) -> Iterator[Sequence[Node]]:
    """*actions* in lists: each block is one, and so are the actions between blocks."""
    for is_block, several in itertools.groupby(actions, lambda action: "block" in action):
        if is_block:
            yield from (action["block"] for action in several)
        else:
            yield list(several)


class Functional:
    """One case, said with the functional API."""

    def __init__(self, case: Case) -> None:
        self.machine: Node = case["machine"]
        self.features = frozenset(case["features"])
        self.is_scxml = case["semantics"] == "scxml"
        self.observes = case["expect"].get("observe") == "entry_exit"
        self.operations = {step["event"] for step in case["script"] if step["op"] == "call"}
        self.places = places_of(case)
        self.nodes = dict(walk(self.machine["children"]))

    def model(self) -> hsm.Model[Traced]:
        """The whole machine."""
        parts = [*self.default(self.machine), *self.children(self.machine, "")]
        if "error_event" in self.features:
            # SCXML drops an error that no transition takes; here it would be raised (rule E4)
            parts.append(hsm.transition(hsm.on("hsm_error")))
        return hsm.define(self.machine["name"], *parts)

    def children(self, owner: Node, path: str) -> Iterator[Part]:
        """The vertices directly in *owner*, which stands at *path*."""
        for node in owner.get("children", ()):
            vertex = self.vertex(node, f"{path}/{node['name']}")
            yield hsm.region(node["name"], vertex) if is_wrapped(node, owner) else vertex

    def vertex(self, node: Node, path: str) -> Part:
        """The vertex *node*, with everything in it."""
        name, kind = node["name"], node["kind"]
        outgoing = [transition for transition in self.machine["transitions"] if transition["source"] == path]
        match kind:
            case "initial":
                return hsm.initial(*self.way(outgoing[0]))
            case "shallow_history" | "deep_history":
                default = node.get("default") or (outgoing[0] if outgoing else {})
                return getattr(hsm, kind)(name, *self.way(default))
            case "choice" | "junction" | "fork" | "join" | "entry_point" | "exit_point":
                return getattr(hsm, kind)(name, *map(self.transition, outgoing))
            case "final" | "terminate":
                return getattr(hsm, kind)(name)
            case "region":
                return hsm.region(name, *self.default(node), *self.children(node, path))
            case "state" | "orthogonal":
                behaviors = [
                    *self.behaviors(node, path),
                    *map(self.transition, outgoing),
                    *self.acceptances(node, path),
                ]
                return hsm.state(name, *self.default(node), *behaviors, *self.children(node, path))
        raise NotImplementedError(f"vertex of kind {kind}")

    def default(self, node: Node) -> list[Part]:
        """The default entry, where it is an attribute of *node* and no vertex of its own."""
        return [hsm.initial(*self.way(node["initial"]))] if node.get("initial") else []

    def behaviors(self, node: Node, path: str) -> Iterator[Part]:
        """Entry, exit, activity and deferrals of a state."""
        marks = [[{"log": mark + path}] if self.observes else [] for mark in "+-"]
        for actions in blocks([*marks[0], *node.get("entry", ())]):
            yield hsm.entry(behavior(actions))
        for actions in blocks([*node.get("exit", ()), *marks[1]]):
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
        for step in node.get("do", {}).get("steps", ()):
            if "accept" in step:
                name = step["accept"]
                yield hsm.transition(hsm.on(name), hsm.guard(waits_for(path, name)), hsm.effect(hand_over(path)))

    def transition(self, node: Node) -> Part:
        """A transition, written in its source."""
        parts = [*self.triggers(node), *self.way(node)]
        if self.goes_inside(node) and node["kind"] == "external":
            parts.append(hsm.external())
        match node.get("guard"):
            case None | "else" | True:
                pass
            case ["in", path]:
                parts.append(hsm.guard(hsm.in_state(self.places[path])))
            case condition:
                parts.append(hsm.guard(predicate(condition)))
        return hsm.transition(*parts)

    def goes_inside(self, node: Node) -> bool:
        """Whether the transition *node* leads from a state to something inside it."""
        source, target = node["source"], node.get("target")
        is_state = self.nodes[source]["kind"] in ("state", "orthogonal")
        return is_state and isinstance(target, str) and target.startswith(source + "/")

    def triggers(self, node: Node) -> Iterator[Part]:
        """The triggers; none for a completion transition."""
        for name in node.get("on", ()):
            if name in self.operations:
                yield hsm.on_call(name)
            elif self.is_scxml:
                yield from self.scxml_triggers(name, self.nodes[node["source"]])
            else:
                yield hsm.on(name)

    def scxml_triggers(self, name: str, source: Node) -> Iterator[Part]:
        """An event of SCXML: completion and errors have names there, and a name stands for all that begin with it."""
        if name == f"done.state.{source['name']}":
            return
        if name in ("error", "error.*", "error.execution"):
            yield hsm.on("hsm_error")
        yield hsm.on(name, f"{name}.*") if "prefix_event_match" in self.features and name != "*" else hsm.on(name)

    def way(self, node: Node) -> Iterator[Part]:
        """Target and effects of a transition or of a default entry."""
        target = node.get("target")
        if target is not None:
            yield hsm.target(*(self.places[path] for path in ([target] if isinstance(target, str) else target)))
        if node.get("effect"):
            yield hsm.effect(behavior(node["effect"]))


FRONT_ENDS: dict[str, Callable[[Case], hsm.Model[Traced]]] = {"functional": lambda case: Functional(case).model()}
"""How a machine is built, by name."""


def build(case: Case, front_end: str) -> hsm.Model[Traced]:
    """The model of *case*. Many a case has states on purpose that nothing leads to: no warning about these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hsm.DefinitionWarning)
        return FRONT_ENDS[front_end](case)
