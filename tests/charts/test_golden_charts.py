"""The charts of the examples, to the letter: what a reader of the JSON, or whatever draws from it, gets.

Beside this file: `<example>.<model>.json`. A class and its functional twin differ in names of behaviours alone.

    python tests/charts/test_golden_charts.py --update     writes the charts anew; read them before you keep them
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.charts import EXAMPLES, MODELS, checked, example

HERE = Path(__file__).resolve().parent


def test_every_example_has_its_chart():
    """No example is left out, but the script that runs them all."""
    assert sorted([*MODELS, "run"]) == sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", MODELS)
def test_the_chart_of_an_example_is_what_it_was(name):
    """The JSON of an example's chart, places aside, is the one beside this file."""
    text = checked(example(name)).to_json(has_places=False)
    assert text == (HERE / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODELS)
def test_everything_that_was_written_in_an_example_has_a_place(name):
    """Every vertex and every behaviour is in the example's file, and the position of each transition leads back to it."""
    found = example(name)
    file = EXAMPLES / f"{name}.py"
    for vertex in found.vertices:
        assert vertex.place.file == str(file)
        assert all(each.place.file == str(file) for each in (*vertex.entry, *vertex.exit, *vertex.activities))
    for transition in found.transitions:
        if transition.place is not None:
            at = found.transition_at(file, transition.place.line, transition.place.column)
            assert at.place == transition.place


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update")
    for name in MODELS:
        (HERE / f"{name}.json").write_text(example(name).to_json(has_places=False), encoding="utf-8")
