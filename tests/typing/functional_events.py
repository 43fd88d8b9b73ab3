"""Transitions of calls are typed by their event: an effect or a guard for another one than the trigger's is an error."""

from __future__ import annotations

import dataclasses
from typing import Any, reveal_type

import attrs

import hsm


@attrs.frozen
class Paid(hsm.Signal):
    amount: int


@dataclasses.dataclass(frozen=True)
class Moved(hsm.Signal):
    x: int


class Refunded(Paid):
    pass


class Counter(hsm.Instance):
    value: int = 0


class Other(hsm.Instance):
    pass


def pay(ctx: hsm.Context, self: Counter, event: Paid) -> None: ...
async def pay_later(ctx: hsm.Context, self: Counter, event: Paid) -> None: ...
def move(ctx: hsm.Context, self: Counter, event: Moved) -> None: ...
def refund(ctx: hsm.Context, self: Counter, event: Refunded) -> None: ...
def either(ctx: hsm.Context, self: Counter, event: Paid | Moved) -> None: ...
def every_event(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> None: ...
def any_signal(ctx: hsm.Context, self: Counter, event: hsm.Signal) -> None: ...
def anything(ctx: hsm.Context, self: Counter, event: Any) -> None: ...
def whatever(ctx: hsm.Context, self: Counter, event: object) -> None: ...
def of_int(ctx: hsm.Context, self: Counter, event: hsm.Event[int]) -> None: ...
def of_another(ctx: hsm.Context, self: Other, event: Paid) -> None: ...
def of_anybody(ctx: hsm.Context, self: hsm.Instance, event: Paid) -> None: ...
def is_large(ctx: hsm.Context, self: Counter, event: Paid) -> bool:
    return event.amount > 100


async def is_far(ctx: hsm.Context, self: Counter, event: Moved) -> bool:
    return event.x > 100


def is_ready(ctx: hsm.Context, self: Counter, event: hsm.Event[Any]) -> bool:
    return True


# what fits
reveal_type(hsm.transition(hsm.on(Paid), hsm.target("a"), hsm.effect(pay)))  # R: Transition[Counter]
reveal_type(hsm.transition(hsm.on(Paid), hsm.effect(of_anybody)))  # R: Transition[Instance]
reveal_type(hsm.transition(hsm.on(Paid)))  # R: Transition[Instance]
reveal_type(hsm.transition(hsm.on("x"), hsm.on(Paid)))  # R: Transition[Instance]
reveal_type(hsm.on(Paid))  # R: On[Paid]
hsm.transition(hsm.on(Paid), hsm.effect(pay_later), hsm.target("a"), hsm.external(), hsm.source("b"))
hsm.transition(hsm.on(Paid), hsm.effect(every_event), hsm.target("a"))
hsm.transition(hsm.on(Paid), hsm.effect(any_signal, anything, whatever, every_event, pay))
hsm.transition(hsm.on(Paid), hsm.guard(is_large), hsm.effect(pay))
hsm.transition(hsm.on(Paid), hsm.guard(is_large, is_ready), hsm.in_state("a"), hsm.effect(pay))
hsm.transition(hsm.on(Paid), hsm.any_of(is_large, hsm.not_(is_ready), hsm.in_state("a")), hsm.effect(pay))
hsm.transition(hsm.on(Paid, Moved), hsm.effect(either))
hsm.transition(hsm.on(Paid, Moved, Refunded), hsm.effect(either))
hsm.transition(hsm.on(Paid, Moved, Refunded, hsm.Signal), hsm.effect(every_event))
hsm.transition(hsm.on(Refunded), hsm.effect(pay, refund))
hsm.transition(hsm.on(Paid), hsm.effect(lambda ctx, self, event: print(event.amount)))
hsm.transition(hsm.on(Paid), hsm.guard(lambda ctx, self, event: event.amount > 3), hsm.target("a"))

# names, patterns and event objects say nothing of a type, and triggers may stand anywhere
hsm.transition(hsm.on("paid"), hsm.effect(pay))
hsm.transition(hsm.on("order.*", Paid), hsm.effect(move))
hsm.transition(hsm.on(hsm.Event("n", 3)), hsm.effect(of_int))
hsm.transition(hsm.on("x"), hsm.effect(pay, every_event), hsm.guard(is_large))
hsm.transition(hsm.target("a"), hsm.on(Paid), hsm.effect(pay))
hsm.transition(hsm.effect(pay), hsm.on(Paid), hsm.on("x"))
hsm.transition(hsm.on(Paid), hsm.target("a"), hsm.on("paid"), hsm.effect(pay))
hsm.transition(hsm.on(Paid), hsm.after(3), hsm.effect(pay))
hsm.transition(hsm.after(3), hsm.on(Paid), hsm.effect(pay))
hsm.transition(hsm.on_call("price"), hsm.effect(every_event))
hsm.transition(hsm.guard(is_large), hsm.target("a"))
hsm.transition(hsm.effect(pay), hsm.target("a"))
hsm.initial(hsm.target("a"), hsm.effect(every_event))
hsm.state("a", hsm.entry(pay), hsm.effect(pay), hsm.exit(move))

# what does not fit
hsm.transition(hsm.on(Paid), hsm.effect(move))  # E
hsm.transition(hsm.on(Paid), hsm.effect(refund))  # E
hsm.transition(hsm.on(Paid), hsm.target("a"), hsm.effect(refund))  # E
hsm.transition(hsm.on(Paid), hsm.effect(pay), hsm.effect(move))  # E
hsm.transition(hsm.on(Paid, Moved), hsm.effect(pay))  # E
hsm.transition(hsm.on(Paid, Moved), hsm.target("a"), hsm.effect(move))  # E
hsm.transition(hsm.on(Paid), hsm.guard(is_far), hsm.effect(pay))  # E
hsm.transition(hsm.on(Paid), hsm.not_(is_far))  # E
hsm.transition(hsm.on(Paid), hsm.any_of(is_ready, is_far))  # E
hsm.transition(hsm.on(Paid), hsm.effect(lambda ctx, self, event: print(event.x)))  # E
hsm.transition(hsm.on(Paid), hsm.target("a"), hsm.on("paid"), hsm.effect(move))  # E
hsm.state("s", hsm.transition(hsm.on(Moved), hsm.target("a"), hsm.effect(pay)))  # E
hsm.define("M", hsm.state("s", hsm.transition(hsm.on(Moved), hsm.target("a"), hsm.effect(pay))))  # E
hsm.transition(hsm.on(Paid), hsm.effect(pay), hsm.effect(of_another))  # E pyright
counted: hsm.AnywherePart[Counter] = hsm.transition(hsm.on(Paid), hsm.effect(pay))
counted_wrong: hsm.AnywherePart[Other] = hsm.transition(hsm.on(Paid), hsm.effect(pay))  # E


# helpers and lists of parts
def triggered() -> hsm.TransitionPart[hsm.Instance]:
    return hsm.on(Paid, "x")


def paying(more: hsm.TransitionPart[Counter, Paid]) -> hsm.AnywherePart[Counter]:
    return hsm.transition(hsm.on(Paid), hsm.target("a"), more)


parts: list[hsm.TransitionPart[Counter, Paid]] = [hsm.effect(pay), hsm.guard(is_large), hsm.target("a")]
any_parts: list[hsm.TransitionPart[Counter]] = [hsm.on(Paid), hsm.effect(move), hsm.target("a")]
wrong_parts: list[hsm.TransitionPart[Counter, Paid]] = [hsm.effect(move)]  # E
hsm.transition(hsm.on(Paid), *parts)
hsm.transition(*any_parts)
hsm.transition(hsm.on(Paid), *any_parts)
hsm.transition(triggered(), hsm.effect(pay))
hsm.transition(hsm.target("a"), triggered(), hsm.effect(pay))
paying(hsm.effect(pay))
paying(hsm.effect(move))  # E
