"""The reference: a slow interpreter of descriptions, written from the rules, to hold the library against.

In: a `Description` and what is asked of the machine. Out: what every behaviour wrote, what every event came to, what
is active, and when. Nothing of the library is imported.
"""

from __future__ import annotations

from collections.abc import Callable

from laws.description import SENDS, Description
from laws.reference.background import Background
from laws.reference.present import CALLER, NOBODY, Completion, Entry, Error, Event, Present
from laws.reference.selection import DEFERRED, Selection
from laws.reference.timeline import RACE, Endless, Timeline, Unspecified
from laws.reference.traversal import Traversal
from laws.reference.tree import OUTSIDE, Tree

ENDED = ("completed", "terminated")
BUDGET = 60
"""How many steps may follow each other."""
LATE = "in a start, what an activity's end completes, or makes true, comes after what is queued (C2)"
Answer = Callable[[object], None]
"""What is called with the outcome, or with a list of what was raised."""


class Reference:
    """One machine. What is asked for is done as soon as it can be; time passes in the `timeline` alone."""

    def __init__(self, description: Description, *, is_strict: bool = False) -> None:
        self.tree = Tree(description)
        self.timeline = Timeline(self._work)
        self.present = Present(self.tree, self.timeline, is_strict)
        self.selection = Selection(self.present)
        self.reported: list[str] = []
        self.is_busy = False
        self.is_starting = False
        self.has_gone_on = False  # in a start, a state whose activities have come to their end
        self.is_awaited = False  # the step under way, by somebody for whom its errors are
        self.spent = 0
        self.started: float | None = None  # when a start has ended, until the next thing is asked for
        self._forget("created")

    def _forget(self, status: str) -> None:
        """L6: nothing is remembered; what the user's instance holds is the user's."""
        self.status = status
        self.present.reset()
        self.background = Background(self.present)
        self.traversal = Traversal(self.present, self.selection, self.background)
        self.changes: list = []
        self.unhandled: list[Error] = []
        self.recalled: list[Entry] = []
        self.deferred: list[Entry] = []
        self.request: Callable[[], None] | None = None  # a stop or restart that waits for the end of the step

    # --- from outside ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Something is asked for: behaviours may send events again."""
        self.present.sends = SENDS
        self.spent = 0
        self.started = None

    def start(self, answer: Answer) -> None:
        """L1 and E8."""
        self.is_busy = self.is_starting = self.is_awaited = True
        self.has_gone_on = False
        initial = Event("hsm_initial")
        self.traversal.enter(self.tree.root, [], initial, {})
        self._settle(initial)
        self._recall()
        while not self._raised() and not self.present.ended and (entry := self._next()):
            if self.has_gone_on:
                self.present.known(LATE)
            self._process(entry)
        if any(error.recipient == NOBODY and not error.is_background for error in self.unhandled):
            self.present.known("an error of a timer, or behind an activity's end, makes a start fail (E4)")
        raised = self._raised()
        if raised and self.timeline.racing:
            raise Unspecified(self.timeline.racing)
        if raised:
            self.unhandled = [error for error in self.unhandled if error.recipient == NOBODY]
            raised += self._leave_failed()
        elif not self.present.ended:
            self.status = "running"
        self._report()
        self.is_busy = self.is_starting = self.is_awaited = False
        self.timeline.racing = ""
        answer(raised or "started")
        self._work()  # what came from outside meanwhile
        self.started = self.timeline.now

    def dispatch(self, name: str, answer: Answer | None) -> None:
        """Q1, T5, E4: the outcome of the event, or what it raised, is the *answer*, unless nobody awaits it."""
        if self.status in ENDED:
            if answer is not None:
                answer("IGNORED")
        else:
            self.present.queue.append(Entry(Event(name), answer))
            self._work()

    def call(self, operation: str, answer: Answer) -> None:
        """Q1: what the last effect gave, or what was raised."""
        if self.status in ENDED:
            answer(["LifecycleError"])
        else:
            self.present.queue.append(Entry(Event(operation, is_call=True, data="()"), answer))
            self._work()

    def stop(self, answer: Answer) -> None:
        """L4: behind the step that is under way."""
        self.request = lambda: answer(self._end() or "stopped")
        self._work()

    def restart(self, answer: Answer) -> None:
        """L6: what stopping raises ends it."""

        def again() -> None:
            if raised := self._end():
                answer(raised)
            else:
                self._forget("created")
                self.start(answer)

        self.request = again
        self._work()

    # --- what there is to do ---------------------------------------------------------------------------------

    def _work(self) -> None:
        """Unless a step is under way: everything that can be done without time passing, or with what behaviours take."""
        if self.is_busy:
            return
        is_racing = self.started == self.timeline.now
        self.timeline.racing = RACE if is_racing else ""
        reported = len(self.reported)
        self.spent = 0
        self.is_busy = True
        while self._do_next():
            self._report()
        self.is_busy = False
        self._report()
        self.timeline.racing = ""
        if is_racing and len(self.reported) > reported:
            raise Unspecified(RACE)

    def _do_next(self) -> bool:
        """Q5: errors, completions, what comes back, what is queued. Whether there was anything."""
        present = self.present
        if self.request is not None:
            request, self.request = self.request, None
            request()
            return False
        if self.status != "running":
            return False
        if present.errors or present.completions or self.background.has_returned:
            self._settle(None)
            self._recall()
            return True
        entry = self._next()
        if entry is not None:
            self._process(entry)
        return entry is not None

    def _next(self) -> Entry | None:
        """D2: what comes back comes before the queue. L1: a start leaves to the time after it what comes from outside."""
        if self.is_starting and not self.recalled and self.present.queue and self.present.queue[0].is_outside:
            return None
        for several in (self.recalled, self.present.queue):
            if several:
                return several.pop(0)
        return None

    def _process(self, entry: Entry) -> None:
        """One event to its end (T1), and what is recalled after it (D2)."""
        self._spend()
        present, event = self.present, entry.event
        if entry.timer is not None:
            if entry.timer.is_over:
                return  # A3
            event, present.recipient = self.background.tick(entry.timer), NOBODY
            decision = self.selection.first_enabled([entry.timer.placed], event, {})
        else:
            decision = self.selection.decide(event)
        given = self.traversal.fire_all(decision, event)
        present.recipient = CALLER
        self.is_awaited = self.is_starting or entry.answer is not None
        racing = self.timeline.racing
        self._settle(event)
        self.is_awaited, self.timeline.racing = self.is_starting, racing
        # D4: who sent an event has its outcome; who made a call waits, unless there is an error to be told of at once
        waits = decision == DEFERRED and event.is_call and not self._raised()
        if decision == DEFERRED and (waits or not event.is_call):
            self.deferred.append(Entry(event, entry.answer if waits else None))
        if entry.answer is not None and not waits:
            entry.answer(self._outcome(event, decision, given))
        self._recall()

    def _outcome(self, event: Event, decision: list | str, given: str | None) -> object:
        """T5, Q1, D4, E4: what the await returns or raises."""
        raised = self._raised()
        self.unhandled = [error for error in self.unhandled if error.recipient == NOBODY]
        if event.is_call and not decision:
            raised = ["CallError", *raised]
        if raised or event.is_call:
            return raised or str(given)
        return "DEFERRED" if decision == DEFERRED else "TAKEN" if decision else "IGNORED"

    def _raised(self) -> list[str]:
        return [error.label for error in self.unhandled if error.recipient == CALLER]

    def _report(self) -> None:
        """E4: what nobody awaits is reported."""
        self.reported += [error.label for error in self.unhandled]
        self.unhandled = []

    def _recall(self) -> None:
        if self.present.has_moved:
            self.present.has_moved = False
            self.recalled = self.deferred + self.recalled
            self.deferred = []

    def _end(self) -> list[str]:
        """L4: what stopping raises; a machine that has ended by itself stays as it is."""
        raised = [] if self.status != "running" else self._leave_all()
        self._report()
        self._drop_all()
        return raised

    def _drop_all(self) -> None:
        """C3, D4, L4: nothing that waits is processed any more."""
        waiting, self.present.queue = [*self.recalled, *self.present.queue, *self.deferred], []
        self.recalled, self.deferred = [], []
        for entry in waiting:
            if entry.answer is not None:
                entry.answer(["MachineStopped"] if entry.event.is_call or self.status == "stopped" else "IGNORED")

    def _leave_all(self) -> list[str]:
        self.traversal.leave_inside(OUTSIDE, Event("hsm_final"))
        self.unhandled += [error for error in self.present.errors if error.recipient == NOBODY]
        raised = [error.label for error in self.present.errors if error.recipient == CALLER]
        self.present.errors = []
        self.status = "stopped"
        return raised

    def _leave_failed(self) -> list[str]:
        """E8: what was entered is left again."""
        running = [each.began for several in self.background.running.values() for each in several]
        raised = self._leave_all()
        if any(began < self.timeline.now for began in running):
            self.present.known("a start that fails cancels all activities before the first exit action (K5, E8)")
        return raised

    def _spend(self) -> None:
        self.spent += 1
        if self.spent > BUDGET:
            raise Endless

    # --- what follows from a step ----------------------------------------------------------------------------

    def _settle(self, event: Event | None) -> None:
        """Q5: errors first, then completions, then changes, until nothing is left; C3 and R8: then the end.

        *event* is that of the step before, if there was one.
        """
        present = self.present
        if event is not None:
            self._ask_changes(event)
        while not present.ended and (
            present.errors or present.completions or self.background.has_returned or self.changes
        ):
            self._spend()
            if present.errors:
                event = Event("hsm_error")
                self._handle_error(present.errors.pop(0), event)
                continue
            if present.completions or self.background.has_returned:
                event = Event("hsm_completion")
                if self.background.has_returned and all(each.is_background for each in present.completions):
                    self._return()
                    before = len(present.errors), len(self.changes)
                    self._ask_changes(event)
                    if self.is_starting and before != (len(present.errors), len(self.changes)):
                        present.known(LATE)
                    continue
                self._complete(present.completions.pop(0), event)
            else:
                event, several = Event("hsm_change"), self.changes.pop(0)
                if not any(placed.source in present.active for placed in several):
                    continue
                self.traversal.fire_all(self.selection.on_change(several, event), event)
            self._ask_changes(event)
        if present.ended:
            self.background.leave_all()
            if present.ended == "completed":
                present.run(self.tree.exit[self.tree.root], event)
            self.status = present.ended
            self.unhandled += present.errors
            present.errors = []
            self._drop_all()

    def _return(self) -> None:
        """An activity has come to its end: as after a step, the change triggers are asked before anything else (T6)."""
        self.background.has_returned = False
        if self.changes and self.present.completions:
            self.present.known("what an activity's end completes comes after the change triggers of the step (Q5)")

    def _complete(self, completion: Completion, event: Event) -> None:
        """C2: what the completed state does. Of two that complete in one step no rule says which is first."""
        present = self.present
        if completion.is_background:
            if not all(other.is_background for other in present.completions):
                raise Unspecified("a state completes by its activity's end in a step in which another one completes")
            if self.request is not None:
                raise Unspecified("a state completes by its activity's end in a step for whose end a stop waits")
            if self.is_starting and (present.queue or self.recalled):
                present.known(LATE)
            self._need_not_wait()
        present.recipient = completion.recipient
        self.traversal.fire_all(
            self.selection.first_enabled(self.background.on_completion(completion.state), event, {}), event
        )
        present.recipient = CALLER

    def _need_not_wait(self) -> None:
        """The await of the step under way may end before what an activity's end brings, or after it."""
        self.has_gone_on = True
        if self.is_awaited:
            self.timeline.racing = "an activity's end in a step brings something that takes time"

    def _ask_changes(self, event: Event) -> None:
        """T6: what has become true since it was last asked, innermost first; one condition makes one event of it."""
        truths, answers, became = self.traversal.truths, {}, {}
        for state in self.present.inside_out(self.tree.root) if not self.present.ended else []:
            for placed in self.tree.outgoing(state):
                if placed.move.when is not None:
                    holds = bool(self.selection.holds(placed.move.when, placed.root, event, answers))
                    if holds and not truths.get(placed, False):
                        became.setdefault((placed.move.when, placed.root), []).append(placed)
                    truths[placed] = holds
        self.changes += became.values()

    def _handle_error(self, error: Error, event: Event) -> None:
        """E3 to E5: an error that is not taken is unhandled, and so is one that handling it causes."""
        present = self.present
        present.caused, present.recipient = [], error.recipient
        decision = self.selection.decide(event)
        self.traversal.fire_all(decision, event)
        if decision:
            self._ask_changes(event)
        caused, present.caused, present.recipient = present.caused, None, CALLER
        self.unhandled += [*([] if decision else [error]), *caused]
        if caused and error.recipient == NOBODY and self.is_awaited:
            self.present.known("what handling an activity's error raises is raised from the await of the step (E4)")
