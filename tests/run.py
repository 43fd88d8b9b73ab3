"""Run the tests on a fresh machine: ``python3 tests/run.py [arguments of pytest]``.

Needs Python 3.11 or newer and nothing else. Makes the virtual environment ``.venv-test`` beside the package, puts the
package of this checkout and what its tests need into it, and runs pytest in it; the exit code is pytest's. A second
run finds the environment and starts at once. ``--help`` explains; ``-- --help`` is pytest's own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-test"
HELP = """usage: python3 tests/run.py [arguments of pytest]

Runs the tests. The first run makes the folder .venv-test in the checkout and installs the package and its test tools
into it, for which it needs the network.

  python3 tests/run.py                                 all tests
  python3 tests/run.py -n auto                         all tests, on all cores
  python3 tests/run.py -k timer tests/conformance      some of them
  python3 tests/run.py -- --help                       the arguments of pytest"""


def main(arguments: list[str]) -> int:
    """Run pytest with *arguments*, in the root of the checkout; its exit code."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(HELP)
        return 0
    if sys.version_info < (3, 11):  # noqa: UP036 - the Python at hand may be older than what the package asks for
        print(f"this needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}")
        return 2
    if arguments[:1] == ["--"]:
        del arguments[0]
    with subprocess.Popen([interpreter(), "-m", "pytest", *arguments], cwd=ROOT) as pytest:
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # pytest gets it too: it says how far it came, and ends
                return pytest.wait()


def interpreter() -> str:
    """The Python of the environment, which is made, and given all that is needed, when that has not been done.

    Ends the program, with one line about it, if the installation fails.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = ENVIRONMENT / "installed"
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return str(python)
    print(f"making {ENVIRONMENT} and installing the package and its test tools into it", flush=True)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable"]
    installed = subprocess.run([*pip, f"{ROOT}[test]"], stderr=subprocess.PIPE, text=True)
    if installed.returncode:
        sys.exit(failure(installed.stderr))
    stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def failure(output: str) -> str:
    """One line for what pip has to say, which is a line for each attempt where there is no network."""
    said = [line for line in output.splitlines() if "ERROR: " in line]
    error = said[-1].partition("ERROR: ")[2] if said else "pip does not say why"
    return f"the installation failed; is there a network? {error}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted")
        sys.exit(130)
