"""Programs as users of the library's predecessors write them: untyped, all async, static methods in class bodies."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

import hsm


class Counter(hsm.Instance):
    def __init__(self):
        super().__init__()
        self.value = 0

    @staticmethod
    async def increment(ctx, self, event):
        self.value += 1
        print(f"Count: {self.value}")

    model = hsm.define(
        "Counter",
        hsm.initial(hsm.target("counting")),
        hsm.state(
            "counting",
            hsm.transition(hsm.on("inc"), hsm.target("."), hsm.effect(increment)),
        ),
    )


async def test_a_counter_counts(capsys):
    """A class with its model in its body and a static async behaviour runs as written."""
    instance = Counter()
    ctx = hsm.Context()
    sm = await hsm.start(ctx, instance, Counter.model)
    print(f"Initial state: {sm.state()}")
    await sm.dispatch(hsm.Event("inc"))
    await sm.dispatch(hsm.Event("inc"))
    print(f"Final count: {instance.value}")
    await hsm.stop(sm)
    assert capsys.readouterr().out == "Initial state: /Counter/counting\nCount: 1\nCount: 2\nFinal count: 2\n"


async def test_a_sibling_is_named_by_its_bare_name():
    """A target may be the bare name of a sibling."""
    model = hsm.define(
        "MyMachine",
        hsm.initial(hsm.target("ready")),
        hsm.state("ready", hsm.transition(hsm.on("start"), hsm.target("running"))),
        hsm.state("running", hsm.transition(hsm.on("stop"), hsm.target("ready"))),
    )
    sm = await hsm.start(hsm.Context(), hsm.Instance(), model)
    await sm.dispatch(hsm.Event("start"))
    assert sm.state() == "/MyMachine/running"
    await sm.dispatch(hsm.Event("stop"))
    assert sm.state() == "/MyMachine/ready"
    await hsm.stop(sm)


async def async_guard_func(ctx, self, event):
    return bool(event.data)


async def async_effect_func(ctx, self, event):
    self.seen = event.data


class Plain(hsm.Instance):
    seen = None


@pytest.mark.parametrize(
    "path",
    ["next_state", "./../next_state", "../next_state", "/Machine/next_state"],
    ids=["bare", "dotted", "sibling", "absolute"],
)
async def test_a_transition_at_the_top_names_its_source(path):
    """A transition with source, target, guard and effect may stand in the model itself, with any spelling of a path."""
    model = hsm.define(
        "Machine",
        hsm.state("current_state"),
        hsm.state("next_state"),
        hsm.transition(
            hsm.on("event_name"),
            hsm.source("current_state"),
            hsm.target(path),
            hsm.guard(async_guard_func),
            hsm.effect(async_effect_func),
        ),
    )
    instance = Plain()
    sm = await hsm.start(hsm.Context(), instance, model)
    assert sm.state() == "/Machine/current_state"
    await sm.dispatch(hsm.Event("event_name", data={}))
    assert sm.state() == "/Machine/current_state"
    await sm.dispatch(hsm.Event("event_name", data={"key": "value"}))
    assert sm.state() == "/Machine/next_state"
    assert instance.seen == {"key": "value"}
    await hsm.stop(instance)


@staticmethod
async def one_second(ctx, self, event):
    return timedelta(seconds=1)


async def test_timers_take_static_methods_of_a_module(clock):
    """Async functions that give a time span may be static method objects at the top of a module."""
    ticks = []
    model = hsm.define(
        "Timed",
        hsm.state("waiting", hsm.transition(hsm.after(one_second), hsm.target("next_state"))),
        hsm.state(
            "next_state",
            hsm.entry(lambda ctx, self, event: ticks.append(clock.time())),
            hsm.transition(hsm.every(one_second), hsm.target(".")),
        ),
    )
    sm = await hsm.start(hsm.Context(), hsm.Instance(), model)
    await clock.advance(3.5)
    assert ticks == [1.0, 2.0, 3.0]
    await hsm.stop(sm)


class RobustMachine(hsm.Instance):
    @staticmethod
    async def risky_action(ctx, self, event):
        raise ValueError("Something went wrong!")

    @staticmethod
    async def handle_error(ctx, self, event):
        print(f"Error occurred: {event.data}")

    model = hsm.define(
        "RobustMachine",
        hsm.state(
            "working",
            hsm.effect(risky_action),
            hsm.transition(hsm.on("hsm_error"), hsm.target("error_state")),
        ),
        hsm.state("error_state", hsm.entry(handle_error)),
    )


async def test_a_model_without_initial_starts_in_its_first_state_and_recovers(capsys):
    """An effect directly in a state runs on entry, and its exception is the data of ``hsm_error``."""
    sm = await hsm.start(hsm.Context(), RobustMachine(), RobustMachine.model)
    assert sm.state() == "/RobustMachine/error_state"
    assert capsys.readouterr().out == "Error occurred: Something went wrong!\n"
    await hsm.stop(sm)


class TrafficLight(hsm.Instance):
    def __init__(self):
        super().__init__()
        self.cycles = 0

    @staticmethod
    async def change_to_green(ctx, self, event):
        await asyncio.sleep(0)
        self.cycles += 1

    model = hsm.define(
        "TrafficLight",
        hsm.initial(hsm.target("red")),
        hsm.state("red", hsm.transition(hsm.on("timer"), hsm.target("green"))),
        hsm.state("green", hsm.entry(change_to_green), hsm.transition(hsm.on("timer"), hsm.target("yellow"))),
        hsm.state("yellow", hsm.transition(hsm.on("timer"), hsm.target("red"))),
    )


async def test_a_traffic_light_goes_round():
    """Entry actions that await run, and the light comes back to where it began."""
    light = TrafficLight()
    sm = await hsm.start(hsm.Context(), light, TrafficLight.model)
    for expected in ("green", "yellow", "red", "green"):
        await sm.dispatch(hsm.Event("timer"))
        assert sm.state() == f"/TrafficLight/{expected}"
    assert light.cycles == 2
    await hsm.stop(light)
