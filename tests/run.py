"""Run the tests on a fresh machine: ``python3 tests/run.py [arguments of pytest]``.

Needs Python 3.11 or newer and nothing else. Makes the virtual environment ``.venv-test`` beside the package, puts the
package of this checkout and what its tests need into it, and runs pytest in it; the exit code is pytest's. A second
run finds the environment and starts at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-test"


def main(arguments: list[str]) -> int:
    """Run pytest with *arguments*, in the root of the checkout; its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the Python at hand may be older than what the package asks for
        print(f"this needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}")
        return 2
    return subprocess.run([interpreter(), "-m", "pytest", *arguments], cwd=ROOT).returncode


def interpreter() -> str:
    """The Python of the environment, which is made, and given all that is needed, when that has not been done.

    Exits with the code of what failed.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = ENVIRONMENT / "installed"
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return str(python)
    print(f"making {ENVIRONMENT} and installing the package and its test tools into it", flush=True)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    package = f"{ROOT}[test]"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", package]
    if code := subprocess.run(install).returncode:
        print(f"the installation failed: {' '.join(install)}")
        sys.exit(code)
    stamp.write_text(wanted, encoding="utf-8")
    return str(python)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
