"""The drawings of the kiosk and of the examples, to the letter.

In `golden`: `<name>.<ending of the language>`.

    PYTHONPATH=tests python tests/draw/test_golden_drawings.py --update     writes them anew; look at them, drawn
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from draw import kiosk, kiosk_classes
from support.charts import MODELS, example

import hsm
import hsm.draw

GOLDEN = Path(__file__).resolve().parent / "golden"
ENDINGS = {"mermaid": "mmd", "dot": "dot", "plantuml": "puml", "table": "md", "tree": "txt"}
NAMES = ["kiosk", *MODELS]


def chart(name: str) -> hsm.Chart:
    """The chart of the kiosk, or of an example."""
    return hsm.chart(kiosk.MODEL) if name == "kiosk" else example(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_what_it_was(name):
    """The text in each language is the one in the folder beside this file, and the same when it is made again."""
    found = chart(name)
    for language, ending in ENDINGS.items():
        text = hsm.draw.diagram(found, language).text
        assert text == (GOLDEN / f"{name}.{ending}").read_text(encoding="utf-8")
        assert text == hsm.draw.diagram(found, language).text


@pytest.mark.parametrize("language", ENDINGS)
def test_both_front_ends_have_the_same_drawings(language):
    """A kiosk of calls and a kiosk of classes look the same, and lack the same."""
    assert hsm.draw.diagram(kiosk.MODEL, language) == hsm.draw.diagram(kiosk_classes.Kiosk, language)


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update")
    GOLDEN.mkdir(exist_ok=True)
    for each in NAMES:
        for language, ending in ENDINGS.items():
            (GOLDEN / f"{each}.{ending}").write_text(hsm.draw.diagram(chart(each), language).text, encoding="utf-8")
