"""Generators where a function is wanted: a call of one runs nothing of it."""

import hsm


def count(ctx, self, event):
    yield self.number


async def listen(ctx, self, event):
    yield event


hsm.define(
    "Counter",
    hsm.state("counting", hsm.entry(count), hsm.activity(listen), hsm.transition(hsm.on("more"), hsm.guard(count))),
)
