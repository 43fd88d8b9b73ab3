"""Behaviours that are none."""

import hsm


def log(ctx, self, event):
    event.data.append(event.name)


hsm.define(
    "Mail",
    hsm.state(
        "inbox",
        hsm.entry("log"),
        hsm.exit(log(None, None, hsm.Event("now", []))),
        hsm.entry(hsm.effect(log)),
        hsm.transition(hsm.on("read"), hsm.guard(True)),
        hsm.transition(hsm.on("sort"), hsm.all_of(log, "unread")),
        hsm.transition(hsm.when("unread > 5")),
    ),
)
