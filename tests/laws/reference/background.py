"""What goes on beside the steps: timers and activities (rules K5, C1, E2, A1 to A6)."""

from __future__ import annotations

import attrs
from laws.description import Act
from laws.reference.present import NOBODY, Completion, Entry, Error, Event, Present
from laws.reference.timeline import ACTIVITY, TIMER, Due, Unspecified
from laws.reference.tree import REAL, Placed


@attrs.define(eq=False)
class Timer:
    """One timer of one activation: armed at a time, once or with a period."""

    placed: Placed
    rank: int
    armed: float
    seconds: float
    sent: int
    number: int = 0
    due: Due | None = None
    is_over: bool = False


@attrs.define(eq=False)
class Running:
    """One activity of one activation, and when it began with what it was given."""

    act: Act
    event: Event
    began: float
    line: str
    due: Due | None = None


class Background:
    """The timers and activities of what is active."""

    def __init__(self, present: Present) -> None:
        self.present = present
        self.tree = present.tree
        self.timeline = present.timeline
        self.has_returned = False  # some activity, since the change triggers were asked
        self.timers: dict[tuple, list[Timer]] = {}
        self.running: dict[tuple, list[Running]] = {}  # those that have returned are not in it, others stay

    def enter(self, path: tuple, event: Event) -> None:
        """K5: activities start, then timers are armed."""
        self.running[path] = [self._start(path, act, event) for act in self.tree.activities[path]]
        self.timers[path] = []
        for placed in self.tree.outgoing(path):
            if placed.move.timer is not None:
                self._arm(path, placed, event)

    def leave(self, path: tuple) -> None:
        """K5: timers stop, activities are cancelled and awaited."""
        for timer in self.timers.pop(path, ()):
            timer.is_over = True
            if timer.due in self.timeline.agenda:
                self._must_not_race(timer)
                self.timeline.drop(timer.due)
        for running in self.running.pop(path, ()):
            if running.due in self.timeline.agenda:
                self.timeline.drop(running.due)
                self._cut(running)

    def leave_all(self) -> None:
        """C3, R8: nothing goes on when the machine has ended."""
        for path in self.present.inside_out(self.tree.root):
            self.leave(path)

    # --- activities ------------------------------------------------------------------------------------------

    def _start(self, path: tuple, act: Act, event: Event) -> Running:
        """A1: one that is cancelled before any time has passed need not have begun, so that it leaves no trace."""
        now = self.timeline.now
        running = Running(act, event, now, f"{act.label}@{event} at {now}")
        self.present.begun.append(running.line)
        running.due = self.timeline.add(Due(ACTIVITY, lambda: self._acts(path, running)), act.seconds)
        return running

    def _acts(self, path: tuple, running: Running) -> None:
        """Its time is over: it does what it does, and returns or fails. One that sends goes on for a while."""
        act = running.act
        self.present.log.append(f"{act.label}@{running.event}")
        if act.does == "fail":
            self.present.errors.append(Error(act.label, NOBODY, is_background=True))
        self.present.do(act, is_outside=True)
        if act.does == "send":
            running.due = self.timeline.add(Due(ACTIVITY, lambda: self._returns(path, running)), act.seconds)
        elif act.does != "fail":
            self._has_returned(path, running)

    def _returns(self, path: tuple, running: Running) -> None:
        self.present.log.append(f"over {running.act.label}")
        self._has_returned(path, running)

    def _has_returned(self, path: tuple, running: Running) -> None:
        """C1. The change triggers are asked after it, as after a step: what it did may have made one true (T6)."""
        self.running[path].remove(running)
        self.complete_if_done(path, is_background=True)
        self.has_returned = True

    def _cut(self, running: Running) -> None:
        if running.began == self.timeline.now and running.line in self.present.begun:
            self.present.begun.remove(running.line)
        else:
            self.present.log.append(f"unwanted {running.act.label}")

    # --- completion ------------------------------------------------------------------------------------------

    def complete_if_done(self, path: tuple, *, is_background: bool = False) -> None:
        """C1: a simple state at once, others when they have ended, and each when its activities have returned."""
        present = self.present
        if path not in present.active or path in present.complete or self.running.get(path):
            return
        is_simple = not any(self.tree.kinds[child] in REAL for child in self.tree.children[path])
        if is_simple or self.has_ended(path):
            present.complete.add(path)
            if self.on_completion(path):
                recipient = NOBODY if is_background else present.recipient
                present.completions.append(Completion(path, recipient, is_background))

    def on_completion(self, path: tuple) -> list[Placed]:
        """T6: transitions without a trigger."""
        return [placed for placed in self.tree.outgoing(path) if placed.is_completion()]

    def has_ended(self, owner: tuple) -> bool:
        """C1: its final state is active, or that of every region."""
        return bool(owner) and all(
            any(self.tree.kinds[child] == "final" for child in self.present.active_in(each))
            for each in self.tree.regions(owner) or [owner]
        )

    # --- timers ----------------------------------------------------------------------------------------------

    def _arm(self, path: tuple, placed: Placed, event: Event) -> None:
        """A2; E2: one whose duration fails is not armed."""
        present, (_, seconds) = self.present, placed.move.timer
        if placed.move.span is not None and present.run((placed.move.span,), event) is None:
            return
        timer = Timer(placed, self.tree.moves.index(placed), self.timeline.now, seconds, present.sent)
        self.timers[path].append(timer)
        self._wait(timer, seconds)

    def _wait(self, timer: Timer, seconds: float) -> None:
        owner = self.present.active[timer.placed.source]
        due = Due(TIMER, lambda: self._expires(timer), rank=timer.rank, owner=owner)
        timer.due = self.timeline.add(due, seconds)

    def _expires(self, timer: Timer) -> None:
        """A4, Q5: the expiry is queued now; what it tells is known when its turn comes."""
        self._must_not_race(timer)
        self.present.queue.append(Entry(Event("hsm_time"), timer=timer))

    def _must_not_race(self, timer: Timer) -> None:
        """A4: the next iteration of the event loop comes within a step that suspends, and behind one that does not."""
        if not timer.seconds and timer.sent != self.present.sent:
            raise Unspecified("an event is sent before a timer of no seconds has fired")

    def tick(self, timer: Timer) -> Event:
        """A5: the last tick that is due by now, and how many were missed before it; the next one is awaited."""
        word, seconds = timer.placed.move.timer
        due, number, missed = timer.armed + seconds, 1, 0
        if word == "every":
            number = int((self.timeline.now - timer.armed) // seconds)
            due, missed = timer.armed + number * seconds, number - timer.number - 1
            if missed and due == self.timeline.now:
                raise Unspecified("a tick is due when an earlier one has its turn")
            timer.number = number
            self._wait(timer, due + seconds - self.timeline.now)
        return Event("hsm_time", data=f" {due}#{number}+{missed}")
