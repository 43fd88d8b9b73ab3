"""Behaviours and connection points belong to the state of a region, not to the region."""

import hsm


def dim(ctx, self, event):
    self.light = 0


hsm.define(
    "Room",
    hsm.region("light", hsm.entry(dim), hsm.defer("blink"), hsm.state("off")),
    hsm.region("heat", hsm.entry_point("warm"), hsm.state("low")),
)
