"""Names of timers, change triggers and activities that are no names."""

import hsm


def f(ctx, instance, event):
    pass


hsm.define(
    "M",
    hsm.state(
        "a",
        hsm.activity(f, f, name="two"),
        hsm.transition(hsm.after(1, name="a/b"), hsm.effect(f)),
        hsm.transition(hsm.every(1, name="a#b"), hsm.effect(f)),
        hsm.transition(hsm.at(f, name=""), hsm.effect(f)),
        hsm.transition(hsm.when(f, name="12"), hsm.effect(f)),
        hsm.transition(hsm.when(f, name=7), hsm.effect(f)),
    ),
)
