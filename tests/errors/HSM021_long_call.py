"""A call over several lines, and text that is not ASCII before the caret."""

import hsm

hsm.define(
    "Café",
    hsm.state(
        "Größe wählen",
        hsm.transition(hsm.on("groß"), hsm.target("bezahlt")),
        hsm.transition(
            hsm.on("klein"),
            hsm.target(
                "bezahlen!",
            ),
        ),
    ),
    hsm.state("bezahlen"),
)
