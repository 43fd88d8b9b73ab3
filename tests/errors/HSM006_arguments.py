"""Behaviours that do not take (ctx, instance, event)."""

import functools

import hsm


class Alarm(hsm.Instance):
    def sound(self):
        self.loud = True

    async def call(ctx, self):
        self.called = True

    model = hsm.define(
        "Alarm",
        hsm.state(
            "silent",
            hsm.entry(sound, lambda: None),
            hsm.activity(call),
            hsm.exit(functools.partial(call, None), len),
            hsm.transition(hsm.on("smoke"), hsm.guard(sound)),
            hsm.transition(hsm.after(sound)),
        ),
    )
