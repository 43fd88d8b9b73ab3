"""The order workflow: when it retries, what undoes it, and that nothing is taken that is not given back."""

from __future__ import annotations

import asyncio

import pytest
from support import pause

import hsm


@pytest.fixture
def orders(example):
    """The example's module."""
    return example("order_workflow")


class Bank:
    """A gateway that fails as it is told to, each time with the next of *failures*, and keeps accounts."""

    def __init__(self, *failures, fails_to_refund=False):
        self.failures = list(failures)
        self.fails_to_refund = fails_to_refund
        self.asked = []
        self.refunded = []

    async def charge(self, number, amount):
        self.asked.append(asyncio.get_running_loop().time())
        await pause(1)
        if self.failures:
            raise self.failures.pop(0)

    async def refund(self, number, amount):
        await pause(1)
        if self.fails_to_refund:
            raise OSError("bank holiday")
        self.refunded.append(amount)


async def ordered(orders, bank, stock=1):
    """A machine with an order for a teapot that costs 40."""
    shop = orders.Shop({"teapot": stock}, bank.charge, bank.refund)
    return await hsm.start(None, orders.Order(shop, "A1", "teapot", 40), orders.MODEL)


async def test_order_that_nothing_hinders_is_delivered(orders):
    """Reserved, paid at once and shipped, an order ends in its final state, with one teapot less in stock."""
    bank = Bank()
    machine = await ordered(orders, bank)
    assert await machine.wait() is hsm.Status.COMPLETED
    assert machine.state() == "/Order/delivered"
    assert (machine.instance.shop.stock, bank.refunded) == ({"teapot": 0}, [])


async def test_payment_is_retried_after_ever_longer_pauses(orders):
    """A gateway that is down is asked again 2, 4 and 8 seconds after it failed, and the fourth payment counts."""
    bank = Bank(*[orders.GatewayDown("no answer") for _ in range(3)])
    machine = await ordered(orders, bank)
    await machine.wait()
    assert machine.state() == "/Order/delivered"
    assert bank.asked == [1, 1 + 1 + 2, 4 + 1 + 4, 9 + 1 + 8]


async def test_fourth_failure_undoes_the_order(orders):
    """After four failures in a row nothing is tried any more, and the teapot is back in stock."""
    bank = Bank(*[orders.GatewayDown("no answer") for _ in range(5)])
    machine = await ordered(orders, bank)
    await machine.wait()
    assert machine.state() == "/Order/cancelled"
    assert (len(bank.asked), bank.refunded, machine.instance.shop.stock) == (4, [], {"teapot": 1})


async def test_declined_payment_is_not_retried(orders):
    """What will never go through is tried once: the state around takes the error that the inner one does not."""
    bank = Bank(orders.Declined("no credit"))
    machine = await ordered(orders, bank)
    await machine.wait()
    assert machine.state() == "/Order/cancelled"
    assert (len(bank.asked), bank.refunded, machine.instance.shop.stock) == (1, [], {"teapot": 1})


async def test_sold_out_item_is_never_charged(orders):
    """An order for what is not there ends without asking for money."""
    bank = Bank()
    machine = await ordered(orders, bank, stock=0)
    await machine.wait()
    assert (machine.state(), bank.asked) == ("/Order/cancelled", [])


@pytest.mark.parametrize(
    ("seconds", "state", "refunded"),
    [
        (0.5, "/Order/open/reserving", []),
        (1.5, "/Order/open/paying/charging", [40]),  # cut off half-way: nobody knows, so the money is given back
        (3.0, "/Order/open/paying/pausing", []),
        (4.5, "/Order/open/paying/charging", [40]),
        (30.0, "/Order/open/shipping", [40]),
    ],
)
async def test_customer_may_cancel_at_any_time(orders, clock, seconds, state, refunded):
    """Wherever the order is, cancelling it gives back what was taken so far, and ends it."""
    bank = Bank(orders.GatewayDown("no answer"))
    machine = await ordered(orders, bank)
    await clock.advance(seconds)
    assert machine.state() == state
    assert await machine.dispatch(orders.Cancel("changed my mind")) is hsm.Outcome.TAKEN
    await machine.wait()
    assert machine.state() == "/Order/cancelled"
    assert (machine.instance.shop.stock, bank.refunded) == ({"teapot": 1}, refunded)


async def test_delivered_order_cannot_be_cancelled(orders):
    """After the end a cancellation changes nothing, and its sender gets `IGNORED`."""
    bank = Bank()
    machine = await ordered(orders, bank)
    await machine.wait()
    assert await machine.dispatch(orders.Cancel("too late")) is hsm.Outcome.IGNORED
    assert (machine.state(), bank.refunded) == ("/Order/delivered", [])


async def test_failing_refund_is_left_for_a_human(orders, clock):
    """An error while undoing leads to a final state of its own."""
    bank = Bank(fails_to_refund=True)
    machine = await ordered(orders, bank)
    await clock.advance(30.0)
    await machine.dispatch(orders.Cancel("changed my mind"))
    await machine.wait()
    assert machine.state() == "/Order/unsettled"
    assert machine.instance.shop.timeline[-1] == "  31.0 s  A1  OSError: bank holiday"


async def test_it_prints_a_timeline(orders, capsys):
    """Run as a program it prints what happened to three orders, in virtual time, and where they ended."""
    await orders.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "A2" in line][-5:] == [
        "   9.5 s  A2  customer cancels: too slow",
        "   9.5 s  A2  teapot is back in stock",
        "  10.5 s  A2  refunded 40",
        "  10.5 s  A2  cancelled",
        "A2 ended in /Order/cancelled",
    ]
    assert lines[-3] == "A1 ended in /Order/delivered"
    assert lines[-4] == "  70.0 s  A1  delivered"
