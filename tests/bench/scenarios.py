"""What is measured: each scenario in one sentence, how it is prepared, and what must be true afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from bench.loads import SENDERS, Living, Load, Sending, SendingTogether, WorkNotDoneError, end
from bench.subject import HOUR, Contender


@dataclass(frozen=True)
class Scenario:
    """One kind of work.

    Attributes:
        key: What the command line calls it.
        title: What tables call it.
        needs: Where in `Contender.gaps` the reason stands why there is no such machine.
        work: The work, in one sentence.
        prepare: Makes it ready for a contender; raises `CannotExpressError`.
        each: How many events or lives one time of a lap is.
        only_async: Whether a library without await has no part in it.
        prove: What shows, on a virtual clock and apart from all laps, that the machine is the one that is meant.
    """

    key: str
    title: str
    needs: str
    work: str
    prepare: Callable[[Contender], Awaitable[Load]]
    each: int = 1
    only_async: bool = False
    prove: Callable[[Contender], Coroutine[None, None, None]] | None = None


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
    Scenario("flat", "flat", "define", "Two states that lead to each other on the same event; no actions.", flat),
    Scenario(
        "ring", "ring", "define", "Ten states, each of which leads to the next on the same event; no actions.", ring
    ),
    Scenario(
        "nested",
        "nested, across the root",
        "nested",
        "Two branches of three levels; each leaf leads to the other's: three states are left and three entered.",
        nested,
    ),
    Scenario(
        "actions",
        "guard, exit, effect, entry",
        "acting",
        "Two states that lead to each other under a guard, with an exit, an effect and an entry action that count.",
        acting,
    ),
    Scenario(
        "async-actions",
        "the same, async",
        "acting_async",
        "The same with `async def` for the three actions; none of them waits for anything.",
        acting_async,
    ),
    Scenario(
        "unhandled",
        "unhandled event",
        "unhandled",
        "An event that no state knows, sent to a machine of two states.",
        unhandled,
    ),
    Scenario(
        "deep",
        "handled eight levels up",
        "deep",
        "An event that the outermost of nine nested states takes, with an effect that counts; nothing is left.",
        deep,
    ),
    Scenario(
        "senders",
        "1,000 senders at once",
        "shared",
        "A thousand tasks of a task group that each await one event with guard, exit, effect and entry; "
        "the time is for one of them, with its task.",
        senders,
        each=SENDERS,
        only_async=True,
    ),
    Scenario("life", "start and stop", "life", "A machine of two states is made, started and stopped.", life),
    Scenario(
        "timers",
        "arm and cancel a timer",
        "timed",
        "Two states that lead to each other on an event and, an hour later, on a timer: each event cancels a timer "
        "and arms one.",
        timers,
        only_async=True,
        prove=timers_fire,
    ),
)
