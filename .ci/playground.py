"""A hook of mkdocs: puts beside the playground what only a build can make.

That is the library's own wheel, which the page runs in the reader's browser, and how each model starts, which the page
shows before. hatchling builds the wheel, as pip would. Where one of them cannot be made, the site is built anyway:
without the wheel the page says that it is not there, without a start it shows no machine until it has Python.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "playground"
WHEEL = "playground/hsm.whl"
"""Where the page looks for it: beside its own files."""

STARTED = """
import json, pathlib, sys, play
files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
print(json.dumps({file.stem: json.loads(play.opened(file.name, file.read_text("utf-8"))) for file in files}))
"""
"""The program that starts each model."""

_log = logging.getLogger("mkdocs.hooks.playground")


def on_files(files: Any, config: Any, **kwargs: Any) -> Any:
    """The files of the site, and those that are made here."""
    wheel = built()
    if wheel is not None:
        files.append(File.generated(config, WHEEL, content=wheel))
    for name, answer in started().items():
        files.append(File.generated(config, f"playground/models/{name}.json", content=json.dumps(answer)))
    return files


@lru_cache(maxsize=1)
def built() -> bytes | None:
    """The wheel, which is built once; ``None`` where that cannot be done."""
    with tempfile.TemporaryDirectory() as folder:
        ended = _run("the playground will not run", "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
        wheels = list(Path(folder).glob("*.whl"))
        return wheels[0].read_bytes() if ended is not None and wheels else None


def started() -> dict[str, Any]:
    """What the page shows of each model before it has Python, by the names of their files; none where that fails."""
    models = sorted(map(str, (FOLDER / "models").glob("*.py")))
    ended = _run("the playground will show no machine at first", "-c", STARTED, *models)
    found: dict[str, Any] = json.loads(ended) if ended is not None else {}
    return {name: answer for name, answer in found.items() if "svg" in answer}


def _run(otherwise: str, *arguments: str) -> str | None:
    """What Python prints with *arguments*; ``None`` if it fails, and a remark that *otherwise* is so."""
    paths = os.pathsep.join([str(ROOT), str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode == 0:
        return ended.stdout
    _log.info("%s: %s", otherwise, (ended.stderr.strip().splitlines() or ["it is not known why"])[-1])
    return None
