"""Failures: what behaviours raised, until somebody takes it (rules E1 to E7).

In: exceptions. Out: the next one to handle as ``hsm_error``, and those that no transition took. Calls nothing.
"""

from __future__ import annotations

import contextlib
from typing import Any

import attrs

from hsm.events import Event
from hsm.program import Behavior, Program, describe_failure


@attrs.define(eq=False)
class Failures:
    """The exceptions of one machine.

    Attributes:
        raised: Those that are to become ``hsm_error``, in the order in which they were raised.
        unhandled: Those of the event under way that no transition took; whoever awaits it gets them (rule E4).
        unclaimed: Those of activities that no transition took, which nobody awaits.
    """

    raised: list[Exception] = attrs.field(factory=list[Exception])
    unhandled: list[BaseException] = attrs.field(factory=list[BaseException])
    unclaimed: list[BaseException] = attrs.field(factory=list[BaseException])
    _of_activities: list[Exception] = attrs.field(factory=list[Exception])
    _waiting: list[Exception] = attrs.field(factory=list[Exception])
    _interruptions: list[BaseException] = attrs.field(factory=list[BaseException])
    _is_handling: bool = False

    def keep_from_activity(self, error: Exception) -> None:
        """An activity raised *error*, which nobody awaits: it is handled as soon as errors are."""
        # while another error is handled, what is in `raised` counts as raised by that
        (self._waiting if self._is_handling else self.raised).append(error)
        self._of_activities.append(error)

    def interrupt(self, interruption: BaseException) -> None:
        """Keep what is never turned into an event (rule E7)."""
        # apart from errors, which `begin` hands out: no transition on ``hsm_error`` may take it
        self._interruptions.append(interruption)

    def begin(self) -> Exception | None:
        """The next error to handle; what is raised from here to `end` is raised while it is handled."""
        if not self.raised:
            return None
        error, *self._waiting = self.raised
        self.raised = []
        self._is_handling = True
        return error

    def end(self, error: Exception, *, is_taken: bool) -> None:
        """*error* was handled, or no transition took it (rule E4).

        What was raised meanwhile is unhandled at once: handled as well, it could go on forever (rule E5).
        """
        if is_taken:
            self._claim(error)
        else:
            self._give_up(error)
        self.unhandled += self.raised
        # those that were raised before it come next: errors keep their order (rule E3)
        self.raised, self._waiting = self._waiting, []
        self._is_handling = False

    def abandon(self) -> None:
        """The step ends in the middle: what it has come to so far goes to the caller."""
        self.raised += self._waiting
        self._waiting, self._is_handling = [], False
        self.surrender()

    def surrender(self) -> None:
        """The step is over: what is left of errors and interruptions goes to the caller (rules E4, E5 and E7)."""
        for error in self.raised:
            self._give_up(error)
        self.raised = []
        if self._interruptions:
            self.release()

    def release(self) -> None:
        """No step goes on that interruptions have to wait for: they go to the caller (rule E7)."""
        self.unhandled += self._interruptions
        self._interruptions = []

    def take_unhandled(self) -> list[BaseException]:
        """The errors that no transition took since the last call; their sender awaits them."""
        errors, self.unhandled = self.unhandled, []
        return errors

    def take_unclaimed(self) -> list[BaseException]:
        """The errors of activities that no transition took since the last call; nobody awaits them."""
        errors, self.unclaimed = self.unclaimed, []
        return errors

    def _give_up(self, error: Exception) -> None:
        """No transition took *error*: it is the sender's, or, from an activity, unclaimed (rule E4)."""
        (self.unclaimed if self._claim(error) else self.unhandled).append(error)

    def _claim(self, error: Exception) -> bool:
        """*error* is on its way to somebody; whether an activity raised it."""
        # by identity: an exception of the user's may compare as it likes
        others = [known for known in self._of_activities if known is not error]
        is_of_activity = len(others) < len(self._of_activities)
        self._of_activities = others
        return is_of_activity


def annotate(error: BaseException, program: Program, behavior: Behavior, event: Event[Any]) -> None:
    """Say in a note on *error* which behaviour raised it, where that is written, and on which event."""
    add_note(error, describe_failure(program, behavior, event.name))


def add_note(error: BaseException, note: str) -> None:
    """Add *note* to *error*, which has it once; an exception that refuses notes stays as it is (rule E1a)."""
    # notes are an attribute of the user's object: a frozen one has no room, and others compare or raise as they like
    with contextlib.suppress(Exception):
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
