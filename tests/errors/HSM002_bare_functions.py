"""Behaviours without the word that says what they are for."""

import hsm


def ring(ctx, self, event):
    self.rung = True


hsm.define(
    "Bell",
    hsm.state("quiet", ring, hsm.transition(hsm.on("press"), ring)),
)
