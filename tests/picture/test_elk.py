"""elkjs comes into the package when that is built, and a build without it goes on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.needs_system


def hook():
    """The program that fetches it, as a module."""
    spec = importlib.util.spec_from_file_location("elkjs", ROOT / ".ci/elkjs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checkout(folder, *, has_elk):
    """A copy of what the wheel is built of."""
    for name in ("hsm", "hsm_classdsl"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "elk"))
    for name in ("pyproject.toml", ".ci/elkjs.py", "README.md", "LICENSE"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    if has_elk:
        shutil.copytree(ROOT / "hsm/draw/elk", folder / "hsm/draw/elk")
    return folder


def wheel(folder, path):
    """The names in the wheel that is built of *folder*, with *path* as the only place for programs."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": str(path)}, capture_output=True, text=True, check=True
    )
    (built,) = (folder / "dist").glob("*.whl")
    return zipfile.ZipFile(built).namelist(), ended.stdout + ended.stderr


def test_the_wheel_has_elkjs_and_its_licence(elk, tmp_path):
    """Both, as they were published."""
    names, _ = wheel(checkout(tmp_path, has_elk=True), tmp_path)
    assert {"hsm/draw/elk/elk-worker.min.js", "hsm/draw/elk/LICENSE.md", "hsm/draw/viewer.js"} <= set(names)


def test_a_wheel_without_npm_is_built_all_the_same(tmp_path):
    """It is told what will be missing."""
    names, told = wheel(checkout(tmp_path, has_elk=False), tmp_path)
    assert "hsm/draw/engine.py" in names
    assert not [name for name in names if "elk-worker" in name]
    assert "hsm.draw will not make pictures: fetching elkjs needs npm" in told


def test_what_npm_gives_is_checked(monkeypatch, tmp_path):
    """A wrong archive, or none, is refused, and nothing is left behind."""
    module = hook()
    (tmp_path / "hsm" / "draw").mkdir(parents=True)
    monkeypatch.setattr(module, "INTEGRITY", "sha512-something")
    npm = tmp_path / "npm"
    npm.write_text(f"#!{sys.executable}\nimport sys\nopen(sys.argv[4] + '/elkjs.tgz', 'w').write('not it')\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(module.Missing, match=r"^elkjs \S+ has another hash than expected: sha512-\S+$"):
        module.fetch(tmp_path)
    npm.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('there is no network')\n")
    with pytest.raises(module.Missing, match=r"^npm cannot fetch elkjs: there is no network$"):
        module.fetch(tmp_path)
    assert not (tmp_path / "hsm/draw/elk").exists()


def test_what_is_there_is_not_fetched_again(elk, monkeypatch, tmp_path):
    """Neither npm nor a network is needed then."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hook().fetch(ROOT) == ROOT / "hsm/draw/elk"


def test_it_is_not_part_of_the_repository():
    """Git ignores it."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "hsm/draw/elk/" in ignored
