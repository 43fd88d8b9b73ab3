"""The reference: every public name stands in one table, with the first paragraph of what its docstring says.

The tables are for those who read the pages in the repository. When the site is built, `.ci/pages.py` puts the whole
docstrings below them.

    python tests/docs/test_reference.py --update     writes the tables anew; a new name needs a row with nothing but itself
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import itertools
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import hsm
import hsm.draw
import hsm.testing
import hsm.trace
import hsm_classdsl

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = sorted((ROOT / "docs" / "reference").glob("*.md"))
PACKAGES = {package.__name__: package for package in (hsm, hsm.draw, hsm.testing, hsm.trace, hsm_classdsl)}
ROW = re.compile(
    r"^\| `(?P<package>hsm(?:\.draw|\.testing|\.trace|_classdsl)?)\.(?P<name>\w+)` \|(?P<summary>.*)\|$", re.MULTILINE
)
MEMBER = re.compile(r"^\| `machine\.(?P<name>\w+)` \|(?P<summary>.*)\|$", re.MULTILINE)


@functools.cache
def docs_of_types() -> dict[str, str]:
    """What is said below the types that have no docstring of their own, such as `hsm.Action`."""
    found = {}
    for file in (ROOT / "hsm").rglob("*.py"):
        statements = ast.parse(file.read_text(encoding="utf-8")).body
        for statement, below in itertools.pairwise(statements):
            match statement, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = text
    return found


@functools.cache
def anchors() -> dict[str, str]:
    """The anchor of every rule on its page."""
    text = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### (([A-Z]\d+a?) .+)$", text, re.MULTILINE)
    return {rule: re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading, rule in headings}


def summary(package: str, name: str) -> str:
    """The first paragraph of the docstring of a name, as Markdown in one line."""
    value = getattr(PACKAGES[package], name)
    is_documented = inspect.isclass(value) or inspect.isfunction(value)
    return first_paragraph((value.__doc__ if is_documented else None) or docs_of_types()[name])


def first_paragraph(docstring: str) -> str:
    """The first paragraph of a docstring, as Markdown in one line, with links to the rules."""
    text = inspect.cleandoc(docstring).split("\n\n")[0]
    line = " ".join(text.split()).replace("``", "`").replace("|", "\\|")
    return re.sub(r"\b[A-Z]\d+a?\b", lambda rule: f"[{rule[0]}](../semantics.md#{anchors()[rule[0]]})", line)


def written(text: str) -> str:
    """The page *text* with its tables as they should be."""
    text = ROW.sub(lambda row: f"| `{row[1]}.{row[2]}` | {summary(row[1], row[2])} |", text)
    return MEMBER.sub(
        lambda row: f"| `machine.{row[1]}` | {first_paragraph(getattr(hsm.Machine, row[1]).__doc__)} |", text
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_described_once(package):
    """The pages of the reference name every public name of a package, each in one place, and no other."""
    rows = [row for page in REFERENCE for row in ROW.finditer(page.read_text(encoding="utf-8"))]
    assert sorted(row["name"] for row in rows if row["package"] == package) == sorted(PACKAGES[package].__all__)


def test_everything_that_a_machine_offers_is_described():
    """The page about running has a row for every method and attribute of a machine."""
    text = (ROOT / "docs" / "reference" / "running.md").read_text(encoding="utf-8")
    offered = [name for name in vars(hsm.Machine) if not name.startswith("_")]
    assert [row["name"] for row in MEMBER.finditer(text)] == offered


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.name)
def test_the_tables_say_what_the_docstrings_say(page):
    """What a page says of a name is what `help()` begins with."""
    text = page.read_text(encoding="utf-8")
    assert text == written(text)


def test_the_site_has_the_whole_docstrings():
    """The build puts a directive for every row of a table below that table, and a link to it into the row."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / ".ci" / "pages.py")
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    for path in REFERENCE:
        text = path.read_text(encoding="utf-8")
        page = SimpleNamespace(file=SimpleNamespace(src_uri=f"reference/{path.name}"), meta={})
        built = pages.on_page_markdown(text, page=page)
        names = [f"{row['package']}.{row['name']}" for row in ROW.finditer(text)]
        assert re.findall(r"^::: (\S+)$", built, re.MULTILINE) == names
        assert re.findall(r"^\| \[`\S+`\]\(#(\S+)\) \|", built, re.MULTILINE) == names


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update")
    for path in REFERENCE:
        path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")
