"""Timers, change triggers and activities of one state with the same name; of two kinds they may have it."""

import hsm


def f(ctx, instance, event):
    pass


hsm.define(
    "M",
    hsm.state(
        "a",
        hsm.activity(f, name="same"),
        hsm.activity(f, name="same"),
        hsm.transition(hsm.after(1, name="same"), hsm.effect(f)),
        hsm.transition(hsm.every(1, name="same"), hsm.effect(f)),
        hsm.transition(hsm.when(f, name="same"), hsm.effect(f)),
        hsm.transition(hsm.when(f, name="same"), hsm.effect(f)),
    ),
    hsm.transition(hsm.source("a"), hsm.after(2, name="same"), hsm.effect(f)),
    hsm.state("b", hsm.transition(hsm.after(1, name="same"), hsm.effect(f))),
    hsm.transition(hsm.on("go"), hsm.source("a"), hsm.target("b")),
)
