"""Run an example on a fresh machine: ``python3 examples/run.py [name]``.

Needs Python 3.11 or newer and nothing else. Creates the virtual environment ``.venv-example`` in the root of the
checkout, installs the package into it, and runs ``examples/<name>.py`` there; without a name, the SMTP server. A second
run finds the environment and starts at once. ``--help`` lists the examples.

What it prints: the model as text; what the example prints itself, with the trace of its machines between the lines;
where they ended; and the other examples.
"""

from __future__ import annotations

import ast
import contextlib
import logging
import os
import runpy
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-example"
DEFAULT = "smtp_server"


def main(arguments: list[str]) -> int:
    """Run the example that *arguments* name, and return its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this may have an older Python than the package needs
        print(f"this needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}")
        return 2
    if arguments and arguments[0] in ("-h", "--help"):
        print("usage: python3 examples/run.py [name] [arguments of the example]\n")
        print(f"Without a name it is {DEFAULT}. The examples:", *lines(), sep="\n")
        return 0
    name = (arguments[0] if arguments else DEFAULT).removesuffix(".py")
    if name not in examples():
        print(f"there is no example {name!r}; the examples are: {', '.join(examples())}")
        return 2
    if Path(sys.prefix).resolve() == ENVIRONMENT:
        return show(name, arguments[1:])
    with subprocess.Popen([interpreter(), __file__, name, *arguments[1:]]) as example:
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # the example gets it too, and ends
                return example.wait()


def examples() -> dict[str, str]:
    """The names of the examples, each with the first line of what its file says about itself."""
    files = [path for path in sorted((ROOT / "examples").glob("*.py")) if path != Path(__file__).resolve()]
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    return {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in trees.items()}


def lines(*without: str) -> Iterator[str]:
    """A line for each example, but those *without*."""
    return (f"  {name:22} {about}" for name, about in examples().items() if name not in without)


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


# --- inside the environment ----------------------------------------------------------------------------------


class Trace(logging.Handler):
    """Prints what `hsm.trace.log` says of each step; every example observes its machines with it."""

    def __init__(self) -> None:
        super().__init__()
        self.begin: float | None = None
        self.ends: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Print a step: when it was, what it was on, what it led to, and what ran."""
        fields = vars(record)
        self.begin = fields["hsm_time"] if self.begin is None else self.begin  # a loop's clock begins anywhere
        who = record.name.removeprefix("hsm.trace").lstrip(".") or fields["hsm_machine"]
        step = record.getMessage().removeprefix(f"{fields['hsm_machine']}: ")
        print(f"    | {fields['hsm_time'] - self.begin:6.2f} s  {who}: {step}")
        if fields["hsm_states"]:
            self.ends[who] = f"{', '.join(fields['hsm_states'])} after {fields['hsm_step']} steps"


def show(name: str, arguments: list[str]) -> int:
    """Draw the models of an example, run it with its trace, and name the others; returns the exit code."""
    import hsm  # only the environment has it
    import hsm.draw

    file = str(ROOT / "examples" / f"{name}.py")
    print(f"examples/{name}.py: {examples()[name]}\n")
    with hsm.collect() as found:
        runpy.run_path(file)
    print("The machine as text:\n", *[hsm.draw.tree(model) for model in found.models], sep="\n")
    print("What happens; the lines with a bar are the trace:\n", flush=True)
    trace, logger = Trace(), logging.getLogger("hsm.trace")
    logger.addHandler(trace)
    logger.setLevel(logging.DEBUG)
    sys.argv = [file, *arguments]
    try:
        runpy.run_path(file, run_name="__main__")
    except KeyboardInterrupt:
        return 130
    finally:
        logger.removeHandler(trace)
        logger.setLevel(logging.NOTSET)
    print("\nWhere it ended:\n", *[f"  {who}: {end}" for who, end in trace.ends.items()], sep="\n")
    print("\nThe other examples, with python3 examples/run.py and the name:\n", *lines(name), sep="\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted")
        sys.exit(130)
