"""What goes on beside events: random timers, activities, calls and behaviours that take their time.

In: a `Description` without any of that. Out: one with some of its triggers turned into timers and operations, with
activities, and with behaviours and guards that take a while, so that other things happen in the middle of a step.
"""

from __future__ import annotations

import attrs
from laws.description import EVENTS, VARIABLES, Act, Cond, Description, Move, Node
from laws.models import RESTART

CALL, SEND, WAIT = "call ", "send ", "wait "
"""Operations among the events: each with what is called, what is sent without an await, or how many seconds pass."""
ACTIVITY = "*"
"""What the label of an activity begins with."""
CHANGE = "~"
"""What the label of a condition of a change trigger begins with."""
CALLED = ("ask", "tell")
SECONDS = (0.5, 1.0, 1.0, 2.0, 3.0, 4.5)
PERIODS = (0.5, 0.5, 1.0, 2.0)
PAUSES = (0.25, 0.75, 1.25, 2.25, 3.25)
SHARE = 1 / 1024
"""What makes durations differ: each activity and each slow behaviour takes its own number of shares longer, as there
is no order between two that end at once. Sums of such numbers are exact."""


def with_background(random, description: Description, share: float = SHARE) -> Description:
    """*description* with timers, activities and calls; *random* is a `random.Random` or like one."""
    return Description(_Background(random, share).node(description.root))


def busy_operations(random) -> list[str]:
    """What happens to such a machine after its start."""
    calls, waits = [CALL + each for each in CALLED], [f"{WAIT}{each}" for each in SECONDS]
    asked = (*EVENTS, SEND + random.choice(EVENTS), RESTART, *calls)
    return [random.choice((*asked, *waits, *waits)) for _ in range(random.randint(2, 12))]


class _Background:
    """One machine that is being added to."""

    def __init__(self, random, share: float) -> None:
        self.random = random
        self.share = share
        self.shares = 0
        self.slowness = random.choice((0.0, 0.1, 0.2))

    def node(self, node: Node) -> Node:
        parts = tuple(self._move(part, node) if isinstance(part, Move) else self.node(part) for part in node.parts)
        model = None if node.model is None else self.node(node.model)
        if node.kind in ("state", "model") and self.random.random() < 0.15:
            parts += (Move(effects=self._slow((self._act(f"@{node.name}"),)), **self._timer()),)
        if node.kind == "model" and self.random.random() < 0.2:
            parts += (Move(on=("hsm_error",), effects=(Act(f"handled.{node.name}"),)),)
        defers = node.defers
        if node.kind in ("state", "submachine") and self.random.random() < 0.25:
            defers += (self.random.choice(CALLED),)
        entry, exit = self._slow(node.entry), self._slow(node.exit)
        default = None if node.default is None else attrs.evolve(node.default, effects=self._slow(node.default.effects))
        around = {"entry": entry, "exit": exit, "defers": defers, "activities": self._activities(node)}
        return attrs.evolve(node, parts=parts, model=model, default=default, **around)

    def _activities(self, node: Node) -> tuple[Act, ...]:
        """Mostly where they matter for more than themselves: in what has a completion transition."""
        completes = any(isinstance(part, Move) and not part.on and part.when is None for part in node.parts)
        if node.kind not in ("state", "model", "submachine") or self.random.random() > (0.6 if completes else 0.2):
            return ()
        count = self.random.choice((1, 2) if completes else (1, 1, 2))
        return tuple(self._activity(f"{ACTIVITY}{node.name}.{number}") for number in range(count))

    def _move(self, move: Move, node: Node) -> Move:
        """*move* with something else than an event as its trigger, now and then."""
        move = attrs.evolve(move, effects=self._slow(move.effects), guards=tuple(map(self._slow_guard, move.guards)))
        if move.when is not None:
            return attrs.evolve(move, when=_marked(move.when))
        if not move.on or node.kind not in ("state", "submachine", "model") or "hsm_error" in move.on:
            return move
        chance = self.random.random()
        if chance < 0.35:
            return attrs.evolve(move, on=(), **self._timer())
        if chance < 0.6:
            more = tuple(self._act(f"call.{self._count()}") for _ in range(self.random.choice((0, 1, 2))))
            return attrs.evolve(move, on=(), call=self.random.choice(CALLED), effects=move.effects + more)
        return move

    def _timer(self) -> dict:
        word = self.random.choice(("after", "after", "every"))
        seconds = self.random.choice(PERIODS if word == "every" else (*SECONDS, 0.0))
        span = None
        if self.random.random() < 0.25:
            (span,) = self._slow((self._act(f"!{self._count()}"),))
        return {"timer": (word, seconds), "span": span}

    def _activity(self, label: str) -> Act:
        """One that takes its time: what ends at once and begins again would go round where time stands still."""
        does = self.random.choice(("log", "return", "send", "fail", "set"))
        return Act(label, does, self._what(does), seconds=self._lasting(SECONDS))

    def _act(self, label: str) -> Act:
        does = self.random.choice(("log", "log", "fail", "send", "set"))
        return Act(label, does, self._what(does), self.random.random() < 0.3)

    def _what(self, does: str) -> str:
        return self.random.choice({"send": EVENTS, "set": VARIABLES}.get(does, ("",)))

    def _slow(self, acts: tuple[Act, ...]) -> tuple[Act, ...]:
        return tuple(
            attrs.evolve(act, seconds=self._lasting(PAUSES)) if self.random.random() < self.slowness else act
            for act in acts
        )

    def _slow_guard(self, cond: Cond) -> Cond:
        inner = tuple(map(self._slow_guard, cond.inner))
        is_slow = cond.kind in ("var", "fail") and self.random.random() < self.slowness
        return attrs.evolve(cond, inner=inner, seconds=self._lasting(PAUSES) if is_slow else 0.0)

    def _lasting(self, seconds: tuple[float, ...]) -> float:
        return self.random.choice(seconds) + self._count() * self.share

    def _count(self) -> int:
        self.shares += 1
        return self.shares


def _marked(cond: Cond) -> Cond:
    """*cond* with labels that say that it is a change trigger's."""
    return attrs.evolve(cond, label=CHANGE + cond.label, inner=tuple(map(_marked, cond.inner)))
