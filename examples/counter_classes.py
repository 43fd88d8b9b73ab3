"""The counter of `counter.py` as a class.

``python examples/counter_classes.py`` prints the same.
"""

from __future__ import annotations

import asyncio

import hsm
from hsm_classdsl import Machine, State, guard, on


class Counter(Machine):
    """Counts up to its limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.value = 0

    class Counting(State["Counter"]):
        @guard
        def has_room(self) -> bool:
            return self.machine.value < self.machine.limit

        @on("add", guard=has_room)
        def increment(self, event: hsm.Event[int]) -> None:
            self.machine.value += event.data

        fill = on("add", target="Full")

    class Full(State["Counter"]):
        pass


async def main() -> None:
    """Count past the limit."""
    counter = Counter(limit=3)
    async with hsm.start(None, counter, Counter.model, observe=hsm.trace.log()):
        for _ in range(5):
            outcome = await counter.dispatch("add", 1)
            print(outcome.value, counter.value, counter.state())


if __name__ == "__main__":
    asyncio.run(main())
