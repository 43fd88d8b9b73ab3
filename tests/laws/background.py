"""What goes on beside events: random timers, activities and calls, for machines that were described without them.

In: a `Description`. Out: one with some of its triggers turned into timers and operations, and with activities. The
reference knows none of that: two engines are held against each other instead.
"""

from __future__ import annotations

import attrs
from laws.description import EVENTS, VARIABLES, Act, Description, Move, Node
from laws.models import RESTART

CALL, WAIT = "call ", "wait "
"""Operations among the events: each with what is called, or how many seconds pass."""
CALLED = ("ask", "tell")
SECONDS = (0.5, 1.0, 1.0, 2.0, 3.0, 4.5)


def with_background(random, description: Description) -> Description:
    """*description* with timers, activities and calls; *random* is a `random.Random` or like one."""
    return Description(_node(random, description.root))


def busy_operations(random) -> list[str]:
    """What happens to such a machine after its start."""
    calls, waits = [CALL + each for each in CALLED], [f"{WAIT}{each}" for each in SECONDS]
    return [random.choice((*EVENTS, RESTART, *calls, *waits, *waits)) for _ in range(random.randint(2, 12))]


def _node(random, node: Node) -> Node:
    parts = tuple(_move(random, part, node) if isinstance(part, Move) else _node(random, part) for part in node.parts)
    model = None if node.model is None else _node(random, node.model)
    activities = ()
    if node.kind in ("state", "model") and random.random() < 0.25:
        activities = tuple(_activity(random, node.name, number) for number in range(random.choice((1, 1, 2))))
    return attrs.evolve(node, parts=parts, model=model, activities=activities)


def _move(random, move: Move, node: Node) -> Move:
    """*move* with something else than an event as its trigger, now and then."""
    if not move.on or node.kind not in ("state", "submachine", "model") or "hsm_error" in move.on:
        return move
    chance = random.random()
    if chance < 0.35:
        return attrs.evolve(move, on=(), timer=(random.choice(("after", "after", "every")), random.choice(SECONDS)))
    return attrs.evolve(move, on=(), call=random.choice(CALLED)) if chance < 0.45 else move


def _activity(random, name: str, number: int) -> Act:
    """One that takes its time: what ends at once and begins again would go round where time stands still."""
    does = random.choice(("log", "log", "send", "fail", "set"))
    what = {"send": EVENTS, "set": VARIABLES}.get(does, ("",))
    return Act(f"*{name}.{number}", does, random.choice(what), seconds=random.choice(SECONDS))
