"""Virtual time: what is due when, and what happens meanwhile when a behaviour takes its time.

Time stands still while anything happens. Where several things happen at the same instant and the rules promise no
order between them, there is nothing to hold a machine against: `Unspecified`.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

TIMER, ACTIVITY, CALLER = "timer", "activity", "caller"
"""What can be due. The caller comes last: it goes on when nothing more can happen without time passing."""
RACE = "a timer of no seconds may fire before a start has ended, which then waits for what it does"
AT_ONCE = 60
"""How often something may be due at one instant."""


class Endless(Exception):
    """The machine feeds itself for ever, or for too long to be interesting."""


class Unspecified(Exception):
    """Something happened of which the rules do not say what it comes to; the message tells what."""


class KnownDifference(Unspecified):
    """The library is known to do otherwise than the rules say here; the message tells what."""


@attrs.define(eq=False)
class Due:
    """Something that happens at *when*, by default at once.

    Timers that are due together are in the order of their *rank*; *owner* is the activation that they belong to.
    """

    kind: str
    happen: Callable[[], None]
    when: float = 0.0
    rank: int = 0
    owner: int = 0
    is_new: bool = False


class Timeline:
    """The time `now`, in seconds, and what is due later. When something has happened, *go_on* is called."""

    def __init__(self, go_on: Callable[[], None]) -> None:
        self.go_on = go_on
        self.now = 0.0
        self.agenda: list[Due] = []
        self.count = 0  # how often something was due at this instant
        self.has_happened = False  # at this instant, by itself: a timer, an activity, the end of a pause
        self.is_together = False  # several timers were due at this instant
        self.racing = ""  # why nothing may take time now: it would matter whether somebody waits for it

    def add(self, due: Due, seconds: float = 0.0) -> Due:
        """*due* happens in so many *seconds*."""
        due.when, due.is_new = self.now + seconds, not seconds
        self.agenda.append(due)
        return due

    def drop(self, due: Due) -> None:
        """*due* does not happen any more."""
        if due in self.agenda:
            self.agenda.remove(due)

    def pause(self, seconds: float) -> None:
        """Let so many *seconds* pass in the middle of a step, which goes on before the caller does.

        Raises:
            Unspecified: Something else is due when they are over.
        """
        if self.racing:
            raise Unspecified(self.racing)
        until = self.now + seconds
        while any(due.when < until for due in self.agenda):
            self.happen()
        if any(due.when == until and due.kind != CALLER for due in self.agenda):
            raise Unspecified("something is due when a behaviour goes on")
        self._go(until)
        self.has_happened = True

    def happen(self) -> None:
        """Let happen what is due next: one thing, or all timers that are due together (A6)."""
        self._go(max(self.now, min(due.when for due in self.agenda)))
        ready = [due for due in self.agenda if due.when == self.now]
        alone = [due for due in ready if due.kind != CALLER]
        together = self._together(alone) if alone else ready[:1]
        self.agenda = [due for due in self.agenda if due not in together]
        for due in together:
            due.happen()
        self.go_on()
        self.count += 1
        if self.count > AT_ONCE:
            raise Endless

    def _together(self, ready: list[Due]) -> list[Due]:
        """*ready* in the order in which they happen; those of no seconds come after what armed them (A4)."""
        if len(ready) > 1 and any(due.kind != TIMER for due in ready):
            raise Unspecified("an activity ends when something else is due")
        if len({(due.is_new, due.is_new and due.owner) for due in ready}) > 1:
            raise Unspecified("a timer of no seconds is due together with one that was not armed beside it")
        if not ready[0].is_new:
            if self.has_happened:
                raise Unspecified("two things happen at once")
            self.has_happened, self.is_together = True, len(ready) > 1
        return sorted(ready, key=lambda due: due.rank)

    def _go(self, when: float) -> None:
        if when > self.now:
            self.now, self.count, self.has_happened, self.is_together = when, 0, False, False
