"""States in states, and a guard that is negated, without end."""

import hsm


def is_open(ctx, self, event):
    return self.open


def doll(size):
    inner = hsm.state("last")
    for number in range(size):
        inner = hsm.state(f"doll {number}", inner)
    return inner


def negated(times):
    guard = hsm.guard(is_open)
    for _ in range(times):
        guard = hsm.not_(guard)
    return guard


hsm.define("Matryoshka", doll(300), hsm.transition(hsm.on("open"), negated(300)))
