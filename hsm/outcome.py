"""What became of an event, and which stage of its life a machine is in. Never imports anything of this package."""

from __future__ import annotations

import enum


class Outcome(enum.Enum):
    """What `dispatch` returns about its event (rules Q1, Q2, D4 and T5)."""

    TAKEN = "taken"
    """At least one transition fired."""
    IGNORED = "ignored"
    """No transition was enabled and no state defers the event; it is dropped."""
    DEFERRED = "deferred"
    """An active state defers the event; it is recalled once no active state does."""
    QUEUED = "queued"
    """Sent from inside a behaviour of the same machine: it is processed after the current step."""


class Status(enum.Enum):
    """The stage of its life that a machine is in (rule L3)."""

    CREATED = "created"
    """Not started yet, or still processing its default entry."""
    RUNNING = "running"
    """It processes events."""
    COMPLETED = "completed"
    """Its own final state was reached (rule C3)."""
    TERMINATED = "terminated"
    """A terminate pseudostate was reached (rule R8)."""
    STOPPED = "stopped"
    """It was stopped, or its start failed."""
