"""A coffee kiosk with everything in it that a model can have: what every drawing is held against.

`tests/draw/kiosk_classes.py` is the same as a class.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hsm
from hsm import (
    activity,
    after,
    all_of,
    any_of,
    at,
    choice,
    deep_history,
    defer,
    effect,
    entry,
    entry_point,
    every,
    exit,
    exit_point,
    external,
    final,
    fork,
    guard,
    in_state,
    initial,
    join,
    junction,
    not_,
    on,
    on_call,
    region,
    shallow_history,
    state,
    submachine,
    target,
    terminate,
    transition,
    when,
)


def has_credit(ctx, kiosk, event):
    return True


def is_member(ctx, kiosk, event):
    return True


def has_failed_three_times(ctx, kiosk, event):
    return False


def is_key_turned(ctx, kiosk, event):
    return True


def tank_is_empty(ctx, kiosk, event):
    return False


def show_menu(ctx, kiosk, event): ...
def charge_card(ctx, kiosk, event): ...
def grind(ctx, kiosk, event): ...
def heat(ctx, kiosk, event): ...
async def watch_temperature(ctx, kiosk, event): ...
def stop_pump(ctx, kiosk, event): ...
def log_fault(ctx, kiosk, event): ...
def blink(ctx, kiosk, event): ...
def add_sugar(ctx, kiosk, event): ...
def dispense(ctx, kiosk, event): ...


def patience(ctx, kiosk, event):
    return 30.0


CLEANING = hsm.define(
    "Cleaning",
    state("rinsing", transition(after(20), target("drying"))),
    state("drying", transition(on("dry"), target("done"))),
    exit_point("done"),
)

MODEL = hsm.define(
    "Kiosk",
    initial(target("idle"), effect(show_menu)),
    state(
        "idle",
        entry(show_menu),
        defer("refill"),
        transition(on("coin", "card"), target("decide")),
        transition(on("sugar"), effect(add_sugar)),
        transition(after(timedelta(minutes=5)), target("standby")),
    ),
    state(
        "standby",
        transition(on("*"), target("idle")),
        transition(every(timedelta(seconds=1)), effect(blink)),
    ),
    choice(
        "decide",
        transition(guard(has_credit), target("serving/paid"), effect(charge_card)),
        transition(guard(all_of(is_member, not_(has_failed_three_times))), target("split")),
        transition(target("idle")),
    ),
    fork("split", transition(target("serving/brewing/water/heating", "serving/brewing/beans/grinding"))),
    state(
        "serving",
        entry(heat),
        exit(stop_pump),
        activity(watch_temperature),
        defer("coin", "card"),
        entry_point("paid", transition(target("brewing"))),
        exit_point("aborted", transition(target("maintenance"), effect(log_fault))),
        shallow_history("recent", target("brewing")),
        deep_history("exact"),
        initial(target("brewing")),
        state(
            "brewing",
            region(
                "water",
                initial(target("heating")),
                state("heating", transition(on("hot"), target("pumping"))),
                state(
                    "pumping",
                    initial(target("slow")),
                    state("slow", transition(after(2), target("fast"))),
                    state("fast"),
                    transition(on("flow.done"), target("filled")),
                ),
                state("filled", transition(target("/Kiosk/serving/poured"))),
            ),
            region(
                "beans",
                initial(target("grinding")),
                state("grinding", entry(grind), transition(on("ground"), target("pressed"))),
                state("pressed", transition(on("flow.done"), target("steeped"))),
                state("steeped", transition(target("/Kiosk/serving/poured"))),
            ),
            transition(on("abort"), target("../aborted")),
        ),
        join("poured", transition(target("cup"), effect(dispense))),
        state(
            "cup",
            transition(on("cup.taken"), target("/Kiosk/check")),
            transition(after(patience), target("..")),
        ),
        transition(on("again"), target("brewing")),
        transition(on("afresh"), target("brewing"), external()),
        transition(on("service"), guard(is_key_turned), target("maintenance")),
        transition(when(tank_is_empty), target("maintenance")),
    ),
    junction(
        "check",
        transition(guard(any_of(tank_is_empty, in_state("/Kiosk/maintenance"))), target("maintenance")),
        transition(target("idle")),
    ),
    state(
        "maintenance",
        transition(on("resume"), target("serving/recent")),
        transition(on("resume.exactly"), target("serving/exact")),
        transition(on("log.*")),
        transition(on("clean"), target("cleaning")),
        transition(on("reset"), target("idle")),
        transition(at(datetime(2030, 1, 1, tzinfo=UTC)), target("scrapped")),
        transition(on_call("unplug"), target("unplugged")),
    ),
    submachine("cleaning", CLEANING, exit_point("done", transition(target("../maintenance")))),
    terminate("unplugged"),
    final("scrapped"),
)
