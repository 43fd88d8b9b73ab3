"""What is measured: each scenario in one sentence, how it is prepared, and what must be true afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from bench.loads import (
    SENDERS,
    Living,
    Load,
    Sending,
    SendingAtRandom,
    SendingTogether,
    Visiting,
    WorkNotDoneError,
    end,
)
from bench.subject import AMOUNT, HOUR, VISITED, Contender

EVENTS = "Events"
BEHAVIORS = "Behaviours"
AROUND = "Lives, senders, timers"
REGIONS = "Regions"
VISITS = "First visits"
GROUPS = (EVENTS, BEHAVIORS, AROUND, REGIONS, VISITS)
"""The tables of a page, in their order."""


@dataclass(frozen=True)
class Scenario:
    """One kind of work.

    Attributes:
        key: What the command line calls it.
        title: What tables call it.
        needs: Where in `Contender.gaps` the reason stands why there is no such machine.
        work: The work, in one sentence.
        prepare: Makes it ready for a contender; raises `CannotExpressError`.
        group: The table that it belongs to, of `GROUPS`.
        each: How many events or lives one time of a lap is.
        only_async: Whether a library without await has no part in it.
        prove: What shows, on a virtual clock and apart from all laps, that the machine is the one that is meant.
        times: How many times a lap does the work; 0 for as many as fill it.
        least: How many times at least, where one time is not like the other.
        rounds: How many rounds are enough; 0 for as many as are asked for.
        is_judged: Whether the project's limits apply to it.
    """

    key: str
    title: str
    needs: str
    work: str
    prepare: Callable[[Contender], Awaitable[Load]]
    group: str = EVENTS
    each: int = 1
    only_async: bool = False
    prove: Callable[[Contender], Coroutine[None, None, None]] | None = None
    times: int = 0
    least: int = 1
    rounds: int = 0
    is_judged: bool = False


async def flat(contender: Contender) -> Load:
    """Two states."""
    return Sending(contender, await contender.start(contender.define(2)), lambda sent: (f"s{sent % 2}", 0))


async def ring(contender: Contender) -> Load:
    """Ten states."""
    return Sending(contender, await contender.start(contender.define(10)), lambda sent: (f"s{sent % 10}", 0))


async def nested(contender: Contender) -> Load:
    """Two branches of three levels."""
    return Sending(contender, await contender.nested(), lambda sent: ("cz"[sent % 2], 0))


async def acting(contender: Contender) -> Load:
    """Plain functions."""
    return Sending(contender, await contender.acting(), lambda sent: (f"s{sent % 2}", 3 * sent))


async def acting_async(contender: Contender) -> Load:
    """Coroutine functions."""
    return Sending(contender, await contender.acting_async(), lambda sent: (f"s{sent % 2}", 3 * sent))


async def unhandled(contender: Contender) -> Load:
    """An event of which no state knows."""
    return Sending(contender, await contender.start(contender.define(2), "nothing"), lambda sent: ("s0", 0))


async def deep(contender: Contender) -> Load:
    """Nine levels."""
    return Sending(contender, await contender.deep(), lambda sent: ("d8", sent))


async def senders(contender: Contender) -> Load:
    """A crowd."""
    return SendingTogether(contender, await contender.shared(), lambda sent: (f"s{sent % 2}", 3 * sent))


async def life(contender: Contender) -> Load:
    """Start and stop."""
    return Living(contender, await contender.life())


async def timers(contender: Contender) -> Load:
    """Timers that never fire."""
    return Sending(contender, await contender.timed(), lambda sent: (f"s{sent % 2}", 0))


async def named(contender: Contender) -> Load:
    """A name."""
    return Sending(contender, await contender.named(), lambda sent: (f"s{sent % 2}", 0))


async def named_data(contender: Contender) -> Load:
    """A name and data."""
    return Sending(contender, await contender.named_data(), lambda sent: (f"s{sent % 2}", AMOUNT * sent))


async def signal(contender: Contender) -> Load:
    """An object of a class."""
    return Sending(contender, await contender.signal(), lambda sent: (f"s{sent % 2}", AMOUNT * sent))


async def method(contender: Contender) -> Load:
    """A method in an effect."""
    return Sending(contender, await contender.method(), lambda sent: (f"s{sent % 2}", sent))


async def calling(contender: Contender) -> Load:
    """Functions in behaviours."""
    return Sending(contender, await contender.calling(), lambda sent: (f"s{sent % 2}", 3 * sent))


async def awaiting(contender: Contender) -> Load:
    """An effect that suspends."""
    return Sending(contender, await contender.awaiting(), lambda sent: (f"s{sent % 2}", sent))


async def once(contender: Contender) -> Load:
    """A definition that is used once."""
    return Living(contender, await contender.once(), "s1", is_async=True)


def guards(number: int) -> Scenario:
    """The scenario of *number* guards."""

    async def prepare(contender: Contender) -> Load:
        return Sending(contender, await contender.guards(number), lambda sent: ("s0", sent))

    work = f"A state with {number} guarded transitions on one event, of which the last is taken; its effect counts."
    return Scenario(f"guards-{number}", f"{number} guards", "guards", work, prepare, BEHAVIORS)


def regions(number: int) -> Scenario:
    """The scenario of *number* regions."""

    async def prepare(contender: Contender) -> Load:
        return SendingAtRandom(contender, *await contender.regions(number))

    work = f"{number} regions of two states that lead to each other, each on an event of its own; events at random."
    return Scenario(f"regions-{number}", f"{number} regions", "regions", work, prepare, REGIONS, least=200)


def visits(size: int, visit: int) -> Scenario:
    """The scenario of a *visit* to the states of a model of *size* states."""

    async def prepare(contender: Contender) -> Load:
        contender.module("Probe", 0)
        return Visiting(contender, size, visit)

    ordinal = ("first", "second", "third")[visit - 1]
    work = (
        f"A module of {size} states with guard, exit, effect and entry is imported and a machine started; the time is "
        f"for the {ordinal} event in each of {VISITED} states that are spread over the file."
    )
    title = f"{ordinal} of {size} states"
    return Scenario(
        f"{ordinal}-{size}", title, "module", work, prepare, VISITS, each=VISITED, only_async=True, times=1, rounds=10
    )


async def timers_fire(contender: Contender) -> None:
    """A timer that is not cancelled leads to the other state when the hour is over, and not before."""
    subject = await contender.timed()
    await subject.send(*subject.arguments)
    found = [subject.leaf()]
    for seconds in (HOUR - 1, 2):
        await asyncio.sleep(seconds)
        found.append(subject.leaf())
    if found != ["s1", "s1", "s0"]:
        raise WorkNotDoneError(f"{contender.title}: before, shortly before and after its timer, it was in {found}")
    await end(subject)


SCENARIOS = (
    Scenario(
        "flat",
        "flat",
        "define",
        "Two states that lead to each other on the same event; no actions.",
        flat,
        is_judged=True,
    ),
    Scenario(
        "ring",
        "ring",
        "define",
        "Ten states, each of which leads to the next on the same event; no actions.",
        ring,
        is_judged=True,
    ),
    Scenario(
        "nested",
        "nested, across the root",
        "nested",
        "Two branches of three levels; each leaf leads to the other's: three states are left and three entered.",
        nested,
        is_judged=True,
    ),
    Scenario(
        "unhandled",
        "unhandled event",
        "unhandled",
        "An event that no state knows, sent to a machine of two states.",
        unhandled,
        is_judged=True,
    ),
    Scenario(
        "deep",
        "handled eight levels up",
        "deep",
        "An event that the outermost of nine nested states takes, with an effect that counts; nothing is left.",
        deep,
        is_judged=True,
    ),
    Scenario("name", "by name", "named", "As *flat*, but what is sent is the name of the event.", named),
    Scenario(
        "data",
        "by name, with data",
        "named_data",
        "The same with data, which an effect adds up.",
        named_data,
    ),
    Scenario(
        "signal",
        "signal",
        "signal",
        "As *flat*, with an event of an `attrs.frozen` class, a field of which an effect adds up.",
        signal,
    ),
    Scenario(
        "actions",
        "guard, exit, effect, entry",
        "acting",
        "Two states that lead to each other under a guard, with an exit, an effect and an entry action that count.",
        acting,
        BEHAVIORS,
        is_judged=True,
    ),
    Scenario(
        "async-actions",
        "the same, async",
        "acting_async",
        "The same with `async def` for the three actions; none of them waits for anything.",
        acting_async,
        BEHAVIORS,
        is_judged=True,
    ),
    Scenario(
        "calling",
        "the same, calling",
        "calling",
        "The same with plain functions of which each calls another one.",
        calling,
        BEHAVIORS,
    ),
    Scenario(
        "method",
        "effect calls a method",
        "method",
        "As *flat*, with an effect that calls a method of the user's object, which counts.",
        method,
        BEHAVIORS,
    ),
    Scenario(
        "awaiting",
        "effect awaits",
        "awaiting",
        "As *flat*, with an effect that awaits `asyncio.sleep(0)` and counts.",
        awaiting,
        BEHAVIORS,
        only_async=True,
    ),
    *(guards(number) for number in (50, 300)),
    Scenario(
        "life",
        "start and stop",
        "life",
        "A machine of two states is made, started and stopped.",
        life,
        AROUND,
        is_judged=True,
    ),
    Scenario(
        "once",
        "define and use once",
        "once",
        "A machine of two states is defined, made, started, sent one event and stopped.",
        once,
        AROUND,
    ),
    Scenario(
        "senders",
        "1,000 senders at once",
        "shared",
        "A thousand tasks of a task group that each await one event with guard, exit, effect and entry; "
        "the time is for one of them, with its task.",
        senders,
        AROUND,
        each=SENDERS,
        only_async=True,
        is_judged=True,
    ),
    Scenario(
        "timers",
        "arm and cancel a timer",
        "timed",
        "Two states that lead to each other on an event and, an hour later, on a timer: each event cancels a timer "
        "and arms one.",
        timers,
        AROUND,
        only_async=True,
        prove=timers_fire,
        is_judged=True,
    ),
    *(regions(number) for number in (4, 8, 16, 32)),
    *(visits(size, visit) for size in (50, 200, 800) for visit in (1, 2, 3)),
)
