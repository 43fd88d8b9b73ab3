"""Arriving: one machine is started, given inputs, and looked at where it comes to rest.

In: a model, and a sequence of inputs. Out: an `Arrival`: what the last input reached, and what may come next. Every
sequence is run on a fresh machine from its start, in a virtual time of its own, so that nothing has to be saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

import hsm
from hsm import trace
from hsm.errors import CallError
from hsm.events import name_of
from hsm.names import safe_repr
from hsm.runtime.machine import Machine, record_of
from hsm.testing.clock import lonely_clock, running_clock
from hsm.testing.everywhere import unwatched
from hsm.testing.fingerprints import configuration, fingerprint
from hsm.testing.inputs import Call, Input, Reached, Send, Wait, give
from hsm.testing.subjects import Factory

NEXT = Wait(float("inf"))
"""Wait until something happens; the arrival has how long that was."""
_TRIES = 100
"""How often something may fall due without anything happening in the machine, before nothing more is expected."""


@attrs.frozen
class Arrival:
    """Where a machine came to rest.

    Attributes:
        inputs: What it was given.
        reached: What the last input reached: paths of vertices, and identifiers of transitions.
        states: The active leaves.
        place: What is active, as a value.
        situation: The same with all that decides how it goes on, as far as that can be seen.
        events: The names and patterns that it reacts to.
        waits: Seconds in which a timer of its own fires; `NEXT` first if something else is due before.
        is_over: Whether the machine has ended.
        error: What the last input raised; then the rest says nothing.
    """

    inputs: tuple[Input, ...]
    reached: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    place: object = None
    situation: object = None
    events: tuple[str, ...] = ()
    waits: tuple[Wait, ...] = ()
    is_over: bool = False
    error: Exception | None = None


class Traveller(Reached):
    """The observer of one machine.

    Attributes:
        answers: What guards have answered, by identifier.
        own: The names of events that the machine sent to itself, or was sent by its activities.
        due: When timers fire, by identifier, on the machine's clock.
        expected: The name of the event that it is being given.
        has_seen: Whether anything has happened since the last input.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, set[bool]] = {}
        self.own: set[str] = set()
        self.due: dict[str, float] = {}
        self.expected: str | None = None
        self.has_seen = False

    def __call__(self, record: trace.Record) -> None:
        """Note what *record* tells."""
        self.has_seen = True
        super().__call__(record)
        match record:
            case trace.Received(event=event) if name_of(event) == self.expected:
                self.expected = None
            case trace.Received(event=event):
                self.own.add(name_of(event))
            case trace.GuardAsked(id=id, answer=answer):
                self.answers.setdefault(id, set()).add(bool(answer))
            case trace.TimerArmed(id=id, due=due):
                self.due[id] = due
            case trace.TimerDisarmed(id=id):
                self.due.pop(id, None)
            case _:
                pass

    def expect(self, each: Input) -> None:
        """*each* comes next: what is received besides it, the machine sends itself."""
        self.found.clear()
        self.has_seen = False
        self.expected = None
        if isinstance(each, Send):
            self.expected = each.name
        elif isinstance(each, Call):
            self.expected = each.operation


@attrs.frozen
class Journeys:
    """Runs sequences of inputs.

    Attributes:
        model: What runs.
        factory: Makes its instances.
        wall: What the wall clock says when a machine starts.
        answers: What guards have answered so far, by identifier.
        own: The names of events that machines have sent to themselves.
        errors: What inputs have raised, by their text.
    """

    model: Any
    factory: Factory
    wall: datetime
    answers: dict[str, set[bool]] = attrs.field(factory=dict[str, set[bool]])
    own: set[str] = attrs.field(factory=set[str])
    errors: dict[str, str] = attrs.field(factory=dict[str, str])

    def run(self, inputs: tuple[Input, ...]) -> Arrival | None:
        """Where a new machine is after *inputs*; ``None`` if the last of them does nothing at all.

        Raises:
            Exception: What the start raised.
        """
        traveller = Traveller()
        try:
            with unwatched():
                return lonely_clock(self.wall).run(self._travel(inputs, traveller))
        except CallError:
            return None
        except Exception as error:
            if not inputs:
                raise
            self.errors.setdefault(str(inputs[-1]), safe_repr(error))
            return Arrival(inputs, error=error)
        finally:
            self.own.update(traveller.own)
            for guard, answers in traveller.answers.items():
                self.answers.setdefault(guard, set()).update(answers)

    async def _travel(self, inputs: tuple[Input, ...], traveller: Traveller) -> Arrival | None:
        raised: list[BaseException] = []
        machine = await hsm.start(None, self.factory(), self.model, engine="kernel", observe=traveller)
        # what nobody awaits would be reported to the loop, which is of no use to whoever searches
        record_of(machine).on_background_error = raised.append
        await running_clock().settle()
        for each in inputs:
            traveller.expect(each)
            if each is NEXT:
                waited = await _wait_for_something(traveller)
                if waited is None:
                    return None
                inputs = (*inputs[:-1], waited)
            else:
                await give(machine, each)
        for error in raised:
            raise error
        return await _arrival(machine, inputs, traveller)


async def _wait_for_something(traveller: Traveller) -> Wait | None:
    """Let time pass until something happens in the machine; ``None`` if nothing does."""
    clock = running_clock()
    began = clock.time()
    for _ in range(_TRIES):
        seconds = await clock.until_next()
        if seconds is None:
            break
        await clock.advance(seconds)
        if traveller.has_seen:
            return Wait(clock.time() - began)
    return None


async def _arrival(machine: Machine[Any], inputs: tuple[Input, ...], traveller: Traveller) -> Arrival:
    clock = running_clock()
    until_next = await clock.until_next()
    now = clock.time()
    rest = [round(due - now, 9) for due in traveller.due.values()]
    waits = [Wait(seconds) for seconds in sorted({each for each in rest if each > 0})]
    if until_next is not None and (not waits or until_next < waits[0].seconds):
        waits.insert(0, NEXT)
    is_over = machine.is_over()
    return Arrival(
        inputs,
        tuple(traveller.found),
        machine.states(),
        configuration(machine),
        (fingerprint(machine), tuple([each.seconds for each in waits])),
        () if is_over else machine.events(),
        () if is_over else tuple(waits),
        is_over,
    )


def matching(name: str, patterns: tuple[str, ...]) -> Iterator[str]:
    """Those of *patterns* that *name* fits, as triggers have them."""
    for pattern in patterns:
        if pattern == name or (pattern.endswith("*") and name.startswith(pattern[:-1])):
            yield pattern
