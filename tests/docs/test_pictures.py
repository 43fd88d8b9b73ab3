"""The pictures of the examples, and the gallery that shows them: both are what the examples say now.

In `docs/pictures`: `<example>.svg`, drawn from the example's model. In `docs/gallery.md`, after the picture of an example:
a few lines of its source, and the model as text, as a tree or for Mermaid.

    python tests/docs/test_pictures.py --update     writes the pictures and the texts anew; look at them
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest has it

from docs.test_code_blocks import GALLERY
from picture.conftest import elk  # noqa: F401 - the fixture: pictures are passed over where their engine is missing
from support.charts import EXAMPLES, MODELS, example

import hsm.draw

ROOT = GALLERY.parents[1]
PICTURES = ROOT / "docs" / "pictures"
NAMES = [name for name in MODELS if not name.endswith("_classes")]  # a twin looks the same
EMBEDDED = {
    "README.md": ["door", "order_workflow", "smtp_server"],
    "docs/command-line.md": ["door"],
    "docs/picture.md": ["order_workflow", "smtp_server"],
    "docs/gallery.md": NAMES,
}
"""The pages that show pictures of examples, and which."""
SECTION = re.compile(r"^\[!\[[^\]]+\]\(pictures/(?P<name>\w+)\.svg\)\]\(pictures/(?P=name)\.svg\)$", re.MULTILINE)
SOURCE = re.compile(r"^```python\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
TEXT = re.compile(r"^```(?P<language>text|mermaid)\n(?P<drawn>.*?)^```$", re.MULTILINE | re.DOTALL)


def picture(name: str) -> str:
    """The picture of an example, which is light or dark as its reader is."""
    return hsm.draw.svg(example(name), theme="auto")


def sections() -> dict[str, str]:
    """What the gallery has after each picture, up to the next one, by the name of the example."""
    text = GALLERY.read_text(encoding="utf-8")
    found = list(SECTION.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    return {each["name"]: text[each.end() : end] for each, end in zip(found, ends, strict=True)}


def drawn(name: str, language: str) -> str:
    """The model of an example as text: for Mermaid, or as a tree."""
    return hsm.draw.mermaid(example(name)) if language == "mermaid" else hsm.draw.tree(example(name))


@pytest.mark.needs_system
@pytest.mark.usefixtures("elk")
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_what_its_example_draws(name):
    """The file has, to the byte, what `hsm.draw.svg` gives for the example's model."""
    assert (PICTURES / f"{name}.svg").read_text(encoding="utf-8") == picture(name)


def test_every_example_has_its_picture():
    """There is a picture of each example, and none of anything else."""
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(f"{name}.svg" for name in NAMES)


@pytest.mark.parametrize("page", EMBEDDED)
def test_a_page_shows_the_pictures_that_it_should(page):
    """Each picture on a page is a file of that name, and none is missing there."""
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"(?:!\[[^\]]*\]\(|src=\")((?:docs/)?pictures/(\w+)\.svg)", text)
    assert sorted({name for _, name in shown}) == sorted(EMBEDDED[page])
    assert all(
        (ROOT / page).with_name(path.partition("/")[0]).joinpath(*path.split("/")[1:]).exists() for path, _ in shown
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_quotes_the_example(name):
    """The lines that the gallery shows stand like that in the example, further to the right perhaps, and fit."""
    section = sections()[name]
    assert f"(../examples/{name}.py)" in section
    (quoted,) = SOURCE.finditer(section)
    lines = quoted["lines"].splitlines()
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()
    windows = [source[start : start + len(lines)] for start in range(len(source))]
    assert any(textwrap.dedent("\n".join(window)).splitlines() == lines for window in windows)
    assert max(map(len, lines)) <= 90  # as on the other pages


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_has_the_example_as_text(name):
    """The tree, or the diagram for Mermaid, is the one that the library makes of the example."""
    (text,) = TEXT.finditer(sections()[name])
    assert text["drawn"] == drawn(name, text["language"])


def test_the_gallery_names_the_files_of_all_examples():
    """No example is left out, and no link leads to a file that is not there."""
    linked = re.findall(r"\(\.\./examples/(\w+)\.py\)", GALLERY.read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(MODELS)


def update() -> None:
    """Write the pictures, and the texts of the gallery, from what the examples say now."""
    PICTURES.mkdir(exist_ok=True)
    for name in NAMES:
        (PICTURES / f"{name}.svg").write_text(picture(name), encoding="utf-8")
    page = GALLERY.read_text(encoding="utf-8")
    for name, section in sections().items():
        renewed = TEXT.sub(lambda text, name=name: f"```{text[1]}\n{drawn(name, text[1])}```", section)
        page = page.replace(section, renewed)
    GALLERY.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update")
    update()
