"""The explanation of what an event would do: what `Machine.explain` returns (rule L3a).

In: words, answers and positions. Out: frozen values, and their text, which reads like a message of the compiler.
Never imports the tree, the tables or the run time.
"""

from __future__ import annotations

import enum

import attrs

from hsm.errors import picture
from hsm.names import one_line, safe_repr
from hsm.outcome import Outcome
from hsm.source import Source


class Verdict(enum.Enum):
    """What becomes of one candidate; the value is how a message says it."""

    CHOSEN = "chosen"
    """The transition fires, or the event is deferred by this."""
    GUARD_FALSE = "not chosen, as a guard is false"
    """Rules T3 and E2."""
    NO_ROUTE = "not chosen, as no route behind it is open"
    """Every branch of a junction, or of what follows, is closed (rule R4)."""
    PREEMPTED = "not asked, as one further in, or before it, is chosen"
    """Rules T2 and D1."""
    DEFERRED = "not chosen, as the event is deferred in another region, or further in"
    """Rules D1 and D3."""
    CONFLICTS = "not chosen, as a transition of an earlier region exits the same state"
    """Rule T4."""
    NEEDS_CALL = "not asked, as only a call triggers it"
    """Rule T5: ``machine.call(...)`` would."""


@attrs.frozen
class GuardAnswer:
    """What a guard of a candidate answered.

    Attributes:
        text: The guard as it is called in messages: ``unlocked``, ``not_(in_state('/Door/open'))``.
        answer: What it returned; ``None`` when it was not asked, or raised.
        error: What it raised, which counts as false (rule E2).
        parts: The conditions in it, if it is put together of others.
        vertex: The junction, or other pseudostate, whose branch it guards; empty for a guard of the transition itself.
    """

    text: str
    answer: bool | None = None
    error: Exception | None = attrs.field(default=None, eq=False)
    parts: tuple[GuardAnswer, ...] = ()
    vertex: str = ""

    def __str__(self) -> str:
        branch = f" on the branch from {self.vertex}" if self.vertex else ""
        inner = f" ({'; '.join([str(part) for part in self.parts])})" if self.parts else ""
        return f"{one_line(self.text)} {self._said()}{branch}{inner}"

    @property
    def was_asked(self) -> bool:
        """Whether it, or anything in it, was asked."""
        return self.answer is not None or self.error is not None or any(part.was_asked for part in self.parts)

    def _said(self) -> str:
        if self.error is not None:
            return f"raised {one_line(safe_repr(self.error))}, which counts as false"
        if self.answer is not None:
            return f"{'is' if self.parts else 'returned'} {self.answer}"
        return "is False" if self.was_asked else "was not asked"


@attrs.frozen
class Candidate:
    """A transition that the event could trigger, or a deferral of it.

    Attributes:
        source: The path of the active vertex that it belongs to.
        trigger: What triggers it, as messages say it: ``on 'open' or '*'``; for a deferral ``defer``.
        targets: The paths that it leads to; empty for an internal transition and for a deferral.
        guards: What its guards answered, in order; those of branches behind it follow.
        verdict: What becomes of it, and why.
        is_deferral: Whether it is a deferral.
        where: The call that made it.
    """

    source: str
    trigger: str
    targets: tuple[str, ...]
    guards: tuple[GuardAnswer, ...]
    verdict: Verdict
    is_deferral: bool = False
    where: Source | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def is_chosen(self) -> bool:
        """Whether the event would fire it, or be deferred by it."""
        return self.verdict is Verdict.CHOSEN

    @property
    def place(self) -> str | None:
        """File, line and column where it was written, ``None`` if that is unknown."""
        return None if self.where is None else str(self.where.place())

    def __str__(self) -> str:
        what = f"deferral in {self.source}"
        if not self.is_deferral:
            what = f"transition of {self.source} {one_line(self.trigger)}"
        lines = [f"{what}: {self.verdict.value}"]
        place = None if self.where is None else self.where.place()
        margin = " " * (len(str(place.line)) if place is not None else 1)
        if place is not None:
            lines.append(f"{margin}--> {place}")
            lines.extend(picture(place, "", margin))
        if self.targets:
            lines.append(f"{margin} = target: {', '.join(self.targets)}")
        if any(guard.was_asked for guard in self.guards):
            lines.extend([f"{margin} = guard: {guard}" for guard in self.guards])
        return "\n".join(lines)


@attrs.frozen
class Explanation:
    """What an event would do to a machine now, and why; ``str()`` of it is a text to read.

    Attributes:
        event: The event's name.
        outcome: What `dispatch` would return.
        states: The paths of the active leaves.
        candidates: Everything active that names the event, innermost first; calls of that name among them.
        help: What else there is to know, one line each: who names the event elsewhere, which names are close to it.
    """

    event: str
    outcome: Outcome
    states: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()
    help: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" in {', '.join(self.states)}" if self.states else ""
        lines = [f"'{one_line(self.event)}' would be {self.outcome.value}{where}"]
        lines += [str(candidate) for candidate in self.candidates]
        lines += ["\n".join([f"  = help: {one_line(text)}" for text in self.help])] if self.help else []
        return "\n\n".join(lines)


for _public in (Verdict, GuardAnswer, Candidate, Explanation):
    _public.__module__ = "hsm"  # where users import them from
