"""The real readers of drawings: Graphviz, PlantUML, and Mermaid in Node; what is missing skips the test, and says so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

PACKAGES = {"mermaid": "11.17.2", "jsdom": "29.1.1"}
"""What the reader of Mermaid is made of; Mermaid brings the reader of Markdown, which it uses itself."""


def tool(name: str) -> str:
    """Where a program is; the test is skipped if it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def graphs(texts: Iterable[str]) -> list[dict[str, Any]]:
    """What Graphviz lays out, all in one process; it must have nothing to complain of."""
    done = subprocess.run([tool("dot"), "-Tjson0"], input="".join(texts), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found, rest = [], done.stdout.strip()
    while rest:
        graph, end = json.JSONDecoder().raw_decode(rest)
        found.append(graph)
        rest = rest[end:].strip()
    return found


def pictures(texts: Iterable[str], folder: Path) -> list[str]:
    """What PlantUML draws, as SVG, all in one process; it must have nothing to complain of."""
    program = tool("plantuml")
    names = [folder / f"{number}.puml" for number, _ in enumerate(texts)]
    for name, text in zip(names, texts, strict=True):
        name.write_text(text, encoding="utf-8")
    command = [program, "-charset", "UTF-8", "-tsvg", *map(str, names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return [name.with_suffix(".svg").read_text(encoding="utf-8") for name in names]


class Browser:
    """Mermaid and Markdown as a browser reads them, in one process for all tests."""

    def __init__(self) -> None:
        command = [tool("node"), str(Path(__file__).with_name("mermaid.mjs")), str(packages())]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def reads(self, language: str, text: str) -> Any:
        """What it makes of a *text* in ``mermaid``, or of the tables in one of ``table``."""
        self.process.stdin.write(json.dumps([language, text]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def packages() -> Path:
    """The folder that has the packages of Node; they are fetched once, and kept among the temporary files."""
    name = "-".join(["hsm-tests", *[part for package in PACKAGES.items() for part in package]])
    folder = Path(tempfile.gettempdir()) / name
    if not folder.exists():
        npm = tool("npm")
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{name}.", ignore_cleanup_errors=True) as made:
            wanted = [f"{package}@{version}" for package, version in PACKAGES.items()]
            command = [npm, "install", "--prefix", made, "--no-audit", "--no-fund", "--ignore-scripts", *wanted]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"npm cannot fetch {' and '.join(wanted)}; is there a network?")
            # whole, or not at all: another process may be doing the same
            if not folder.exists():
                os.rename(made, folder)
                os.mkdir(made)
    return folder
