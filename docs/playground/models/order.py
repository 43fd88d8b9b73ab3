"""An order: work in activities, payments that are tried again, and a customer who may cancel at any time."""

import asyncio
from datetime import timedelta

import hsm


class GatewayDown(Exception):
    """The payment may succeed later."""


async def reserve(ctx: hsm.Context, order: "Order", event: hsm.Event) -> None:
    """Look for the item in the warehouse."""
    await asyncio.sleep(1)


async def charge(ctx: hsm.Context, order: "Order", event: hsm.Event) -> None:
    """Take the money."""
    order.attempts += 1
    print(f"Charging, attempt {order.attempts}.")
    await asyncio.sleep(1)
    if order.attempts < 3:
        raise GatewayDown


async def ship(ctx: hsm.Context, order: "Order", event: hsm.Event) -> None:
    """Deliver the parcel."""
    await asyncio.sleep(60)


async def refund(ctx: hsm.Context, order: "Order", event: hsm.Event) -> None:
    """Give the money back."""
    await asyncio.sleep(1)


def may_be_retried(ctx: hsm.Context, order: "Order", event: hsm.Event[Exception]) -> bool:
    """Whether another attempt makes sense."""
    return isinstance(event.data, GatewayDown) and order.attempts < 4


def pause(ctx: hsm.Context, order: "Order", event: hsm.Event) -> timedelta:
    """2, 4, 8 ... seconds."""
    return timedelta(seconds=2**order.attempts)


class Order(hsm.Instance):
    """One order; the payment gateway is down for the first two attempts."""

    attempts = 0

    model = hsm.define(
        "Order",
        hsm.initial(hsm.target("open")),
        hsm.state(
            "open",
            hsm.transition(hsm.on("cancel", "hsm_error"), hsm.target("undoing")),
            hsm.state(
                "reserving",
                hsm.activity(reserve),
                hsm.transition(hsm.target("charging")),  # when the activity has returned
            ),
            hsm.state(
                "charging",
                hsm.activity(charge),
                hsm.transition(hsm.target("shipping")),
                hsm.transition(hsm.on("hsm_error"), hsm.guard(may_be_retried), hsm.target("pausing")),
            ),
            hsm.state("pausing", hsm.transition(hsm.after(pause), hsm.target("charging"))),
            hsm.state("shipping", hsm.activity(ship), hsm.transition(hsm.target("delivered"))),
        ),
        hsm.state("undoing", hsm.activity(refund), hsm.transition(hsm.target("cancelled"))),
        hsm.final("delivered"),
        hsm.final("cancelled"),
    )
