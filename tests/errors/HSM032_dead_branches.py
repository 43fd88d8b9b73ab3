"""Branches behind one that is always open."""

import hsm


def is_odd(ctx, self, event):
    return event.data % 2 == 1


hsm.define(
    "Roulette",
    hsm.state("spin", hsm.transition(hsm.on("ball"), hsm.target("number"))),
    hsm.choice(
        "number",
        hsm.transition(hsm.target("even")),
        hsm.transition(hsm.guard(is_odd), hsm.target("odd")),
        hsm.transition(hsm.target("zero")),
    ),
    hsm.state("even"),
    hsm.state("odd"),
    hsm.state("zero"),
)
