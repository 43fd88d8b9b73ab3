"""Final and terminate take no parts."""

import hsm


def say_goodbye(ctx, self, event):
    print("goodbye")


hsm.define(
    "Session",
    hsm.state(
        "active",
        hsm.transition(hsm.on("logout"), hsm.target("done")),
        hsm.transition(hsm.on("kill"), hsm.target("killed")),
    ),
    hsm.final("done", hsm.entry(say_goodbye), hsm.transition(hsm.on("login"), hsm.target("active"))),
    hsm.terminate("killed", hsm.effect(say_goodbye)),
)
