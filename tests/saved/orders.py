"""The order workflow of the examples, and the same as a machine class; as a program, it goes on with saved orders.

``python orders.py FRONT ENGINE DIRECTORY`` restores each order whose files are there, lets it come to its end, and
prints as JSON how each of them ended. The world around an order (its stock and its bank) has a file of its own.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs

import hsm
import hsm_classdsl as dsl
from hsm.testing import VirtualClock


def _example():
    path = Path(__file__).resolve().parents[2] / "examples" / "order_workflow.py"
    spec = importlib.util.spec_from_file_location("order_workflow_that_is_saved", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


example = _example()


@attrs.define
class Bank:
    """A gateway that is down for some payments, and keeps accounts."""

    failures: int
    charged: list[str] = attrs.Factory(list)
    refunded: list[str] = attrs.Factory(list)

    async def charge(self, number, amount):
        await asyncio.sleep(1)
        if self.failures:
            self.failures -= 1
            raise example.GatewayDown("no answer")
        self.charged = sorted({*self.charged, number})

    async def refund(self, number, amount):
        await asyncio.sleep(1)
        self.refunded = sorted({*self.refunded, number})


class KeptOrder(example.Order):
    """The order of the example, without the shop: that is not the order's own."""

    def __getstate__(self):
        return {name: each for name, each in super().__getstate__().items() if name != "shop"}


class Order(dsl.Machine):
    """The example's model as a class."""

    attempts: int = 0
    is_reserved: bool = False
    may_be_paid: bool = False

    def __init__(self, shop, number, item, price):
        super().__init__()
        self.shop = shop
        self.number = number
        self.item = item
        self.price = price

    def __getstate__(self):
        return {name: each for name, each in super().__getstate__().items() if name != "shop"}

    class open(dsl.State["Order"], initial=True):
        cancelled = dsl.on(example.Cancel, target="undoing")
        failed = dsl.on("hsm_error", target="undoing")

        class reserving(dsl.State["Order"], initial=True):
            def __init__(self):
                self.tries = 0

            @dsl.activity
            async def reserve(self):
                self.tries += 1
                await example.reserve(None, self.machine, None)

            done = dsl.transition(target="paying")

        class paying(dsl.State["Order"]):
            class charging(dsl.State["Order"], initial=True):
                @dsl.activity
                async def charge(self):
                    order = self.machine
                    order.attempts += 1
                    order.may_be_paid = True
                    try:
                        await order.shop.charge(order.number, order.price)
                    except example.GatewayDown:
                        order.may_be_paid = False
                        raise

                @dsl.guard
                def may_be_retried(self, event):
                    return example.may_be_retried(None, self.machine, event)

                done = dsl.transition(target="shipping")
                retried = dsl.on("hsm_error", guard=may_be_retried, target="pausing")

            class pausing(dsl.State["Order"]):
                def pause(self):
                    return timedelta(seconds=2**self.machine.attempts)

                over = dsl.after(pause, target="charging")

        class shipping(dsl.State["Order"]):
            @dsl.activity
            async def ship(self):
                await asyncio.sleep(60)

            done = dsl.transition(target="delivered")

    class undoing(dsl.State["Order"]):
        @dsl.entry
        def restock(self):
            if self.machine.is_reserved:
                self.machine.shop.stock[self.machine.item] += 1

        @dsl.activity
        async def refund(self):
            if self.machine.may_be_paid:
                await self.machine.shop.refund(self.machine.number, self.machine.price)

        done = dsl.transition(target="cancelled")
        failed = dsl.on("hsm_error", target="unsettled")

    class delivered(dsl.Final):
        pass

    class cancelled(dsl.Final):
        pass

    class unsettled(dsl.Final):
        pass


FRONTS = {"functional": (KeptOrder, example.MODEL), "classes": (Order, Order.model)}


@attrs.define
class World:
    """What is around one order: it goes on by itself, whatever becomes of the machine."""

    bank: Bank
    stock: dict[str, int]
    cancels_in: str | None = None

    def order(self, kind):
        return kind(example.Shop(self.stock, self.bank.charge, self.bank.refund), "A1", "teapot", 40)

    async def until_the_end(self, machine):
        """Let *machine* come to its end, cancelled a moment after it has reached a state, and say how it ended."""
        if self.cancels_in is not None and machine.state() != "/Order/undoing":
            await machine.until(self.cancels_in)
            await asyncio.sleep(0.5)
            await machine.dispatch(example.Cancel("too slow"))
        status = await machine.wait()
        return [machine.state(), status.value, self.stock, self.bank.charged, self.bank.refunded]


async def go_on(kind, model, engine, text, world):
    """Restore the order in *text*, and let it come to its end."""
    machine = await hsm.restore(None, world.order(kind), model, hsm.Snapshot.from_json(text), engine=engine)
    return await world.until_the_end(machine)


def main(front, engine, directory):
    """How each order in *directory* ended, by name."""
    kind, model = FRONTS[front]
    ended = {}
    for path in sorted(Path(directory).glob("*.snapshot.json")):
        text, name = path.read_text("utf-8"), path.name.partition(".")[0]
        written = json.loads(path.with_name(f"{name}.world.json").read_text("utf-8"))
        world = World(**written | {"bank": Bank(**written["bank"])})
        taken = hsm.Snapshot.from_json(text).taken
        clock = VirtualClock(datetime.fromtimestamp(taken + 0.125, UTC))
        ended[name] = clock.run(go_on(kind, model, engine, text, world))
    print(json.dumps(ended))


if __name__ == "__main__":
    main(*sys.argv[1:])
