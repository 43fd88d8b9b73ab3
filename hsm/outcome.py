"""What became of an event, and how far a machine's life has come.

Two closed lists of words that every floor may use. Never imports anything of this package.
"""

from __future__ import annotations

import enum


class Outcome(enum.Enum):
    """What `dispatch` tells about its own event (rules Q1, Q2, D4 and T5)."""

    TAKEN = "taken"
    """At least one transition fired."""
    IGNORED = "ignored"
    """No transition was enabled, and no state defers the event; it is gone."""
    DEFERRED = "deferred"
    """An active state holds the event back; it comes again when no state does any more."""
    QUEUED = "queued"
    """Sent from inside a behaviour of the same machine: it is processed after the current step."""


class Status(enum.Enum):
    """How far a machine's life has come (rule L3)."""

    CREATED = "created"
    """Made, and not started, or still processing its default entry."""
    RUNNING = "running"
    """It takes events."""
    COMPLETED = "completed"
    """Its own final state was reached (rule C3)."""
    TERMINATED = "terminated"
    """A terminate pseudostate was reached (rule R8)."""
    STOPPED = "stopped"
    """It was stopped, or never came up."""
