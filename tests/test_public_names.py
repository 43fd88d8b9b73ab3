"""The public names: each is what the checkers are told it is, and is loaded when it is asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hsm
import hsm.draw
import hsm.testing

PACKAGES = (hsm, hsm.draw, hsm.testing)


def told(package):
    """The names that a package imports for checkers alone, each with its module."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    found = [node for node in block.body if isinstance(node, ast.ImportFrom) and node.module != "hsm"]
    return {alias.name: node.module for node in found for alias in node.names}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_name_is_what_checkers_are_told(package):
    """Each public name is loaded from the module from which a checker sees it imported."""
    names = told(package)
    if "walks" in names:
        pytest.importorskip("hypothesis.stateful", reason="hsm.testing.walks needs Hypothesis")
    assert sorted(names) == sorted(package.__all__)
    for name, module in names.items():
        assert getattr(package, name) is getattr(import_module(module), name)
    assert {*package.__all__} <= {*dir(package)}


@pytest.mark.needs_system
def test_the_trace_is_a_module_of_its_own():
    """`hsm.trace.log` needs no other import than that of `hsm`."""
    program = "import hsm; print(hsm.trace.log.__module__, 'trace' in dir(hsm))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "hsm.trace True\n"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_no_module_has_a_public_name(package):
    """Loading it would put the module in place of what users call."""
    modules = {file.stem for file in Path(package.__file__).parent.glob("*.py")}
    assert modules & {*package.__all__} == set()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_name_that_does_not_exist_is_an_error(package):
    """As for every module."""
    with pytest.raises(AttributeError, match=rf"module '{package.__name__}' has no attribute 'stat'"):
        _ = package.stat


@pytest.mark.needs_system
def test_importing_the_package_loads_nothing():
    """Not even attrs: whoever has it installed pays for it when it is used."""
    program = "import sys, typing; before = {*sys.modules}; import hsm, hsm.draw, hsm.testing; print(*{*sys.modules} - before)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {*ended.stdout.split()} == {"hsm", "hsm.draw", "hsm.testing"}
