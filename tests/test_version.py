"""The version: one number, for programs, for the build and for the package index."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import hsm

ROOT = Path(__file__).resolve().parent.parent


def test_the_version_is_that_of_the_distribution():
    """`hsm.__version__` is what pip shows; after a change of the number, install the package again."""
    assert hsm.__version__ == importlib.metadata.version("hsm-dsl")
    assert re.fullmatch(r"\d+\.\d+\.\d+([ab]|rc)?\d*", hsm.__version__)


def test_the_version_is_written_once():
    """The build takes the number from the package, where it stands alone."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in settings["project"]
    assert ROOT / settings["tool"]["hatch"]["version"]["path"] == Path(hsm.__file__)
