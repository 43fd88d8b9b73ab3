"""A coffee kiosk: two regions at once, a join, coins that are kept for later, and a history to come back to."""

import hsm


def count_cup(ctx: hsm.Context, kiosk: "Kiosk", event: hsm.Event) -> None:
    """One more has been sold."""
    kiosk.sold += 1
    print(f"Cups sold: {kiosk.sold}.")


def pour(ctx: hsm.Context, kiosk: "Kiosk", event: hsm.Event) -> None:
    """Let the coffee run."""
    print("Your coffee is ready.")


class Kiosk(hsm.Instance):
    """Sells one cup at a time."""

    sold = 0

    model = hsm.define(
        "Kiosk",
        hsm.initial(hsm.target("idle")),
        hsm.state("idle", hsm.transition(hsm.on("coin"), hsm.target("serving"))),
        hsm.state(
            "serving",
            hsm.defer("coin"),  # who pays now is served next
            hsm.initial(hsm.target("brewing")),
            hsm.deep_history("H*"),
            hsm.state(
                "brewing",
                hsm.region(
                    "water",
                    hsm.initial(hsm.target("heating")),
                    hsm.state("heating", hsm.transition(hsm.after(4), hsm.target("hot"))),
                    hsm.state("hot", hsm.transition(hsm.target("/Kiosk/serving/poured"))),
                ),
                hsm.region(
                    "beans",
                    hsm.initial(hsm.target("grinding")),
                    hsm.state("grinding", hsm.transition(hsm.on("ground"), hsm.target("pressed"))),
                    hsm.state("pressed", hsm.transition(hsm.target("/Kiosk/serving/poured"))),
                ),
            ),
            hsm.join("poured", hsm.transition(hsm.target("cup"), hsm.effect(pour))),
            hsm.state("cup", hsm.transition(hsm.on("taken"), hsm.target("/Kiosk/idle"), hsm.effect(count_cup))),
            hsm.transition(hsm.on("fault"), hsm.target("maintenance")),
        ),
        hsm.state(
            "maintenance",
            hsm.transition(hsm.on("repaired"), hsm.target("serving/H*")),
            hsm.transition(hsm.on("reset"), hsm.target("idle")),
        ),
    )
