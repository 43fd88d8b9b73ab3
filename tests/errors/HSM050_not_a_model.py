"""Submachines that are not models."""

import hsm

hsm.define(
    "App",
    hsm.submachine("confirm", "Dialog"),
    hsm.submachine("warn", hsm.state("shown")),
    hsm.submachine("ask", None),
)
