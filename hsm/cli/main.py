"""The arguments of the command `hsm`, and the way to what each command does.

In: arguments. Out: an exit code. This module is all that ``hsm --help`` needs: nothing of the library is loaded before
a command runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from hsm.cli.problems import FINDINGS, USAGE, Broken, Problem

TARGET = "module:name, path.py:name, a module, a file, or a package or directory with all models in it"
FORMATS = ("mermaid", "dot", "plantuml", "table", "tree", "svg", "html")
"""What `draw` can write."""
REPORTS = ("full", "concise", "json", "sarif", "github")
"""How `check` can report."""
SHELLS = ("bash", "zsh", "fish")

_EPILOG = "Exit codes: 0; 1 if something was found; 2 for a mistake in the arguments or in what they name."


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    found = argparse.ArgumentParser("hsm", description="Look at, check and try out state machines.", epilog=_EPILOG)
    found.add_argument("--version", action="store_true", help="show the version, and end")
    commands = found.add_subparsers(dest="command", metavar="command", title="commands")

    def command(name: str, text: str, targets: str = "target") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_EPILOG)
        made.add_argument(targets, metavar="target", nargs="+" if targets == "targets" else None, help=TARGET)
        choices = ("auto", "always", "never")
        made.add_argument("--color", choices=choices, default="auto", help="whether to use colours (needs rich)")
        return made

    check = command("check", "report mistakes in models, and in the sources around them", "targets")
    check.add_argument("--output-format", choices=REPORTS, default="full", help="how to report (default: full)")
    check.add_argument("-o", "--output", metavar="FILE", help="where to write the report; standard output by default")

    draw = command("draw", "draw a model")
    draw.add_argument("-f", "--format", choices=FORMATS, help="by default that of FILE's ending, else tree")
    draw.add_argument("-o", "--output", metavar="FILE", help="where to write it; standard output by default")
    draw.add_argument("--trace", metavar="FILE", help="what a machine did, as JSON lines; for svg and html")

    simulate = command("simulate", "run a machine in virtual time, and send it events")
    simulate.add_argument("--instance", metavar="EXPR", help=_INSTANCE)

    explain = command("explain", "say which transition an event takes, and why")
    explain.add_argument("event", help="the name of an event")
    explain.add_argument("--in", dest="states", metavar="PATH", action="append", help=_IN)

    paths = command("paths", "find the shortest way to each state and each transition, by running the machine")
    paths.add_argument("--to", metavar="NAME", help="the path of one state, or the identifier of one transition")
    paths.add_argument("--event", dest="events", metavar="EVENT", action="append", help=_EVENT)
    paths.add_argument("--instance", metavar="EXPR", help=_INSTANCE)
    paths.add_argument("--longest", metavar="N", type=int, default=20, help="inputs in a path at most (default: 20)")
    paths.add_argument("--runs", metavar="N", type=int, default=1000, help="machines to run at most (default: 1000)")
    paths.add_argument("-f", "--format", choices=("text", "json"), default="text", help="by default text")
    paths.add_argument("-o", "--output", metavar="FILE", help="where to write it; standard output by default")

    chart = command("chart", "write a model as JSON")
    chart.add_argument("-o", "--output", metavar="FILE", help="where to write it; standard output by default")
    chart.add_argument("--no-places", action="store_true", help="leave out where everything is written")

    generated = command("generated", "show the Python function that is generated for an event")
    generated.add_argument("event", help="the name of an event")
    generated.add_argument("--in", dest="states", metavar="PATH", action="append", help=_IN)

    completion = commands.add_parser("completion", help="print what a shell needs to complete this command")
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(color="auto")
    return found


_INSTANCE = "what it runs on, in Python: 'Counter(limit=3)', with the names of its module"
_EVENT = "an event with its data as JSON, to be tried: 'pay {\"amount\": 3}'; may be repeated"
_IN = "an active state; once for each region; by default the states in which the machine starts"
_MODULES = {"chart": "show", "generated": "show"}
"""The modules of commands that are not called as these are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that *arguments*, by default those of the process, say; returns the exit code."""
    found = parser()
    if "_ARGCOMPLETE" in os.environ:  # the shell asks for completions, and nothing else is wanted
        import_module("hsm.cli.completion").answer(found)
    try:
        given = found.parse_args(arguments)
    except SystemExit as ended:  # of argparse, which has said what is wrong, or has shown its help
        return ended.code if isinstance(ended.code, int) else USAGE
    if given.version:
        if sys.stdout is not None:  # it may be closed
            sys.stdout.write(f"hsm {import_module('hsm').__version__}\n")
        return 0
    if given.command is None:
        found.print_help(sys.stderr)
        return USAGE
    return _run(given)


def _run(given: argparse.Namespace) -> int:
    from hsm.cli.output import discard, prepare

    prepare()
    module = import_module(f"hsm.cli.{_MODULES.get(given.command, given.command)}")
    try:
        code: int = getattr(module, f"run_{given.command}")(given)
        sys.stdout.flush()
    except Problem as problem:
        return _told(str(problem), given, problem.code)
    except Broken as broken:
        return _told(str(broken), given, FINDINGS)
    except BrokenPipeError:  # of ``hsm ... | head``: what was written is all that somebody wanted
        discard(sys.stdout)
        return 0
    except OSError as error:  # a full disk, say; files that a user names have messages of their own
        discard(sys.stdout)
        return _told(str(Problem("reading or writing failed", str(error))), given, USAGE)
    except KeyboardInterrupt:
        return 130
    return code


def _told(text: str, given: argparse.Namespace, code: int) -> int:
    from hsm.cli.colours import show
    from hsm.cli.output import discard

    try:
        show(text, given.color, sys.stderr)
    except BrokenPipeError:  # the code still says it
        discard(sys.stderr)
    return code
