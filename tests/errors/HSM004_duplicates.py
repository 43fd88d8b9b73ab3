"""Two siblings with one name."""

import hsm

hsm.define(
    "Traffic light",
    hsm.state("red", hsm.transition(hsm.after(30), hsm.target("green"))),
    hsm.state("green", hsm.transition(hsm.after(20), hsm.target("red"))),
    hsm.choice("green", hsm.transition(hsm.target("red"))),
)
