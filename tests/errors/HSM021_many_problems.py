"""Many mistakes: all of them are reported, in source order."""

import hsm


def ready(self):
    return True


hsm.define(
    "Plant",
    hsm.initial(hsm.target("seed"), hsm.guard(ready)),
    hsm.state("seed", hsm.transition(hsm.on("water"), hsm.target("sprot"))),
    hsm.state("sprout", hsm.transition(hsm.after("2 days"), hsm.target("check"))),
    hsm.choice("check", hsm.transition(hsm.guard(ready), hsm.target("flower"))),
    hsm.state("flower", hsm.transition(hsm.every(0)), hsm.transition(hsm.on("pick"), hsm.target("/Vase/full"))),
    hsm.final("dead", hsm.entry("bury")),
    hsm.state("seed"),
    "compost",
)
