"""A junction after a choice: it is reached after states were exited."""

import hsm


def is_big(ctx, self, event):
    return self.size > 9


hsm.define(
    "Sorter",
    hsm.state("belt", hsm.transition(hsm.on("parcel"), hsm.target("scan"))),
    hsm.choice("scan", hsm.transition(hsm.target("size"))),
    hsm.junction("size", hsm.transition(hsm.guard(is_big), hsm.target("pallet"))),
    hsm.state("pallet"),
)
