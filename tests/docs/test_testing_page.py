"""The project on the page about pytest passes, with the plug-ins that it is about."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = re.compile(r"^```(?:python|toml)\n# (?P<name>\w+\.\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def pytest_in(folder: Path, *arguments: str) -> str:
    """What pytest says in *folder*."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_project_on_the_page_passes(tmp_path):
    """A reader who copies the files runs them in virtual time, marked one by one or with one setting for all."""
    page = (ROOT / "docs" / "cookbook" / "pytest.md").read_text(encoding="utf-8")
    files = {found["name"]: found["text"] for found in FILE.finditer(page)}
    settings = files.pop("pyproject.toml")
    assert sorted(files) == ["machines.py", "test_kettle.py", "test_service.py", "test_with_anyio.py"]
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    tests = sum(text.count("async def test_") for text in files.values())
    assert f"{tests} passed" in pytest_in(tmp_path)

    (tmp_path / "pytest.ini").unlink()
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        unmarked = re.sub(r"^@pytest\.mark\.(asyncio|virtual_time)\n", "", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(unmarked.replace("@pytest_asyncio.fixture", "@pytest.fixture"), encoding="utf-8")
    assert f"{tests - 1} passed" in pytest_in(tmp_path, "--ignore", "test_with_anyio.py")
