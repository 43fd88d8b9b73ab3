"""The words of the pages: the names that they mention exist, and a link says where it leads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hsm
import hsm.draw
import hsm.testing
import hsm_classdsl

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
MODULES = {"hsm": hsm, "hsm.draw": hsm.draw, "hsm.testing": hsm.testing, "hsm_classdsl": hsm_classdsl}


def prose(page: Path) -> str:
    """A page without its blocks of code, which run by themselves."""
    return CODE.sub("", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_every_name_that_a_page_mentions_exists(page):
    """What the text calls `hsm.something` can be used under that name."""
    for module, name in re.findall(r"`(hsm(?:\.draw|\.testing|_classdsl)?)\.([A-Za-z_]\w*)", prose(page)):
        is_module = (ROOT / module / f"{name}.py").exists() or (ROOT / module / name).is_dir()
        assert is_module or hasattr(MODULES[module], name), f"{module}.{name}"


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_a_link_to_a_rule_leads_to_that_rule(page):
    """The number that a link shows is that of the heading it leads to."""
    for shown, anchor in re.findall(r"\[([A-Z]\d+a?)\]\([^)#]*#([a-z]\d+a?)-", page.read_text(encoding="utf-8")):
        assert shown.lower() == anchor


def test_the_glossary_is_in_order():
    """A reader finds a word of the glossary by its first letter, once."""
    terms = re.findall(r"^## (.+)$", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert terms == sorted(set(terms), key=str.lower)


def test_the_architecture_names_every_module():
    """The page of the rooms has each module of both packages; a folder stands for its `__init__`."""
    page = ROOT / "docs" / "architecture.md"
    words = re.findall(r"`([^`]+)`", prose(page))
    named = {re.split(r"[/.]", word.rstrip("/").removesuffix(".py"))[-1] for word in words}
    modules = [file for package in ("hsm", "hsm_classdsl") for file in (ROOT / package).rglob("*.py")]
    missing = [file for file in modules if (file.parent.name if file.stem == "__init__" else file.stem) not in named]
    assert not missing
