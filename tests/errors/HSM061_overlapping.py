"""Transitions that an earlier one always forestalls."""

import hsm


def is_open(ctx, self, event):
    return self.open


hsm.define(
    "Door",
    hsm.state(
        "closed",
        hsm.transition(hsm.on("push"), hsm.target("opened")),
        hsm.transition(hsm.on("push"), hsm.guard(is_open), hsm.target("closed")),
    ),
    hsm.state("opened", hsm.transition(hsm.target("closed")), hsm.transition(hsm.target("opened"))),
)
