"""Every Python block of the README and the documentation runs, and prints what the page says it prints.

The blocks of a page run in order, in one namespace; ``fresh`` on a fence starts a new one. A ``text`` or
``mermaid`` block right after a Python block, or after the end of the columns it stands in, is its output, to the letter.
``raises=ValueError`` on a fence: the block raises that, and the output ends with the exception; ``warns=...``
likewise, and the output ends with the warnings.

    python tests/docs/test_code_blocks.py --update [pages]     writes the outputs anew; read them before you keep them
"""

from __future__ import annotations

import contextlib
import io
import linecache
import logging
import re
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = ROOT / "docs" / "errors.md"  # `tests/errors` checks it, and writes its outputs
PROJECT = ROOT / "docs" / "cookbook" / "pytest.md"  # files of a project, which `test_testing_page` runs
PICTURES = ROOT / "docs" / "picture.md"  # needs elkjs: `tests/picture/test_docs.py` runs it
GALLERY = ROOT / "docs" / "gallery.md"  # quotes the examples, which `test_pictures` checks
ELSEWHERE = {CATALOGUE, PROJECT, PICTURES, GALLERY}
PAGES = [ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - ELSEWHERE)]
BLOCK = re.compile(
    r"^```python(?P<attributes>[^\n]*)\n(?P<program>.*?)^```\n"
    r"(?:(?P<between>\s*(?:^</div>\s*)?)^```(?P<language>text|mermaid)\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
ATTRIBUTES = re.compile(r"(?: (?:fresh|checks|raises=\w+|warns=\w+))*")


@attrs.frozen
class Block:
    """A Python block of a page.

    Attributes:
        program: The code.
        output: The text or Mermaid block right after it, if there is one.
        attributes: What stands on the fence: ``fresh``, ``checks``, ``raises`` and ``warns`` with their values.
        line: Where the code begins in the page.
    """

    program: str
    output: str | None
    attributes: dict[str, str]
    line: int


def blocks_of(text: str) -> Iterator[Block]:
    """The Python blocks of a page, in order."""
    for found in BLOCK.finditer(text):
        words = found["attributes"]
        line = text.count("\n", 0, found.start("program")) + 1
        assert ATTRIBUTES.fullmatch(words), (
            f"line {line}: a fence knows fresh, checks, raises=, warns=, and not {words!r}"
        )
        attributes = dict(word.partition("=")[::2] for word in words.split())
        yield Block(found["program"], found["output"], attributes, line)


def run(block: Block, namespace: dict[str, Any], printed: io.StringIO) -> str:
    """What *block* prints in *namespace*, with the exception or the warnings that its fence announces.

    It prints into *printed*, which is the same for a whole page: a handler of logging keeps its stream.
    """
    # the file has the program alone, so that the lines in messages count as a reader counts them
    linecache.cache["example.py"] = (len(block.program), None, block.program.splitlines(keepends=True), "example.py")
    before = len(printed.getvalue())
    with warnings.catch_warnings(record="warns" in block.attributes) as caught, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always" if "warns" in block.attributes else "error")
        try:
            exec(compile(block.program, "example.py", "exec", dont_inherit=True), namespace)
        except Exception as error:
            if block.attributes.get("raises") != type(error).__name__:
                raise
            print(f"{named(type(error))}: {error}")
        else:
            assert "raises" not in block.attributes, "nothing was raised"
        if caught is not None:
            assert {warning.category.__name__ for warning in caught} == {block.attributes["warns"]}
            print("\n\n".join(f"{named(warning.category)}: {warning.message}" for warning in caught))
    return printed.getvalue()[before:]


def named(kind: type) -> str:
    """The name of a class as users import it."""
    package = kind.__module__.partition(".")[0]
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def outputs(text: str) -> Iterator[tuple[Block, str]]:
    """Run the blocks of a page; each with what it printed."""
    printed = io.StringIO()
    module = None
    try:
        for block in blocks_of(text):
            if module is None or "fresh" in block.attributes:
                module = sys.modules["example"] = types.ModuleType("example")  # some libraries look names up there
            yield block, run(block, vars(module), printed)
    finally:
        sys.modules.pop("example", None)


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_page_runs_and_prints_what_it_says(page, monkeypatch):
    """A reader who runs a page's programs gets the outputs that stand below them, and nothing else."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(logging.root, "handlers", [])  # a page that configures logging does so for itself
    for block, printed in outputs(page.read_text(encoding="utf-8")):
        assert printed == (block.output or ""), f"the block at line {block.line}"


def test_every_python_block_is_seen():
    """No Python block of a page hides from this test, indented or with a fence of another kind."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        opened = re.findall(r"^\s*(?:```+|~~~+)\s*(?:python|py\b|pycon)", text, re.MULTILINE)
        assert len(opened) == len(list(blocks_of(text))), page


@pytest.mark.parametrize("page", [*PAGES, CATALOGUE, PROJECT], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_programs_fit_on_the_screen(page):
    """No line of a program is wider than the column beside two side bars on a screen of 1,280 px."""
    for block in blocks_of(page.read_text(encoding="utf-8")):
        assert max(map(len, block.program.splitlines())) <= 90, f"the block at line {block.line}"


def test_a_wrong_output_is_noticed():
    """A block is run and its output compared: the test can fail."""
    text = "```python\nprint(1)\n```\n\n```text\n2\n```\n"
    ((block, printed),) = outputs(text)
    assert (block.output, printed) == ("2\n", "1\n")


def update(pages: list[Path]) -> None:
    """Write the output of every block of *pages* below it, from what it prints now."""
    for page in pages:
        text = page.read_text(encoding="utf-8")
        printed = iter([output for _, output in outputs(text)])

        def renewed(found: re.Match[str], printed: Iterator[str] = printed) -> str:
            output = next(printed)
            program = f"```python{found['attributes']}\n{found['program']}```\n"
            if not output:
                return program
            blank = "" if found["output"] is not None else "\n"  # a new output keeps its distance from what follows
            return program + (found["between"] or "\n") + f"```{found['language'] or 'text'}\n{output}```{blank}"

        if (new := BLOCK.sub(renewed, text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update [pages]")
    update([Path(page) for page in sys.argv[2:]] or PAGES)
