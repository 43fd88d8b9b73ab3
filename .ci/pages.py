"""A hook of mkdocs: what differs between a page in the repository and the same page on the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

WIDE = {"index.md", "coming-from.md", "playground.md"}
"""Pages that need the room of the table of contents. Front matter could say so, but GitHub shows that as a table."""
TABLE = re.compile(r"(?:^\| `hsm\w*\.[\w.]+` \|.*\n)+", re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """The files of the site, with the examples, which pages link to and which are outside of the documentation."""
    from mkdocs.structure.files import File  # imported late: a test loads this where there is no mkdocs

    for path in sorted(EXAMPLES.glob("*.py")):
        files.append(File.generated(config, f"examples/{path.name}", content=path.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **kwargs: Any) -> str:
    """The page with bare fences, as ``raises=``, ``warns=`` and ``fresh`` are for the tests; examples are in the site.

    A table of the reference, which is all that the repository shows, is followed by the docstrings of its names.
    """
    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["toc"]
    if page.file.src_uri.startswith("reference/"):
        markdown = TABLE.sub(_with_docstrings, markdown)
    markdown = markdown.replace("](../examples/", "](examples/")
    return re.sub(r"^```python .*$", "```python", markdown, flags=re.MULTILINE)


def _with_docstrings(table: re.Match[str]) -> str:
    """The rows of a table, each with a link to the docstring, and the docstrings."""
    names = re.findall(r"^\| `([\w.]+)`", table[0], re.MULTILINE)
    rows = re.sub(r"^\| `([\w.]+)`", r"| [`\1`](#\1)", table[0], flags=re.MULTILINE)
    return rows + "".join([f"\n::: {name}\n" for name in names])
