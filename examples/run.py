"""Run an example on a fresh machine: ``python3 examples/run.py [name]``.

Needs Python 3.11 or newer and nothing else. Creates the virtual environment ``.venv-example`` in the root of the
checkout, installs the package into it, and runs ``examples/<name>.py`` there; without a name, the SMTP server. A second
run finds the environment and starts at once. ``--help`` lists the examples.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-example"
DEFAULT = "smtp_server"
PROGRAM = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except KeyboardInterrupt:
    sys.exit(130)
"""
"""Runs an example, which ends without a traceback when it is interrupted."""


def main(arguments: list[str]) -> int:
    """Run the example that *arguments* name, and return its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this may have an older Python than the package needs
        print(f"this needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")
        return 2
    name = (arguments[0] if arguments else DEFAULT).removesuffix(".py")
    known = sorted(path.stem for path in (ROOT / "examples").glob("*.py") if path.stem != "run")
    if name in ("-h", "--help"):
        print("usage: python3 examples/run.py [name] [arguments of the example]\n\nThe examples:")
        print("\n".join(f"  {each}{' (without a name)' if each == DEFAULT else ''}" for each in known))
        return 0
    if name not in known:
        print(f"there is no example {name!r}; the examples are: {', '.join(known)}")
        return 2
    python = interpreter()
    print(f"running examples/{name}.py\n", flush=True)
    with subprocess.Popen([python, "-c", PROGRAM, str(ROOT / "examples" / f"{name}.py"), *arguments[1:]]) as example:
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # the example gets it too, and ends
                return example.wait()


def interpreter() -> str:
    """The environment's Python; the environment is created, with the package installed, if necessary.

    Ends the program, with one line about it, if the installation fails.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = ENVIRONMENT / "installed"
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return str(python)
    print(f"creating {ENVIRONMENT} and installing the package into it", flush=True)
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", str(ROOT)]
    installed = subprocess.run(install, stderr=subprocess.PIPE, text=True)
    if installed.returncode:
        # pip has a line for each attempt where there is no network; the last error says enough
        said = [line for line in installed.stderr.splitlines() if "ERROR: " in line]
        error = said[-1].partition("ERROR: ")[2] if said else "pip does not say why"
        sys.exit(f"the installation failed; is there a network? {error}")
    stamp.write_text(wanted, encoding="utf-8")
    return str(python)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted")
        sys.exit(130)
