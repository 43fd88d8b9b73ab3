"""A hook of mkdocs: what a fence tells the tests (``raises=``, ``warns=``, ``fresh``) is not for the reader."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, **kwargs: Any) -> str:
    """The page with bare fences."""
    return re.sub(r"^```python .*$", "```python", markdown, flags=re.MULTILINE)
