"""Exit points that the embedded models do not have."""

import hsm

dialog = hsm.define(
    "Dialog",
    hsm.state(
        "shown",
        hsm.transition(hsm.on("no"), hsm.target("cancelled")),
        hsm.transition(hsm.on("yes"), hsm.target("confirmed")),
    ),
    hsm.exit_point("cancelled"),
    hsm.exit_point("confirmed"),
)
about = hsm.define("About", hsm.state("shown"), hsm.entry_point("opened"))

hsm.define(
    "App",
    hsm.submachine(
        "ask",
        dialog,
        hsm.exit_point("cancelled", hsm.transition(hsm.target("/App/main"))),
        hsm.exit_point("confirmed", hsm.transition(hsm.target("/App/main"))),
        hsm.exit_point("confirm", hsm.transition(hsm.target("/App/main"))),
        hsm.exit_point("help", hsm.transition(hsm.target("/App/info"))),
    ),
    hsm.submachine("info", about, hsm.exit_point("opened", hsm.transition(hsm.target("/App/main")))),
    hsm.state("main"),
)
