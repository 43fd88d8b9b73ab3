"""The page about pictures: its programs run, and its picture is what they draw."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.test_code_blocks import PICTURES, outputs

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = [pytest.mark.needs_system, pytest.mark.usefixtures("elk")]


def test_the_page_about_pictures_is_true(monkeypatch, tmp_path):
    """Each block prints what stands below it; the file that the first one writes is the one that the page shows."""
    monkeypatch.chdir(tmp_path)
    for block, output in outputs(PICTURES.read_text(encoding="utf-8")):
        assert output == (block.output or "")
    assert (tmp_path / "door.svg").read_text(encoding="utf-8") == (DOCS / "door.svg").read_text(encoding="utf-8")
    assert (tmp_path / "door.html").exists()
