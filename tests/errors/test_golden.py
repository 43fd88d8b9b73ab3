"""The text of every diagnostic, word by word.

Beside this file: `HSMnnn_<what>.py`, a small program with exactly that mistake, and `HSMnnn_<what>.txt`, the text
that is reported. `HSMnnn_<what>.classes.py`, where there is one, is the same machine as a class; its report must be the same,
the picture of the source aside. The error catalogue's examples, in `docs/errors.md`, are checked the same way.

Codes from HSM101 on are what `hsm.check` reports, of the model and of the file itself.

    python tests/errors/test_golden.py --update     writes the texts anew, here and in the catalogue
"""

from __future__ import annotations

import contextlib
import linecache
import os
import re
import runpy
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import hsm
from hsm.check import check

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE.parent.parent / "docs" / "errors.md"
LIBRARY = Path(hsm.__file__).parent
CASES = sorted(path.stem for path in HERE.glob("HSM*.py") if not path.stem.endswith(".classes"))
PROGRAMS = sorted(path.name for path in HERE.glob("HSM*.py"))
CODES = sorted({code for path in LIBRARY.rglob("*.py") for code in re.findall(r'"(HSM\d{3})"', path.read_text())})
EXAMPLE = re.compile(
    r"^```python (?P<kind>raises=(?:DefinitionError|SnapshotError)|warns=DefinitionWarning|checks)\n"
    r"(?P<program>.*?)^```\n"
    r"\s*^```text\n(?P<text>.*?)^```\n",
    re.MULTILINE | re.DOTALL,
)


def reported(program: Callable[[], object]) -> str:
    """What Python reports of *program*: its `DefinitionError` or `SnapshotError`, or else its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            program()
        except (hsm.DefinitionError, hsm.SnapshotError) as error:
            text = f"hsm.{type(error).__name__}: {error}"
        else:
            text = "\n\n".join(str(w.message) for w in caught if w.category is hsm.DefinitionWarning)
    # where a message shows a user's object, Python's own repr may end in an address
    return re.sub(r" at 0x[0-9a-f]+>", " at 0x...>", text) + "\n"


def checked(name: str) -> str:
    """What is found in the file *name* beyond what the compiler reports, which is nothing."""
    with hsm.collect() as found:
        runpy.run_path(name)
    assert str(found) == ""
    return "\n\n".join([each.render() for each in check([hsm.chart(each) for each in found.models], [name])]) + "\n"


def reported_of_file(name: str) -> str:
    """What Python, or the check, reports of the file *name*, which is beside this one."""
    return checked(name) if is_checked(name) else reported(lambda: runpy.run_path(name))


def is_checked(code: str) -> bool:
    """Whether *code*, or what begins with it, is of what the check finds beyond what is reported."""
    return "HSM1" <= code < "HSM2"


def checked_of_example(program: str) -> str:
    """What the check finds in an example of the catalogue, in a file `example.py`."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("example.py").write_text(program, encoding="utf-8")
        linecache.checkcache()
        return checked(os.path.abspath("example.py"))


def reported_of_example(program: str) -> str:
    """What Python reports of an example of the catalogue, as if it were imported from a file `example.py`."""
    linecache.cache["example.py"] = (len(program), None, program.splitlines(keepends=True), "example.py")
    sys.modules["example"] = module = types.ModuleType("example")
    module.__file__ = "example.py"
    try:
        return reported(lambda: exec(compile(program, "example.py", "exec"), vars(module)))
    finally:
        del sys.modules["example"]


def without_picture(text: str) -> str:
    """*text* without what depends on how the source is written: positions, source lines, carets, margins."""
    lines = [line.strip() for line in text.splitlines() if not re.match(r" *(-->|\d* \|)", line)]
    return "\n".join(re.sub(r"\S+\.py:\d+(:\d+)?", "<position>", line) for line in lines)


@pytest.fixture(autouse=True)
def _among_the_cases(monkeypatch):
    """A file's name in a message is then the name alone, on every machine."""
    monkeypatch.chdir(HERE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_text_is_as_written_down(program):
    """A mistake is reported in exactly the words of the text beside it; that of a class, apart from the picture."""
    shown = without_picture if program.endswith(".classes.py") else str
    expected = (HERE / f"{program.partition('.')[0]}.txt").read_text(encoding="utf-8")
    assert shown(reported_of_file(program)) == shown(expected)


@pytest.mark.parametrize("name", CASES)
def test_case_is_about_its_code(name):
    """The text of a case that is called after a code names that code."""
    assert f"[{name.partition('_')[0]}]" in (HERE / f"{name}.txt").read_text(encoding="utf-8")


def test_every_code_has_a_case():
    """Every diagnostic of the library has a text that somebody has read."""
    assert sorted({name.partition("_")[0] for name in CASES}) == CODES


def test_every_text_has_a_program():
    """Every text and every class twin has its program."""
    found = {path.name.partition(".")[0] for path in HERE.glob("HSM*") if path.is_file()}
    assert found == set(CASES)


def test_catalogue_has_a_section_for_every_code():
    """The error catalogue describes every code, in order, once, and no other."""
    assert re.findall(r"^## (HSM\d{3}) ", CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE) == CODES


def sections() -> dict[str, str]:
    """The catalogue's sections by code."""
    parts = re.split(r"^## (HSM\d{3}) ", CATALOGUE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("code", CODES)
def test_catalogue_example_says_what_it_shows(code):
    """The example of a section prints the text below it, and that text is about the section's code alone."""
    examples = list(EXAMPLE.finditer(sections()[code]))
    assert examples
    for example in examples:
        assert text_of(example) == example["text"]
        assert set(re.findall(r"\[(HSM\d{3})\]", example["text"])) == {code}
        is_raised = example["text"].startswith(("hsm.DefinitionError", "hsm.SnapshotError"))
        kind = "raises" if is_raised else "checks" if is_checked(code) else "warns"
        assert example["kind"].startswith(kind)


def text_of(example: re.Match[str]) -> str:
    """What is reported of an *example* of the catalogue."""
    return (checked_of_example if example["kind"] == "checks" else reported_of_example)(example["program"])


def update() -> None:
    """Write every text anew, from what the library says now."""
    os.chdir(HERE)
    for name in CASES:
        (HERE / f"{name}.txt").write_text(reported_of_file(f"{name}.py"), encoding="utf-8")

    def renew(example: re.Match[str]) -> str:
        start, end = example.start("text") - example.start(), example.end("text") - example.start()
        return example[0][:start] + text_of(example) + example[0][end:]

    if CATALOGUE.exists():
        CATALOGUE.write_text(EXAMPLE.sub(renew, CATALOGUE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit(f"usage: python {sys.argv[0]} --update")
    update()
