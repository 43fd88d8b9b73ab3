"""Ways behind pseudostates that lead nowhere."""

import hsm


def note(ctx, self, event):
    self.noted = True


hsm.define(
    "Form",
    hsm.state("empty", hsm.transition(hsm.on("fill"), hsm.target("valid"))),
    hsm.choice(
        "valid",
        hsm.transition(hsm.guard(note), hsm.target("empty")),
        hsm.transition(hsm.effect(note)),
    ),
)
