"""Nobody says where the exit point of a submachine leads."""

import hsm

dialog = hsm.define(
    "Dialog",
    hsm.state("shown", hsm.transition(hsm.on("cancel"), hsm.target("cancelled"))),
    hsm.exit_point("cancelled"),
)

hsm.define("App", hsm.submachine("confirm", dialog))
