"""A counter: one state, one event, one guard.

``python examples/counter.py`` counts to three; then it is full.
"""

from __future__ import annotations

import asyncio

import hsm


class Counter(hsm.Instance):
    """Counts up to its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.value = 0

    @staticmethod
    def has_room(ctx: hsm.Context, self: Counter, event: hsm.Event) -> bool:
        return self.value < self.limit

    @staticmethod
    def increment(ctx: hsm.Context, self: Counter, event: hsm.Event[int]) -> None:
        self.value += event.data

    model = hsm.define(
        "Counter",
        hsm.state(
            "counting",
            hsm.transition(hsm.on("add"), hsm.guard(has_room), hsm.effect(increment)),
            hsm.transition(hsm.on("add"), hsm.target("full")),
        ),
        hsm.state("full"),
    )


async def main() -> None:
    """Count past the limit."""
    async with hsm.start(None, Counter(limit=3), Counter.model, observe=hsm.trace.log()) as machine:
        for _ in range(5):
            outcome = await machine.dispatch("add", 1)
            print(outcome.value, machine.instance.value, machine.state())


if __name__ == "__main__":
    asyncio.run(main())
