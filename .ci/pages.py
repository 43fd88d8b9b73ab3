"""A hook of mkdocs: what is in a page for the tests, or would be noise for those who read it in the repository."""

from __future__ import annotations

import re
from typing import Any

WIDE = {"index.md", "coming-from.md"}
"""Pages that need the room of the table of contents. Front matter could say so, but GitHub shows that as a table."""


def on_page_markdown(markdown: str, page: Any, **kwargs: Any) -> str:
    """The page with bare fences: ``raises=``, ``warns=`` and ``fresh`` are for the tests."""
    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["toc"]
    return re.sub(r"^```python .*$", "```python", markdown, flags=re.MULTILINE)
