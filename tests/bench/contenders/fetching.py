"""Where stateforward.hsm is put and looked for: it installs a package that is called ``hsm``, as this library does.

So the two cannot share an environment. ``run.py --fetch`` installs it into a folder of its own, from which
`imported` takes it under another name; both run in one process then.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

REQUIREMENT = "stateforward.hsm==1.3.*"
FOLDER = Path(sys.prefix) / "bench-peers"
"""In the environment that the benchmarks run in, and not on its path."""


def fetch() -> None:
    """Install it from the package registry into `FOLDER`; a failure, as on Python 3.12, is told by pip and no more."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade", "--target", str(FOLDER)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, REQUIREMENT], check=False)


def version() -> str:
    """The version that is in `FOLDER`."""
    return next(iter(importlib.metadata.distributions(path=[str(FOLDER)]))).version


def imported() -> ModuleType:
    """The package.

    Raises:
        ImportError: It was not fetched.
    """
    if not (FOLDER / "hsm").is_dir():
        raise ImportError("not in this environment; run.py --fetch puts it there (it needs Python 3.13)")
    with hidden():
        return importlib.import_module("hsm")


@contextlib.contextmanager
def hidden() -> Iterator[None]:
    """Makes the import system forget this library's package, and what is imported in the block afterwards."""
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if is_hsm(name)}
    sys.path.insert(0, str(FOLDER))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(FOLDER))
        for name in filter(is_hsm, list(sys.modules)):
            del sys.modules[name]
        sys.modules.update(ours)


def is_hsm(name: str) -> bool:
    """Whether the module *name* is of a package called ``hsm``."""
    return name == "hsm" or name.startswith("hsm.")
