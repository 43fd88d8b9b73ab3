"""A default entry with a guard and a trigger."""

import hsm


def has_milk(ctx, self, event):
    return self.milk > 0


hsm.define(
    "Coffee",
    hsm.initial(hsm.guard(has_milk), hsm.target("latte")),
    hsm.state("latte", hsm.initial(hsm.on("hot"), hsm.target("warm")), hsm.state("warm")),
)
