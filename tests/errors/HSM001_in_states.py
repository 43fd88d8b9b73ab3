"""Parts of transitions, and of states, in places where they mean nothing."""

import hsm


def brew(ctx, self, event):
    self.cups += 1


hsm.define(
    "Coffee",
    hsm.target("idle"),
    hsm.state("idle", hsm.on("start"), hsm.guard(brew), hsm.external()),
    hsm.choice("strong", hsm.state("espresso")),
    hsm.transition(hsm.on("start"), hsm.target("/Coffee/idle")),
)
