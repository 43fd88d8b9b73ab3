"""A hook of mkdocs: puts the library's own wheel beside the playground, which runs it in the reader's browser.

hatchling builds it, as pip would. Where that is not installed, or fails, the site is built all the same, and the
playground says that the library is not there.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
WHEEL = "playground/hsm.whl"
"""Where the page looks for it: beside its own files."""

_log = logging.getLogger("mkdocs.hooks.playground")


def on_files(files: Any, config: Any, **kwargs: Any) -> Any:
    """The files of the site, and the wheel."""
    wheel = built()
    if wheel is not None:
        files.append(File.generated(config, WHEEL, content=wheel))
    return files


@lru_cache(maxsize=1)
def built() -> bytes | None:
    """The wheel, which is built once; ``None`` where that cannot be done."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if ended.returncode == 0 and wheels:
            return wheels[0].read_bytes()
    why = (ended.stderr.strip().splitlines() or ["it does not say why"])[-1]
    _log.info("the playground will not run, as the wheel cannot be built: %s", why)
    return None
