"""A choice, a junction and a join that lead nowhere."""

import hsm

hsm.define(
    "Vote",
    hsm.state(
        "open",
        hsm.transition(hsm.on("count"), hsm.target("result")),
        hsm.transition(hsm.on("recount"), hsm.target("again")),
    ),
    hsm.choice("result"),
    hsm.junction("again"),
    hsm.state(
        "polls",
        hsm.region("north", hsm.state("n", hsm.transition(hsm.target("/Vote/closed")))),
        hsm.region("south", hsm.state("s", hsm.transition(hsm.target("/Vote/closed")))),
    ),
    hsm.join("closed"),
)
