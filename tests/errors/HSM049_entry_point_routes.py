"""An entry point with two ways into one place, and one with a guard."""

import hsm


def is_guest(ctx, self, event):
    return self.guest


hsm.define(
    "House",
    hsm.state(
        "street",
        hsm.transition(hsm.on("knock"), hsm.target("inside/front")),
        hsm.transition(hsm.on("sneak"), hsm.target("inside/back")),
    ),
    hsm.state(
        "inside",
        hsm.entry_point("front", hsm.transition(hsm.target("hall")), hsm.transition(hsm.target("parlour"))),
        hsm.entry_point("back", hsm.transition(hsm.guard(is_guest), hsm.target("hall"))),
        hsm.state("hall"),
        hsm.state("parlour"),
    ),
)
