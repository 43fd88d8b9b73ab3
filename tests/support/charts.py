"""Charts compared with names of behaviours left out, and held against the published schema."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

import attrs

import hsm

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "chart-1.json"


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
