"""Parts in places where they mean nothing."""

import hsm


def brew(ctx, self, event):
    self.cups += 1


hsm.define(
    "Coffee",
    hsm.target("idle"),
    hsm.state("idle", hsm.on("start"), hsm.guard(brew)),
    hsm.state(
        "brewing",
        hsm.transition(hsm.after(30), hsm.target("idle"), hsm.entry(brew)),
        hsm.transition(hsm.on("stop"), hsm.state("stopped")),
    ),
    hsm.transition(hsm.on("start"), hsm.source("idle"), hsm.target("/Coffee/brewing")),
)
