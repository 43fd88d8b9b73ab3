"""The commands `chart` and `generated`: a model as JSON, and a step of it as Python."""

from __future__ import annotations

import argparse
import json

import hsm
from hsm.cli.configuration import active
from hsm.cli.output import write
from hsm.cli.problems import Problem
from hsm.cli.targets import one, some


def run_chart(given: argparse.Namespace) -> int:
    """Write the chart of each model of the target: an object, or a list of them if it has several."""
    charts = [hsm.chart(each.model) for each in some(given.target)]
    if len(charts) == 1:
        text = charts[0].to_json(has_places=not given.no_places)
    else:
        text = json.dumps([each.to_dict(has_places=not given.no_places) for each in charts], indent=2)
    write(text, given.output)
    return 0


def run_generated(given: argparse.Namespace) -> int:
    """Show the generated step."""
    model = one(given.target).model
    paths = active(hsm.chart(model), given.states)
    text = hsm.generated(model, given.event, *paths)
    if text is None:
        raise Problem(
            f"no function is generated for '{given.event}' in {', '.join(paths)}", "the kernel takes this step"
        )
    write(text, None)
    return 0
