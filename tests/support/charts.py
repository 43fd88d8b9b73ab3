"""Charts compared with names of behaviours left out, and held against the published schema."""

from __future__ import annotations

import functools
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import attrs

import hsm

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "chart-1.json"

EXAMPLES = SCHEMA.parents[2] / "examples"
MODELS = {
    "atm": "Atm.model",
    "counter": "Counter.model",
    "counter_classes": "Counter.model",
    "door": "Door.model",
    "media_player": "model",
    "media_player_classes": "Player.model",
    "order_workflow": "MODEL",
    "pedestrian_crossing": "model",
    "robot": "model",
    "smtp_server": "MODEL",
    "tcp_connection": "model",
    "traffic_light": "Light.model",
    "traffic_light_classes": "Light.model",
}
"""The model of each example, by where it is in the module."""


def example(name: str) -> hsm.Chart:
    """The chart of the model of an example."""
    spec = importlib.util.spec_from_file_location(f"charted_{name}", EXAMPLES / f"{name}.py")
    found = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(found)
    finally:
        del sys.modules[spec.name]
    for step in MODELS[name].split("."):
        found = getattr(found, step)
    return hsm.chart(found)


@functools.cache
def validator() -> Any:
    """The published schema, ready to judge."""
    import jsonschema  # imported late: what is compiled in it does not load in WebAssembly

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def checked(chart: hsm.Chart) -> hsm.Chart:
    """*chart*, whose JSON is what the schema says, and what `to_dict` gives."""
    if sys.platform != "emscripten":
        validator().validate(chart.to_dict())
    assert json.loads(chart.to_json()) == chart.to_dict()
    return chart


def erased_chart(value: Any) -> Any:
    """*value*, a chart or what one holds, without the names of behaviours: what two front ends have in common."""
    if isinstance(value, tuple):
        return tuple(erased_chart(each) for each in value)
    if not attrs.has(type(value)):
        return value
    changes = {field.name: erased_chart(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, hsm.ChartBehavior):
        changes["name"] = "a behaviour"
    return attrs.evolve(value, **changes)
