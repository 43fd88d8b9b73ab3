"""An order, from reservation to delivery: retries, errors and cancellation as a hierarchical machine.

The work is done by activities, and their errors arrive as the event ``hsm_error``. The states decide what that means: a
payment that may succeed later is retried, any other error undoes the order, and the customer may cancel at any time.
``python examples/order_workflow.py`` runs three orders in virtual time and prints a timeline.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import attrs

import hsm
import hsm.testing

Payment = Callable[[str, int], Awaitable[None]]
"""Takes an order number and an amount; raises `GatewayDown` or `Declined`."""


class GatewayDown(Exception):
    """The payment did not go through, but may do so later."""


class Declined(Exception):
    """The payment will never go through."""


class SoldOut(Exception):
    """The item is out of stock."""


@attrs.frozen
class Cancel(hsm.Signal):
    """The customer has changed their mind."""

    reason: str


@attrs.define
class Shop:
    """What all orders share; `charge` and `refund` belong to the payment gateway."""

    stock: dict[str, int]
    charge: Payment
    refund: Payment
    timeline: list[str] = attrs.field(factory=list[str])


@attrs.define(eq=False)
class Order(hsm.Instance):
    """One order, and how far it has got."""

    shop: Shop
    number: str
    item: str
    price: int
    attempts: int = 0
    is_reserved: bool = False
    may_be_paid: bool = False

    def note(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        self.shop.timeline.append(f"{now:6.1f} s  {self.number}  {text}")


def says(text: str) -> Callable[[hsm.Context, Order, hsm.Event], None]:
    """A behaviour that writes *text* on the timeline."""
    return lambda ctx, order, event: order.note(text)


async def reserve(ctx: hsm.Context, order: Order, event: hsm.Event) -> None:
    """Find the item in the warehouse, and set it aside."""
    await asyncio.sleep(1)
    if not order.shop.stock.get(order.item):
        raise SoldOut(f"no {order.item} left")
    order.shop.stock[order.item] -= 1
    order.is_reserved = True


async def charge(ctx: hsm.Context, order: Order, event: hsm.Event) -> None:
    """Charge the customer through the gateway."""
    order.attempts += 1
    order.note(f"charging {order.price}, attempt {order.attempts}")
    order.may_be_paid = True  # even if this is cancelled half-way: only a refusal by the gateway means that it is not
    try:
        await order.shop.charge(order.number, order.price)
    except (GatewayDown, Declined):
        order.may_be_paid = False
        raise


async def ship(ctx: hsm.Context, order: Order, event: hsm.Event) -> None:
    """Deliver the parcel."""
    await asyncio.sleep(60)


def may_be_retried(ctx: hsm.Context, order: Order, event: hsm.Event[Exception]) -> bool:
    """Whether the payment failed for a temporary reason, and has not been tried too often."""
    return isinstance(event.data, GatewayDown) and order.attempts < 4


def pause(ctx: hsm.Context, order: Order, event: hsm.Event) -> timedelta:
    """2, 4, 8 ... seconds."""
    return timedelta(seconds=2**order.attempts)


def tell_error(ctx: hsm.Context, order: Order, event: hsm.Event[Exception]) -> None:
    """Write what went wrong on the timeline."""
    order.note(f"{type(event.data).__name__}: {event.data}")


def tell_reason(ctx: hsm.Context, order: Order, event: Cancel) -> None:
    """Write on the timeline why the customer cancelled."""
    order.note(f"customer cancels: {event.reason}")


def restock(ctx: hsm.Context, order: Order, event: hsm.Event) -> None:
    """Put the item back if it was set aside."""
    if order.is_reserved:
        order.shop.stock[order.item] += 1
        order.note(f"{order.item} is back in stock")


async def refund(ctx: hsm.Context, order: Order, event: hsm.Event) -> None:
    """Return the money if it may have been taken."""
    if order.may_be_paid:
        await order.shop.refund(order.number, order.price)
        order.note(f"refunded {order.price}")


MODEL = hsm.define(
    "Order",
    hsm.initial(hsm.target("open")),
    hsm.state(
        "open",
        hsm.transition(hsm.on(Cancel), hsm.target("undoing"), hsm.effect(tell_reason)),
        hsm.transition(hsm.on("hsm_error"), hsm.target("undoing"), hsm.effect(tell_error)),
        hsm.state(
            "reserving",
            hsm.activity(reserve),
            hsm.transition(hsm.target("paying"), hsm.effect(says("reserved"))),  # when the activity has returned
        ),
        hsm.state(
            "paying",
            hsm.state(
                "charging",
                hsm.activity(charge),
                hsm.transition(hsm.target("shipping"), hsm.effect(says("paid"))),
                hsm.transition(
                    hsm.on("hsm_error"),
                    hsm.guard(may_be_retried),
                    hsm.target("pausing"),
                    hsm.effect(tell_error),
                ),
            ),
            hsm.state("pausing", hsm.transition(hsm.after(pause), hsm.target("charging"))),
        ),
        hsm.state(
            "shipping",
            hsm.activity(ship),
            hsm.transition(hsm.target("delivered"), hsm.effect(says("delivered"))),
        ),
    ),
    hsm.state(
        "undoing",
        hsm.entry(restock),
        hsm.activity(refund),
        hsm.transition(hsm.target("cancelled"), hsm.effect(says("cancelled"))),
        hsm.transition(hsm.on("hsm_error"), hsm.target("unsettled"), hsm.effect(tell_error)),
    ),
    hsm.final("delivered"),
    hsm.final("cancelled"),
    hsm.final("unsettled"),  # we still have the money: someone has to look into it
)


class Gateway:
    """A payment gateway that is down at first.

    Args:
        failures: How many payments fail before one goes through, by order number.
    """

    def __init__(self, failures: dict[str, int]) -> None:
        self.failures = failures

    async def charge(self, number: str, amount: int) -> None:
        await asyncio.sleep(1)
        if self.failures.get(number, 0) > 0:
            self.failures[number] -= 1
            raise GatewayDown("no answer")

    async def refund(self, number: str, amount: int) -> None:
        await asyncio.sleep(1)


async def main() -> None:
    """Run three orders: one paid at the third attempt, one cancelled, and one too many for the stock."""
    gateway = Gateway({"A1": 2, "A2": 9})
    shop = Shop({"teapot": 2}, gateway.charge, gateway.refund)
    orders = [Order(shop, number, "teapot", 40) for number in ("A1", "A2", "A3")]
    logs = [hsm.trace.log(logger=logging.getLogger(f"hsm.trace.{order.number}")) for order in orders]
    machines = [await hsm.start(None, order, MODEL, observe=log) for order, log in zip(orders, logs, strict=True)]
    await asyncio.sleep(9.5)
    await orders[1].dispatch(Cancel("too slow"))
    for machine in machines:
        await machine.wait()
    print(*shop.timeline, sep="\n")
    for order in orders:
        print(order.number, "ended in", order.state())


if __name__ == "__main__":
    hsm.testing.run(main())
