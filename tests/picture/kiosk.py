"""A coffee machine with everything in it that can be drawn: three deep, two regions, every pseudostate, every trigger."""

from __future__ import annotations

from datetime import timedelta

import hsm


class Kiosk(hsm.Instance):
    """What the behaviours work on: what guards answer."""

    def __init__(self) -> None:
        super().__init__()
        self.is_paid = True


def has_credit_for_the_selected_product(ctx, kiosk, event):
    return kiosk.is_paid


def customer_is_member_or_coupon_valid(ctx, kiosk, event):
    return True


def payment_failed_three_times(ctx, kiosk, event):
    return False


def is_service_key_turned(ctx, kiosk, event):
    return True


def tank_is_empty(ctx, kiosk, event):
    return False


def show_menu(ctx, kiosk, event): ...
def add_sugar(ctx, kiosk, event): ...
def charge_card(ctx, kiosk, event): ...
def heat(ctx, kiosk, event): ...
def stop_pump(ctx, kiosk, event): ...
def grind_beans(ctx, kiosk, event): ...
def log_fault(ctx, kiosk, event): ...
def dispense(ctx, kiosk, event): ...
def blink(ctx, kiosk, event): ...


async def watch_temperature(ctx, kiosk, event): ...


on, go, to, has, does = hsm.on, hsm.transition, hsm.target, hsm.guard, hsm.effect

MODEL = hsm.define(
    "Kiosk",
    hsm.initial(to("idle"), does(show_menu)),
    hsm.state(
        "idle",
        hsm.entry(show_menu),
        hsm.defer("refill"),
        go(on("coin", "card"), to("decide")),
        go(on("sugar"), does(add_sugar)),
        go(hsm.after(timedelta(minutes=5)), to("standby")),
        go(on("again"), to("."), does(show_menu)),
        go(hsm.on_call("unplug"), to("unplugged")),
    ),
    hsm.state("standby", go(on("touch"), to("idle")), go(hsm.every(timedelta(seconds=1)), does(blink))),
    hsm.choice(
        "decide",
        go(has(has_credit_for_the_selected_product), to("serving/paid"), does(charge_card)),
        go(
            has(hsm.all_of(customer_is_member_or_coupon_valid, hsm.not_(payment_failed_three_times))),
            to("split"),
        ),
        go(to("idle")),
    ),
    hsm.fork("split", go(to("serving/brewing/water/heating", "serving/brewing/beans/grinding"))),
    hsm.state(
        "serving",
        hsm.entry(heat),
        hsm.exit(stop_pump),
        hsm.activity(watch_temperature),
        hsm.defer("coin", "card"),
        hsm.entry_point("paid", go(to("brewing"))),
        hsm.exit_point("aborted", go(to("maintenance"), does(log_fault))),
        hsm.shallow_history("H", to("brewing")),
        hsm.deep_history("H*"),
        hsm.initial(to("brewing")),
        hsm.state(
            "brewing",
            hsm.region(
                "water",
                hsm.initial(to("heating")),
                hsm.state("heating", go(on("hot"), to("pumping"))),
                hsm.state(
                    "pumping",
                    hsm.initial(to("slow")),
                    hsm.state("slow", go(hsm.after(timedelta(seconds=2)), to("../fast"))),
                    hsm.state("fast"),
                    go(on("flow.done"), to("../filled")),
                ),
                hsm.state("filled", go(to("/Kiosk/serving/poured"))),
            ),
            hsm.region(
                "beans",
                hsm.initial(to("grinding")),
                hsm.state("grinding", hsm.entry(grind_beans), go(on("ground"), to("pressed"))),
                hsm.state("pressed", go(on("flow.*"), to("../steeped"))),
                hsm.state("steeped", go(to("/Kiosk/serving/poured"))),
            ),
            go(on("abort"), to("../aborted")),
        ),
        hsm.join("poured", go(to("cup"), does(dispense))),
        hsm.state("cup", go(on("cup.taken"), to("/Kiosk/check"))),
        go(on("service"), has(is_service_key_turned), to("maintenance")),
        go(hsm.when(tank_is_empty), to("maintenance")),
        go(on("afresh"), to("brewing"), hsm.external()),
        go(on("rinse"), to("brewing/water/filled", "brewing/beans/steeped")),
    ),
    hsm.junction(
        "check",
        go(has(hsm.any_of(tank_is_empty, hsm.in_state("maintenance"))), to("maintenance")),
        go(to("idle")),
    ),
    hsm.state(
        "maintenance",
        go(on("resume"), to("serving/H")),
        go(on("resume.exactly"), to("serving/H*")),
        go(on("reset"), to("idle")),
        go(on("scrap"), to("scrapped")),
    ),
    hsm.final("scrapped"),
    hsm.terminate("unplugged"),
)
