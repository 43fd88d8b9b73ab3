"""Time spans that no timer can have."""

from datetime import timedelta

import hsm

hsm.define(
    "EggTimer",
    hsm.state(
        "running",
        hsm.transition(hsm.after(-1), hsm.target(".")),
        hsm.transition(hsm.after(timedelta(minutes=-5)), hsm.target(".")),
        hsm.transition(hsm.after(float("nan")), hsm.target(".")),
        hsm.transition(hsm.after(float("inf")), hsm.target(".")),
        hsm.transition(hsm.every(0)),
        hsm.transition(hsm.every(timedelta(0))),
        hsm.transition(hsm.every(5e-324)),
    ),
)
