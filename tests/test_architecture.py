"""The house as docs/architecture.md draws it: who may import whom, and how large a room may be."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "hsm").rglob("*.py"), *(ROOT / "hsm_classdsl").rglob("*.py")])


def test_imports_only_look_down(capsys, monkeypatch):
    """Every contract of pyproject.toml about imports is kept."""
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            monkeypatch.setattr(logger, "disabled", logger.disabled)  # the linter turns off all that there are
    failed = lint_imports(str(ROOT / "pyproject.toml"))
    assert failed == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_stays_small(path):
    """No file of the packages is longer than a reader takes in at once."""
    assert len(path.read_text().splitlines()) <= 450


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_says_what_it_is_for(path):
    """Every file begins with its job."""
    assert path.read_text().startswith('"""')
