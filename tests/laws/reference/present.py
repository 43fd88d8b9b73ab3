"""What is so in one machine, and what its behaviours do to it.

Out: `Present`, which every other part of the reference reads and changes. `Event`, `Entry` and `Error` are what its
queues hold.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
from laws.description import SENDS, VARIABLES, Act
from laws.reference.timeline import KnownDifference, Timeline, Unspecified
from laws.reference.tree import OUTSIDE, Tree

CALLER, NOBODY = "caller", "nobody"
"""For whom an error is: for whoever awaits the event in process, or for nobody, so that it is reported (E4)."""


@attrs.frozen
class Event:
    """What behaviours are given; *data* is what they write of its data."""

    name: str
    is_call: bool = False
    data: str = ""

    def __str__(self) -> str:
        return self.name + self.data


@attrs.define(eq=False)
class Entry:
    """Something in the queue: an event and who waits for its outcome, or the expiry of a timer.

    What an activity sends *is_outside*, as it comes from no step.
    """

    event: Event
    answer: Callable[[object], None] | None = None
    timer: object = None
    is_outside: bool = False


@attrs.frozen
class Error:
    """What a behaviour raised, by its label, and for whom it is; *is_background* if an activity raised it."""

    label: str
    recipient: str
    is_background: bool = False


@attrs.frozen
class Completion:
    """A state that has completed, for whom errors behind that are, and whether an activity's end has completed it."""

    state: tuple
    recipient: str
    is_background: bool


class Present:
    """What is so in one machine. The log, the variables and the time outlive a restart."""

    def __init__(self, tree: Tree, timeline: Timeline, is_strict: bool) -> None:
        self.tree = tree
        self.timeline = timeline
        self.is_strict = is_strict
        self.log: list[str] = []
        self.begun: list[str] = []
        self.variables = dict.fromkeys(VARIABLES, False)
        self.sends = SENDS
        self.sent = 0
        self.reset()

    def reset(self) -> None:
        """L6: nothing is remembered."""
        self.active: dict[tuple, int] = {}  # path -> number of its activation
        self.activations = 0
        self.complete: set[tuple] = set()
        self.completions: list[Completion] = []
        self.waiting: dict[tuple, tuple] = {}  # region -> the join at which it waits
        self.queue: list[Entry] = []
        self.errors: list[Error] = []
        self.caused: list[Error] | None = None  # what handling an error has caused so far (E5)
        self.recipient = CALLER
        self.has_moved = False
        self.ended = ""

    def known(self, difference: str) -> None:
        """Here the library does otherwise; a strict reference goes on by the rules.

        Raises:
            KnownDifference: This one is not.
        """
        if not self.is_strict:
            raise KnownDifference(difference)

    # --- what is active --------------------------------------------------------------------------------------

    def states(self) -> tuple[str, ...]:
        """L2: the active leaves, in order of declaration."""
        leaves = [p for p in self.tree.in_order(self.tree.root) if p in self.active and not self.active_in(p)]
        return tuple("/" + "/".join(leaf) for leaf in leaves)

    def active_in(self, path: tuple) -> list[tuple]:
        """The active children of *path*, in order of declaration."""
        if path == OUTSIDE:
            return [self.tree.root] if self.tree.root in self.active else []
        return [child for child in self.tree.children[path] if child in self.active]

    def inside_out(self, path: tuple) -> list[tuple]:
        """The active vertices in *path*, innermost first, and *path* itself."""
        return [*(inner for child in self.active_in(path) for inner in self.inside_out(child)), path]

    def activate(self, path: tuple) -> None:
        """*path* is active from now on, not for the first time perhaps."""
        self.activations += 1
        self.active[path] = self.activations
        self.has_moved = True

    # --- behaviours ------------------------------------------------------------------------------------------

    def run(self, acts: list[Act] | tuple[Act, ...], event: Event) -> str | None:
        """K6, E1: in order, up to the first that fails. What the last gave; nothing if one failed."""
        given = None
        for act in acts:
            self.log.append(f"{act.label}@{event}")
            if act.seconds:
                self.timeline.pause(act.seconds)
            if act.does == "fail":
                self.fail(act.label)
                return None
            if act.does == "send" and self.timeline.is_together:
                raise Unspecified("an event is sent at an instant at which several timers are due")
            self.sent += act.does == "send"
            self.do(act)
            given = act.label
        return given

    def do(self, act: Act, *, is_outside: bool = False) -> None:
        """What *act* does besides writing and failing; it *is_outside* of any step if it is an activity."""
        if act.does == "send" and self.sends:
            self.sends -= 1
            self.queue.append(Entry(Event(act.what), is_outside=is_outside))
        elif act.does in ("set", "clear"):
            self.variables[act.what] = act.does == "set"

    def fail(self, label: str) -> None:
        """E1, E2: something in the step raised; while an error is handled, it becomes no other `hsm_error` (E5)."""
        (self.errors if self.caused is None else self.caused).append(Error(label, self.recipient))
