"""A choice that may find no branch open."""

import hsm


def is_rich(ctx, self, event):
    return self.money > 100


def is_poor(ctx, self, event):
    return self.money < 10


hsm.define(
    "Bank",
    hsm.state("counter", hsm.transition(hsm.on("ask"), hsm.target("credit"))),
    hsm.choice(
        "credit",
        hsm.transition(hsm.guard(is_rich), hsm.target("granted")),
        hsm.transition(hsm.guard(is_poor), hsm.target("refused")),
    ),
    hsm.state("granted"),
    hsm.state("refused"),
)
