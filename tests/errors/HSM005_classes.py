"""Classes where a function is wanted."""

import hsm


class Log:
    def __call__(self, ctx, mail, event):
        print(event.name)


hsm.define(
    "Mail",
    hsm.state(
        "inbox",
        hsm.entry(Log),
        hsm.exit(Log()),
        hsm.transition(hsm.on("read"), hsm.guard(bool), hsm.effect(dict)),
        hsm.transition(hsm.after(float)),
    ),
)
