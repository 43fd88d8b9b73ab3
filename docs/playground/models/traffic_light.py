"""A traffic light: timers, a button for pedestrians, and a fault from which it finds its way back."""

import hsm


def note_request(ctx: hsm.Context, light: "Light", event: hsm.Event) -> None:
    """Remember that somebody waits."""
    light.is_called = True
    print("Please wait.")


def is_awaited(ctx: hsm.Context, light: "Light", event: hsm.Event) -> bool:
    """Whether somebody waits."""
    return light.is_called


def let_walk(ctx: hsm.Context, light: "Light", event: hsm.Event) -> None:
    """Whoever waited may go."""
    light.is_called = False
    print("Walk now.")


class Light(hsm.Instance):
    """One light, for cars and for those who walk."""

    is_called = False

    model = hsm.define(
        "Light",
        hsm.state(
            "working",
            hsm.initial(hsm.target("red")),
            hsm.transition(hsm.on("fault"), hsm.target("blinking")),
            hsm.state("red", hsm.transition(hsm.after(10), hsm.target("green"))),
            hsm.state(
                "green",
                hsm.transition(hsm.on("button"), hsm.effect(note_request)),
                hsm.transition(hsm.after(20), hsm.target("yellow")),
            ),
            hsm.state("yellow", hsm.transition(hsm.after(3), hsm.target("decide"))),
            hsm.choice(
                "decide",
                hsm.transition(hsm.guard(is_awaited), hsm.target("walk"), hsm.effect(let_walk)),
                hsm.transition(hsm.target("red")),
            ),
            hsm.state("walk", hsm.transition(hsm.after(8), hsm.target("red"))),
        ),
        hsm.state(
            "blinking",
            hsm.transition(hsm.on("repaired"), hsm.target("working")),
        ),
    )
