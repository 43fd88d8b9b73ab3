"""The reference: every public name is described, once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hsm
import hsm.testing
import hsm_classdsl

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"


@pytest.mark.parametrize("package", [hsm, hsm.testing, hsm_classdsl], ids=lambda package: package.__name__)
def test_every_public_name_is_described_once(package):
    """The pages of the reference name every public name of a package, each in one place, and no other."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md"))
    described = re.findall(rf"^::: {re.escape(package.__name__)}\.(\w+)$", text, re.MULTILINE)
    assert sorted(described) == sorted(package.__all__)
