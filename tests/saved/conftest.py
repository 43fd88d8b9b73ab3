"""What the tests of the golden files share."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture
def golden():
    """Reads the golden file of a given name, as a dict."""

    def read(name):
        return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def judge():
    """The published schema, ready to judge; what is compiled in it does not load in WebAssembly."""
    if sys.platform == "emscripten":
        pytest.skip("needs jsonschema")
    import jsonschema

    schema = json.loads((GOLDEN.parents[2] / "docs" / "schemas" / "snapshot-1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
