"""What the machines of the trace cases do: from data to behaviours and guards.

In: actions and conditions, as ``cases/README.md`` tells their format. Out: behaviours of ``(ctx, instance, event)`` on
`Traced`, which writes its trace. How a machine is built is no matter here.
"""

from __future__ import annotations

import asyncio
import json
import operator
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from trace_reading import Case, Node, places_of

import hsm

Event: TypeAlias = hsm.Event[Any]


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
            raise ValueError(f"unknown action {action}")


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


def activity(state: str, steps: Sequence[Node]) -> Callable[[hsm.Context, Traced, Event], Awaitable[None]]:
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
    raise ValueError(f"unknown guard {condition}")


def predicate(condition: Any) -> Callable[[hsm.Context, Traced, Event], bool]:
    """*condition* as a guard."""
    return lambda ctx, self, event: holds(condition, self, event)
