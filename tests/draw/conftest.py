"""What reads drawings, one process for all tests."""

from __future__ import annotations

import pytest
from support.tools import Browser


@pytest.fixture(scope="session")
def browser():
    """What reads Mermaid and Markdown; skips what asks for it where Node or its packages are missing."""
    opened = Browser()
    yield opened
    opened.close()
