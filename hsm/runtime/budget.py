"""The budget: how long a machine may go on feeding itself (rule Q8)."""

from __future__ import annotations

from collections import Counter

import attrs

from hsm.errors import LoopBudgetError

SHOWN = 20
"""Internal steps before the budget is spent whose names the message may count."""


@attrs.define(eq=False)
class Budget:
    """Internal steps that may follow each other without an event from outside.

    Attributes:
        is_spent: Whether the budget was spent; whoever drops what the machine has sent to itself resets it.
    """

    _size: int
    _spent: int = 0
    _recent: list[str] = attrs.field(factory=list[str])
    is_spent: bool = False

    def refresh(self) -> None:
        """Something came from outside, or the machine is at rest: it is not feeding itself."""
        if self._spent:
            self._spent = 0
            self._recent.clear()

    def note(self, name: str) -> None:
        """Count an internal step without a look at whether that was one too many."""
        self._spent += 1
        # names are kept at the very end only: a machine that never comes near its budget keeps none
        if self._spent + SHOWN > self._size:
            self._recent.append(name)

    def spend(self, name: str) -> LoopBudgetError | None:
        """Count an internal step called *name*; the error, once, when the budget is spent by that."""
        self.note(name)
        if self._spent <= self._size:
            return None
        names = ", ".join(f"'{name}' ({count}x)" for name, count in Counter(self._recent).most_common(5))
        # the error is handled by steps of the machine as well: they start with a budget of their own
        self.is_spent = True
        self.refresh()
        return LoopBudgetError(
            f"{self._size} internal steps without an event from outside; cycle: {names}; events that the machine sent "
            "to itself were dropped"
        )
