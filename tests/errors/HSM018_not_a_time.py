"""Timers without a time."""

from datetime import date, time

import hsm

hsm.define(
    "AlarmClock",
    hsm.state(
        "set",
        hsm.transition(hsm.after("5"), hsm.target(".")),
        hsm.transition(hsm.every([])),
        hsm.transition(hsm.after(True), hsm.target(".")),
        hsm.transition(hsm.at(5), hsm.target(".")),
        hsm.transition(hsm.at(time(7, 30)), hsm.target(".")),
        hsm.transition(hsm.at(date(2030, 1, 1)), hsm.target(".")),
    ),
)
