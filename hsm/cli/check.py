"""The command `check`: everything that is wrong, or probably is, in models and the sources around them."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence

import hsm
from hsm.check.findings import check, is_ignored
from hsm.check.sources import Sources
from hsm.cli.colours import show
from hsm.cli.formats import fitted, written
from hsm.cli.output import discard, write
from hsm.cli.problems import FINDINGS
from hsm.cli.targets import Loaded, Model, load
from hsm.errors import position_of


def run_check(given: argparse.Namespace) -> int:
    """Check the targets, and report; a target that cannot be imported is reported after what was found."""
    loaded = load(given.targets)
    found = diagnostics(loaded)
    names = [each.model.name for each in loaded.found]
    if len(names) == len(given.targets):  # each of them names a model: what is about others was not asked for
        found = [each for each in found if any(f"/{name}" in f"{each.within}/" for name in names)]
    code = loaded.problems[0].code if loaded.problems else FINDINGS if found else 0
    try:
        _report(found, loaded, given)
    except BrokenPipeError:  # of ``hsm check ... | head``: whoever reads no further still wants to know the code
        discard(sys.stdout)
    return code


def _report(found: Sequence[hsm.Diagnostic], loaded: Loaded, given: argparse.Namespace) -> None:
    text = written(found, given.output_format, len(loaded.own()))
    if given.output_format == "full" and given.output is None and sys.stdout.isatty():
        text = fitted(text, shutil.get_terminal_size().columns)
    if given.output is None:
        show(text, given.color if given.output_format in ("full", "concise") else "never")
    else:
        write(text, given.output)
    sys.stdout.flush()
    for problem in loaded.problems:
        show(str(problem), given.color, sys.stderr)


def diagnostics(loaded: Loaded) -> list[hsm.Diagnostic]:
    """What is wrong with what was *loaded*, in the order of the source; what comments ignore is left out."""
    sources = Sources(loaded.files)
    files = {os.path.realpath(each) for each in loaded.files}
    found = [*loaded.diagnostics, *check(_charts(loaded.own()), loaded.files, known=loaded.diagnostics)]
    # what a model embeds or inherits may be written elsewhere, and is that one's business
    own = [each for each in found if os.path.realpath(position_of(each)[0]) in files]
    # an error cannot be ignored: the model does not run
    return sorted([each for each in own if not (each.is_warning and _is_ignored(each, sources))], key=position_of)


def _charts(models: Sequence[Model]) -> list[hsm.Chart]:
    return [hsm.chart(each) for each in models if each.derived.error is None]


def _is_ignored(diagnostic: hsm.Diagnostic, sources: Sources) -> bool:
    return diagnostic.where is not None and is_ignored(diagnostic.code, diagnostic.where.place(), sources)
